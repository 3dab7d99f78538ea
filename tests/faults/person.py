"""What people do in a schedule, by its names in `script.PRESSES`, with a log of what each may come to."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from chatdesk.domain.entities import Message, Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import ConversationId, OutgoingId
from chatdesk.domain.kinds import DeliveryState, ParkReason
from chatdesk.domain.outbox import (
    Event,
    PersonDiscards,
    PersonEdits,
    PersonRetries,
    PersonSendsAgain,
    PersonUrges,
    is_scheduled,
)
from tests.faults import checker
from tests.faults.acts import Faults
from tests.faults.desk import DATABASE, LIVING, LabDesk
from tests.faults.house import House
from tests.faults.loop import LabLoop
from tests.faults.others import Customer
from tests.faults.script import Script, Step

FAR_US = 30_000_000
LOOK_S = 0.5
ROUNDING_MS = 5
WITHHOLDING = frozenset(
    {
        *("late_events", "lost_events", "reordered_events", "drop_answers", "stall", "half_open_up"),
        *("half_open_down", "slow", "held_then_cut", "stored_late", "sleep", "suspend"),
    }
)
"""With one of these the client may not know what the server has, or its mark is on its way for long."""
WALL_FAULTS = frozenset({"clock_forward", "clock_back", "clock_2038", "sleep", "suspend"})


@dataclass(slots=True)
class Line:
    """What a customer has written."""

    text: str
    written_ms: int
    """When the server had it for sure, on its clock."""
    known_ms: int = 0
    """Since when the client has it, on the server's clock; 0: not yet."""
    where: ConversationId | None = None
    seen: bool = False


