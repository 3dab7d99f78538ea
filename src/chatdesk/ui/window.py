"""The main window: its regions, how they share the width, and what it remembers."""

from __future__ import annotations

import sys

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QMoveEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QMainWindow, QMenu, QVBoxLayout, QWidget

from chatdesk.domain.changes import ConversationsGone, ConversationsPut, NoticeRaised
from chatdesk.domain.errors import StoreProblem
from chatdesk.domain.ids import AccountId, ConversationId, OrderId
from chatdesk.domain.kinds import NoticeCode
from chatdesk.domain.text import one_line
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.actions import Actions, Situation
from chatdesk.ui.arrangement import (
    CHAT_LEAST_PX,
    LIST_LEAST_PX,
    LIST_MOST_PX,
    PANEL_LEAST_PX,
    PANEL_MOST_PX,
    Arrangement,
    ListShape,
    Pane,
    arrange,
    is_wide,
    share_width,
)
from chatdesk.ui.asking.hub import Asking
from chatdesk.ui.asking.pages import Pages
from chatdesk.ui.asks import Asks
from chatdesk.ui.chat.pane import ChatPane
from chatdesk.ui.commands import Menu
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, Split
from chatdesk.ui.handlers import Handlers
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.once_looping import OnceLooping
from chatdesk.ui.lists.pane import ListPane
from chatdesk.ui.outbox import OutboxModel
from chatdesk.ui.preferences import (
    GEOMETRY,
    LAST_ACCOUNT,
    LAST_CONVERSATION,
    LIST_WIDTH,
    PANEL_SHOWN,
    PANEL_WIDTH,
    THEME,
    ZOOM,
)
from chatdesk.ui.rail.rail import Rail
from chatdesk.ui.search.hub import Searching
from chatdesk.ui.side import OrderSide
from chatdesk.ui.statusbar import StatusBar
from chatdesk.ui.words import error_sentences, notice_sentence

FIRST_WIDTH_PX, FIRST_HEIGHT_PX = 1280, 820
LEAST_WIDTH_PX, LEAST_HEIGHT_PX = 400, 420
NO_LIMIT_PX = 16_777_215
"""Qt's own QWIDGETSIZE_MAX."""
_SAVE_DELAY_MS = 800
_TITLE_CHARS = 80
_TOLD_ELSEWHERE = frozenset(
    {
        NoticeCode.AUTH_REQUIRED,
        NoticeCode.AUTH_FAILED,
        NoticeCode.LOCKED,
        NoticeCode.OFFLINE,
        NoticeCode.FOREIGN_DROPPED,
        NoticeCode.MALFORMED_DROPPED,
    }
)


