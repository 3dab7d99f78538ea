"""The end of conversations: what was queued keeps its text and its person's attention, copies go when due."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.changes import Commit, ConversationsGone, MessagesPut, OutboxPut
from chatdesk.domain.entities import KEEP_COMPLETED, Conversation, Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.events import FORGET_AFTER_US, ConversationGone, ConversationSeen, ListsRead
from chatdesk.domain.ids import ConversationId, MessageId, RemoteId
from chatdesk.domain.kinds import ClosedWhy, DeliveryState, Lifecycle, ParkReason
from chatdesk.store import Store
from tests.store.making import CONVERSATION, OTHER, WAIT_S, Desk, cursor, message, raw, reading

NOW_US = 1_000
CLOSED = (Lifecycle.READ_ONLY, Lifecycle.ENDED, Lifecycle.DELETED)
UNKNOWABLE = "whether it arrived cannot be known"


@pytest.fixture
def clock() -> list[int]:
    """The wall clock, to be set."""
    return [NOW_US]


@pytest.fixture
def store(profile_dir: Path, clock: list[int]) -> Iterator[Store]:
    """A store whose clock stands still."""
    opened = Store.open(profile_dir, now_us=lambda: clock[0])
    yield opened
    opened.close()


def gone(
    lifecycle: Lifecycle,
    why: ClosedWhy | None = None,
    *,
    promised: bool = False,
    place: RemoteId = CONVERSATION,
) -> ConversationGone:
    return ConversationGone(
        remote_id=place, lifecycle=lifecycle, why=why, delete_after_us=FORGET_AFTER_US if promised else None
    )


def row(desk: Desk, place: ConversationId | None = None) -> Conversation:
    with reading(desk.store) as reader:
        found = reader.conversation(desk.conversation if place is None else place)
    assert isinstance(found, Conversation)
    return found


def item_of(desk: Desk, item: Outgoing) -> Outgoing:
    return next(one for one in desk.store.unsettled(desk.account.id).result(WAIT_S) if one.id == item.id)


def codes(desk: Desk, message_id: MessageId | None) -> list[str]:
    assert message_id is not None
    return [code for _, code in desk.store.message_info(message_id).result(WAIT_S)]


# -- why


def test_why_goes_with_the_end_and_an_opening_clears_it(desk: Desk) -> None:
    """The newest end that says why is believed; the conversation opening again takes the reason away."""
    desk.apply(5, gone(Lifecycle.ENDED, ClosedWhy.SESSION_ENDED))
    assert (row(desk).lifecycle, row(desk).closed_why) == (Lifecycle.ENDED, ClosedWhy.SESSION_ENDED)
    desk.apply(6, ConversationSeen(remote_id=CONVERSATION, title="Carl"))
    assert row(desk).closed_why is ClosedWhy.SESSION_ENDED
    desk.apply(7, ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.OPEN))
    assert (row(desk).lifecycle, row(desk).closed_why) == (Lifecycle.OPEN, None)
    desk.apply(8, ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.READ_ONLY))
    assert row(desk).closed_why is None  # the old reason is not the new one
    desk.apply(
        9,
        ConversationSeen(
            remote_id=CONVERSATION, lifecycle=Lifecycle.READ_ONLY, closed_why=ClosedWhy.TRIP_OVER
        ),
    )
    assert row(desk).closed_why is ClosedWhy.TRIP_OVER
    desk.apply(6, gone(Lifecycle.ENDED, ClosedWhy.SESSION_DELETED))
    assert (row(desk).lifecycle, row(desk).closed_why) == (Lifecycle.READ_ONLY, ClosedWhy.TRIP_OVER)


# -- what was queued


@pytest.mark.parametrize("lifecycle", CLOSED)
def test_what_was_queued_for_a_closed_conversation_waits_for_its_person(
    desk: Desk, lifecycle: Lifecycle
) -> None:
    """Sends are parked with their text, in the commit of the end, with a row in the ledger; others go on."""
    item = desk.press("still here?")
    elsewhere = desk.press("on my way", desk.other)
    told: list[Commit] = []
    end = desk.store.subscribe(told.append)
    desk.apply(5, gone(lifecycle))
    end()
    parked = item_of(desk, item)
    assert (parked.state, parked.parked) == (DeliveryState.PARKED, ParkReason.CLOSED)
    assert parked.text == "still here?"
    assert item_of(desk, elsewhere).state is DeliveryState.QUEUED
    with reading(desk.store) as reader:
        shown = reader.message(item.message_id)
    assert (shown.text, shown.state, shown.parked) == (
        "still here?",
        DeliveryState.PARKED,
        ParkReason.CLOSED,
    )
    (commit,) = told
    assert {OutboxPut, MessagesPut} <= {type(change) for change in commit.changes}
    assert codes(desk, item.message_id) == ["pressed", "conversation closed"]
    assert desk.store.verify_ledger().result(WAIT_S).first_bad is None


def test_a_closing_conversation_still_takes_messages(desk: Desk) -> None:
    """Closing is not closed."""
    item = desk.press("last words")
    desk.apply(5, gone(Lifecycle.CLOSING))
    assert item_of(desk, item).state is DeliveryState.QUEUED
    assert desk.press("very last words").state is DeliveryState.QUEUED


def test_marks_of_a_closed_conversation_are_let_go_silently(desk: Desk) -> None:
    """That something was read there is worth nobody's attention; what was seen stays seen."""
    desk.apply(3, message(1), message(2))
    item = desk.store.intend_read(desk.conversation, cursor(1)).result(WAIT_S)
    assert item is not None
    desk.apply(5, gone(Lifecycle.ENDED))
    assert desk.store.outbox().result(WAIT_S).rows == ()
    assert desk.store.intend_read(desk.conversation, cursor(2)).result(WAIT_S) is None
    assert (row(desk).unread, row(desk).seen_cursor) == (0, cursor(2))
    assert desk.store.outbox().result(WAIT_S).rows == ()


