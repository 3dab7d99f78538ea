"""Applying what came in: each event to its table, and no bad one takes its batch along."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    ListsRead,
    MessageDeleted,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    ReadSeen,
    Stamped,
    StoredEvent,
    WindowRead,
)
from chatdesk.domain.ids import AccountId, ConversationId, RemoteId
from chatdesk.domain.kinds import Assurance, Source
from chatdesk.store import accounts, conversations, messages, orders, outbox, reads, windows
from chatdesk.store.connection import problem
from chatdesk.store.newcomers import Newcomers
from chatdesk.store.stamps import epoch_of, pack
from chatdesk.store.transaction import Tx

_log = logging.getLogger(__name__)

FOREIGN = "foreign"
"""Dropped: of a conversation that the account does not have."""
BAD = "bad"
"""Dropped: the database would not have it."""

_TURN: dict[type[StoredEvent], int] = {
    OrderSeen: 0,
    ListsRead: 0,
    ConversationSeen: 1,
    ConversationGone: 2,
    MessageDeleted: 3,
    MessageSeen: 3,
    ReadSeen: 4,
    WindowRead: 5,
    NotificationSeen: 5,
}
"""Within one batch what others depend on goes first, so that a batch may come in any order."""

Pushed = dict[tuple[ConversationId, bytes], tuple[str, str]]
"""Smallest and greatest cursor that a connection has pushed to a conversation."""


def apply(tx: Tx, account: AccountId, events: Sequence[Stamped]) -> None:
    """Apply a batch. Raises NotPossible for an unknown account and StoreProblem; never for an event."""
    accounts.load(tx, account)
    ordered = sorted(events, key=lambda stamped: _TURN[type(stamped.event)])
    try:
        tx.isolated(lambda: _apply_all(tx, account, ordered))
    except Exception as exc:
        if problem(exc) is not None:
            raise
    else:
        return
    for stamped in ordered:
        try:
            tx.isolated(lambda one=stamped: _apply_all(tx, account, [one]))  # type: ignore[misc]
        except Exception as exc:
            if problem(exc) is not None:
                raise
            # Neither the event nor the error's text: both may hold what a person wrote.
            _log.warning("dropped a %s: %s", type(stamped.event).__name__, type(exc).__name__)
            tx.drop(account, BAD)


def _apply_all(tx: Tx, account: AccountId, events: Sequence[Stamped]) -> None:
    pushed: Pushed = {}
    newcomers: Newcomers | None = None
    for stamped in events:
        event, stamp = stamped.event, pack(tx.run, stamped.stamp)
        if isinstance(event, MessageSeen):
            if newcomers is None:  # not sooner: what was before may have made the conversation
                newcomers = Newcomers(tx, account, _messages(events))
            _message(tx, account, stamp, event, pushed, newcomers)
            continue
        if newcomers is not None:
            newcomers.write()
        _apply_one(tx, account, stamp, event)
    if newcomers is not None:
        newcomers.write()
    for (conversation, epoch), (lo, hi) in pushed.items():
        windows.put_range(tx, tx.state(conversation), lo, hi, epoch)


def _messages(events: Sequence[Stamped]) -> list[MessageSeen]:
    return [stamped.event for stamped in events if isinstance(stamped.event, MessageSeen)]


def _apply_one(tx: Tx, account: AccountId, stamp: bytes, event: StoredEvent) -> None:
    match event:
        case OrderSeen():
            orders.seen(tx, account, stamp, event)
        case ConversationSeen():
            conversations.seen(tx, account, stamp, event)
        case ListsRead():
            conversations.lists_read(tx, account, stamp, event)
        case NotificationSeen():
            conversations.notified(tx, account, stamp, event)
        case ConversationGone():
            # Losing what we never had is no news and no fault.
            if (state := tx.conversation(account, event.remote_id)) is not None:
                conversations.gone(tx, state, stamp, event)
        case MessageDeleted() | ReadSeen() | WindowRead():
            state = tx.conversation(account, event.conversation)
            if state is None:
                _drop_foreign(tx, account, event.conversation)
            elif isinstance(event, MessageDeleted):
                messages.delete(tx, state, event.remote_id)
            elif isinstance(event, ReadSeen):
                reads.read(tx, state, stamp, event)
            else:
                windows.read(tx, state, stamp, event)


def _drop_foreign(tx: Tx, account: AccountId, conversation: RemoteId) -> None:
    if not conversations.is_forgotten(tx, account, conversation):
        tx.drop(account, FOREIGN)


def _message(
    tx: Tx, account: AccountId, stamp: bytes, event: MessageSeen, pushed: Pushed, newcomers: Newcomers
) -> None:
    state = tx.conversation(account, event.conversation)
    if state is None:
        _drop_foreign(tx, account, event.conversation)
        return
    twice = False
    if event.client_id is not None and event.own:
        newcomers.write()
        assurance = Assurance.RELAYED if event.source is Source.RELAY else Assurance.STORED
        twice = outbox.arrived(tx, state, event.client_id, event.remote_id, assurance)
    newcomers.add(state, stamp, event, twice=twice)
    if event.source is Source.PUSH and event.edited_at_us is None and not event.deleted:
        key = state.id, epoch_of(stamp)
        lo, hi = pushed.get(key, (event.cursor, event.cursor))
        pushed[key] = min(lo, event.cursor), max(hi, event.cursor)
