"""The outbox: intentions on disk, one step of the state machine at a time, with everything that follows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import Attempt, Outgoing
from chatdesk.domain.errors import BelongsToAnother, IllegalTransition, NotPossible
from chatdesk.domain.ids import AccountId, ConversationId, OutgoingId, RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, OutgoingKind
from chatdesk.store import ledger, messages, rows, search_index
from chatdesk.store.binding import bind, can_bind, is_anothers
from chatdesk.store.journal import Attempted, recorded
from chatdesk.store.transaction import ConversationState, Tx


def load(tx: Tx, outgoing: OutgoingId) -> Outgoing | None:
    """An item, settled or not."""
    row = tx.one(rows.OUTBOX + " WHERE id = ?", outgoing)
    return None if row is None else rows.outgoing(row)


def insert(
    tx: Tx,
    item: Outgoing,
    *,
    draft_version: int | None = None,
    body: str | None = None,
    code: str = "pressed",
) -> Outgoing:
    """A new item at the end of the queue, with its position. `code`: the ledger's word for it.

    Raises apsw.ConstraintError for a draft version that was sent already.
    """
    tx.run_sql(
        "INSERT INTO outbox (id, account_id, conversation_id, conversation_remote_id, kind, text, target,"
        " order_id, order_remote_id, order_number, state, created_at_us, changed_at_us, attempts, repeats,"
        " not_before_us, message_id, parked, detail, approved, message_kind, extras, draft_version, urgent,"
        " staged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        item.id,
        item.account_id,
        item.conversation_id,
        item.conversation_remote_id,
        item.kind.value,
        item.text,
        item.target,
        item.order_id,
        item.order_remote_id,
        item.order_number,
        item.state.value,
        item.created_at_us,
        item.changed_at_us,
        item.attempts,
        item.repeats,
        item.not_before_us,
        item.message_id,
        None if item.parked is None else item.parked.value,
        item.detail,
        item.approved,
        item.message_kind.value,
        rows.encode_extras(item.extras),
        draft_version,
        item.urgent,
        item.staged,
    )
    item = msgspec.structs.replace(item, position=tx.con.last_insert_rowid())
    tx.touched.outbox.add(item.id)
    tx.records.append(recorded(tx.account_name(item.account_id), item))
    ledger.write(tx, item, code, body=body)
    if item.staged:
        ledger.write(tx, item, "file copied")
    return item


def advance(tx: Tx, outgoing: OutgoingId, event: machine.Event, *, code: str | None = None) -> Outgoing:
    """One step of the state machine. Raises NotPossible where there is no such step.

    code: the ledger's word for it, where it is not the event's own.
    """
    item = load(tx, outgoing)
    if item is None:
        raise NotPossible("no such intention")
    if _comes_late(item, event):
        return item
    event = _checked(tx, item, event)
    try:
        changed = machine.advance(item, event, tx.now_us)
    except IllegalTransition as exc:
        raise NotPossible(str(exc)) from exc
    return _write(tx, item, changed, event, _code(event) if code is None else code)


def ask_again(tx: Tx) -> None:
    """Let every send that would go by itself ask first: a copy that was put back may have sent it already."""
    found = tx.all(rows.OUTBOX + " WHERE kind = 'send' AND state = 'queued' ORDER BY position")
    for item in map(rows.outgoing, found):
        advance(tx, item.id, machine.Aged())


def put(tx: Tx, item: Outgoing, changed: Outgoing, event: machine.Event, code: str) -> Outgoing:
    """Bring an item to where the journal says that it is, whatever the state machine would have done."""
    return _write(tx, item, changed, event, code)


def put_attempts(tx: Tx, outgoing: OutgoingId, attempts: Iterable[Attempt]) -> None:
    """Add those attempts of an item that are not here yet."""
    here = {row[0] for row in tx.all("SELECT number FROM attempts WHERE outgoing_id = ?", outgoing)}
    for attempt in attempts:
        if attempt.number not in here:
            _write_attempt(tx, attempt)
            here.add(attempt.number)


def replace_waiting(tx: Tx, item: Outgoing) -> None:
    """Let an intention go because a newer one says the same and more."""
    event = machine.PersonDiscards() if item.parked else machine.PersonCancels()
    _write(tx, item, machine.advance(item, event, tx.now_us), event, "replaced")


def arrived(
    tx: Tx, state: ConversationState, client_id: str, remote_id: RemoteId, assurance: Assurance
) -> bool:
    """A message carries our id: the item that waits for it is found. True: it came before, as another.

    assurance: how sure that is, by where the message came from.
    """
    row = tx.one(
        "SELECT remote_id FROM messages WHERE outgoing_id = ? AND conversation_id = ?", client_id, state.id
    )
    if row is None or row[0] == remote_id:
        return False
    if row[0] is not None:
        return True
    item = load(tx, OutgoingId(client_id))
    if item is None or not can_bind(tx, item, remote_id):
        return False
    found = machine.Found(remote_id, assurance)
    if item.state is DeliveryState.ACCEPTED:
        bind(tx, item, remote_id, assurance)
    elif machine.can(item, found):
        advance(tx, item.id, found)
    return False


def waiting(tx: Tx, account: AccountId) -> tuple[Outgoing, ...]:
    """Every unsettled item of an account, in the order of pressing."""
    found = tx.all(rows.OUTBOX + f" WHERE account_id = ? AND {rows.WAITING} ORDER BY position", account)
    return tuple(rows.outgoing(row) for row in found)


def waiting_of(tx: Tx, conversation: ConversationId, kind: OutgoingKind) -> tuple[Outgoing, ...]:
    """Every unsettled item of one kind in a conversation."""
    found = tx.all(
        rows.OUTBOX + f" WHERE conversation_id = ? AND kind = ? AND {rows.WAITING} ORDER BY position",
        conversation,
        kind.value,
    )
    return tuple(rows.outgoing(row) for row in found)


def _comes_late(item: Outgoing, event: machine.Event) -> bool:
    """An echo that carried our id has settled the item before its own answer came, or failed to come."""
    return item.state is DeliveryState.ACCEPTED and isinstance(
        event, machine.Stored | machine.Found | machine.Unknown
    )


def _checked(tx: Tx, item: Outgoing, event: machine.Event) -> machine.Event:
    """A confirmation that names another send's copy was that one's, come twice: it confirms nothing.

    Of an item that has its copy already, or no row any more, an answer is an acceptance that binds nothing.
    """
    match event:
        case machine.Stored(remote_id=str(remote_id)) if item.kind is OutgoingKind.SEND:
            if is_anothers(tx, item, remote_id):
                raise BelongsToAnother("that message is the copy of another send")
            if not can_bind(tx, item, remote_id):
                return machine.Stored(None, event.assurance)
        case machine.Found(remote_id=remote_id) if item.kind is OutgoingKind.SEND:
            if not can_bind(tx, item, remote_id):
                raise NotPossible("that message belongs to another intention")
        case machine.Started(attempt=attempt) if attempt.number != item.attempts + 1:
            raise NotPossible(f"attempt {attempt.number} after {item.attempts}")
        case _:
            pass
    return event


def _write(tx: Tx, item: Outgoing, changed: Outgoing, event: machine.Event, code: str) -> Outgoing:
    if (
        machine.is_scheduled(item)
        and changed.state is DeliveryState.QUEUED
        and not machine.is_scheduled(changed)
    ):
        changed = _at_the_end(tx, changed)
    if isinstance(event, machine.Started):
        _write_attempt(tx, event.attempt)
        tx.records.append(Attempted(changed.id, event.attempt.number, event.attempt))
    elif changed.state not in machine.WAITING or _for_journal(changed) != _for_journal(item):
        found = event.remote_id if isinstance(event, machine.Stored | machine.Found) else None
        tx.records.append(recorded(tx.account_name(item.account_id), changed, found))
    if changed.kind is OutgoingKind.SEND:
        changed = _message_follows(tx, item, changed, event)
    elif changed.kind is OutgoingKind.DELETE and changed.state is DeliveryState.ACCEPTED:
        _bury_target(tx, changed)
    tx.run_sql(
        "UPDATE outbox SET text = ?, state = ?, changed_at_us = ?, attempts = ?, repeats = ?,"
        " not_before_us = ?, message_id = ?, parked = ?, detail = ?, approved = ?, urgent = ?,"
        " created_at_us = ?, position = ?, extras = ? WHERE id = ?",
        changed.text,
        changed.state.value,
        changed.changed_at_us,
        changed.attempts,
        changed.repeats,
        changed.not_before_us,
        changed.message_id,
        None if changed.parked is None else changed.parked.value,
        changed.detail,
        changed.approved,
        changed.urgent,
        changed.created_at_us,
        changed.position,
        rows.encode_extras(changed.extras),
        changed.id,
    )
    tx.touched.outbox.add(changed.id)
    ledger.write(
        tx,
        changed,
        code,
        remote_id=event.remote_id if isinstance(event, machine.Stored | machine.Found) else None,
        body=event.text if isinstance(event, machine.PersonEdits) else None,
    )
    return changed


def _for_journal(item: Outgoing) -> tuple[object, ...]:
    """What the journal must hear of while an item waits; its state comes with attempts and ends."""
    return item.text, item.position, item.extras


def _at_the_end(tx: Tx, item: Outgoing) -> Outgoing:
    """Its turn is behind everything that was pressed until now."""
    row = tx.one("SELECT max(position) + 1 FROM outbox")
    return item if row is None else msgspec.structs.replace(item, position=row[0])


def _bury_target(tx: Tx, item: Outgoing) -> None:
    if item.conversation_id is not None:
        messages.delete(tx, tx.state(item.conversation_id), RemoteId(item.target))


def _message_follows(tx: Tx, item: Outgoing, changed: Outgoing, event: machine.Event) -> Outgoing:
    """The message row shows what its item has come to."""
    if changed.message_id is None or changed.conversation_id is None:
        return changed
    if changed.extras != item.extras:
        extras = rows.encode_extras(changed.extras)
        tx.run_sql("UPDATE messages SET extras = ? WHERE id = ?", extras, changed.message_id)
        tx.touched.message(changed.conversation_id, changed.message_id)
    match changed.state:
        case DeliveryState.ACCEPTED:
            named = event if isinstance(event, machine.Stored | machine.Found) else machine.Stored(None)
            bind(tx, changed, named.remote_id, named.assurance)
        case DeliveryState.CANCELLED:
            _reword(tx, item)
            tx.run_sql("DELETE FROM messages WHERE id = ?", changed.message_id)
            tx.touched.message_gone(changed.conversation_id, changed.message_id)
            return msgspec.structs.replace(changed, message_id=None)
        case _ if _shown(item) != _shown(changed):
            if item.text != changed.text:
                _reword(tx, item)
            tx.run_sql(
                "UPDATE messages SET state = ?, text = ?, parked = ?, parked_detail = ?, expected_at_us = ?"
                " WHERE id = ?",
                *_shown(changed),
                changed.message_id,
            )
            tx.touched.message(changed.conversation_id, changed.message_id)
    return changed


def _reword(tx: Tx, item: Outgoing) -> None:
    if item.conversation_id is None or item.message_id is None:
        return
    row = messages.load_by_id(tx, item.message_id)
    if row is not None:
        search_index.reword(
            tx,
            item.account_id,
            item.conversation_id,
            row.id,
            text=row.text,
            sent_at_us=row.sent_at_us,
            deleted=row.deleted,
        )


_TOLD_WAITS = frozenset({machine.HELD, machine.SCHEDULED})


def _shown(item: Outgoing) -> tuple[str, str, str | None, str, int | None]:
    return (
        item.state.value,
        item.text,
        None if item.parked is None else item.parked.value,
        item.detail if item.parked or item.detail in _TOLD_WAITS else "",
        item.not_before_us or None if item.state is DeliveryState.QUEUED else None,
    )


def _write_attempt(tx: Tx, attempt: Attempt) -> None:
    tx.run_sql(
        "INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        attempt.outgoing_id,
        attempt.number,
        attempt.client_id,
        attempt.epoch,
        attempt.step,
        msgspec.json.encode(attempt.watermark).decode(),
        attempt.watermark_complete,
        attempt.started_at_us,
    )


_CODES: dict[type[machine.Event], str] = {
    machine.Later: "later",
    machine.Unknown: "no answer",
    machine.Found: "found",
    machine.Absent: "absent",
    machine.SafeToRepeat: "repeating",
    machine.Restarted: "restarted",
    machine.Uploaded: "file uploaded",
    machine.PersonCancels: "cancelled",
    machine.PersonEdits: "edited",
    machine.PersonRetries: "retried",
    machine.PersonSchedules: "scheduled",
    machine.PersonUrges: "urged",
    machine.Due: "due",
    machine.PersonSendsAgain: "sent again",
    machine.PersonDiscards: "discarded",
    machine.Aged: "grown old",
    machine.Superseded: "already so",
}


def _code(event: machine.Event) -> str:
    match event:
        case machine.Started(attempt=attempt):
            return f"attempt {attempt.number}"
        case machine.Stored(assurance=assurance):
            return assurance.value
        case machine.Refused(reason=reason):
            return f"refused: {reason.value}"
        case _:
            return _CODES[type(event)]
