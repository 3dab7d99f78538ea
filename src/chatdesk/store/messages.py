"""Messages as the server shows them: new ones, changed ones, deleted ones, whatever the order of arrival."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from chatdesk.domain.actions import NO_EXTRAS
from chatdesk.domain.events import MessageSeen
from chatdesk.domain.ids import MessageId, OutgoingId, RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, MessageKind, Source
from chatdesk.store import ledger, search_index
from chatdesk.store.rows import Row, encode_extras, sound_extras
from chatdesk.store.stamps import content_version, first_seen, is_strong
from chatdesk.store.touched import Arrived
from chatdesk.store.transaction import ConversationState, Mark, Tx

ABSENT: Final = 1
"""`messages.deleted`: complete histories lack it; a later sight brings it back."""
TOMBSTONE: Final = 2
"""`messages.deleted`: the server said so; final."""
ABSENCE_WEIGHT: Final = 2
"""Weights of history reads that together prove an absence."""

_COLUMNS = (
    "SELECT id, cursor, sender_id, sender_name, own, kind, text, extras, sent_at_us, edited_at_us, deleted,"
    " state, assurance, outgoing_id, arrived_twice, counted, read_here, version, first_seen, last_seen"
)
INSERT: Final = (
    "INSERT INTO messages (conversation_id, remote_id, cursor, sender_id, sender_name, own, kind, text,"
    " extras, sent_at_us, edited_at_us, deleted, state, assurance, arrived_twice, counted, read_here,"
    " version, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
"""Takes what `new_row` gives."""
FIRST_SEEN: Final = 18
"""Its place in there."""

_SHOWN: Final = 15
"""So many of _COLUMNS can be seen; the others are for counting and merging."""
_TEXT, _SENT_AT, _DELETED = 6, 8, 10
_SYSTEM = MessageKind.SYSTEM.value
_ACCEPTED, _READ = DeliveryState.ACCEPTED.value, DeliveryState.READ.value
_KINDS = {kind: kind.value for kind in MessageKind}
"""By kind: asking the enum for its value takes four times as long."""


class Stored(msgspec.Struct, eq=False):
    """The columns of a message that events decide; in the order of _COLUMNS."""

    id: MessageId
    cursor: str
    sender_id: str
    sender_name: str
    own: int
    kind: str
    text: str
    extras: str
    sent_at_us: int
    edited_at_us: int | None
    deleted: int
    state: str
    assurance: str | None
    outgoing_id: OutgoingId | None
    arrived_twice: int
    counted: int
    read_here: int
    version: bytes | None
    first_seen: bytes | None
    last_seen: bytes | None


def load(tx: Tx, state: ConversationState, remote_id: RemoteId) -> Stored | None:
    """The row that carries a remote id."""
    row = tx.one(_COLUMNS + " FROM messages WHERE conversation_id = ? AND remote_id = ?", state.id, remote_id)
    return None if row is None else Stored(*row)


def load_by_id(tx: Tx, message: MessageId) -> Stored | None:
    """The row of a local id."""
    row = tx.one(_COLUMNS + " FROM messages WHERE id = ?", message)
    return None if row is None else Stored(*row)


def seen(
    tx: Tx, state: ConversationState, stamp: bytes, event: MessageSeen, *, twice: bool = False
) -> MessageId:
    """Apply one sight of a message. `twice`: a further copy of an own message that has arrived already."""
    row = load(tx, state, event.remote_id)
    if row is None:
        return _insert(tx, state, stamp, event, twice=twice)
    _merge(tx, state, stamp, event, row)
    return row.id


def _insert(tx: Tx, state: ConversationState, stamp: bytes, event: MessageSeen, *, twice: bool) -> MessageId:
    row = new_row(tx, state, stamp, event, twice=twice)
    tx.run_sql(INSERT, *row)
    message = MessageId(tx.con.last_insert_rowid())
    tx.touched.message(state.id, message)
    follow(tx, state, event, stamp, row[FIRST_SEEN])
    return message


def new_row(
    tx: Tx, state: ConversationState, stamp: bytes, event: MessageSeen, *, twice: bool
) -> tuple[Any, ...]:
    """The values for INSERT of a message that has no row yet; rows of other messages do not matter to it."""
    version = content_version(stamp, event.source, event.updated_at_us)
    first = first_seen(stamp, event.source)
    deleted = TOMBSTONE if event.deleted or is_tombstoned(tx, state, event.remote_id) else 0
    if not deleted and stamp < state.newest_read_at and is_strong(version):
        deleted = _absence(tx, state, event.cursor, stamp)
    read_here = state.has_read_ids and is_named_read(tx, state, event.remote_id, by_self=True)
    counted = state.counted(
        own=event.own,
        kind=event.kind,
        deleted=deleted > 0,
        read_here=read_here,
        first=first,
        cursor=event.cursor,
    )
    delivery = _ACCEPTED
    if event.own and (
        _read_by_others(state, event.cursor, event.sent_at_us, first)
        or is_named_read(tx, state, event.remote_id, by_self=False)
    ):
        delivery = _READ
    is_wiped = deleted == TOMBSTONE and not event.own
    return (
        state.id,
        event.remote_id,
        event.cursor,
        event.sender_id,
        event.sender_name,
        event.own,
        _KINDS[event.kind],
        "" if is_wiped else event.text,
        "" if is_wiped or event.extras is NO_EXTRAS else encode_extras(sound_extras(event.extras)),
        event.sent_at_us,
        event.edited_at_us,
        deleted,
        delivery,
        _assurance(event),
        twice,
        counted,
        read_here,
        version,
        first,
        stamp,
    )


def as_read(message: MessageId, row: tuple[Any, ...]) -> Row:
    """What `rows.MESSAGES` would read of a row that was inserted with these values."""
    (conversation, remote_id, cursor, sender_id, sender_name, own, kind, text, extras, sent_at_us) = row[:10]
    edited_at_us, deleted, delivery, assurance, twice = row[10:15]
    placed = message, conversation, remote_id, cursor, sender_id, sender_name, own, kind, text, sent_at_us
    return *placed, edited_at_us, deleted, delivery, assurance, None, None, "", None, twice, extras


def as_arrived(message: MessageId, row: tuple[Any, ...]) -> Arrived:
    """What the list row of its conversation needs of a row that was inserted with these values."""
    return Arrived(row[2], message, row[9], row[5], row[11] > 0, row[6] == _SYSTEM, row[15])


def _merge(tx: Tx, state: ConversationState, stamp: bytes, event: MessageSeen, row: Stored) -> None:
    """Field by field: the content of the greatest version, the first and the last sight, final deletion."""
    before = msgspec.structs.astuple(row)
    is_echo = row.last_seen is None and row.outgoing_id is not None
    here = first_seen(stamp, event.source)
    first = row.first_seen = here if row.first_seen is None else min(here, row.first_seen)
    is_newest = row.last_seen is None or stamp > row.last_seen
    last = row.last_seen = stamp if row.last_seen is None else max(stamp, row.last_seen)
    version = content_version(stamp, event.source, event.updated_at_us)
    content = _content(event)
    if (version, content) > (row.version or b"", _content_of(row)):
        row.version = version
        row.cursor, row.sender_id, row.sender_name = event.cursor, event.sender_id, event.sender_name
        row.own, row.kind, row.text, row.extras = int(event.own), event.kind.value, event.text, content[-1]
        row.sent_at_us, row.edited_at_us = event.sent_at_us, event.edited_at_us
    if event.deleted:
        row.deleted = TOMBSTONE
    elif (row.deleted == ABSENT and is_newest) or (row.deleted == 0 and last < state.newest_read_at):
        row.deleted = _absence(tx, state, row.cursor, last) if is_strong(row.version) else 0
    if row.deleted == TOMBSTONE and not row.own:
        row.text = row.extras = ""
    row.assurance = _stronger(row.assurance, _assurance(event))
    if row.own and (
        _read_by_others(state, row.cursor, row.sent_at_us, first)
        or is_named_read(tx, state, event.remote_id, by_self=False)
    ):
        row.state = DeliveryState.READ.value
    _count(state, row, first)
    write(tx, state, row, before)
    follow(tx, state, event, stamp, first)
    if is_echo and row.outgoing_id is not None:
        ledger.note(tx, row.outgoing_id, "echo")


def write(tx: Tx, state: ConversationState, row: Stored, before: tuple[Any, ...]) -> None:
    """Write what differs from `before`, and tell the views if they can see it."""
    after = msgspec.structs.astuple(row)
    if after == before:
        return
    # All but first_seen and last_seen are columns of an index, or can be seen.
    if after[:-2] == before[:-2]:
        tx.run_sql(
            "UPDATE messages SET first_seen = ?, last_seen = ? WHERE id = ?",
            row.first_seen,
            row.last_seen,
            row.id,
        )
        return
    tx.run_sql(
        "UPDATE messages SET cursor = ?, sender_id = ?, sender_name = ?, own = ?, kind = ?, text = ?,"
        " extras = ?, sent_at_us = ?, edited_at_us = ?, deleted = ?, state = ?, assurance = ?,"
        " outgoing_id = ?, arrived_twice = ?, counted = ?, read_here = ?, version = ?, first_seen = ?,"
        " last_seen = ? WHERE id = ?",
        *after[1:],
        row.id,
    )
    tx.touched.dirty.add(state.id)
    if after[:_SHOWN] != before[:_SHOWN]:
        tx.touched.message(state.id, row.id)
        text, sent_at_us, deleted = before[_TEXT], before[_SENT_AT], before[_DELETED]
        if (text, sent_at_us, deleted) != (row.text, row.sent_at_us, row.deleted):
            search_index.reword(
                tx, state.account_id, state.id, row.id, text=text, sent_at_us=sent_at_us, deleted=deleted
            )


def delete(tx: Tx, state: ConversationState, remote_id: RemoteId) -> None:
    """A tombstone: final, also for a message that is yet to be seen."""
    row = load(tx, state, remote_id)
    if row is None:
        tx.run_sql("INSERT INTO tombstones VALUES (?, ?) ON CONFLICT DO NOTHING", state.id, remote_id)
        state.has_tombstones = True
        return
    bury(tx, state, row)


def bury(tx: Tx, state: ConversationState, row: Stored) -> None:
    """Mark a row as deleted for good. What others wrote is wiped; own text stays, for finding lost sends."""
    if row.deleted == TOMBSTONE:
        return
    before = msgspec.structs.astuple(row)
    row.deleted, row.counted = TOMBSTONE, 0
    if not row.own:
        row.text = row.extras = ""
    write(tx, state, row, before)
    if row.outgoing_id is not None:
        ledger.note(tx, row.outgoing_id, "deleted")


def weigh_absence(tx: Tx, state: ConversationState, row: Stored) -> None:
    """Set or lift the deletion of a row according to the complete readings that lack it."""
    if row.deleted == TOMBSTONE or row.last_seen is None or row.first_seen is None:
        return
    before = msgspec.structs.astuple(row)
    row.deleted = _absence(tx, state, row.cursor, row.last_seen) if is_strong(row.version) else 0
    _count(state, row, row.first_seen)
    write(tx, state, row, before)


def _count(state: ConversationState, row: Stored, first: bytes) -> None:
    row.counted = int(
        state.counted(
            own=bool(row.own),
            kind=MessageKind(row.kind),
            deleted=row.deleted > 0,
            read_here=bool(row.read_here),
            first=first,
            cursor=row.cursor,
        )
    )


def _absence(tx: Tx, state: ConversationState, cursor: str, last_seen: bytes) -> int:
    """ABSENT where complete readings that began after the last sight of a message lack it."""
    row = tx.one(
        "SELECT total(weight) FROM history_reads WHERE conversation_id = ? AND at > ? AND lo < ? AND hi > ?",
        state.id,
        last_seen,
        cursor,
        cursor,
    )
    return ABSENT if row is not None and row[0] >= ABSENCE_WEIGHT else 0


def is_tombstoned(tx: Tx, state: ConversationState, remote_id: RemoteId) -> bool:
    """Whether a message was deleted before it was seen."""
    return (
        state.has_tombstones
        and tx.one(
            "SELECT 1 FROM tombstones WHERE conversation_id = ? AND remote_id = ?", state.id, remote_id
        )
        is not None
    )


def is_named_read(tx: Tx, state: ConversationState, remote_id: RemoteId, *, by_self: bool) -> bool:
    """Whether a read event has named this message before it was here."""
    return (
        state.has_read_ids
        and tx.one(
            "SELECT 1 FROM read_ids WHERE conversation_id = ? AND by_self = ? AND remote_id = ?",
            state.id,
            by_self,
            remote_id,
        )
        is not None
    )


def _read_by_others(state: ConversationState, cursor: str, sent_at_us: int, first: bytes) -> bool:
    return any(mark.covers(cursor, sent_at_us, first) for mark in state.marks if not mark.by_self)


def follow(tx: Tx, state: ConversationState, event: MessageSeen, stamp: bytes, first: bytes) -> None:
    """What a sight of a message does besides its row: own ones were seen, open marks come to rest on it."""
    if event.own:
        tx.see(state, event.cursor)
        note_own(tx, state, event, stamp)
    for mark in lifted(state, event, first):
        raise_mark(tx, state, mark.person_id, by_self=mark.by_self, cursor=event.cursor)


def note_own(tx: Tx, state: ConversationState, event: MessageSeen, stamp: bytes) -> None:
    """Who writes from somewhere has read there what the server had counted."""
    if event.source in {Source.PUSH, Source.RELAY}:
        tx.self_read(state, stamp)


def lifted(state: ConversationState, event: MessageSeen, first: bytes) -> Iterator[Mark]:
    """The marks that rise to this message."""
    for mark in state.marks:
        if event.cursor > mark.cursor and mark.lifts(event.sent_at_us, first):
            yield mark


def raise_mark(tx: Tx, state: ConversationState, person: str, *, by_self: bool, cursor: str) -> None:
    """Somebody has read up to a cursor: own messages up to there are read, or what is here was seen."""
    mark = next(m for m in state.marks if m.person_id == person and m.by_self == by_self)
    if cursor <= mark.cursor:
        return
    below, mark.cursor = mark.cursor, cursor
    tx.run_sql(
        "UPDATE read_marks SET cursor = ? WHERE conversation_id = ? AND person_id = ? AND by_self = ?",
        cursor,
        state.id,
        person,
        by_self,
    )
    if by_self:
        tx.see(state, cursor)
        return
    read = tx.all(
        "SELECT id FROM messages WHERE conversation_id = ? AND own = 1"
        " AND state IN ('accepted', 'delivered') AND cursor > ? AND cursor <= ? AND remote_id IS NOT NULL",
        state.id,
        below,
        cursor,
    )
    for (message,) in read:
        set_read(tx, state, message)


def set_read(tx: Tx, state: ConversationState, message: MessageId) -> None:
    """The other side has read an own message."""
    row = tx.one("UPDATE messages SET state = 'read' WHERE id = ? RETURNING outgoing_id", message)
    tx.touched.message(state.id, message)
    if row is not None and row[0] is not None:
        ledger.note(tx, row[0], "read")


def _content(event: MessageSeen) -> tuple[Any, ...]:
    return (
        event.cursor,
        event.sender_id,
        event.sender_name,
        int(event.own),
        event.kind.value,
        event.sent_at_us,
        event.edited_at_us or 0,
        event.text,
        encode_extras(sound_extras(event.extras)),
    )


def _content_of(row: Stored) -> tuple[Any, ...]:
    return (
        row.cursor,
        row.sender_id,
        row.sender_name,
        row.own,
        row.kind,
        row.sent_at_us,
        row.edited_at_us or 0,
        row.text,
        row.extras,
    )


def _assurance(event: MessageSeen) -> str | None:
    if not event.own:
        return None
    match event.source:
        case Source.STORED | Source.PUSH:
            return Assurance.STORED.value
        case Source.RELAY:
            return Assurance.RELAYED.value
        case _:
            return None


def _stronger(one: str | None, other: str | None) -> str | None:
    if Assurance.STORED.value in {one, other}:
        return Assurance.STORED.value
    return one or other
