"""Brings rows in before they are needed: pages of the database near the edges, the server's at a gap."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.changes import HistoryLoading
from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import PENDING_CURSOR, Cursor
from chatdesk.services.desk import Desk
from chatdesk.ui.i18n import tr
from chatdesk.ui.timeline.model import TimelineModel

NEAR_ROWS = 30
"""How many rows before an edge the next page is read."""
_PAGES_AT_ONCE = 2


class History(QObject):
    """`busy_changed`: the row above the first message says something else. `failed(error)`: no page came."""

    busy_changed = Signal()
    failed = Signal(object)

    def __init__(self, desk: Desk, model: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._model = model
        self._asked: set[Cursor] = set()
        self.busy = False

    def open(self) -> None:
        """Another conversation."""
        self._asked.clear()
        self.busy = False

    def look(self, visible: range) -> None:
        """These rows are in view now."""
        if not visible or self._model.conversation_id is None:
            return
        try:
            self._keep_rows_around(visible[0], visible[-1])
        except WorldError as error:
            self.failed.emit(error)

    def _keep_rows_around(self, first: int, last: int) -> None:
        for _ in range(_PAGES_AT_ONCE):
            if first < NEAR_ROWS and self._model.has_older:
                came = self._model.load_older()
                first, last = first + came, last + came
            if last >= self._model.rowCount() - NEAR_ROWS and self._model.has_newer:
                self._model.load_newer()
        self._ask_for_gaps(first, last)
        self._model.trim(first, last)

    def ask(self) -> None:
        """The person asks for older messages by hand."""
        self._asked.clear()
        if self._model.rowCount():
            self._ask_for_gaps(0, 0)

    def retry(self) -> None:
        """The server can be reached again: what was asked in vain may be asked once more."""
        if not self.busy:
            self._asked.clear()

    def on_loading(self, news: HistoryLoading) -> None:
        """The engine has begun or ended reading older messages."""
        if news.conversation_id != self._model.conversation_id:
            return
        self.busy = news.busy
        if not news.busy:
            try:
                self._model.refresh_gaps()
            except WorldError as error:
                self.failed.emit(error)
        self.busy_changed.emit()

    def words(self) -> str:
        """What stands above the first row, while that is the first one stored; empty for nothing."""
        model = self._model
        if model.conversation_id is None or model.has_older:
            return ""
        if self.busy:
            return tr("Loading older messages…")
        if model.at_gap:
            return tr("Older messages are on the server. Click here to load them.")
        if model.rowCount():
            return tr("The conversation begins here")
        return tr("Nothing is here yet") if model.is_unread_from_server else tr("No messages yet")

    def _ask_for_gaps(self, first: int, last: int) -> None:
        """Ask the server once for what lies before each row with a gap that is in view or nearly so."""
        conversation = self._model.conversation_id
        if conversation is None or self.busy:
            return
        for row in self._model.gap_rows():
            cursor = self._model.message(row).cursor
            near = first - NEAR_ROWS <= row <= last + NEAR_ROWS
            if near and cursor != PENDING_CURSOR and cursor not in self._asked:
                self._asked.add(cursor)
                held = sum(1 for n in range(row, self._model.rowCount()) if self._is_held(n))
                self._desk.load_older(conversation, cursor, held + self._model.rows_below)
                return

    def _is_held(self, row: int) -> bool:
        return self._model.message(row).remote_id is not None
