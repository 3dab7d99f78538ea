"""Pressing Send and what becomes of it: one row, one remote id, no text lost, nothing sent twice."""

from __future__ import annotations

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.changes import Commit, MessagesGone, MessagesPut, OutboxPut
from chatdesk.domain.entities import Message
from chatdesk.domain.errors import BelongsToAnother, NotPossible, StaleDraft
from chatdesk.domain.events import ConversationGone, MessageDeleted, ReadSeen
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, OrderId, OutgoingId, RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, Lifecycle, OutgoingKind, ParkReason, Source
from tests.store.making import CONVERSATION, WAIT_S, Desk, cursor, message, raw, reading, started, window


def shown(desk: Desk) -> list[Message]:
    with reading(desk.store) as reader:
        return list(reader.newest_page(desk.conversation).messages)


def waiting(desk: Desk) -> list[str]:
    return [item.text for item in desk.store.outbox().result(WAIT_S).rows]


# -- pressing


def test_a_press_queues_the_message_and_empties_the_draft(desk: Desk) -> None:
    """One commit writes the message, the intention and the empty draft."""
    desk.store.save_draft(desk.conversation, 0, "Hello Carl").result(WAIT_S)
    commits: list[Commit] = []
    end = desk.store.subscribe(commits.append)
    item = desk.store.press_send(desk.conversation, 1, "Hello Carl").result(WAIT_S)
    end()
    assert len(commits) == 1
    kinds = {type(change).__name__ for change in commits[0].changes}
    assert kinds == {"ConversationsPut", "MessagesPut", "OutboxPut", "DraftPut"}
    (row,) = shown(desk)
    assert (row.text, row.state, row.cursor, row.own) == (
        "Hello Carl",
        DeliveryState.QUEUED,
        PENDING_CURSOR,
        True,
    )
    assert (row.outgoing_id, item.message_id) == (item.id, row.id)
    assert (item.order_number, item.conversation_remote_id) == ("ORD-1", CONVERSATION)
    with reading(desk.store) as reader:
        draft = reader.draft(desk.conversation)
    assert (draft.text, draft.version) == ("", 2)


def test_a_second_enter_sends_nothing(desk: Desk) -> None:
    """A draft version is sent once, however often Send is pressed."""
    desk.store.press_send(desk.conversation, 0, "once").result(WAIT_S)
    with pytest.raises(StaleDraft) as refused:
        desk.store.press_send(desk.conversation, 0, "once").result(WAIT_S)
    assert refused.value.draft.text == ""
    assert waiting(desk) == ["once"]


def test_what_is_typed_meanwhile_is_the_next_draft(desk: Desk) -> None:
    """A draft that is saved after a press is a version of its own, and can be sent."""
    desk.store.press_send(desk.conversation, 0, "first").result(WAIT_S)
    draft = desk.store.save_draft(desk.conversation, 1, "second").result(WAIT_S)
    desk.store.press_send(desk.conversation, draft.version, "second").result(WAIT_S)
    assert waiting(desk) == ["first", "second"]


@pytest.mark.parametrize("text", ["", "  \n\t", "\u200b", "\ufeff"])
def test_nothing_is_sent_of_blank_text(desk: Desk, text: str) -> None:
    """A text in which a person sees nothing is refused, and nothing changes."""
    before = desk.store.conversations().result(WAIT_S)
    with pytest.raises(NotPossible):
        desk.store.press_send(desk.conversation, 0, text).result(WAIT_S)
    assert desk.store.conversations().result(WAIT_S) == before


def test_text_is_kept_as_it_was_typed(desk: Desk) -> None:
    """Nothing is trimmed or changed but halves of surrogate pairs, which no server could take."""
    desk.press("  two\n\nlines\x00 and \ud83d a half  ")
    assert shown(desk)[0].text == "  two\n\nlines\x00 and \ufffd a half  "


