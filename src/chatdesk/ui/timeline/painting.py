"""Paints a laid-out row: bubble, text, marks, links, and the lines above it. Colours come from the tokens."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QTextCharFormat

from chatdesk.domain.kinds import DeliveryState
from chatdesk.ui.i18n import tr
from chatdesk.ui.icons import Icons
from chatdesk.ui.timeline.layout import Look, RowLayout
from chatdesk.ui.timeline.offers import Action
from chatdesk.ui.timeline.style import Style
from chatdesk.ui.tokens import Tokens

_DASH = [3.0, 2.5]
_TALL_PX = 3_000
_MOST_MARKS = 24
"""Of words that were looked for, in one message: Qt draws the whole text anew around each."""
_ALL = QRectF()
"""No limit, to Qt's text layout."""
_REACH_LINES = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Inks:
    """The colours of one look. `edge` None: no outline."""

    fill: QColor
    edge: QColor | None
    text: QColor
    muted: QColor
    link: QColor
    note: QColor
    selected_fill: QColor
    selected_text: QColor


@dataclasses.dataclass(frozen=True, slots=True)
class Emphasis:
    """What of a row is picked out at the moment."""

    selection: tuple[int, int] | None = None
    """Selected part of the drawn text, UTF-16 units."""
    found: tuple[tuple[int, int], ...] = ()
    """Parts of the drawn text that were looked for, UTF-16 units."""
    flash: float = 0.0
    """How strongly the row that was jumped to is picked out, 0 to 1."""
    day_apart: float = 0.0
    """How much its day is drawn at the top of the view instead, 0 to 1."""
    current: bool = False
    """The row that the keyboard is on, while the list has the focus."""
    pressed: Action | None = None
    hovered: Action | None = None
    gap: str = ""
    """What stands where messages above it are missing."""


def inks(look: Look, tokens: Tokens) -> Inks:
    """The colours of a look."""
    if look is Look.OWN:
        return Inks(
            fill=tokens.bubble_out,
            edge=None,
            text=tokens.bubble_out_text,
            muted=tokens.bubble_out_muted,
            link=tokens.bubble_out_text,
            note=tokens.bubble_out_text,
            selected_fill=tokens.bubble_out_text,
            selected_text=tokens.bubble_out,
        )
    fill, edge, note = {
        Look.SYSTEM: (tokens.background, None, tokens.muted),
        Look.OTHER: (tokens.bubble_in, None, tokens.muted),
        Look.QUEUED: (tokens.panel, tokens.accent, tokens.muted),
        Look.UNCERTAIN: (tokens.panel, tokens.warn, tokens.warn),
        Look.PARKED: (tokens.panel, tokens.bad, tokens.bad),
    }[look]
    return Inks(
        fill=fill,
        edge=edge,
        text=tokens.muted if look is Look.SYSTEM else tokens.text,
        muted=tokens.muted,
        link=tokens.accent_text,
        note=note,
        selected_fill=tokens.accent,
        selected_text=tokens.on_accent,
    )


