"""Every recording, played against the real parts: what is shown at the end is what the recording holds."""

from __future__ import annotations

import asyncio
import json
import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.kinds import ConnectionState
from tests.conftest import Aio
from tests.replay.expect import expected
from tests.replay.play import Play, until
from tests.replay.recording import Recording, Role, recordings

RECORDINGS = recordings("dispatcher")


@pytest.mark.parametrize("path", RECORDINGS, ids=[path.stem for path in RECORDINGS])
def test_a_recording_ends_as_it_did(path: Path, tmp_path: Path, aio: Aio) -> None:
    """Messages by id, each once, with text, author and state; orders, outbox, unread, typing, connection."""

    async def story() -> None:
        recording = Recording(path)
        play = Play(recording, tmp_path / "data")
        try:
            await play.run()
            await check(play, recording)
        finally:
            await play.close()

    aio(story(), timeout_s=60)


async def check(play: Play, recording: Recording) -> None:
    """The end, once everything has arrived; a difference is shown as such."""
    wanted = expected(recording)
    fresh = _unsent(recording)
    end = time.monotonic() + 8
    while True:
        state = await play.state()
        shown = _without_fresh(state, fresh)
        if _fits(shown, wanted) or time.monotonic() > end:
            break
        await asyncio.sleep(0.1)
    for key in wanted:
        if key == "orders":
            assert wanted["orders"].items() <= shown["orders"].items()
        else:
            assert shown[key] == wanted[key], key
    for text in fresh:
        rows = [row for rows in state["messages"].values() for row in rows if row["text"] == text]
        assert len(rows) == 1, "a send that the recorder did not repeat arrives once"
        assert rows[0]["state"] == "accepted"
    _check_what_was_done(play, recording)
    if play.account is not None:
        assert play.statuses[-1].connection is ConnectionState.ONLINE
        dropped = {key: count for key, count in play.statuses[-1].dropped.items() if count}
        assert not dropped, "nothing of a recording is dropped"
    if play.typing and play.typing[-1]:
        await until(lambda: not play.typing[-1], "typing expires without another word")
    assert play.typing == [] or play.typing[-1] == ()


def _fits(shown: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(
        wanted[key].items() <= shown[key].items() if key == "orders" else shown[key] == wanted[key]
        for key in wanted
    )


def _unsent(recording: Recording) -> list[str]:
    """Texts whose send met no server in the recording: ours goes once there is one."""
    return [
        frame["request_body"]["message"]
        for frame in recording.frames
        if frame["channel"] == "http" and frame["status"] is None and recording.role(frame) is Role.SEND
    ]


def _without_fresh(state: dict[str, Any], fresh: list[str]) -> dict[str, Any]:
    messages = {
        room: [row for row in rows if row["text"] not in fresh] for room, rows in state["messages"].items()
    }
    return {**state, "messages": messages}


def _check_what_was_done(play: Play, recording: Recording) -> None:
    """One request per send that was pressed, typing signals by turns, no room left unjoined."""
    heard = play.stub.heard
    sent = [body["message"] for kind, path, body in heard if (kind, path) == ("POST", "/api/chat/messages")]
    pressed = [frame["request_body"]["message"] for frame in recording.frames if _is_send(recording, frame)]
    assert sent == pressed, "in the order in which they were pressed, each once"
    typed = [event for kind, event, _ in heard if kind == "emit" and event.startswith("typing")]
    if any(recording.role(frame) is Role.TYPING for frame in recording.frames):
        assert typed[0] == "typing-start"
        assert all(one != other for one, other in pairwise(typed))
    else:
        assert typed == []
    if play.account is not None:
        assert play.stub.joined() == set(play.stub.orders)


def _is_send(recording: Recording, frame: dict[str, Any]) -> bool:
    return frame["channel"] == "http" and recording.role(frame) is Role.SEND


def test_there_is_something_to_play() -> None:
    """An empty folder is no success."""
    assert len(RECORDINGS) >= 21


def test_no_replay_knows_its_recording() -> None:
    """Rules alone: neither the program nor the replay holds an id of a recording, or branches on its name."""
    root = Path(__file__).resolve().parents[2]
    replay, source = _text_of(root / "tests" / "replay"), _text_of(root / "src")
    judges = (
        replay
        + _text_of(root / "src" / "chatdesk" / "platforms")
        + _text_of(root / "src" / "chatdesk" / "sync")
    )
    traffic = "".join(json.dumps(Recording(path).everything) for path in RECORDINGS)
    for path in RECORDINGS:
        ids = set(re.findall(r"\b[0-9a-f]{24}\b", path.read_text(encoding="utf-8")))
        assert ids
        assert not [found for found in ids if found in replay or found in source]
        if "_" in path.stem and path.stem not in traffic:  # else it is a word of the language or the wire
            assert f'"{path.stem}"' not in judges


def _text_of(folder: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.py")))
