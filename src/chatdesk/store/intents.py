"""What a person intends: writing, sending, reading, deleting, reporting, changing a status.

Each is one transaction.
"""

from __future__ import annotations

from typing import Any

import apsw
import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.entities import Draft, Outgoing, Staged
from chatdesk.domain.errors import NotPossible, StaleDraft
from chatdesk.domain.ids import (
    PENDING_CURSOR,
    ConversationId,
    Cursor,
    MessageId,
    OrderId,
    OutgoingId,
    new_outgoing_id,
)
from chatdesk.domain.kinds import DeliveryState, Lifecycle, MessageKind, OutgoingKind
from chatdesk.domain.outbox import HELD, MOST_HELD_US, SCHEDULED, PersonCancels
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.store import drafts, outbox, rows
from chatdesk.store.closing import OUT_OF_REACH, WRITABLE
from chatdesk.store.transaction import ConversationState, Tx


def _row(tx: Tx, conversation: ConversationId) -> tuple[Any, ...]:
    row = tx.one(
        "SELECT c.account_id, c.remote_id, c.lifecycle, o.id, c.order_remote_id, o.number, a.user_id, a.name"
        " FROM conversations c JOIN accounts a ON a.id = c.account_id"
        " LEFT JOIN orders o ON o.account_id = c.account_id AND o.remote_id = c.order_remote_id"
        " WHERE c.id = ?",
        conversation,
    )
    if row is None:
        raise NotPossible("no such conversation")
    return row


def _refuse_out_of_reach(row: tuple[Any, ...]) -> None:
    if Lifecycle(row[2]) in OUT_OF_REACH:
        raise NotPossible("the server shows this conversation to nobody any more")


def _new(tx: Tx, conversation: ConversationId | None, row: tuple[Any, ...], kind: OutgoingKind) -> Outgoing:
    return Outgoing(
        id=new_outgoing_id(),
        account_id=row[0],
        conversation_id=conversation,
        conversation_remote_id=row[1],
        kind=kind,
        text="",
        order_id=row[3],
        order_remote_id=row[4],
        order_number=row[5] or "",
        state=DeliveryState.QUEUED,
        position=0,
        created_at_us=tx.now_us,
        changed_at_us=tx.now_us,
    )


def press_send(
    tx: Tx,
    conversation: ConversationId,
    draft_version: int,
    text: str,
    kind: MessageKind = MessageKind.TEXT,
    extras: Extras = NO_EXTRAS,
    *,
    hold_us: int = 0,
    due_us: int = 0,
) -> Outgoing:
    """Message row, outbox row and an empty draft at once. Raises StaleDraft, NotPossible.

    hold_us: for so long it may be taken back; due_us: the wall time at which it shall go.
    """
    row = _row(tx, conversation)
    text, extras = well_formed(text), rows.sound_extras(extras)
    if is_blank(text) and not extras.attachments and extras.place is None:
        raise NotPossible("nothing to send")
    if Lifecycle(row[2]) not in WRITABLE:
        raise NotPossible("the conversation is closed")
    old = drafts.load(tx, conversation)
    if draft_version > old.version:
        raise StaleDraft(old)
    item = msgspec.structs.replace(
        _new(tx, conversation, row, OutgoingKind.SEND), text=text, message_kind=kind, extras=extras
    )
    if due_us > tx.now_us:
        item = msgspec.structs.replace(item, detail=SCHEDULED, not_before_us=due_us)
    elif hold_us > 0:
        item = _held(tx, item, hold_us)
    message = _insert_message(tx, conversation, row, item)
    try:
        item = outbox.insert(
            tx,
            msgspec.structs.replace(item, message_id=message),
            draft_version=draft_version,
            body=text,
        )
    except apsw.ConstraintError as exc:
        raise StaleDraft(old) from exc
    drafts.put(tx, msgspec.structs.replace(old, version=old.version + 1, text=""))
    _answered(tx, conversation, message)
    return item