def test_deletions_and_reports_end_with_what_they_are_about(desk: Desk) -> None:
    """Read-only conversations still take both; an ended one neither, so the person hears of it; a deleted
    one has carried out every deletion.
    """
    desk.apply(3, message(1, own=True), message(2))
    with reading(desk.store) as reader:
        own, theirs = (one.id for one in reader.newest_page(desk.conversation).messages)
    deletion = desk.store.intend_delete(own).result(WAIT_S)
    report = desk.store.intend_report(theirs, "rude").result(WAIT_S)
    desk.apply(5, gone(Lifecycle.READ_ONLY))
    assert {item_of(desk, one).state for one in (deletion, report)} == {DeliveryState.QUEUED}
    desk.apply(6, gone(Lifecycle.DELETED))
    left = item_of(desk, report)
    assert (left.state, left.parked, left.text) == (DeliveryState.PARKED, ParkReason.CLOSED, "rude")
    assert desk.store.outbox().result(WAIT_S).rows == (left,)
    with reading(desk.store) as reader:
        assert reader.message(own).deleted
    for ask in (desk.store.intend_delete, lambda one: desk.store.intend_report(one, "again")):
        with pytest.raises(NotPossible):
            ask(theirs).result(WAIT_S)
    desk.apply(3, message(3, own=True, conversation=OTHER))
    with reading(desk.store) as reader:
        third = reader.newest_page(desk.other).messages[0].id
    waiting = desk.store.intend_delete(third).result(WAIT_S)
    desk.apply(7, gone(Lifecycle.ENDED, place=OTHER))
    assert item_of(desk, waiting).parked is ParkReason.CLOSED


def test_a_status_change_outlives_the_conversation_of_its_order(desk: Desk) -> None:
    """It is about the order, which is still there."""
    order = desk.store.orders().result(WAIT_S).rows[0]
    item = desk.store.intend_status(order.id, "processing").result(WAIT_S)
    desk.apply(5, gone(Lifecycle.DELETED))
    assert item_of(desk, item).state is DeliveryState.QUEUED


