"""The list pane: a switch between conversations and orders, search, filter chips, sorting, and the rows."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.ids import AccountId, ConversationId, OrderId
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Panel
from chatdesk.ui.i18n import tr, trn
from chatdesk.ui.lists.choices import Chips, Switch
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.once_looping import OnceLooping
from chatdesk.ui.lists.page import ConversationsPage
from chatdesk.ui.lists.proxy import Chip, ConversationProxy, SortBy
from chatdesk.ui.lists.search import SearchField
from chatdesk.ui.lists.sort_menu import show_sort_menu
from chatdesk.ui.orders.kind_chips import KindChip, KindChips
from chatdesk.ui.orders.model import Column, OrderModel
from chatdesk.ui.orders.proxy import OrderChip, OrderProxy
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.preferences import CONVERSATION_SORT
from chatdesk.ui.tasks import Tasks

if TYPE_CHECKING:
    from chatdesk.ui.orders.page import OrdersPage


class Side(StrEnum):
    """What the pane lists."""

    CONVERSATIONS = "conversations"
    ORDERS = "orders"


class ListPane(Panel):
    """Everything that can be opened, by conversation or by order. Reads the store once the loop runs."""

    conversation_chosen = Signal(int)
    """ConversationId: the person wants to see this conversation."""
    conversation_activated = Signal(int)
    """ConversationId: the person pressed Enter on it, and probably wants to write."""
    link_wanted = Signal(int)
    """ConversationId: the person wants to say with which other conversation it shares its customer."""
    order_chosen = Signal(int)
    """OrderId: the person opened this order; `conversation_chosen` follows where it has a conversation."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        now_us = context.clock.now_us
        self.facts = AccountFacts(context, self)
        self.conversations = ConversationModel(context.desk.reader.first_conversations(), now_us, self)
        self.conversations.follow(context.feed)
        self.conversations.name_accounts(self.facts.label)
        self.orders = OrderModel(self.conversations, self.facts, now_us, self)
        self.orders.follow(context.feed)
        self.shown = ConversationProxy(self.conversations, self)
        self.shown_orders = OrderProxy(self.orders, self)
        self._build()
        self._connect()
        self._on_search("")
        self._show_counts()
        self._show_kinds()
        self._restyle()
        OnceLooping(self, self.read)

    def read(self) -> None:
        """Read all conversations and orders, off this thread; commits keep them up afterwards."""
        desk = self._context.desk
        self._tasks.start("conversations", desk.conversations(), on_done=self.conversations.complete)
        self._tasks.start("orders", desk.orders(), on_done=self.orders.complete)

    # -- what the window asks --------------------------------------------------------------------------

    def has_rows(self) -> bool:
        """Whether anything is listed now."""
        return bool(self.shown.rowCount())

    def select(self, conversation_id: int | None) -> None:
        """Mark the conversation that is open now; None: none. Emits nothing."""
        self._page.select(ConversationId(conversation_id) if conversation_id is not None else None)

    def selected(self) -> ConversationId | None:
        """The conversation that is marked, whether a filter shows it or not."""
        return self._page.selected

    def step(self, by: int) -> None:
        """Go `by` rows further down (negative: up) and open what is there; the ends of the list hold."""
        self._choose(self._page.neighbour(by))

    def select_next(self) -> None:
        """Open the conversation below."""
        self.step(1)

    def select_previous(self) -> None:
        """Open the conversation above."""
        self.step(-1)

    def select_next_unread(self) -> None:
        """Open the next conversation with unread messages; nothing happens where all is read."""
        self._choose(self._page.next_unread())

    def set_account(self, account_id: AccountId | None) -> None:
        """List one account's conversations and orders, or (None) all."""
        self.shown.set_account(account_id)
        self.shown_orders.set_account(account_id)

    def set_collapsed(self, collapsed: bool) -> None:
        """Show avatars only, or everything."""
        self._head.setVisible(not collapsed)
        if collapsed:
            self.show_side(Side.CONVERSATIONS)
        self._page.set_collapsed(collapsed)

    def collapsed_width(self) -> int:
        """Width in pixels of the pane with avatars only."""
        return self._page.collapsed_width()

    def side(self) -> Side:
        """What is listed."""
        return Side.CONVERSATIONS if self._pages.currentWidget() is self._page else Side.ORDERS

    def show_side(self, side: Side) -> None:
        """List conversations or orders."""
        orders = side is Side.ORDERS
        self._switch.choose(side)
        self._chip_rows.setCurrentWidget(self._order_chips if orders else self._chips)
        self._pages.setCurrentWidget(self._orders_page if orders else self._page)
        self._on_search(self._search.text())
        self._show_kinds()
        self.setFocusProxy(self._orders_page if orders else self._page)

    def show_conversations(self) -> None:
        """List the conversations, with the keyboard in them."""
        self.show_side(Side.CONVERSATIONS)
        self._page.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_orders(self) -> None:
        """List the orders, with the keyboard in them."""
        self.show_side(Side.ORDERS)
        self._orders_page.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_search(self) -> None:
        """Put the keyboard into the search field, its text selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._search.text():
            self._search.clear()
            return
        super().keyPressEvent(event)

    # -- making ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        context = self._context
        theme = context.theme
        self.setAccessibleName(tr("Conversations and orders"))
        self._head = QWidget(self)
        self._switch: Switch[Side] = Switch(
            theme,
            {Side.CONVERSATIONS: tr("Conversations"), Side.ORDERS: tr("Orders")},
            tr("What is listed"),
            self._head,
        )
        self._search = SearchField(context, "Ctrl+K", self._head)
        self._sort = IconButton(context, "sort", tr("Sort"), parent=self._head)
        self._chip_rows = QStackedWidget(self._head)
        self._chips: Chips[Chip] = Chips(
            theme,
            {
                Chip.ALL: tr("All"),
                Chip.UNREAD: tr("Unread"),
                Chip.NEEDS_REPLY: tr("Needs reply"),
                Chip.ARCHIVED: tr("Archived"),
            },
            tr("Filter"),
            self._chip_rows,
        )
        self._order_chips: Chips[OrderChip] = Chips(
            theme,
            {
                OrderChip.OPEN: tr("Open"),
                OrderChip.NEEDS_REPLY: tr("Needs reply"),
                OrderChip.CLOSED: tr("Closed"),
                OrderChip.ALL: tr("All"),
            },
            tr("Filter"),
            self._chip_rows,
        )
        self._chip_rows.addWidget(self._chips)
        self._chip_rows.addWidget(self._order_chips)
        self._kinds = KindChips(context, self.shown_orders, self._head)
        self._pages = QStackedWidget(self)
        self._page = ConversationsPage(context, self.conversations, self.shown, self.facts, self._pages)
        self._made_orders_page: OrdersPage | None = None
        self._pages.addWidget(self._page)
        search_row = QHBoxLayout()
        search_row.setContentsMargins(0, 0, 0, 0)
        search_row.setSpacing(theme.metrics.tiny)
        search_row.addWidget(self._search, 1)
        search_row.addWidget(self._sort)
        self._head_column = QVBoxLayout(self._head)
        self._head_column.addWidget(self._switch)
        self._head_column.addLayout(search_row)
        self._head_column.addWidget(self._chip_rows)
        self._head_column.addWidget(self._kinds)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self._switch.chosen.connect(self.show_side)
        self._search.textChanged.connect(self._on_search)
        self._search.into_list.connect(self._into_list)
        self._search.opened.connect(self._open_first)
        self._sort.clicked.connect(self._open_sort_menu)
        remembered = self._context.preferences.get(CONVERSATION_SORT)
        if remembered in set(SortBy):
            self.shown.set_sort(SortBy(remembered))
        self._chips.chosen.connect(self.shown.set_chip)
        self._order_chips.chosen.connect(self.shown_orders.set_chip)
        self._kinds.needed_changed.connect(self._show_kinds)
        self.shown.counts_changed.connect(self._show_counts)
        self.shown_orders.counts_changed.connect(self._show_counts)
        self._page.chosen.connect(self.conversation_chosen)
        self._page.activated.connect(self.conversation_activated)
        self._page.typed.connect(self._type_search)
        self._page.all_wanted.connect(self._show_all)
        self._page.orders_wanted.connect(self.show_orders)
        self._page.link_wanted.connect(self.link_wanted)
        self._context.theme.changed.connect(self._restyle)

    @property
    def _orders_page(self) -> OrdersPage:
        """Rows and table of the orders; made when they are first shown."""
        if self._made_orders_page is None:
            from chatdesk.ui.orders.page import OrdersPage

            page = OrdersPage(self._context, self.orders, self.shown_orders, self._pages)
            page.order_opened.connect(self._on_order)
            page.typed.connect(self._type_search)
            page.all_wanted.connect(self._show_all)
            self._pages.addWidget(page)
            self._made_orders_page = page
        return self._made_orders_page

    def _restyle(self) -> None:
        metrics = self._context.theme.metrics
        self._head_column.setContentsMargins(metrics.medium, metrics.medium, metrics.medium, metrics.small)
        self._head_column.setSpacing(metrics.small)

    # -- hearing ---------------------------------------------------------------------------------------

    def _choose(self, conversation_id: ConversationId | None) -> None:
        if conversation_id is not None:
            self._page.select(conversation_id)
            self.conversation_chosen.emit(conversation_id)

    def _on_order(self, order_id: int) -> None:
        self.order_chosen.emit(order_id)
        row = self.orders.find(OrderId(order_id))
        if row is not None:
            self._choose(row.order.conversation_id)

    def _on_search(self, text: str) -> None:
        orders = self.side() is Side.ORDERS
        self._search.setPlaceholderText(tr("Search orders") if orders else tr("Search people, orders"))
        self._search.setAccessibleName(tr("Search orders") if orders else tr("Search conversations"))
        if orders:
            self.shown_orders.set_query(text)
        else:
            self.shown.set_query(text)

    def _into_list(self) -> None:
        if self.side() is Side.ORDERS:
            self._orders_page.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        self._page.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self._page.view.currentIndex().isValid():
            self._choose(self._page.neighbour(1))

    def _open_first(self) -> None:
        """What Enter opens is the first row of what was typed, not of what is still shown."""
        (self.shown_orders if self.side() is Side.ORDERS else self.shown).settle()
        if self.side() is Side.CONVERSATIONS and self.shown.rowCount():
            self._choose(ConversationId(self.shown.id_at(0)))
        elif self.side() is Side.ORDERS and self.shown_orders.rowCount():
            self._on_order(self.shown_orders.id_at(0))

    def _type_search(self, letters: str) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.setText(self._search.text() + letters)

    def _show_all(self) -> None:
        self._search.clear()
        if self.side() is Side.ORDERS:
            self._order_chips.choose(OrderChip.ALL)
            self._kinds.choose(KindChip.ALL)
            self.shown_orders.set_chip(OrderChip.ALL)
        else:
            self._chips.choose(Chip.ALL)
            self.shown.set_chip(Chip.ALL)

    def _show_kinds(self) -> None:
        self._kinds.setVisible(self._kinds.is_needed and self.side() is Side.ORDERS)

    def _show_counts(self) -> None:
        counts = self.shown.counts
        self._chips.show_count(
            Chip.UNREAD,
            counts.unread,
            trn("Unread, {n} conversation", "Unread, {n} conversations", counts.unread),
        )
        self._chips.show_count(
            Chip.NEEDS_REPLY,
            counts.needs_reply,
            trn("Needs reply, {n} conversation", "Needs reply, {n} conversations", counts.needs_reply),
        )
        opened = self.shown_orders.count(OrderChip.OPEN)
        waiting = self.shown_orders.count(OrderChip.NEEDS_REPLY)
        self._order_chips.show_count(
            OrderChip.OPEN, opened, trn("Open, {n} order", "Open, {n} orders", opened)
        )
        self._order_chips.show_count(
            OrderChip.NEEDS_REPLY, waiting, trn("Needs reply, {n} order", "Needs reply, {n} orders", waiting)
        )

    def _open_sort_menu(self) -> None:
        if self.side() is Side.ORDERS:
            by_column: list[tuple[str, Column | None]] = [
                (tr("Latest first"), None),
                (tr("Who waits longest"), Column.WAITING),
                (tr("Order number"), Column.ORDER),
                (tr("Customer"), Column.CUSTOMER),
                (tr("Kind"), Column.KIND),
                (tr("Status"), Column.STATUS),
                (tr("Progress"), Column.PROGRESS),
            ]
            show_sort_menu(self._sort, by_column, self.shown_orders.sort_column, self._orders_page.sort)
        else:
            orders = [
                (tr("Latest first"), SortBy.ACTIVITY),
                (tr("Who waits longest"), SortBy.WAITING),
                (tr("Unread first"), SortBy.UNREAD),
                (tr("Status of the order"), SortBy.STATUS),
            ]
            show_sort_menu(self._sort, orders, self.shown.sort_by, self._sort_conversations)

    def _sort_conversations(self, sort_by: SortBy) -> None:
        self.shown.set_sort(sort_by)
        self._context.preferences.put(CONVERSATION_SORT, sort_by.value)
