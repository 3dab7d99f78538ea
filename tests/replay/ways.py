"""The ways in which every recording is played, and what a play must come to."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
from pathlib import Path
from typing import Any

from tests.replay.compare import differences
from tests.replay.expect import expected
from tests.replay.play import Play
from tests.replay.recording import Recording, Unreadable
from tests.replay.stub import Way
from tests.replay.stubs import story_of
from tests.sync.virtual import VirtualLoop

AS_RECORDED = Way()
WAYS = (
    AS_RECORDED,
    Way(name="ins delayed", push_delay_ms=600),
    Way(name="each doubled", doubled=True),
    Way(name="histories read late", history_delay_ms=1_500),
    Way(name="pushes shuffled", shuffled=True),
)
ONLY_AS_RECORDED = ("dropped", "sent")


@dataclasses.dataclass
class Result:
    """What came of one recording: differences by way, and the dump of the play as recorded."""

    path: Path
    name: str
    found: dict[str, list[str]]
    dump: dict[str, Any] | None = None
    platform: str = ""
    scenario: str = ""

    @property
    def ok(self) -> bool:
        """Without a difference in any way."""
        return not any(self.found.values())

    def line(self) -> str:
        """One line for people."""
        if self.ok:
            return f"{self.name}: ok"
        told = [f"[{way}] {'; '.join(lines)}" for way, lines in self.found.items() if lines]
        return f"{self.name}: " + " ".join(told).replace("\n", " ")


def run(play: Play) -> None:
    """Run a play on virtual time, to its end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(play.run())


def played(rec: Recording, way: Way = AS_RECORDED) -> tuple[Play, dict[str, Any]]:
    """One play and what it must come to."""
    story = story_of(rec)
    wanted = expected(story)
    play = Play(story, way)
    run(play)
    return play, wanted


def found_in(play: Play, wanted: dict[str, Any], way: Way) -> list[str]:
    """Differences of one play."""
    leave_out = () if way is AS_RECORDED else ONLY_AS_RECORDED
    return play.differences + differences(play.dump, wanted, leave_out=leave_out)


def replayed(path: Path, ways: tuple[Way, ...] = WAYS) -> Result:
    """A recording, played in every way."""
    name = f"{path.parent.name}/{path.name}"
    try:
        rec = Recording(path)
    except Unreadable as exc:
        return Result(path, name, {"reading": [f"unreadable: {exc}"]})
    result = Result(path, name, {}, platform=rec.platform, scenario=rec.name)
    for way in ways:
        try:
            play, wanted = played(copy.copy(rec), way)
        except asyncio.CancelledError:
            result.found[way.name] = ["could not be played to its end"]
            continue
        except Exception as exc:  # noqa: BLE001 - whatever a recording does to the harness is a difference
            at = exc.__traceback__
            while at is not None and at.tb_next is not None:
                at = at.tb_next
            where = f"{Path(at.tb_frame.f_code.co_filename).name}:{at.tb_lineno}" if at is not None else ""
            result.found[way.name] = [f"could not be played: {type(exc).__name__} at {where}: {exc}"]
            continue
        result.found[way.name] = found_in(play, wanted, way)
        if way is AS_RECORDED:
            result.dump = play.dump
    return result