@pytest.mark.parametrize("lifecycle", [Lifecycle.ENDED, Lifecycle.DELETED])
def test_what_nobody_can_find_any_more_is_said_to_be_unknowable(desk: Desk, lifecycle: Lifecycle) -> None:
    """An uncertain send of a conversation that the server no longer shows is the person's, in plain words."""
    item = desk.advance(desk.start(desk.press("did it?")), machine.Unknown())
    desk.apply(5, gone(Lifecycle.READ_ONLY))
    assert item_of(desk, item).state is DeliveryState.UNCERTAIN  # its history can still be read
    desk.apply(6, gone(lifecycle))
    parked = item_of(desk, item)
    assert (parked.parked, parked.detail, parked.text) == (ParkReason.CLOSED, UNKNOWABLE, "did it?")
    with reading(desk.store) as reader:
        assert reader.message(item.message_id).parked_detail == UNKNOWABLE


@pytest.mark.parametrize(
    ("outcome", "detail"),
    [
        (machine.Unknown(), UNKNOWABLE),
        (machine.Restarted(), UNKNOWABLE),
        (machine.Later(0), ""),
    ],
)
def test_what_is_in_flight_has_its_outcome_first(desk: Desk, outcome: machine.Event, detail: str) -> None:
    """An item that is away when its conversation ends is left alone until it is known what became of it."""
    item = desk.start(desk.press("flying"))
    desk.apply(5, gone(Lifecycle.ENDED))
    assert item_of(desk, item).state is DeliveryState.IN_FLIGHT
    if isinstance(outcome, machine.Restarted):
        (parked,) = desk.store.restart(desk.account.id).result(WAIT_S)
    else:
        parked = desk.advance(item, outcome)
    assert (parked.state, parked.parked, parked.detail) == (DeliveryState.PARKED, ParkReason.CLOSED, detail)
    assert item_of(desk, item) == parked


def test_an_item_that_arrived_before_the_end_is_accepted(desk: Desk) -> None:
    """An answer that says stored is believed, however closed the conversation is by now."""
    item = desk.start(desk.press("flying"))
    desk.apply(5, gone(Lifecycle.DELETED))
    assert desk.advance(item, machine.Stored(RemoteId("m9"))).state is DeliveryState.ACCEPTED


def test_nothing_is_queued_for_a_closed_conversation_and_the_draft_stays(desk: Desk) -> None:
    """Pressing Send is refused; the text is still in the composer."""
    desk.apply(5, gone(Lifecycle.READ_ONLY, ClosedWhy.ACCESS_WITHDRAWN))
    desk.store.save_draft(desk.conversation, 0, "but why").result(WAIT_S)
    with pytest.raises(NotPossible):
        desk.store.press_send(desk.conversation, 1, "but why").result(WAIT_S)
    with reading(desk.store) as reader:
        assert (reader.draft(desk.conversation).version, reader.draft(desk.conversation).text) == (
            1,
            "but why",
        )
    assert desk.store.outbox().result(WAIT_S).rows == ()


def test_what_is_parked_stays_parked_when_the_conversation_opens_again(desk: Desk) -> None:
    """Only the person knows whether it is still wanted; then it goes."""
    item = desk.press("still here?")
    desk.apply(5, gone(Lifecycle.READ_ONLY))
    desk.apply(6, ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.OPEN))
    assert item_of(desk, item).parked is ParkReason.CLOSED
    assert desk.advance(item, machine.PersonRetries()).state is DeliveryState.QUEUED


def test_an_end_that_was_overtaken_by_an_opening_parks_nothing(desk: Desk) -> None:
    """A stale packet changes neither the conversation nor its queue."""
    desk.apply(9, ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.OPEN))
    item = desk.press("hello")
    desk.apply(5, gone(Lifecycle.ENDED))
    assert item_of(desk, item).state is DeliveryState.QUEUED


# -- copies of what the platform has deleted


