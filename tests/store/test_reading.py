"""Page reads: the right rows, bounded, by index alone."""

from __future__ import annotations

import threading

import pytest

from chatdesk.domain.desk import PAGE_ROWS, DeskStore, EngineStore, Page, Reader
from chatdesk.domain.errors import BugError, NotPossible
from chatdesk.domain.events import ConversationSeen
from chatdesk.domain.ids import PENDING_CURSOR, AccountId, MessageId, RemoteId
from chatdesk.store import Store, derived, lists, rows
from chatdesk.store import reader as reader_module
from tests.store.making import WAIT_S, Desk, message, raw, reading


def texts_of(page: Page) -> list[str]:
    return [one.text for one in page.messages]


def numbers(first: int, last: int) -> list[str]:
    return [f"text {number}" for number in range(first, last + 1)]


def test_the_store_is_what_its_users_ask_for(store: Store) -> None:
    """The type checker holds the store against both of its Protocols."""
    desk: DeskStore = store
    engine: EngineStore = store
    reader: Reader = desk.reader()
    assert reader.accounts().rows == desk.accounts().result(WAIT_S).rows == ()
    with pytest.raises(NotPossible):
        engine.account(AccountId(1)).result(WAIT_S)
    reader.close()


def test_pages_walk_up_and_down(desk: Desk) -> None:
    """Pages follow each other without a hole or an overlap, and say what is beyond them."""
    desk.apply(3, *(message(number) for number in range(1, 201)))
    with reading(desk.store) as reader:
        newest = reader.newest_page(desk.conversation)
        assert texts_of(newest) == numbers(137, 200)
        assert (newest.has_older, newest.has_newer) == (True, False)
        first = newest.messages[0]
        older = reader.older_page(desk.conversation, (first.cursor, first.id), 50)
        assert texts_of(older) == numbers(87, 136)
        assert (older.has_older, older.has_newer) == (True, True)
        last = older.messages[-1]
        newer = reader.newer_page(desk.conversation, (last.cursor, last.id), 10)
        assert texts_of(newer) == numbers(137, 146)
        assert (newer.has_older, newer.has_newer) == (True, True)
        start = older.messages[0]
        rest = reader.older_page(desk.conversation, (start.cursor, start.id), 64)
        assert (rest.has_older, len(rest.messages)) == (True, 64)
        last_page = reader.older_page(desk.conversation, (PENDING_CURSOR, MessageId(0)), 10)
        assert (texts_of(last_page), last_page.has_newer) == (numbers(191, 200), False)
        end = reader.newer_page(desk.conversation, (newest.messages[-1].cursor, newest.messages[-1].id))
        assert (texts_of(end), end.has_older, end.has_newer) == ([], True, False)


def test_a_page_is_bounded(desk: Desk) -> None:
    """More rows than a page holds are never read at once."""
    desk.apply(3, *(message(number) for number in range(1, 201)))
    with reading(desk.store) as reader:
        assert len(reader.newest_page(desk.conversation, 1_000).messages) == PAGE_ROWS


def test_a_page_around_a_message_has_it_in_the_middle(desk: Desk) -> None:
    """As many before as after, unless one side ends; the whole is never more than was asked."""
    desk.apply(3, *(message(number) for number in range(1, 101)))
    with reading(desk.store) as reader:
        place = {one.text: one for one in reader.newest_page(desk.conversation).messages}
        middle = reader.page_around(desk.conversation, place["text 60"].id, 11)
        assert texts_of(middle) == numbers(55, 65)
        assert (middle.has_older, middle.has_newer) == (True, True)
        end = reader.page_around(desk.conversation, place["text 99"].id, 11)
        assert texts_of(end) == numbers(90, 100)
        assert (end.has_older, end.has_newer) == (True, False)
        assert texts_of(reader.page_around(desk.conversation, place["text 60"].id, 1)) == ["text 60"]
        assert reader.page_around(desk.conversation, MessageId(9_999), 11).messages == ()
        assert reader.page_around(desk.other, place["text 60"].id, 11).messages == ()
        found = reader.message(place["text 60"].id)
        assert found is not None
        assert found.text == "text 60"


def test_own_waiting_messages_stand_at_the_end_in_their_order(desk: Desk) -> None:
    """What no server has placed yet comes last, as it was pressed."""
    desk.press("one")
    desk.press("two")
    desk.apply(3, message(5))
    with reading(desk.store) as reader:
        assert texts_of(reader.newest_page(desk.conversation)) == ["text 5", "one", "two"]
        assert texts_of(reader.newest_page(desk.conversation, 2)) == ["one", "two"]


def test_the_first_screen_has_the_most_active_conversations(desk: Desk) -> None:
    """First come the conversations with the newest message or server activity."""
    desk.apply(3, message(5), ConversationSeen(remote_id=RemoteId("c3"), activity_at_us=9_000_000))
    with reading(desk.store) as reader:
        found = reader.first_conversations(2)
        assert [one.remote_id for one in found.rows] == ["c3", "c1"]
        assert found.commit == reader.accounts().commit
        assert reader.conversation(found.rows[0].id) == found.rows[0]


def test_a_reader_belongs_to_its_thread(desk: Desk) -> None:
    """Reading from another thread is a fault of ours, and is told as one."""
    failures: list[BaseException] = []
    with reading(desk.store) as reader:

        def elsewhere() -> None:
            try:
                reader.accounts()
            except BugError as exc:
                failures.append(exc)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join(WAIT_S)
    assert len(failures) == 1


def test_a_reader_can_not_write(desk: Desk) -> None:
    """The connection of a reader refuses every change."""
    with reading(desk.store) as reader, pytest.raises(Exception, match="readonly"):
        reader._con.execute("DELETE FROM messages")


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (reader_module.NEWEST, 2),
        (reader_module.OLDER, 4),
        (reader_module.NEWER, 4),
        (reader_module.COVERED, 3),
        (reader_module.FIRST_CONVERSATIONS, 1),
        (rows.MESSAGES + " WHERE id = ?", 1),
        (rows.CONVERSATIONS + " WHERE c.id = ?", 1),
        (rows.ORDERS + " WHERE o.id = ?", 1),
        (rows.OUTBOX + " WHERE id = ?", 1),
        (rows.OUTBOX + f" WHERE account_id = ? AND {rows.WAITING} ORDER BY position", 1),
        (rows.NOTIFICATIONS + " WHERE account_id = ? ORDER BY at_us DESC LIMIT ?", 2),
        (derived.LAST, 1),
        (derived.UNREAD, 2),
        (derived.LAST_OWN, 1),
        (derived.FIRST_AFTER, 3),
    ],
)
def test_page_reads_go_by_index(desk: Desk, sql: str, values: int) -> None:
    """No read that a frame or a commit waits for scans a table or sorts: every step is a search by key."""
    with raw(desk.store.folder) as con:
        plan = [str(row[3]) for row in con.execute("EXPLAIN QUERY PLAN " + sql, (1,) * values)]
    scans = [
        step for step in plan if step.startswith("SCAN") and "USING INDEX conversations_active" not in step
    ]
    assert scans == [], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan


def test_lists_sort_by_index_too(desk: Desk) -> None:
    """The long lists are read in the order of an index, without a sort of their own."""
    wanted = rows.CONVERSATIONS + " ORDER BY c.activity_at_us DESC, c.id"
    with raw(desk.store.folder) as con:
        plan = [str(row[3]) for row in con.execute("EXPLAIN QUERY PLAN " + wanted)]
        assert not [step for step in plan if "TEMP B-TREE" in step], plan
        assert lists.conversations(con) == desk.store.conversations().result(WAIT_S)
