"""A list view that owns its geometry: only rows in view are laid out, and what is read stays at its pixel.

It is a QListView because screen readers see the rows of nothing less; all that QListView would do itself
about places and sizes is overridden, since it asks for the height of every row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QHideEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFrame, QListView, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.timeline.day_fade import DayFade
from chatdesk.ui.timeline.days import DayPill, DayPlates
from chatdesk.ui.timeline.layout import RowLayout
from chatdesk.ui.timeline.model import TimelineModel
from chatdesk.ui.timeline.motion import Motion, Wheel
from chatdesk.ui.timeline.painting import Emphasis, RowPainter
from chatdesk.ui.timeline.rows import RowBook
from chatdesk.ui.timeline.scroll import Align, Extent, Scroller
from chatdesk.ui.timeline.style import Style
from chatdesk.ui.viewports import make_viewport

Index = QModelIndex | QPersistentModelIndex
_ALIGN = {
    QAbstractItemView.ScrollHint.PositionAtTop: Align.TOP,
    QAbstractItemView.ScrollHint.PositionAtCenter: Align.CENTRE,
}


class RowSurface(QListView):
    """Shows a TimelineModel. `settled` is emitted after anything has moved, once per turn of the loop."""

    settled = Signal()

    def __init__(self, context: UiContext, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        make_viewport(self)
        self.context = context
        self.timeline = model
        self.style_now = Style(context.theme)
        self.row_painter = RowPainter(self.style_now, context.icons)
        self.book = RowBook(model, self.style_now, context.clock.now_us)
        self.scroller = Scroller(self._measure, self.style_now.estimate)
        self.motion = Motion(self, self._shift)
        self.wheel = Wheel(self.motion)
        self.day_fade = DayFade(self)
        self._days = DayPlates(self)
        self._mirroring = False
        self._held = 0
        """Where the scroll bar was when we last looked, while it is dragged."""
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(0)
        self._settling.timeout.connect(self._settle)
        self._use_style()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A bar that comes and goes would change the width, and with it every line.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setAutoScroll(False)
        self.setTabKeyNavigation(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.verticalScrollBar().sliderPressed.connect(self._on_bar_pressed)
        self.verticalScrollBar().sliderReleased.connect(self._mirror)
        # Before the view's own listeners, which ask for places as soon as they hear of a change.
        model.rowsRemoved.connect(self._on_rows_removed)
        model.rowsMoved.connect(self._on_rows_moved)
        self.day_fade.changed.connect(self._on_day_fade)
        self.setModel(model)
        context.theme.changed.connect(self._on_theme)

    # ------------------------------------------------------------------------------------ what is visible

    @property
    def visible_rows(self) -> range:
        """The rows in view, from top to bottom."""
        placed = self.scroller.placed
        return range(placed[0].row, placed[-1].row + 1) if placed else range(0)

    def row_layout(self, row: int) -> RowLayout:
        """The layout of a row."""
        return self.book.row(row)

    def hit(self, point: QPoint | QPointF) -> tuple[int, QPointF] | None:
        """The row under a point of the viewport, and the point relative to the row's top left corner."""
        where = QPointF(point)
        row = self.scroller.row_at(int(where.y() // 1))
        return None if row is None else (row, where - QPointF(0, self.scroller.top_of(row)))

    def touch(self) -> None:
        """Place and paint anew; what is read stays where it is."""
        self.scroller.invalidate()
        self._changed()

    def moved(self) -> None:
        """Another place is gone to: place and paint anew, and show which day it is."""
        self.touch()
        self.day_fade.wake()

    def scroll_by(self, dy_px: int) -> int:
        """Scroll towards newer rows (positive) or older ones, at once; returns how far it went."""
        self.motion.stop()
        return self._shift(dy_px)

    def overlays(self) -> list[QRect]:
        """What lies over the rows and does not scroll with them, as areas of the viewport; to be added to."""
        return self._days.areas() if self.day_fade.strength > 0.0 else []

    def day_pill(self) -> DayPill | None:
        """The day that shows at the top of the view, if one does."""
        return self._days.pill() if self.day_fade.strength > 0.0 else None

    def page_px(self) -> int:
        """How far a page key goes: a viewport, less what makes it easy to read on."""
        return max(self.style_now.wheel_line, self.viewport().height() - 2 * self.style_now.wheel_line)

    # ---------------------------------------------------------------------------------- for those who extend

    def emphasis(self, _row: RowLayout, _number: int) -> Emphasis:
        """What of a row is picked out; overridden by the view with a pointer and a keyboard."""
        return Emphasis()

    def paint_head(self, painter: QPainter, area: QRectF) -> None:
        """What stands above the first row; overridden."""

    def paint_foot(self, painter: QPainter, area: QRectF) -> None:
        """What stands below the last row; overridden."""

    def foot_area(self) -> QRectF:
        """The area below the last row; empty when the last row is not in view."""
        placed = self.scroller.placed
        height = self.scroller.foot_px
        if not placed:
            return QRectF(0, self.viewport().height() - height, self.viewport().width(), height)
        if placed[-1].row != self.scroller.rows - 1:
            return QRectF()
        return QRectF(0, placed[-1].bottom, self.viewport().width(), height)

    def head_area(self) -> QRectF:
        """The area above the first row; empty when the first row is not in view."""
        placed = self.scroller.placed
        if not placed or placed[0].row != 0:
            return QRectF()
        height = self.scroller.head_px
        return QRectF(0, placed[0].top - height, self.viewport().width(), height)

    # --------------------------------------------------------------------------- what Qt asks about geometry

    def visualRect(self, index: Index) -> QRect:
        row = index.row()
        if not index.isValid() or not 0 <= row < self.scroller.rows:
            return QRect()
        return QRect(0, self.scroller.top_of(row), self.viewport().width(), self.scroller.heights.height(row))

    def indexAt(self, point: QPoint) -> QModelIndex:
        row = self.scroller.row_at(point.y())
        return QModelIndex() if row is None else self.timeline.index(row, 0)

    def scrollTo(
        self,
        index: Index,
        hint: QAbstractItemView.ScrollHint = QAbstractItemView.ScrollHint.EnsureVisible,
    ) -> None:
        if index.isValid() and 0 <= index.row() < self.scroller.rows:
            self.motion.stop()
            self.scroller.to_row(index.row(), _ALIGN.get(hint, Align.NEAREST))
            self.moved()

    def horizontalOffset(self) -> int:
        return 0

    def verticalOffset(self) -> int:
        return self.scroller.value

    def isIndexHidden(self, _index: Index) -> bool:
        return False

    def setSelection(self, rect: QRect, command: QItemSelectionModel.SelectionFlag) -> None:
        index = self.indexAt(rect.center())
        self.selectionModel().select(
            QItemSelection(index, index) if index.isValid() else QItemSelection(), command
        )

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:
        region = QRegion()
        for index in selection.indexes():
            region += self.visualRect(index)
        return region

    def doItemsLayout(self) -> None:
        QAbstractItemView.doItemsLayout(self)
        self.touch()

    def updateGeometries(self) -> None:
        self._mirror()

    # ------------------------------------------------------------------------------- what happens to the rows

    def reset(self) -> None:
        QAbstractItemView.reset(self)
        self.motion.stop()
        self.book.forget_all()
        self.scroller.clear(self.timeline.rowCount())
        self.moved()

    def rowsInserted(self, parent: Index, start: int, end: int) -> None:
        self.scroller.rows_inserted(start, end - start + 1)
        self._changed(start - 1, end + 1)
        QAbstractItemView.rowsInserted(self, parent, start, end)

    def dataChanged(self, top_left: Index, bottom_right: Index, roles: Sequence[int] = ()) -> None:
        # A neighbour's group and day depend on this row too.
        self._changed(*range(top_left.row() - 1, bottom_right.row() + 2))
        QAbstractItemView.dataChanged(self, top_left, bottom_right, roles)

    def _on_rows_removed(self, _parent: QModelIndex, start: int, end: int) -> None:
        self.scroller.rows_removed(start, end - start + 1)
        self._changed(start - 1, start)

    def _on_rows_moved(self, _from: QModelIndex, row: int, _end: int, _to: QModelIndex, target: int) -> None:
        self.scroller.row_moved(row, target)
        to = target - 1 if target > row else target
        self._changed(row - 1, row, row + 1, to - 1, to, to + 1)

    def _changed(self, *rows: int) -> None:
        """These rows must be measured again; everything is placed anew at the next look."""
        for row in rows:
            if 0 <= row < self.scroller.rows:
                self.scroller.row_changed(row)
        self.scroller.may_stick = not self.timeline.has_newer
        self.scroller.invalidate()
        self.viewport().update()
        self._settling.start()

    # ------------------------------------------------------------------------------------ size and scroll bar

    def resizeEvent(self, _event: QResizeEvent) -> None:
        # Rows are laid out when they are painted: a window's edge that is dragged passes widths nobody sees.
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()
        self.moved()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.motion.stop()
        self.day_fade.stop()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        if self._mirroring:
            return
        self.motion.stop()
        bar = self.verticalScrollBar()
        if bar.isSliderDown():
            self.scroller.drag(self._held, bar.value(), bar.maximum())
            self._held = bar.value()
        else:
            self.scroller.to_value(bar.value())
        self.moved()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.wheel.turned(event, self.style_now.wheel_line * QApplication.wheelScrollLines())
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        # Not its bounds: a step of a scroll leaves a strip at one end and the day's plate at the other.
        area, width = event.region(), self.viewport().width()
        # All of it, which the clip keeps small: an area's edge may lie within a pixel of the screen.
        painter.fillRect(self.viewport().rect(), self.style_now.tokens.background)
        density = self.devicePixelRatioF()
        pill = self.day_pill()
        for one in self.scroller.placed:
            if area.intersects(QRect(0, one.top - 1, width, one.height + 2)):
                row = self.book.row(one.row)
                picked = self.emphasis(row, one.row)
                if pill is not None and pill.row == one.row and row.day:
                    picked = dataclasses.replace(picked, day_apart=self.day_fade.strength)
                self.row_painter.paint(painter, row, one.top, width, picked, density)
        for place, paint in ((self.head_area(), self.paint_head), (self.foot_area(), self.paint_foot)):
            if area.intersects(place.toAlignedRect()):
                painter.save()
                paint(painter, place)
                painter.restore()
        if pill is not None and area.intersects(pill.area.toAlignedRect()):
            painter.setOpacity(self.day_fade.strength)
            pill.paint(painter, self.style_now)
        painter.end()

    def _shift(self, dy_px: int) -> int:
        """Scroll, and move what is painted rather than paint it anew."""
        lay_over = self.overlays()
        moved = self.scroller.scroll_by(dy_px)
        if not moved:
            return 0
        self.day_fade.wake()
        viewport = self.viewport()
        if abs(moved) < viewport.height():
            # With the area named, what lies over it stays; its copy that was moved along is painted over.
            viewport.scroll(0, -moved, viewport.rect())
            for area in lay_over:
                viewport.update(area)
                viewport.update(area.translated(0, -moved))
            for area in self.overlays():
                viewport.update(area)
        else:
            viewport.update()
        self._settling.start()
        return moved

    def _on_day_fade(self) -> None:
        # Else all of the view is going to be painted.
        if self.scroller.is_placed:
            for area in self._days.areas():
                self.viewport().update(area)

    def _on_bar_pressed(self) -> None:
        self._held = self.verticalScrollBar().value()

    def _measure(self, row: int) -> Extent:
        return self.book.row(row).extent

    def _fit(self) -> None:
        if self.book.use_width(self.viewport().width()):
            self.scroller.rows_changed()
        self.scroller.resize(self.viewport().height())
        self.viewport().update()
        self._settling.start()

    def _mirror(self) -> None:
        """Let the scroll bar show where we are. While it is dragged it leads, and its range stays."""
        bar = self.verticalScrollBar()
        if bar.isSliderDown() or self._mirroring:
            return
        self._mirroring = True
        bar.setSingleStep(self.style_now.wheel_line)
        bar.setPageStep(max(1, self.viewport().height()))
        bar.setRange(0, self.scroller.maximum)
        bar.setValue(self.scroller.value)
        self._mirroring = False

    def _settle(self) -> None:
        self._mirror()
        self.book.keep(at_end=self.scroller.stuck)
        self.settled.emit()

    def _use_style(self) -> None:
        self.scroller.head_px = self.style_now.head_height
        self.scroller.foot_px = self.style_now.foot_height

    def _on_theme(self) -> None:
        self.style_now = Style(self.context.theme)
        self.row_painter = RowPainter(self.style_now, self.context.icons)
        self.book.use_style(self.style_now)
        self._use_style()
        self.scroller.rows_changed(self.style_now.estimate)
        self._changed()