class Person(Faults):
    """Who sits before the window, and whom they talk with."""

    script: Script

    def __init__(self, loop: LabLoop, house: House, desk: LabDesk, folder: Path) -> None:
        super().__init__(loop, house, desk, folder)
        self.presses = desk.presses
        self.lines: list[Line] = []
        self._of: dict[OutgoingId, int] = {}
        self._backed_up_ms = 0
        self._was_put_back = False
        self._device: LabDesk | None = None
        self._customers: dict[int, Customer] = {}
        self._looking: asyncio.Task[None] | None = None

    # -- pressing Send

    async def _press(self, step: Step) -> None:
        await self._send(step)

    async def _press_twice(self, step: Step) -> None:
        await self._send(step)
        await self._send(step)

    async def _press_held(self, step: Step) -> None:
        await self._send(step, hold_ms=step.ms)

    async def _press_later(self, step: Step) -> None:
        await self._send(step, due_ms=step.ms)

    async def _press_file(self, step: Step) -> None:
        if self.script.platform != "omw":
            await self._send(step)
            return
        item = await self.desk.send_file(step.talk, step.text)
        if item is not None:
            await self._pressed(item, step)

    async def _send(
        self,
        step: Step,
        *,
        hold_ms: int = 0,
        due_ms: int = 0,
    ) -> None:
        due_us = self.clock.now_us() + due_ms * 1_000 if due_ms else 0
        earliest_ms = self.house.clock.now_ms() + max(hold_ms, due_ms) - ROUNDING_MS
        is_dated = (hold_ms or due_ms) and not WALL_FAULTS & set(self.script.faults)
        item = await self.desk.send(step.talk, step.text, hold_ms=hold_ms, due_us=due_us)
        if item is not None:
            await self._pressed(item, step, due_ms=due_ms, not_before_ms=earliest_ms if is_dated else 0)

    async def _pressed(self, item: Outgoing, step: Step, *, due_ms: int = 0, not_before_ms: int = 0) -> None:
        self._log(item, step, due_ms=due_ms, not_before_ms=not_before_ms)
        self._look_at(item.conversation_id)
        if self._device is not None:
            others = [one.text for one in await self._device.waiting()]
            for at, one in enumerate(self.presses):
                if one.elsewhere and one.text == step.text and one.text in others:
                    self.presses[at] = replace(one, inside=True)

    def _log(self, item: Outgoing, step: Step, *, due_ms: int, not_before_ms: int) -> None:
        self._of[item.id] = len(self.presses)
        press = checker.Press(
            f"t{step.talk}",
            step.text,
            self.clock.now_ms(),
            ordered=not due_ms,
            not_before_ms=not_before_ms,
        )
        self.presses.append(press)

    async def _elsewhere(self, step: Step) -> None:
        """Another device of the account: a second data folder with an engine of its own."""
        if not self.house.running:
            return
        if self._device is None:
            folder = self.folder / "device"
            shutil.copytree(self.desk.made.folder / "client", folder, ignore=LIVING)
            self._device = LabDesk(folder, self.desk.made, self.house)
            await self._device.sign_in(await self.fresh_tokens())
            await self._device.open()
        if self.desk.engine is None:
            inside = True
        else:
            inside = any(one.text == step.text for one in await self.desk.waiting())
        if await self._device.send(step.talk, step.text) is not None:
            at_ms = self.clock.now_ms()
            press = checker.Press(f"t{step.talk}", step.text, at_ms, elsewhere=True, inside=inside)
            self.presses.append(press)

    # -- second thoughts

    async def _take_back(self, step: Step) -> None:
        item = await self._newest_waiting(step.talk)
        if item is None:
            return
        try:
            await asyncio.wrap_future(self.desk.store.take_back(item.id))
        except NotPossible:
            return  # it is on its way
        self._may_come_to(item, least=0, most=0)

    async def _edit(self, step: Step) -> None:
        item = await self._newest_waiting(step.talk)
        if item is None or item.id not in self._of:
            return
        if await self._advance(item, PersonEdits(step.text)):
            at, at_ms = self._of[item.id], self.clock.now_ms()
            old = self.presses[at]
            self.presses[at] = replace(old, text=step.text, at_ms=at_ms)
            self.presses.append(replace(old, at_ms=at_ms, least=0, most=0))

    async def _urge(self, step: Step) -> None:
        item = await self._newest_waiting(step.talk)
        if item is not None:
            await self._advance(item, PersonUrges(urgent=True))

    async def _delete(self, step: Step) -> None:
        """The newest own message of the talk that has arrived."""
        if self.desk.engine is None:
            return
        arrived = [
            one
            for one in self.desk.page(step.talk)
            if one.own and one.remote_id and not one.deleted and one.outgoing_id in self._of
        ]
        if not arrived:
            return
        message: Message = arrived[-1]
        try:
            await asyncio.wrap_future(self.desk.store.intend_delete(message.id))
        except NotPossible:
            return
        assert message.outgoing_id is not None
        at = self._of[message.outgoing_id]
        self.presses[at] = replace(self.presses[at], least=0)

    async def _newest_waiting(self, talk: int) -> Outgoing | None:
        if self.desk.engine is None:
            return None
        where = self.desk.talk(talk)
        mine = [one for one in await self.desk.waiting() if one.conversation_id == where]
        return mine[-1] if mine else None

    async def _advance(self, item: Outgoing, event: Event) -> bool:
        try:
            await asyncio.wrap_future(self.desk.store.advance(item.id, event))
        except NotPossible:
            return False
        return True

    def _may_come_to(self, item: Outgoing, *, least: int, most: int) -> None:
        if item.id in self._of:
            at = self._of[item.id]
            self.presses[at] = replace(self.presses[at], least=least, most=most)

    # -- reading

    async def _incoming(self, step: Step) -> None:
        self.later(0, self._written(step))

    async def _written(self, step: Step) -> None:
        customer = self._customers.get(step.talk)
        if customer is None:
            customer = Customer(self.script.platform, self.house.back_url, step.talk)
            self._customers[step.talk] = customer
        if await customer.write(step.text):
            self.lines.append(Line(step.text, self.house.clock.now_ms()))
            if self._looking is None:
                self._looking = self.loop.create_task(self._look())

    async def _look(self) -> None:
        """Notice when the client gets to know what customers have written."""
        while True:
            await asyncio.sleep(LOOK_S)
            new = [one for one in self.lines if not one.known_ms]
            if new and self.desk.engine is not None:
                for where in self.desk.made.talks:
                    with self.desk.reading() as reader:
                        texts = {one.text for one in reader.newest_page(where).messages}
                    for line in new:
                        if line.text in texts:
                            line.known_ms, line.where = self.house.clock.now_ms(), where

    async def _read(self, _step: Step) -> None:
        """The person looks where a customer wrote last: what the window shows there has been seen."""
        known = [one.where for one in self.lines if one.where is not None]
        if self.desk.engine is None or not known:
            return
        where = known[-1]
        with self.desk.reading() as reader:
            shown = [one for one in reader.newest_page(where).messages if one.remote_id]
        if shown:
            for line in self.lines:
                line.seen = line.seen or line.text in {one.text for one in shown}
            await asyncio.wrap_future(self.desk.store.intend_read(where, shown[-1].cursor))

    def _look_at(self, where: ConversationId | None) -> None:
        """Whoever answers has read what stands there."""
        if any(not one.seen for one in self.lines) and where is not None:
            with self.desk.reading() as reader:
                texts = {one.text for one in reader.newest_page(where).messages}
            for line in self.lines:
                line.seen = line.seen or line.text in texts

    # -- putting a backup back

    async def _back_up(self, _step: Step) -> None:
        if self.desk.engine is not None:
            self.backup = self.folder / "backup"
            shutil.rmtree(self.backup, ignore_errors=True)
            self.desk.back_up(self.backup)
            self._backed_up_ms = self.clock.now_ms()

    async def _put_back(self, step: Step) -> None:
        """The backup takes the folder's place: what was pressed since is gone with it, if all of it is."""
        if self.backup is None or self.desk.engine is None:
            return
        await self.desk.kill()
        whole = bool(step.number)
        self.desk.put_back(self.backup, whole=whole)
        self._was_put_back = True
        if whole:
            for at, one in enumerate(self.presses):
                if one.at_ms >= self._backed_up_ms and not one.elsewhere:
                    self.presses[at] = replace(one, least=0)
        self.later(step.ms, self._opened_again())

    async def answer_questions(self) -> None:
        """What asks is sent if the server does not have it, as a person would find out; else it is let go."""
        waiting = await self.desk.waiting()
        for item in waiting:
            if item.parked is not ParkReason.OLD and not self._is_left_to_us(item):
                continue
            pressed = sum(one.least for one in self.presses if one.text == item.text)
            there = checker.stored_times(self.house.folder / "server.sqlite3", item.text)
            shown = sum(1 for one in waiting if one.text == item.text)
            if there + shown > pressed:
                await self._advance(item, PersonDiscards())
            elif item.state is DeliveryState.PARKED:
                await self._advance(item, PersonRetries())
                for at, one in enumerate(self.presses):
                    if one.text == item.text:  # whatever time it had: it goes now
                        self.presses[at] = replace(one, not_before_ms=0)
            else:
                await self._advance(item, PersonSendsAgain())
            return  # the others when this is done: equal ones are counted

    def _is_left_to_us(self, item: Outgoing) -> bool:
        """After a backup was put back nothing uncertain is repeated by itself."""
        changed_ms = (self.clock.now_us() - item.changed_at_us) // 1_000
        return self._was_put_back and item.state is DeliveryState.UNCERTAIN and changed_ms > 30_000

    def is_far(self, item: Outgoing) -> bool:
        """It waits for a time that is far off, as the client's clock was set meanwhile."""
        return is_scheduled(item) and item.not_before_us - self.clock.now_us() > FAR_US

    # -- the end

    async def leave(self) -> None:
        """Everybody but the desk goes."""
        if self._looking is not None:
            self._looking.cancel()
        for customer in self._customers.values():
            await customer.close()
        if self._device is not None:
            await self._device.close()

    def counted(self) -> checker.Count:
        """What it came to."""
        # A mark goes only after the client has caught up: then it knows whatever was written before.
        is_told = not WITHHOLDING & set(self.script.faults)
        unseen = [
            checker.Unseen(one.text, one.written_ms if is_told else one.known_ms)
            for one in self.lines
            if (one.known_ms or is_told) and not one.seen
        ]
        return checker.check(
            self.presses,
            self.house.folder / "server.sqlite3",
            self.desk.folder / DATABASE,
            others=() if self._device is None else (self._device.folder / DATABASE,),
            late_ms=self.late_ms(),
            unseen=unseen,
            reader=self.desk.made.account.user_id,
            long_ways=self.long_ways_ms(),
        )
