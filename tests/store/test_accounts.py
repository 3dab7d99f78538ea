"""Accounts: who they are, what is set for them, and what goes with them."""

from __future__ import annotations

import msgspec
import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.changes import Commit, ConversationsPut, OrdersPut
from chatdesk.domain.desk import Removal
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.events import ConversationSeen, OrderSeen, StoredEvent
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.domain.kinds import DeliveryState, OrderKind, Progress
from chatdesk.store import Store
from chatdesk.store import journal as journal_file
from tests.store.making import CONVERSATION, ORDER, OTHER, WAIT_S, Desk, message, new_account, raw, reading


def test_one_person_in_two_seats_is_two_accounts(store: Store) -> None:
    """A login with several roles may be used in each; the same seat again is the same account."""
    customer = store.add_account(new_account(seat="customer")).result(WAIT_S)
    worker = store.add_account(new_account(seat="worker")).result(WAIT_S)
    assert customer.id != worker.id
    assert (customer.seat, worker.seat) == ("customer", "worker")
    assert store.add_account(new_account(seat="worker", name="Dara")).result(WAIT_S).id == worker.id
    assert [one.seat for one in store.accounts().result(WAIT_S).rows] == ["customer", "worker"]


def test_a_role_that_the_server_changes_is_no_other_account(store: Store) -> None:
    """The role is what the server said last; the account stays itself."""
    account = store.add_account(new_account()).result(WAIT_S)
    promoted = msgspec.structs.replace(new_account(), role="admin")
    again = store.add_account(promoted).result(WAIT_S)
    assert (again.id, again.role) == (account.id, "admin")


def test_the_ledger_tells_seats_apart(store: Store) -> None:
    """Two accounts of one person have names of their own in the ledger and in the journal."""
    desk = Desk(store)
    desk.press("from the usual seat")
    seated = store.add_account(new_account(seat="worker")).result(WAIT_S)
    with raw(store.folder) as con:
        names = {row[0] for row in con.execute("SELECT account FROM ledger")}
    assert names == {"dispatcher https://orders.example me"}
    desk.account = seated
    desk.apply(5, *_lists())
    desk.press("from the other", desk.id_of(CONVERSATION))
    with raw(store.folder) as con:
        names = {row[0] for row in con.execute("SELECT account FROM ledger")}
    assert names == {"dispatcher https://orders.example me", "dispatcher https://orders.example me worker"}
    recorded = journal_file.read(store.folder / journal_file.FILE_NAME).unfinished.values()
    assert {one.account for one in recorded} == names


def _lists() -> tuple[ConversationSeen, ...]:
    return (ConversationSeen(remote_id=CONVERSATION, title="Carl"),)


def test_settings_are_replaced_told_and_kept(desk: Desk) -> None:
    """Settings are the account's own; a view hears of them, and a new sign-in keeps what it does not name."""
    store = desk.store
    changed = store.set_account_settings(desk.account.id, {"a": "1", "b": "2"}).result(WAIT_S)
    assert changed.settings == {"a": "1", "b": "2"}
    assert store.set_account_settings(desk.account.id, {"b": "3"}).result(WAIT_S).settings == {"b": "3"}
    again = store.add_account(new_account(settings={"c": "4"})).result(WAIT_S)
    assert (again.id, again.settings) == (desk.account.id, {"b": "3", "c": "4"})
    assert store.account(desk.account.id).result(WAIT_S).settings == {"b": "3", "c": "4"}
    with pytest.raises(NotPossible):
        store.set_account_settings(AccountId(99), {}).result(WAIT_S)


def test_a_removal_is_counted_before_it_is_done(desk: Desk) -> None:
    """The question names what would go: conversations, messages, drafts, what is queued or undecided."""
    store = desk.store
    desk.apply(3, message(1), message(2))
    desk.press("queued")
    desk.advance(desk.start(desk.press("unknown", desk.other)), machine.Unknown())
    store.save_draft(desk.other, 1, "dear").result(WAIT_S)
    removal = store.removal_of(desk.account.id).result(WAIT_S)
    assert removal == Removal(conversations=2, messages=4, drafts=1, queued=1, undecided=1)
    flying = store.unsettled(desk.account.id).result(WAIT_S)[0]
    desk.start(flying)
    removal = store.removal_of(desk.account.id).result(WAIT_S)
    assert (removal.queued, removal.undecided) == (0, 2)
    with pytest.raises(NotPossible):
        store.removal_of(AccountId(99)).result(WAIT_S)


