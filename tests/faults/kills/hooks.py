"""Plants a kill in this process: wherever a named point is passed, and at the chosen one it dies by SIGKILL.

Everything is put around the real parts from outside, in a process that lives for one world only.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

from chatdesk.store import checkpoints, crashes, journal, migrate, rebuild, salvage, writer
from chatdesk.store import store as store_module
from chatdesk.store.search_index import Indexer
from tests.faults.kills import points
from tests.faults.kills.log import Log


class Killer:
    """Counts how often each point is passed; at the n-th time at the chosen one the process is no more."""

    def __init__(self, log: Log, point: str = "", nth: int = 1, hops: int = 0) -> None:
        self.point = point
        self.nth = nth
        self.hops = hops
        """After `told`: so many turns of the loop later."""
        self.passed: Counter[str] = Counter()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.now: Callable[[], float] = float
        """The engine's time, in seconds."""
        self._log = log
        self._lock = threading.Lock()

    def at(self, point: str) -> None:
        """This point is passed, on whichever thread."""
        with self._lock:
            self.passed[point] += 1
            if point == self.point and self.passed[point] == self.nth:
                self.die(point)

    def is_next(self, point: str) -> bool:
        """Whether passing this point once more is the end."""
        return point == self.point and self.passed[point] + 1 == self.nth

    def die(self, point: str) -> None:
        """Here and now."""
        self._log.write(killed=point, at=self.now())
        os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)  # the signal is on its way


class _Doing(threading.local):
    """What the thread is about: kinds of transactions, or names of other steps."""

    def __init__(self) -> None:
        self.kinds: tuple[str, ...] = ()


_doing = _Doing()


def _recording() -> tuple[str, ...]:
    """What the thread is about that writes the journal by itself."""
    return tuple(one for one in _doing.kinds if one in points.RECORDING or one not in points.KINDS)


@contextmanager
def _about(*kinds: str) -> Iterator[None]:
    before, _doing.kinds = _doing.kinds, kinds
    try:
        yield
    finally:
        _doing.kinds = before


def kind_of(work: Callable[..., Any]) -> str:
    """The kind of a transaction, by the method of the store that has asked for it."""
    name = work.__qualname__.split(".")
    method = name[1] if name[0] == "Store" and len(name) > 1 else name[0]
    if method != "advance":
        return method
    code: CodeType = work.__code__
    cells = dict(zip(code.co_freevars, work.__closure__ or (), strict=True))
    return f"advance {type(cells['event'].cell_contents).__name__}"


