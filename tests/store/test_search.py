"""Messages are found as they are now: newest first, in pages, and in step with every change."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.domain import outbox as machine
from chatdesk.domain.desk import Search, SearchHit
from chatdesk.domain.events import ConversationSeen, MessageDeleted, Stamped
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Lifecycle, Source
from chatdesk.store import Store
from chatdesk.store.search_index import MOST_AT_ONCE, MOST_BEHIND, key_of, words_of
from chatdesk.store.search_terms import VERSION
from tests.store.making import (
    CONVERSATION,
    OTHER,
    WAIT_S,
    Desk,
    at,
    message,
    new_account,
    raw,
    short_lived_folder,
    window,
)
from tests.store.world import batches, happenings

DUMP = "SELECT term, doc FROM vocab ORDER BY term, doc"


def until(condition: Any, what: str) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, f"not within {WAIT_S} s: {what}"
        time.sleep(0.005)


def settled(store: Store) -> None:
    """Wait until the index holds every message and no trace of any other."""
    with raw(store.folder) as con:
        until(
            lambda: (
                con.execute(
                    "SELECT up_to >= ifnull((SELECT max(id) FROM messages), 0) AND remains = 0"
                    " FROM search_state"
                ).get
            ),
            "the index has caught up",
        )


def dump(con: apsw.Connection) -> list[tuple[str, int]]:
    """Everything that an index holds: each term with the key of its message."""
    con.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocab USING fts5vocab(main, search, instance)")
    return [(str(term), int(doc)) for term, doc in con.execute(DUMP)]


def check_index(store: Store) -> None:
    """The index holds exactly what an index of the messages of now would hold, and is sound."""
    with raw(store.folder) as con:
        found: list[Any] = con.execute(
            "SELECT m.id, m.sent_at_us, m.text, c.account_id, c.id FROM messages m JOIN conversations c"
            " ON c.id = m.conversation_id WHERE m.deleted = 0"
        ).fetchall()
        sql: Any = con.execute("SELECT sql FROM sqlite_schema WHERE name = 'search'").get
        fresh = apsw.Connection(":memory:")
        fresh.execute(sql)
        rows = sorted(
            (key_of(sent, one), words_of(text, account, c)) for one, sent, text, account, c in found
        )
        fresh.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", rows)
        assert dump(con) == dump(fresh)
        fresh.close()
        con.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def find(store: Store, text: str, **more: Any) -> list[SearchHit]:
    """Every hit, page by page."""
    limit = more.pop("limit", 20)
    hits: list[SearchHit] = []
    place = None
    while True:
        page = store.search(Search(text=text, **more), place, limit).result(WAIT_S)
        assert len(page.hits) <= limit
        assert page.unread == 0
        hits += page.hits
        place = page.next
        if place is None:
            return hits


def said(hits: list[SearchHit]) -> list[str]:
    return [hit.snippet for hit in hits]


def test_what_was_just_written_is_found_before_it_is_indexed(desk: Desk) -> None:
    """Messages that came and messages that wait to be sent; the index is not waited for."""
    desk.apply(3, message(1, "the crane is blue"), message(2, "a red crane", conversation=OTHER))
    desk.press("blue cranes are queued")
    assert set(said(find(desk.store, "blue crane"))) == {"the crane is blue", "blue cranes are queued"}
    settled(desk.store)
    assert set(said(find(desk.store, "blue crane"))) == {"the crane is blue", "blue cranes are queued"}
    check_index(desk.store)


def test_a_hit_says_where_it_is(desk: Desk) -> None:
    """Message, conversation, account, time, writer, and the words in their line, in UTF-16 code units."""
    desk.apply(3, message(7, "👍 the crane\nis at Gate 4", own=False))
    (hit,) = find(desk.store, "gate CRANE")
    assert hit.snippet == "👍 the crane is at Gate 4"
    assert hit.marks == ((7, 5), (19, 4))
    assert (hit.conversation, hit.account, hit.sent_at_us) == (desk.conversation, desk.account.id, 7_000_000)
    assert (hit.sender_name, hit.own) == ("Carl", False)
    reader = desk.store.reader()
    found = reader.message(hit.message)
    reader.close()
    assert found is not None
    assert found.remote_id == "m7"


def test_one_conversation_or_one_account(desk: Desk) -> None:
    """Indexed or not, only what is there is found there."""
    other = desk.store.add_account(new_account("someone")).result(WAIT_S)
    desk.store.apply(
        other.id, at(1, ConversationSeen(remote_id=CONVERSATION), message(1, "crane z"))
    ).result()
    desk.apply(3, message(1, "crane x"), message(2, "crane y", conversation=OTHER))
    for _ in range(2):
        assert said(find(desk.store, "crane")) == ["crane y", "crane x", "crane z"]
        assert said(find(desk.store, "crane", conversation=desk.other)) == ["crane y"]
        assert said(find(desk.store, "crane", account=other.id)) == ["crane z"]
        assert said(find(desk.store, "crane", account=desk.account.id)) == ["crane y", "crane x"]
        settled(desk.store)


def test_edits_and_deletions_are_followed_at_once(desk: Desk) -> None:
    """What a message said is neither found nor left in the index once it says something else, or nothing."""
    desk.apply(3, message(1, "secret plans"), message(2, "other secrets"), message(3, "own secret", own=True))
    settled(desk.store)
    desk.apply(4, message(1, "public plans", source=Source.STORED, updated_at_us=9, edited_at_us=9))
    desk.apply(5, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m2")))
    desk.apply(6, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m3")))
    assert find(desk.store, "secret") == []
    assert said(find(desk.store, "plan")) == ["public plans"]
    with raw(desk.store.folder) as con:
        assert not [term for term, _doc in dump(con) if "secret" in term]
        pages: list[Any] = con.execute("SELECT block FROM search_data").fetchall()
        assert not [page for (page,) in pages if b"secret" in page]
    check_index(desk.store)


def test_own_messages_are_followed_on_their_way(desk: Desk) -> None:
    """Edited while queued, taken back, accepted under the server's id and time, melted with their copy."""
    edited, gone = desk.press("first words"), desk.press("taken back")
    settled(desk.store)
    desk.advance(edited, machine.PersonEdits("second words"))
    desk.advance(gone, machine.PersonCancels())
    assert find(desk.store, "first") == find(desk.store, "taken") == []
    desk.start(edited)
    desk.apply(3, message(50, "second words", own=True))
    settled(desk.store)
    desk.advance(edited, machine.Stored(RemoteId("m50")))
    (hit,) = find(desk.store, "second")
    assert hit.sent_at_us == 50_000_000
    check_index(desk.store)


