"""The search index: it follows the messages in the order of their ids, and keeps in step with each of them.

New messages are not indexed while they are taken in: `search_state` says up to which id the index has come,
and the writer brings it forward in its idle moments, or when too many wait. What is not indexed yet is read
as it is by who searches, so it is found all the same. Nothing else needs to know: after a crash, a migration
or a change of the rules the index just goes on from where it is, or from nothing.

What happens to a message that is in the index is done to the index in the same transaction. Words that are
gone are taken out of the index's pages at once, where they are few; where they are many (a conversation or an
account goes) they are marked as gone, and idle moments merge the index until no trace of them is left.

A row of the index is found by a key that sorts like the time of writing: `key_of`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import apsw

from chatdesk.domain.ids import AccountId, ConversationId, MessageId
from chatdesk.store.connection import READ_ERRORS
from chatdesk.store.search_terms import VERSION, place_of, terms
from chatdesk.store.touched import Reworded
from chatdesk.store.transaction import IndexState, Memory, Tx

_log = logging.getLogger(__name__)

ID_BITS: Final = 31
BUCKET_BITS: Final = 12
"""Messages of 2**12 seconds (68 minutes) share the upper part of their keys: close keys take little room."""
_MOST_SECONDS: Final = 2**32 - 1
CHUNK_ROWS: Final = 2_000
"""Messages that are taken in at once in an idle moment: the more, the fewer parts to merge later."""
BUSY_ROWS: Final = 500
"""The same while the writer is wanted, and waits for it."""
MOST_BEHIND: Final = 4_000
"""So many messages may wait for an idle moment; who searches reads them one by one."""
MOST_PARTS: Final = 64
"""With more parts that were not merged yet some merging is done though the writer is wanted."""
MOST_AT_ONCE: Final = 40
"""So many rows are taken out of the pages at once (about 1 ms each); more are marked and merged away."""
MERGE_PAGES: Final = 16
BUSY_PAGES: Final = 64
_SETTINGS: Final = {"automerge": 0, "crisismerge": 1_000, "usermerge": 16}
"""The index merges its parts only when told to, in small steps: what it does by itself comes all at once, and
with a million messages the writer would stand still for seconds."""
IDLE_S: Final = 0.03
TIDY_AFTER_S: Final = 1.0
"""Merging begins when nobody has wanted the writer for so long."""
REST_S: Final = 5.0
_STARTING, _MERGING = 1, 2

_INSERT: Final = "INSERT INTO search (rowid, words) VALUES (?, ?)"
_DELETE: Final = "INSERT INTO search (search, rowid, words) VALUES ('delete', ?, ?)"


def key_of(sent_at_us: int, message: MessageId) -> int:
    """The index's row of a message: the newer, the greater; within 68 minutes by the order of arrival.

    Times before 1970 or after 2106 count as those. `message_of` leads back.
    """
    seconds = min(max(sent_at_us // 1_000_000, 0), _MOST_SECONDS)
    return (seconds >> BUCKET_BITS) << ID_BITS | message


def message_of(key: int) -> MessageId:
    """The message of a key."""
    return MessageId(key & (2**ID_BITS - 1))


def bucket_of(key: int) -> int:
    """The stretch of time that a key lies in: number of 2**BUCKET_BITS seconds since 1970."""
    return key >> ID_BITS


def words_of(text: str, account: AccountId, conversation: ConversationId) -> str:
    """What is written for a message."""
    return terms(text) + place_of(account, conversation)


# -- inside the writer's transactions ----------------------------------------------------------------------


def reword(
    tx: Tx,
    account: AccountId,
    conversation: ConversationId,
    message: MessageId,
    *,
    text: str,
    sent_at_us: int,
    deleted: int = 0,
) -> None:
    """A message changes or goes: call this with what it was.

    At the end of the transaction the index is made to say what the message says then. One that is not indexed
    yet needs nothing.
    """
    if message <= _state(tx.con, tx.memory).up_to and message not in tx.touched.reworded:
        words = None if deleted else words_of(text, account, conversation)
        tx.touched.reworded[message] = Reworded(key_of(sent_at_us, message), words)


def forget(tx: Tx, account: AccountId, conversations: Sequence[ConversationId]) -> None:
    """Call before the messages of whole conversations go."""
    for conversation in conversations:
        last = 0
        while rows := tx.all(
            "SELECT id, sent_at_us, text, deleted FROM messages"
            " WHERE conversation_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
            conversation,
            last,
            _state(tx.con, tx.memory).up_to,
            CHUNK_ROWS,
        ):
            last = rows[-1][0]
            there = [
                (key_of(at, m), words_of(text, account, conversation))
                for m, at, text, gone in rows
                if not gone
            ]
            _mark_gone(tx, sorted(there))


def _mark_gone(tx: Tx, rows: Sequence[tuple[int, str]]) -> None:
    """Delete many rows cheaply; idle moments erase them."""
    _be_thorough(tx.con, thorough=False)
    tx.con.executemany(_DELETE, rows)
    tx.run_sql("UPDATE search_state SET remains = ?", _STARTING)
    tx.memory.index = None


def follow(tx: Tx) -> None:
    """At the end of a transaction: what has changed in it is changed in the index.

    An index that is no sound one is emptied, to be made anew: no message is worth less for it.
    """
    if not tx.touched.reworded:
        return
    tx.con.execute("SAVEPOINT follow")
    try:
        _follow(tx)
    except apsw.CorruptError as exc:
        if not is_of_index(exc):
            raise
        tx.con.execute("ROLLBACK TO follow")
        start_over(tx)
    tx.con.execute("RELEASE follow")


def is_of_index(exc: apsw.CorruptError) -> bool:
    """Whether it is the index that is damaged, and not the file."""
    return getattr(exc, "extendedresult", 0) == apsw.SQLITE_CORRUPT_VTAB


def start_over(tx: Tx) -> None:
    """Empty the index; idle moments make it anew."""
    _log.warning("the search index is made anew")
    _empty(tx.con)
    tx.memory.index = None


def _empty(con: apsw.Connection) -> None:
    _order(con, "delete-all")
    con.execute("UPDATE search_state SET up_to = 0, terms = ?, remains = 0", (VERSION,))


def _state(con: apsw.Connection, memory: Memory) -> IndexState:
    if memory.index is None:
        row: Any = con.execute("SELECT up_to, remains FROM search_state").fetchone()
        memory.index = IndexState(*row)
    return memory.index


def _follow(tx: Tx) -> None:
    changed = tx.touched.reworded
    now = {message: found for message in changed if (found := _now(tx.con, message)) is not None}
    goes = [(was.key, was.words) for m, was in changed.items() if was.words is not None and now.get(m) != was]
    comes = [(new.key, new.words) for m, new in now.items() if new != changed[m]]
    if len(goes) > MOST_AT_ONCE:
        _mark_gone(tx, sorted(goes))
    elif goes:
        # A row that only moves leaves nothing behind that must not be there.
        is_gone = any(was.words for m, was in changed.items() if m not in now or now[m].words != was.words)
        _be_thorough(tx.con, thorough=is_gone)
        tx.con.executemany(_DELETE, sorted(goes))
    tx.con.executemany(_INSERT, sorted(comes))


def _now(con: apsw.Connection, message: MessageId) -> Reworded | None:
    row = con.execute(
        "SELECT m.sent_at_us, m.text, c.account_id, c.id FROM messages m"
        " JOIN conversations c ON c.id = m.conversation_id WHERE m.id = ? AND m.deleted = 0",
        (message,),
    ).fetchone()
    return None if row is None else Reworded(key_of(row[0], message), words_of(row[1], row[2], row[3]))


def _be_thorough(con: apsw.Connection, *, thorough: bool) -> None:
    """Whether what is deleted is taken out of the index's pages at once, or marked until they merge."""
    set_now = con.execute("SELECT v FROM search_config WHERE k = 'secure-delete'").fetchone()
    if (set_now is not None and bool(set_now[0])) != thorough:
        _order(con, "secure-delete", int(thorough))