def press_file(
    tx: Tx,
    conversation: ConversationId,
    staged: Staged,
    file: Attachment,
    kind: MessageKind,
    text: str,
    *,
    hold_us: int = 0,
    draft_version: int | None = None,
) -> Outgoing:
    """A message whose file was copied: message row and outbox row at once. Raises NotPossible.

    file: what it is called, its type and size; no address yet. text: what stands beside it. hold_us: for so
    long it may be taken back. draft_version: of the draft that `text` is, which is emptied with it; raises
    StaleDraft. None: the draft stays as it is.
    """
    row = _row(tx, conversation)
    if Lifecycle(row[2]) not in WRITABLE:
        raise NotPossible("the conversation is closed")
    _refuse_again(tx, staged)
    old = drafts.load(tx, conversation)
    if draft_version is not None and draft_version > old.version:
        raise StaleDraft(old)
    item = msgspec.structs.replace(
        _new(tx, conversation, row, OutgoingKind.SEND),
        id=staged.id,
        staged=staged.name,
        text=well_formed(text),
        message_kind=kind,
        extras=rows.sound_extras(Extras(attachments=(file,))),
    )
    if hold_us > 0:
        item = _held(tx, item, hold_us)
    message = _insert_message(tx, conversation, row, item)
    item = msgspec.structs.replace(item, message_id=message)
    try:
        item = outbox.insert(tx, item, draft_version=draft_version, body=item.text)
    except apsw.ConstraintError as exc:
        raise StaleDraft(old) from exc
    if draft_version is not None:
        drafts.put(tx, msgspec.structs.replace(old, version=old.version + 1, text=""))
    _answered(tx, conversation, message)
    return item


def bring_file(tx: Tx, order: OrderId, staged: Staged, file: Attachment) -> Outgoing:
    """Queue a file for an order. Raises NotPossible."""
    found = tx.one("SELECT account_id, remote_id, number FROM orders WHERE id = ?", order)
    if found is None:
        raise NotPossible("no such order")
    _refuse_again(tx, staged)
    account, remote_id, number = found
    item = _new(tx, None, (account, "", None, order, remote_id, number), OutgoingKind.UPLOAD)
    extras = rows.sound_extras(Extras(attachments=(file,)))
    item = msgspec.structs.replace(
        item, id=staged.id, staged=staged.name, text=extras.attachments[0].name, extras=extras
    )
    return outbox.insert(tx, item, body=item.text)


def _refuse_again(tx: Tx, staged: Staged) -> None:
    """Its id is that of its copy, so a copy is pressed once."""
    if outbox.load(tx, staged.id) is not None:
        raise NotPossible("this copy was pressed already")


def _held(tx: Tx, item: Outgoing, hold_us: int) -> Outgoing:
    return msgspec.structs.replace(item, detail=HELD, not_before_us=tx.now_us + min(hold_us, MOST_HELD_US))


def _answered(tx: Tx, conversation: ConversationId, message: MessageId) -> None:
    """Whoever answers has read what is answered."""
    tx.touched.message(conversation, message)
    state = tx.state(conversation)
    newest = _newest_cursor(tx, conversation)
    if newest:
        tx.see(state, newest)
    _spend_server_number(tx, state)


def take_back(tx: Tx, outgoing: OutgoingId) -> Draft:
    """A send that has not left is none any more: its text stands above the draft again, at once.

    A draft holds no file, so one that a message brings is only let go, and so is its name.
    Raises NotPossible once it is on its way, and for what is no send.
    """
    item = outbox.load(tx, outgoing)
    if item is None or item.kind is not OutgoingKind.SEND or item.conversation_id is None:
        raise NotPossible("no such message")
    outbox.advance(tx, outgoing, PersonCancels())
    old = drafts.load(tx, item.conversation_id)
    if item.staged and item.text in {"", item.extras.attachments[0].name}:
        return old
    text = f"{item.text}\n{old.text}" if old.text else item.text
    return drafts.put(tx, msgspec.structs.replace(old, version=old.version + 1, text=text))


def _insert_message(tx: Tx, conversation: ConversationId, row: tuple[Any, ...], item: Outgoing) -> MessageId:
    tx.run_sql(
        "INSERT INTO messages (conversation_id, cursor, sender_id, sender_name, own, kind, text, extras,"
        " sent_at_us, state, outgoing_id, parked_detail, expected_at_us)"
        " VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
        conversation,
        PENDING_CURSOR,
        row[6],
        row[7],
        item.message_kind.value,
        item.text,
        rows.encode_extras(item.extras),
        tx.now_us,
        DeliveryState.QUEUED.value,
        item.id,
        item.detail,
        item.not_before_us or None,
    )
    return MessageId(tx.con.last_insert_rowid())


def _newest_cursor(tx: Tx, conversation: ConversationId) -> str:
    row = tx.one(
        "SELECT max(cursor) FROM messages WHERE conversation_id = ? AND cursor < ?",
        conversation,
        PENDING_CURSOR,
    )
    return "" if row is None or row[0] is None else str(row[0])


