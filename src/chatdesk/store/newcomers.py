"""New messages of one batch: told apart by one question, written by one statement.

Most of what comes in is messages that nobody has seen yet, and nothing about one of them depends on another's
row. They are gathered and inserted together. Whatever else comes, and whatever reads or changes rows of
messages, is done after what has been gathered is written: in effect one event follows the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from chatdesk.domain.events import MessageSeen
from chatdesk.domain.ids import AccountId, ConversationId, MessageId, RemoteId
from chatdesk.store import messages
from chatdesk.store.transaction import ConversationState, Tx

KNOWN = (
    "SELECT remote_id FROM messages WHERE conversation_id = ?"
    " AND remote_id IN (SELECT value FROM json_each(?))"
)


class Newcomers:
    """The messages of a batch, in the order in which they are added."""

    def __init__(self, tx: Tx, account: AccountId, events: Iterable[MessageSeen]) -> None:
        """events: all that will be added, in any order."""
        self._tx = tx
        self._rows: list[tuple[Any, ...]] = []
        self._conversations: list[ConversationId] = []
        self._seen: dict[ConversationId, str] = {}
        """The newest own message of each conversation among them."""
        self._known: dict[RemoteId, set[RemoteId]] = {}
        """By conversation: the ids that have a row, or will have one once what was gathered is written."""
        asked: dict[RemoteId, set[RemoteId]] = {}
        for event in events:
            asked.setdefault(event.conversation, set()).add(event.remote_id)
        for conversation, ids in asked.items():
            state = tx.conversation(account, conversation)
            self._known[conversation] = set() if state is None else self._with_rows(state.id, ids)

    def _with_rows(self, conversation: ConversationId, ids: set[RemoteId]) -> set[RemoteId]:
        found = self._tx.all(KNOWN, conversation, msgspec.json.encode(list(ids)).decode())
        return {row[0] for row in found}

    def add(self, state: ConversationState, stamp: bytes, event: MessageSeen, *, twice: bool) -> None:
        """One sight of a message. twice: a further copy of an own message that has arrived already."""
        known = self._known[event.conversation]
        if event.remote_id in known or (event.own and event.client_id is not None):
            self.write()
            messages.seen(self._tx, state, stamp, event, twice=twice)
            known.add(event.remote_id)
            return
        known.add(event.remote_id)
        row = messages.new_row(self._tx, state, stamp, event, twice=twice)
        self._rows.append(row)
        self._conversations.append(state.id)
        if state.marks and any(messages.lifted(state, event, row[messages.FIRST_SEEN])):
            self.write()  # a mark that rises looks at the rows below it
            messages.follow(self._tx, state, event, stamp, row[messages.FIRST_SEEN])
        elif event.own:
            self._seen[state.id] = max(event.cursor, self._seen.get(state.id, ""))
            messages.note_own(self._tx, state, event, stamp)

    def write(self) -> None:
        """Insert what was gathered. Raises apsw.Error."""
        rows, conversations, seen = self._rows, self._conversations, self._seen
        if not rows:
            return
        self._rows, self._conversations, self._seen = [], [], {}
        tx = self._tx
        tx.con.executemany(messages.INSERT, rows)
        # AUTOINCREMENT gives each row the number after the last.
        first = tx.con.last_insert_rowid() - len(rows) + 1
        for number, (conversation, row) in enumerate(zip(conversations, rows, strict=True), first):
            message = MessageId(number)
            tx.touched.newcomer(
                conversation, messages.as_arrived(message, row), messages.as_read(message, row)
            )
        for conversation, cursor in seen.items():
            tx.see(tx.state(conversation), cursor)
