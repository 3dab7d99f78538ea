"""The menu of one conversation of the list: read, mute, archive, whose customer it is, order number."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor
from chatdesk.services.desk import Desk
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.row import ConversationRow
from chatdesk.ui.tasks import Tasks


def show_row_menu(
    row: ConversationRow,
    place: QPoint,
    *,
    desk: Desk,
    tasks: Tasks,
    parent: QWidget,
    link: Callable[[], object],
) -> QMenu:
    """Open the menu of a conversation at a global position; it deletes itself when it closes.

    link: asks with which other conversation this one shares its customer.
    """
    one = row.conversation
    menu = QMenu(parent)
    menu.setAccessibleName(tr("Conversation"))
    menu.aboutToHide.connect(menu.deleteLater)

    read = menu.addAction(tr("Mark as read"))
    cursor = newest_cursor(desk, one.id) if one.unread else None
    read.setEnabled(cursor is not None)
    if cursor is not None:
        read.triggered.connect(lambda: tasks.start("mark read", desk.mark_seen(one.id, cursor)))
    mute = menu.addAction(tr("Unmute") if one.muted else tr("Mute"))
    mute.triggered.connect(lambda: tasks.start("mute", desk.set_muted(one.id, not one.muted)))
    archive = menu.addAction(tr("Bring back from archive") if one.archived else tr("Archive"))
    archive.triggered.connect(lambda: tasks.start("archive", desk.set_archived(one.id, not one.archived)))
    menu.addSeparator()
    menu.addAction(tr("Same customer as…")).triggered.connect(link)
    if one.group is not None:
        apart = menu.addAction(tr("Not the same customer"))
        apart.triggered.connect(lambda: tasks.start("unlink", desk.unlink_customer(one.id)))
    if one.order_number:
        menu.addSeparator()
        copy = menu.addAction(tr("Copy order number"))
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(one.order_number))
    menu.popup(place)
    return menu


def newest_cursor(desk: Desk, conversation_id: ConversationId) -> Cursor | None:
    """The newest place of a conversation that the server knows; None: nothing of it is here."""
    page = desk.reader.newest_page(conversation_id)
    placed = [message.cursor for message in page.messages if message.cursor != PENDING_CURSOR]
    return max(placed, default=None)
