"""Conversations as the account's own lists tell of them, and notifications."""

from __future__ import annotations

from typing import Any

from chatdesk.domain.events import ConversationGone, ConversationSeen, ListsRead, NotificationSeen
from chatdesk.domain.ids import AccountId, ConversationId, RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle
from chatdesk.store import closing
from chatdesk.store.derived import recount, server_number_moved
from chatdesk.store.stamps import Fact, Facts, decode_facts, encode_facts
from chatdesk.store.transaction import ConversationState, Tx

_FIELDS = ("title", "order_remote_id", "live_only")


def seen(tx: Tx, account: AccountId, stamp: bytes, event: ConversationSeen) -> None:
    """Apply what one packet says of a conversation; makes it where it is new."""
    state = tx.conversation(account, event.remote_id)
    said = {name: value for name in _FIELDS if (value := getattr(event, name)) is not None}
    said |= _end_of(event)
    if state is None:
        if is_forgotten(tx, account, event.remote_id):
            if event.lifecycle in {None, Lifecycle.DELETED}:
                return
            tx.run_sql(
                "DELETE FROM forgotten WHERE account_id = ? AND remote_id = ?", account, event.remote_id
            )
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
    _change(tx, state, stamp, _end_of(event))


def _end_of(event: ConversationSeen | ConversationGone) -> dict[str, Any]:
    """What a packet says of a conversation's end: fields of their own, since one may come without others."""
    if event.lifecycle is None:
        return {}
    why = event.closed_why if isinstance(event, ConversationSeen) else event.why
    said: dict[str, Any] = {"lifecycle": event.lifecycle}
    if why is not None or event.lifecycle is Lifecycle.OPEN:
        said["closed_why"] = None if event.lifecycle is Lifecycle.OPEN else why
    if event.lifecycle is Lifecycle.DELETED and event.delete_after_us is not None:
        said["delete_after_us"] = max(event.delete_after_us, 0)
    return said


def is_forgotten(tx: Tx, account: AccountId, remote_id: RemoteId) -> bool:
    """Whether a conversation was here, until its platform and then we have deleted it."""
    return (
        tx.one("SELECT 1 FROM forgotten WHERE account_id = ? AND remote_id = ?", account, remote_id)
        is not None
    )


def _make(
    tx: Tx, account: AccountId, stamp: bytes, event: ConversationSeen, said: dict[str, Any]
) -> ConversationState:
    facts: Facts = {name: Fact() for name in said}
    for name, value in said.items():
        facts[name].add(value, stamp, None)
    columns = _columns(facts)
    tx.run_sql(
        "INSERT INTO conversations (account_id, remote_id, title, order_remote_id, lifecycle, closed_why,"
        " live_only, delete_at_us, facts, discovered_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        account,
        event.remote_id,
        *columns,
        closing.delete_at_us(tx, account, facts, columns[2], kept=False, planned=None),
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
        "SELECT facts, title, order_remote_id, lifecycle, closed_why, live_only, delete_at_us, kept"
        " FROM conversations WHERE id = ?",
        state.id,
    )
    if row is None or not said:
        return
    before, planned, kept = row[1:6], row[6], bool(row[7])
    facts = decode_facts(row[0])
    promise = closing.promise_us(facts)
    for name, value in said.items():
        facts.setdefault(name, Fact()).add(value, stamp, None)
    encoded = encode_facts(facts)
    if encoded == row[0]:
        return
    now = _columns(facts)
    if closing.promise_us(facts) != promise:
        planned = None
    when = closing.delete_at_us(tx, state.account_id, facts, now[2], kept=kept, planned=planned)
    tx.run_sql(
        "UPDATE conversations SET facts = ?, title = ?, order_remote_id = ?, lifecycle = ?, closed_why = ?,"
        " live_only = ?, delete_at_us = ? WHERE id = ?",
        encoded,
        *now,
        when,
        state.id,
    )
    if (*now, when) == (*before, row[6]):
        return
    tx.touched.conversations.add(state.id)
    if now[2] != row[3]:
        closing.put_aside_all(tx, state.id, Lifecycle(now[2]), now[3])
    if now[1] != row[2]:
        _touch_order(tx, state.account_id, row[2], state.id)
        _touch_order(tx, state.account_id, now[1], state.id)


def _columns(facts: Facts) -> tuple[Any, ...]:
    def now(name: str, otherwise: Any) -> Any:
        return facts[name].now() if name in facts else otherwise

    lifecycle = Lifecycle(now("lifecycle", Lifecycle.OPEN))
    why = now("closed_why", None)
    return (
        now("title", ""),
        now("order_remote_id", None),
        lifecycle.value,
        None if why is None or lifecycle is Lifecycle.OPEN else ClosedWhy(why).value,
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


def notified(tx: Tx, account: AccountId, stamp: bytes, event: NotificationSeen) -> None:
    """Apply one sight of a notification: the newest wins."""
    shown = (event.title, event.text, event.at_us, int(event.unread), event.conversation, int(event.gone))
    row = tx.one(
        "SELECT stamp, title, text, at_us, unread, conversation_remote_id, gone FROM notifications"
        " WHERE account_id = ? AND remote_id = ?",
        account,
        event.remote_id,
    )
    known = row and (row[0], *row[1:5], row[5] or "", row[6])
    if known and known >= (stamp, *shown[:4], shown[4] or "", shown[5]):
        return
    tx.run_sql(
        "INSERT OR REPLACE INTO notifications VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        account,
        event.remote_id,
        *shown,
        stamp,
    )
    if row is None or row[1:] != shown:
        tx.touched.notifications.add((account, event.remote_id))
