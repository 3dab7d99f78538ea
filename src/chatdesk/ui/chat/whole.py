"""The strip that shows how the loading of a whole conversation goes, and stops it; and if one may begin."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from chatdesk.domain.changes import ConversationsPut, HistoryLoading, WholeHistoryMoved
from chatdesk.domain.entities import Conversation
from chatdesk.domain.errors import StoreProblem
from chatdesk.domain.ids import ConversationId
from chatdesk.ui.account_words import is_live_only
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.chat.whole_words import UNDER_WAY, LoadingAct, LoadingWords, loading_words, why_not
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.strips import arrange
from chatdesk.ui.theme import TextRole

STACKED_BELOW_PX = 640


class WholeHistoryStrip(Panel):
    """Follows one conversation; hidden while nothing of it is loaded. `offer_changed`: see `why_not`."""

    offer_changed = Signal()

    def __init__(self, context: UiContext, book: AccountBook, parent: QWidget | None = None) -> None:
        super().__init__("note", parent)
        self._context = context
        self._book = book
        self._row: Conversation | None = None
        self._words: LoadingWords | None = None
        self._why_not: str | None = ""
        self._closed: set[ConversationId] = set()
        """Conversations whose end the person has seen."""
        metrics = context.theme.metrics
        self._icon = PlainLabel(context.theme, parent=self)
        self._title = PlainLabel(
            context.theme, role=TextRole.SECONDARY_STRONG, colour="text", wrap=True, parent=self
        )
        self._text = PlainLabel(
            context.theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self
        )
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.button = WordButton("", look="flat", parent=self)
        self.close_button = WordButton(tr("Close"), look="flat", parent=self)
        self.button.clicked.connect(self._act)
        self.close_button.clicked.connect(self._close)
        row = QHBoxLayout(self)
        row.setSpacing(metrics.small)
        row.addWidget(self._icon)
        self._lines = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lines.addWidget(self._title)
        self._lines.addWidget(self._text, 1)
        row.addLayout(self._lines, 1)
        row.addWidget(self.button)
        row.addWidget(self.close_button)
        context.feed.whole_history.connect(self._on_moved)
        context.feed.history_loading.connect(self._on_loading)
        context.feed.conversations_put.connect(self._on_put)
        book.accounts_changed.connect(self.look_again)
        context.theme.changed.connect(self._restyle)
        self.hide()

    # -- which conversation

    def show_conversation(self, row: Conversation | None) -> None:
        """Say how the loading of this conversation stands; None: nothing."""
        before = self._told()
        if self._row is not None and before is not None and before.state not in UNDER_WAY:
            self._closed.add(self._row.id)  # it was said while somebody could see it
        self._row = row
        self._show()
        self.look_again()

    def words(self) -> LoadingWords | None:
        """What it says now; None while it is hidden."""
        return self._words

    # -- whether one may begin

    def why_not(self) -> str | None:
        """Why the rest of the conversation can't be loaded, as the end of a menu entry; None: it can."""
        return self._why_not

    def look_again(self) -> None:
        """Find out anew whether there is anything to load. Reads a few rows by key."""
        before, row = self._why_not, self._row
        account = self._book.account(row.account_id) if row is not None else None
        try:
            stretches = self._context.desk.reader.stretches(row.id) if row is not None else ()
        except StoreProblem as error:
            self._context.troubles.report("stretches", error)
            return
        live_only = account is not None and is_live_only(account.capabilities)
        self._why_not = why_not(row, live_only=live_only, stretches=stretches, told=self._told())
        if self._why_not != before:
            self.offer_changed.emit()

    def begin(self) -> None:
        """The person wants all of it."""
        self.look_again()
        if self._row is not None and self._why_not is None:
            self._closed.discard(self._row.id)
            self._context.desk.load_whole(self._row.id, True)

    # -- what is told

    def _told(self) -> WholeHistoryMoved | None:
        return None if self._row is None else self._context.feed.whole_history_of(self._row.id)

    def _on_moved(self, news: WholeHistoryMoved) -> None:
        if news.state in UNDER_WAY:
            self._closed.discard(news.conversation_id)
        if self._row is not None and news.conversation_id == self._row.id:
            self._show()
            self.look_again()

    def _on_loading(self, news: HistoryLoading) -> None:
        if not news.busy and self._row is not None and news.conversation_id == self._row.id:
            self.look_again()

    def _on_put(self, change: ConversationsPut, _commit: int) -> None:
        if self._row is None:
            return
        newest = next((row for row in change.conversations if row.id == self._row.id), None)
        if newest is not None:
            self._row = newest
            self.look_again()

    def _show(self) -> None:
        told = self._told()
        if told is None or told.conversation_id in self._closed:
            words = None
        else:
            words = loading_words(told, self._context.clock.now_us())
        if words == self._words:
            return
        before, self._words = self._words, words
        if words is None:
            self.hide()
            return
        self._title.setText(words.title)
        self._text.setText(words.text)
        self.setAccessibleName(tr("{title} {text}", title=words.title, text=words.text))
        self.button.set_words(words.button)
        self.button.setVisible(words.act is not LoadingAct.NONE)
        self.close_button.setVisible(words.act is not LoadingAct.STOP)
        if before is None or (before.icon, before.warns) != (words.icon, words.warns):
            self._restyle()
        self.show()

    # -- what hands do

    def _act(self) -> None:
        if self._row is None or self._words is None:
            return
        if self._words.act is LoadingAct.STOP:
            self._context.desk.load_whole(self._row.id, False)
        elif self._words.act is LoadingAct.LOAD:
            self._context.desk.load_whole(self._row.id, True)

    def _close(self) -> None:
        if self._row is not None:
            self._closed.add(self._row.id)
            self._show()

    # -- Qt

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        metrics = self._context.theme.metrics
        beside = event.size().width() >= metrics.px(STACKED_BELOW_PX)
        arrange(self, self._lines, self._title, beside=beside, metrics=metrics)

    def _restyle(self) -> None:
        metrics, layout = self._context.theme.metrics, self.layout()
        if layout is not None:
            layout.setContentsMargins(metrics.large, metrics.tiny, metrics.small, metrics.tiny)
        words = self._words
        if words is None:
            return
        self.set_look("banner" if words.warns else "note")
        self._title.set_colour("warn" if words.warns else "text")
        self._text.set_colour("text" if words.warns else "muted")
        colour = "warn" if words.warns else "muted"
        self._icon.setPixmap(
            self._context.icons.pixmap(words.icon, colour, metrics.icon, self.devicePixelRatioF())
        )