def test_a_closed_conversation_takes_no_message(desk: Desk) -> None:
    """Where the platform allows no writing, nothing is queued."""
    desk.apply(3, ConversationGone(remote_id=CONVERSATION, lifecycle=Lifecycle.READ_ONLY))
    with pytest.raises(NotPossible):
        desk.press("too late")
    with pytest.raises(NotPossible):
        desk.store.press_send(ConversationId(999), 0, "nowhere").result(WAIT_S)


def test_a_stale_draft_is_not_overwritten(desk: Desk) -> None:
    """Saving on top of a version that is not the newest changes nothing and tells what is there."""
    desk.store.save_draft(desk.conversation, 0, "newer").result(WAIT_S)
    with pytest.raises(StaleDraft) as refused:
        desk.store.save_draft(desk.conversation, 0, "older").result(WAIT_S)
    assert (refused.value.draft.text, refused.value.draft.version) == ("newer", 1)
    assert desk.store.save_draft(desk.conversation, 1, "newer").result(WAIT_S).version == 1


# -- the way to the server


def test_an_answer_binds_the_row_to_the_server_s_message(desk: Desk) -> None:
    """Accepted under an id, the row takes the server's place once that is known, and keeps its own id."""
    item = desk.start(desk.press("hello"), ("m1",))
    assert shown(desk)[0].state is DeliveryState.IN_FLIGHT
    desk.advance(item, machine.Stored(RemoteId("m5")))
    (row,) = shown(desk)
    assert (row.state, row.remote_id, row.cursor) == (DeliveryState.ACCEPTED, "m5", PENDING_CURSOR)
    desk.apply(3, message(5, "hello", own=True))
    (placed,) = shown(desk)
    assert (placed.id, placed.cursor, placed.assurance) == (row.id, cursor(5), Assurance.STORED)
    assert waiting(desk) == []


def test_an_echo_before_the_answer_melts_into_the_row(desk: Desk) -> None:
    """The echo's row goes, ours stays and moves: the views hear of both in one commit."""
    item = desk.start(desk.press("hello"))
    desk.apply(3, message(5, "hello", own=True))
    assert len(shown(desk)) == 2
    echo = next(one for one in shown(desk) if one.remote_id)
    commits: list[Commit] = []
    end = desk.store.subscribe(commits.append)
    desk.advance(item, machine.Stored(RemoteId("m5")))
    end()
    (row,) = shown(desk)
    assert (row.id, row.remote_id, row.cursor) == (item.message_id, "m5", cursor(5))
    gone = [one for one in commits[0].changes if isinstance(one, MessagesGone)]
    put = [one for one in commits[0].changes if isinstance(one, MessagesPut)]
    assert [one.ids for one in gone] == [(echo.id,)]
    assert [one.messages for one in put] == [(row,)]
    assert commits[0].changes.index(gone[0]) < commits[0].changes.index(put[0])


def test_an_echo_that_was_read_makes_the_row_read(desk: Desk) -> None:
    """What the echo's row had come to is not lost when it melts."""
    item = desk.start(desk.press("hello"))
    desk.apply(3, message(5, "hello", own=True))
    desk.apply(4, ReadSeen(conversation=CONVERSATION, person_id=RemoteId("customer"), by_self=False))
    desk.advance(item, machine.Stored(RemoteId("m5")))
    assert shown(desk)[0].state is DeliveryState.READ


def test_a_message_with_our_id_finds_its_item(desk: Desk) -> None:
    """Where the server gives our id back, a sight of the message settles the item, answer or not."""
    item = desk.start(desk.press("hello"))
    desk.apply(3, message(5, "hello", own=True, client_id=item.id))
    (row,) = shown(desk)
    assert (row.id, row.state, row.cursor) == (item.message_id, DeliveryState.ACCEPTED, cursor(5))
    assert waiting(desk) == []
    # the answer of the same send, and its timeout, come late and change nothing
    late = desk.advance(item, machine.Stored(RemoteId("m5")))
    assert late.state is DeliveryState.ACCEPTED
    assert desk.advance(item, machine.Unknown()).state is DeliveryState.ACCEPTED