def test_a_promise_to_forget_gives_the_copy_a_day(desk: Desk, clock: list[int]) -> None:
    """Where the platform promises deletion, the copy is marked to go in 24 hours; hearing it again, later,
    moves that moment no more.
    """
    desk.apply(5, gone(Lifecycle.ENDED, promised=True))
    assert row(desk).delete_at_us is None
    desk.apply(6, gone(Lifecycle.DELETED, promised=True))
    assert row(desk).delete_at_us == NOW_US + FORGET_AFTER_US
    clock[0] += 7_000_000
    desk.apply(7, gone(Lifecycle.DELETED, promised=True))
    assert row(desk).delete_at_us == NOW_US + FORGET_AFTER_US
    desk.apply(7, gone(Lifecycle.DELETED, place=OTHER))
    assert row(desk, desk.other).delete_at_us is None  # no promise, no deletion
    desk.apply(8, ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.OPEN))
    assert row(desk).delete_at_us is None


def test_a_list_may_make_the_promise_too(desk: Desk) -> None:
    """A conversation that a list shows as deleted is treated alike, also where it is new."""
    new = RemoteId("c7")
    for place in (CONVERSATION, new):
        desk.apply(
            6,
            ConversationSeen(remote_id=place, lifecycle=Lifecycle.DELETED, delete_after_us=FORGET_AFTER_US),
        )
        assert row(desk, desk.id_of(place)).delete_at_us == NOW_US + FORGET_AFTER_US


def test_the_account_s_setting_keeps_copies(desk: Desk) -> None:
    """`keep_completed` = yes stops what is planned and what would be; taking it back plans anew."""
    store, account = desk.store, desk.account.id
    desk.apply(5, gone(Lifecycle.DELETED, promised=True))
    store.set_account_settings(account, {KEEP_COMPLETED: "yes"}).result(WAIT_S)
    assert row(desk).delete_at_us is None
    desk.apply(6, gone(Lifecycle.DELETED, promised=True, place=OTHER))
    assert row(desk, desk.other).delete_at_us is None
    store.set_account_settings(account, {KEEP_COMPLETED: "no"}).result(WAIT_S)
    assert row(desk).delete_at_us == row(desk, desk.other).delete_at_us == NOW_US + FORGET_AFTER_US


def test_a_kept_copy_stays(desk: Desk) -> None:
    """What the person keeps is not planned again by any later packet or setting, and nothing is due."""
    desk.apply(5, gone(Lifecycle.DELETED, promised=True))
    desk.store.keep_copy(desk.conversation).result(WAIT_S)
    desk.apply(6, gone(Lifecycle.DELETED, promised=True))
    desk.store.set_account_settings(desk.account.id, {KEEP_COMPLETED: "no"}).result(WAIT_S)
    assert row(desk).delete_at_us is None
    assert desk.store.delete_due(1 << 62).result(WAIT_S) == 0
    with pytest.raises(NotPossible):
        desk.store.keep_copy(ConversationId(99)).result(WAIT_S)


def test_a_copy_goes_with_all_but_its_ledger(desk: Desk) -> None:
    """Messages, drafts and settled intentions go; views hear of it; the ledger and its chain stay."""
    sent = desk.start(desk.press("sent"))
    desk.advance(sent, machine.Stored(RemoteId("m1")))
    desk.apply(3, message(2))
    desk.apply(5, gone(Lifecycle.DELETED, promised=True))
    ledger = desk.store.verify_ledger().result(WAIT_S)
    told: list[Commit] = []
    end = desk.store.subscribe(told.append)
    desk.store.delete_copy(desk.conversation).result(WAIT_S)
    end()
    (commit,) = told
    assert ConversationsGone((desk.conversation,)) in commit.changes
    assert [one.id for one in desk.store.conversations().result(WAIT_S).rows] == [desk.other]
    with raw(desk.store.folder) as con:
        assert con.execute("SELECT count(*) FROM messages").get == 0
        assert con.execute("SELECT count(*) FROM ledger WHERE outgoing_id = ?", (sent.id,)).get > 0
        assert con.pragma("foreign_key_check") is None
    assert desk.store.verify_ledger().result(WAIT_S) == ledger
    assert desk.store.orders().result(WAIT_S).rows[0].conversation_id is None


