"""Tells the services what the person has seen: messages of others, in view, in a window with the focus."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor
from chatdesk.domain.kinds import MessageKind

LOOK_MS = 300
"""What is in view for a shorter time was scrolled past."""


class SeenMarks(QObject):
    """`seen(conversation, cursor)` once per newer cursor."""

    seen = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._conversation: ConversationId | None = None
        self._told: Cursor | None = None
        self._waiting: Cursor | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._tell)

    def open(self, conversation: ConversationId | None, seen: Cursor | None) -> None:
        """Another conversation, seen up to this cursor."""
        self._timer.stop()
        self._conversation, self._told, self._waiting = conversation, seen, None

    def look(self, messages: Iterable[Message], *, focused: bool) -> None:
        """These messages are in view now."""
        cursors = [
            m.cursor
            for m in messages
            if not m.own and m.kind is not MessageKind.SYSTEM and m.cursor != PENDING_CURSOR
        ]
        newest = max(cursors, default=None)
        if not focused or newest is None or (self._told is not None and newest <= self._told):
            self._timer.stop()
            self._waiting = None
            return
        if newest != self._waiting:
            self._waiting = newest
            self._timer.start()

    def _tell(self) -> None:
        if self._waiting is not None and self._conversation is not None:
            self._told, self._waiting = self._waiting, None
            self.seen.emit(self._conversation, self._told)
