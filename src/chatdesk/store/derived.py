"""What a conversation's list row derives from its messages: unread, who waits, the last message, activity.

The definitions are those of chatdesk.domain.unread; here they are asked of indexes, so that the cost does
not grow with the length of the conversation.
"""

from __future__ import annotations

from chatdesk.domain.ids import ConversationId
from chatdesk.store.stamps import STAMP_BYTES
from chatdesk.store.touched import Arrived
from chatdesk.store.transaction import ConversationState, Derived, Tx


def follow(tx: Tx) -> None:
    """At the end of a transaction: bring the derived columns of all that it has touched up to date."""
    for conversation in sorted(tx.touched.dirty | tx.touched.arrived.keys()):
        arrived = tx.touched.arrived.get(conversation)
        if arrived is None or conversation in tx.touched.dirty or not _grow(tx, conversation, arrived):
            refresh(tx, conversation)


def _grow(tx: Tx, conversation: ConversationId, arrived: list[Arrived]) -> bool:
    """Where nothing has happened but that others have written at the end, little need be asked.

    In a flood this happens hundreds of times a second, and the unread that would be counted are ever more.
    False: something else has happened too, or may have.
    """
    state = tx.memory.states.get(conversation)
    known = None if state is None else state.derived
    if state is None or known is None or state.has_read_ids:
        return False
    shown = sorted(one for one in arrived if not one.deleted)
    if not shown:
        return True
    if shown[0][:2] <= known.newest or any(one.own for one in shown):
        return False
    waiting = known.waiting_since_us
    if waiting is None:
        waiting = next((one.sent_at_us for one in shown if not one.is_system), None)
    last = shown[-1]
    state.derived = Derived(
        unread=known.unread + sum(one.counted and one.cursor > state.seen_cursor for one in shown),
        waiting_since_us=waiting,
        last_message_id=last.id,
        activity_at_us=max(known.server_activity_us, last.sent_at_us),
        server_activity_us=known.server_activity_us,
        newest=last[:2],
    )
    _write(tx, conversation, state.derived)
    return True


def _write(tx: Tx, conversation: ConversationId, new: Derived) -> None:
    tx.run_sql(
        "UPDATE conversations SET unread = ?, waiting_since_us = ?, last_message_id = ?,"
        " activity_at_us = ? WHERE id = ?",
        new.unread,
        new.waiting_since_us,
        new.last_message_id,
        new.activity_at_us,
        conversation,
    )
    tx.touched.conversations.add(conversation)


def refresh(tx: Tx, conversation: ConversationId) -> None:
    """Bring the derived columns of a conversation up to date; touches it where a view would see it."""
    old = tx.one(
        "SELECT unread, waiting_since_us, last_message_id, activity_at_us, server_activity_us"
        " FROM conversations WHERE id = ?",
        conversation,
    )
    if old is None:
        return
    state = tx.state(conversation)
    last = tx.one(LAST, conversation)
    new = state.derived = Derived(
        unread=_server_part(tx, state) + _unread(tx, state),
        waiting_since_us=_waiting_since_us(tx, conversation),
        last_message_id=None if last is None else last[0],
        activity_at_us=max(old[4], 0 if last is None else last[1]),
        server_activity_us=old[4],
        newest=("", 0) if last is None else (last[2], last[0]),
    )
    if (new.unread, new.waiting_since_us, new.last_message_id, new.activity_at_us) != old[:4]:
        _write(tx, conversation, new)
    elif new.last_message_id in tx.touched.messages.get(conversation, ()):
        tx.touched.conversations.add(conversation)  # its snippet: text or tick of the last message


def _server_part(tx: Tx, state: ConversationState) -> int:
    """The server's number, less what an own read event has named since it was given.

    What arrived here since is not in that number; what is not here is taken to be in it.
    """
    number = state.server_count()
    if number == 0 or not state.has_read_ids:
        return number
    row = tx.one(
        NAMED_READ,
        STAMP_BYTES,
        state.server_unread_at,
        STAMP_BYTES + 1,
        state.counted_by_server(),
        state.id,
        state.server_unread_at,
    )
    return number if row is None else max(number - int(row[0]), 0)


