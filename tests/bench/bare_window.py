"""The floor that a start is held against: a PySide6 window of the same size with lists and an editor in it.

Tells on stdout when it is painted, as start_run does, and ends when its stdin ends.
"""

from __future__ import annotations

import json
import sys
import time

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSocketNotifier, QStringListModel, Qt
from PySide6.QtWidgets import (
    QApplication,
    QListView,
    QMainWindow,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

ROWS = [f"row {n}" for n in range(60)]


class Bare(QMainWindow):
    """Two lists and an editor, nothing else."""

    def __init__(self) -> None:
        super().__init__()
        model = QStringListModel(ROWS, self)
        split = QSplitter(self)
        chat = QWidget(split)
        column = QVBoxLayout(chat)
        self.messages = QListView(chat)
        self._waiting = 2
        for view in (QListView(split), self.messages):
            view.setModel(model)
            view.viewport().installEventFilter(self)
        column.addWidget(self.messages)
        column.addWidget(QPlainTextEdit(chat))
        split.addWidget(chat)
        self.setCentralWidget(split)
        self.resize(1280, 820)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._waiting -= 1
            if self._waiting == 0:
                # As in start_run, which is not imported here: it would bring the whole program along.
                QCoreApplication.postEvent(
                    self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value
                )
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            _tell()
            return True
        return super().event(event)


def _tell() -> None:
    now = time.clock_gettime(time.CLOCK_MONOTONIC)
    print(json.dumps({"painted": now, "cpu": time.process_time()}), flush=True)


def _run() -> int:
    app = QApplication(sys.argv)
    window = Bare()
    end = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    end.activated.connect(app.quit)
    window.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(_run())
