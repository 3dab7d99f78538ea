"""Own messages that have found their copy at the server: one row per remote id, one remote id per item."""

from __future__ import annotations

import msgspec

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import MessageId, RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState
from chatdesk.domain.ordering import stronger_delivery
from chatdesk.store import messages, search_index
from chatdesk.store.transaction import ConversationState, Tx


def can_bind(tx: Tx, item: Outgoing, remote_id: RemoteId) -> bool:
    """False where the remote id belongs to another of our items, or the item to another remote id."""
    if item.conversation_id is None or item.message_id is None:
        return False
    own = messages.load_by_id(tx, item.message_id)
    there = messages.load(tx, tx.state(item.conversation_id), remote_id)
    if own is None:
        return False
    if there is not None and there.id != own.id and there.outgoing_id is not None:
        return False
    bound = tx.one("SELECT remote_id FROM messages WHERE id = ?", own.id)
    return bound is None or bound[0] in {None, remote_id}


def is_anothers(tx: Tx, item: Outgoing, remote_id: RemoteId) -> bool:
    """Whether the remote id is the copy of another of our sends."""
    if item.conversation_id is None:
        return False
    there = messages.load(tx, tx.state(item.conversation_id), remote_id)
    return there is not None and there.outgoing_id is not None and there.id != item.message_id


def bind(tx: Tx, item: Outgoing, remote_id: RemoteId | None, assurance: Assurance) -> None:
    """The item's message row is the server's message `remote_id` from now on (None: it was accepted unnamed).

    A row that has come with that remote id already melts into ours: our local id stays, so nothing that a
    person looks at jumps but to its place in the server's order.
    """
    if item.conversation_id is None or item.message_id is None:
        return
    state = tx.state(item.conversation_id)
    own = messages.load_by_id(tx, item.message_id)
    if own is None:
        return
    before = msgspec.structs.astuple(own)
    there = None if remote_id is None else messages.load(tx, state, remote_id)
    if there is not None and there.id != own.id:
        _melt(tx, state, own.id, there)
        own = msgspec.structs.replace(
            there,
            id=own.id,
            outgoing_id=own.outgoing_id,
            state=stronger_delivery(DeliveryState.ACCEPTED, DeliveryState(there.state)).value,
        )
    else:
        own.state = stronger_delivery(DeliveryState.ACCEPTED, DeliveryState(own.state)).value
    if own.assurance != Assurance.STORED.value:
        own.assurance = assurance.value
    if remote_id is not None:
        tx.run_sql("UPDATE messages SET remote_id = ? WHERE id = ?", remote_id, own.id)
        if there is None and messages.is_tombstoned(tx, state, remote_id):
            own.deleted = messages.TOMBSTONE
        if there is None and messages.is_named_read(tx, state, remote_id, by_self=False):
            own.state = DeliveryState.READ.value
    tx.run_sql(
        "UPDATE messages SET parked = NULL, parked_detail = '', expected_at_us = NULL WHERE id = ?", own.id
    )
    messages.write(tx, state, own, before)
    tx.touched.message(state.id, own.id)


def _melt(tx: Tx, state: ConversationState, into: MessageId, there: messages.Stored) -> None:
    search_index.reword(
        tx,
        state.account_id,
        state.id,
        there.id,
        text=there.text,
        sent_at_us=there.sent_at_us,
        deleted=there.deleted,
    )
    tx.run_sql("DELETE FROM messages WHERE id = ?", there.id)
    tx.run_sql(
        "UPDATE outbox SET message_id = ? WHERE message_id = ?", into, there.id
    )  # an intention to delete it
    tx.touched.message_gone(state.id, there.id)
