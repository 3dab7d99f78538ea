"""What the middle of the window shows: the desk (list, chat, order), or one of the asking pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from chatdesk.domain.ids import AccountId

if TYPE_CHECKING:
    from chatdesk.ui.asking.page import AskingPage


class Pages(QStackedWidget):
    """`page_changed` when another one is shown."""

    page_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk: QWidget | None = None

    def add_desk(self, desk: QWidget) -> None:
        """The page that is there first, and that the others lead back to."""
        self._desk = desk
        self.insertWidget(0, desk)
        self.setCurrentIndex(0)

    def shows_desk(self) -> bool:
        """Whether list, chat and order are shown."""
        return self.currentWidget() is self._desk

    def page(self) -> AskingPage | None:
        """The page that is shown; None: list, chat and order are."""
        # Whatever is added beside the desk is an AskingPage; its module is loaded with the first one.
        return None if self.shows_desk() else cast("AskingPage", self.currentWidget())

    def show_page(self, page: AskingPage, account: AccountId | None) -> None:
        """Show a page for an account, with the keyboard in it."""
        page.pick(account)
        if self.currentWidget() is not page:
            self.setCurrentWidget(page)
            self.page_changed.emit()
        page.take_keyboard()

    def show_desk(self) -> bool:
        """Go back to list, chat and order. False: they were shown already."""
        if self._desk is None or self.shows_desk():
            return False
        self.setCurrentWidget(self._desk)
        self.page_changed.emit()
        return True
