"""One life of a world: from the start of its processes to the kill, or to the end of the story."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import apsw

from chatdesk.server.dialect import Variant
from chatdesk.server.run import ServeOptions
from chatdesk.server.run import serve as server_run
from chatdesk.sync.clock import SystemClock
from tests.faults import lab
from tests.faults.desk import Prepared
from tests.faults.house import House
from tests.faults.kills import hooks, log, wires
from tests.faults.kills.driver import Driver
from tests.faults.kills.hooks import Killer
from tests.faults.kills.story import Step
from tests.faults.kills.wires import Loss
from tests.faults.kills.world import Desk, KillLoop
from tests.faults.loop import servers_in_one_thread
from tests.sync.virtual import VirtualClock

SERVER, CLIENT, MADE, END = "server", "client", "made.pickle", "end.json"
PATIENCE_S = 600
PATIENCE_ALONE_S = 90
AT_TURN, AT_WRITE, AT_TIME = "turn of the loop", "write to the disk", "moment of the clock"
"""Kills at random: these are no points, `nth` counts turns, writes or milliseconds."""


def prepare(folder: Path, platform: str, variant: str) -> None:
    """Make the template of a place."""
    logging.disable(logging.CRITICAL)
    made = lab.prepare(folder, platform, Variant(variant))
    (folder / MADE).write_bytes(pickle.dumps(made))


def live(order: dict[str, Any]) -> None:
    """A life, in a process of its own.

    order: folder (of this world), made (folder of the template), steps, point, nth, hops, gap_s, small.
    Leaves END with its figures, where it comes to its end.
    """
    logging.disable(logging.CRITICAL)
    folder = Path(order["folder"])
    made: Prepared = pickle.loads((Path(order["made"]) / MADE).read_bytes())
    book = log.Log(folder)
    killer = Killer(book, order["point"], order["nth"], order["hops"])
    shared = log.SharedTime(folder)
    loop = KillLoop()
    loop.resume(shared, order["gap_s"])
    loop.killer, killer.loop, killer.now = killer, loop, shared.get
    loss = Loss()
    hooks.plant(killer)
    wires.plant_bytes(killer, loss)
    if order["small"]:
        hooks.keep_small(shared.get)
    if order["point"] == AT_TURN:
        loop.turns_left = order["nth"]
    if order["point"] == AT_WRITE:
        _die_at_write(killer, order["nth"])
    with servers_in_one_thread(), asyncio.Runner(loop_factory=lambda: loop) as runner:
        figures = runner.run(_story(order, folder, made, book, killer, loss))
    book.close()
    (folder / END).write_text(json.dumps(figures), "utf-8")


async def _story(
    order: dict[str, Any], folder: Path, made: Prepared, book: log.Log, killer: Killer, loss: Loss
) -> dict[str, Any]:
    earlier = log.read(folder)
    clock = VirtualClock()
    house = House(folder / SERVER, made.platform, made.variant, lab.CHOICES)
    loss.cut = house.cut
    await house.start()
    begun = next((line["begun"] for line in earlier if "begun" in line), None)
    if begun is None:
        begun = clock.now_ms()
        book.write(begun=begun)
    desk = Desk(folder / CLIENT, made, house.url, clock, virtual=True)
    await desk.open()
    driver = Driver(desk, book, earlier, house, loss)
    await _steps(driver, order["steps"], earlier, begun)
    loss.next = ""
    house.mischief.heal()
    figures = await _ending(desk, driver, PATIENCE_S)
    await asyncio.sleep(15)  # what is still on its way arrives
    figures["wrong"] = await _soundness(desk)
    await desk.close()
    await house.kill()
    figures["passed"] = dict(killer.passed)
    return figures


async def _steps(driver: Driver, steps: list[Step], earlier: list[log.Line], begun: int) -> None:
    done = max((line["step"] for line in earlier if "step" in line), default=-1)
    for number, step in enumerate(steps):
        if number > done:
            await asyncio.sleep(max(0, begun + step["at"] - driver.desk.clock.now_ms()) / 1000)
            await driver.step(number, step)


async def _ending(desk: Desk, driver: Driver, patience_s: float) -> dict[str, Any]:
    """Everything has healed: how many sends wait after a minute, and how long all of it takes."""
    healed, waits = desk.clock.now_ms(), None
    while True:
        await driver.answer_asks()
        left, excused = await driver.open_sends()
        passed_ms = desk.clock.now_ms() - healed
        is_minute = passed_ms >= lab.ALIVE_MS
        if waits is None and (is_minute or not left + excused):
            waits = left
        if not left and (is_minute or not excused):
            break
        if passed_ms >= patience_s * 1_000:
            break
        await desk.clock.sleep(500)
    return {"waits": waits, "excused": excused, "undecided": left, "settled_ms": passed_ms}


async def _soundness(desk: Desk) -> list[str]:
    """What the program's own checks find: a kill damages nothing."""
    wrong = []
    checked = await desk.do("check")
    if not checked.is_sound:
        wrong.append(f"the database is not sound: {checked}")
    ledger = await desk.do("verify_ledger")
    if ledger.first_bad is not None:
        wrong.append(f"the ledger is not sound from {ledger.first_bad}")
    return wrong


