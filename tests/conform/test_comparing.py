"""What the comparison sees: every kind of difference that a server could make, and what is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import pytest

from chatdesk.server.core.service import Core
from tests.conform.align import aligned
from tests.conform.compare import Comparison
from tests.conform.ears import Ears, Finding, Wanted
from tests.conform.listed import BadTable, read
from tests.conform.names import Names
from tests.conform.planting import Path, Planter
from tests.replay.recording import Recording

FIRST = "65a000000000000000000101"
SECOND = "65a000000000000000000102"


class Plain(Planter):
    platform = "dispatcher"

    async def plant(self, core: Core, recording: Recording) -> Mapping[str, str]:
        return {}

    def is_name(self, path: Path, value: str | int) -> bool:
        return path[-1:] == ("number",) or super().is_name(path, value)

    def is_free(self, path: Path, value: Any) -> bool:
        return path[-1:] == ("uptime",)


def differences(theirs: Any, ours: Any, names: Names | None = None) -> list[str]:
    planter = Plain()
    compared = Comparison(names or Names(planter), planter).of(theirs, ours)
    compared.keep()
    return [f"{'.'.join(map(str, one.path))}: {one.text}" for one in compared.differences]


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        ({"a": 1}, {"a": "1"}, 'a: recorded number 1, ours text "1"'),
        ({"a": True}, {"a": 1}, "a: recorded boolean true, ours number 1"),
        ({"a": None}, {"a": ""}, 'a: recorded null null, ours text ""'),
        ({"a": 1, "b": 2}, {"a": 1}, "b: missing, recorded 2"),
        ({"a": 1}, {"a": 1, "b": 2}, "b: surplus, ours 2"),
        ({"a": "Order not found"}, {"a": "order not found"}, None),
        ([1, 2], [1], " recorded 2 entries, ours 1"),
        ({"at": "2026-11-20T07:00:00.000Z"}, {"at": "2026-11-20T07:00:00Z"}, None),
        ({"at": 1_795_161_600_000}, {"at": 1_795_161_600}, "at: recorded 1795161600000, ours 1795161600"),
        ({"number": 7}, {"number": "7"}, 'number: recorded number 7, ours text "7"'),
        ({"id": FIRST}, {"id": "x1"}, f"id: recorded the id {FIRST}, ours is of another form: x1"),
        ({"uptime": 1.5}, {"uptime": "1.5"}, 'uptime: recorded number 1.5, ours text "1.5"'),
        ("abc [... 50 characters in all]", "abc", None),
        ("x... 20 characters", "x" * 19, None),
        ([1, {"omitted": 3}, 5], [1, 2, 3, 5], " recorded 5 entries, ours 4"),
        ('42["told",{"a":1}]', '42["told",{"a":2}]', "0.1.1.a: recorded 1, ours 2"),
        ("<pre>Error<br>[stack lines removed]</pre>", "<pre>Mistake<br> at x</pre>", None),
        ({"token": "<token-A>"}, {"token": ""}, None),
    ],
)
def test_a_difference_is_seen(theirs: Any, ours: Any, told: str | None) -> None:
    found = differences(theirs, ours)
    assert len(found) == 1
    if told is not None:
        assert told in found[0] or told.strip() in found[0]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"at": "2026-11-20T07:00:00.000Z"}, {"at": "2027-01-01T00:00:00.123Z"}),
        ({"at": 1_795_161_600_000}, {"at": 1_805_161_600_000}),
        ({"n": 1}, {"n": 1.0}),
        ({"a": [{"id": FIRST}, {"id": FIRST}]}, {"a": [{"id": SECOND}, {"id": SECOND}]}),
        ({"uptime": 1.5}, {"uptime": 99}),
        ("abc [... 5 characters in all]", "abcde"),
        ("<3 times x>", "xxx"),
        ([1, {"omitted": 2}, 5], [1, 2, 3, 5]),
        ("<pre>Error<br>[stack lines removed]</pre>", "<pre>Error<br> at x</pre>"),
        ({"token": "<token-A>"}, {"token": "a" * 40}),
        (f"/orders/{FIRST}", f"/orders/{FIRST}"),
        ('0{"sid":"<sid-1>","pingInterval":25000}', '0{"pingInterval":25000,"sid":"abc"}'),
    ],
)
def test_what_is_no_difference(theirs: Any, ours: Any) -> None:
    assert differences(theirs, ours) == []


def test_one_recorded_name_is_one_of_ours() -> None:
    names = Names(Plain())
    assert differences({"id": FIRST}, {"id": SECOND}, names) == []
    assert len(differences({"id": FIRST}, {"id": FIRST}, names)) == 1
    assert differences({"text": f"see {FIRST}"}, {"text": f"see {SECOND}"}, names) == []


def test_two_recorded_names_are_two_of_ours() -> None:
    assert len(differences([{"id": FIRST}, {"id": SECOND}], [{"id": FIRST}, {"id": FIRST}])) == 1


def test_client_frames_carry_our_names() -> None:
    names = Names(Plain())
    names.placeholders["<token-A>"] = "secret"
    differences([{"id": FIRST}, {"number": 7}], [{"id": SECOND}, {"number": 9}], names)
    sent = {"to": FIRST, "text": f"/x/{FIRST}", "number": 7, "count": 7, "auth": "Bearer <token-A>"}
    assert names.translated(sent) == {
        "to": SECOND,
        "text": f"/x/{SECOND}",
        "number": 9,
        "count": 7,
        "auth": "Bearer secret",
    }


# -- events of a connection


def heard(tmp_path: FilePath, recorded: list[str], ours: list[str]) -> list[str]:
    """The kinds of differences when these were recorded after one emit, and those are heard."""
    frames: list[dict[str, Any]] = [
        {"t_ms": 0, "actor": "A", "dir": "out", "channel": "socket", "event": "emit", "args": []}
    ]
    frames += [
        {"t_ms": 5, "actor": "A", "dir": "in", "channel": "socket", "event": "told", "args": [text]}
        for text in recorded
    ]
    path = tmp_path / "capture.json"
    path.write_text(json.dumps({"platform": "dispatcher", "scenario": "x", "frames": frames}))
    recording = Recording(path)
    planter = Plain()
    ears = Ears(recording, planter, Names(planter))
    for frame in recording.everything[1:]:
        ears.wants("A", Wanted(frame["at"], frame["t_ms"], frame["event"], frame["args"], frame))
    ears.at = 0
    hear = ears.hearing("A")
    for text in ours:
        hear("told", [text])
    ears.check(len(frames), None)
    ears.close_accounts()
    return [one.path for one in ears.findings]


@pytest.mark.parametrize(
    ("ours", "kinds"),
    [
        (["a", "b", "c"], []),
        (["a", "c"], ["lost"]),
        (["a", "b", "c", "c"], ["surplus"]),
        (["b", "a", "c"], ["order"]),
        (["a", "x", "c"], ["0"]),
        ([], ["lost", "lost", "lost"]),
    ],
)
def test_events_are_compared_in_their_order(tmp_path: FilePath, ours: list[str], kinds: list[str]) -> None:
    assert heard(tmp_path, ["a", "b", "c"], ours) == kinds


def test_an_alignment_leaves_as_little_as_possible() -> None:
    found = aligned("abcd", 4, "bcxd", lambda one, other: 0 if one == other else None)
    assert found.pairs == [(1, 0), (2, 1), (3, 3)]
    assert (found.lost, found.surplus) == ([0], [2])


# -- the table


def table(tmp_path: FilePath, text: str) -> FilePath:
    path = tmp_path / "listed.toml"
    path.write_text(text)
    return path


ENTRY = """
[[omw.difference]]
scenario = "login"
frame = "http POST /api/*"
path = "body.x"
reason = "our server keeps it apart for a reason"
"""


def test_a_listed_difference_is_meant_and_one_that_never_occurs_is_stale(tmp_path: FilePath) -> None:
    listed = read(table(tmp_path, ENTRY))
    assert listed.meant("omw", "login", Finding(1, "http POST /api/auth/login", "body.y", "")) is None
    assert listed.meant("omw", "typing", Finding(1, "http POST /api/auth/login", "body.x", "")) is None
    assert listed.stale([("omw", "login")]) == listed.entries
    assert listed.stale([("omw", "typing")]) == []
    assert listed.meant("omw", "login", Finding(1, "http POST /api/auth/login", "body.x", "")) is not None
    assert listed.stale([("omw", "login")]) == []


@pytest.mark.parametrize(
    "text",
    [
        ENTRY.replace("our server keeps it apart for a reason", "because"),
        ENTRY.replace("omw", "nowhere"),
        ENTRY.replace("path", "place"),
        "[[omw.left]]\nscenario = 'x'",
        "[omw",
    ],
)
def test_a_table_in_another_form_is_refused(tmp_path: FilePath, text: str) -> None:
    with pytest.raises(BadTable):
        read(table(tmp_path, text))