def _order(con: apsw.Connection, what: str, value: int | None = None) -> None:
    con.execute("INSERT INTO search (search, rank) VALUES (?, ?)", (what, value))


# -- between them ------------------------------------------------------------------------------------------


class Indexer:
    """Brings the index forward on the writer's thread, between its transactions."""

    def __init__(self, con: apsw.Connection, memory: Memory) -> None:
        """con: for quick commits. memory: the writer's, which its transactions see. Raises apsw.Error."""
        self._con = con
        self._memory = memory
        self._rests_until = 0.0
        self._parts = 1
        """Parts made since all were merged that should be; at the start nobody knows."""
        self._wanted_at = 0.0
        self._tune()
        if con.execute("SELECT terms FROM search_state").get != VERSION:
            self._in_transaction(lambda: _empty(con))

    def _tune(self) -> None:
        """Set the index up once; a disk that refuses it now is no reason not to open."""
        try:
            found = dict(self._con.execute("SELECT k, v FROM search_config"))
            for name, value in _SETTINGS.items():
                if found.get(name) != value:
                    _order(self._con, name, value)
        except apsw.Error as exc:
            _log.warning("the search index was not set up: %s", type(exc).__name__)

    def patience_s(self) -> float | None:
        """How long an idle writer may wait before it calls `work`; None: there is nothing to do."""
        try:
            if self._behind() or _state(self._con, self._memory).remains:
                begins = 0.0
            elif self._parts:
                begins = self._wanted_at + TIDY_AFTER_S
            else:
                return None
        except apsw.Error:
            return REST_S  # whoever writes next is told what is wrong
        return max(IDLE_S, max(begins, self._rests_until) - time.monotonic())

    def work(self, is_wanted: Callable[[], bool]) -> None:
        """Whatever there is to do, until the writer `is_wanted`; a little even then, where much waits."""
        if time.monotonic() < self._rests_until:
            return
        try:
            while not is_wanted():
                if not self._step():
                    return
            self._wanted_at = time.monotonic()
            if self._behind() > MOST_BEHIND:
                self._in_transaction(lambda: self._take_in(BUSY_ROWS))
                if self._parts > MOST_PARTS:
                    self._in_transaction(lambda: self._tidy(BUSY_PAGES))
        except READ_ERRORS as exc:
            _log.warning("the search index was not brought forward: %s", type(exc).__name__)
            self._rests_until = time.monotonic() + REST_S
            if isinstance(exc, apsw.CorruptError) and is_of_index(exc):
                self._make_anew()

    def _make_anew(self) -> None:
        try:
            self._in_transaction(lambda: _empty(self._con))
        except apsw.Error as exc:
            _log.warning("the search index was not emptied: %s", type(exc).__name__)

    def _behind(self) -> int:
        newest = self._con.execute("SELECT max(id) FROM messages").get
        return 0 if newest is None else max(0, newest - _state(self._con, self._memory).up_to)

    def _step(self) -> bool:
        """A bit of work in a transaction of its own; False: there is none left."""
        if self._behind():
            # Who has just written writes again soon, and should not find the writer away for long.
            is_quiet = time.monotonic() >= self._wanted_at + TIDY_AFTER_S
            self._in_transaction(lambda: self._take_in(CHUNK_ROWS if is_quiet else BUSY_ROWS))
        elif _state(self._con, self._memory).remains:
            self._in_transaction(self._merge)
        elif self._parts and time.monotonic() >= self._wanted_at + TIDY_AFTER_S:
            self._in_transaction(lambda: self._tidy(MERGE_PAGES))
        else:
            return False
        return True

    def _in_transaction(self, work: Callable[[], None]) -> None:
        try:
            with self._con:
                work()
        finally:
            self._memory.index = None

    def _take_in(self, most: int) -> None:
        found: list[Any] = self._con.execute(
            "SELECT m.id, m.sent_at_us, m.text, c.account_id, c.id, m.deleted FROM messages m"
            " JOIN conversations c ON c.id = m.conversation_id WHERE m.id > ? ORDER BY m.id LIMIT ?",
            (_state(self._con, self._memory).up_to, most),
        ).fetchall()
        self._parts += 1
        # Out of order, each row would make a part of the index of its own.
        self._con.executemany(
            _INSERT,
            sorted(
                (key_of(sent_at_us, message), words_of(text, account, conversation))
                for message, sent_at_us, text, account, conversation, deleted in found
                if not deleted
            ),
        )
        self._con.execute("UPDATE search_state SET up_to = ?", (found[-1][0],))

    def _tidy(self, pages: int) -> None:
        """Merge parts of about the same size, where there are several; a step of that."""
        before = self._con.total_changes()
        _order(self._con, "merge", pages)
        if self._con.total_changes() - before < 2:  # the order itself counts as one
            self._parts = 0

    def _merge(self) -> None:
        """One step towards an index of one part, where nothing is only marked as gone."""
        remains = _state(self._con, self._memory).remains
        before = self._con.total_changes()
        _order(self._con, "merge", -MERGE_PAGES if remains == _STARTING else MERGE_PAGES)
        has_ended = remains != _STARTING and self._con.total_changes() - before < 2
        following = 0 if has_ended else _MERGING
        if following != remains:
            self._con.execute("UPDATE search_state SET remains = ?", (following,))
