"""How far people have read: up to a cursor, up to a time, everything so far, or exactly these messages."""

from __future__ import annotations

from typing import Final

import msgspec

from chatdesk.domain.events import ReadSeen
from chatdesk.domain.ids import PENDING_CURSOR, RemoteId
from chatdesk.store.messages import raise_mark, set_read
from chatdesk.store.stamps import STAMP_BYTES
from chatdesk.store.transaction import ConversationState, Mark, Tx

KEPT_IDS: Final = 500
"""Named messages remembered per conversation and side; whom a server names first, it has shown first."""


def read(tx: Tx, state: ConversationState, stamp: bytes, event: ReadSeen) -> None:
    """Somebody has read up to a cursor, a time, everything so far, or exactly what is named."""
    if event.ids is not None:
        _read_named(tx, state, stamp, event.ids, by_self=event.by_self)
        return
    mark = _mark(tx, state, event)
    if event.by_self:
        tx.self_read(state, stamp)
    cursor = event.cursor or ""
    if event.up_to_us is not None and event.up_to_us > mark.up_to_us:
        mark.up_to_us = event.up_to_us
    if event.cursor is None and event.up_to_us is None:
        mark.all_at = max(mark.all_at, stamp)
        newest = tx.one(
            "SELECT cursor FROM messages WHERE conversation_id = ? AND cursor < ?"
            " AND substr(first_seen, 1, ?) <= ? ORDER BY cursor DESC LIMIT 1",
            state.id,
            PENDING_CURSOR,
            STAMP_BYTES,
            stamp,
        )
        cursor = "" if newest is None else newest[0]
    tx.run_sql(
        "UPDATE read_marks SET up_to_us = ?, all_at = ?"
        " WHERE conversation_id = ? AND person_id = ? AND by_self = ?",
        mark.up_to_us,
        mark.all_at,
        state.id,
        event.person_id,
        event.by_self,
    )
    if event.up_to_us is not None:
        _read_up_to(tx, state, mark)
    raise_mark(tx, state, event.person_id, by_self=event.by_self, cursor=cursor)


def _mark(tx: Tx, state: ConversationState, event: ReadSeen) -> Mark:
    for mark in state.marks:
        if mark.person_id == event.person_id and mark.by_self == event.by_self:
            return mark
    mark = Mark(event.person_id, event.by_self)
    tx.run_sql(
        "INSERT INTO read_marks VALUES (?, ?, ?, ?, ?, ?)",
        state.id,
        mark.person_id,
        mark.by_self,
        mark.cursor,
        mark.up_to_us,
        mark.all_at,
    )
    state.marks.append(mark)
    return mark


def _read_up_to(tx: Tx, state: ConversationState, mark: Mark) -> None:
    """A mark that names a time covers by time, message by message: times and cursors may disagree."""
    if mark.by_self:
        newest = tx.one(
            "SELECT max(cursor) FROM messages WHERE conversation_id = ? AND cursor > ? AND cursor < ?"
            " AND sent_at_us <= ? AND first_seen IS NOT NULL",
            state.id,
            mark.cursor,
            PENDING_CURSOR,
            mark.up_to_us,
        )
        if newest is not None and newest[0] is not None:
            raise_mark(tx, state, mark.person_id, by_self=True, cursor=newest[0])
        return
    for (message,) in tx.all(
        "SELECT id FROM messages WHERE conversation_id = ? AND own = 1 AND state IN ('accepted', 'delivered')"
        " AND sent_at_us <= ? AND first_seen IS NOT NULL",
        state.id,
        mark.up_to_us,
    ):
        set_read(tx, state, message)


def _read_named(
    tx: Tx, state: ConversationState, stamp: bytes, ids: tuple[RemoteId, ...], *, by_self: bool
) -> None:
    """Exactly these were read, here or not yet. What is not here is remembered until it comes.

    What we have read ourselves is remembered in any case: the server's number may hold it.
    """
    if not ids:
        return
    named = msgspec.json.encode(ids).decode()
    if by_self:
        tx.run_sql(
            "UPDATE messages SET read_here = 1, counted = 0 WHERE conversation_id = ? AND read_here = 0"
            " AND remote_id IN (SELECT value FROM json_each(?))",
            state.id,
            named,
        )
        tx.touched.dirty.add(state.id)
    else:
        for (message,) in tx.all(
            "SELECT id FROM messages WHERE conversation_id = ? AND own = 1"
            " AND state IN ('accepted', 'delivered') AND remote_id IN (SELECT value FROM json_each(?))",
            state.id,
            named,
        ):
            set_read(tx, state, message)
    tx.run_sql(
        "INSERT INTO read_ids SELECT ?1, ?2, value, ?3 FROM json_each(?4)"
        " WHERE ?2 OR value NOT IN (SELECT remote_id FROM messages WHERE conversation_id = ?1 AND own = 1"
        "  AND remote_id IN (SELECT value FROM json_each(?4)))"
        " ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
        state.id,
        by_self,
        stamp,
        named,
    )
    tx.run_sql(
        "DELETE FROM read_ids WHERE conversation_id = ?1 AND by_self = ?2 AND (at, remote_id) <"
        " (SELECT at, remote_id FROM read_ids WHERE conversation_id = ?1 AND by_self = ?2"
        "  ORDER BY at DESC, remote_id DESC LIMIT 1 OFFSET ?3)",
        state.id,
        by_self,
        KEPT_IDS - 1,
    )
    state.has_read_ids = (
        state.has_read_ids
        or tx.one("SELECT 1 FROM read_ids WHERE conversation_id = ? LIMIT 1", state.id) is not None
    )
