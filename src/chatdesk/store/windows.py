"""What readings of history prove: what is here without a hole, what is gone, where unread begins."""

from __future__ import annotations

from typing import Final

import msgspec

from chatdesk.domain.events import WindowRead
from chatdesk.domain.ids import PENDING_CURSOR, MessageId
from chatdesk.store.derived import recount
from chatdesk.store.messages import load_by_id, weigh_absence
from chatdesk.store.stamps import epoch_of
from chatdesk.store.transaction import ConversationState, Tx

KEPT_READS: Final = 8
"""Readings remembered per conversation: what was seen before them may still arrive after them."""
START: Final = ""
_ONE_ANSWER, _PAGED = 2, 1


def read(tx: Tx, state: ConversationState, stamp: bytes, event: WindowRead) -> None:
    """Apply one reading of a stretch of history."""
    if event.reaches_head:
        _set_baseline(tx, state, stamp, event)
        _note_head(tx, state, stamp, event.newest or START)
    if not event.complete:
        return
    _confirm(tx, state, stamp, event)
    lo = START if event.reaches_start else event.oldest
    if lo is None:
        return
    put_range(tx, state, lo, event.newest or START, epoch_of(stamp) if event.reaches_head else None)
    hi = PENDING_CURSOR if event.reaches_head else event.newest
    if hi is not None:
        _miss(tx, state, stamp, lo, hi, weight=_ONE_ANSWER if event.pages == 1 else _PAGED)


def _set_baseline(tx: Tx, state: ConversationState, stamp: bytes, event: WindowRead) -> None:
    """The first head read divides what counts as unread from what is older than the account here."""
    newest = event.newest or START
    at = state.baseline_at
    if at is not None and (stamp > at or (stamp == at and newest <= (state.baseline or START))):
        return
    state.baseline, state.baseline_at = newest, stamp
    tx.run_sql("UPDATE conversations SET baseline = ?, baseline_at = ? WHERE id = ?", newest, stamp, state.id)
    if state.server_unread_at is None:
        recount(tx, state)


def _note_head(tx: Tx, state: ConversationState, stamp: bytes, newest: str) -> None:
    """Remember a head read; the first after the server's number tells what that number has counted."""
    before = state.counted_by_server()
    kept = dict(state.head_reads)
    kept[stamp] = max(newest, kept.get(stamp, START))
    state.head_reads = sorted(kept.items())[-KEPT_READS:]
    tx.run_sql(
        "INSERT INTO head_reads VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET newest = max(newest, excluded.newest)",
        state.id,
        stamp,
        newest,
    )
    tx.run_sql(
        "DELETE FROM head_reads WHERE conversation_id = ? AND at < ?", state.id, state.head_reads[0][0]
    )
    if state.counted_by_server() != before:
        recount(tx, state)


def _confirm(tx: Tx, state: ConversationState, stamp: bytes, event: WindowRead) -> None:
    """Every message of the stretch was there when the reading began."""
    ids = msgspec.json.encode(event.ids).decode()
    seen = tx.all(
        "UPDATE messages SET last_seen = ? WHERE conversation_id = ? AND last_seen < ?"
        " AND remote_id IN (SELECT value FROM json_each(?)) RETURNING id, deleted",
        stamp,
        state.id,
        stamp,
        ids,
    )
    for message, deleted in seen:
        if deleted:
            _weigh(tx, state, message)


def _miss(tx: Tx, state: ConversationState, stamp: bytes, lo: str, hi: str, *, weight: int) -> None:
    """Whatever lies strictly inside and was not seen since the reading began may be gone."""
    tx.run_sql(
        "INSERT INTO history_reads VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET weight = max(weight, excluded.weight)",
        state.id,
        stamp,
        lo,
        hi,
        weight,
    )
    tx.run_sql(
        "DELETE FROM history_reads WHERE conversation_id = ?1 AND at <"
        " (SELECT at FROM history_reads WHERE conversation_id = ?1 ORDER BY at DESC LIMIT 1 OFFSET ?2)",
        state.id,
        KEPT_READS - 1,
    )
    state.newest_read_at = max(state.newest_read_at, stamp)
    missed = tx.all(
        "SELECT id FROM messages WHERE conversation_id = ? AND cursor > ? AND cursor < ?"
        " AND deleted = 0 AND last_seen < ?",
        state.id,
        lo,
        hi,
        stamp,
    )
    for (message,) in missed:
        _weigh(tx, state, message)


def _weigh(tx: Tx, state: ConversationState, message: MessageId) -> None:
    row = load_by_id(tx, message)
    if row is not None:
        weigh_absence(tx, state, row)


def put_range(tx: Tx, state: ConversationState, lo: str, hi: str, live_epoch: bytes | None) -> None:
    """A stretch is here without a hole; it melts with those that it meets.

    live_epoch: the connection whose pushes go on where this stretch ends; stretches of one connection's
    head belong together, since nothing is missed while it lives.
    """
    old: list[int] = []
    while True:
        met = [
            row
            for row in tx.all(
                "SELECT id, lo, hi, live_epoch FROM ranges"
                " WHERE conversation_id = ? AND ((lo <= ? AND hi >= ?) OR live_epoch = ?)",
                state.id,
                hi,
                lo,
                live_epoch,
            )
            if row[0] not in old
        ]
        if not met:
            break
        old += (row[0] for row in met)
        lo = min(lo, *(row[1] for row in met))
        hi = max(hi, *(row[2] for row in met))
        epochs = [row[3] for row in met if row[3] is not None]
        if epochs:
            live_epoch = max(epochs) if live_epoch is None else max(live_epoch, *epochs)
    if not old:
        tx.run_sql(
            "INSERT INTO ranges (conversation_id, lo, hi, live_epoch) VALUES (?, ?, ?, ?)",
            state.id,
            lo,
            hi,
            live_epoch,
        )
        return
    keep = old.pop()
    for one in old:
        tx.run_sql("DELETE FROM ranges WHERE id = ?", one)
    tx.run_sql("UPDATE ranges SET lo = ?, hi = ?, live_epoch = ? WHERE id = ?", lo, hi, live_epoch, keep)
