"""Fixtures of the message list's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.entities import Message
from chatdesk.ui.timeline.view import TimelineView
from tests.conftest import Ui
from tests.ui.timeline.real import Stage
from tests.ui.timeline.stage import ROOM, ListeningDesk, Shelf, a_context


class Shown:
    """A message list over a shelf, in a window that has the focus."""

    def __init__(self, shelf: Shelf, view: TimelineView, desk: ListeningDesk) -> None:
        self.shelf = shelf
        self.view = view
        self.desk = desk

    def put(self, *messages: Message) -> None:
        """Store rows and tell the view."""
        change, commit = self.shelf.put(*messages)
        self.view.context.feed.messages_put.emit(change, commit)

    def gone(self, *ids: Any) -> None:
        """Delete rows and tell the view."""
        change, commit = self.shelf.gone(*ids)
        self.view.context.feed.messages_gone.emit(change, commit)

    def texts(self) -> list[str]:
        """Texts of the rows in view, from top to bottom."""
        return [self.view.timeline.message(row).text for row in self.view.visible_rows]

    def body_y(self, message: int) -> int:
        """Where the text of a message begins in the viewport."""
        row = self.view.timeline.row_of(message)  # type: ignore[arg-type]
        assert row is not None
        return self.view.scroller.top_of(row) + self.view.row_layout(row).extent.lead


@pytest.fixture
def show(qapp: QApplication, qtbot: QtBot) -> Iterator[Callable[..., Shown]]:
    """`show(messages, width=..., height=..., **room)` opens a message list over them."""
    made: list[Shown] = []

    def build(
        messages: Any = (), *, width: int = 640, height: int = 480, dark: bool = False, **room: Any
    ) -> Shown:
        shelf = messages if isinstance(messages, Shelf) else Shelf(messages, **room)
        desk = ListeningDesk(shelf)
        view = TimelineView(a_context(qapp, desk, dark=dark))
        qtbot.addWidget(view)
        view.resize(width, height)
        view.open_conversation(ROOM)
        view.show()
        view.activateWindow()
        qtbot.waitUntil(view.isActiveWindow)
        shown = Shown(shelf, view, desk)
        made.append(shown)
        qapp.processEvents()
        return shown

    yield build
    for shown in made:
        shown.view.context.feed.close()


@pytest.fixture
def stage(ui: Ui, qapp: QApplication, profile_dir: Path) -> Iterator[Stage]:
    """A real store with two conversations."""
    real = Stage(profile_dir, qapp)
    yield real
    real.close()
