"""Tells a screen reader about messages that arrive while a conversation is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from chatdesk.domain.entities import Message
from chatdesk.ui.i18n import trn
from chatdesk.ui.timeline.wording import spoken

SPOKEN_AT_ONCE = 3
"""More messages than this are told by their number: a person who reads on is not to be talked over."""

PAUSE_MS = 2_000
"""What arrives so soon after an announcement waits and is told together."""


def announcement(messages: Sequence[Message], count: int) -> str:
    """What is said when `count` messages arrive together, of which these are the first."""
    if count <= len(messages):
        return ". ".join(spoken(message) for message in messages)
    return trn("{n} new message", "{n} new messages", count)


class Announcer(QObject):
    """Tells of messages that arrive: the first at once, those of the next moment together.

    say: what speaks a sentence; the system's screen reader, if none is given.
    """

    def __init__(self, view: QWidget, say: Callable[[str], None] | None = None) -> None:
        super().__init__(view)
        self._view = view
        self._say = self._speak if say is None else say
        self._first: list[Message] = []
        self._count = 0
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._tell)

    def arrived(self, messages: Sequence[Message]) -> None:
        """Tell of them, politely."""
        # More than are spoken are only counted.
        self._first += messages[: SPOKEN_AT_ONCE - len(self._first)]
        self._count += len(messages)
        if not self._pause.isActive():
            self._tell()

    def forget(self) -> None:
        """Another conversation is shown."""
        self._first, self._count = [], 0

    def _tell(self) -> None:
        if self._count:
            sentence = announcement(self._first, self._count)
            self.forget()
            self._say(sentence)
            self._pause.start()

    def _speak(self, sentence: str) -> None:
        speak(self._view, sentence)


def speak(view: QWidget, sentence: str) -> None:
    """Have a screen reader say something, politely, if one listens."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(view, sentence))


def announce_row(view: QWidget, what: QAccessible.Event, row: int) -> None:
    """Tell a screen reader that something has happened to a row, such as the focus coming to it."""
    if QAccessible.isActive():
        event = QAccessibleEvent(view, what)
        event.setChild(row)
        QAccessible.updateAccessibility(event)
