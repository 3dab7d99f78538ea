"""The page of a platform's notifications: newest first, opened by a click, read and deleted where offered."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.actions import ActionKind
from chatdesk.domain.entities import Account, Notification
from chatdesk.domain.ids import ConversationId
from chatdesk.ui.asking.asker import Asker
from chatdesk.ui.asking.buttons import OfferButtons, Press, fill_menu
from chatdesk.ui.asking.notice_book import NoticeBook, has_notices
from chatdesk.ui.asking.notice_rows import NoticeDelegate, NoticeModel
from chatdesk.ui.asking.offers import about_account, about_notice, offer_of
from chatdesk.ui.asking.page import AskingPage
from chatdesk.ui.context import UiContext
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.tasks import Tasks

_ELSEWHERE = frozenset(ActionKind) - {ActionKind.NOTICES_READ}
"""Of what an account offers, this page takes one thing."""


class NoticesView(RowsView):
    """Rows whose mark at the end opens their menu: `mark_pressed(index, place)`; `opened` by a click."""

    mark_pressed = Signal(QModelIndex, QPoint)
    opened = Signal(QModelIndex)
    delete_pressed = Signal(QModelIndex)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() is not Qt.MouseButton.LeftButton or not index.isValid():
            return
        delegate, row = self.itemDelegate(), self.visualRect(index)
        box = delegate.menu_box(row, self.layoutDirection()) if isinstance(delegate, NoticeDelegate) else row
        if isinstance(delegate, NoticeDelegate) and box.contains(event.position().toPoint()):
            self.mark_pressed.emit(index, self.viewport().mapToGlobal(box.bottomLeft()))
        else:
            self.opened.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.currentIndex().isValid():
            self.delete_pressed.emit(self.currentIndex())
            return
        super().keyPressEvent(event)


class NoticesPage(AskingPage):
    """One account's notifications. conversation_asked(id): the conversation that one is about."""

    conversation_asked = Signal(int)
    told = Signal(str)

    def __init__(
        self,
        context: UiContext,
        facts: AccountFacts,
        book: NoticeBook,
        asker: Asker,
        press: Press,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context, facts, tr("Notifications"), has_notices, parent)
        self._book = book
        self._asker = asker
        self._press = press
        self._tasks = Tasks(self, context.troubles)
        self.model = NoticeModel(self)
        self.view = NoticesView(self)
        self.view.setItemDelegate(NoticeDelegate(context, self))
        self.view.setModel(self.model)
        self.view.setAccessibleName(tr("Notifications"))
        self._nothing = EmptyState(context, "bell", self)
        self._nothing.set_look("panel")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._nothing)
        self.all_read = OfferButtons(context, asker, press, leave_out=_ELSEWHERE, parent=self)
        self.one = OfferButtons(context, asker, press, parent=self)
        metrics = context.theme.metrics
        foot = QVBoxLayout()
        foot.setContentsMargins(metrics.medium, metrics.small, metrics.medium, metrics.medium)
        foot.addWidget(self.one)
        self.head.addWidget(self.all_read)
        self.body.addWidget(self._stack, 1)
        self.body.addLayout(foot)
        self.setFocusProxy(self.view)
        self.view.opened.connect(self._open)
        self.view.activated.connect(self._open)
        self.view.mark_pressed.connect(self.open_menu)
        self.view.menu_wanted.connect(self.open_menu)
        self.view.delete_pressed.connect(self._delete)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.model.dataChanged.connect(self._on_current)
        self.model.rowsRemoved.connect(self._on_current)
        book.changed.connect(self._on_book)
        context.clock.beat.connect(self.view.viewport().update)
        context.theme.changed.connect(self.view.rows_changed_height)
        self._refresh()

    def show_account(self, account: Account | None) -> None:
        """Show the notifications of this account."""
        if account is None or self.account is None or account.id != self.account.id:
            self.view.selectionModel().clear()
        super().show_account(account)
        self._refresh()

    def open_menu(self, index: QModelIndex | QPersistentModelIndex, place: QPoint) -> QMenu | None:
        """What can be done with a notification, at a place of the screen."""
        notice = self.model.notice(index.row())
        if notice is None or self.account is None:
            return None
        menu = QMenu(self)
        menu.setAccessibleName(tr("What can be done with this notification"))
        menu.aboutToHide.connect(menu.deleteLater)
        if notice.conversation_remote_id is not None:
            opens = menu.addAction(tr("Open the conversation"))
            opens.triggered.connect(lambda _on=False: self._open_notice(notice))
        fill_menu(menu, self._asker, self._press, about_notice(self.account, notice))
        if not menu.actions():
            menu.deleteLater()
            return None
        menu.popup(place)
        return menu

    # -- doing -----------------------------------------------------------------------------------------

    def _open(self, index: QModelIndex) -> None:
        notice = self.model.notice(index.row())
        if notice is not None:
            self._open_notice(notice)

    def _open_notice(self, notice: Notification) -> None:
        account = self.account
        if account is None:
            return
        about = about_notice(account, notice)
        offer = offer_of(about, ActionKind.NOTICE_READ)
        if offer is not None and not offer.confirm and not offer.fields:
            self._asker.start(about, offer, quiet=True)  # whoever opens it has read it
        if notice.conversation_remote_id is None:
            return
        self._tasks.start(
            "open",
            self._context.desk.conversation_of(account.id, notice.conversation_remote_id),
            on_done=self._go,
        )

    def _go(self, conversation: ConversationId | None) -> None:
        if conversation is None:
            self.told.emit(tr("Its conversation is not listed here."))
        else:
            self.conversation_asked.emit(int(conversation))

    def _delete(self, index: QModelIndex) -> None:
        notice = self.model.notice(index.row())
        if notice is None or self.account is None:
            return
        about = about_notice(self.account, notice)
        offer = offer_of(about, ActionKind.NOTICE_DELETE)
        if offer is not None:
            self._press(about, offer)

    # -- hearing ---------------------------------------------------------------------------------------

    def _on_book(self, account_id: int) -> None:
        if self.account is not None and account_id == self.account.id:
            self._refresh()

    def _on_current(self, *_: object) -> None:
        index = self.view.currentIndex()
        notice = self.model.notice(index.row()) if index.isValid() else None
        account = self.account
        self.one.show_for(
            about_notice(account, notice) if account is not None and notice is not None else None
        )

    def _refresh(self) -> None:
        account = self.account
        rows = self._book.rows(account.id) if account is not None else ()
        self.model.show(rows)
        unread = account is not None and self._book.unread(account.id) > 0
        self.all_read.show_for(about_account(account) if account is not None and unread else None)
        self._stack.setCurrentWidget(self.view if rows else self._nothing)
        if account is None:
            self._nothing.say(
                tr("No notifications here"), tr("None of your accounts is on a platform that notifies.")
            )
        elif not self._book.is_read(account.id):
            self._nothing.say(tr("Reading the notifications…"), "")
        elif not rows:
            self._nothing.say(tr("No notifications yet"), tr("They appear here as the platform sends them."))
        self._on_current()
