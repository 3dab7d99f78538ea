"""Conversations as the account's own lists tell of them, how far people have read them, and notifications."""

from __future__ import annotations

from typing import Any

from chatdesk.domain.events import ConversationGone, ConversationSeen, ListsRead, NotificationSeen, ReadSeen
from chatdesk.domain.ids import PENDING_CURSOR, AccountId, ConversationId
from chatdesk.domain.kinds import Lifecycle
from chatdesk.store.derived import recount, server_number_moved
from chatdesk.store.messages import raise_mark, set_read
from chatdesk.store.stamps import STAMP_BYTES, Fact, Facts, decode_facts, encode_facts
from chatdesk.store.transaction import ConversationState, Mark, Tx

_FIELDS = ("title", "order_remote_id", "lifecycle", "live_only")


def seen(tx: Tx, account: AccountId, stamp: bytes, event: ConversationSeen) -> None:
    """Apply what one packet says of a conversation; makes it where it is new."""
    state = tx.conversation(account, event.remote_id)
    said = {name: value for name in _FIELDS if (value := getattr(event, name)) is not None}
    if state is None:
        state = _make(tx, account, stamp, event, said)
    else:
        _change(tx, state, stamp, said)
        if stamp < state.discovered_at:
            state.discovered_at = stamp
            tx.run_sql("UPDATE conversations SET discovered_at = ? WHERE id = ?", stamp, state.id)
            recount(tx, state)
    if event.activity_at_us is not None:
        tx.run_sql(
            "UPDATE conversations SET server_activity_us = ?1 WHERE id = ?2 AND server_activity_us < ?1",
            event.activity_at_us,
            state.id,
        )
        tx.touched.dirty.add(state.id)
    if event.unread is not None:
        _server_unread(tx, state, stamp, max(event.unread, 0))


def gone(tx: Tx, state: ConversationState, stamp: bytes, event: ConversationGone) -> None:
    """The account has no access any more."""
    _change(tx, state, stamp, {"lifecycle": event.lifecycle})


def _make(
    tx: Tx, account: AccountId, stamp: bytes, event: ConversationSeen, said: dict[str, Any]
) -> ConversationState:
    facts: Facts = {name: Fact() for name in said}
    for name, value in said.items():
        facts[name].add(value, stamp, None)
    tx.run_sql(
        "INSERT INTO conversations (account_id, remote_id, title, order_remote_id, lifecycle, live_only,"
        " facts, discovered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        account,
        event.remote_id,
        *_columns(facts),
        encode_facts(facts),
        stamp,
    )
    conversation = ConversationId(tx.con.last_insert_rowid())
    tx.touched.conversations.add(conversation)
    tx.touched.dirty.add(conversation)
    _touch_order(tx, account, event.order_remote_id, conversation)
    return tx.state(conversation)


def _change(tx: Tx, state: ConversationState, stamp: bytes, said: dict[str, Any]) -> None:
    row = tx.one(
        "SELECT facts, title, order_remote_id, lifecycle, live_only FROM conversations WHERE id = ?", state.id
    )
    if row is None or not said:
        return
    facts = decode_facts(row[0])
    for name, value in said.items():
        facts.setdefault(name, Fact()).add(value, stamp, None)
    encoded = encode_facts(facts)
    if encoded == row[0]:
        return
    now = _columns(facts)
    tx.run_sql(
        "UPDATE conversations SET facts = ?, title = ?, order_remote_id = ?, lifecycle = ?, live_only = ?"
        " WHERE id = ?",
        encoded,
        *now,
        state.id,
    )
    if now == row[1:]:
        return
    tx.touched.conversations.add(state.id)
    if now[1] != row[2]:
        _touch_order(tx, state.account_id, row[2], state.id)
        _touch_order(tx, state.account_id, now[1], state.id)


def _columns(facts: Facts) -> tuple[Any, ...]:
    def now(name: str, otherwise: Any) -> Any:
        return facts[name].now() if name in facts else otherwise

    return (
        now("title", ""),
        now("order_remote_id", None),
        Lifecycle(now("lifecycle", Lifecycle.OPEN)).value,
        int(now("live_only", False)),
    )


def _touch_order(tx: Tx, account: AccountId, remote_id: str | None, conversation: ConversationId) -> None:
    """An order names the oldest of its conversations: this one, where no other is older."""
    row = tx.one(
        "SELECT o.id, (SELECT min(c.id) FROM conversations c WHERE c.account_id = o.account_id"
        "   AND c.order_remote_id = o.remote_id AND c.id <> ?)"
        " FROM orders o WHERE o.account_id = ? AND o.remote_id = ?",
        conversation,
        account,
        remote_id,
    )
    if row is not None and (row[1] is None or conversation < row[1]):
        tx.touched.orders.add(row[0])


def _server_unread(tx: Tx, state: ConversationState, stamp: bytes, number: int) -> None:
    at = state.server_unread_at
    if at is not None and (stamp, number) <= (at, state.server_unread):
        return
    state.server_unread, state.server_unread_at = number, stamp
    tx.run_sql(
        "UPDATE conversations SET server_unread = ?, server_unread_at = ? WHERE id = ?",
        number,
        stamp,
        state.id,
    )
    if at is None or state.counted_by_server() is not None:
        recount(tx, state)
    else:
        server_number_moved(tx, state)


def lists_read(tx: Tx, account: AccountId, stamp: bytes, _event: ListsRead) -> None:
    """The lists were read to their end; the first time ends the account's first sync."""
    row = tx.one("SELECT lists_read_at FROM accounts WHERE id = ?", account)
    if row is None or (row[0] is not None and row[0] <= stamp):
        return
    tx.run_sql("UPDATE accounts SET lists_read_at = ? WHERE id = ?", stamp, account)
    tx.memory.forget()
    for (conversation,) in tx.all(
        "SELECT id FROM conversations WHERE account_id = ? AND discovered_at > ?", account, stamp
    ):
        recount(tx, tx.state(conversation))


def read(tx: Tx, state: ConversationState, stamp: bytes, event: ReadSeen) -> None:
    """Somebody has read up to a cursor, a time, or everything so far."""
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


def notified(tx: Tx, account: AccountId, stamp: bytes, event: NotificationSeen) -> None:
    """Apply one sight of a notification: the newest wins."""
    shown = (event.title, event.text, event.at_us, int(event.unread), event.conversation)
    row = tx.one(
        "SELECT stamp, title, text, at_us, unread, conversation_remote_id FROM notifications"
        " WHERE account_id = ? AND remote_id = ?",
        account,
        event.remote_id,
    )
    if row is not None and (row[0], *row[1:5], row[5] or "") >= (stamp, *shown[:4], shown[4] or ""):
        return
    tx.run_sql(
        "INSERT OR REPLACE INTO notifications VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        account,
        event.remote_id,
        *shown,
        stamp,
    )
    if row is None or row[1:] != shown:
        tx.touched.notifications.add((account, event.remote_id))
