"""The context menu of a message: the same actions that its links offer, and copying."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from chatdesk.domain.entities import Message
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import without_mnemonic
from chatdesk.ui.timeline.actions import copy_text
from chatdesk.ui.timeline.links import Link, LinkKind
from chatdesk.ui.timeline.offers import Action, label, menu
from chatdesk.ui.timeline.opening import copied, verb
from chatdesk.ui.timeline.wording import MOST_FILES, attachment_words

if TYPE_CHECKING:
    from chatdesk.ui.timeline.view import TimelineView


class MessageMenu(QMenu):
    """Built for one message, shown once with `popup`."""

    def __init__(
        self,
        actions: tuple[Action, ...],
        perform: Callable[[Action], None],
        parent: QWidget,
        *,
        selected: Callable[[bool], object] | None = None,
    ) -> None:
        """selected(with names): copies what is selected; None where nothing is."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(tr("Message"))
        if selected is not None:
            copying_it = self.addAction(tr("Copy selected text"))
            copying_it.triggered.connect(lambda _on=False: selected(False))
            named = self.addAction(tr("Copy selected text with names and times"))
            named.triggered.connect(lambda _on=False: selected(True))
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

    def add_entries(self, entries: Sequence[QAction]) -> None:
        """Offer what concerns the whole conversation, as its own menu does."""
        if entries:
            self.addSeparator()
            self.addActions(entries)

    def add_link(self, link: Link, opened: Callable[[], None]) -> None:
        """Offer to open or copy an address or number; the entry names where it would lead."""
        first = self.actions()[0] if self.actions() else None
        opening = self.addAction(without_mnemonic(verb(link)))
        opening.triggered.connect(opened)
        words = tr("Copy number") if link.kind is LinkKind.PHONE else tr("Copy address")
        copying = self.addAction(words)
        copying.triggered.connect(lambda _on=False: copy_text(copied(link)))
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
    has_selected = not view.selection.is_empty()
    if not actions and not has_selected:
        return None
    made = MessageMenu(
        actions,
        lambda action: view.perform(action, message),
        view,
        selected=(lambda named: view.copier.copy(named=named)) if has_selected else None,
    )
    made.add_addresses(message)
    made.add_entries(view.more_entries)
    link = layout.links[0] if at is None and len(layout.links) == 1 else None
    if at is not None:
        hit = view.hit(view.viewport().mapFromGlobal(at))
        link = layout.link_at(hit[1]) if hit is not None and hit[0] == row else None
    if link is not None:
        pressed = link
        made.add_link(pressed, lambda: view.opener.open(pressed))
    if at is None:
        area = view.visualRect(view.timeline.index(row, 0)).intersected(view.viewport().rect())
        at = view.viewport().mapToGlobal(QPoint(round(layout.bubble.left()), area.bottom()))
    made.popup(at)
    return made
