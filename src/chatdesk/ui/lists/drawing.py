"""The parts that a list row is painted from: lanes that fill from both ends, texts that elide, badges."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from chatdesk.ui.icons import Icons
from chatdesk.ui.paint import badge_size, draw_avatar, draw_badge, draw_dot
from chatdesk.ui.theme import TextRole, Theme

_TEXT = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
_LEFT = _TEXT | int(Qt.AlignmentFlag.AlignLeft) | int(Qt.AlignmentFlag.AlignAbsolute)
_RIGHT = _TEXT | int(Qt.AlignmentFlag.AlignRight) | int(Qt.AlignmentFlag.AlignAbsolute)
_CENTRE = _TEXT | int(Qt.AlignmentFlag.AlignHCenter)
_DOT = 0.1375
"""Radius of the presence dot, as a share of the avatar's side (5.5 of 40 px)."""
_END_SHARE = 0.6
"""Most of a lane that a text at its end may take; a wider one is left out rather than crowd out the rest."""


class RowSizes(msgspec.Struct, frozen=True):
    """Lengths of a row in device-independent pixels; fonts and scale decide them, the text never does."""

    bar: int
    padding: int
    end: int
    """Free space after the text."""
    avatar: int
    gap: int
    space: int
    """Between words of one line."""
    icon: int
    line_gap: int
    lines: tuple[int, int, int]
    """Heights of the three lines of text."""

    @property
    def text_height(self) -> int:
        """All three lines."""
        return sum(self.lines) + 2 * self.line_gap

    @property
    def height(self) -> int:
        """A whole row."""
        return max(self.text_height, self.avatar) + 2 * self.padding

    @property
    def collapsed_width(self) -> int:
        """A row of which only the avatar is shown."""
        return self.bar + self.avatar + 2 * self.padding


class RowLook:
    """Fonts, their metrics and the sizes of a row; made once per theme."""

    def __init__(self, theme: Theme) -> None:
        self.name = theme.font(TextRole.STRONG)
        self.body = theme.font(TextRole.BODY)
        self.secondary = theme.font(TextRole.SECONDARY)
        self.tag = theme.font(TextRole.SMALL_STRONG)
        m = theme.metrics
        tag_height = QFontMetrics(self.tag).height()
        self.sizes = RowSizes(
            bar=m.px(3),
            padding=m.px(9),
            end=m.px(12),
            avatar=m.px(40),
            gap=m.px(10),
            space=m.px(6),
            icon=m.px(14),
            line_gap=m.px(2),
            lines=(
                QFontMetrics(self.name).height(),
                max(QFontMetrics(self.secondary).height(), tag_height + m.px(2)),
                max(QFontMetrics(self.body).height(), badge_size(theme, 1)[1]),
            ),
        )


class Lane:
    """What is still free of one line of a row, as if read left to right."""

    def __init__(self, left: int, right: int, top: int, height: int) -> None:
        self.left = left
        self.right = right
        self.top = top
        self.height = height

    @property
    def free(self) -> int:
        """Width that is left."""
        return max(0, self.right - self.left)

    @property
    def bottom(self) -> int:
        """Where the next lane may begin."""
        return self.top + self.height

    def take_start(self, width: int, space: int) -> QRect:
        """A box of at most `width` from the start; `space` after it is used up too."""
        box = QRect(self.left, self.top, min(width, self.free), self.height)
        self.left = min(self.left + width + space, self.right)
        return box

    def take_end(self, width: int, space: int) -> QRect:
        """A box of at most `width` from the end; `space` before it is used up too."""
        taken = min(width, self.free)
        box = QRect(self.right - taken, self.top, taken, self.height)
        self.right = max(self.right - width - space, self.left)
        return box


