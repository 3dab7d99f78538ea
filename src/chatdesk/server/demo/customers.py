"""The live customers of the demonstration: real clients who join, write, type, read and answer."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from chatdesk.server.demo.cast import ADMIN_EMAIL, CUSTOMER_EMAILS, PASSWORD
from chatdesk.server.demo.phrases import Phrases
from chatdesk.server.demo.visitor import Turned, Visitor, keep_at_it, new_client_id, rest
from chatdesk.server.signals import stop_on_signals
from chatdesk.wire.dispatcher import names, shapes

DEFAULT_LINES_PER_MINUTE = 20
MAX_LINES_PER_MINUTE = 120
READING_S = (0.2, 0.7)
TYPING_S = (0.5, 1.4)
BACKLOG_LIMIT = 50
OFFICE_EVERY_LINES = 5
"""The back office changes a status about once in so many lines."""
REFUSALS = (400, 403, 404, 409)
OPEN = (names.STATUS_PENDING, names.STATUS_PROCESSING)
OFFICE_STATUSES = (names.STATUS_PENDING, names.STATUS_PROCESSING, names.STATUS_REQUIRES_INVOICE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who takes part, and the one password of them all."""

    customers: tuple[str, ...] = CUSTOMER_EMAILS
    admin: str = ADMIN_EMAIL
    password: str = PASSWORD


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How lively they are: lines that they write unasked per minute, all together; answers come on top."""

    lines_per_minute: int = DEFAULT_LINES_PER_MINUTE
    haste: float = 1.0
    """How much faster than people they read and type."""
    luck: int | None = None
    """Seed of everything that happens by chance; None = differently each time."""

    def pause_s(self, people: int) -> float:
        """Seconds between two lines of one of so many people, on average."""
        return 60.0 * people / min(max(self.lines_per_minute, 1), MAX_LINES_PER_MINUTE)


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds between two unasked lines of one person, and how much faster than people they read and type."""

    pause_s: float
    haste: float


@dataclass(slots=True)
class _Line:
    """Something to write: kept under its client id until the server has it."""

    order_id: str
    text: str
    client_id: str