@pytest.mark.parametrize("count", [3, MOST_AT_ONCE + 10])
def test_a_removed_conversation_leaves_nothing(desk: Desk, count: int) -> None:
    """Its words are found no more in the same moment, and idle moments erase the last trace of them."""
    desk.apply(3, *(message(n, f"hidden{n}", conversation=OTHER) for n in range(count)), message(1, "crane"))
    settled(desk.store)
    desk.apply(4, ConversationSeen(remote_id=OTHER, lifecycle=Lifecycle.DELETED))
    desk.store.delete_copy(desk.other).result(WAIT_S)
    assert find(desk.store, "hidden1") == []
    settled(desk.store)
    with raw(desk.store.folder) as con:
        pages: list[Any] = con.execute("SELECT block FROM search_data").fetchall()
        assert not [page for (page,) in pages if b"hidden" in page]
    assert said(find(desk.store, "crane")) == ["crane"]
    check_index(desk.store)


def test_a_removed_account_leaves_nothing(desk: Desk) -> None:
    """An account takes its part of the index along."""
    desk.apply(3, *(message(n, f"hidden{n}", conversation=OTHER) for n in range(200)))
    settled(desk.store)
    desk.store.remove_account(desk.account.id).result(WAIT_S)
    settled(desk.store)
    check_index(desk.store)
    with raw(desk.store.folder) as con:
        assert dump(con) == []


