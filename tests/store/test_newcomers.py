"""New messages are written together and told without being read again: as if each had come alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatdesk.domain.changes import MessagesGone, MessagesPut
from chatdesk.domain.desk import Search
from chatdesk.domain.entities import Message
from chatdesk.domain.events import ConversationSeen, MessageDeleted, ReadSeen, Stamped, StoredEvent
from chatdesk.domain.ids import ConversationId, MessageId, RemoteId
from chatdesk.domain.kinds import MessageKind, Source
from chatdesk.store import Store, derived, search_index
from chatdesk.store.transaction import Memory, Tx
from chatdesk.store.writer import Writer
from tests.store.making import (
    CONVERSATION,
    EXTRAS,
    ME,
    WAIT_S,
    Desk,
    cursor,
    message,
    raw,
    reading,
    short_lived_folder,
)
from tests.store.world import batches, happenings


def told_and_read(runs: list[list[Stamped]]) -> tuple[dict[MessageId, Message], dict[MessageId, Message]]:
    """Every message as the changes told it last, and as a reader reads it, after these batches."""
    told: dict[MessageId, Message] = {}

    with short_lived_folder() as folder:
        store = Store.open(folder, now_us=lambda: 1)

        def hear(commit: Any) -> None:
            for change in commit.changes:
                if isinstance(change, MessagesPut):
                    told.update((one.id, one) for one in change.messages)
                elif isinstance(change, MessagesGone):
                    for gone in change.ids:
                        del told[gone]

        store.subscribe(hear)
        try:
            desk = Desk(store)
            for run in runs:
                store.apply(desk.account.id, run).result(WAIT_S)
            with reading(store) as reader:
                there = {
                    one.id: one
                    for place in (desk.conversation, desk.other)
                    for one in reader.newest_page(place).messages
                }
        finally:
            store.close()
    return told, there


@settings(max_examples=40)
@given(happenings(), st.lists(st.integers(0, 99), max_size=3))
def test_what_is_told_is_what_is_stored(events: list[Stamped], cuts: list[int]) -> None:
    """Whatever comes together, each message is told as a reader reads it."""
    told, there = told_and_read([list(one) for one in batches(events, cuts)])
    assert told == there


def said(number: int, kind: str) -> StoredEvent:
    """Something that happens at place `number` of a chat."""
    match kind:
        case "seen":
            return ReadSeen(conversation=CONVERSATION, person_id=ME, by_self=True, cursor=cursor(number))
        case "active":
            return ConversationSeen(remote_id=CONVERSATION, activity_at_us=number * 1_500_000)
        case "system":
            return message(number, kind=MessageKind.SYSTEM)
        case _:
            return message(number, own=kind == "own", deleted=kind == "deleted")


KINDS = ("other", "other", "other", "other", "own", "system", "deleted", "seen", "active")
chats = st.lists(st.builds(said, st.integers(1, 12), st.sampled_from(KINDS)), min_size=2, max_size=12)


@settings(max_examples=150)
@given(chats)
@example([said(1, "other"), said(9, "active"), said(2, "other")])
@example([said(1, "other"), said(9, "seen"), said(2, "other"), said(3, "own")])
def test_list_rows_are_what_counting_anew_gives(events: list[StoredEvent]) -> None:
    """However it came, what a list row derives from its messages is what the messages say."""
    with short_lived_folder() as folder:
        store = Store.open(folder, now_us=lambda: 1)
        try:
            desk = Desk(store)
            for arrival, event in enumerate(events, 3):
                desk.apply(arrival, event)
        finally:
            store.close()
        with raw(folder) as con:
            kept = con.execute(DERIVED).fetchall()
            con.execute("BEGIN")
            tx = Tx(con, Memory(), 1, 1)
            for row in kept:
                derived.refresh(tx, ConversationId(int(str(row[0]))))
            assert con.execute(DERIVED).fetchall() == kept
            con.execute("ROLLBACK")


DERIVED = (
    "SELECT id, unread, waiting_since_us, last_message_id, activity_at_us FROM conversations ORDER BY id"
)


def test_what_is_unread_is_not_counted_again_for_each_message(desk: Desk) -> None:
    """In a flood nothing is asked of a conversation that costs more, the more of it is unread."""
    asked: list[str] = []
    desk.apply(3, message(0, "zero", source=Source.PUSH))

    def note(_con: Any, sql: str, _values: Any) -> bool:
        asked.append(sql)
        return True

    writer = desk.store._writer
    assert isinstance(writer, Writer)
    writing = writer._quick
    writing.exec_trace = note
    for number in range(1, 4):
        desk.apply(3 + number, message(number, "more", source=Source.PUSH))
    assert any("INTO messages" in sql for sql in asked), "what is asked was seen"
    assert not {derived.UNREAD, derived.LAST, derived.LAST_OWN, derived.FIRST_AFTER} & set(asked)
    desk.apply(9, MessageDeleted(conversation=message(1).conversation, remote_id=RemoteId("m1")))
    assert derived.UNREAD in asked, "what is more than new messages is counted"
    writing.exec_trace = None
    with reading(desk.store) as reader:
        row = reader.conversation(desk.conversation)
    assert row is not None
    assert row.unread == 3


def test_sights_of_one_message_in_one_batch_are_merged(desk: Desk) -> None:
    """A message that comes twice at once, and a deletion between new ones, leave one row each."""
    desk.apply(
        3,
        message(1, "first", source=Source.PUSH),
        message(2, "kept", extras=EXTRAS),
        message(1, "second", source=Source.STORED),
        MessageDeleted(conversation=message(1).conversation, remote_id=RemoteId("m2")),
        message(3, "own", own=True),
    )
    with reading(desk.store) as reader:
        page = reader.newest_page(desk.conversation)
        row = reader.conversation(desk.conversation)
    assert [(one.remote_id, one.text, one.deleted) for one in page.messages] == [
        ("m1", "second", False),
        ("m2", "", True),
        ("m3", "own", False),
    ]
    assert row is not None
    assert row.unread == 0, "an own message says that all before it was seen"


def test_parts_of_the_search_index_are_merged_when_nobody_writes(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each message that comes alone makes a part of its own; they are put together, and nothing is lost."""
    monkeypatch.setattr(search_index, "TIDY_AFTER_S", 0.0)
    most = 0
    for number in range(24):
        desk.apply(3 + number, message(number, f"crane {number}"))
        wait_for(desk.store, "SELECT up_to = (SELECT max(id) FROM messages) FROM search_state")
        most = max(most, number + 1)
    wait_for(desk.store, f"SELECT count(DISTINCT id >> 37) < {most - 8} FROM search_data WHERE id > 10")
    found = desk.store.search(Search(text="crane"), limit=100).result(WAIT_S)
    assert len(found.hits) == most


def test_while_much_comes_in_the_index_is_brought_forward_in_small_steps(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the messages of a flood the writer is idle for a moment: a long step would hold up the next."""
    monkeypatch.setattr(search_index, "TIDY_AFTER_S", 3_600.0)
    monkeypatch.setattr(search_index, "BUSY_ROWS", 10)
    steps: list[int] = []
    take_in: Callable[[search_index.Indexer, int], None] = search_index.Indexer._take_in

    def counted(self: search_index.Indexer, most: int) -> None:
        steps.append(most)
        take_in(self, most)

    monkeypatch.setattr(search_index.Indexer, "_take_in", counted)
    for arrival in range(3):
        desk.apply(3 + arrival, *(message(arrival * 20 + number, "crane") for number in range(20)))
    wait_for(desk.store, "SELECT up_to = (SELECT max(id) FROM messages) FROM search_state")
    assert steps
    assert max(steps) == 10


def wait_for(store: Store, sql: str) -> None:
    """Return once a question to the database is answered with true."""
    end = time.monotonic() + WAIT_S
    with raw(store.folder) as con:
        while not con.execute(sql).get:
            assert time.monotonic() < end, sql
            time.sleep(0.005)