@pytest.mark.parametrize(
    "steps",
    [
        (machine.Unknown(),),
        (machine.Unknown(), machine.Absent(may_repeat=True)),
        (machine.Refused(ParkReason.REFUSED),),
    ],
)
def test_a_copy_with_our_id_is_found_wherever_the_item_stands(
    desk: Desk, steps: tuple[machine.Event, ...]
) -> None:
    """Uncertain, queued again or parked: once its copy turns up the item is accepted and not sent again."""
    item = desk.start(desk.press("hello"))
    for step in steps:
        desk.advance(item, step)
    desk.apply(3, message(5, "hello", own=True, client_id=item.id))
    assert waiting(desk) == []
    assert [one.state for one in shown(desk)] == [DeliveryState.ACCEPTED]


def test_a_second_copy_with_our_id_is_marked(desk: Desk) -> None:
    """One remote id per item: a further copy has a row of its own, marked as arrived twice."""
    item = desk.start(desk.press("hello"))
    desk.apply(3, message(5, "hello", own=True, client_id=item.id))
    desk.apply(4, message(6, "hello", own=True, client_id=item.id))
    assert [(one.remote_id, one.arrived_twice) for one in shown(desk)] == [("m5", False), ("m6", True)]


def test_two_items_never_share_a_message(desk: Desk) -> None:
    """A confirmation that names another item's message was that one's: it confirms and finds nothing."""
    first = desk.start(desk.press("same"))
    desk.advance(first, machine.Stored(RemoteId("m5")))
    second = desk.start(desk.press("same"))
    desk.advance(second, machine.Unknown())
    with pytest.raises(NotPossible):
        desk.advance(second, machine.Found(RemoteId("m5")))
    with pytest.raises(BelongsToAnother):
        desk.advance(second, machine.Stored(RemoteId("m5")))
    assert desk.advance(second, machine.Stored(RemoteId("m6"))).state is DeliveryState.ACCEPTED
    assert [one.remote_id for one in shown(desk)] == ["m5", "m6"]


def test_a_relayed_message_says_so(desk: Desk) -> None:
    """Handed over is less than stored; a stored copy makes it stored."""
    item = desk.start(desk.press("hello"))
    desk.advance(item, machine.Stored(RemoteId("m5"), Assurance.RELAYED))
    assert shown(desk)[0].assurance is Assurance.RELAYED
    desk.apply(3, message(5, "hello", own=True, source=Source.STORED))
    assert shown(desk)[0].assurance is Assurance.STORED


