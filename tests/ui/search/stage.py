"""A window in which a person searches, by real keys and clicks, over the real store."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QKeyCombination, QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.domain.events import MessageDeleted, MessageSeen, Stamped, StoredEvent
from chatdesk.domain.ids import ConversationId, Cursor, RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.domain.ordering import Stamp
from chatdesk.ui.search.bar import FindBar
from chatdesk.ui.search.palette import SearchPalette
from chatdesk.ui.theme import ThemeMode
from chatdesk.ui.window import MainWindow
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import NOON_US, Seat

LEFT = Qt.MouseButton.LeftButton
LONG = "10455"
"""The order of the long conversation."""


def long_talk(count: int, text: Callable[[int], str]) -> scene.Talk:
    """A conversation of `count` messages, of which no page holds all."""
    lines = tuple(scene.Line(60_000 - 30 * n, n % 3 == 0, text(n)) for n in range(count))
    return scene.Talk(LONG, "Longhaul Carriers", "processing", lines, "Laredo, TX", "Tulsa, OK")


class Stage:
    """One window, one person."""

    def __init__(self, ui: Ui, qtbot: QtBot, seat: Seat, *, width: int = 1280) -> None:
        self.ui = ui
        self.qtbot = qtbot
        self.seat = seat
        seat.theme.set_mode(ThemeMode.LIGHT)
        self.window = MainWindow(seat.context)
        qtbot.addWidget(self.window)
        self.window.resize(width, 820)
        self.window.show()
        self.window.activateWindow()
        self._arrival = 900_000

    async def ready(self, number: str | None = "10482") -> None:
        window = self.window
        await self.ui.until(
            lambda: QApplication.activeWindow() is window and window.list.conversations.is_whole
        )
        if number is not None:
            window.open_conversation(self.seat.day.talk(number))
            window.handlers.focus_composer()

    @property
    def palette(self) -> SearchPalette:
        return self.window.search.palette()

    @property
    def bar(self) -> FindBar:
        return self.window.search.bar()

    @property
    def timeline(self) -> QWidget:
        return self.window.chat.timeline

    def press(self, keys: str) -> None:
        """Press a key as a person does: on whatever has the keyboard."""
        combination: QKeyCombination = QKeySequence(keys)[0]  # type: ignore[index]
        target = QApplication.focusWidget() or self.window
        QTest.keyClick(target, combination.key(), combination.keyboardModifiers())

    def type(self, text: str) -> None:
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClicks(widget, text)

    def click(self, widget: QWidget, at: QPoint) -> None:
        QTest.mouseClick(widget, LEFT, Qt.KeyboardModifier.NoModifier, at)

    async def search(self, text: str) -> SearchPalette:
        """Ctrl+Shift+F, the words, and the answer."""
        self.press("Ctrl+Shift+F")
        self.type(text)
        await self.answered()
        return self.palette

    async def answered(self) -> None:
        run = self.palette.run
        await self.ui.until(lambda: not run.is_first_awaited and not run.is_busy, what="the answer")

    async def find(self, text: str) -> FindBar:
        """Ctrl+F, the words, and the answer."""
        self.press("Ctrl+F")
        self.type(text)
        run = self.bar.run
        await self.ui.until(lambda: run.is_done and not run.is_busy, what="the answer")
        return self.bar

    def lines(self) -> list[str]:
        """The rows of the palette, as they are painted."""
        model = self.palette.hits
        return [hit.snippet for row in range(model.rowCount()) if (hit := model.hit(row)) is not None]

    def shown_texts(self) -> list[str]:
        """The messages that are in view."""
        timeline = self.window.chat.timeline
        return [timeline.timeline.message(row).text for row in timeline.visible_rows]

    def current_text(self) -> str:
        timeline = self.window.chat.timeline
        return timeline.timeline.message(timeline.current_row).text

    def marked(self) -> dict[str, list[str]]:
        """What of the messages in view is marked, by message."""
        timeline = self.window.chat.timeline
        found: dict[str, list[str]] = {}
        for number in timeline.visible_rows:
            row = timeline.row_layout(number)
            units = row.shown.source.encode("utf-16-le")
            parts = timeline.emphasis(row, number).found
            if parts:
                found[row.message.text] = [units[2 * a : 2 * b].decode("utf-16-le") for a, b in parts]
        return found

    def fill_long(self, count: int, text: Callable[[int], str]) -> ConversationId:
        """Put the long conversation into the store."""
        day = scene.fill(self.seat.store, NOON_US, account=self.seat.account, talks=(long_talk(count, text),))
        return day.talk(LONG)

    def apply(self, event: StoredEvent) -> None:
        """Something comes from the server."""
        self._arrival += 1
        stamped = [Stamped(Stamp(1, self._arrival), event)]
        self.seat.store.apply(self.seat.account.id, stamped).result(10)

    def reword(self, number: str, index: int, text: str) -> None:
        """A message of a talk says something else now."""
        talk = next(one for one in (*scene.TALKS, long_talk(0, str)) if one.number == number)
        line = talk.lines[index]
        at_us = NOON_US - round(line.ago_min * scene.MINUTE_US)
        self.apply(
            MessageSeen(
                conversation=RemoteId(f"o-{number}"),
                remote_id=RemoteId(f"m-{number}-{index}"),
                cursor=Cursor(f"{at_us:017d}-{index:04d}"),
                sender_id=scene.ME if line.own else RemoteId(f"u-{number}"),
                sender_name="Dana Moderator" if line.own else talk.customer,
                own=line.own,
                kind=line.kind,
                text=text,
                sent_at_us=at_us,
                source=Source.STORED,
                updated_at_us=NOON_US,
                edited_at_us=NOON_US,
            )
        )

    def delete(self, number: str, index: int) -> None:
        """A message of a talk is deleted."""
        self.apply(
            MessageDeleted(conversation=RemoteId(f"o-{number}"), remote_id=RemoteId(f"m-{number}-{index}"))
        )
