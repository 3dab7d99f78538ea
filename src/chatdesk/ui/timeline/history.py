"""Brings rows in before they are needed: pages of the database near the edges, the server's at a gap."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from chatdesk.domain.changes import HistoryLoading
from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import PENDING_CURSOR, Cursor
from chatdesk.services.desk import Desk
from chatdesk.ui.i18n import tr
from chatdesk.ui.timeline.model import TimelineModel

NEAR_ROWS = 30
"""How many rows before an edge the next page is read, when there is time."""
URGENT_ROWS = 24
"""How many rows before an edge it is read at once."""
_SOON_MS = 40
"""What is not urgent is read after the paint that somebody waits for."""
_PAGES_AT_ONCE = 2


class History(QObject):
    """`busy_changed`: the row above the first message says something else. `failed(error)`: no page came."""

    busy_changed = Signal()
    due = Signal()
    """There is time for `look_ahead` now."""
    failed = Signal(object)

    def __init__(self, desk: Desk, model: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._model = model
        self._asked: set[Cursor] = set()
        self._waits: Cursor | None = None
        """What was asked last, until the engine has ended reading."""
        self._failed: set[Cursor] = set()
        self.busy = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self.due)

    def open(self) -> None:
        """Another conversation."""
        self._forget()
        self._soon.stop()
        self.busy = False

    def _forget(self) -> None:
        self._asked.clear()
        self._failed.clear()
        self._waits = None

    def look(self, visible: range) -> None:
        """These rows are in view now: what will be in view very soon is read, the rest when there is time."""
        self._look(visible, URGENT_ROWS)
        if visible and not self._soon.isActive() and any(self._wanted(visible[0], visible[-1], NEAR_ROWS)):
            self._soon.start()

    def rest(self) -> None:
        """Nobody looks any more: nothing is read ahead."""
        self._soon.stop()

    def look_ahead(self, visible: range) -> None:
        """These rows are in view, and nobody waits."""
        self._look(visible, NEAR_ROWS)

    def _look(self, visible: range, near: int) -> None:
        if not visible or self._model.conversation_id is None:
            return
        try:
            self._keep_rows_around(visible[0], visible[-1], near)
        except WorldError as error:
            self.failed.emit(error)

    def _wanted(self, first: int, last: int, near: int) -> tuple[bool, bool]:
        """Whether older and newer rows are wanted."""
        model = self._model
        return model.has_older and first < near, model.has_newer and last >= model.rowCount() - near

    def _keep_rows_around(self, first: int, last: int, near: int) -> None:
        for _ in range(_PAGES_AT_ONCE):
            if self._wanted(first, last, near)[0]:
                came = self._model.load_older()
                first, last = first + came, last + came
            if self._wanted(first, last, near)[1]:
                self._model.load_newer()
        self._ask_for_gaps(first, last)
        self._model.trim(first, last)

    def ask(self) -> None:
        """The person asks for older messages by hand."""
        if self._model.rowCount():
            self.ask_above(0)

    def ask_above(self, row: int) -> None:
        """The person asks by hand for what is missing above a row."""
        if not self.busy:
            self._forget()
            self._ask_for_gaps(row, row)

    def forgive(self) -> None:
        """What failed may be asked once more when it is in view."""
        self._asked -= self._failed
        self._failed.clear()

    def retry(self) -> None:
        """The server can be reached again: what was asked in vain may be asked once more."""
        if not self.busy:
            self._forget()
            self.busy_changed.emit()

    def on_loading(self, news: HistoryLoading) -> None:
        """The engine has begun or ended reading older messages."""
        if news.conversation_id != self._model.conversation_id:
            return
        self.busy = news.busy
        if not news.busy:
            waited, self._waits = self._waits, None
            try:
                self._model.refresh_gaps()
            except WorldError as error:
                self.failed.emit(error)
            if waited is not None and waited in self._gap_cursors():
                # Whatever came would have moved the gap away from where it was asked about.
                self._failed.add(waited)
        self.busy_changed.emit()

    def words(self) -> str:
        """What stands above the first row, while that is the first one stored; empty for nothing."""
        model = self._model
        if model.conversation_id is None or model.has_older:
            return ""
        if self.busy:
            return tr("Loading older messages…")
        if model.at_gap and model.message(0).cursor in self._failed:
            return tr("Older messages could not be loaded. Click to try again.")
        if model.at_gap:
            return tr("Older messages are on the server. Click here to load them.")
        if model.rowCount():
            return tr("The conversation begins here")
        return tr("Nothing is here yet") if model.is_unread_from_server else tr("No messages yet")

    def gap_words(self, cursor: Cursor) -> str:
        """What stands above the row with this cursor where messages are missing."""
        if self.busy:
            return tr("Loading missed messages…")
        if cursor in self._failed:
            return tr("Missed messages could not be loaded. Click to try again.")
        return tr("Messages that were missed are not loaded yet")

    def _gap_cursors(self) -> set[Cursor]:
        return {self._model.message(row).cursor for row in self._model.gap_rows()}

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
                self._waits = cursor
                held = sum(1 for n in range(row, self._model.rowCount()) if self._is_held(n))
                self._desk.load_older(conversation, cursor, held + self._model.rows_below)
                return

    def _is_held(self, row: int) -> bool:
        return self._model.message(row).remote_id is not None