@settings(max_examples=25)
@given(
    times=st.lists(st.integers(0, 12) | st.integers(0, 40_000), min_size=1, max_size=60),
    limit=st.integers(1, 30),
    cut=st.integers(0, 60),
)
def test_pages_hold_every_hit_once_and_the_newest_first(times: list[int], limit: int, cut: int) -> None:
    """Whatever the order of arrival, indexed or not, many at one time, and whatever the length of a page."""
    with short_lived_folder() as folder:
        store = Store.open(folder)
        try:
            desk = Desk(store)
            events = [
                message(number, f"crane {number}", source=Source.STORED) for number in range(len(times))
            ]
            timed = [
                msgspec.structs.replace(one, sent_at_us=seconds * 1_000_000)
                for one, seconds in zip(events, times, strict=True)
            ]
            desk.apply(3, *timed[:cut])
            settled(store)
            desk.apply(4, *timed[cut:])
            hits = find(store, "crane", limit=limit)
            places = [(hit.sent_at_us, hit.message) for hit in hits]
            assert places == sorted(places, reverse=True)
            assert sorted(said(hits)) == sorted(f"crane {n}" for n in range(len(times)))
        finally:
            store.close()


def test_a_page_goes_on_where_the_last_ended_whatever_happened_since(desk: Desk) -> None:
    """A hit at the seam may go, and newer ones may come: nothing is told twice or left out."""
    desk.apply(3, *(message(n, f"crane {n}") for n in range(1, 31)))
    settled(desk.store)
    wanted = Search(text="crane")
    first = desk.store.search(wanted, None, 10).result(WAIT_S)
    desk.apply(
        4, message(40, "crane 40"), MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m30"))
    )
    desk.apply(5, MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId("m21")))
    second = desk.store.search(wanted, first.next, 10).result(WAIT_S)
    assert said(list(first.hits)) == [f"crane {n}" for n in range(30, 20, -1)]
    assert said(list(second.hits)) == [f"crane {n}" for n in range(20, 10, -1)]


def test_more_hits_at_one_time_than_are_sorted_together(desk: Desk) -> None:
    """A flood within one stretch of time is paged all the same."""
    for first in range(0, 1_000, 250):
        desk.apply(3 + first, *(message(n, f"crane {n}") for n in range(first, first + 250)))
    settled(desk.store)
    hits = find(desk.store, "crane", limit=70)
    assert len({hit.message for hit in hits}) == len(hits) == 1_000
    assert said(hits) == [f"crane {n}" for n in reversed(range(1_000))]


def test_a_cancelled_search_ends_and_the_next_is_answered(desk: Desk) -> None:
    """Cancelling at any moment is safe: the thread is free again for the next key."""
    for first in range(0, 3_000, 500):
        desk.apply(3 + first, *window(range(first, first + 500), reaches_head=False))
    settled(desk.store)
    for _ in range(50):
        old = [desk.store.search(Search(text=text)) for text in ("te", "tex", "text")]
        newest = desk.store.search(Search(text="text 29"))
        for future in old:
            future.cancel()
        assert newest.result(WAIT_S).hits[0].snippet == "text 2999"
        for future in old:
            if future.cancelled():
                with pytest.raises(CancelledError):
                    future.result()


