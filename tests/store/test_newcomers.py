"""New messages are written together and told without being read again: as if each had come alone."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.domain.changes import MessagesGone, MessagesPut
from chatdesk.domain.desk import Search
from chatdesk.domain.entities import Message
from chatdesk.domain.events import MessageDeleted, Stamped
from chatdesk.domain.ids import MessageId, RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.store import Store, search_index
from tests.store.making import EXTRAS, WAIT_S, Desk, message, raw, reading, short_lived_folder
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


def wait_for(store: Store, sql: str) -> None:
    """Return once a question to the database is answered with true."""
    end = time.monotonic() + WAIT_S
    with raw(store.folder) as con:
        while not con.execute(sql).get:
            assert time.monotonic() < end, sql
            time.sleep(0.005)
