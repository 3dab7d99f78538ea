"""The context menu of a message: the same actions that its links offer, and copying."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from chatdesk.domain.entities import Message
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import without_mnemonic
from chatdesk.ui.timeline.actions import copy_text
from chatdesk.ui.timeline.links import Link, real_host
from chatdesk.ui.timeline.offers import Action, label, menu
from chatdesk.ui.timeline.wording import MOST_FILES, attachment_words

if TYPE_CHECKING:
    from chatdesk.ui.timeline.view import TimelineView

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

    def add_addresses(self, message: Message) -> None:
        """Offer to copy where the files of a message lie, and its place; nothing is opened."""
        if message.deleted:
            return
        found = [
            (tr("Copy address of {name}", name=attachment_words(one)), one.url)
            for one in message.extras.attachments[:MOST_FILES]
            if one.url
        ]
        place = message.extras.place
        if place is not None:
            found.append((tr("Copy the place"), f"{place[0]:.6f}, {place[1]:.6f}"))
        if found:
            self.addSeparator()
        for words, text in found:
            entry = self.addAction(without_mnemonic(words))
            entry.triggered.connect(lambda _on=False, copied=text: copy_text(copied))

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


def open_message_menu(view: TimelineView, row: int, at: QPoint | None = None) -> MessageMenu | None:
    """Open the menu of a row at a point of the screen, or at its bubble; None where it would be empty."""
    message, layout = view.timeline.message(row), view.row_layout(row)
    actions = menu(message, can_delete=view.room.can_delete, can_report=view.room.can_report)
    if layout.shown.hidden_chars:
        actions = (Action.SHOW_MORE, *actions)
    selected = view.selection.text(layout)
    if not actions and not selected:
        return None
    made = MessageMenu(
        actions,
        lambda action: view.perform(action, message),
        view,
        selected=(lambda: copy_text(selected)) if selected else None,
    )
    made.add_addresses(message)
    link = layout.links[0] if at is None and len(layout.links) == 1 else None
    if at is not None:
        hit = view.hit(view.viewport().mapFromGlobal(at))
        link = layout.link_at(hit[1]) if hit is not None and hit[0] == row else None
    if link is not None:
        url = link.url
        made.add_link(link, lambda: view.open_address(url), lambda: copy_text(url))
    if at is None:
        area = view.visualRect(view.timeline.index(row, 0)).intersected(view.viewport().rect())
        at = view.viewport().mapToGlobal(QPoint(round(layout.bubble.left()), area.bottom()))
    made.popup(at)
    return made
