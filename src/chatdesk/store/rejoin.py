"""What the journal knows and the database does not: unfinished sends come back, and none goes by itself.

Never attempted: it asks before it goes. Attempted and not settled: uncertain, so history is searched for it.
Settled: it does not go again. What is free to repeat (marking as read, deleting, reporting) is just queued.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from chatdesk.domain import outbox as machine
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Attempt, Capabilities, Outgoing
from chatdesk.domain.errors import DamagedDatabase
from chatdesk.domain.events import ConversationSeen
from chatdesk.domain.ids import (
    PENDING_CURSOR,
    AccountId,
    ConversationId,
    Cursor,
    MessageId,
    OrderId,
    RemoteId,
)
from chatdesk.domain.kinds import DeliveryState, OutgoingKind, ParkReason, Platform
from chatdesk.domain.ordering import Stamp
from chatdesk.store import accounts, conversations, ledger, outbox, rows
from chatdesk.store.binding import can_bind
from chatdesk.store.journal import Contents, Unfinished
from chatdesk.store.stamps import pack
from chatdesk.store.transaction import Tx

_CODE: Final = "rebuilt"
_ARRIVED: Final = frozenset(one.value for one in machine.TERMINAL - {DeliveryState.CANCELLED})
_VOID: Final = "void"
_BEFORE_ALL: Final = pack(0, Stamp(0, 0))
"""Whatever a server says of a conversation is newer than what the journal knows."""


class Rejoined(msgspec.Struct, frozen=True):
    """How many sends ask, are uncertain, and were settled though they waited here.

    left: items whose account can't be made out; the copy of the journal keeps them.
    """

    asking: int
    uncertain: int
    settled: int
    left: int


class Standing(Enum):
    """How the database stands to its journal."""

    TOGETHER = 1
    """They have lived through the same, but for the journal's last record, whose transaction may be missing.

    What it says of a row that is here counts: an attempt may have left, it has arrived. A row that is not
    here was never promised, nor was its person told of letting one go: its text may be nowhere else.
    """
    BEHIND = 2
    """The database has lost what was committed: what is only in the journal comes back."""
    OTHER = 3
    """One of the two was put back or lost, and nobody knows which: all that would go by itself asks."""
    ANEW = 4
    """The database was made anew: all that is owed is in the journal."""


_APART: Final = frozenset({Standing.OTHER, Standing.ANEW})
_NO_MORE: Final = 1_000
"""So many repeats leave none to the machine, whatever the platform."""


def rejoin(tx: Tx, contents: Contents, standing: Standing) -> Rejoined:
    """Put the outbox right by the journal. Nothing is changed where the two agree."""
    return _Rejoining(tx, contents, standing).do()


class _Rejoining:
    def __init__(self, tx: Tx, contents: Contents, standing: Standing) -> None:
        self._tx = tx
        self._contents = contents
        self._standing = standing
        self._settled = 0
        self._left = 0
        self._has_begun = False

    def do(self) -> Rejoined:
        tx, contents = self._tx, self._contents
        if self._standing in _APART:
            self._begin()
        if self._standing is not Standing.TOGETHER:
            for facts in contents.accounts.values():
                self._account_by(facts)
        # First what is only here: it was pressed before what the database has never seen.
        for item in self._waiting():
            if item.id not in contents.unfinished:
                self._without_record(item)
        for one in sorted(contents.unfinished.values(), key=lambda one: one.item.position):
            known = outbox.load(tx, one.item.id)
            if known is None:
                if self._standing is not Standing.TOGETHER:
                    self._bring_back(one)
            elif known.state in machine.WAITING:
                self._catch_up(known, one)
        if self._standing in _APART:
            outbox.ask_again(tx)
        if self._standing is Standing.OTHER:
            # An absence proves nothing here: another copy may be at it. Only the person repeats these.
            tx.run_sql(
                "UPDATE outbox SET repeats = ? WHERE kind = 'send' AND state IN ('in_flight', 'uncertain')",
                _NO_MORE,
            )
        sends = [item for item in self._waiting() if item.kind is OutgoingKind.SEND]
        return Rejoined(
            asking=sum(item.parked is ParkReason.OLD for item in sends),
            uncertain=sum(item.state in {DeliveryState.UNCERTAIN, DeliveryState.IN_FLIGHT} for item in sends),
            settled=self._settled,
            left=self._left,
        )

    def _begin(self) -> None:
        """Before the first row of the ledger: what it has lost is named."""
        if not self._has_begun and self._contents.anchor is not None:
            ledger.open_segment(self._tx, self._contents.anchor)
        self._has_begun = True

    def _waiting(self) -> list[Outgoing]:
        found = self._tx.all(rows.OUTBOX + f" WHERE {rows.WAITING} ORDER BY position")
        return [rows.outgoing(row) for row in found]

    # -- what is here

    def _without_record(self, item: Outgoing) -> None:
        """The database says that it waits, the journal does not: an end that it names counts."""
        end = self._contents.ended.get(item.id)
        if end is None or end.how == _VOID:
            if self._standing is Standing.BEHIND and item.state is DeliveryState.QUEUED:
                self._begin()
                if item.kind is OutgoingKind.SEND:
                    outbox.advance(self._tx, item.id, machine.Aged())
            return
        if end.how not in _ARRIVED and self._standing is Standing.TOGETHER:
            # It was about to be let go, or to be a draft again; that did not come to its end.
            is_queued = item.state is DeliveryState.QUEUED and not machine.is_scheduled(item)
            if item.kind is OutgoingKind.SEND and is_queued:
                outbox.advance(self._tx, item.id, machine.Aged())
            return
        self._begin()
        self._settled += 1
        if end.how not in _ARRIVED:
            changed = msgspec.structs.replace(
                item, state=DeliveryState.CANCELLED, parked=ParkReason.DISCARDED, detail=""
            )
            outbox.put(self._tx, item, changed, machine.PersonDiscards(), _CODE)
            return
        changed = msgspec.structs.replace(item, state=DeliveryState.ACCEPTED, parked=None, detail="")
        event = machine.Stored(end.remote_id if self._can_bind(item, end.remote_id) else None)
        outbox.put(self._tx, item, changed, event, _CODE)

    def _can_bind(self, item: Outgoing, remote_id: RemoteId | None) -> bool:
        return (
            remote_id is not None and item.kind is OutgoingKind.SEND and (can_bind(self._tx, item, remote_id))
        )

    def _catch_up(self, item: Outgoing, one: Unfinished) -> None:
        """The journal knows of attempts, or of a text, that the database has lost."""
        is_behind = one.attempts > item.attempts
        if one.item.text != item.text and not ledger.is_text_of(self._tx, item):
            raise DamagedDatabase("a text that waits is spoilt")
        has_new_text = one.item.text != item.text and self._standing is Standing.BEHIND
        if not is_behind and not has_new_text:
            return
        self._begin()
        changed = msgspec.structs.replace(
            item,
            text=one.item.text if has_new_text else item.text,
            # What left named its file by the address that the upload brought.
            extras=one.item.extras if is_behind and item.staged else item.extras,
            attempts=max(item.attempts, one.attempts),
        )
        if is_behind:
            changed = _after_attempt(
                msgspec.structs.replace(changed, repeats=max(item.repeats, one.attempts - 1))
            )
            outbox.put_attempts(self._tx, item.id, self._attempts(one))
        outbox.put(self._tx, item, changed, machine.Restarted(), _CODE)

    # -- what is not here

    def _bring_back(self, one: Unfinished) -> None:
        tx = self._tx
        account = self._account(one.account)
        if account is None:
            self._left += 1
            return
        self._begin()
        conversation = self._conversation(account, one.item)
        item = msgspec.structs.replace(
            one.item,
            account_id=account,
            conversation_id=conversation,
            order_id=self._order(account, one.item.order_remote_id),
            attempts=one.attempts,
            repeats=max(one.item.repeats, one.attempts - 1, 0),
            message_id=None,
            not_before_us=0,
            approved=False,
        )
        item = _after_attempt(item) if one.attempts else _before_attempt(item)
        bound = tx.one("SELECT id FROM messages WHERE outgoing_id = ? AND remote_id IS NOT NULL", item.id)
        if bound is not None:  # it has arrived; only the journal's last record was lost
            item = msgspec.structs.replace(
                item, state=DeliveryState.ACCEPTED, message_id=MessageId(bound[0]), parked=None
            )
        elif item.kind is OutgoingKind.SEND and conversation is not None:
            item = msgspec.structs.replace(item, message_id=self._message(conversation, item))
        elif item.kind in {OutgoingKind.DELETE, OutgoingKind.REPORT} and conversation is not None:
            item = msgspec.structs.replace(item, message_id=self._target(conversation, item.target))
        elif item.kind is OutgoingKind.MARK_READ and conversation is not None:
            tx.see(tx.state(conversation), Cursor(item.target))
        outbox.insert(tx, item, body=item.text or None, code=_CODE)
        outbox.put_attempts(tx, item.id, self._attempts(one))

    def _attempts(self, one: Unfinished) -> tuple[Attempt, ...]:
        """Its attempts; what became of other sends meanwhile is none of its candidates."""
        place = one.account, one.item.conversation_remote_id
        others = self._contents.bound.get(place, ())
        return tuple(
            msgspec.structs.replace(attempt, watermark=tuple(dict.fromkeys((*attempt.watermark, *others))))
            for attempt in one.tried
        )

    def _account(self, name: str) -> AccountId | None:
        facts = self._contents.accounts.get(name)
        if facts is None:
            facts = _from_name(name)
        return None if facts is None else self._account_by(facts)

    def _account_by(self, facts: NewAccount) -> AccountId:
        row = self._tx.one(
            "SELECT id FROM accounts WHERE platform = ? AND server_url = ? AND user_id = ? AND seat = ?",
            facts.platform.value,
            facts.server_url,
            facts.user_id,
            facts.seat,
        )
        return AccountId(row[0]) if row is not None else accounts.add(self._tx, facts).id

    def _conversation(self, account: AccountId, item: Outgoing) -> ConversationId | None:
        remote_id = item.conversation_remote_id
        if not remote_id:
            return None
        state = self._tx.conversation(account, remote_id)
        if state is None:
            # Its title and all else come with the next reading of the lists.
            self._tx.run_sql(
                "DELETE FROM forgotten WHERE account_id = ? AND remote_id = ?", account, remote_id
            )
            seen = ConversationSeen(remote_id=remote_id, order_remote_id=item.order_remote_id)
            conversations.seen(self._tx, account, _BEFORE_ALL, seen)
            state = self._tx.conversation(account, remote_id)
        return None if state is None else state.id

    def _order(self, account: AccountId, remote_id: RemoteId | None) -> OrderId | None:
        row = self._tx.one("SELECT id FROM orders WHERE account_id = ? AND remote_id = ?", account, remote_id)
        return None if row is None else OrderId(row[0])

    def _target(self, conversation: ConversationId, remote_id: str) -> MessageId | None:
        row = self._tx.one(
            "SELECT id FROM messages WHERE conversation_id = ? AND remote_id = ?", conversation, remote_id
        )
        return None if row is None else MessageId(row[0])

    def _message(self, conversation: ConversationId, item: Outgoing) -> MessageId:
        """The row that stands for it in the conversation, behind all that the server has placed."""
        tx = self._tx
        here = tx.one("SELECT id FROM messages WHERE outgoing_id = ?", item.id)
        if here is not None:
            message = MessageId(here[0])
            tx.run_sql("UPDATE messages SET state = ? WHERE id = ?", item.state.value, message)
            tx.touched.message(conversation, message)
            return message
        me = tx.one("SELECT user_id, name FROM accounts WHERE id = ?", item.account_id)
        tx.run_sql(
            "INSERT INTO messages (conversation_id, cursor, sender_id, sender_name, own, kind, text, extras,"
            " sent_at_us, state, outgoing_id, parked, parked_detail)"
            " VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)",
            conversation,
            PENDING_CURSOR,
            *(me or ("", "")),
            item.message_kind.value,
            item.text,
            rows.encode_extras(item.extras),
            item.created_at_us,
            item.state.value,
            item.id,
            None if item.parked is None else item.parked.value,
            item.detail if item.parked else "",
        )
        message = MessageId(tx.con.last_insert_rowid())
        tx.touched.message(conversation, message)
        return message


def _after_attempt(item: Outgoing) -> Outgoing:
    """Bytes of it may have left."""
    free = item.kind in machine.REPEATABLE
    state = DeliveryState.QUEUED if free else DeliveryState.UNCERTAIN
    return msgspec.structs.replace(item, state=state, parked=None, detail="", not_before_us=0)


def _before_attempt(item: Outgoing) -> Outgoing:
    """No byte of it has left. What was parked keeps its reason; the rest asks, if it matters."""
    if item.state is DeliveryState.PARKED and item.parked is not None:
        return item
    if item.kind in machine.REPEATABLE:
        return msgspec.structs.replace(item, state=DeliveryState.QUEUED, parked=None, detail="")
    return msgspec.structs.replace(item, state=DeliveryState.PARKED, parked=ParkReason.OLD, detail="")


def _from_name(name: str) -> NewAccount | None:
    """An account of which only the name is known: its items wait until somebody signs in to it again."""
    parts = name.split(" ", 3)
    if len(parts) < 3 or parts[0] not in set(Platform):
        return None
    return NewAccount(
        platform=Platform(parts[0]),
        server_url=parts[1],
        login="",
        user_id=RemoteId(parts[2]),
        role="",
        name=parts[2],
        plain_http_consent=False,
        capabilities=Capabilities(),
        seat=parts[3] if len(parts) == 4 else "",
    )
