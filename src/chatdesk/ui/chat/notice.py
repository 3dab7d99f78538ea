"""The strip that says why a conversation is not simply open, with what can be done about its copy."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from chatdesk.domain.changes import ConversationsPut
from chatdesk.domain.entities import Conversation
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.text import one_line
from chatdesk.ui.account_words import is_live_only
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.chat.lifecycle import ConversationWords, NoticeAction, conversation_words
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion
from chatdesk.ui.strips import arrange
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole

STACKED_BELOW_PX = 720
_NAME_CHARS = 80


class ConversationNotice(Panel):
    """Follows one conversation; hidden while it is simply open."""

    def __init__(self, context: UiContext, book: AccountBook, parent: QWidget | None = None) -> None:
        super().__init__("note", parent)
        self._context = context
        self._book = book
        self._tasks = Tasks(self, context.troubles)
        self._row: Conversation | None = None
        self._words: ConversationWords | None = None
        metrics = context.theme.metrics
        self._icon = PlainLabel(context.theme, parent=self)
        self._title = PlainLabel(
            context.theme, role=TextRole.SECONDARY_STRONG, colour="text", wrap=True, parent=self
        )
        self._text = PlainLabel(
            context.theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self
        )
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.keep = WordButton(tr("Keep"), look="flat", parent=self)
        self.delete = WordButton(tr("Delete now"), look="flat", parent=self)
        self.keep.clicked.connect(self._keep)
        self.delete.clicked.connect(self._ask_delete)
        row = QHBoxLayout(self)
        row.setSpacing(metrics.small)
        row.addWidget(self._icon)
        self._lines = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._lines.addWidget(self._title)
        self._lines.addWidget(self._text, 1)
        row.addLayout(self._lines, 1)
        row.addWidget(self.keep)
        row.addWidget(self.delete)
        context.feed.conversations_put.connect(self._on_put)
        book.accounts_changed.connect(self._look_again)
        context.theme.changed.connect(self._restyle)
        self.hide()

    def show_conversation(self, row: Conversation | None) -> None:
        """Say how this conversation stands; None: nothing."""
        self._row = row
        account = self._book.account(row.account_id) if row is not None else None
        live_only = account is not None and is_live_only(account.capabilities)
        words = conversation_words(row, live_only=live_only) if row is not None else None
        if words == self._words:
            return
        self._words = words
        if words is None:
            self.hide()
            return
        self._title.setText(words.title)
        self._text.setText(words.text)
        self.setAccessibleName(tr("{title} {text}", title=words.title, text=words.text))
        self.keep.setVisible(NoticeAction.KEEP in words.actions)
        self.delete.setVisible(NoticeAction.DELETE_NOW in words.actions)
        self._restyle()
        self.show()

    def words(self) -> ConversationWords | None:
        """What it says now; None while it is hidden."""
        return self._words

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        metrics = self._context.theme.metrics
        beside = event.size().width() >= metrics.px(STACKED_BELOW_PX)
        arrange(self, self._lines, self._title, beside=beside, metrics=metrics)

    def _look_again(self) -> None:
        self.show_conversation(self._row)

    def _on_put(self, change: ConversationsPut, _commit: int) -> None:
        if self._row is not None:
            newest = next((row for row in change.conversations if row.id == self._id()), None)
            if newest is not None:
                self.show_conversation(newest)

    def _id(self) -> ConversationId | None:
        return self._row.id if self._row is not None else None

    def _keep(self) -> None:
        if self._row is not None:
            self._tasks.start("keep", self._context.desk.keep_copy(self._row.id), exclusive=False)

    def _ask_delete(self) -> None:
        row = self._row
        if row is None:
            return
        question = PlainQuestion(
            self._context.theme,
            tr("Delete this copy now?"),
            tr(
                "{name}: the platform has deleted the conversation already; its messages are then nowhere "
                "any more. This can't be undone.",
                name=one_line(row.title, _NAME_CHARS) or tr("Unnamed conversation"),
            ),
            yes=tr("Delete now"),
            no=tr("Not now"),
            danger=True,
            parent=self,
        )
        question.answered.connect(lambda answer: self._delete(row.id) if answer is Answer.YES else None)
        question.open()

    def _delete(self, conversation: ConversationId) -> None:
        self._tasks.start("delete copy", self._context.desk.delete_copy(conversation), on_error=self._failed)

    def _failed(self, error: Exception) -> None:
        if isinstance(error, NotPossible):
            self._text.setText(
                tr(
                    "Not deleted: something of it is still queued, undecided or drafted. "
                    "Settle that in the outbox first; its text is safe."
                )
            )
            self._text.set_colour("bad")
            return
        self._context.troubles.report("delete copy", error)

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
        self._icon.setPixmap(
            self._context.icons.pixmap(
                words.icon, "warn" if words.warns else "muted", metrics.icon, self.devicePixelRatioF()
            )
        )
