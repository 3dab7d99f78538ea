"""Unread and who waits, in a conversation's row: always what the domain's definition says of its messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.domain.entities import Conversation
from chatdesk.domain.events import ConversationSeen, ListsRead, ReadSeen
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import MessageKind, Source
from chatdesk.domain.unread import Heard, unread_count, waiting_since_us
from chatdesk.store import Store
from tests.store.actions import Actor, actions
from tests.store.making import (
    CONVERSATION,
    ME,
    WAIT_S,
    Desk,
    cursor,
    message,
    raw,
    reading,
    short_lived_folder,
    window,
)


def row(desk: Desk, conversation: ConversationId | None = None) -> Conversation:
    with reading(desk.store) as reader:
        found = reader.conversation(desk.conversation if conversation is None else conversation)
    assert isinstance(found, Conversation)
    return found


def test_what_was_written_before_the_account_came_counts_as_read(store: Store) -> None:
    """The history that the first sync finds is read; what comes after it is not."""
    desk = Desk(store, first_sync=False)
    desk.apply(2, *window([1, 2, 3]))
    desk.apply(3, ListsRead())
    assert row(desk).unread == 0
    desk.apply(4, message(4))
    assert row(desk).unread == 1


def test_older_history_never_counts(store: Store) -> None:
    """Messages below the first head read are read, whenever they are fetched."""
    desk = Desk(store, first_sync=False)
    desk.apply(2, *window([5, 6]))
    desk.apply(8, *window([1, 2, 5], reaches_head=False))
    assert row(desk).unread == 0


def test_what_was_missed_offline_counts(store: Store) -> None:
    """Messages that a later head read brings were written since the first sign-in."""
    desk = Desk(store, first_sync=False)
    desk.apply(2, *window([1, 2]))
    desk.apply(3, ListsRead())
    desk.apply(9, *window([1, 2, 3, 4]), epoch=2)
    assert row(desk).unread == 2


def test_a_conversation_found_later_has_no_read_past(desk: Desk) -> None:
    """All messages of a conversation that came after the first sync count, though history brings them."""
    desk.apply(10, ConversationSeen(remote_id=RemoteId("new")))
    desk.apply(11, *window([1, 2], conversation=RemoteId("new")))
    assert row(desk, desk.id_of(RemoteId("new"))).unread == 2


def test_a_push_counts_before_any_history_is_read(store: Store) -> None:
    """A message that is pushed before the first head read is new, though that read shows it too."""
    desk = Desk(store, first_sync=False)
    desk.apply(4, message(3))
    desk.apply(5, *window([1, 2, 3]))
    assert row(desk).unread == 1


def test_reading_here_moves_the_count(desk: Desk) -> None:
    """What the person has seen no longer counts; a second look at it is no intention."""
    desk.apply(3, message(1), message(2), message(3))
    item = desk.store.intend_read(desk.conversation, cursor(2)).result(WAIT_S)
    assert item is not None
    assert item.target == cursor(2)
    assert (row(desk).unread, row(desk).seen_cursor) == (1, cursor(2))
    assert desk.store.intend_read(desk.conversation, cursor(1)).result(WAIT_S) is None


def test_reading_elsewhere_and_writing_anywhere_count_as_reading(desk: Desk) -> None:
    """An own read event, an own message from any device and pressing Send empty the count."""
    desk.apply(3, message(1), message(2))
    desk.apply(4, ReadSeen(conversation=CONVERSATION, person_id=ME, by_self=True, cursor=cursor(1)))
    assert row(desk).unread == 1
    desk.apply(5, message(3, own=True), message(4))
    assert row(desk).unread == 1
    desk.press("on my way")
    assert row(desk).unread == 0


def test_system_lines_never_count(desk: Desk) -> None:
    """A system line is neither unread nor does it wait for an answer."""
    desk.apply(3, message(1, kind=MessageKind.SYSTEM))
    assert (row(desk).unread, row(desk).waiting_since_us) == (0, None)


def test_the_server_s_number_counts_with_what_came_since(desk: Desk) -> None:
    """Where the server counts, its newest number plus later messages is shown; reading here spends it."""
    desk.apply(5, message(1))
    desk.apply(6, ConversationSeen(remote_id=CONVERSATION, unread=3))
    assert row(desk).unread == 3
    desk.apply(7, message(2))
    assert row(desk).unread == 4
    assert desk.store.intend_read(desk.conversation, cursor(2)).result(WAIT_S) is not None
    assert row(desk).unread == 0
    desk.apply(8, message(3))
    assert row(desk).unread == 1
    desk.apply(9, ConversationSeen(remote_id=CONVERSATION, unread=1))
    assert row(desk).unread == 1
    desk.press("an answer")
    assert row(desk).unread == 0


def test_the_first_reading_of_a_history_is_in_the_server_s_number(store: Store) -> None:
    """What the first head read brings after the list read is not counted again; what is newer is."""
    desk = Desk(store, first_sync=False)
    desk.apply(2, ConversationSeen(remote_id=CONVERSATION, unread=2))
    desk.apply(3, *window([1, 2, 3]))
    assert row(desk).unread == 2
    desk.apply(4, message(4))
    assert row(desk).unread == 3
    desk.apply(9, *window([1, 2, 3, 4, 5]), epoch=2)
    assert row(desk).unread == 4


def test_what_was_missed_is_in_the_server_s_newer_number(desk: Desk) -> None:
    """After a reconnect the list's number counts what was missed; the head read that brings it adds none."""
    desk.apply(2, ConversationSeen(remote_id=CONVERSATION, unread=0))
    desk.apply(3, *window([1, 2]))
    desk.apply(20, ConversationSeen(remote_id=CONVERSATION, unread=3), epoch=2)
    desk.apply(21, *window([1, 2, 3, 4, 5]), epoch=2)
    assert row(desk).unread == 3
    desk.apply(22, message(6), epoch=2)
    assert row(desk).unread == 4