def _spend_server_number(tx: Tx, state: ConversationState) -> bool:
    """The person has read here: the server's number of unread messages is spent. False where it was."""
    if state.server_count() == 0:
        return False
    state.server_unread = 0
    tx.run_sql("UPDATE conversations SET server_unread = 0 WHERE id = ?", state.id)
    tx.touched.dirty.add(state.id)
    return True


def read_up_to(tx: Tx, conversation: ConversationId, cursor: Cursor) -> Outgoing | None:
    """Remember what was seen and queue telling it; an older mark that waits makes way. None: not newer."""
    row = _row(tx, conversation)
    state = tx.state(conversation)
    upto = _newest_cursor(tx, conversation) if cursor >= PENDING_CURSOR else cursor
    moved = bool(upto) and tx.see(state, upto)
    if not (_spend_server_number(tx, state) or moved):
        return None
    for older in outbox.waiting_of(tx, conversation, OutgoingKind.MARK_READ):
        if older.state in {DeliveryState.QUEUED, DeliveryState.PARKED}:
            outbox.replace_waiting(tx, older)
    if Lifecycle(row[2]) in OUT_OF_REACH:
        return None  # there is nobody to tell
    return outbox.insert(
        tx, msgspec.structs.replace(_new(tx, conversation, row, OutgoingKind.MARK_READ), target=upto)
    )


def delete(tx: Tx, message: MessageId) -> Outgoing:
    """Queue the deletion of an own message that the server has. Raises NotPossible."""
    found = tx.one("SELECT conversation_id, remote_id, own, deleted FROM messages WHERE id = ?", message)
    if found is None or not found[2] or found[1] is None or found[3]:
        raise NotPossible("only own messages that have arrived can be deleted")
    conversation, remote_id = found[0], found[1]
    row = _row(tx, conversation)
    _refuse_out_of_reach(row)
    for waiting in outbox.waiting_of(tx, conversation, OutgoingKind.DELETE):
        if waiting.target == remote_id:
            return waiting
    item = _new(tx, conversation, row, OutgoingKind.DELETE)
    return outbox.insert(tx, msgspec.structs.replace(item, target=remote_id, message_id=message))


def report(tx: Tx, message: MessageId, reason: str) -> Outgoing:
    """Queue a report of somebody else's message that the server has. Raises NotPossible."""
    found = tx.one("SELECT conversation_id, remote_id, own, deleted FROM messages WHERE id = ?", message)
    if found is None or found[2] or found[1] is None or found[3]:
        raise NotPossible("only stored messages of others can be reported")
    conversation, remote_id = found[0], found[1]
    row = _row(tx, conversation)
    _refuse_out_of_reach(row)
    for waiting in outbox.waiting_of(tx, conversation, OutgoingKind.REPORT):
        if waiting.target == remote_id:
            return waiting
    item = _new(tx, conversation, row, OutgoingKind.REPORT)
    reason = well_formed(reason)
    return outbox.insert(
        tx, msgspec.structs.replace(item, target=remote_id, text=reason, message_id=message), body=reason
    )


def change_status(tx: Tx, order: OrderId, new_status: str) -> Outgoing:
    """Queue the change of an order's status; an older one that has not left makes way. Raises NotPossible."""
    found = tx.one(
        "SELECT o.status, o.account_id, o.remote_id, o.number, (SELECT min(c.id) FROM conversations c"
        "  WHERE c.account_id = o.account_id AND c.order_remote_id = o.remote_id)"
        " FROM orders o WHERE o.id = ?",
        order,
    )
    if found is None:
        raise NotPossible("no such order")
    old, account, remote_id, number, conversation = found
    remote = ""
    if conversation is not None:
        remote = _row(tx, conversation)[1]
    is_repeat = False
    for waiting in outbox.waiting(tx, account):
        if waiting.kind is OutgoingKind.CHANGE_STATUS and waiting.order_id == order:
            if waiting.state is DeliveryState.QUEUED and waiting.attempts == 0:
                outbox.replace_waiting(tx, waiting)
            else:
                is_repeat = True
    if new_status == old and not is_repeat:
        raise NotPossible("the order has that status")
    row = (account, remote, None, order, remote_id, number)
    item = _new(tx, conversation, row, OutgoingKind.CHANGE_STATUS)
    return outbox.insert(tx, msgspec.structs.replace(item, target=f"{old}>{new_status}"))