def test_readers_and_the_writer_do_not_wait_for_a_search(desk: Desk) -> None:
    """Searches on their own thread and connection; committing and reading go on meanwhile."""
    for first in range(0, 2_000, 500):
        desk.apply(3 + first, *(message(n, f"crane {n}") for n in range(first, first + 500)))
    done = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not done.is_set():
                assert find(desk.store, "crane", limit=100)
        except BaseException as exc:  # noqa: BLE001
            failures.append(exc)

    thread = threading.Thread(target=search)
    thread.start()
    try:
        for number in range(30):
            desk.press(f"queued {number}")
    finally:
        done.set()
        thread.join()
    assert failures == []
    assert len(find(desk.store, "queued")) == 30


@pytest.mark.parametrize(
    "text", ["", "   ", '"', '" OR "', "crane* NEAR(", "words:crane", "\x00", "\ud800", "-crane"]
)
def test_hostile_queries_are_words(desk: Desk, text: str) -> None:
    """Nothing that a person types is an operator, an error or a column."""
    desk.apply(3, message(1, "crane"))
    settled(desk.store)
    hits = find(desk.store, text)
    assert said(hits) == (["crane"] if text == "-crane" else [])
    assert find(desk.store, text * 2_000) == hits


def test_an_index_of_other_rules_is_made_anew(profile_dir: Path) -> None:
    """A newer Unicode or newer rules: the next start goes on from nothing, and all is found meanwhile."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    desk.apply(3, message(1, "crane"))
    settled(store)
    store.close()
    with raw(profile_dir) as con:
        con.execute("UPDATE search_state SET terms = 'of old'")
    store = Store.open(profile_dir)
    try:
        assert said(find(store, "crane")) == ["crane"]
        settled(store)
        check_index(store)
        with raw(profile_dir) as con:
            assert con.execute("SELECT terms FROM search_state").get == VERSION
    finally:
        store.close()


def test_an_index_that_was_left_behind_goes_on_at_the_next_start(profile_dir: Path) -> None:
    """Whatever a process leaves undone, by dying or by ending, the next one does."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    for first in range(0, MOST_BEHIND + 1_000, 500):
        store.apply(
            desk.account.id, at(3 + first, *(message(n, f"crane {n}") for n in range(first, first + 500)))
        )
    store.close()
    with raw(profile_dir) as con:
        assert con.execute("SELECT up_to < (SELECT max(id) FROM messages) FROM search_state").get
    store = Store.open(profile_dir)
    try:
        settled(store)
        check_index(store)
    finally:
        store.close()


def test_a_damaged_index_is_made_anew_and_nothing_else_suffers(profile_dir: Path, allow_log: Any) -> None:
    """The index is worth nothing that the messages do not have: damage to it costs a moment, no data."""
    allow_log("WARNING chatdesk.store.search_index.*made anew")
    store = Store.open(profile_dir)
    desk = Desk(store)
    desk.apply(3, *(message(n, f"crane {n}") for n in range(300)))
    settled(store)
    store.close()
    with raw(profile_dir) as con:
        con.execute("UPDATE search_data SET block = zeroblob(20) WHERE id > 10")
    store = Store.open(profile_dir)
    try:
        page = store.search(Search(text="crane")).result(WAIT_S)
        assert (page.hits, page.unread) == ((), 300)
        until(lambda: store.search(Search(text="crane")).result(WAIT_S).hits, "it is found again")
        settled(store)
        check_index(store)
        assert len(find(store, "crane")) == 300
    finally:
        store.close()


@settings(max_examples=40)
@given(happenings(), st.lists(st.integers(0, 99), max_size=4), st.integers(0, 3))
def test_the_index_is_always_that_of_the_messages(events: list[Stamped], cuts: list[int], waits: int) -> None:
    """Whatever facts come in whatever order: what the index holds is what an index of the messages holds."""
    with short_lived_folder() as folder:
        store = Store.open(folder, now_us=lambda: 1)
        try:
            desk = Desk(store, first_sync=False)
            for number, batch in enumerate(batches(events, cuts)):
                store.apply(desk.account.id, batch).result(WAIT_S)
                if number < waits:
                    settled(store)
            settled(store)
            check_index(store)
        finally:
            store.close()