class Customer:
    """A carrier at their desk: reads at once, thinks, types, answers; sometimes asks."""

    def __init__(
        self, visitor: Visitor, phrases: Phrases, chance: random.Random, tempo: Tempo, stop: asyncio.Event
    ) -> None:
        self.ready = asyncio.Event()
        self._visitor = visitor
        self._phrases = phrases
        self._chance = chance
        self._tempo = tempo
        self._stop = stop
        self._orders: dict[str, shapes.OrderDetail] = {}
        self._heard: deque[shapes.MessageRecord] = deque(maxlen=BACKLOG_LIMIT)
        self._answered: set[str] = set()
        self._news: deque[tuple[str, str]] = deque(maxlen=BACKLOG_LIMIT)
        self._wake = asyncio.Event()
        self._unsent: _Line | None = None
        self._since = datetime.now(UTC)

    @property
    def user_id(self) -> str:
        """The account's id, known after the first sign-in."""
        return self._visitor.user_id

    async def run(self) -> None:
        """Take part until told to stop."""
        await keep_at_it(self._visit, self._stop, self._visitor.email)

    async def _visit(self) -> None:
        await self._visitor.sign_in()
        self._orders = {order.id: order for order in await self._visitor.orders()}
        gone = asyncio.Event()
        async with self._visitor.socket(self._on_event, gone) as socket:
            for order_id in self._orders:
                await socket.emit(names.EMIT_JOIN, order_id)
            for order_id in self._orders:
                await self._catch_up(order_id)
                await socket.emit(names.EMIT_MARK_READ, order_id)
            self.ready.set()
            ended = asyncio.create_task(_either(gone, self._stop))
            try:
                while not ended.done():
                    await self._one_round(socket, ended)
            finally:
                ended.cancel()

    async def _catch_up(self, order_id: str) -> None:
        """Read what was missed; what the desk wrote meanwhile waits for an answer."""
        records = await self._visitor.history(order_id)
        self._phrases.remember(record.message for record in records)
        for record in reversed(records):
            if datetime.fromisoformat(record.created_at) > self._since:
                self._hear(record)

    async def _one_round(self, socket: Any, ended: asyncio.Task[None]) -> None:
        """Answer what is waiting, or, after a pause without anything, write unasked."""
        if self._unsent is not None:
            await self._deliver(socket)
        elif self._heard:
            record = self._heard.popleft()
            await self._answer(socket, record)
        elif self._news:
            order_id, status = self._news.popleft()
            if text := self._phrases.on_status(self._orders[order_id], status):
                await self._say(socket, order_id, text)
        else:
            self._wake.clear()
            woken = asyncio.create_task(self._wake.wait())
            pause_s = self._tempo.pause_s * self._chance.uniform(0.6, 1.4)
            done, _ = await asyncio.wait({woken, ended}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()
            if not done:
                open_ones = [order for order in self._orders.values() if order.status in OPEN]
                if open_ones:
                    order = self._chance.choice(open_ones)
                    await self._say(socket, order.id, self._phrases.line(order))

    async def _answer(self, socket: Any, record: shapes.MessageRecord) -> None:
        await rest(self._stop, self._chance.uniform(*READING_S) / self._tempo.haste)
        await socket.emit(names.EMIT_MARK_READ, record.order_id)
        order = self._orders[record.order_id]
        await self._say(socket, order.id, self._phrases.answer(order, record.message))

    async def _say(self, socket: Any, order_id: str, text: str) -> None:
        self._unsent = _Line(order_id, text, new_client_id())
        await self._deliver(socket)

    async def _deliver(self, socket: Any) -> None:
        """Type and send. What does not pass is kept, and repeated under the same client id."""
        line = self._unsent
        if line is None:
            return
        await socket.emit(names.EMIT_TYPING_START, line.order_id)
        await rest(self._stop, self._chance.uniform(*TYPING_S) / self._tempo.haste)
        await socket.emit(names.EMIT_TYPING_STOP, line.order_id)
        try:
            await self._visitor.send(line.order_id, line.text, line.client_id)
        except Turned as exc:
            if exc.retry_after_s is not None:
                await rest(self._stop, exc.retry_after_s)
                return
            if exc.status not in REFUSALS:
                raise
            # Said no for good, such as to an order that is gone: there is nothing to repeat.
        self._unsent = None

    def _on_event(self, event: str, payload: Any) -> None:
        if event == names.EVENT_NEW_MESSAGE:
            self._hear(msgspec.convert(payload, shapes.NewMessage).message)
        else:
            update = msgspec.convert(payload, shapes.OrderUpdated)
            status = update.update.order.status
            if update.order_id in self._orders and isinstance(status, str):
                self._orders[update.order_id].status = status
                self._news.append((update.order_id, status))
                self._wake.set()

    def _hear(self, record: shapes.MessageRecord) -> None:
        if (
            record.order_id in self._orders
            and record.user.id not in {None, self._visitor.user_id}
            and record.id not in self._answered
        ):
            self._answered.add(record.id)
            self._heard.append(record)
            self._wake.set()


class BackOffice:
    """The admin, who moves orders along now and then."""

    def __init__(
        self,
        visitor: Visitor,
        chance: random.Random,
        every_s: float,
        owners: Sequence[str],
        stop: asyncio.Event,
    ) -> None:
        self._visitor = visitor
        self._chance = chance
        self._every_s = every_s
        self._owners = owners
        self._stop = stop

    async def run(self) -> None:
        """Take part until told to stop."""
        await keep_at_it(self._visit, self._stop, self._visitor.email)

    async def _visit(self) -> None:
        await self._visitor.sign_in()
        while not await rest(self._stop, self._every_s * self._chance.uniform(0.7, 1.3)):
            orders = [
                order
                for order in await self._visitor.orders()
                if order.status in OFFICE_STATUSES and order.user_id in self._owners
            ]
            if orders:
                order = self._chance.choice(orders)
                position = OFFICE_STATUSES.index(str(order.status))
                await self._visitor.set_status(
                    order.id, OFFICE_STATUSES[(position + 1) % len(OFFICE_STATUSES)]
                )


async def run_customers(
    base_url: str,
    credentials: Credentials,
    script: Script,
    stop_event: asyncio.Event,
    ready_event: asyncio.Event | None = None,
) -> None:
    """Let customers and back office take part until `stop_event`; `ready_event` is set when all have come."""
    luck = random.Random(script.luck)
    phrases = Phrases(random.Random(luck.random()))
    tempo = Tempo(script.pause_s(len(credentials.customers)), script.haste)
    async with contextlib.AsyncExitStack() as doors:

        async def visitor(email: str) -> Visitor:
            return await doors.enter_async_context(Visitor(base_url, email, credentials.password))

        customers = [
            Customer(await visitor(email), phrases, random.Random(luck.random()), tempo, stop_event)
            for email in credentials.customers
        ]
        async with asyncio.TaskGroup() as group:
            for customer in customers:
                group.create_task(customer.run())
            for customer in customers:
                await _either(customer.ready, stop_event)
            if ready_event is not None:
                ready_event.set()
            office = BackOffice(
                await visitor(credentials.admin),
                random.Random(luck.random()),
                OFFICE_EVERY_LINES * script.pause_s(1),
                [customer.user_id for customer in customers],
                stop_event,
            )
            group.create_task(office.run())


async def _either(first: asyncio.Event, second: asyncio.Event) -> None:
    waits = {asyncio.create_task(first.wait()), asyncio.create_task(second.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def main(argv: Sequence[str] | None = None) -> int:
    """`chatdesk customers --server URL`: run them until SIGTERM; says `ready` when all are connected."""
    parser = argparse.ArgumentParser(prog="chatdesk customers", description="Let the demo's customers in.")
    parser.add_argument("--server", required=True, metavar="URL", help="the server to visit")
    parser.add_argument(
        "--pace",
        type=int,
        default=DEFAULT_LINES_PER_MINUTE,
        metavar="N",
        help="lines a minute that they write unasked, all together (default: %(default)s)",
    )
    parser.add_argument("--luck", type=int, default=None, metavar="N", help="repeat the same chances")
    arguments = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    script = Script(lines_per_minute=arguments.pace, luck=arguments.luck)
    asyncio.run(_main(arguments.server, script))
    return 0


async def _main(base_url: str, script: Script) -> None:
    stop, ready = asyncio.Event(), asyncio.Event()
    stop_on_signals(stop)
    running = asyncio.create_task(run_customers(base_url, Credentials(), script, stop, ready))
    announced = asyncio.create_task(ready.wait())
    await asyncio.wait({running, announced}, return_when=asyncio.FIRST_COMPLETED)
    if ready.is_set():
        sys.stdout.write(f"ready customers {len(Credentials().customers)}\n")
        sys.stdout.flush()
    announced.cancel()
    await running


if __name__ == "__main__":
    sys.exit(main())