def test_an_own_push_spends_the_server_s_number(desk: Desk) -> None:
    """Whoever writes has read: an own message that is pushed after the list read ends its number."""
    desk.apply(6, ConversationSeen(remote_id=CONVERSATION, unread=3))
    desk.apply(7, message(4, own=True))
    assert row(desk).unread == 0
    desk.apply(8, ConversationSeen(remote_id=CONVERSATION, unread=2))
    assert row(desk).unread == 2


def test_who_waits_has_waited_since_the_first_unanswered_message(desk: Desk) -> None:
    """The wait begins with the first message after our last one and ends when we answer."""
    desk.apply(3, message(1), message(2, own=True), message(3), message(4))
    assert row(desk).waiting_since_us == 3_000_000
    desk.press("coming")
    assert row(desk).waiting_since_us is None


def expected(folder: Path, conversation: int) -> tuple[int, int | None]:
    """Unread and wait by the domain's definition, from nothing but the stored facts."""
    with raw(folder) as con:
        place_row: Any = con.execute(
            "SELECT c.seen_cursor, c.server_unread, c.server_unread_at, c.self_read_at, c.discovered_at,"
            " c.baseline, a.lists_read_at FROM conversations c JOIN accounts a ON a.id = c.account_id"
            " WHERE c.id = ?",
            (conversation,),
        ).fetchone()
        found: Any = con.execute(
            "SELECT cursor, own, kind, deleted, sent_at_us, first_seen, state, remote_id FROM messages"
            " WHERE conversation_id = ? ORDER BY cursor, id",
            (conversation,),
        ).fetchall()
        heads: Any = con.execute(
            "SELECT at, newest FROM head_reads WHERE conversation_id = ? ORDER BY at", (conversation,)
        ).fetchall()
        named: Any = dict(
            con.execute(
                "SELECT remote_id, at FROM read_ids WHERE conversation_id = ? AND by_self = 1",
                (conversation,),
            )
        )

    seen, number, number_at, self_read_at, discovered_at, baseline, lists_at = place_row

    def live(place: str, first: bytes | None) -> bool:
        if first is None:
            return False
        if number_at is not None:
            counted = next((newest for at, newest in heads if at > number_at), None)
            since = first[-1] == 0 or (counted is not None and place > counted)
            return bool(since and first[:-1] > number_at)
        if first[-1] == 0 or (lists_at is not None and discovered_at > lists_at):
            return True
        return bool(baseline is not None and place > baseline)

    heard = [
        Heard(
            cursor=place,
            own=bool(own),
            kind=MessageKind(kind),
            deleted=bool(deleted),
            live=live(place, first) and remote_id not in named,
            sent_at_us=sent,
        )
        for place, own, kind, deleted, sent, first, state, remote_id in found
        if state != "parked"
    ]
    in_no_number = {
        remote_id
        for place, own, kind, deleted, _sent, first, _state, remote_id in found
        if own or kind == "system" or deleted or live(place, first)
    }
    spent = self_read_at is not None and number_at is not None and self_read_at >= number_at
    server_count = 0 if number_at is None or spent else number
    if server_count:
        server_count -= sum(at > number_at and one not in in_no_number for one, at in named.items())
    return unread_count(heard, seen=seen, server_count=server_count), waiting_since_us(heard)


@settings(max_examples=40)
@given(st.lists(actions, min_size=1, max_size=25))
def test_the_row_always_says_what_the_definition_says(done: list[tuple[Any, ...]]) -> None:
    """Whatever happens, unread and wait in the row equal the domain's functions over all messages."""
    with short_lived_folder() as folder:
        store = Store.open(folder)
        try:
            desk = Desk(store, first_sync=False)
            actor = Actor(desk)
            for action in done:
                actor.do(*action)
                for place in store.conversations().result(WAIT_S).rows:
                    assert (place.unread, place.waiting_since_us) == expected(folder, place.id), action
        finally:
            store.close()


def test_an_earlier_head_read_that_is_applied_late_counts_all_the_same(desk: Desk) -> None:
    """Which head read was the first after the server's number does not depend on the order of applying."""
    desk.apply(2, ConversationSeen(remote_id=CONVERSATION, unread=1))
    desk.apply(9, *window([1, 2, 3, 4]))
    assert row(desk).unread == 1
    desk.apply(5, *window([1, 2]))
    assert row(desk).unread == 3


def test_an_earlier_sight_of_a_conversation_makes_it_old(desk: Desk) -> None:
    """A conversation that turns out to have been listed in the first sync has a past that counts as read."""
    new = RemoteId("new")
    desk.apply(10, ConversationSeen(remote_id=new))
    desk.apply(11, *window([1, 2], conversation=new))
    assert row(desk, desk.id_of(new)).unread == 2
    desk.apply(1, ConversationSeen(remote_id=new))
    assert row(desk, desk.id_of(new)).unread == 0


def test_a_push_of_an_old_message_by_history_is_not_live(store: Store) -> None:
    """What history shows first and a push repeats later was not written just now."""
    desk = Desk(store, first_sync=False)
    desk.apply(2, *window([1]))
    desk.apply(3, message(1, "edited", source=Source.PUSH, edited_at_us=5))
    assert row(desk).unread == 0
