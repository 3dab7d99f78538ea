"""Lets the live customers of the demonstration in, at one platform or at all: `chatdesk customers`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import random
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from chatdesk.server.demo.books import BOOKS
from chatdesk.server.demo.cast import ADMIN_EMAIL, PASSWORD
from chatdesk.server.demo.customers import (
    DEFAULT_LINES_PER_MINUTE,
    Crew,
    Customer,
    Note,
    Script,
    Tempo,
)
from chatdesk.server.demo.office import BackOffice
from chatdesk.server.demo.phrases import Phrases
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.demo.tongue import Tongue
from chatdesk.server.demo.tongues.dispatcher import DispatcherTongue
from chatdesk.server.demo.tongues.fakomame import FakomameTongue
from chatdesk.server.demo.tongues.marketplace import MarketplaceTongue
from chatdesk.server.demo.tongues.omw import OmwTongue
from chatdesk.server.demo.tongues.steppergo import SteppergoTongue
from chatdesk.server.demo.visits import either
from chatdesk.server.signals import stop_on_signals

OFFICE_EVERY_LINES = 5
"""The back office changes a status about once in so many lines."""
TONGUES: dict[str, type[Tongue]] = {
    one.platform: one
    for one in (DispatcherTongue, FakomameTongue, SteppergoTongue, OmwTongue, MarketplaceTongue)
}


class Town:
    """The customers of some servers, by platform, and the back office."""

    def __init__(self, servers: Mapping[str, str], script: Script, note: Note | None = None) -> None:
        """servers: where each platform is. note: told what the customers notice of the desk."""
        self._servers = servers
        self._script = script
        self._note = note
        self._luck = random.Random(script.luck)

    async def run(self, stop: asyncio.Event, ready: asyncio.Event | None = None) -> None:
        """Let everybody take part until `stop`; `ready` is set when all have come."""
        async with contextlib.AsyncExitStack() as doors, asyncio.TaskGroup() as group:
            customers = [
                customer
                for platform in self._servers
                for customer in await self._customers(platform, doors, stop)
            ]
            for customer in customers:
                group.create_task(customer.run())
            for customer in customers:
                await either(customer.ready, stop)
            if ready is not None:
                ready.set()
            if DispatcherTongue.platform in self._servers:
                group.create_task((await self._office(doors, stop)).run())

    async def _customers(
        self, platform: str, doors: contextlib.AsyncExitStack, stop: asyncio.Event
    ) -> list[Customer]:
        seat = SEATS[platform]
        crew = Crew(Phrases(BOOKS[platform], self._chance()))
        if self._note is not None:
            crew.note = self._note
        tempo = Tempo(self._script.pause_s(len(seat.customers)), self._script.haste)
        found = []
        for login in seat.customers:
            tongue = TONGUES[platform](self._servers[platform], login, PASSWORD, seat.customer_role)
            await doors.enter_async_context(tongue)
            found.append(Customer(tongue, crew, self._chance(), tempo, stop))
        return found

    async def _office(self, doors: contextlib.AsyncExitStack, stop: asyncio.Event) -> BackOffice:
        platform = DispatcherTongue.platform
        tongue = await doors.enter_async_context(
            DispatcherTongue(self._servers[platform], ADMIN_EMAIL, PASSWORD)
        )
        every_s = OFFICE_EVERY_LINES * self._script.pause_s(1)
        return BackOffice(tongue, self._chance(), every_s, SEATS[platform].customers, stop)

    def _chance(self) -> random.Random:
        return random.Random(self._luck.random())


def main(argv: Sequence[str] | None = None) -> int:
    """`chatdesk customers --server PLATFORM=URL`: run them until SIGTERM; says `ready` when all have come."""
    parser = argparse.ArgumentParser(prog="chatdesk customers", description="Let the demo's customers in.")
    parser.add_argument(
        "--server",
        type=_server,
        required=True,
        action="append",
        metavar="PLATFORM=URL",
        help="a server to visit; may be given once for each platform",
    )
    parser.add_argument(
        "--pace",
        type=int,
        default=DEFAULT_LINES_PER_MINUTE,
        metavar="N",
        help="lines a minute that the customers of a platform write unasked (default: %(default)s)",
    )
    parser.add_argument("--luck", type=int, default=None, metavar="N", help="repeat the same chances")
    parser.add_argument(
        "--notes", type=Path, default=None, metavar="FILE", help="write down what they notice of the desk"
    )
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    script = Script(lines_per_minute=arguments.pace, luck=arguments.luck)
    note = None if arguments.notes is None else _writer(arguments.notes)
    asyncio.run(_main(dict(arguments.server), script, note))
    return 0


async def _main(servers: Mapping[str, str], script: Script, note: Note | None) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    stop_on_signals(stop)
    running = asyncio.create_task(Town(servers, script, note).run(stop, ready))
    announced = asyncio.create_task(ready.wait())
    await asyncio.wait({running, announced}, return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        sys.stdout.write(f"ready customers {sum(len(SEATS[one].customers) for one in servers)}\n")
        sys.stdout.flush()
    announced.cancel()
    await running


def _writer(file: Path) -> Note:
    """Writes what is noticed as JSON lines {"platform", "who", "what", "at_ms"}."""

    def note(platform: str, who: str, what: str) -> None:
        line = {"platform": platform, "who": who, "what": what, "at_ms": time.time_ns() // 1_000_000}
        with file.open("a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")

    return note


def _server(text: str) -> tuple[str, str]:
    platform, _, url = text.partition("=")
    if platform not in TONGUES or not url:
        raise argparse.ArgumentTypeError(f"PLATFORM=URL, with one of {', '.join(TONGUES)}")
    return platform, url


if __name__ == "__main__":
    sys.exit(main())
