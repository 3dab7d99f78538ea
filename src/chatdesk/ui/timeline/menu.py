"""The context menu of a message: the same actions that its links offer, and copying."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import without_mnemonic
from chatdesk.ui.timeline.links import Link, real_host
from chatdesk.ui.timeline.offers import Action, label

_HOST_CHARS = 60


class MessageMenu(QMenu):
    """Built for one message, shown once with `popup`."""

    def __init__(
        self,
        actions: tuple[Action, ...],
        perform: Callable[[Action], None],
        parent: QWidget,
        *,
        selected: Callable[[], None] | None = None,
    ) -> None:
        """selected: copies the selected part of the text; None where nothing is selected."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(tr("Message"))
        if selected is not None:
            self.addAction(tr("Copy selected text")).triggered.connect(selected)
        copying = False
        for action in actions:
            if action is Action.COPY and not self.isEmpty() and not copying:
                self.addSeparator()
            copying = copying or action is Action.COPY
            entry = self.addAction(label(action))
            entry.setData(action)
            entry.triggered.connect(lambda _on=False, which=action: perform(which))

    def add_link(self, link: Link, opened: Callable[[], None], copied: Callable[[], None]) -> None:
        """Offer to open or copy an address; the entry names the host that would be asked."""
        host = real_host(link.url)[:_HOST_CHARS]
        first = self.actions()[0] if self.actions() else None
        opening = self.addAction(without_mnemonic(tr("Open {host}", host=host)))
        opening.triggered.connect(opened)
        copying = self.addAction(tr("Copy address"))
        copying.triggered.connect(copied)
        if first is not None:
            for entry in (opening, copying):
                self.removeAction(entry)
                self.insertAction(first, entry)
            self.insertSeparator(first)
