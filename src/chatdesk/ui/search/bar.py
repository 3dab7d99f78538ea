"""Finding in the open conversation: a bar above the messages that leads from hit to hit and counts them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.domain.changes import MessagesGone, MessagesPut
from chatdesk.domain.desk import Search, SearchPage
from chatdesk.domain.ids import ConversationId, MessageId
from chatdesk.services.search import NEXT_HITS
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Line, Panel
from chatdesk.ui.i18n import number, tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.search.field import QueryField
from chatdesk.ui.search.palette import index_words
from chatdesk.ui.search.run import SearchRun
from chatdesk.ui.search.say import announce
from chatdesk.ui.theme import TextRole

COUNTED = 500
"""So many hits are counted at once; more when one gets there."""
MOST_COUNTED = 5_000


class FindBar(Panel):
    """Shown for one conversation at a time.

    place_asked(message): bring this hit into view. words_changed: other words are to be marked, or none.
    dismissed: Esc, back to where one was. closed: the bar goes, one stays here. all_asked: list them all.
    """

    place_asked = Signal(int)
    words_changed = Signal()
    dismissed = Signal()
    closed = Signal()
    all_asked = Signal()

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self._context = context
        self.conversation: ConversationId | None = None
        self._found: list[MessageId] = []
        self._at: MessageId | None = None
        self._row = -1
        """Where the hit that one is at stands among those found; -1: not (yet) among them."""
        self._jumps = False
        """The next hit that comes is to be shown."""
        self.run = SearchRun(context, self)
        self.setAccessibleName(tr("Find in this conversation"))
        self._build()
        self._connect()
        self._restyle()
        self.hide()

    # -- opening ---------------------------------------------------------------------------------------

    def open_for(
        self, conversation: ConversationId, text: str | None = None, at: MessageId | None = None
    ) -> None:
        """Find in a conversation. text: None keeps what was typed last. at: the hit that one has come to."""
        self.conversation = conversation
        self.show()
        if text is not None and text != self.field.text():
            self.field.blockSignals(True)
            self.field.setText(text)
            self.field.blockSignals(False)
        self._find(at)

    def take_keyboard(self) -> None:
        """Type what to find."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def shut(self) -> None:
        """Hide it, and mark nothing any more."""
        self.conversation = None
        self.run.stop()
        self._found.clear()
        self._at, self._row = None, -1
        self.hide()
        self.words_changed.emit()

    def marks(self, text: str) -> tuple[tuple[int, int], ...]:
        """What of a text is to be marked, as (begin, end) in UTF-16 code units."""
        return self.run.words.marks(text)

    # -- from hit to hit -------------------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Go to the next older hit (1) or the next newer one (-1); around the ends."""
        if not self._found:
            self._jumps = not self.run.is_done
            return
        row = self._row + by if self._row >= 0 else 0
        if row >= len(self._found):
            if not self.run.is_done:
                self._jumps = True
                self.run.more(NEXT_HITS)
                return
            row = 0
        self._go(row % len(self._found))
        if self._row + NEXT_HITS > len(self._found) and len(self._found) < MOST_COUNTED:
            self.run.more(NEXT_HITS)

    def _go(self, row: int) -> None:
        self._row, self._at = row, self._found[row]
        self._say()
        self.place_asked.emit(self._at)
        announce(self, self.count.text())

    def _find(self, at: MessageId | None = None) -> None:
        self._found.clear()
        self._at, self._row, self._jumps = at, -1, at is None
        if self.conversation is not None:
            self.run.find(Search(text=self.field.text(), conversation=self.conversation), COUNTED)
        self.words_changed.emit()
        self._say()

    def _on_page(self, page: SearchPage, is_first: bool) -> None:
        if is_first:
            self._found.clear()
        self._found += [hit.message for hit in page.hits]
        if self._at is not None:
            self._row = self._row_of(self._at)
            if self._row < 0 and not self.run.is_done and len(self._found) < MOST_COUNTED:
                self.run.more(NEXT_HITS)
        if self._jumps and self._row + 1 < len(self._found):
            self._jumps = False
            self._go(self._row + 1)
        self._say()

    def _row_of(self, message: MessageId) -> int:
        try:
            return self._found.index(message)
        except ValueError:
            return -1

    def _forget(self, messages: set[MessageId]) -> None:
        if not messages.isdisjoint(self._found):
            self._found = [one for one in self._found if one not in messages]
            self._row = -1 if self._at is None else self._row_of(self._at)
            self._say()

    # -- what is said ----------------------------------------------------------------------------------

    def _say(self) -> None:
        self.count.setText(self._count_words())
        has = bool(self._found)
        for button in (self.older, self.newer, self.all):
            button.setEnabled(has)

    def _count_words(self) -> str:
        if not self.run.words:
            return ""
        count = len(self._found)
        if not count:
            progress = index_words(self.run.unread, self.run.of)
            return progress or (tr("Nothing found") if self.run.is_done else tr("Searching…"))
        of = number(count) if self.run.is_done else tr("{n} or more", n=number(count))
        return tr("{n} of {count}", n=number(self._row + 1), count=of) if self._row >= 0 else of

    # -- making ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        context, theme = self._context, self._context.theme
        self.field = QueryField(context, "", self)
        self.field.setPlaceholderText(tr("Find in this conversation"))
        self.field.setAccessibleName(tr("Find in this conversation"))
        self.count = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", parent=self)
        self.older = IconButton(context, "arrow-up", tr("Older message found (F3)"), parent=self)
        self.newer = IconButton(context, "arrow-down", tr("Newer message found (Shift+F3)"), parent=self)
        self.all = IconButton(context, "menu", tr("All messages found"), parent=self)
        self.close_button = IconButton(context, "close", tr("Stop finding"), parent=self)
        self._inner = QHBoxLayout()
        self._inner.addWidget(self.field, 1)
        for widget in (self.count, self.older, self.newer, self.all, self.close_button):
            self._inner.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._inner)
        column.addWidget(Line(theme, parent=self))

    def _connect(self) -> None:
        self.field.textChanged.connect(lambda _text: self._find())
        self.field.dismissed.connect(self.dismissed)
        self.field.opened.connect(lambda: self.step(1))
        self.field.opened_back.connect(lambda: self.step(-1))
        self.field.stepped.connect(lambda by: self.step(-1 if by > 0 else 1))
        self.older.clicked.connect(lambda: self.step(1))
        self.newer.clicked.connect(lambda: self.step(-1))
        self.all.clicked.connect(self.all_asked)
        self.close_button.clicked.connect(self.closed)
        self.run.paged.connect(self._on_page)
        self.run.ended.connect(self._on_ended)
        self.run.failed.connect(self._say)
        feed = self._context.feed
        feed.messages_put.connect(self._on_put)
        feed.messages_gone.connect(self._on_gone)
        self._context.theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        metrics = self._context.theme.metrics
        self._inner.setContentsMargins(metrics.large, metrics.tiny, metrics.medium, metrics.tiny)
        self._inner.setSpacing(metrics.tiny)

    # -- hearing ---------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if (
            event.type() is QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            self.dismissed.emit()
            return True
        return bool(super().event(event))

    def _on_ended(self) -> None:
        self._jumps = False
        self._say()
        if self.run.words and not self._found:
            announce(self, self.count.text())

    def _on_put(self, change: MessagesPut, _commit: int) -> None:
        if change.conversation_id != self.conversation or not self._found:
            return
        words = self.run.words
        self._forget({m.id for m in change.messages if m.deleted or words.line(m.text) is None})

    def _on_gone(self, change: MessagesGone, _commit: int) -> None:
        self._forget(set(change.ids))