def test_a_removed_account_leaves_its_ledger_and_nothing_else(desk: Desk) -> None:
    """Nothing of it comes back with the next start: not from the journal either. The ledger still holds."""
    store = desk.store
    desk.apply(3, message(1))
    desk.press("never to go")
    desk.advance(desk.start(desk.press("unknown", desk.other)), machine.Unknown())
    before = store.verify_ledger().result(WAIT_S)
    store.remove_account(desk.account.id).result(WAIT_S)
    assert journal_file.read(store.folder / journal_file.FILE_NAME).unfinished == {}
    assert store.verify_ledger().result(WAIT_S) == before
    store.close()
    again = Store.open(store.folder)
    try:
        assert not again.was_put_back
        assert again.outbox().result(WAIT_S).rows == ()
        assert again.conversations().result(WAIT_S).rows == ()
        assert again.accounts().result(WAIT_S).rows == ()
        assert again.verify_ledger().result(WAIT_S) == before
        with raw(again.folder) as con:
            left = {
                name: con.execute(f"SELECT count(*) FROM {name}").get
                for (name,) in con.execute(
                    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                    " AND name NOT LIKE 'search%'"
                ).fetchall()
            }
        assert {name for name, count in left.items() if count} == {"meta", "commits", "ledger"}
    finally:
        again.close()


# -- orders of several kinds


@pytest.mark.parametrize("order_first", [True, False])
def test_a_conversation_finds_its_order_whichever_comes_first(desk: Desk, order_first: bool) -> None:
    """An order that is told later than the conversation that hangs on it is joined to it all the same."""
    place, trip = RemoteId("c9"), RemoteId("trip:7")
    events: list[StoredEvent] = [
        OrderSeen(remote_id=trip, kind=OrderKind.TRIP, number="T-7", status="open", progress=Progress.OPEN),
        ConversationSeen(remote_id=place, order_remote_id=trip),
    ]
    told: list[Commit] = []
    end = desk.store.subscribe(told.append)
    for arrival, event in enumerate(events if order_first else reversed(events), start=5):
        desk.apply(arrival, event)
    end()
    conversation = desk.id_of(place)
    with reading(desk.store) as reader:
        row = reader.conversation(conversation)
        order = reader.order(row.order_id)
    assert (row.order_number, row.order_progress) == ("T-7", Progress.OPEN)
    assert (order.conversation_id, order.kind) == (conversation, OrderKind.TRIP)
    last_rows = {
        one.id: one
        for commit in told
        for change in commit.changes
        if isinstance(change, ConversationsPut)
        for one in change.conversations
    }
    last_orders = {
        one.id: one
        for commit in told
        for change in commit.changes
        if isinstance(change, OrdersPut)
        for one in change.orders
    }
    assert last_rows[conversation] == row  # a view that only listens knows it too
    assert last_orders[order.id] == order


def test_what_is_pressed_before_the_order_is_known_names_it(desk: Desk) -> None:
    """An adapter that sends by order needs its id, though the order itself was never told."""
    desk.apply(5, ConversationSeen(remote_id=OTHER, order_remote_id=RemoteId("package:3")))
    item = desk.press("hello", desk.other)
    assert (item.order_remote_id, item.order_id, item.order_number) == ("package:3", None, "")


def test_kinds_of_orders_stand_side_by_side(desk: Desk) -> None:
    """Packages and trips of one account are rows of their own, with equal numbers too."""
    desk.apply(
        5,
        OrderSeen(remote_id=RemoteId("package:7"), kind=OrderKind.PACKAGE, number="7"),
        OrderSeen(remote_id=RemoteId("trip:7"), kind=OrderKind.TRIP, number="7"),
    )
    found = {(one.remote_id, one.kind) for one in desk.store.orders().result(WAIT_S).rows}
    assert found == {
        (ORDER, OrderKind.ORDER),
        ("package:7", OrderKind.PACKAGE),
        ("trip:7", OrderKind.TRIP),
    }


def test_a_seat_has_conversations_of_its_own(store: Store) -> None:
    """The same conversation seen from two seats is two rows: each has its own unread and its own queue."""
    desk = Desk(store)
    seated = store.add_account(new_account(seat="worker")).result(WAIT_S)
    first = desk.conversation
    desk.account = seated
    desk.apply(5, *_lists())
    second = desk.id_of(CONVERSATION)
    assert first != second
    item = desk.press("as a worker", second)
    assert (item.account_id, item.state) == (seated.id, DeliveryState.QUEUED)
