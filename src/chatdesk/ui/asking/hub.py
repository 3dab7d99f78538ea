"""Everything that asks servers, put together for one window: pages, dialogs, menus, and what they share.

Pages and dialogs are loaded and made when somebody first opens them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QMenu, QWidget

from chatdesk.domain.actions import ActionKind, Offer
from chatdesk.domain.entities import Account, Conversation, Order
from chatdesk.domain.ids import AccountId, OrderId, RemoteId
from chatdesk.ui.asking.asker import Asker
from chatdesk.ui.asking.buttons import fill_menu
from chatdesk.ui.asking.notice_book import NoticeBook, has_notices
from chatdesk.ui.asking.offers import About, about_account, about_conversation, about_order, offer_of
from chatdesk.ui.asking.pages import Pages
from chatdesk.ui.asking.tools import BadgeButton
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr
from chatdesk.ui.orders.model import OrderModel
from chatdesk.ui.orders.panel import OrderPanel
from chatdesk.ui.orders.statuses import AccountFacts

if TYPE_CHECKING:
    from chatdesk.ui.asking.dialog import ActionDialog
    from chatdesk.ui.asking.finder import FinderPage
    from chatdesk.ui.asking.notices import NoticesPage
    from chatdesk.ui.asking.page import AskingPage

_IN_MENUS_TOO = frozenset({ActionKind.UPLOAD})
"""Offered on conversations, but a matter of the composer."""


class Asking(QObject):
    """The window plugs this in once its panes are there.

    conversation_asked(id): open a conversation, to be written in. order_asked(order id): show an order.
    told(sentence): for the status bar. offers_changed: what pages and commands there are may be others now.
    """

    conversation_asked = Signal(int)
    order_asked = Signal(int)
    told = Signal(str)
    offers_changed = Signal()

    def __init__(
        self,
        context: UiContext,
        facts: AccountFacts,
        orders: OrderModel,
        opened: Callable[[], Conversation | None],
        pages: Pages,
        window: QWidget,
    ) -> None:
        """orders: those stored; opened: the conversation shown; pages: hold the desk already."""
        super().__init__(window)
        self._context = context
        self._facts = facts
        self._orders = orders
        self._window = window
        self._dialogs: dict[str, ActionDialog] = {}
        self._opened = opened
        self.asker = Asker(context, self, where=self._place)
        self.book = NoticeBook(context, facts, self)
        self.pages = pages
        self._finder: FinderPage | None = None
        self._notices: NoticesPage | None = None
        self.find_tool = BadgeButton(context, "find", tr("Look up"), window)
        self.notice_tool = BadgeButton(context, "bell", tr("Notifications"), window)
        self.asker.chat_started.connect(self.conversation_asked)
        self.asker.told.connect(self.told)
        self.asker.ended.connect(self.book.heed)
        self.book.changed.connect(self._count)
        facts.changed.connect(self._on_facts)
        self._on_facts()

    # -- what there is ---------------------------------------------------------------------------------

    @property
    def finder(self) -> FinderPage:
        """The page that looks things up; made when it is first asked for."""
        if self._finder is None:
            from chatdesk.ui.asking.finder import FinderPage

            page = FinderPage(
                self._context, self._facts, self.asker, self.press, self._stored_order, self.pages
            )
            page.order_asked.connect(self.order_asked)
            self._add(page)
            self._finder = page
        return self._finder

    @property
    def notices(self) -> NoticesPage:
        """The page of the platforms' notifications; made when it is first asked for."""
        if self._notices is None:
            from chatdesk.ui.asking.notices import NoticesPage

            page = NoticesPage(self._context, self._facts, self.book, self.asker, self.press, self.pages)
            page.conversation_asked.connect(self.conversation_asked)
            page.told.connect(self.told)
            self._add(page)
            self._notices = page
        return self._notices

    def _add(self, page: AskingPage) -> None:
        self.pages.addWidget(page)
        page.back_asked.connect(self.pages.show_desk)

    def can_find(self) -> bool:
        """Whether any account can look things up."""
        return any(account.capabilities.finds for account in self._facts.accounts())

    def can_notify(self) -> bool:
        """Whether any account's platform notifies."""
        return any(has_notices(account) for account in self._facts.accounts())

    def creator(self, wanted: AccountId | None) -> Account | None:
        """The account that an order would be created with: the wanted one, else the first that may."""
        able = [
            one for one in self._facts.accounts() if offer_of(about_account(one), ActionKind.CREATE_ORDER)
        ]
        return next((one for one in able if one.id == wanted), able[0] if able else None)

    # -- what commands do ------------------------------------------------------------------------------

    def show_finder(self, account: AccountId | None) -> None:
        """Look something up, at an account's server where it can."""
        if self.can_find():
            self.pages.show_page(self.finder, account)

    def show_notices(self, account: AccountId | None) -> None:
        """Show the notifications of an account, where it has any."""
        if self.can_notify():
            self.pages.show_page(self.notices, account)

    def create_order(self, account: AccountId | None) -> ActionDialog | None:
        """Ask for what a new order needs; None where no account may create one."""
        creator = self.creator(account)
        if creator is None:
            return None
        about = about_account(creator)
        offer = offer_of(about, ActionKind.CREATE_ORDER)
        return self.press(about, offer) if offer is not None else None

    def press(self, about: About, offer: Offer) -> ActionDialog | None:
        """Do an offered action: at once where nothing needs to be asked, else by its dialog."""
        if not offer.fields and not offer.confirm:
            self.asker.start(about, offer)
            return None
        name = f"{about.key}/{offer.action.value}"
        shown = self._dialogs.get(name)
        if shown is None:
            from chatdesk.ui.asking.dialog import ActionDialog

            shown = ActionDialog(self._context, self.asker, about, offer, self._window)
            dialogs = self._dialogs
            self._dialogs[name] = shown
            # Once it is finished it deletes itself; from then on nobody may touch it.
            shown.finished.connect(lambda _result: dialogs.pop(name, None))
            shown.open()
        shown.activateWindow()
        return shown

    def dialogs(self) -> tuple[QDialog, ...]:
        """The dialogs that are open."""
        return tuple(self._dialogs.values())

    def start_chat(self, order: Order) -> bool:
        """Start the conversation about an order, where that is offered and can be done now."""
        account = self._facts.find(order.account_id)
        if account is None or self.asker.blocked(account.id):
            return False
        about = about_order(account, order, None)
        offer = offer_of(about, ActionKind.START_CHAT)
        if offer is None:
            return False
        self.press(about, offer)
        return True

    # -- where it is plugged in ------------------------------------------------------------------------

    def join_panel(self, panel: OrderPanel) -> None:
        """Show position, actions and files in the order panel."""
        from chatdesk.ui.asking.order_part import OrderPart

        panel.take_asking(OrderPart(self._context, self.asker, self.press, panel))

    def join_menu(self, menu: QMenu) -> None:
        """Offer what can be done with the open conversation at the end of its menu, as it is when asked."""
        ours: list[QAction] = []

        def fill() -> None:
            for action in ours:
                menu.removeAction(action)
            before = set(menu.actions())
            about = self._about_conversation(self._opened())
            if about is not None:
                fill_menu(menu, self.asker, self.press, about, _IN_MENUS_TOO)
            ours[:] = [action for action in menu.actions() if action not in before]

        menu.aboutToShow.connect(fill)

    def fill_account_menu(self, menu: QMenu, account_id: AccountId) -> None:
        """Add this account's pages and actions to its menu."""
        account = self._facts.find(account_id)
        if account is None:
            return
        if account.capabilities.finds or has_notices(account):
            menu.addSeparator()
        if account.capabilities.finds:
            menu.addAction(tr("Look up…")).triggered.connect(lambda _on=False: self.show_finder(account.id))
        if has_notices(account):
            entry = menu.addAction(tr("Notifications"))
            entry.triggered.connect(lambda _on=False: self.show_notices(account.id))
        fill_menu(menu, self.asker, self.press, about_account(account), {ActionKind.NOTICES_READ})

    def _about_conversation(self, row: Conversation | None) -> About | None:
        account = self._facts.find(row.account_id) if row is not None else None
        if row is None or account is None:
            return None
        order = self._context.desk.reader.order(row.order_id) if row.order_id is not None else None
        return about_conversation(account, row, order)

    def _place(self) -> object:
        row = self._opened()
        return self.pages.currentIndex(), row.id if row is not None else None

    def _stored_order(self, account: AccountId, remote_id: RemoteId) -> Order | None:
        for row in range(self._orders.rowCount()):
            found = self._orders.find(OrderId(self._orders.row_id(row)))
            if found is not None and (found.order.account_id, found.order.remote_id) == (account, remote_id):
                return found.order
        return None

    def _on_facts(self) -> None:
        self.find_tool.setVisible(self.can_find())
        self.notice_tool.setVisible(self.can_notify())
        shown = self.pages.page()
        if shown is not None and not (self.can_find() if shown is self._finder else self.can_notify()):
            self.pages.show_desk()
        self._count()
        self.offers_changed.emit()

    def _count(self, _account: int = 0) -> None:
        self.notice_tool.show_count(self.book.unread())
