"""Paints one conversation of the list: avatar, name, time, order, snippet, badge and timer; or the avatar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from chatdesk.domain.ids import AccountId
from chatdesk.domain.kinds import PresenceState
from chatdesk.ui.context import UiContext
from chatdesk.ui.lists.conversations import PRESENCE_ROLE, ROW_ROLE, TYPING_ROLE
from chatdesk.ui.lists.drawing import RowDrawing, RowLook, RowSizes
from chatdesk.ui.lists.row import ConversationRow
from chatdesk.ui.lists.wording import last_time, snippet_line, status_text, title_text, waiting_text

Index = QModelIndex | QPersistentModelIndex


class ConversationDelegate(QStyledItemDelegate):
    """Rows of one height, whatever they say."""

    def __init__(
        self,
        context: UiContext,
        parent: QObject | None = None,
        *,
        letters_of: Callable[[AccountId], str] | None = None,
    ) -> None:
        """letters_of: two letters that tell an account from the others, empty where there is nothing to."""
        super().__init__(parent)
        self._context = context
        self._letters_of = letters_of
        self._collapsed = False
        self.look = RowLook(context.theme)
        context.theme.changed.connect(self._restyle)

    @property
    def sizes(self) -> RowSizes:
        """The lengths that hold now."""
        return self.look.sizes

    def set_collapsed(self, collapsed: bool) -> None:
        """Paint avatars only, or whole rows."""
        self._collapsed = collapsed

    def _restyle(self) -> None:
        self.look = RowLook(self._context.theme)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        sizes = self.look.sizes
        return QSize(sizes.collapsed_width if self._collapsed else 2 * sizes.collapsed_width, sizes.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, ConversationRow):
            return
        context, one = self._context, row.conversation
        painter.save()
        painter.setClipRect(option.rect)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text reads its own way
        drawing = RowDrawing(painter, option, context.theme, context.icons, self.look)
        ground = drawing.ground()
        online = index.data(PRESENCE_ROLE) == PresenceState.ONLINE
        avatar = drawing.avatar(title_text(row), row.title or one.remote_id, online=online, ground=ground)
        if self._collapsed:
            drawing.badge_on_avatar(one.unread, avatar, ground)
        else:
            self._paint_text(drawing, row, index.data(TYPING_ROLE) or (), avatar.right() + 1)
        painter.restore()

    def _paint_text(
        self, drawing: RowDrawing, row: ConversationRow, typing: tuple[str, ...], left: int
    ) -> None:
        look, one, now_us = self.look, row.conversation, self._context.clock.now_us()
        top, middle, bottom = drawing.lanes(left + look.sizes.gap)

        drawing.text_at_end(top, last_time(one.last, one.activity_at_us, now_us), look.secondary, "muted")
        letters = self._letters_of(one.account_id) if self._letters_of is not None else ""
        if letters:
            drawing.tag_at_end(top, letters)
        if one.muted:
            drawing.icon(top, "bell-off", "muted", at_end=True)
        if one.group is not None:
            drawing.icon(top, "link", "muted", at_end=True)
        drawing.text(top, title_text(row), look.name, "text")

        drawing.text_at_end(middle, waiting_text(row, now_us), look.secondary, "warn")
        if row.order_tag:
            drawing.tag(middle, row.order_tag)
        drawing.text(middle, status_text(row), look.secondary, "muted")

        drawing.badge_at_end(bottom, one.unread)
        words = snippet_line(row, typing)
        if words.lead is not None:
            drawing.icon(bottom, words.lead, words.colour)
        kept = look.sizes.icon + look.sizes.space if words.tail is not None else 0
        bottom.right -= kept
        drawing.text(bottom, words.text, look.body, words.colour)
        bottom.right += kept
        if words.tail is not None:
            drawing.icon(bottom, words.tail, words.tail_colour)
