"""The end of a conversation: what was queued for it is put aside, and its copy here goes when it may."""

from __future__ import annotations

from typing import Final

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import KEEP_COMPLETED, Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import AccountId, ConversationId, OrderId, OutgoingId
from chatdesk.domain.kinds import ClosedWhy, DeliveryState, Lifecycle, OutgoingKind, ParkReason
from chatdesk.store import customers, outbox, rows, search_index
from chatdesk.store.stamps import Facts, decode_facts
from chatdesk.store.transaction import Tx

WRITABLE: Final = frozenset({Lifecycle.OPEN, Lifecycle.CLOSING})
"""Conversations that may be written to."""
OUT_OF_REACH: Final = frozenset({Lifecycle.ENDED, Lifecycle.DELETED})
"""Conversations that the server shows to nobody any more: nothing can be proved about them."""
UNKNOWABLE: Final = "whether it arrived cannot be known"
_REFUSALS: Final = frozenset({ClosedWhy.ACCESS_WITHDRAWN, ClosedWhy.NOT_FOR_ROLE})
"""Reasons that concern this account alone: the conversation goes on without it."""
_WRITES: Final = frozenset({OutgoingKind.SEND, OutgoingKind.EDIT, OutgoingKind.UPLOAD})
_CLOSED_CODE: Final = "conversation closed"
_OUTCOMES: Final = (machine.Later, machine.Unknown, machine.Absent, machine.SafeToRepeat, machine.Restarted)


def advance(tx: Tx, outgoing: OutgoingId, event: machine.Event) -> Outgoing:
    """One step of an item; where its conversation was closed while it was away, the next one too.

    What a person asks for goes to the server all the same: it knows best. Raises NotPossible.
    """
    item = outbox.advance(tx, outgoing, event)
    if not isinstance(event, _OUTCOMES) or item.conversation_id is None:
        return item
    row = tx.one("SELECT lifecycle, closed_why FROM conversations WHERE id = ?", item.conversation_id)
    return item if row is None else _put_aside(tx, item, Lifecycle(row[0]), row[1])


def put_aside_all(tx: Tx, conversation: ConversationId, lifecycle: Lifecycle, why: str | None) -> None:
    """Nothing is written to a conversation from here on: what waits for it waits for its person instead.

    What is in flight has an outcome of its own; it is looked at when that is known.
    """
    if lifecycle in WRITABLE:
        return
    found = tx.all(
        rows.OUTBOX + f" WHERE conversation_id = ? AND {rows.WAITING} ORDER BY position", conversation
    )
    for item in map(rows.outgoing, found):
        _put_aside(tx, item, lifecycle, why)


def _put_aside(tx: Tx, item: Outgoing, lifecycle: Lifecycle, why: str | None) -> Outgoing:
    is_queued = item.state is DeliveryState.QUEUED
    is_lost = item.state is DeliveryState.UNCERTAIN and lifecycle in OUT_OF_REACH
    if lifecycle in WRITABLE or item.kind is OutgoingKind.CHANGE_STATUS or not (is_queued or is_lost):
        return item
    if item.kind is OutgoingKind.MARK_READ or (
        item.kind is OutgoingKind.DELETE and lifecycle is Lifecycle.DELETED
    ):
        return outbox.advance(tx, item.id, machine.Superseded(), code=_CLOSED_CODE)
    if item.kind in _WRITES or lifecycle in OUT_OF_REACH:
        detail = UNKNOWABLE if is_lost else ""
        reason = ParkReason.FORBIDDEN if why in _REFUSALS else ParkReason.CLOSED
        return outbox.advance(tx, item.id, machine.Refused(reason, detail), code=_CLOSED_CODE)
    return item  # a read-only conversation may still take a deletion or a report: its server says


# -- the copy of what the platform has deleted ---------------------------------------------------------------


def delete_at_us(
    tx: Tx, account: AccountId, facts: Facts, lifecycle: str, *, kept: bool, planned: int | None
) -> int | None:
    """When the copy of a conversation goes; `planned`: when it was to go so far, under the same promise."""
    promise = promise_us(facts)
    if lifecycle != Lifecycle.DELETED or promise is None or kept:
        return None
    row = tx.one(rows.ACCOUNTS + " WHERE id = ?", account)
    if row is None or rows.account(row).settings.get(KEEP_COMPLETED) == "yes":
        return None
    return tx.now_us + promise if planned is None else planned


