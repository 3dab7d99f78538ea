"""The person at the desk: does the steps of a story, and writes each press down before and after it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from chatdesk.domain import outbox
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import NotPossible, StaleDraft
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, MessageId, OutgoingId
from chatdesk.domain.kinds import DeliveryState
from chatdesk.platforms import registry
from chatdesk.store import rebuild, search_index
from tests.faults.house import House
from tests.faults.kills.count import presses
from tests.faults.kills.log import Line, Log
from tests.faults.kills.story import Step
from tests.faults.kills.wires import Loss
from tests.faults.kills.world import Desk, account_of, new_account

SECOND = "second@example.test"
KNOWN_WITHIN_S = 60


class Driver:
    """Goes on with a story where the log ends."""

    def __init__(
        self, desk: Desk, log: Log, earlier: list[Line], house: House | None, loss: Loss | None
    ) -> None:
        self.desk = desk
        self.log = log
        self.house = house
        self.loss = loss
        self._known = presses(earlier)
        self._next = max((one.number for one in self._known), default=0) + 1
        self._ids: dict[int, OutgoingId] = {one["done"]: one["id"] for one in earlier if "done" in one}
        self._last: dict[int, int] = {one.talk: one.number for one in self._known if one.state == "done"}
        """The last press of each talk whose end was seen."""

    async def step(self, number: int, step: Step) -> None:
        """One step; what the program refuses is refused, as in a window."""
        self.log.write(step=number)
        with contextlib.suppress(NotPossible):
            await getattr(self, f"_{step['do']}")(step)

    async def _place(self, talk: int) -> ConversationId | None:
        for _ in range(KNOWN_WITHIN_S * 2):
            place = await self.desk.talk(talk)
            if place is not None:
                return place
            await self.desk.clock.sleep(500)
        return None  # it never came up: there is nothing to press in

    # -- pressing

    async def _press(self, step: Step) -> None:
        talk = step["talk"]
        place = await self._place(talk)
        if place is None:
            return
        number, self._next = self._next, self._next + 1
        text = f"t{talk} {step['text']}" + (" " + "x" * 60_000 if step.get("long") else "")
        if step["text"] != "ok":
            text += f" ({number})"
        drafted = bool(step.get("drafted"))
        if drafted:
            await self.desk.do("save_draft", place, self.desk.draft(place).version, text)
        due_us = self.desk.clock.now_us() + step["due_ms"] * 1_000 if "due_ms" in step else 0
        self.log.write(press=number, talk=talk, text=text, drafted=drafted, scheduled=bool(due_us))
        for _ in range(3):
            version = self.desk.draft(place).version
            try:
                item = await self.desk.do(
                    "press_send", place, version, text, hold_us=step.get("hold_ms", 0) * 1_000, due_us=due_us
                )
            except StaleDraft:
                continue
            except NotPossible:
                break
            self.log.write(done=number, id=item.id)
            self._ids[number], self._last[talk] = item.id, number
            return
        self.log.write(refused=number)

    # -- what happens to a press afterwards

    def _of(self, step: Step) -> tuple[int, OutgoingId]:
        number = self._last.get(step["talk"])
        if number is None or number not in self._ids:
            raise NotPossible("nothing was pressed")
        return number, self._ids[number]

    async def _let_go(self, step: Step, *, back: bool, what: Any) -> None:
        number, outgoing = self._of(step)
        self.log.write(**{"let go": number, "back": back})
        try:
            await what(outgoing)
        except NotPossible:
            self.log.write(kept=number)
        else:
            self.log.write(**{"let gone": number})

    async def _take_back(self, step: Step) -> None:
        await self._let_go(step, back=True, what=lambda one: self.desk.do("take_back", one))

    async def _cancel(self, step: Step) -> None:
        await self._let_go(
            step, back=False, what=lambda one: self.desk.do("advance", one, outbox.PersonCancels())
        )

    async def _discard(self, step: Step) -> None:
        await self._let_go(
            step, back=False, what=lambda one: self.desk.do("advance", one, outbox.PersonDiscards())
        )

    async def _edit(self, step: Step) -> None:
        number, outgoing = self._of(step)
        text = f"t{step['talk']} edited ({number})"
        self.log.write(edit=number, text=text)
        try:
            await self.desk.do("advance", outgoing, outbox.PersonEdits(text))
        except NotPossible:
            self.log.write(unedited=number)
        else:
            self.log.write(edited=number)

    async def _schedule(self, step: Step) -> None:
        number, outgoing = self._of(step)
        self.log.write(schedule=number)
        due_us = self.desk.clock.now_us() + step["due_ms"] * 1_000
        await self.desk.do("advance", outgoing, outbox.PersonSchedules(due_us))

    async def _again(self, step: Step) -> None:
        number, outgoing = self._of(step)
        self.log.write(again=number)
        await self.desk.do("advance", outgoing, outbox.PersonSendsAgain())

    async def _urge(self, step: Step) -> None:
        await self.desk.do("advance", self._of(step)[1], outbox.PersonUrges(urgent=True))

    async def _retry(self, step: Step) -> None:
        await self.desk.do("advance", self._of(step)[1], outbox.PersonRetries())

    async def _age(self, step: Step) -> None:
        await self.desk.do("advance", self._of(step)[1], outbox.Aged())

    # -- other intentions

    async def _read(self, _step: Step) -> None:
        await self._read_something()

    async def _read_something(self) -> Outgoing | None:
        """Look at the first conversation in which there is something new."""
        for talk in range(len(self.desk.made.remotes)):
            place = await self._place(talk)
            if place is not None:
                item: Outgoing | None = await self.desk.do("intend_read", place, PENDING_CURSOR)
                if item is not None:
                    return item
        return None

    async def _supersede(self, _step: Step) -> None:
        item = await self._read_something()
        if item is not None:
            await self.desk.do("advance", item.id, outbox.Superseded())

    async def _delete(self, step: Step) -> None:
        number, outgoing = self._of(step)
        place = await self._place(step["talk"])
        found = [] if place is None else self._messages(place)
        one = next((one for one in found if one.outgoing_id == outgoing and one.remote_id), None)
        if one is not None:
            self.log.write(**{"let go": number})
            await self.desk.do("intend_delete", one.id)

    async def _report(self, step: Step) -> None:
        for talk in (step["talk"], 0, 1):
            place = await self._place(talk)
            others = [] if place is None else [one for one in self._messages(place) if not one.own]
            if others:
                await self.desk.do("intend_report", MessageId(others[-1].id), "spam")
                return

    def _messages(self, place: ConversationId) -> list[Any]:
        reader = self.desk.real.reader()
        try:
            return list(reader.newest_page(place).messages)
        finally:
            reader.close()

    async def _status(self, _step: Step) -> None:
        orders = await self.desk.ask("orders")
        if orders:
            wanted = "completed" if orders[0].status != "completed" else "cancelled"
            await self.desk.do("intend_status", orders[0].id, wanted)

    async def _second_account(self, _step: Step) -> None:
        await self.desk.do("add_account", new_account(self.desk.account, login=SECOND, user_id="nobody-2"))

    async def _remove_account(self, _step: Step) -> None:
        second = account_of(self.desk, SECOND, await self.desk.ask("accounts"))
        if second is not None:
            await self.desk.do("remove_account", second)

    async def _errand(self, step: Step) -> None:
        desk, what = self.desk, step["what"]
        one, other = await self._place(0), await self._place(1)
        match what:
            case "link_customer" | "unlink_customer":
                await desk.do("link_customer", one, other)
                if what == "unlink_customer":
                    await desk.do("unlink_customer", one)
            case "keep_copy" | "delete_copy":
                await desk.do(what, one)
            case "delete_due":
                await desk.do("delete_due", desk.clock.now_us())
            case "set_account_settings":
                await desk.do(what, desk.account.id, {"signature": "by"})
            case "set_archived" | "set_muted":
                await desk.do(what, one, True)
            case "put_setting":
                await desk.do(what, "theme", "dark")
            case "recovery_was_told":
                await desk.do(what)
            case "put_learnt" | "put_capabilities":
                kept: Any = {} if what == "put_learnt" else desk.account.capabilities
                await desk.do(what, desk.account.id, kept)
            case "start_over":
                await asyncio.wrap_future(desk.real._quick(search_index.start_over))
            case _:
                raise AssertionError(what)

    # -- what happens to the world

    async def _reopen(self, _step: Step) -> None:
        await self.desk.close()
        await self.desk.open()

    async def _mark(self, _step: Step) -> None:
        rebuild.mark(self.desk.folder)

    async def _cut(self, _step: Step) -> None:
        if self.house is not None:
            self.house.cut()

    async def _lose(self, step: Step) -> None:
        if self.loss is not None:
            self.loss.next = step["what"]

    async def _too_many(self, _step: Step) -> None:
        if self.house is not None:
            self.house.mischief.too_many = 1

    # -- the end

    async def answer_asks(self) -> None:
        """What asks before it goes, because a database was lost, is to go."""
        for item in await self.desk.waiting():
            if item.state is DeliveryState.PARKED and item.parked is not None and item.parked.value == "old":
                with contextlib.suppress(NotPossible):
                    await self.desk.do("advance", item.id, outbox.PersonRetries())

    async def open_sends(self) -> tuple[int, int]:
        """How many sends are to arrive by themselves, and how many wait for a person by the rules.

        Those are uncertain after the last repeat that goes by itself (each attempt met a kill), and what
        stands behind them in their conversation.
        """
        most = registry.plugin(self.desk.account.platform).adapter.limits.max_repeats
        mine = [one for one in await self.desk.waiting() if one.state is not DeliveryState.PARKED]
        stuck = {
            one.conversation_remote_id
            for one in mine
            if one.state is DeliveryState.UNCERTAIN and one.repeats >= most
        }
        excused = sum(one.conversation_remote_id in stuck for one in mine)
        return len(mine) - excused, excused