def test_a_message_deleted_before_its_answer_is_deleted(desk: Desk) -> None:
    """A tombstone that came first holds for the row that is bound later."""
    item = desk.start(desk.press("hello"))
    desk.apply(3, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m5")))
    desk.advance(item, machine.Stored(RemoteId("m5")))
    assert shown(desk)[0].deleted


# -- what the person does with it


def test_a_parked_message_shows_why_and_can_be_edited(desk: Desk) -> None:
    """Reason and words stand on the message; the edited text goes, at its old place in the queue."""
    first = desk.start(desk.press("too long"))
    desk.press("second")
    desk.advance(first, machine.Refused(ParkReason.TOO_LONG, "at most 4000"))
    row = shown(desk)[0]
    assert (row.state, row.parked, row.parked_detail) == (
        DeliveryState.PARKED,
        ParkReason.TOO_LONG,
        "at most 4000",
    )
    edited = desk.advance(first, machine.PersonEdits("short"))
    assert (edited.state, edited.position) == (DeliveryState.QUEUED, first.position)
    row = shown(desk)[0]
    assert (row.text, row.state, row.parked, row.parked_detail) == ("short", DeliveryState.QUEUED, None, "")
    assert waiting(desk) == ["short", "second"]


def test_a_cancelled_message_disappears(desk: Desk) -> None:
    """What the person takes back leaves the conversation and the outbox; its text is in the answer."""
    item = desk.press("never mind")
    commits: list[Commit] = []
    end = desk.store.subscribe(commits.append)
    cancelled = desk.advance(item, machine.PersonCancels())
    end()
    assert (cancelled.state, cancelled.text, cancelled.message_id) == (
        DeliveryState.CANCELLED,
        "never mind",
        None,
    )
    assert shown(desk) == []
    assert MessagesGone(desk.conversation, (item.message_id,)) in commits[0].changes  # type: ignore[arg-type]
    assert OutboxPut((cancelled,)) in commits[0].changes


def test_what_has_left_can_not_be_cancelled(desk: Desk) -> None:
    """In flight it is too late; nothing changes."""
    item = desk.start(desk.press("gone"))
    with pytest.raises(NotPossible):
        desk.advance(item, machine.PersonCancels())
    assert shown(desk)[0].state is DeliveryState.IN_FLIGHT
    with pytest.raises(NotPossible):
        desk.advance(OutgoingId("0" * 32), machine.PersonCancels())


def test_a_message_that_waits_says_when_it_will_go(desk: Desk) -> None:
    """The expected time of a queued item stands on its message until it goes."""
    item = desk.start(desk.press("hello"))
    item = desk.advance(item, machine.Later(77))
    assert shown(desk)[0].expected_at_us == 77
    desk.start(item)
    assert shown(desk)[0].expected_at_us is None


def test_a_parked_message_answers_nobody(desk: Desk) -> None:
    """Who waits goes on waiting while our answer is parked."""
    desk.apply(3, message(1))
    item = desk.start(desk.press("hello"))
    desk.advance(item, machine.Refused(ParkReason.FORBIDDEN))
    with reading(desk.store) as reader:
        assert reader.conversation(desk.conversation).waiting_since_us == 1_000_000


# -- attempts, restarts, candidates


def test_after_a_start_what_was_in_flight_is_uncertain(desk: Desk) -> None:
    """Sends that had left become uncertain, harmless repetitions are queued again, the rest just waits."""
    desk.apply(3, *window([1]))
    left, waits = desk.press("left", desk.other), desk.press("waits")
    desk.start(left)
    mark = desk.store.intend_read(desk.conversation, cursor(1)).result(WAIT_S)
    if mark is None:  # the press has read it already
        desk.apply(4, message(2))
        mark = desk.store.intend_read(desk.conversation, cursor(2)).result(WAIT_S)
    assert mark is not None
    desk.start(mark)
    items = desk.store.restart(desk.account.id).result(WAIT_S)
    assert {item.id: item.state for item in items} == {
        left.id: DeliveryState.UNCERTAIN,
        waits.id: DeliveryState.QUEUED,
        mark.id: DeliveryState.QUEUED,
    }


def test_attempts_are_kept_with_their_watermarks(desk: Desk) -> None:
    """The watermark of an item is that of all its attempts, complete only where each was."""
    item = desk.start(desk.press("hello"), ("m1", "m2"))
    ask = desk.store.last_attempt_watermark
    assert ask(item.id).result(WAIT_S) == (frozenset({"m1", "m2"}), True)
    desk.advance(item, machine.Unknown())
    item = desk.advance(item, machine.Absent(may_repeat=True))
    desk.start(item, ("m3",), complete=False)
    assert ask(item.id).result(WAIT_S) == (frozenset({"m1", "m2", "m3"}), False)
    with pytest.raises(NotPossible):
        desk.advance(item, started(item))


def test_candidates_are_own_new_and_unbound(desk: Desk) -> None:
    """A candidate is ours, in the window, not in the watermark, not bound; deleted ones count, with text."""
    desk.apply(
        3,
        *window([2, 3]),
        message(1, "older than the window", own=True),
        message(4, "mine", own=True),
        message(5, "theirs"),
        message(6, "deleted", own=True, deleted=True),
        message(8, "deleted later", own=True),
    )
    desk.apply(4, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m8")))
    bound = desk.start(desk.press("bound"))
    desk.advance(bound, machine.Stored(RemoteId("m7")))
    desk.apply(5, message(7, "bound", own=True))
    found = desk.store.candidates(desk.conversation, frozenset({RemoteId("m2"), RemoteId("m3")}))
    assert [one.text for one in found.result(WAIT_S)] == ["mine", "deleted", "deleted later"]


# -- other intentions


def test_only_own_messages_that_arrived_can_be_deleted(desk: Desk) -> None:
    """Deleting is queued once; when the server has done it, the message is gone for good."""
    desk.apply(3, message(1), message(2, "mine", own=True))
    theirs, mine = shown(desk)
    with pytest.raises(NotPossible):
        desk.store.intend_delete(theirs.id).result(WAIT_S)
    item = desk.store.intend_delete(mine.id).result(WAIT_S)
    assert (item.kind, item.target, item.message_id) == (OutgoingKind.DELETE, "m2", mine.id)
    assert desk.store.intend_delete(mine.id).result(WAIT_S) == item
    desk.advance(desk.start(item), machine.Stored(None))
    deleted = shown(desk)[1]
    assert (deleted.deleted, deleted.text) == (True, "")
    queued = desk.press("not there yet")
    assert queued.message_id is not None
    with pytest.raises(NotPossible):
        desk.store.intend_delete(queued.message_id).result(WAIT_S)


def test_a_newer_read_mark_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    """Of read marks that have not left only the newest is told."""
    desk.apply(3, message(1), message(2), message(3))
    first = desk.store.intend_read(desk.conversation, cursor(1)).result(WAIT_S)
    second = desk.store.intend_read(desk.conversation, cursor(3)).result(WAIT_S)
    assert first is not None
    assert second is not None
    assert desk.store.unsettled(desk.account.id).result(WAIT_S) == (second,)
    with pytest.raises(NotPossible):
        desk.start(first)


def test_a_change_of_status_names_what_it_changes(desk: Desk) -> None:
    """The intention carries old and new; a newer one replaces it while it has not left."""
    order = OrderId(1)
    first = desk.store.intend_status(order, "processing").result(WAIT_S)
    assert (first.kind, first.target, first.order_id) == (
        OutgoingKind.CHANGE_STATUS,
        "pending>processing",
        order,
    )
    second = desk.store.intend_status(order, "charged").result(WAIT_S)
    assert desk.store.unsettled(desk.account.id).result(WAIT_S) == (second,)
    desk.advance(desk.start(second), machine.Stored(None))
    assert desk.store.orders().result(WAIT_S).rows[0].status == "pending"  # until the server says so
    with pytest.raises(NotPossible):
        desk.store.intend_status(order, "pending").result(WAIT_S)


def test_removing_an_account_leaves_its_ledger_alone(desk: Desk) -> None:
    """Everything of the account goes, and only the ledger still tells that something was sent."""
    desk.press("hello")
    desk.apply(3, message(1))
    desk.store.remove_account(desk.account.id).result(WAIT_S)
    store = desk.store
    assert store.conversations().result(WAIT_S).rows == ()
    assert store.orders().result(WAIT_S).rows == ()
    assert store.outbox().result(WAIT_S).rows == ()
    assert store.accounts().result(WAIT_S).rows == ()
    with raw(store.folder) as con:
        for table in ("messages", "drafts", "outbox", "ranges", "history_reads", "read_marks", "tombstones"):
            assert con.execute(f"SELECT count(*) FROM {table}").get == 0, table
        assert con.execute("SELECT code FROM ledger").fetchall() == [("pressed",)]
    with pytest.raises(NotPossible):
        desk.apply(4, message(2))
