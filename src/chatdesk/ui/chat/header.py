"""The head of the chat pane: who, whether they are there, the order, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from chatdesk.domain.changes import ConversationsGone, ConversationsPut, PresenceChanged
from chatdesk.domain.entities import Conversation
from chatdesk.domain.ids import ConversationId, OrderId
from chatdesk.domain.kinds import Lifecycle, OrderKind, PresenceState
from chatdesk.domain.text import one_line
from chatdesk.ui.account_words import account_label
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.chat.avatar import Avatar
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Line, Panel, WordButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.row import order_tag
from chatdesk.ui.orders.row import kind_in_line
from chatdesk.ui.plain import ElidedLabel, PlainLabel, plain_tooltip
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import presence_words

ROOMY_PX = 430
"""From this width on things are named in full."""
_NAME_CHARS = 120


class ConversationHeader(Panel):
    """Shows one conversation.

    `back_asked`, `panel_asked` (toggle), `order_asked`, `mute_asked`, `find_asked` (within it).
    """

    back_asked = Signal()
    panel_asked = Signal()
    order_asked = Signal()
    mute_asked = Signal()
    find_asked = Signal()

    def __init__(
        self, context: UiContext, book: AccountBook, menu: QMenu, parent: QWidget | None = None
    ) -> None:
        super().__init__("panel", parent)
        self._context = context
        self._book = book
        self._row: Conversation | None = None
        self._kind = ""
        self._kind_read_of: OrderId | None = None
        theme = context.theme
        self._back = IconButton(context, "back", tr("Back"), parent=self)
        self._back.clicked.connect(self.back_asked)
        self._back.hide()
        self._avatar = Avatar(theme, parent=self)
        self._name = ElidedLabel(theme, role=TextRole.TITLE, parent=self)
        self._presence = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", parent=self)
        self._order = WordButton("", look="link", parent=self)
        self._order.clicked.connect(self.order_asked)
        self._insecure_icon = PlainLabel(theme, parent=self)
        self._insecure = PlainLabel(theme, role=TextRole.SECONDARY_STRONG, colour="warn", parent=self)
        self._insecure.setText(tr("not encrypted"))
        explained = tr("This account uses plain http: whoever is on the way can read and change everything.")
        for marker in (self._insecure, self._insecure_icon):
            marker.setToolTip(plain_tooltip(explained))
            marker.setAccessibleName(tr("not encrypted"))
            marker.setAccessibleDescription(explained)
        self._find = IconButton(context, "search", tr("Find in this conversation"), parent=self)
        self._find.clicked.connect(self.find_asked)
        self._mute = IconButton(context, "bell", tr("Mute"), checkable=True, parent=self)
        self._mute.clicked.connect(self.mute_asked)
        self._more = IconButton(context, "more", tr("More for this conversation"), parent=self)
        self._more.setMenu(menu)
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._panel = IconButton(context, "panel", tr("Order panel"), checkable=True, parent=self)
        self._panel.clicked.connect(self.panel_asked)
        self._lay_out()
        context.feed.conversations_put.connect(self._on_put)
        context.feed.conversations_gone.connect(self._on_gone)
        context.feed.presence.connect(self._on_presence)
        book.accounts_changed.connect(self._refresh)
        context.clock.beat.connect(self._refresh)
        theme.changed.connect(self._restyle)
        self._restyle()

    def open_conversation(self, conversation_id: ConversationId | None) -> None:
        """Show this conversation; None: nothing."""
        reader = self._context.desk.reader
        self._row = reader.conversation(conversation_id) if conversation_id is not None else None
        self._refresh()

    def conversation(self) -> Conversation | None:
        """The row that it shows."""
        return self._row

    def offer_back(self, offered: bool) -> None:
        """Show Back, where only one pane has room."""
        self._back.setVisible(offered)

    def offer_panel(self, offered: bool) -> None:
        """Whether there is anything to show beside the chat."""
        self._panel.setVisible(offered)

    def show_panel_state(self, shown: bool) -> None:
        """Whether the order panel is open."""
        self._panel.setChecked(shown)

    def insecure(self) -> bool:
        """Whether it says that the account is used without encryption."""
        return not self._insecure_icon.isHidden()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._refresh()

    def _is_roomy(self) -> bool:
        return self.width() >= self._context.theme.metrics.px(ROOMY_PX)

    def _lay_out(self) -> None:
        metrics = self._context.theme.metrics
        second = QHBoxLayout()
        second.setSpacing(metrics.small)
        for widget in (self._presence, self._order, self._insecure_icon, self._insecure):
            second.addWidget(widget)
        second.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._name)
        words.addLayout(second)
        row = self._row_layout = QHBoxLayout()
        row.setSpacing(metrics.small)
        row.addWidget(self._back)
        row.addWidget(self._avatar)
        row.addLayout(words, 1)
        for button in (self._find, self._mute, self._more, self._panel):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(Line(self._context.theme, parent=self))

    def _on_put(self, change: ConversationsPut, _commit: int) -> None:
        row = self._row
        if row is None:
            return
        newest = next((c for c in change.conversations if c.id == row.id), None)
        if newest is not None:
            self._row = newest
            self._refresh()

    def _on_gone(self, change: ConversationsGone, _commit: int) -> None:
        if self._row is not None and self._row.id in change.ids:
            self._row = None
            self._refresh()

    def _on_presence(self, news: PresenceChanged) -> None:
        if self._row is not None and news.conversation_id == self._row.id:
            self._refresh()

    def _refresh(self) -> None:
        row = self._row
        if row is None:
            return
        name = one_line(row.title, _NAME_CHARS) or tr("Unnamed conversation")
        self._name.setText(name)
        told = self._context.feed.presence_in(row.id)
        there = told is not None and told.state is PresenceState.ONLINE
        self._avatar.show_name(name, "ok" if there else "")
        standing = self._standing(row)
        self._presence.setText(standing)
        self._presence.setVisible(bool(standing))
        tag, kind = order_tag(row.order_number), self._kind_of(row)
        self._order.setVisible(bool(row.order_number))
        named = tr("{kind} {tag}", kind=kind, tag=tag) if tag else kind
        self._order.set_words(named if self._is_roomy() or not tag else tag)
        self._order.setAccessibleName(named)
        account = self._book.account(row.account_id)
        plain = account is not None and account.plain_http_consent
        self._insecure.setVisible(plain and self._is_roomy())
        self._insecure_icon.setVisible(plain)
        self._mute.setChecked(row.muted)
        self._mute.set_icon("bell-off" if row.muted else "bell")
        self._mute.set_name(tr("Unmute") if row.muted else tr("Mute"))

    def _kind_of(self, row: Conversation) -> str:
        """What sort of thing the conversation is about, as it is called within a line."""
        if row.order_id != self._kind_read_of:
            order = self._context.desk.reader.order(row.order_id) if row.order_id is not None else None
            self._kind_read_of = row.order_id
            self._kind = kind_in_line(order.kind if order is not None else OrderKind.ORDER)
        return self._kind

    def _standing(self, row: Conversation) -> str:
        now_us = self._context.clock.now_us()
        told = self._context.feed.presence_in(row.id)
        parts = [presence_words(told.state, told.as_of_us, now_us)] if told else []
        if row.lifecycle in {Lifecycle.READ_ONLY, Lifecycle.ENDED}:
            parts.append(tr("closed for writing"))
        if row.lifecycle is Lifecycle.DELETED:
            parts.append(tr("deleted on the server"))
        if row.archived:
            parts.append(tr("archived"))
        if len(self._book.accounts()) > 1:
            account = self._book.account(row.account_id)
            parts.append(account_label(account, self._book.accounts()) if account else "")
        return " · ".join(part for part in parts if part)

    def _restyle(self) -> None:
        theme, metrics = self._context.theme, self._context.theme.metrics
        self._row_layout.setContentsMargins(metrics.large, metrics.small, metrics.medium, metrics.small)
        self._order.setFont(theme.font(TextRole.SECONDARY_STRONG))
        size = theme.metrics.px(14)
        self._insecure_icon.setPixmap(
            self._context.icons.pixmap("unlocked", "warn", size, self.devicePixelRatioF())
        )
