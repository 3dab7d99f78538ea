"""Plays captures into our servers, one after the other in this process, and tells what came of each."""

from __future__ import annotations

import asyncio
import tempfile
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from sqlalchemy import select

from chatdesk.server.core.ids import Kind
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import (
    Asset,
    Conversation,
    Message,
    Notification,
    Order,
    Upload,
    User,
)
from chatdesk.server.dialect import Variant
from chatdesk.server.registry import DIALECTS
from tests.conform.clock import CaptureClock, CaptureLoop
from tests.conform.ears import Finding
from tests.conform.listed import Entry, Listed
from tests.conform.planting import CannotPlant, Planter
from tests.conform.play import Player
from tests.conform.stage import Stage, empty_database, fresh_folder
from tests.replay.recording import Recording

_TABLES = (
    (User, Kind.USER),
    (Order, Kind.ORDER),
    (Conversation, Kind.CONVERSATION),
    (Message, Kind.MESSAGE),
    (Notification, Kind.NOTIFICATION),
    (Upload, Kind.UPLOAD),
    (Asset, Kind.OTHER),
)


@dataclass(slots=True)
class Outcome:
    """What came of one capture."""

    platform: str
    scenario: str
    not_covered: str = ""
    """Why it was not played."""
    unlisted: list[Finding] = field(default_factory=list)
    listed: list[tuple[Finding, Entry]] = field(default_factory=list)

    @property
    def conforms(self) -> bool:
        """Whether every difference is a listed one."""
        return not self.not_covered and not self.unlisted

    @property
    def line(self) -> str:
        """The capture in one line."""
        name = f"{self.platform}/{self.scenario}"
        if self.not_covered:
            return f"{name}: not covered: {self.not_covered}"
        if self.unlisted:
            return f"{name}: DIFFERS in {len(self.unlisted)} places"
        if self.listed:
            count = len({id(entry) for _, entry in self.listed})
            return f"{name}: conforms with {count} listed"
        return f"{name}: conforms"

    def told(self, limit: int) -> list[str]:
        """The first differences in words."""
        lines = [
            f"    frame {one.at}, {one.frame}{f', {one.path}' if one.path else ''}: {one.text}"
            for one in self.unlisted[:limit]
        ]
        rest = len(self.unlisted) - limit
        return [*lines, f"    and {rest} more"] if rest > 0 else lines


def planter_of(platform: str) -> Planter | None:
    """The platform's planter; None = nobody has written one."""
    try:
        module = import_module(f"tests.conform.planters.{platform}")
    except ModuleNotFoundError as exc:
        if exc.name != f"tests.conform.planters.{platform}":
            raise
        return None
    planter: Planter = module.PLANTER
    return planter


class Hall:
    """Where captures are played: a folder for all of them, with an empty database to begin from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._database = folder / "empty.sqlite3"
        self._count = 0
        asyncio.run(empty_database(self._database))

    def outcome(self, recording: Recording, table: Listed) -> Outcome:
        """Play one capture."""
        outcome = Outcome(recording.platform, recording.name)
        outcome.not_covered = table.reason(recording.platform, recording.name)
        dialect = DIALECTS.get(recording.platform)
        planter = planter_of(recording.platform)
        if outcome.not_covered:
            return outcome
        if dialect is None or planter is None:
            what = "dialect" if dialect is None else "planter"
            outcome.unlisted = [Finding(0, "process", "", f"the platform has no {what}")]
            return outcome
        variant = Variant.AS_IS if Variant.AS_IS in dialect.variants else Variant.PROMISED
        self._count += 1
        folder = fresh_folder(self._folder / str(self._count), self._database)
        with asyncio.Runner(loop_factory=CaptureLoop) as runner:
            clock = CaptureClock(planter.starts_us(recording))
            loop = runner.get_loop()
            assert isinstance(loop, CaptureLoop)
            stage = Stage(dialect, planter.choices(recording), folder, clock, variant)
            try:
                findings = runner.run(_played(stage, planter, recording, clock, loop))
            except CannotPlant as exc:
                outcome.unlisted = [Finding(0, "process", "", f"can't be planted: {exc}")]
                return outcome
            except Exception as exc:  # noqa: BLE001 -- one capture's accident must not hide the others
                outcome.unlisted = [Finding(0, "process", "", f"the run broke off: {_accident(exc)}")]
                return outcome
        for one in findings:
            entry = table.meant(recording.platform, recording.name, one)
            if entry is None:
                outcome.unlisted.append(one)
            else:
                outcome.listed.append((one, entry))
        return outcome


def _accident(exc: Exception) -> str:
    """What went wrong, and the last place of ours on the way there."""
    places = [one for one in traceback.extract_tb(exc.__traceback__) if "conform" in one.filename]
    where = f" at {Path(places[-1].filename).name}:{places[-1].lineno}" if places else ""
    said = str(exc).partition("\n")[0]
    return f"{type(exc).__name__}{where}{f': {said}' if said else ''}"


async def _played(
    stage: Stage, planter: Planter, recording: Recording, clock: CaptureClock, loop: CaptureLoop
) -> list[Finding]:
    try:
        server = await stage.build()
        placeholders = await planter.plant(server.core, recording)
        player = Player(stage, planter, recording, clock, loop)
        names = await _planted(server.core, planter)
        await stage.start()
        return await player.play(placeholders, names)
    finally:
        await stage.stop()


async def _planted(core: Core, planter: Planter) -> list[tuple[str, str | int]]:
    """The names that stand in the database: for these ours and the recorded ones are the same."""
    found: list[tuple[str, str | int]] = []
    async with core.database.reading() as session:
        for table, kind in _TABLES:
            for one in await session.scalars(select(table.id)):
                found.append(("", one))
                if one.isdecimal():
                    found += [(kind.value, int(one)), (kind.value, one)]
    return found


@contextmanager
def hall() -> Iterator[Hall]:
    """A place to play in, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="chatdesk-conform-") as folder:
        yield Hall(Path(folder))


def summary(outcomes: Sequence[Outcome]) -> str:
    """The last line of a run."""
    conform = sum(one.conforms for one in outcomes)
    listed = len({id(entry) for one in outcomes for _, entry in one.listed})
    left = sum(bool(one.not_covered) for one in outcomes)
    return f"{conform} of {len(outcomes)} captures conform, {listed} listed differences, {left} not covered"


def table_of(outcomes: Iterable[Outcome]) -> list[str]:
    """The listed differences that occurred, each with its reason and where."""
    where: dict[int, tuple[Entry, list[str]]] = {}
    for outcome in outcomes:
        for _, entry in outcome.listed:
            names = where.setdefault(id(entry), (entry, []))[1]
            if outcome.scenario not in names:
                names.append(outcome.scenario)
    return [
        f"{entry.platform} | {', '.join(names)} | {entry.frame} | {entry.path} | {entry.reason}"
        for entry, names in where.values()
    ]