@pytest.mark.parametrize("what", ["queued", "in flight", "uncertain", "parked", "drafted"])
def test_a_copy_stays_while_anything_of_it_is_open(desk: Desk, what: str) -> None:
    """Nothing that a person has written is deleted with the conversation; once let go, the copy goes."""
    item = desk.press("mine")
    if what == "in flight":
        item = desk.start(item)
    elif what == "uncertain":
        item = desk.advance(desk.start(item), machine.Unknown())
    elif what == "parked":
        item = desk.advance(item, machine.Refused(ParkReason.TOO_LONG))
    elif what == "drafted":
        desk.advance(item, machine.PersonCancels())
        desk.store.save_draft(desk.conversation, 1, "dear").result(WAIT_S)
    desk.apply(5, gone(Lifecycle.DELETED, promised=True))
    with pytest.raises(NotPossible):
        desk.store.delete_copy(desk.conversation).result(WAIT_S)
    assert desk.store.delete_due(1 << 62).result(WAIT_S) == 0
    if what == "drafted":
        desk.store.save_draft(desk.conversation, 2, "").result(WAIT_S)
    elif what == "in flight":
        desk.advance(item, machine.Stored(RemoteId("m1")))
    else:
        desk.advance(item, machine.PersonDiscards())
    assert desk.store.delete_due(1 << 62).result(WAIT_S) == 1


@pytest.mark.parametrize("lifecycle", [Lifecycle.OPEN, Lifecycle.READ_ONLY, Lifecycle.ENDED])
def test_what_the_platform_still_has_is_not_deleted_here(desk: Desk, lifecycle: Lifecycle) -> None:
    """A copy is deleted after its original, never before."""
    desk.apply(5, gone(lifecycle))
    with pytest.raises(NotPossible):
        desk.store.delete_copy(desk.conversation).result(WAIT_S)
    with pytest.raises(NotPossible):
        desk.store.delete_copy(ConversationId(99)).result(WAIT_S)


def test_only_what_is_due_goes(desk: Desk) -> None:
    """Not a microsecond early, and each copy once."""
    desk.apply(5, gone(Lifecycle.DELETED, promised=True))
    due = NOW_US + FORGET_AFTER_US
    assert desk.store.delete_due(due - 1).result(WAIT_S) == 0
    assert desk.store.delete_due(due).result(WAIT_S) == 1
    assert desk.store.delete_due(due).result(WAIT_S) == 0


def test_a_late_packet_does_not_bring_an_empty_shell_back(desk: Desk) -> None:
    """What is said again of a deleted conversation is no news and no fault; that it is open is."""
    desk.apply(5, gone(Lifecycle.DELETED, promised=True))
    desk.store.delete_copy(desk.conversation).result(WAIT_S)
    desk.apply(
        6,
        ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.DELETED),
        ConversationSeen(remote_id=CONVERSATION, title="Carl"),
        gone(Lifecycle.DELETED, promised=True),
        message(9),
        ListsRead(),
    )
    assert [one.remote_id for one in desk.store.conversations().result(WAIT_S).rows] == [OTHER]
    assert desk.store.dropped_counts(desk.account.id).result(WAIT_S) == {}
    desk.apply(7, ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.OPEN), message(10))
    assert row(desk, desk.id_of(CONVERSATION)).unread == 1


def test_a_deletion_in_a_batch_spoils_nothing_for_those_behind_it(desk: Desk) -> None:
    """What is asked at once with a deletion is done, though its conversation is the one that goes."""
    desk.apply(5, gone(Lifecycle.DELETED))
    futures = (
        desk.store.set_muted(desk.conversation, True),
        desk.store.delete_copy(desk.conversation),
        desk.store.set_muted(desk.conversation, False),
        desk.store.set_muted(desk.other, True),
    )
    for future in futures:
        future.result(WAIT_S)
    assert [(one.id, one.muted) for one in desk.store.conversations().result(WAIT_S).rows] == [
        (desk.other, True)
    ]


def test_who_lost_access_is_told_so_and_not_that_it_ended(desk: Desk) -> None:
    """A send that waits for a conversation whose access was withdrawn is parked as forbidden."""
    item = desk.press("still for you")
    desk.apply(5, gone(Lifecycle.READ_ONLY, ClosedWhy.ACCESS_WITHDRAWN))
    parked = item_of(desk, item)
    assert (parked.parked, parked.text) == (ParkReason.FORBIDDEN, "still for you")
