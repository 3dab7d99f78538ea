"""What each fact from outside does to the rows."""

from __future__ import annotations

import pytest

from chatdesk.domain.entities import Message, OrderField
from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    MessageDeleted,
    NotificationSeen,
    OrderSeen,
    ReadSeen,
    StoredEvent,
)
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, Lifecycle, OrderKind, Progress, Source
from tests.conftest import AllowLog
from tests.store.making import (
    CONVERSATION,
    CUSTOMER,
    ME,
    ORDER,
    WAIT_S,
    Desk,
    at,
    cursor,
    message,
    reading,
    texts,
    window,
)


def rows(desk: Desk) -> dict[str, Message]:
    with reading(desk.store) as reader:
        return {str(one.remote_id): one for one in reader.newest_page(desk.conversation).messages}


def test_messages_stand_in_the_server_s_order(desk: Desk) -> None:
    """Messages are read by the server's cursor, whatever the order in which they came."""
    desk.apply(3, message(5))
    desk.apply(4, message(1), message(3))
    assert texts(desk.store, desk.conversation) == ["text 1", "text 3", "text 5"]


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        # (source, version) of two sights of one message, the second one later
        ((Source.STORED, None), (Source.STORED, None), "second"),
        ((Source.PUSH, None), (Source.STORED, None), "second"),
        ((Source.STORED, None), (Source.PUSH, None), "first"),
        ((Source.STORED, 5), (Source.PUSH, 6), "second"),
        ((Source.STORED, 6), (Source.STORED, 5), "first"),
        ((Source.STORED, 6), (Source.STORED, None), "first"),
        ((Source.STORED, None), (Source.RELAY, 9), "first"),
        ((Source.PUSH, None), (Source.RELAY, 9), "first"),
        ((Source.RELAY, None), (Source.OWN, None), "first"),
        ((Source.OWN, None), (Source.RELAY, None), "second"),
        ((Source.RELAY, 9), (Source.STORED, None), "second"),
    ],
)
def test_the_best_source_of_a_text_wins(
    desk: Desk, first: tuple[Source, int | None], second: tuple[Source, int | None], shown: str
) -> None:
    """What the server stores beats what it pushes, both beat relays; a server version beats the arrival."""
    desk.apply(3, message(1, "first", source=first[0], updated_at_us=first[1]))
    desk.apply(4, message(1, "second", source=second[0], updated_at_us=second[1]))
    assert texts(desk.store, desk.conversation) == [shown]


def test_an_assurance_only_grows(desk: Desk) -> None:
    """An own message that a relay showed and history then holds is stored, and stays so."""
    desk.apply(3, message(1, own=True, source=Source.RELAY))
    assert rows(desk)["m1"].assurance is Assurance.RELAYED
    desk.apply(4, message(1, own=True, source=Source.STORED))
    desk.apply(5, message(1, own=True, source=Source.RELAY))
    assert rows(desk)["m1"].assurance is Assurance.STORED


@pytest.mark.parametrize("deleted_first", [True, False])
def test_a_deletion_is_final(desk: Desk, deleted_first: bool) -> None:
    """A deleted message stays deleted and shows no text, also when it is seen later than its deletion."""
    deletion = MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m1"))
    steps: list[StoredEvent] = [deletion, message(1)] if deleted_first else [message(1), deletion]
    for arrival, event in enumerate(steps, start=3):
        desk.apply(arrival, event)
    desk.apply(9, message(1, "again", source=Source.STORED))
    found = rows(desk)["m1"]
    assert found.deleted
    assert found.text == ""
    with reading(desk.store) as reader:
        place = reader.conversation(desk.conversation)
        assert place is not None
        assert (place.unread, place.waiting_since_us, place.last) == (0, None, None)


def test_others_reading_is_seen_on_messages_before_and_after(desk: Desk) -> None:
    """A read mark turns own messages up to its cursor into read ones, also those that come later."""
    desk.apply(3, message(1, own=True), message(5, own=True))
    desk.apply(4, ReadSeen(conversation=CONVERSATION, person_id=CUSTOMER, by_self=False, cursor=cursor(3)))
    desk.apply(5, message(2, own=True, source=Source.STORED))
    states = {key: one.state for key, one in rows(desk).items()}
    assert states == {"m1": DeliveryState.READ, "m2": DeliveryState.READ, "m5": DeliveryState.ACCEPTED}
    desk.apply(6, ReadSeen(conversation=CONVERSATION, person_id=CUSTOMER, by_self=False, cursor=cursor(1)))
    assert rows(desk)["m2"].state is DeliveryState.READ


