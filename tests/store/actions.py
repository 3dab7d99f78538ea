"""Everything that a person and an engine may do to a store, drawn at random."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import strategies as st

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import NotPossible, StaleDraft
from chatdesk.domain.events import Stamped
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Assurance, ParkReason, Source
from chatdesk.domain.ordering import Stamp
from tests.store.making import ME, WAIT_S, Desk, cursor, message, new_account, reading, started
from tests.store.world import NUMBERS, units

OWN_NUMBERS = (21, 22, 23)
"""Messages that may become what a send turns into."""
own_ids = st.sampled_from([RemoteId(f"m{number}") for number in OWN_NUMBERS])

outcomes: st.SearchStrategy[machine.Event] = st.one_of(
    st.builds(machine.Stored, st.one_of(st.none(), own_ids), st.sampled_from(list(Assurance))),
    st.builds(machine.Found, own_ids),
    st.builds(machine.Refused, st.sampled_from([ParkReason.FORBIDDEN, ParkReason.TOO_LONG]), st.just("no")),
    st.builds(machine.Later, st.integers(1, 5)),
    st.just(machine.Unknown()),
    st.builds(machine.Absent, st.booleans()),
    st.just(machine.SafeToRepeat()),
    st.just(machine.Restarted()),
    st.just(machine.PersonCancels()),
    st.builds(machine.PersonEdits, st.sampled_from(["edited", "changed"])),
    st.just(machine.PersonRetries()),
    st.just(machine.PersonSendsAgain()),
    st.just(machine.PersonDiscards()),
    st.just(machine.Aged()),
    st.just(machine.Superseded()),
)

actions: st.SearchStrategy[tuple[Any, ...]] = st.one_of(
    st.tuples(st.just("apply"), units),
    st.tuples(st.just("apply"), units),
    st.tuples(st.just("own"), st.sampled_from(OWN_NUMBERS), st.booleans()),
    st.tuples(st.just("press"), st.sampled_from(["hello", "again"])),
    st.tuples(st.just("start")),
    st.tuples(st.just("advance"), st.integers(0, 3), outcomes),
    st.tuples(st.just("advance"), st.integers(0, 3), outcomes),
    st.tuples(st.just("draft"), st.sampled_from(["", "dear", "dear Carl"])),
    st.tuples(st.just("read"), st.sampled_from(NUMBERS)),
    st.tuples(st.just("delete"), st.integers(0, 8)),
    st.tuples(st.just("report"), st.integers(0, 8)),
    st.tuples(st.just("link"), st.booleans()),
    st.tuples(st.just("copy"), st.sampled_from(["keep", "delete", "due"]), st.booleans()),
    st.tuples(st.just("keep"), st.sampled_from(["yes", "no"])),
    st.tuples(st.just("status"), st.sampled_from(["processing", "charged"])),
    st.tuples(st.just("flag"), st.booleans(), st.booleans()),
    st.tuples(st.just("account"), st.sampled_from([ME, "other"]), st.sampled_from(["Dana", "Dara"])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("remove")),
)


class Actor:
    """Does actions; what is not possible is refused by the store, and that is fine."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.store = desk.store
        self.arrival = 10

    def do(self, name: str, *values: Any) -> None:
        with contextlib.suppress(NotPossible, StaleDraft):
            getattr(self, f"_{name}")(*values)

    def _items(self) -> tuple[Outgoing, ...]:
        return self.store.unsettled(self.desk.account.id).result(WAIT_S)

    def _apply(self, unit: tuple[Any, ...]) -> None:
        self.arrival += 1
        self.store.apply(
            self.desk.account.id, [Stamped(Stamp(1, self.arrival), event) for event in unit]
        ).result(WAIT_S)

    def _own(self, number: int, carries_id: bool) -> None:
        """An own message comes back from the server, perhaps with our own id."""
        items = self._items()
        client_id = str(items[0].id) if carries_id and items else None
        seen = message(number, "hello", own=True, source=Source.PUSH, client_id=client_id)
        self._apply((seen,))

    def _press(self, text: str) -> None:
        self.desk.press(text)

    def _start(self) -> None:
        for item in machine.next_up(self._items()):
            self.store.advance(item.id, started(item)).result(WAIT_S)
            break

    def _advance(self, which: int, event: machine.Event) -> None:
        items = self._items()
        if items:
            self.store.advance(items[which % len(items)].id, event).result(WAIT_S)

    def _draft(self, text: str) -> None:
        with reading(self.store) as reader:
            version = reader.draft(self.desk.conversation).version
        self.store.save_draft(self.desk.conversation, version, text).result(WAIT_S)

    def _read(self, number: int) -> None:
        self.store.intend_read(self.desk.conversation, cursor(number)).result(WAIT_S)

    def _delete(self, which: int) -> None:
        with reading(self.store) as reader:
            own = [one for one in reader.newest_page(self.desk.conversation).messages if one.own]
        if own:
            self.store.intend_delete(own[which % len(own)].id).result(WAIT_S)

    def _report(self, which: int) -> None:
        with reading(self.store) as reader:
            others = [one for one in reader.newest_page(self.desk.conversation).messages if not one.own]
        if others:
            self.store.intend_report(others[which % len(others)].id, "rude").result(WAIT_S)

    def _link(self, together: bool) -> None:
        places = [row.id for row in self.store.conversations().result(WAIT_S).rows]
        if together and len(places) > 1:
            self.store.link_customer(places[0], places[-1]).result(WAIT_S)
        elif places:
            self.store.unlink_customer(places[0]).result(WAIT_S)

    def _copy(self, what: str, first: bool) -> None:
        place = self.desk.conversation if first else self.desk.other
        match what:
            case "keep":
                self.store.keep_copy(place).result(WAIT_S)
            case "delete":
                self.store.delete_copy(place).result(WAIT_S)
            case _:
                self.store.delete_due(1 << 62).result(WAIT_S)

    def _keep(self, keep: str) -> None:
        self.store.set_account_settings(self.desk.account.id, {"keep_completed": keep}).result(WAIT_S)

    def _status(self, status: str) -> None:
        orders = self.store.orders().result(WAIT_S).rows
        if orders:
            self.store.intend_status(orders[0].id, status).result(WAIT_S)

    def _flag(self, archived: bool, muted: bool) -> None:
        self.store.set_archived(self.desk.conversation, archived).result(WAIT_S)
        self.store.set_muted(self.desk.conversation, muted).result(WAIT_S)

    def _account(self, user: str, name: str) -> None:
        self.store.add_account(new_account(user, name)).result(WAIT_S)

    def _restart(self) -> None:
        self.store.restart(self.desk.account.id).result(WAIT_S)

    def _remove(self) -> None:
        """The other account goes; the one in use stays."""
        for account in self.store.accounts().result(WAIT_S).rows:
            if account.id != self.desk.account.id:
                self.store.remove_account(account.id).result(WAIT_S)
