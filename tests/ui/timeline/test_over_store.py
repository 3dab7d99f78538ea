"""The list over the real store: it shows what is stored whatever changes, and keeps little of a million."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.desk import PAGE_ROWS, Page
from chatdesk.domain.entities import Message
from chatdesk.domain.events import MessageDeleted, StoredEvent
from chatdesk.domain.ids import ConversationId, Cursor, MessageId, RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.domain.ordering import Position
from chatdesk.ui.timeline.model import KEPT_ROWS, TRIM_ROWS
from chatdesk.ui.timeline.rows import KEPT_LAYOUTS
from chatdesk.ui.timeline.view import TimelineView
from tests.store.making import CONVERSATION, message
from tests.ui.timeline.real import Stage
from tests.ui.timeline.stage import ListeningDesk, Shelf, a_context, a_message

CHANGES = 240
FEW = 5
MILLION = 1_000_000
START = Position(Cursor(""), MessageId(0))

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)


def stored(stage: Stage) -> list[Message]:
    """Every message of the conversation, in reading order."""
    found: list[Message] = []
    place = START
    while True:
        page = stage.desk.reader.newer_page(stage.room, place)
        found.extend(page.messages)
        if not page.has_newer:
            return found
        place = Position(page.messages[-1].cursor, page.messages[-1].id)


def changes(chance: random.Random) -> Iterator[StoredEvent | str]:
    """What servers and persons do: news, late arrivals, edits, deletions, sends; again and again."""
    known: list[int] = []
    news, late = 1_000, random.Random(1).sample(range(1, 1_000), 900)
    for _ in range(CHANGES):
        what = chance.choice(("news", "news", "late", "edit", "delete", "send", "again"))
        number = chance.choice(known) if known else 0
        if what == "send":
            yield f"own {news}"
        elif what == "news" or not known:
            news += 1
            known.append(news)
            yield message(news, own=chance.random() < 0.3)
        elif what == "late":
            known.append(late.pop())
            yield message(known[-1], source=Source.STORED)
        elif what == "edit":
            yield message(number, "other words " * chance.randrange(1, 30), edited_at_us=news * 1_000_000)
        elif what == "delete":
            yield MessageDeleted(conversation=CONVERSATION, remote_id=RemoteId(f"m{number}"))
        else:
            yield message(number, source=Source.STORED)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_list_shows_what_is_stored(stage: Stage, qtbot: QtBot, seed: int) -> None:
    """Qt's model tester finds nothing, and after every few commits the list has the rows of the store."""
    view = TimelineView(stage.context)
    qtbot.addWidget(view)
    QAbstractItemModelTester(
        view.timeline, QAbstractItemModelTester.FailureReportingMode.Fatal, view.timeline
    )
    view.resize(500, 400)
    view.open_conversation(stage.room)
    view.show()
    model, chance = view.timeline, random.Random(seed)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))

    def is_true() -> bool:
        rows = stored(stage)
        here = [model.message(row) for row in range(model.rowCount())]
        # The window is a stretch of the rows, whole where it says that nothing is beyond.
        begin = next((at for at, one in enumerate(rows) if here and one.id == here[0].id), 0)
        end = begin + len(here)
        return (
            rows[begin:end] == here
            and (model.has_older or begin == 0)
            and (model.has_newer or end == len(rows))
        )

    for arrival, change in enumerate(changes(chance), 10):
        if isinstance(change, str):
            stage.filled.press(change)
        else:
            stage.filled.apply(arrival, change)
        if arrival % 7 == 0:
            view.scroll_by(chance.randrange(-400, 300))
        if arrival % FEW == 0:
            qtbot.waitUntil(is_true)
    qtbot.waitUntil(is_true)
    assert resets == []
    assert model.rowCount() > PAGE_ROWS


class Endless(Shelf):
    """A million messages that are made when they are read."""

    def _made(self, first: int, last: int) -> Page:
        first, last = max(first, 1), min(last, MILLION)
        self.pages_read += 1
        return Page(
            commit=0,
            messages=tuple(a_message(n) for n in range(first, last + 1)),
            has_older=first > 1,
            has_newer=last < MILLION,
            gap_before=False,
        )

    def newest_page(self, conversation: ConversationId, limit: int = PAGE_ROWS) -> Page:
        return self._made(MILLION - limit + 1, MILLION)

    def older_page(
        self, conversation: ConversationId, before: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        return self._made(before[1] - limit, before[1] - 1)

    def newer_page(
        self, conversation: ConversationId, after: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        return self._made(after[1] + 1, after[1] + limit)

    def page_around(self, conversation: ConversationId, message: MessageId, limit: int = PAGE_ROWS) -> Page:
        return self._made(message - limit // 2, message + limit // 2 - 1)

    def stretches(self, conversation: ConversationId) -> tuple[tuple[str, str], ...]:
        return (("", f"{MILLION:08d}"),)


def test_little_of_a_million_messages_is_kept(qapp: QApplication, qtbot: QtBot) -> None:
    """Scrolling far through a million messages and jumping about in them keeps the pages around the view."""
    shelf = Endless()
    view = TimelineView(a_context(qapp, ListeningDesk(shelf)))
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.open_conversation(shelf.room.id)
    view.show()
    most = 2 * (KEPT_ROWS + TRIM_ROWS + PAGE_ROWS) + 50
    chance = random.Random(7)
    for turn in range(4):
        view.scroll_to_message(MessageId(chance.randrange(1, MILLION)))
        for _ in range(25):
            view.scroll_by(-2_500 if turn % 2 else 2_500)
            qapp.processEvents()
            assert view.timeline.rowCount() <= most
            assert len(view.scroller.heights) == view.timeline.rowCount()
    assert shelf.pages_read > 40
    assert len(view.book.kept_messages()) <= KEPT_LAYOUTS
    view.context.feed.close()
