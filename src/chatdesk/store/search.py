"""Searching: pages of hits, newest first, on a thread and a connection of their own, to be cut off at will.

Two streams of keys (see chatdesk.store.search_index) are merged: what the index finds, and what is read of
the messages that it does not hold yet. Keys sort by stretches of 68 minutes; within a stretch the hits are
sorted by their time when they are read, so pages end inside one, and a place names the stretch and the hit.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw
import msgspec

from chatdesk.domain.desk import Search, SearchHit, SearchPage, SearchPlace
from chatdesk.domain.errors import StoreProblem
from chatdesk.domain.ids import MessageId
from chatdesk.domain.kinds import MessageKind
from chatdesk.store.connection import Opening, open_reader, problem
from chatdesk.store.search_index import bucket_of, is_of_index, key_of, message_of
from chatdesk.store.search_terms import Query, narrowed, query
from chatdesk.store.snippets import snippet

MOST_HITS: Final = 100
"""Of one page."""
MOST_READ: Final = 5_000
"""Messages that the index does not hold yet and that are read one by one, the newest first."""
MOST_TOGETHER: Final = 256
"""Hits of one stretch of time that are sorted by their time; more go by the order of arrival."""
READ_TOGETHER: Final = 24
"""Messages that are read at once: one by one each takes several times as long."""
ROUGH_ROWS: Final = 32
"""So many messages that a rough question has brought are looked at before it is judged by its hits."""
ROUGH_ROWS_A_HIT: Final = 4
"""With more messages a hit than this, the exact question is the quicker one."""
PAGE_TIME_S: Final = 0.5
_STEPS: Final = 2_000
"""Of SQLite's machine, between two looks at the clock."""
_NEWEST: Final = 2**62

_FIND: Final = "SELECT rowid FROM search WHERE search MATCH ? AND rowid <= ? ORDER BY rowid DESC"
_READ: Final = (
    "SELECT m.id, m.conversation_id, c.account_id, m.sent_at_us, m.sender_name, m.own, m.kind, m.text"
    " FROM messages m JOIN conversations c ON c.id = m.conversation_id"
)
_THESE: Final = _READ + " WHERE m.id IN (SELECT value FROM json_each(?)) AND m.deleted = 0"  # noqa: S608
_BEHIND: Final = "SELECT m.id, m.sent_at_us, m.text FROM messages m WHERE m.id > ? AND m.deleted = 0"


class Searcher:
    """One thread, one read-only connection. Newer searches wait for older ones that nobody has cancelled."""

    def __init__(
        self, path: Path, index_is_damaged: Callable[[], object], opening: Opening = open_reader
    ) -> None:
        self._path = path
        self._opening = opening
        self._index_is_damaged = index_is_damaged
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="chatdesk-search")
        self._con: apsw.Connection | None = None
        self._turn = threading.Lock()
        self._current: Future[SearchPage] | None = None

    def ask(self, wanted: Search, after: SearchPlace | None, limit: int) -> Future[SearchPage]:
        """See DeskStore.search."""
        # It is pending until it is done, so that it can be cancelled all the while.
        future: Future[SearchPage] = Future()
        try:
            self._pool.submit(self._do, future, wanted, after, max(1, min(limit, MOST_HITS)))
        except RuntimeError:
            future.set_exception(StoreProblem("the store is closed"))
            return future
        future.add_done_callback(self._cut_off)
        return future

    def _cut_off(self, future: Future[SearchPage]) -> None:
        """Whatever runs for a cancelled search ends here and now."""
        with self._turn:
            if self._current is future and self._con is not None and future.cancelled():
                self._con.interrupt()

    def _do(self, future: Future[SearchPage], wanted: Search, after: SearchPlace | None, limit: int) -> None:
        with self._turn:
            if future.cancelled():
                return
            self._current = future
        page: SearchPage | None = None
        failed: BaseException | None = None
        try:
            page = self._page(future, wanted, after, limit)
        except Exception as exc:  # noqa: BLE001 - whoever asked is told
            failed = problem(exc) or exc
        with self._turn:
            self._current = None
        if not future.set_running_or_notify_cancel():
            return
        if page is not None:
            future.set_result(page)
        else:
            future.set_exception(failed)

    def _page(
        self, future: Future[SearchPage], wanted: Search, after: SearchPlace | None, limit: int
    ) -> SearchPage:
        asked = query(wanted.text)
        if not asked.words:
            return SearchPage(hits=(), next=None)
        con = self._con
        if con is None:
            con = self._opening(self._path)
            con.pragma("cache_size", -8_000)
            with self._turn:
                self._con = con
        watch = Watch(future.cancelled)
        if con.in_transaction:
            con.execute("ROLLBACK")  # its end was cut off
        con.set_progress_handler(watch.is_over, _STEPS)
        con.execute("BEGIN")
        try:
            return _Reading(con, asked, wanted, watch).page(after, limit)
        except apsw.CorruptError as exc:
            if not is_of_index(exc):
                raise
            self._index_is_damaged()
            everything: Any = con.execute("SELECT count(*) FROM messages").get
            return SearchPage(hits=(), next=None, unread=everything, of=everything)
        finally:
            con.set_progress_handler(None)
            if con.in_transaction:
                con.execute("COMMIT")

    def close(self) -> None:
        """End what runs, then stop."""
        with self._turn:
            current = self._current
        if current is not None:
            current.cancel()
        try:
            self._pool.submit(self._shut)
        except RuntimeError:
            return  # closed before
        self._pool.shutdown(cancel_futures=False)

    def _shut(self) -> None:
        if self._con is not None:
            self._con.close()