class MainWindow(QMainWindow):
    """Rail, list pane, chat pane, order panel, status bar.

    `closed` when the person has closed it: main then ends the program. Shown for the first time, it begins
    the reads that need the running loop.
    """

    closed = Signal()

    def __init__(self, context: UiContext) -> None:
        super().__init__()
        self.context = context
        self.book = AccountBook(context, self)
        self.outbox = OutboxModel(context, self)
        self._pane = Pane.LIST
        self._panel_asked = False
        self._list_asked = False
        self._started = False
        self._is_complete = False
        """What can be seen at once is there; of the order panel only its place, until the first paint."""
        self._is_new = False
        """There is no account yet."""
        self._applied: tuple[Arrangement, bool, bool, float] | None = None
        self.handlers = Handlers(self)
        self.commands = Actions(self, self.handlers)
        self._build()
        self._save_soon = QTimer(self)
        self._save_soon.setSingleShot(True)
        self._save_soon.setInterval(_SAVE_DELAY_MS)
        self._save_soon.timeout.connect(self._remember)
        self._connect()
        self._restore()

    async def settle(self) -> None:
        """Return once what was typed is on disk, or could not be put there."""
        await self.chat.composer.flush()

    # -- one conversation

    def open_conversation(self, conversation_id: int | None) -> None:
        """Show a conversation in chat pane and order panel, and tell the engine; None closes it."""
        self._complete()
        self._open_conversation(conversation_id)

    def _open_conversation(self, conversation_id: int | None) -> None:
        before = self.chat.header.conversation()
        self.chat.open_conversation(ConversationId(conversation_id) if conversation_id else None)
        shown = self.chat.conversation_id()
        row = self.chat.header.conversation()
        if before is not None and (row is None or row.account_id != before.account_id):
            self.context.desk.look_away(before.account_id)
        if self._is_complete:
            self.side.open_conversation(shown)
        self.list.select(shown)
        self.search.on_conversation(shown)
        if shown is not None:
            self.asking.pages.show_desk()
            self.context.desk.opened(shown)
        self._pane = Pane.CHAT if shown is not None else Pane.LIST
        self._list_asked = False
        self.context.preferences.put(LAST_CONVERSATION, int(shown or 0))
        self._show_title()
        self.update_commands()
        self.arrange()
        if shown is not None and self.arrangement().one_pane:
            # The list has gone, and the keyboard must not end in the status bar.
            self.handlers.focus_shown()

    def show_order(self, order_id: int) -> None:
        """Open the conversation about an order; without one show the order, and start the conversation."""
        self._complete()
        order = self.context.desk.reader.order(OrderId(order_id))
        if order is None:
            return
        if order.conversation_id is not None:
            self._on_activated(order.conversation_id)
            return
        self.open_conversation(None)
        self.asking.pages.show_desk()
        self.side.panel.show_order(order.id)
        self.arrange()
        if self.side.isHidden():
            self.toggle_panel()
        if not self.asking.start_chat(order):
            self.handlers.focus_region(self.side)

    def account(self) -> AccountId | None:
        """The account that commands are about: of the open conversation, else the one chosen in the rail."""
        row = self.chat.header.conversation()
        if row is not None:
            return row.account_id
        accounts = self.book.accounts()
        return self.rail.chosen() or (accounts[0].id if accounts else None)

    def update_commands(self) -> None:
        """Enable and check what fits the present state."""
        row = self.chat.header.conversation()
        theme = self.context.theme
        linked = row is not None and row.group is not None
        asking = self.asking
        self.commands.update(
            Situation(
                bool(self.book.accounts()),
                row is not None,
                linked,
                why_whole=self.chat.whole.why_not(),
                can_find=asking.can_find(),
                can_notify=asking.can_notify(),
                can_create=asking.creator(None) is not None,
            )
        )
        for command, checked in (
            ("conversation.mute", row is not None and row.muted),
            ("conversation.archive", row is not None and row.archived),
            ("panel.toggle", not self.side.isHidden()),
            *((f"theme.{mode.value}", mode is theme.mode) for mode in type(theme.mode)),
        ):
            self.commands.action(command).setChecked(checked)

    # -- what is shown where

    def arrangement(self) -> Arrangement:
        """What the window shows at its present width."""
        return arrange(
            self.width() / self.context.theme.metrics.scale,
            pane=self._pane,
            panel_wanted=self.context.preferences.get(PANEL_SHOWN),
            panel_asked=self._panel_asked,
            list_asked=self._list_asked,
        )

    def arrange(self) -> None:
        """Show the regions that fit."""
        shape, scale = self.arrangement(), self.context.theme.metrics.scale
        row = self.chat.header.conversation()
        alone = row is None and self.side.panel.order() is not None
        beside = alone or (row is not None and (row.order_id is not None or self.side.linked.is_filled()))
        panel = shape.panel and beside
        # Without an account there is nothing to list: the welcome has the window to itself.
        begins = self._is_new and bool(self.book.accounts())
        self._is_new = not self.book.accounts()
        listed = shape.list is not ListShape.HIDDEN and not self._is_new
        self.list.setVisible(listed)
        self.chat.setVisible(shape.chat or not (listed or panel))
        self.side.setVisible(panel)
        self.side.offer_back(shape.one_pane)
        self.rail.setVisible(not shape.one_pane or self._pane is Pane.LIST)
        self.chat.header.offer_back(shape.one_pane)
        self.chat.header.offer_panel(beside)
        self.chat.header.show_panel_state(panel)
        self.commands.action("panel.toggle").setChecked(panel)
        self.status.fit(self.width())
        if self._applied != (shape, panel, listed, scale):
            self._applied = (shape, panel, listed, scale)
            self._limit_widths(shape)
            self._share_width()
        if begins:
            # The button of the welcome, which had the keyboard, is gone.
            self.handlers.focus_first()

    def toggle_panel(self) -> None:
        """Show or hide the order panel; where there is little room, for now only."""
        self.asking.pages.show_desk()
        if self.arrangement().one_pane:
            self._pane = Pane.CHAT if self._pane is Pane.ORDER else Pane.ORDER
            self.arrange()
            self.handlers.focus_shown()
            return
        if is_wide(self.width() / self.context.theme.metrics.scale):
            self.context.preferences.put(PANEL_SHOWN, not self.context.preferences.get(PANEL_SHOWN))
        else:
            self._panel_asked, self._list_asked = not self._panel_asked, False
        self.arrange()

    def show_list(self) -> None:
        """Bring the list pane into view, whole."""
        self.asking.pages.show_desk()
        self._pane = Pane.LIST
        self._panel_asked = False
        self._list_asked = True
        self.arrange()

    def go_back(self) -> bool:
        """Leave what lies on top of the list: a page, the order, the chat. False: nothing was on top."""
        if self.search.close_topmost():
            return True
        if self.asking.pages.show_desk():
            self.handlers.focus_shown()
            return True
        before = self.arrangement()
        if before.one_pane and self._pane is not Pane.LIST:
            talks = self.chat.conversation_id() is not None
            self._pane = Pane.CHAT if self._pane is Pane.ORDER and talks else Pane.LIST
        else:
            self._panel_asked = self._list_asked = False
        if self.arrangement() == before:
            return False
        self.arrange()
        self.handlers.focus_shown()
        return True

    def regions(self) -> tuple[QWidget, ...]:
        """The parts that F6 moves between, from left to right; hidden ones too."""
        pages = self.asking.pages
        page = pages.page()
        if page is not None:
            return (self.rail, page, self.status, self.asks)
        chat = self.chat
        return (self.rail, self.list, chat.timeline, chat.composer, self.side, self.status, self.asks)

    def content(self) -> tuple[tuple[QAbstractItemView, ...], ...]:
        """The groups of views of which one each has something to paint first, once the store has it."""
        listed = tuple(self.list.findChildren(QAbstractItemView)) if self.list.has_rows() else ()
        talk = (self.chat.timeline,) if self.chat.timeline.model().rowCount() else ()
        return tuple(group for group in (listed, talk) if group)

    # -- Qt

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._started:
            self._started = True
            OnceLooping(self, self._read)
            self.handlers.focus_first()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_complete:
            QTimer.singleShot(0, self, self._complete)

    def _complete(self) -> None:
        """Fill the order panel, which the first paint has left empty: messages and lists come first."""
        if not self._is_complete:
            self._is_complete = True
            self.asking.join_panel(self.panel)
            self.side.open_conversation(self.chat.conversation_id())
            self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()
        self._save_soon.start()

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._save_soon.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape that nobody inside has taken goes back."""
        if event.key() == Qt.Key.Key_Escape and self.go_back():
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._save_soon.stop()
        self._remember()
        super().closeEvent(event)
        if event.isAccepted():
            self.closed.emit()

    def _read(self) -> None:
        self.book.start()
        self.outbox.start()

    # -- making

    def _build(self) -> None:
        context = self.context
        ground = Panel("background", self)
        menu = self.commands.whole_menu_later(self)
        more = QMenu(self)
        self.commands.fill_menu(more, Menu.CONVERSATION)
        self.rail = Rail(context, self.book, menu, ground)
        # Everything is made where it will stand: to move a widget is to style all that is in it again.
        pages = Pages(ground)
        self.split = Split(pages)
        pages.add_desk(self.split)
        self.list = ListPane(context, self.split)
        self.chat = ChatPane(context, self.book, self.outbox, more, self.split)
        self.side = OrderSide(context, self.list.conversations, self.list.facts, self.split)
        self.panel = self.side.panel
        for at, pane in enumerate((self.list, self.chat, self.side)):
            self.split.addWidget(pane)
            self.split.setStretchFactor(at, 1 if pane is self.chat else 0)
        self.status = StatusBar(context, self.book, self.outbox, ground)
        opened = self.chat.header.conversation
        self.asking = Asking(context, self.list.facts, self.list.orders, opened, pages, self)
        self.asking.join_menu(more)
        more.aboutToShow.connect(self.chat.whole.look_again)
        self.search = Searching(
            context, self.chat, self.list.conversations, self.list.facts, self._show_found, self
        )
        for tool in (self.search.tool, self.asking.find_tool, self.asking.notice_tool):
            self.rail.add_tool(tool)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self.asking.pages, 1)
        column = QVBoxLayout(ground)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.asks = Asks(context, self.outbox, ground)
        column.addWidget(self.asks)
        column.addLayout(row, 1)
        column.addWidget(self.status)
        self.setCentralWidget(ground)
        self.setMinimumSize(LEAST_WIDTH_PX, LEAST_HEIGHT_PX)
        if sys.platform == "darwin":
            self.commands.fill_menu_bar(self.menuBar())

    def _connect(self) -> None:
        handlers, feed = self.handlers, self.context.feed
        self.rail.account_chosen.connect(self._on_account)
        self.rail.add_asked.connect(handlers.add_account)
        self.rail.settings_asked.connect(handlers.show_settings)
        self.rail.menu_asked.connect(handlers.open_account_menu)
        self.list.conversation_chosen.connect(self.open_conversation)
        self.list.conversation_activated.connect(self._on_activated)
        self.search.told.connect(self.status.tell)
        self.search.tool.clicked.connect(handlers.search_messages)
        header = self.chat.header
        header.back_asked.connect(self.go_back)
        header.find_asked.connect(handlers.find_in_conversation)
        self.side.back_asked.connect(self.go_back)
        self.side.linked.opened.connect(self._on_activated)
        self.side.linked.filled_changed.connect(self.arrange)
        self.list.link_wanted.connect(handlers.ask_same_customer)
        self.list.order_chosen.connect(self._on_order_chosen)
        asking = self.asking
        asking.conversation_asked.connect(self._on_activated)
        asking.order_asked.connect(self.show_order)
        asking.told.connect(self.status.tell)
        asking.offers_changed.connect(self.update_commands)
        self.rail.account_chosen.connect(lambda _account: asking.pages.show_desk())
        asking.find_tool.clicked.connect(handlers.show_finder)
        asking.notice_tool.clicked.connect(handlers.show_notices)
        header.panel_asked.connect(self.toggle_panel)
        header.order_asked.connect(self._show_order)
        header.mute_asked.connect(handlers.toggle_muted)
        self.chat.elsewhere_asked.connect(handlers.write_elsewhere)
        self.chat.timeline.told.connect(self.status.tell)
        self.chat.timeline.day_asked.connect(handlers.go_to_day)
        self.chat.timeline.more_entries = (self.commands.action("conversation.load_whole"),)
        self.chat.whole.offer_changed.connect(self.update_commands)
        self.chat.banner.sign_in_asked.connect(handlers.sign_in_account)
        self.chat.add_account_asked.connect(handlers.add_account)
        self.status.outbox_asked.connect(handlers.show_outbox)
        self.split.splitterMoved.connect(self._on_split)
        self.split.share = self._shares
        self.context.theme.changed.connect(self._on_theme)
        self.book.accounts_changed.connect(self._on_accounts)
        self.book.unread_changed.connect(self._show_title)
        self.asks.outbox_asked.connect(handlers.show_outbox)
        self.asks.old_sends_asked.connect(handlers.decide_old_sends)
        self.asks.report_asked.connect(handlers.show_crash_report)
        feed.notice.connect(self._on_notice)
        self.context.troubles.happened.connect(self._on_trouble)
        feed.conversations_put.connect(self._on_conversations)
        feed.conversations_gone.connect(self._on_gone)

    def _restore(self) -> None:
        preferences = self.context.preferences
        scale = self.context.theme.metrics.scale
        room = self.screen().availableSize()
        self.resize(
            min(round(FIRST_WIDTH_PX * scale), room.width()),
            min(round(FIRST_HEIGHT_PX * scale), room.height()),
        )
        geometry = preferences.get(GEOMETRY)
        if geometry:
            self.restoreGeometry(QByteArray(geometry))
        self.rail.choose(AccountId(preferences.get(LAST_ACCOUNT)) or None)
        self._open_conversation(preferences.get(LAST_CONVERSATION) or None)

    def _remember(self) -> None:
        self.context.preferences.put(GEOMETRY, bytes(self.saveGeometry().data()))

    def _limit_widths(self, shape: Arrangement) -> None:
        metrics = self.context.theme.metrics
        avatars = shape.list is ListShape.AVATARS
        self.list.set_collapsed(avatars)
        least, most = metrics.px(LIST_LEAST_PX), metrics.px(LIST_MOST_PX)
        if avatars:
            least = most = self.list.collapsed_width()
        self.list.setMinimumWidth(least)
        self.list.setMaximumWidth(NO_LIMIT_PX if shape.one_pane else most)
        self.chat.setMinimumWidth(metrics.px(CHAT_LEAST_PX))
        self.side.setMinimumWidth(metrics.px(PANEL_LEAST_PX))
        self.side.setMaximumWidth(NO_LIMIT_PX if shape.one_pane else metrics.px(PANEL_MOST_PX))

    def _share_width(self) -> None:
        self.split.setSizes(self._shares(self.split.width()))

    def _shares(self, width: int) -> list[int]:
        """List and panel as wide as the person has made them; the chat takes the rest."""
        metrics, preferences = self.context.theme.metrics, self.context.preferences
        left = 0 if self.list.isHidden() else metrics.px(preferences.get(LIST_WIDTH))
        right = 0 if self.side.isHidden() else metrics.px(preferences.get(PANEL_WIDTH))
        left = min(left, self.list.maximumWidth())
        return share_width(width, left, right, metrics.scale)

    # -- hearing

    def _on_split(self, _position: int, handle: int) -> None:
        """Handle 1 is the list's right edge, handle 2 the panel's left one."""
        scale = self.context.theme.metrics.scale
        if handle == 1:
            self.context.preferences.put(LIST_WIDTH, round(self.list.width() / scale))
        else:
            self.context.preferences.put(PANEL_WIDTH, round(self.side.width() / scale))

    def _on_accounts(self) -> None:
        self.update_commands()
        self.arrange()

    def _on_activated(self, conversation_id: int) -> None:
        self.asking.pages.show_desk()
        if self.chat.conversation_id() != conversation_id:
            self.open_conversation(conversation_id)
        self.handlers.focus_composer()

    def _show_found(self, conversation_id: int | None) -> None:
        """A search leads here, or back to here."""
        self.asking.pages.show_desk()
        self.open_conversation(conversation_id)

    def _on_order_chosen(self, order_id: int) -> None:
        """An order with a conversation is opened by the list; the others are opened here."""
        order = self.context.desk.reader.order(OrderId(order_id))
        if order is not None and order.conversation_id is None:
            self.show_order(order_id)

    def _on_theme(self) -> None:
        theme = self.context.theme
        self.context.preferences.put(THEME, theme.mode)
        self.context.preferences.put(ZOOM, theme.zoom)
        self.update_commands()
        self.arrange()

    def _on_account(self, account: AccountId | None) -> None:
        self.list.set_account(account)
        self.context.preferences.put(LAST_ACCOUNT, int(account or 0))

    def _on_conversations(self, change: ConversationsPut, _commit: int) -> None:
        shown = self.chat.conversation_id()
        if any(row.id == shown for row in change.conversations):
            self.update_commands()
            self._show_title()

    def _on_gone(self, change: ConversationsGone, _commit: int) -> None:
        if self.chat.conversation_id() in change.ids:
            self.open_conversation(None)

    def _on_notice(self, notice: NoticeRaised) -> None:
        """What the banner or the account's health tells already is not told twice."""
        if notice.code not in _TOLD_ELSEWHERE:
            self.status.tell(notice_sentence(notice.code, notice.detail))

    def _on_trouble(self, _name: str, error: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, StoreProblem):
            words = error_sentences(error)
            self.status.tell(tr("{title}. {text}", title=words.title, text=words.text))

    def _show_order(self) -> None:
        if self.side.isHidden():
            self.toggle_panel()
        self.handlers.focus_region(self.side)

    def _show_title(self) -> None:
        row = self.chat.header.conversation()
        unread = self.book.unread()
        name = one_line(row.title, _TITLE_CHARS).replace("[*]", "[*][*]") if row else ""
        title = tr("{name} – chatdesk", name=name) if name else tr("chatdesk")
        self.setWindowTitle(tr("({n}) {title}", n=unread, title=title) if unread else title)