def around(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    """Put something around a function of a module or a class."""
    setattr(owner, name, wrap(getattr(owner, name)))


def plant(killer: Killer) -> None:
    """Watch every durable step of the store in this process."""
    _plant_writer(killer)
    _plant_journal(killer)
    _plant_opening(killer)
    _plant_rebuild(killer)


def keep_small(now: Callable[[], float]) -> None:
    """Checkpoints, compactions and anchors within seconds of engine time, so that worlds meet them."""
    journal.COMPACT_BYTES = 2_500  # type: ignore[misc]
    journal._ITEM_BYTES = 100  # type: ignore[misc]
    writer._CHECKPOINT_PAGES = 25  # type: ignore[misc]
    writer._ANCHOR_S = 4.0  # type: ignore[misc]
    setattr(writer, "time", SimpleNamespace(monotonic=now))  # noqa: B010 - a module's import is not its own


def _plant_writer(killer: Killer) -> None:
    def commits(real: Any) -> Any:
        def attempt(self: Any, batch: list[Any]) -> None:
            with _about(*dict.fromkeys(kind_of(op.work) for op in batch)):
                real(self, batch)

        return attempt

    def works(real: Any) -> Any:
        def work(tx: Any, op: Any) -> bool:
            killer.at(f"{kind_of(op.work)}/{points.BEGUN}")
            found: bool = real(tx, op)
            return found

        return staticmethod(work)

    def logged(real: Any) -> Any:
        def wal(self: Any, con: Any, name: str, pages: int) -> int:
            for kind in _doing.kinds:
                killer.at(f"{kind}/{points.COMMITTED}")
            found: int = real(self, con, name, pages)
            return found

        return wal

    def put(real: Any) -> Any:
        def asked(self: Any, op: Any) -> Any:
            op.future.add_done_callback(lambda _done: _told(killer, kind_of(op.work)))
            return real(self, op)

        return asked

    def named(name: str, before: str, after: str) -> Callable[[Any], Any]:
        def wrap(real: Any) -> Any:
            def step(self: Any, *args: Any) -> Any:
                with _about(name):
                    if before:
                        killer.at(f"{name}/{before}")
                    found = real(self, *args)
                    if after:
                        killer.at(f"{name}/{after}")
                return found

            return step

        return wrap

    def kept(real: Any) -> Any:
        def keep(self: Any, *, at_end: bool = False) -> None:
            if at_end:
                killer.at("clean end/emptied")
            real(self, at_end=at_end)

        return keep

    around(writer.Writer, "_attempt", commits)
    around(writer.Writer, "_work", works)
    around(writer.Writer, "_logged", logged)
    around(writer.Writer, "_put", put)
    around(writer.Writer, "_keep_journal", kept)
    around(checkpoints.Checkpoints, "_empty", named("checkpoint", "begun", "done"))
    around(writer.Writer, "_make_durable", named("make durable", "begun", ""))
    around(writer.Writer, "_end", named("clean end", "begun", "closed"))
    around(writer.Writer, "_straighten_journal", named("straighten", "begun", "done"))
    around(Indexer, "work", named("index", "", ""))


def _told(killer: Killer, kind: str) -> None:
    """The answer is given on the writer's thread; its asker hears of it on the loop's."""
    loop, point = killer.loop, f"{kind}/{points.TOLD}"
    if loop is None or loop.is_closed():
        return
    left = killer.hops

    def hop() -> None:
        nonlocal left
        if left <= 0:
            killer.at(point)
        else:
            left -= 1
            loop.call_soon(hop)

    loop.call_soon_threadsafe(hop)


def _plant_journal(killer: Killer) -> None:
    def writes(real: Any) -> Any:
        def write(file: int, data: bytes) -> None:
            for kind in _recording():
                killer.at(f"{kind}/{points.UNRECORDED}")
                if killer.is_next(f"{kind}/{points.TORN}"):
                    os.write(file, data[: len(data) // 2])
                killer.at(f"{kind}/{points.TORN}")
            real(file, data)

        return write

    def syncs(real: Any) -> Any:
        def sync(file: int) -> None:
            real(file)
            for kind in _recording():
                killer.at(f"{kind}/{points.RECORDED}")

        return sync

    def folders(real: Any) -> Any:
        def sync_folder(folder: Path) -> None:
            for kind in _recording():
                killer.at(f"{kind}/replaced")
            real(folder)

        return sync_folder

    def appends(real: Any) -> Any:
        def append(self: Any, records: Any) -> None:
            if any(isinstance(one, journal.Anchor) for one in records):
                with _about("anchor"):
                    real(self, records)
            else:
                real(self, records)

        return append

    def compacts(real: Any) -> Any:
        def compact(self: Any) -> None:
            with _about("compact"):
                real(self)
                killer.at("compact/done")

        return compact

    def confirms(real: Any) -> Any:
        def confirm(self: Any) -> None:
            with _about("confirm"):
                real(self)
                killer.at("confirm/done")

        return confirm

    def copies(real: Any) -> Any:
        def keep_copy(self: Any) -> None:
            with _about("keep journal's copy"):
                real(self)

        return keep_copy

    around(journal, "_write", writes)
    around(journal, "sync", syncs)
    around(journal, "sync_folder", folders)
    around(journal.Journal, "append", appends)
    around(journal.Journal, "compact", compacts)
    around(journal.Journal, "confirm", confirms)
    around(journal.Journal, "keep_copy", copies)


class _Migrations(tuple[str, ...]):
    """Tells when one is begun, and when it is committed: when the next one, or the end, is asked for."""

    __slots__ = ()
    killer: Killer
    """The one of this process."""

    def __getitem__(self, wanted: Any) -> Any:
        found: Any = super().__getitem__(wanted)
        return found if isinstance(found, str) else self._told(found)

    def _told(self, each: tuple[str, ...]) -> Iterator[str]:
        for sql in each:
            self.killer.at("migrate/begun")
            yield sql
            self.killer.at("migrate/committed")


def _plant_opening(killer: Killer) -> None:
    def prepares(real: Any) -> Any:
        def prepare(*args: Any) -> Any:
            with _about("open"):
                killer.at("open/begun")
                found = real(*args)
                killer.at("open/committed")
            return found

        return prepare

    def counts(real: Any) -> Any:
        def init(self: Any, folder: Path) -> None:
            real(self, folder)
            killer.at("starts/counted")

        return init

    def over(real: Any) -> Any:
        def ended(self: Any) -> None:
            real(self)
            killer.at("starts/over")

        return ended

    def migrations(real: Any) -> Any:
        told = _Migrations(real())
        _Migrations.killer = killer
        return lambda: told

    around(store_module, "prepare", prepares)
    around(crashes.Crashes, "__init__", counts)
    around(crashes.Crashes, "over", over)
    around(migrate, "migrations", migrations)


def _plant_rebuild(killer: Killer) -> None:
    def rebuilds(real: Any) -> Any:
        def anew(folder: Path, now_us: int) -> None:
            with _about("rebuild"):
                killer.at("rebuild/begun")
                real(folder, now_us)
                killer.at("rebuild/done")

        return anew

    def salvages(real: Any) -> Any:
        def salvage(*args: Any) -> Any:
            found = real(*args)
            killer.at("rebuild/salvaged")
            return found

        return salvage

    def syncs(real: Any) -> Any:
        def sync_file(path: Path) -> None:
            killer.at("rebuild/committed")
            real(path)
            killer.at("rebuild/synced")

        return sync_file

    def marks(real: Any) -> Any:
        def mark(folder: Path) -> None:
            killer.at("mark/begun")
            real(folder)
            killer.at("mark/done")

        return mark

    def renames(real: Any) -> Any:
        def rename(self: Path, target: Path) -> Path:
            killer.at("rebuild/renaming")
            found: Path = real(self, target)
            killer.at("rebuild/renamed")
            return found

        return rename

    around(rebuild, "rebuild", rebuilds)
    around(salvage, "salvage", salvages)
    around(rebuild, "sync_file", syncs)
    around(rebuild, "mark", marks)
    around(Path, "rename", renames)
