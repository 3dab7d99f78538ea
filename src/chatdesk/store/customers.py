"""Conversations that the person has marked as being with the same customer: groups across all accounts."""

from __future__ import annotations

from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.store.transaction import Tx


def link(tx: Tx, one: ConversationId, other: ConversationId) -> None:
    """Put two conversations, and all that are linked with them, into one group. Raises NotPossible."""
    ours, theirs = _group(tx, one), _group(tx, other)
    if one == other:
        raise NotPossible("a conversation is with its own customer already")
    if ours is not None and ours == theirs:
        return
    group = min((g for g in (ours, theirs) if g is not None), default=None)
    if group is None:
        # A number may serve again once its group is gone: it only says who belongs together.
        row = tx.one("SELECT ifnull(max(customer_group), 0) + 1 FROM conversations")
        group = 1 if row is None else int(row[0])
    changed = tx.all(
        "UPDATE conversations SET customer_group = ?1 WHERE (id IN (?2, ?3) OR customer_group IN (?4, ?5))"
        " AND customer_group IS NOT ?1 RETURNING id",
        group,
        one,
        other,
        ours,
        theirs,
    )
    tx.touched.conversations.update(ConversationId(row[0]) for row in changed)


def unlink(tx: Tx, conversation: ConversationId) -> None:
    """Take one conversation out of its group. Raises NotPossible for an unknown one."""
    group = _group(tx, conversation)
    if group is None:
        return
    tx.run_sql("UPDATE conversations SET customer_group = NULL WHERE id = ?", conversation)
    tx.touched.conversations.add(conversation)
    dissolve(tx, group)


def dissolve(tx: Tx, group: int) -> None:
    """A group of one is none."""
    left = tx.all("SELECT id FROM conversations WHERE customer_group = ? LIMIT 2", group)
    if len(left) == 1:
        tx.run_sql("UPDATE conversations SET customer_group = NULL WHERE id = ?", left[0][0])
        tx.touched.conversations.add(ConversationId(left[0][0]))


def groups_of(tx: Tx, account: AccountId) -> tuple[int, ...]:
    """The groups in which an account has a part."""
    found = tx.all(
        "SELECT DISTINCT customer_group FROM conversations"
        " WHERE account_id = ? AND customer_group IS NOT NULL",
        account,
    )
    return tuple(row[0] for row in found)


def _group(tx: Tx, conversation: ConversationId) -> int | None:
    row = tx.one("SELECT customer_group FROM conversations WHERE id = ?", conversation)
    if row is None:
        raise NotPossible("no such conversation")
    return None if row[0] is None else int(row[0])