def promise_us(facts: Facts) -> int | None:
    """How long after its end the platform promises to delete a conversation; None: it promises nothing."""
    fact = facts.get("delete_after_us")
    return None if fact is None else fact.now()


def plan_anew(tx: Tx, account: AccountId) -> None:
    """The account's settings have changed: copies that are to go now stay, and the other way round."""
    for conversation, encoded, kept, planned in tx.all(
        "SELECT id, facts, kept, delete_at_us FROM conversations WHERE account_id = ? AND lifecycle = ?",
        account,
        Lifecycle.DELETED.value,
    ):
        when = delete_at_us(
            tx, account, decode_facts(encoded), Lifecycle.DELETED, kept=bool(kept), planned=planned
        )
        _plan(tx, conversation, planned, when)


def _plan(tx: Tx, conversation: ConversationId, planned: int | None, when: int | None) -> None:
    if when != planned:
        tx.run_sql("UPDATE conversations SET delete_at_us = ? WHERE id = ?", when, conversation)
        tx.touched.conversations.add(conversation)


def keep_copy(tx: Tx, conversation: ConversationId) -> None:
    """The copy stays, whatever the platform promises. Raises NotPossible for an unknown conversation."""
    row = tx.one("SELECT delete_at_us FROM conversations WHERE id = ?", conversation)
    if row is None:
        raise NotPossible("no such conversation")
    tx.run_sql("UPDATE conversations SET kept = 1 WHERE id = ? AND kept = 0", conversation)
    _plan(tx, conversation, row[0], None)


def delete_copy(tx: Tx, conversation: ConversationId) -> None:
    """Delete what the platform has deleted. Raises NotPossible; see DeskStore.delete_copy."""
    row = tx.one(
        "SELECT account_id, remote_id, lifecycle, customer_group, order_remote_id FROM conversations"
        " WHERE id = ?",
        conversation,
    )
    if row is None:
        raise NotPossible("no such conversation")
    account, remote_id, lifecycle, group, order = row
    if lifecycle != Lifecycle.DELETED:
        raise NotPossible("the platform still has it")
    if _holds_something(tx, conversation):
        raise NotPossible("something of it is not settled")
    touched = tx.touched
    touched.conversations_gone.add(conversation)
    # An order names the oldest of its conversations.
    touched.orders.update(
        OrderId(found[0])
        for found in tx.all(
            "SELECT o.id FROM orders o WHERE o.account_id = ?1 AND o.remote_id = ?2 AND ?3 ="
            " (SELECT min(c.id) FROM conversations c WHERE c.account_id = ?1 AND c.order_remote_id = ?2)",
            account,
            order,
            conversation,
        )
    )
    tx.run_sql("INSERT INTO forgotten VALUES (?, ?) ON CONFLICT DO NOTHING", account, remote_id)
    search_index.forget(tx, account, [conversation])
    tx.run_sql("DELETE FROM conversations WHERE id = ?", conversation)  # the rest follows by its foreign keys
    if group is not None:
        customers.dissolve(tx, group)
    tx.memory.forget()


def _holds_something(tx: Tx, conversation: ConversationId) -> bool:
    """Whether anything waits in the outbox, or is drafted."""
    waits = tx.one(rows.OUTBOX + f" WHERE conversation_id = ? AND {rows.WAITING} LIMIT 1", conversation)
    drafted = tx.one(
        "SELECT 1 FROM drafts WHERE conversation_id = ? AND (text <> '' OR other <> '')", conversation
    )
    return waits is not None or drafted is not None


def delete_due(tx: Tx, now_us: int) -> int:
    """`delete_copy` for every conversation whose time has come and that may go; how many."""
    due = tx.all(
        "SELECT id FROM conversations WHERE delete_at_us IS NOT NULL AND delete_at_us <= ? ORDER BY id",
        now_us,
    )
    going = [conversation for (conversation,) in due if not _holds_something(tx, conversation)]
    for conversation in going:
        delete_copy(tx, conversation)
    return len(going)