def test_reading_up_to_a_time_covers_what_was_written_by_then(desk: Desk) -> None:
    """A mark that names a time covers own messages that were sent at or before it, present and future."""
    desk.apply(3, message(1, own=True), message(4, own=True))
    desk.apply(4, ReadSeen(conversation=CONVERSATION, person_id=CUSTOMER, by_self=False, up_to_us=3_000_000))
    desk.apply(5, message(3, own=True))
    states = {key: one.state for key, one in rows(desk).items()}
    assert states == {"m1": DeliveryState.READ, "m3": DeliveryState.READ, "m4": DeliveryState.ACCEPTED}


def test_reading_everything_so_far_ends_at_what_was_known(desk: Desk) -> None:
    """'Read everything' covers what had arrived when it was said, and nothing that came after."""
    desk.apply(3, message(1, own=True))
    desk.apply(5, ReadSeen(conversation=CONVERSATION, person_id=CUSTOMER, by_self=False))
    desk.apply(7, message(2, own=True))
    states = {key: one.state for key, one in rows(desk).items()}
    assert states == {"m1": DeliveryState.READ, "m2": DeliveryState.ACCEPTED}


def test_reading_everything_so_far_covers_what_arrives_late(desk: Desk) -> None:
    """A message from before 'read everything' counts as read also when it is applied after it."""
    desk.apply(9, ReadSeen(conversation=CONVERSATION, person_id=ME, by_self=True))
    desk.apply(9, ReadSeen(conversation=CONVERSATION, person_id=CUSTOMER, by_self=False))
    desk.apply(5, message(3, own=True, source=Source.STORED), message(4))
    desk.apply(12, message(2, own=True))  # its place is below what was read by then
    states = {key: one.state for key, one in rows(desk).items() if one.own}
    assert states == {"m2": DeliveryState.READ, "m3": DeliveryState.READ}
    with reading(desk.store) as reader:
        place = reader.conversation(desk.conversation)
        assert place is not None
        assert (place.unread, place.seen_cursor) == (0, cursor(4))


def test_messages_of_unknown_conversations_are_dropped_and_counted(desk: Desk) -> None:
    """A message makes no conversation: what belongs to none of the account's is counted as foreign."""
    desk.apply(3, message(1, conversation=RemoteId("elsewhere")), message(2))
    assert texts(desk.store, desk.conversation) == ["text 2"]
    assert len(desk.store.conversations().result(WAIT_S).rows) == 2
    assert desk.store.dropped_counts(desk.account.id).result(WAIT_S) == {"foreign": 1}


def test_a_bad_event_does_not_take_its_batch_along(desk: Desk, allow_log: AllowLog) -> None:
    """An event that can't be stored is dropped and counted; its neighbours are stored."""
    seen = allow_log("WARNING chatdesk.store.apply: dropped a MessageSeen")
    desk.apply(3, message(1), message(2, "half a pair: \ud800"), message(3))
    assert texts(desk.store, desk.conversation) == ["text 1", "text 3"]
    assert desk.store.dropped_counts(desk.account.id).result(WAIT_S) == {"bad": 1}
    assert len(seen) == 1


def test_what_a_message_needs_may_come_in_the_same_batch_behind_it(desk: Desk) -> None:
    """In one batch a conversation may be named after its first message."""
    desk.apply(3, message(1, conversation=RemoteId("new")), ConversationSeen(remote_id=RemoteId("new")))
    assert texts(desk.store, desk.id_of(RemoteId("new"))) == ["text 1"]


def test_orders_merge_field_by_field(desk: Desk) -> None:
    """What a packet does not say stays; what it says with an older server version is ignored."""
    desk.apply(3, OrderSeen(remote_id=ORDER, kind=OrderKind.ORDER, title="Steel", updated_at_us=50))
    desk.apply(
        4,
        OrderSeen(
            remote_id=ORDER,
            kind=OrderKind.ORDER,
            title="Wood",
            status="charged",
            status_label="Charged",
            progress=Progress.DONE,
            fields=(OrderField("weight", "5 t"),),
            updated_at_us=40,
        ),
    )
    order = desk.store.orders().result(WAIT_S).rows[0]
    assert (order.title, order.number, order.updated_at_us) == ("Steel", "ORD-1", 50)
    # nothing with a version had told the status, so its first versioned news counts
    assert (order.status, order.status_label, order.progress) == ("charged", "Charged", Progress.DONE)
    assert order.fields == (OrderField("weight", "5 t"),)


def test_a_push_without_a_version_is_not_older_than_what_it_follows(desk: Desk) -> None:
    """A status that is pushed without a version counts until something newer is read."""

    def seen(status: str, version: int | None) -> OrderSeen:
        return OrderSeen(remote_id=ORDER, kind=OrderKind.ORDER, status=status, updated_at_us=version)

    def status() -> str:
        return desk.store.orders().result(WAIT_S).rows[0].status

    desk.apply(3, seen("pending", 10))
    desk.apply(4, seen("processing", None))
    assert status() == "processing"
    desk.apply(5, seen("requires_invoice", 9))
    assert status() == "processing"
    desk.apply(6, seen("charged", 12))
    assert status() == "charged"


