"""Status changes that wait: the newest word on each counts, whichever way and in whichever order it comes."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain.changes import OutboxGone, OutboxPut
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import AccountId, OrderId, RemoteId, new_outgoing_id
from chatdesk.domain.kinds import DeliveryState, OutgoingKind
from chatdesk.ui.orders.pending import PendingChanges, pending_sentence, wanted_status
from tests.shots.seat import Seat
from tests.ui.shell.conftest import MakeSeat

ORDER = OrderId(7)


def a_change(position: int = 1, **values: object) -> Outgoing:
    item = Outgoing(
        id=new_outgoing_id(),
        account_id=AccountId(1),
        conversation_id=None,
        conversation_remote_id=RemoteId("o7"),
        kind=OutgoingKind.CHANGE_STATUS,
        text="",
        target="pending>charged",
        order_id=ORDER,
        state=DeliveryState.QUEUED,
        position=position,
        created_at_us=1,
        changed_at_us=1,
    )
    return msgspec.structs.replace(item, **values)


@pytest.fixture
def empty(make_seat: MakeSeat) -> Seat:
    return make_seat(filled=False)


def test_what_was_told_after_the_read_wins(empty: Seat) -> None:
    """The read still holds a change that a later commit has settled: it does not come back."""
    pending = PendingChanges(empty.context)
    item = a_change()
    settled = msgspec.structs.replace(item, state=DeliveryState.ACCEPTED)
    empty.context.feed.outbox_put.emit(OutboxPut((settled,)), 9)
    pending._take(Snapshot(5, (item,)))
    assert pending.of(ORDER) is None


def test_what_the_read_already_holds_is_not_applied_again(empty: Seat) -> None:
    """A commit up to the number of the read changes nothing; later ones do."""
    pending = PendingChanges(empty.context)
    item = a_change()
    pending._take(Snapshot(5, ()))
    empty.context.feed.outbox_put.emit(OutboxPut((item,)), 5)
    assert pending.of(ORDER) is None
    empty.context.feed.outbox_put.emit(OutboxPut((item,)), 6)
    assert pending.of(ORDER) == item
    empty.context.feed.outbox_gone.emit(OutboxGone((item.id,)), 7)
    assert pending.of(ORDER) is None


def test_only_status_changes_of_this_order_and_the_newest(empty: Seat) -> None:
    """Messages and other orders' changes are none of its business; of two changes the later one is shown."""
    pending = PendingChanges(empty.context)
    first, second = a_change(1), a_change(2, target="pending>finished")
    others = a_change(3, order_id=OrderId(8)), a_change(4, kind=OutgoingKind.SEND)
    pending._take(Snapshot(5, (second, first, *others)))
    assert pending.of(ORDER) == second
    assert pending.of(OrderId(9)) is None


def test_every_state_has_its_sentence() -> None:
    """Each state that waits is put into words of its own, with the status that is wanted."""
    states = (
        DeliveryState.QUEUED,
        DeliveryState.IN_FLIGHT,
        DeliveryState.UNCERTAIN,
        DeliveryState.PARKED,
    )
    said = {pending_sentence(a_change(state=state), "Charged") for state in states}
    assert len(said) == len(states)
    assert all("Charged" in sentence for sentence in said)
    assert wanted_status(a_change()) == "charged"
