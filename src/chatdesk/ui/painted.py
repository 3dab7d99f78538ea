"""Tells when a window has painted for the first time, and when all of its content is on the screen."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QWidget


class FirstPaints(QObject):
    """`painted` after the window's first paint, then `content_painted`: each once, before other waiting work.

    Content is painted once each group of views has one that was painted with rows in it.
    """

    painted = Signal()
    content_painted = Signal()

    def __init__(self, window: QWidget, *groups: tuple[QAbstractItemView, ...]) -> None:
        """groups: without any, the first paint is all there is to wait for."""
        super().__init__(window)
        self._window = window
        self._groups = groups
        self._filled: set[QAbstractItemView] = set()
        self._was_painted = self._was_told = False
        self._watched = [window, *(view.viewport() for group in groups for view in group)]
        for one in self._watched:
            one.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self._was_told:
            view = watched.parent()
            if isinstance(view, QAbstractItemView) and view.model().rowCount():
                self._filled.add(view)
            if all(self._filled.intersection(group) for group in self._groups):
                self._was_told = True
            if self._was_told or not self._was_painted:
                # Once the paint under way has reached the screen.
                QCoreApplication.postEvent(
                    self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value
                )
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() != QEvent.Type.User:
            return super().event(event)
        if not self._was_painted:
            self._was_painted = True
            self.painted.emit()
        if self._was_told and self._watched:
            for one in self._watched:
                one.removeEventFilter(self)
            self._watched.clear()
            self.content_painted.emit()
        return True
