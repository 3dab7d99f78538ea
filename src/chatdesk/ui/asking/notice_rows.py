"""The notifications of one account as a list, and how one of them is painted and spoken."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from chatdesk.domain.entities import Notification
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.text import one_line
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import full_time, list_time, tr
from chatdesk.ui.lists.drawing import Lane, RowDrawing, RowLook

NOTICE_ROLE = Qt.ItemDataRole.UserRole + 1
TITLE_CHARS, TEXT_CHARS = 160, 300
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class NoticeModel(QAbstractListModel):
    """Rows in the order in which they are given; what stays keeps its index."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Notification] = []

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        one = self._rows[index.row()]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return notice_sentence(one)
        return one if role == NOTICE_ROLE else None

    def notice(self, row: int) -> Notification | None:
        """The notification of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, remote_id: RemoteId) -> int | None:
        """Where a notification stands."""
        return next((row for row, one in enumerate(self._rows) if one.remote_id == remote_id), None)

    def show(self, wanted: Sequence[Notification]) -> None:
        """Show these, with as few changes as lead there."""
        self._remove({one.remote_id: one.at_us for one in wanted})
        for row, one in enumerate(wanted):
            if row < len(self._rows) and self._rows[row].remote_id == one.remote_id:
                if self._rows[row] != one:
                    self._rows[row] = one
                    self.dataChanged.emit(self.index(row), self.index(row))
                continue
            self.beginInsertRows(ROOT, row, row)
            self._rows.insert(row, one)
            self.endInsertRows()

    def _remove(self, kept: dict[RemoteId, int]) -> None:
        """Take out what is not wanted, or has another place in time by now."""
        for row in range(len(self._rows) - 1, -1, -1):
            one = self._rows[row]
            if kept.get(one.remote_id) != one.at_us:
                self.beginRemoveRows(ROOT, row, row)
                del self._rows[row]
                self.endRemoveRows()


def notice_title(notice: Notification) -> str:
    """Its title, or its text where it has none."""
    title = one_line(notice.title, TITLE_CHARS)
    return title or one_line(notice.text, TITLE_CHARS) or tr("Notification without words")


def notice_text(notice: Notification) -> str:
    """What it says besides its title."""
    return one_line(notice.text, TEXT_CHARS) if one_line(notice.title, TITLE_CHARS) else ""


def notice_sentence(notice: Notification) -> str:
    """A notification as a screen reader speaks it."""
    when = full_time(notice.at_us) if notice.at_us > 0 else ""
    parts = (tr("unread") if notice.unread else "", notice_title(notice), notice_text(notice), when)
    return ", ".join(part for part in parts if part)


class NoticeDelegate(QStyledItemDelegate):
    """Two lines: a dot while unread, title and time; the text. A mark at the end opens the menu."""

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.look = RowLook(context.theme)
        context.theme.changed.connect(self._restyle)

    def _restyle(self) -> None:
        self.look = RowLook(self._context.theme)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        sizes = self.look.sizes
        height = QFontMetrics(self.look.name).height() + QFontMetrics(self.look.body).height()
        return QSize(2 * sizes.collapsed_width, height + sizes.line_gap + 2 * sizes.padding)

    def menu_box(self, row: QRect, direction: Qt.LayoutDirection) -> QRect:
        """Where a click on a row opens its menu."""
        width = self.look.sizes.icon + 2 * self.look.sizes.end
        left = row.right() + 1 - width if direction is Qt.LayoutDirection.LeftToRight else row.left()
        return QRect(left, row.top(), width, row.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        notice = index.data(NOTICE_ROLE)
        if not isinstance(notice, Notification):
            return
        look, sizes = self.look, self.look.sizes
        painter.save()
        painter.setClipRect(option.rect)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text reads its own way
        drawing = RowDrawing(painter, option, self._context.theme, self._context.icons, look)
        drawing.ground()
        mark = sizes.icon + 2 * sizes.end
        left, right = sizes.bar + sizes.padding, drawing.width - mark
        first = QFontMetrics(look.name).height()
        second = QFontMetrics(look.body).height()
        top = Lane(left, right, sizes.padding, first)
        below = Lane(left, right, top.bottom + sizes.line_gap, second)
        end = Lane(right, drawing.width - sizes.end, 0, option.rect.height())
        drawing.icon(end, "more", "muted", at_end=True)
        dot = self._context.theme.metrics.px(8) + sizes.space
        if notice.unread:
            drawing.dot(top, "accent")
        else:
            top.left += dot
        below.left += dot
        drawing.text_at_end(
            top, list_time(notice.at_us, self._context.clock.now_us()), look.secondary, "muted"
        )
        drawing.text(top, notice_title(notice), look.name if notice.unread else look.body, "text")
        drawing.text(below, notice_text(notice), look.body, "muted")
        painter.restore()