class Watch:
    """When a page must be done."""

    def __init__(self, is_cancelled: Callable[[], bool], limit_s: float = PAGE_TIME_S) -> None:
        self._is_cancelled = is_cancelled
        self._end = time.monotonic() + limit_s

    def is_over(self) -> bool:
        """Nobody waits for it any more, or it has taken too long."""
        return self._is_cancelled() or time.monotonic() > self._end


class _Stretch(NamedTuple):
    """Keys that are sorted by time together, and where they end."""

    keys: list[int]
    oldest: int


class _Reading:
    """The reading of one page, inside one read transaction."""

    def __init__(self, con: apsw.Connection, asked: Query, wanted: Search, watch: Watch) -> None:
        self._con = con
        self._query = asked
        self._wanted = wanted
        self._watch = watch
        self._unread = 0
        self._of = 0
        self._looked_at = 0
        self._there = 0
        self._hit = 0

    def page(self, after: SearchPlace | None, limit: int) -> SearchPage:
        """Hits until there are enough, there are none left, or the time is up."""
        hits: list[SearchHit] = []
        place = after
        try:
            for newest, oldest, found in self._groups(after):
                for row in found:
                    if after is not None and newest >= after.oldest_key and not _is_after(row, after):
                        continue
                    if len(hits) == limit:
                        return self._made(hits, place)
                    self._looked_at += 1
                    is_there = self._is_there(row)
                    self._there += is_there
                    places = self._query.where(row[7]) if is_there else None
                    if places is not None:
                        self._hit += 1
                        hits.append(_hit(row, places.shown, places.spans))
                        place = SearchPlace(newest, oldest, row[3], row[0])
                place = SearchPlace(oldest - 1, oldest, 0, MessageId(0))  # below all of it
                if self._watch.is_over():
                    return self._made(hits, place)
        except apsw.InterruptError:
            # What came before it still holds. Where nothing did, going on would end here again.
            return self._made(hits, place if place != after else None)
        return self._made(hits, None)

    def _made(self, hits: list[SearchHit], place: SearchPlace | None) -> SearchPage:
        of = self._of if self._unread else 0
        return SearchPage(hits=tuple(hits), next=place, unread=self._unread, of=of)

    def _groups(self, after: SearchPlace | None) -> Iterator[tuple[int, int, list[Any]]]:
        """Newest key, oldest key and rows, sorted by time, of stretch after stretch."""
        waiting: list[_Stretch] = []
        for stretch in self._stretches(after):
            waiting.append(stretch)
            if sum(len(one.keys) for one in waiting) >= READ_TOGETHER:
                yield from self._read(waiting)
                waiting = []
        yield from self._read(waiting)

    def _stretches(self, after: SearchPlace | None) -> Iterator[_Stretch]:
        keys = self._keys(_NEWEST if after is None else after.newest_key)
        waiting: list[int] = []
        end = None if after is None else after.oldest_key
        for key in keys:
            if waiting and _parts(waiting, key, end):
                yield _Stretch(waiting, waiting[-1] if end is None else end)
                waiting, end = [], None
            elif end is not None and key < end:
                end = None  # nothing of the stretch is left
            waiting.append(key)
        if waiting:
            yield _Stretch(waiting, waiting[-1] if end is None else end)

    def _read(self, stretches: list[_Stretch]) -> Iterator[tuple[int, int, list[Any]]]:
        ids = msgspec.json.encode([message_of(key) for one in stretches for key in one.keys]).decode()
        found = {row[0]: row for row in self._con.execute(_THESE, (ids,))} if stretches else {}
        for keys, oldest in stretches:
            rows = [found[message] for key in keys if (message := message_of(key)) in found]
            rows.sort(key=lambda row: (row[3], row[0]), reverse=True)
            yield keys[0], oldest, rows

    def _keys(self, newest: int) -> Iterator[int]:
        """Keys of what may be a hit, the newest first, from `newest` on."""
        up_to: Any = self._con.execute("SELECT up_to FROM search_state").get
        behind = self._behind(up_to)
        return heapq.merge((key for key in behind if key <= newest), self._indexed(newest), reverse=True)

    def _indexed(self, newest: int) -> Iterator[int]:
        """Keys of what the index has, from `newest` on: of all hits, and of some messages that are none.

        FTS5 puts the list of all messages with a long beginning together before it gives the first one, and
        looks each message up in the list of its conversation. Where hits are frequent that takes longer than
        to look at a few messages too many: so what needs less is asked first, as long as it brings hits.
        """
        exact = self._narrowed(self._query.match)
        asked = ""
        for stage in range(3):
            wanted = (self._query.rough, self._second(), exact)[stage]
            if wanted == asked or (wanted == exact and stage < 2):
                continue
            asked, looked_at, hit = wanted, self._looked_at, self._hit
            for row in self._con.execute(_FIND, (asked, newest)):
                seen = self._looked_at - looked_at
                brings = (self._hit - hit) * ROUGH_ROWS_A_HIT >= seen
                if asked != exact and seen >= ROUGH_ROWS and not brings:
                    break
                newest = int(row[0]) - 1
                yield int(row[0])
            else:
                return

    def _second(self) -> str:
        """What to ask when the rough question brings too much: it lacks the place, or the whole beginning."""
        if self._there * 2 >= self._looked_at:
            return self._query.match
        return self._narrowed(self._query.rough)

    def _narrowed(self, match: str) -> str:
        return narrowed(match, account=self._wanted.account, conversation=self._wanted.conversation)

    def _is_there(self, row: Any) -> bool:
        """Whether a message is where it is looked for."""
        if self._wanted.conversation is not None:
            return bool(row[1] == self._wanted.conversation)
        return self._wanted.account is None or bool(row[2] == self._wanted.account)

    def _behind(self, up_to: int) -> list[int]:
        """Keys of the hits among the messages that are not in the index yet."""
        sql, values = _BEHIND, [up_to]
        if self._wanted.conversation is not None:
            sql, values = sql + " AND +m.conversation_id = ?", [*values, self._wanted.conversation]
        elif self._wanted.account is not None:
            sql += " AND +m.conversation_id IN (SELECT id FROM conversations WHERE account_id = ?)"
            values = [*values, self._wanted.account]
        newest: Any = self._con.execute("SELECT max(id) FROM messages").get
        self._of = newest or 0
        self._unread = max(0, self._of - up_to - MOST_READ)
        # By the id alone, hence the plus signs: an index would lead through all that was indexed long ago.
        values[0] = up_to + self._unread
        found: Any = self._con.execute(sql + " ORDER BY m.id", values)
        keys = [key_of(at, message) for message, at, text in found if self._query.where(text) is not None]
        return sorted(keys, reverse=True)


def _parts(keys: list[int], key: int, end: int | None) -> bool:
    """Whether a key is not of the stretch of these any more."""
    if end is not None:
        return key < end
    return bucket_of(key) != bucket_of(keys[0]) or len(keys) >= MOST_TOGETHER


def _is_after(row: Any, place: SearchPlace) -> bool:
    return (row[3], row[0]) < (place.sent_at_us, place.message)


def _hit(row: Any, shown: str, spans: tuple[tuple[int, int], ...]) -> SearchHit:
    line, marks = snippet(shown, spans)
    return SearchHit(
        message=row[0],
        conversation=row[1],
        account=row[2],
        sent_at_us=row[3],
        sender_name=row[4],
        own=bool(row[5]),
        kind=MessageKind(row[6]),
        snippet=line,
        marks=marks,
    )