def test_an_order_remembers_the_statuses_that_were_seen(desk: Desk) -> None:
    """Each change of status is one step of the history; repetitions are none."""
    for arrival, (status, since) in enumerate(
        [("pending", None), ("processing", 7_000), ("processing", 8_000), ("charged", 9_000)], start=3
    ):
        desk.apply(
            arrival, OrderSeen(remote_id=ORDER, kind=OrderKind.ORDER, status=status, updated_at_us=since)
        )
    history = desk.store.orders().result(WAIT_S).rows[0].history
    assert [(step.status, step.at_us) for step in history] == [
        ("pending", 0),
        ("processing", 7_000),
        ("charged", 9_000),
    ]


def test_a_conversation_shows_its_order(desk: Desk) -> None:
    """Number, status and progress of the order stand in the conversation's row, and follow the order."""
    desk.apply(
        3,
        OrderSeen(
            remote_id=ORDER,
            kind=OrderKind.ORDER,
            status="charged",
            status_label="Charged",
            progress=Progress.DONE,
        ),
    )
    with reading(desk.store) as reader:
        place = reader.conversation(desk.conversation)
        assert place is not None
        assert place.order_number == "ORD-1"
        assert (place.order_status_label, place.order_progress) == ("Charged", Progress.DONE)
        assert place.order_id is not None
        order = reader.order(place.order_id)
        assert order is not None
        assert order.conversation_id == desk.conversation


def test_a_lost_conversation_stays_to_be_read(desk: Desk) -> None:
    """Losing access makes a conversation read-only; its messages stay."""
    desk.apply(3, message(1))
    desk.apply(4, ConversationGone(remote_id=CONVERSATION, lifecycle=Lifecycle.READ_ONLY))
    with reading(desk.store) as reader:
        place = reader.conversation(desk.conversation)
        assert place is not None
        assert place.lifecycle is Lifecycle.READ_ONLY
    assert texts(desk.store, desk.conversation) == ["text 1"]


def test_notifications_are_kept_newest_first(desk: Desk) -> None:
    """A notification is updated by later sights of it, not by earlier ones."""

    def seen(name: str, at: int, unread: bool) -> NotificationSeen:
        return NotificationSeen(remote_id=RemoteId(name), title=name, text="", at_us=at, unread=unread)

    desk.apply(5, seen("n1", 1, False), seen("n2", 2, True))
    desk.apply(4, seen("n1", 1, True))
    found = desk.store.notifications(desk.account.id).result(WAIT_S).rows
    assert [(one.remote_id, one.unread) for one in found] == [("n2", True), ("n1", False)]


def test_a_notification_that_was_deleted_leaves_the_list(desk: Desk) -> None:
    """An earlier sight does not bring it back."""

    def seen(at: int, *, gone: bool) -> NotificationSeen:
        return NotificationSeen(
            remote_id=RemoteId("n1"), title="t", text="", at_us=at, unread=not gone, gone=gone
        )

    desk.apply(5, seen(1, gone=False))
    assert len(desk.store.notifications(desk.account.id).result(WAIT_S).rows) == 1
    desk.apply(7, seen(1, gone=True))
    desk.apply(6, seen(1, gone=False))
    assert desk.store.notifications(desk.account.id).result(WAIT_S).rows == ()


def test_facts_of_an_earlier_run_are_older(desk: Desk) -> None:
    """An engine counts its connections anew at every start; facts of the new run still beat the old ones."""
    store = desk.store
    desk.apply(900, message(1, "old", source=Source.STORED), epoch=7)
    store.close()
    again = type(store).open(store.folder)
    try:
        Desk(again)
        account = again.accounts().result(WAIT_S).rows[0].id
        again.apply(account, at(3, message(1, "new", source=Source.STORED))).result(WAIT_S)
        assert texts(again, desk.conversation) == ["new"]
    finally:
        again.close()


def test_a_repeated_window_changes_nothing(desk: Desk) -> None:
    """Reading the same stretch of history again tells the views nothing."""
    desk.apply(3, *window([1, 2, 3]))
    before = desk.store.conversations().result(WAIT_S)
    changes: list[object] = []
    end = desk.store.subscribe(lambda commit: changes.extend(commit.changes))
    desk.apply(4, *window([1, 2, 3]))
    end()
    assert changes == []
    assert desk.store.conversations().result(WAIT_S).rows == before.rows


def test_own_messages_of_other_devices_are_own(desk: Desk) -> None:
    """A message of ours that was written elsewhere has its own row and settles what waited."""
    desk.apply(3, message(1), message(2, own=True))
    found = rows(desk)["m2"]
    assert (found.own, found.sender_id, found.outgoing_id) == (True, ME, None)
    with reading(desk.store) as reader:
        place = reader.conversation(desk.conversation)
        assert place is not None
        assert (place.unread, place.waiting_since_us) == (0, None)
