"""Paint orders: compact rows for the narrow pane, and the cells of the table."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from chatdesk.domain.kinds import OrderKind, PresenceState
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import list_time
from chatdesk.ui.lists.drawing import Lane, RowDrawing, RowLook, RowSizes
from chatdesk.ui.lists.row import ConversationRow
from chatdesk.ui.lists.wording import snippet_line, waiting_text
from chatdesk.ui.orders.model import (
    CONVERSATION_ROLE,
    LETTERS_ROLE,
    ORDER_ROLE,
    PRESENCE_ROLE,
    SHARE_ROLE,
    Column,
)
from chatdesk.ui.orders.row import PROGRESS_COLOURS, OrderRow, kind_text

Index = QModelIndex | QPersistentModelIndex
_BAR_PX = 64
"""Length of a progress bar."""


class _OrderDelegate(QStyledItemDelegate):
    """What both ways of painting share."""

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.look = RowLook(context.theme)
        context.theme.changed.connect(self._restyle)

    @property
    def sizes(self) -> RowSizes:
        """The lengths that hold now."""
        return self.look.sizes

    def _restyle(self) -> None:
        self.look = RowLook(self.context.theme)

    def drawing(self, painter: QPainter, option: QStyleOptionViewItem) -> RowDrawing:
        """The parts to paint one row or cell with."""
        return RowDrawing(painter, option, self.context.theme, self.context.icons, self.look)


class OrderRowDelegate(_OrderDelegate):
    """Compact rows of one height: customer and time, order and status, last message and progress."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(2 * self.sizes.collapsed_width, self.sizes.height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ORDER_ROLE)
        if not isinstance(row, OrderRow):
            return
        painter.save()
        painter.setClipRect(option.rect)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text reads its own way
        drawing = self.drawing(painter, option)
        ground = drawing.ground()
        name = row.customer or row.title or row.tag
        online = index.data(PRESENCE_ROLE) == PresenceState.ONLINE
        avatar = drawing.avatar(name, name, online=online, ground=ground)
        said = index.data(CONVERSATION_ROLE)
        conversation = said if isinstance(said, ConversationRow) else None
        top, middle, bottom = drawing.lanes(avatar.right() + 1 + self.sizes.gap)
        now_us, look = self.context.clock.now_us(), self.look
        drawing.text_at_end(top, list_time(_happened_us(row, conversation), now_us), look.secondary, "muted")
        letters = index.data(LETTERS_ROLE)
        if isinstance(letters, str) and letters:
            drawing.tag_at_end(top, letters)
        drawing.text(top, name, look.name, "text")
        if conversation is not None:
            drawing.text_at_end(middle, waiting_text(conversation, now_us), look.secondary, "warn")
        drawing.tag(middle, row.tag or kind_text(row.order.kind))
        drawing.text(middle, _kind_and_status(row), look.secondary, "muted")
        share = index.data(SHARE_ROLE)
        length = self.context.theme.metrics.px(_BAR_PX)
        drawing.bar(bottom, length, share if isinstance(share, float) else 0.0, _bar_colour(row))
        words = snippet_line(conversation) if conversation is not None else None
        if words is not None and words.lead is not None:
            drawing.icon(bottom, words.lead, words.colour)
        drawing.text(bottom, words.text if words is not None else row.title, look.body, "muted")
        painter.restore()


class OrderCellDelegate(_OrderDelegate):
    """Cells of the table: plates, bars and timers where the drawing has them, else one line of text."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(self.context.theme.metrics.px(60), self.cell_height())

    def cell_height(self) -> int:
        """Height of every row of the table."""
        return self.sizes.lines[0] + 2 * self.context.theme.metrics.px(7)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row = index.data(ORDER_ROLE)
        if not isinstance(row, OrderRow):
            return
        painter.save()
        painter.setClipRect(option.rect)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text reads its own way
        drawing = self.drawing(painter, option)
        drawing.cell_ground()
        inner = self.context.theme.metrics.px(8)
        lane = Lane(inner, option.rect.width() - inner // 2, 0, option.rect.height())
        text = index.data()
        self._paint_cell(drawing, lane, index, row, text if isinstance(text, str) else "")
        painter.restore()

    def _paint_cell(self, drawing: RowDrawing, lane: Lane, index: Index, row: OrderRow, text: str) -> None:
        look = self.look
        match Column(index.column()):
            case Column.ORDER:
                drawing.text(lane, text, look.name, "accent_text")
            case Column.CUSTOMER:
                if index.data(PRESENCE_ROLE) == PresenceState.ONLINE:
                    drawing.dot(lane, "ok")
                drawing.text(lane, text, look.body, "text")
            case Column.STATUS:
                drawing.tag(lane, text, whole=True)
            case Column.PROGRESS:
                share = index.data(SHARE_ROLE)
                drawing.bar(lane, lane.free, share if isinstance(share, float) else 0.0, _bar_colour(row))
            case Column.WAITING:
                drawing.text(lane, text, look.body, "warn")
            case Column.LAST:
                drawing.text(lane, text, look.body, "muted")
            case Column.KIND:
                drawing.text(lane, text, look.body, "text")


def _kind_and_status(row: OrderRow) -> str:
    """The status, after the kind where it is not an order like most and the tag does not say it already."""
    kind = kind_text(row.order.kind) if row.order.kind is not OrderKind.ORDER and row.tag else ""
    return " · ".join(part for part in (kind, row.status) if part)


def _bar_colour(row: OrderRow) -> str:
    return PROGRESS_COLOURS[row.order.progress]


def _happened_us(row: OrderRow, conversation: ConversationRow | None) -> int:
    said_us = conversation.conversation.activity_at_us if conversation is not None else 0
    return max(row.order.updated_at_us, said_us)
