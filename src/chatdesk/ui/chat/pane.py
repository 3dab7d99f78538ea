"""The chat pane: header, banner, messages and composer, or what stands there without a conversation."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.ids import ConversationId
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.chat.banner import Banner
from chatdesk.ui.chat.header import ConversationHeader
from chatdesk.ui.chat.notice import ConversationNotice
from chatdesk.ui.chat.whole import WholeHistoryStrip
from chatdesk.ui.composer.composer import Composer
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import tr
from chatdesk.ui.outbox import OutboxModel
from chatdesk.ui.timeline.view import TimelineView


class ChatPane(Panel):
    """Shows one conversation. `add_account_asked`: the first step of a new person.

    `elsewhere_asked(conversation id, text)`: a text that can't go here shall be written in another one.
    """

    add_account_asked = Signal()
    elsewhere_asked = Signal(int, str)

    def __init__(
        self,
        context: UiContext,
        book: AccountBook,
        outbox: OutboxModel,
        menu: QMenu,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("background", parent)
        self._context = context
        self._book = book
        self._open: ConversationId | None = None
        self.setAccessibleName(tr("Conversation"))
        self.setAcceptDrops(True)
        self.header = ConversationHeader(context, book, menu, self)
        self.banner = Banner(context, book, outbox, self)
        self.notice = ConversationNotice(context, book, self)
        self.whole = WholeHistoryStrip(context, book, self)
        self.timeline = TimelineView(context, self)
        self.composer = Composer(context, self)
        self._empty = EmptyState(context, "chat", self)
        self._empty.asked.connect(self.add_account_asked)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.timeline)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.banner)
        column.addWidget(self.notice)
        column.addWidget(self.whole)
        column.addWidget(self._stack, 1)
        column.addWidget(self.composer)
        self.timeline.edit_requested.connect(self.composer.edit_outgoing)
        self.timeline.take_back_requested.connect(self.composer.take_back)
        self.timeline.elsewhere_requested.connect(self._write_elsewhere)
        self.timeline.text_typed.connect(self.composer.type_text)
        self.composer.sent.connect(self._on_sent)
        book.accounts_changed.connect(self._say_empty)
        self._say_empty()
        self.open_conversation(None)

    def open_conversation(self, conversation_id: ConversationId | None) -> None:
        """Show this conversation; None, or one that is gone: the empty state."""
        self.header.open_conversation(conversation_id)
        row = self.header.conversation()
        self._open = row.id if row is not None else None
        self.timeline.open_conversation(self._open)
        self.composer.open_conversation(self._open)
        self.banner.show_account(row.account_id if row is not None else None)
        self.notice.show_conversation(row)
        self.whole.show_conversation(row)
        self.header.setVisible(row is not None)
        self.composer.setVisible(row is not None)
        self._stack.setCurrentWidget(self.timeline if row is not None else self._empty)

    def conversation_id(self) -> ConversationId | None:
        """What is shown."""
        return self._open

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be let go anywhere over a conversation."""
        self.composer.dragEnterEvent(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.composer.dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.composer.dropEvent(event)

    def _write_elsewhere(self, text: str) -> None:
        if self._open is not None:
            self.elsewhere_asked.emit(self._open, text)

    def _on_sent(self, conversation_id: int) -> None:
        if conversation_id == self._open:
            self.timeline.show_newest()

    def _say_empty(self) -> None:
        if self._book.accounts():
            self._empty.say(tr("No conversation is open"), tr("What you choose on the left is shown here."))
        else:
            self._empty.say(
                tr("Welcome to chatdesk"),
                tr("Sign in to a server, and your conversations and orders appear here, online and offline."),
                tr("Add an account"),
            )