NAMED_READ = (
    "SELECT count(*) FROM read_ids r LEFT JOIN messages m"
    " ON m.conversation_id = r.conversation_id AND m.remote_id = r.remote_id"
    " WHERE (m.id IS NULL OR (m.own = 0 AND m.deleted = 0 AND m.kind <> 'system' AND NOT"
    "  (substr(m.first_seen, 1, ?) > ? AND (substr(m.first_seen, ?) = x'00' OR ifnull(m.cursor > ?, 0)))))"
    " AND r.conversation_id = ? AND r.by_self = 1 AND r.at > ?"
)
LAST = (
    "SELECT id, sent_at_us, cursor FROM messages WHERE conversation_id = ? AND deleted = 0"
    " ORDER BY cursor DESC, id DESC LIMIT 1"
)
UNREAD = "SELECT count(*) FROM messages WHERE conversation_id = ? AND counted = 1 AND cursor > ?"
LAST_OWN = (
    "SELECT cursor, id FROM messages WHERE conversation_id = ? AND own = 1 AND deleted = 0"
    " AND kind <> 'system' AND state <> 'parked' ORDER BY cursor DESC, id DESC LIMIT 1"
)
FIRST_AFTER = (
    "SELECT sent_at_us FROM messages WHERE conversation_id = ? AND (cursor, id) > (?, ?) AND own = 0"
    " AND deleted = 0 AND kind <> 'system' ORDER BY cursor, id LIMIT 1"
)


def _unread(tx: Tx, state: ConversationState) -> int:
    row = tx.one(UNREAD, state.id, state.seen_cursor)
    return 0 if row is None else int(row[0])


def _waiting_since_us(tx: Tx, conversation: ConversationId) -> int | None:
    """A parked message of ours has reached nobody, so it answers nobody."""
    own = tx.one(LAST_OWN, conversation) or ("", 0)
    row = tx.one(FIRST_AFTER, conversation, *own)
    return None if row is None else int(row[0])


def recount(tx: Tx, state: ConversationState) -> None:
    """Decide anew which messages count as unread, after what `live` means has changed."""
    if state.server_unread_at is not None:
        tx.run_sql(
            "UPDATE messages SET counted = 1 - counted WHERE conversation_id = ? AND counted <>"
            " (own = 0 AND deleted = 0 AND kind <> 'system' AND first_seen IS NOT NULL AND read_here = 0"
            "  AND substr(first_seen, 1, ?) > ?"
            "  AND (substr(first_seen, ?) = x'00' OR ifnull(cursor > ?, 0)))",
            state.id,
            STAMP_BYTES,
            state.server_unread_at,
            STAMP_BYTES + 1,
            state.counted_by_server(),
        )
    else:
        is_new = state.lists_read_at is not None and state.discovered_at > state.lists_read_at
        tx.run_sql(
            "UPDATE messages SET counted = 1 - counted WHERE conversation_id = ? AND counted <>"
            " (own = 0 AND deleted = 0 AND kind <> 'system' AND first_seen IS NOT NULL AND read_here = 0"
            "  AND (substr(first_seen, ?) = x'00' OR ? OR ifnull(cursor > ?, 0)))",
            state.id,
            STAMP_BYTES + 1,
            is_new,
            state.baseline,
        )
    tx.touched.dirty.add(state.id)


def server_number_moved(tx: Tx, state: ConversationState) -> None:
    """The server has given a newer number: what was first seen before it is in that number."""
    tx.run_sql(
        "UPDATE messages SET counted = 0 WHERE conversation_id = ? AND counted = 1"
        " AND substr(first_seen, 1, ?) <= ?",
        state.id,
        STAMP_BYTES,
        state.server_unread_at,
    )
    tx.touched.dirty.add(state.id)
