"""A recording that says something else than our server does is seen to differ, whatever it is."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conform.listed import Listed
from tests.conform.run import Hall, hall
from tests.replay.recording import DATA, Recording

Frames = list[dict[str, Any]]
Change = Callable[[Frames], object]
PLATFORM = "omw"


@pytest.fixture(scope="module")
def place() -> Iterator[Hall]:
    with hall() as found:
        yield found


def played(place: Hall, tmp_path: Path, scenario: str, change: Change | None = None) -> list[str]:
    """The kinds and places of differences of a capture that was changed."""
    raw = json.loads((DATA / PLATFORM / f"{scenario}.json").read_text())
    if change is not None:
        change(raw["frames"])
    path = tmp_path / f"{scenario}.json"
    path.write_text(json.dumps(raw))
    return [f"{one.frame} {one.path}" for one in place.outcome(Recording(path), Listed([], [])).unlisted]


def heard(frames: Frames, event: str) -> dict[str, Any]:
    """The first such event of the recording."""
    return next(one for one in frames if one["dir"] == "in" and one.get("event") == event)


def asked(frames: Frames, end: str) -> dict[str, Any]:
    """The first request whose path ends so."""
    return next(one for one in frames if one["channel"] == "http" and one["path"].endswith(end))


def swap(frames: Frames, event: str) -> None:
    """Let an event come after the one that is recorded behind it."""
    at = frames.index(heard(frames, event))
    frames[at], frames[at + 1] = frames[at + 1], frames[at]


def double(frames: Frames, event: str) -> None:
    at = frames.index(heard(frames, event))
    frames.insert(at + 1, copy.deepcopy(frames[at]))


CHANGES: list[tuple[str, Change, str]] = [
    ("typing", lambda all_: all_.remove(heard(all_, "user_typing")), "event user_typing surplus"),
    ("typing", lambda all_: double(all_, "user_typing"), "event user_typing lost"),
    ("typing", lambda all_: heard(all_, "user_typing").update(event="typed"), "event typed lost"),
    (
        "typing",
        lambda all_: heard(all_, "user_typing")["args"][0].update(isTyping=1),
        "event user_typing 0.isTyping",
    ),
    (
        "typing",
        lambda all_: heard(all_, "user_typing")["args"][0].update(userName="x"),
        "event user_typing 0.userName",
    ),
    ("typing", lambda all_: heard(all_, "user_typing")["args"][0].update(more=1), "event user_typing 0.more"),
    (
        "typing",
        lambda all_: heard(all_, "user_typing")["args"][0].pop("userId"),
        "event user_typing 0.userId",
    ),
    (
        "typing",
        lambda all_: heard(all_, "user_typing")["args"][0].update(userId=201),
        "event user_typing 0.userId",
    ),
    ("join_leave", lambda all_: swap(all_, "new_message"), "event message_sent order"),
    (
        "connect_rejected",
        lambda all_: heard(all_, "connect_error")["args"][0].update(message="No"),
        "connect_error message",
    ),
    (
        "session_detail",
        lambda all_: asked(all_, "/41").update(status=404),
        "http GET /api/chat/sessions/41 status",
    ),
    (
        "session_detail",
        lambda all_: asked(all_, "/41")["response_body"]["session"].update(service_status="done"),
        "http GET /api/chat/sessions/41 body.session.service_status",
    ),
]


@pytest.mark.parametrize(("scenario", "change", "told"), CHANGES)
def test_a_changed_recording_differs(
    place: Hall, tmp_path: Path, scenario: str, change: Change, told: str
) -> None:
    assert played(place, tmp_path, scenario, change)[0] == told


def test_what_was_not_changed_conforms(place: Hall, tmp_path: Path) -> None:
    assert played(place, tmp_path, "typing") == []