class RowDrawing:
    """One row being painted.

    Boxes count from the row's upper corner as if read left to right, and are mirrored where the window reads
    right to left.
    """

    def __init__(
        self, painter: QPainter, option: QStyleOptionViewItem, theme: Theme, icons: Icons, look: RowLook
    ) -> None:
        self._painter = painter
        self._option = option
        self._theme = theme
        self._icons = icons
        self._look = look
        self._tokens = theme.current
        self._sizes = look.sizes
        self.width: int = option.rect.width()
        self.selected = bool(option.state & QStyle.StateFlag.State_Selected)

    def lanes(self, left: int) -> tuple[Lane, Lane, Lane]:
        """The three lines of text from `left` on, centred in the row."""
        sizes, right = self._sizes, self.width - self._sizes.end
        top = (self._option.rect.height() - sizes.text_height) // 2
        first = Lane(left, right, top, sizes.lines[0])
        second = Lane(left, right, first.bottom + sizes.line_gap, sizes.lines[1])
        return first, second, Lane(left, right, second.bottom + sizes.line_gap, sizes.lines[2])

    def place(self, box: QRect) -> QRect:
        """Where a box of the row lies in the view."""
        moved = box.translated(self._option.rect.topLeft())
        return QStyle.visualRect(self._option.direction, self._option.rect, moved)

    def ground(self) -> QColor:
        """Fill the row with what its state asks for, mark selection and keyboard focus; the fill's colour."""
        state, flags, tokens = self._option.state, QStyle.StateFlag, self._tokens
        colour = tokens.accent_soft if self.selected else tokens.panel
        if not self.selected and state & flags.State_MouseOver:
            colour = tokens.hover
        self._painter.fillRect(self._option.rect, colour)
        if self.selected:
            bar = QRect(0, 0, self._sizes.bar, self._option.rect.height())
            self._painter.fillRect(self.place(bar), tokens.accent)
        if state & flags.State_HasFocus:
            self._painter.setPen(QPen(tokens.accent, 1))
            self._painter.setBrush(Qt.BrushStyle.NoBrush)
            self._painter.drawRect(self._option.rect.adjusted(0, 0, -1, -1))
        return colour

    def cell_ground(self) -> None:
        """Fill a cell of a table, with a hairline below."""
        box, tokens = self._option.rect, self._tokens
        self._painter.fillRect(box, tokens.accent_soft if self.selected else tokens.panel)
        self._painter.fillRect(QRect(box.left(), box.bottom(), box.width(), 1), tokens.line)

    def dot(self, lane: Lane, colour: str) -> None:
        """A small dot at the lane's start."""
        side = self._theme.metrics.px(8)
        self._plate(lane.take_start(side, self._sizes.space), side, side, self._tokens.colour(colour))

    def avatar(self, name: str, seed: str, *, online: bool, ground: QColor) -> QRect:
        """The avatar at the row's start; its box."""
        sizes = self._sizes
        top = (self._option.rect.height() - sizes.avatar) // 2
        box = QRect(sizes.bar + sizes.padding, top, sizes.avatar, sizes.avatar)
        draw_avatar(self._painter, self.place(box), self._theme, name, seed)
        if online:
            radius = sizes.avatar * _DOT
            dot = QRect(0, 0, round(2 * radius), round(2 * radius))
            dot.moveBottomRight(box.bottomRight())
            draw_dot(
                self._painter, QPointF(QRectF(self.place(dot)).center()), radius, self._tokens.ok, ground
            )
        return box

    def text(self, lane: Lane, text: str, font: QFont, colour: str) -> None:
        """One line of text from the lane's start, ended by … where there is no room for all of it."""
        if not text or lane.free <= 0:
            return
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, lane.free)
        # Slanted and accented letters reach beyond their advance.
        width = max(metrics.horizontalAdvance(shown), metrics.boundingRect(shown).width()) + 2
        self._write(lane.take_start(width, self._sizes.space), shown, font, colour)

    def text_at_end(self, lane: Lane, text: str, font: QFont, colour: str) -> None:
        """A short text at the lane's end; left out where it would crowd out the rest."""
        width = QFontMetrics(font).horizontalAdvance(text) + 2
        if text and width <= lane.free * _END_SHARE:
            self._write(lane.take_end(width, self._sizes.space), text, font, colour, at_end=True)

    def _write(self, box: QRect, text: str, font: QFont, colour: str, *, at_end: bool = False) -> None:
        rtl = self._option.direction is Qt.LayoutDirection.RightToLeft
        self._painter.setFont(font)
        self._painter.setPen(self._tokens.colour(colour))
        self._painter.drawText(self.place(box), _RIGHT if at_end is not rtl else _LEFT, text)

    def tag(self, lane: Lane, text: str, *, whole: bool = False) -> None:
        """A number or word on a small plate; without `whole` it leaves a third of the lane to others."""
        metrics = QFontMetrics(self._look.tag)
        inner = self._theme.metrics.px(5)
        room = (lane.free if whole else lane.free * 2 // 3) - 2 * inner
        if room <= 0:
            return
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        box = lane.take_start(metrics.horizontalAdvance(shown) + 2 * inner, self._sizes.space)
        fill = self._tokens.panel if self.selected else self._tokens.bubble_in
        self._plate(box, metrics.height() + 2, self._theme.metrics.px(4), fill)
        self._painter.setFont(self._look.tag)
        self._painter.setPen(self._tokens.accent_text if self.selected else self._tokens.muted)
        self._painter.drawText(self.place(box), _CENTRE, shown)

    def tag_at_end(self, lane: Lane, text: str) -> None:
        """A word on a small plate at the lane's end; left out where it would crowd out the rest."""
        metrics = QFontMetrics(self._look.tag)
        inner = self._theme.metrics.px(4)
        width = metrics.horizontalAdvance(text) + 2 * inner
        if width > lane.free * _END_SHARE:
            return
        box = lane.take_end(width, self._sizes.space)
        fill = self._tokens.panel if self.selected else self._tokens.bubble_in
        self._plate(box, metrics.height() + 2, self._theme.metrics.px(4), fill)
        self._painter.setFont(self._look.tag)
        self._painter.setPen(self._tokens.muted)
        self._painter.drawText(self.place(box), _CENTRE, text)

    def badge_at_end(self, lane: Lane, count: int) -> None:
        """The number of unread messages."""
        width, height = badge_size(self._theme, count)
        if 0 < width <= lane.free:
            box = _centred(lane.take_end(width, self._sizes.space), height)
            draw_badge(self._painter, self.place(box), self._theme, count)

    def badge_on_avatar(self, count: int, avatar: QRect, ground: QColor) -> None:
        """The number of unread messages at the avatar's upper end, set apart by a ring."""
        width, height = badge_size(self._theme, count)
        if width:
            ring = self._theme.metrics.px(2)
            right = min(avatar.right() + self._sizes.padding // 2, self.width - ring)
            box = QRect(right - width, avatar.top() - ring, width, height)
            self._plate(box.adjusted(-ring, -ring, ring, ring), height + 2 * ring, height, ground)
            draw_badge(self._painter, self.place(box), self._theme, count)

    def icon(self, lane: Lane, name: str, colour: str, *, at_end: bool = False) -> None:
        """An icon at the lane's start or end; left out where there is no room for it."""
        side, space = self._sizes.icon, self._sizes.space * 2 // 3
        if lane.free < side:
            return
        box = _centred(lane.take_end(side, space) if at_end else lane.take_start(side, space), side)
        density = self._painter.device().devicePixelRatio()
        self._painter.drawPixmap(self.place(box), self._icons.pixmap(name, colour, side, density))

    def bar(self, lane: Lane, width: int, share: float, colour: str) -> None:
        """A progress bar at the lane's end, filled by `share` (0 to 1) from the reading start."""
        height = self._theme.metrics.px(5)
        box = lane.take_end(width, self._sizes.space)
        self._plate(box, height, height, self._tokens.line)
        if share > 0:
            filled = QRect(
                box.left(), box.top(), max(height, round(box.width() * min(share, 1.0))), box.height()
            )
            self._plate(filled, height, height, self._tokens.colour(colour))

    def _plate(self, box: QRect, height: int, radius: int, fill: QColor) -> None:
        plate = _centred(box, height)
        self._painter.save()
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(fill)
        rounded = min(radius, plate.height() / 2)
        self._painter.drawRoundedRect(QRectF(self.place(plate)), rounded, rounded)
        self._painter.restore()


def _centred(box: QRect, height: int) -> QRect:
    """A box of this height in the middle of another."""
    low = QRect(box.left(), 0, box.width(), height)
    low.moveCenter(QPoint(low.center().x(), box.center().y()))
    return low