def live_alone(order: dict[str, Any]) -> None:
    """A life of a client whose server is a process of its own, over real sockets and in real time.

    order: as in `live`, and url, where the server listens.
    """
    logging.disable(logging.CRITICAL)
    folder = Path(order["folder"])
    made: Prepared = pickle.loads((Path(order["made"]) / MADE).read_bytes())
    book = log.Log(folder)
    killer = Killer(book, order["point"], order["nth"], order["hops"])
    killer.now = time.monotonic
    hooks.plant(killer)
    wires.plant_bytes(killer, Loss())
    if order["small"]:
        hooks.keep_small(time.monotonic)
    figures = asyncio.run(_alone(order, folder, made, book, killer))
    book.close()
    (folder / END).write_text(json.dumps(figures), "utf-8")


async def _alone(
    order: dict[str, Any], folder: Path, made: Prepared, book: log.Log, killer: Killer
) -> dict[str, Any]:
    killer.loop = asyncio.get_running_loop()
    earlier = log.read(folder)
    desk = Desk(folder / CLIENT, made, order["url"], SystemClock(), virtual=False)
    await desk.open()
    driver = Driver(desk, book, earlier, None, None)
    await _steps(driver, order["steps"], earlier, desk.clock.now_ms())
    figures = await _ending(desk, driver, PATIENCE_ALONE_S)
    figures["wrong"] = await _soundness(desk)
    await desk.close()
    figures["passed"] = dict(killer.passed)
    return figures


def serve(order: dict[str, Any]) -> None:
    """The server of a world, until it is killed: what `chatdesk serve` runs."""
    options = ServeOptions(
        data_dir=Path(order["folder"]) / SERVER,
        platform=order["platform"],
        port=order["port"],
        variant=Variant(order["variant"]),
        choices=lab.CHOICES,
    )
    sys.exit(server_run(options))


class _File(apsw.VFSFile):
    def __init__(self, vfs: _Disk, name: Any, flags: list[int]) -> None:
        super().__init__(vfs.base, name, flags)
        self._disk = vfs
        self._is_read_only = bool(flags[0] & apsw.SQLITE_OPEN_READONLY)

    def xLock(self, level: int) -> None:
        # SQLite asks for it as it closes a file that can't be locked, and passes over the refusal, which
        # through Python would be raised; "busy" is not.
        if self._is_read_only and level > apsw.SQLITE_LOCK_SHARED:
            raise apsw.BusyError
        super().xLock(level)

    def xWrite(self, data: Any, offset: int) -> None:
        self._disk.writes()
        super().xWrite(data, offset)


class _Disk(apsw.VFS):
    """The system's files, until the n-th write to one."""

    def __init__(self, killer: Killer, nth: int) -> None:
        self.base = apsw.vfs_names()[0]
        self.killer = killer
        self.left = nth
        super().__init__("dying-disk", self.base, makedefault=True)

    def writes(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.killer.die(AT_WRITE)

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        return _File(self, name, flags)


_kept: list[_Disk] = []


def _die_at_write(killer: Killer, nth: int) -> None:
    _kept.append(_Disk(killer, nth))