class RowPainter:
    """Paints rows with one style. `density`: device pixels per pixel of what is painted on."""

    def __init__(self, style: Style, icons: Icons) -> None:
        self._style = style
        self._icons = icons
        self._inks = {look: inks(look, style.tokens) for look in Look}

    def paint(
        self, painter: QPainter, row: RowLayout, top: int, width: int, emphasis: Emphasis, density: float
    ) -> None:
        """Paint a row whose top is at `top` in a view of `width` px."""
        # Of a text that is much taller than any view, only the lines in view are drawn.
        seen = _ALL
        if row.height >= _TALL_PX:
            # Ink reaches beyond its line: what is moved on the screen has it, too.
            reach = _REACH_LINES * self._style.body_metrics.height()
            seen = QRectF(painter.window().translated(0, -top)).adjusted(0, -reach, 0, reach)
        painter.save()
        painter.translate(0, top)
        self._above(painter, row, width, emphasis)
        colours = self._inks[row.look]
        if emphasis.flash > 0:
            # Wholly inside the row, as the ring is.
            ground = QColor(self._style.tokens.accent_soft)
            ground.setAlphaF(min(1.0, emphasis.flash))
            # Whole pixels of the screen, whatever was drawn before.
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
            painter.fillRect(QRectF(0, row.lead, width, row.height - row.lead), ground)
        if row.look is not Look.SYSTEM:
            self._bubble(painter, row, colours)
        if emphasis.current:
            self._focus(painter, row)
        # Stacked combining marks of a hostile text may reach far: they stay inside their own bubble.
        if row.look is Look.SYSTEM:
            painter.setClipRect(QRectF(0, row.lead, width, row.height - row.lead))
        else:
            painter.setClipRect(row.bubble)
        self._text(painter, row, colours, emphasis, seen)
        self._rest(painter, row, colours, emphasis, density)
        painter.restore()

    def _above(self, painter: QPainter, row: RowLayout, width: int, emphasis: Emphasis) -> None:
        style, tokens = self._style, self._style.tokens
        y = 0.0
        if row.above.gap:
            self._ruled(painter, QRectF(0, y, width, style.gap_height), emphasis.gap, tokens.muted)
            y += style.gap_height
        if row.day:
            if emphasis.day_apart < 1.0:
                painter.setOpacity(1.0 - emphasis.day_apart)
                paint_day(painter, QRectF(0, y, width, style.day_height), row.day, style)
                painter.setOpacity(1.0)
            y += style.day_height
        if row.above.unread:
            painter.setFont(style.link)
            self._ruled(painter, QRectF(0, y, width, style.unread_height), tr("New"), tokens.bad, strong=True)

    def _ruled(
        self, painter: QPainter, area: QRectF, words: str, colour: QColor, *, strong: bool = False
    ) -> None:
        """Words in the middle of a line across the view."""
        style = self._style
        painter.setFont(style.link if strong else style.note)
        metrics = style.link_metrics if strong else style.note_metrics
        room = max(0.0, area.width() - 2.0 * (style.side + style.pad_x))
        words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        half = (metrics.horizontalAdvance(words) + 2.0 * style.pad_x) / 2
        middle, y = area.center().x(), round(area.center().y())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.fillRect(QRectF(style.side, y, middle - half - style.side, style.line), colour)
        painter.fillRect(
            QRectF(middle + half, y, area.width() - style.side - middle - half, style.line), colour
        )
        painter.setPen(colour)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)

    def _bubble(self, painter: QPainter, row: RowLayout, colours: Inks) -> None:
        style = self._style
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colours.fill)
        area = row.bubble
        if colours.edge is None:
            painter.setPen(Qt.PenStyle.NoPen)
        else:
            pen = QPen(colours.edge, style.line)
            if row.look is Look.QUEUED:
                pen.setDashPattern(_DASH)
            painter.setPen(pen)
            area = area.adjusted(style.line / 2, style.line / 2, -style.line / 2, -style.line / 2)
        if row.outline is None:
            row.outline = self._outline(area, row)
        painter.drawPath(row.outline)

    def _outline(self, area: QRectF, row: RowLayout, grow: float = 0) -> QPainterPath:
        """A rounded rectangle whose corner at the writer's side is sharper on the last of a group."""
        big = min(self._style.radius + grow, area.height() / 2)
        small = (self._style.tail + grow) if row.above.last else big
        left, right = (big, small) if row.message.own else (small, big)
        path = QPainterPath(QPointF(area.left() + big, area.top()))
        path.lineTo(area.right() - big, area.top())
        path.quadTo(area.right(), area.top(), area.right(), area.top() + big)
        path.lineTo(area.right(), area.bottom() - right)
        path.quadTo(area.right(), area.bottom(), area.right() - right, area.bottom())
        path.lineTo(area.left() + left, area.bottom())
        path.quadTo(area.left(), area.bottom(), area.left(), area.bottom() - left)
        path.lineTo(area.left(), area.top() + big)
        path.quadTo(area.left(), area.top(), area.left() + big, area.top())
        return path

    def _focus(self, painter: QPainter, row: RowLayout) -> None:
        # Wholly inside the row: scrolling copies what is painted, row by row.
        width = self._style.focus * 0.75
        grow = self._style.focus - width / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._style.tokens.accent, width))
        painter.drawPath(self._outline(row.bubble.adjusted(-grow, -grow, grow, grow), row, grow))

    def _text(
        self, painter: QPainter, row: RowLayout, colours: Inks, emphasis: Emphasis, seen: QRectF
    ) -> None:
        formats: list[tuple[int, int, QTextCharFormat]] = []
        if emphasis.found:
            look = QTextCharFormat()
            look.setBackground(self._style.tokens.mark)
            look.setForeground(self._style.tokens.mark_text)
            formats += [(start, end, look) for start, end in emphasis.found[:_MOST_MARKS]]
        if emphasis.selection is not None:
            look = QTextCharFormat()
            look.setBackground(colours.selected_fill)
            look.setForeground(colours.selected_text)
            formats.append((*emphasis.selection, look))
        painter.setPen(colours.muted if row.message.deleted else colours.text)
        row.text.draw(painter, formats, visible=seen)
        if row.subject is not None:
            row.subject.draw(painter, visible=seen)
        if row.extra is not None:
            painter.setPen(colours.text)
            row.extra.draw(painter, visible=seen)
        if row.note is not None:
            painter.setPen(colours.note)
            row.note.draw(painter, visible=seen)

    def _rest(
        self, painter: QPainter, row: RowLayout, colours: Inks, emphasis: Emphasis, density: float
    ) -> None:
        style = self._style
        if row.name is not None:
            painter.setFont(style.name)
            painter.setPen(colours.muted)
            painter.drawText(row.name.at, row.name.text)
        if row.chip is not None:
            painter.setFont(style.small)
            painter.setPen(QPen(colours.muted, style.line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            inside = row.chip.rect.adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(inside, style.tail, style.tail)
            painter.drawText(row.chip.words.at, row.chip.words.text)
        painter.setFont(style.link)
        for part in row.actions:
            if part.action in {emphasis.hovered, emphasis.pressed}:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(style.tokens.accent_soft)
                painter.drawRoundedRect(part.rect, style.tail, style.tail)
                painter.setPen(style.tokens.accent_text)
            else:
                painter.setPen(colours.link)
            painter.drawText(part.words.at, part.words.text)
        painter.setFont(style.small)
        painter.setPen(colours.muted)
        for words in row.small_print:
            painter.drawText(words.at, words.text)
        if row.mark is not None:
            colour = colours.note if row.note is not None else _mark_colour(row, colours, style.tokens)
            pixmap = self._icons.pixmap(row.mark.icon, colour, style.glyph, density)
            painter.drawPixmap(row.mark.rect.topLeft(), pixmap)


def paint_day(painter: QPainter, area: QRectF, day: str, style: Style) -> None:
    """A day's heading on its plate, in the middle of an area of the height `style.day_height`."""
    text_width = style.note_metrics.horizontalAdvance(day) + 2.0 * style.pad_x
    height = style.note_metrics.height() + style.tiny
    plate = QRectF(area.center().x() - text_width / 2, area.center().y() - height / 2, text_width, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.tokens.bubble_in)
    painter.drawRoundedRect(plate, height / 2, height / 2)
    painter.setFont(style.note)
    painter.setPen(style.tokens.muted)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, day)


def _mark_colour(row: RowLayout, colours: Inks, tokens: Tokens) -> QColor:
    return tokens.bubble_out_read if row.message.state is DeliveryState.READ else colours.muted
