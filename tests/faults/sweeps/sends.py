"""One send, cut at each of its bytes: requests, answers, and requests that arrive after the cut."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults import lab
from tests.faults.parts import Case, Result
from tests.faults.sweeps import ground

_sizes: dict[ground.Place, ground.Sizes] = {}


def measured(place: ground.Place, folder: Path) -> ground.Sizes:
    """How many bytes one send takes at a place until it is settled; measured once in a process."""
    if place not in _sizes:
        made = ground.prepared(place, folder.parent)
        _sizes[place] = lab.run_lab(_measure(folder / "measured", made))
    return _sizes[place]


async def _measure(folder: Path, made: lab.Prepared) -> ground.Sizes:
    async with ground.World(folder, made) as world:
        await world.desk.press(0, _text(0))  # the first one on a connection may bring more with it
        await world.calm()
        with ground.counted(world.network) as (up, down):
            await world.desk.press(0, _text(1))
            await world.settled(world.clock.now_ms())
        return ground.Sizes(up.passed, down.passed)


def carry_out(case: Case, folder: Path) -> Result:
    """Press once for each byte of the case's share, with the connection cut there."""
    place = ground.place_of(case)
    cuts = ground.share(case, measured(place, folder))
    return lab.run_lab(sweep(case, folder / "world", ground.prepared(place, folder.parent), cuts))


async def sweep(case: Case, folder: Path, made: lab.Prepared, cuts: list[ground.Cut]) -> Result:
    """Press once for each cut; all in one world."""
    tally = ground.Tally()
    world = ground.World(folder, made)
    async with world:
        for number, cut in enumerate(cuts):
            with ground.armed(world.network, cut) as trap:
                await world.desk.press(0, _text(number))
                over_ms = world.clock.now_ms() + cut.held_ms
                tally.alive += await world.settled(over_ms)
            if trap.sprung:
                tally.faults.append(f"byte_{cut.way}")
            else:
                tally.words.append(f"never reached: {cut}")
            await world.calm()
        await asyncio.sleep(ground.MOST_HELD_MS / 1000)
    return ground.result(case, tally, world.count())


def _text(number: int) -> str:
    return f"t0 the gate is open {number:04d}"
