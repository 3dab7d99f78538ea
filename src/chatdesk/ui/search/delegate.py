"""Paints one hit of a search: the words in their line, and below who, where and when."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from chatdesk.domain.desk import SearchHit
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import list_time
from chatdesk.ui.lists.drawing import Lane, RowDrawing, RowLook
from chatdesk.ui.search.hits import HIT_ROLE, HitModel, who_and_where
from chatdesk.ui.search.marked import draw_marked

_SIDE_PX, _ABOVE_PX, _BETWEEN_PX = 16, 7, 2
Index = QModelIndex | QPersistentModelIndex


class HitDelegate(QStyledItemDelegate):
    """Rows of one height, whatever they say."""

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._measure()
        context.theme.changed.connect(self._measure)

    def _measure(self) -> None:
        self._look = RowLook(self._context.theme)
        self._first = QFontMetrics(self._look.body).height()
        self._second = QFontMetrics(self._look.secondary).height()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        px = self._context.theme.metrics.px
        return QSize(px(120), self._first + self._second + px(_BETWEEN_PX) + 2 * px(_ABOVE_PX))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit, model = index.data(HIT_ROLE), index.model()
        if not isinstance(hit, SearchHit) or not isinstance(model, HitModel):
            return
        context, px = self._context, self._context.theme.metrics.px
        painter.save()
        painter.setClipRect(option.rect)
        painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)  # each text reads its own way
        drawing = RowDrawing(painter, option, context.theme, context.icons, self._look)
        drawing.ground()
        left, right = px(_SIDE_PX), option.rect.width() - px(_SIDE_PX)
        top = Lane(left, right, px(_ABOVE_PX), self._first)
        below = Lane(left, right, top.bottom + px(_BETWEEN_PX), self._second)
        when = list_time(hit.sent_at_us, context.clock.now_us())
        drawing.text_at_end(below, when, self._look.secondary, "muted")
        drawing.text(below, who_and_where(hit, model.where(hit)), self._look.secondary, "muted")
        area = drawing.place(top.take_start(top.free, 0))
        draw_marked(
            painter, area, hit.snippet, hit.marks, self._look.body, context.theme.current, colour="text"
        )
        painter.restore()
