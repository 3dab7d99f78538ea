"""Child of bench_start: the real command line with one thing added, a line on stdout when content is painted.

The line holds CLOCK_MONOTONIC and the processor time used so far, in seconds. The program ends, as if its
window was closed, when its stdin ends.
"""

from __future__ import annotations

import json
import sys
import time

from chatdesk.desktop import lean

lean.start_lean()
# Nothing of these may be imported before the line above, as in the program itself.
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSocketNotifier, Qt  # noqa: E402
from PySide6.QtWidgets import QAbstractItemView  # noqa: E402

from chatdesk import main, program  # noqa: E402


class Watch(QObject):
    """Tells when the message list and a list of conversations were both painted with rows in them."""

    def __init__(self, running: program.Program) -> None:
        window = running.window
        super().__init__(window)
        self._messages = [window.chat.timeline]
        self._lists = window.list.findChildren(QAbstractItemView)
        self._painted: set[QAbstractItemView] = set()
        for view in (*self._messages, *self._lists):
            view.viewport().installEventFilter(self)
        self._end = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._end.activated.connect(window.close)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        view = watched.parent()
        if event.type() == QEvent.Type.Paint and isinstance(view, QAbstractItemView):
            self._look_at(view)
        return False

    def _look_at(self, view: QAbstractItemView) -> None:
        if view in self._painted or view.model().rowCount() == 0:
            return
        self._painted.add(view)
        if all(self._painted.intersection(views) for views in (self._messages, self._lists)):
            for one in (*self._messages, *self._lists):
                one.viewport().removeEventFilter(self)
            tell_after_paint(self)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.User:
            tell()
            return True
        return super().event(event)


def tell_after_paint(listener: QObject) -> None:
    """Have `listener` told by a User event as soon as the paint under way has reached the screen.

    Before anything else that waits: what the program does after its first paint is no part of it.
    """
    QCoreApplication.postEvent(listener, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value)


def tell() -> None:
    """Say on stdout that content is painted now."""
    now = time.clock_gettime(time.CLOCK_MONOTONIC)
    print(json.dumps({"painted": now, "cpu": time.process_time()}), flush=True)


def _run(arguments: list[str]) -> int:
    show = program.Program.show

    def watched_show(running: program.Program) -> None:
        Watch(running)
        show(running)

    program.Program.show = watched_show  # type: ignore[method-assign, assignment]
    return main.main(arguments)


if __name__ == "__main__":
    sys.exit(_run(sys.argv[1:]))
