"""One message laid out for a width: where its lines, its small print and its links are. Plain text only."""

from __future__ import annotations

import dataclasses
import math
from enum import Enum
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainterPath

from chatdesk.domain.entities import Message
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.ui.i18n import day_heading, tr
from chatdesk.ui.timeline.action_links import ActionLink, Words, flow_of, link_words, place_actions
from chatdesk.ui.timeline.emoji import is_few_emoji
from chatdesk.ui.timeline.grouping import Above
from chatdesk.ui.timeline.lines import Formats, TextPart, break_lines
from chatdesk.ui.timeline.links import Link, find_links
from chatdesk.ui.timeline.offers import Action
from chatdesk.ui.timeline.scroll import Extent
from chatdesk.ui.timeline.shown import LINE_BREAK, Shown, shown
from chatdesk.ui.timeline.style import BUBBLE_SHARE, Style
from chatdesk.ui.timeline.wording import (
    body_text,
    extra_lines,
    is_handed_over,
    is_troubled,
    sender_words,
    shown_words,
    state_words,
    time_words,
    trouble_words,
)

_NOWHERE = QRectF()
_SYSTEM_SHARE = 0.86
"""Most of the width that a system line may take."""


class Look(Enum):
    """How the bubble of a message is drawn."""

    SYSTEM = "system"
    OTHER = "other"
    OWN = "own"
    QUEUED = "queued"
    UNCERTAIN = "uncertain"
    PARKED = "parked"


class Item(NamedTuple):
    """All that decides how a row looks, besides width and style."""

    message: Message
    above: Above
    show_name: bool
    steps: int
    """How often the person asked for more of a long text."""
    now_us: int
    subject: str = ""
    """The line above the text, where it says something new."""
    topic: str = ""
    """The kind of message, as a chip."""
    moving: str = ""
    """How far its file has come, while it is brought to the server."""


class Chip(NamedTuple):
    """A word on a small plate."""

    words: Words
    rect: QRectF


class Mark(NamedTuple):
    """An icon in the small print."""

    icon: str
    rect: QRectF


@dataclasses.dataclass(slots=True)
class RowLayout:
    """A laid-out row; all places are relative to its top left corner, x = 0 is the left edge of the view."""

    message: Message
    look: Look
    height: int
    lead: int
    above: Above
    day: str
    bubble: QRectF
    text: TextPart
    shown: Shown
    links: tuple[Link, ...] = ()
    name: Words | None = None
    chip: Chip | None = None
    subject: TextPart | None = None
    extra: TextPart | None = None
    """Files and places, a line each."""
    note: TextPart | None = None
    actions: tuple[ActionLink, ...] = ()
    small_print: tuple[Words, ...] = ()
    mark: Mark | None = None
    outline: QPainterPath | None = None
    """Kept by who paints the bubble: building it takes longer than filling it."""

    @property
    def extent(self) -> Extent:
        """Its height, and where its text begins: all above that depends on the row before."""
        return Extent(self.height, round(self.text.rect.top()))

    def link_at(self, point: QPointF) -> Link | None:
        """The address under a point."""
        if not self.links or not self.text.rect.contains(point):
            return None
        at = self.text.letter_at(point)
        if at is None:
            return None
        return next((link for link in self.links if link.start <= at < link.end), None)

    def action_at(self, point: QPointF) -> Action | None:
        """The action under a point."""
        return next((part.action for part in self.actions if part.rect.contains(point)), None)


_MARKS = {
    DeliveryState.QUEUED: "clock",
    DeliveryState.IN_FLIGHT: "arrow-up",
    DeliveryState.ACCEPTED: "tick",
    DeliveryState.DELIVERED: "ticks",
    DeliveryState.READ: "ticks",
    DeliveryState.UNCERTAIN: "question",
    DeliveryState.PARKED: "alert",
}


def lay_out(item: Item, width: int, style: Style) -> RowLayout:
    """Break the lines of a message and give each of its parts a place in a view of `width` px."""
    if item.message.kind is MessageKind.SYSTEM:
        return _system_line(item, width, style)
    return _bubble(item, width, style)


def _bubble(item: Item, width: int, style: Style) -> RowLayout:
    message, above = item.message, item.above
    most = min(max(1, width - 2 * style.side), max(style.min_bubble, math.floor(width * BUBBLE_SHARE)))
    inner = max(1.0, most - 2.0 * style.pad_x)
    text = shown(body_text(message), item.steps)
    font = _font(message, text, style)
    links = () if message.deleted else find_links(text.drawn)
    look = _look(message)
    lines = break_lines(text.drawn, font, inner, formats=_formats(text.drawn, links, look, style))
    name = sender_words(message) if item.show_name and above.first and not message.own else ""
    note_words = _note(message)
    note = break_lines(note_words, style.note, inner - _note_indent(message, style)) if note_words else None
    subject = break_lines(item.subject, style.name, inner) if item.subject else None
    below = LINE_BREAK.join(extra_lines(message))
    extra = break_lines(below, style.note, inner) if below else None
    chip, chip_width = _chip_words(item.topic, inner, style)
    flow, flow_width = flow_of(link_words(message, text), inner, style)
    small = _small_print(item, style, inner)
    # Time and mark stand beside the last links where there is room for both.
    last_links = flow[-1][-1].x + flow[-1][-1].width if flow else 0.0
    shared = last_links + style.link_gap + small.width if flow else math.inf
    needs = (
        lines.width,
        style.name_metrics.horizontalAdvance(name),
        subject.width if subject else 0.0,
        extra.width if extra else 0.0,
        chip_width,
        note.width + _note_indent(message, style) if note else 0.0,
        flow_width,
        small.width,
        shared if shared <= inner else 0.0,
    )
    column = min(float(math.ceil(max(needs))), inner)
    bubble_width = column + 2 * style.pad_x
    x = width - style.side - bubble_width if message.own else float(style.side)
    left = x + style.pad_x
    lead = _lead(above, style)
    top = float(lead + (style.group_gap if above.first else style.row_gap))
    y = top + style.pad_top
    row = RowLayout(
        message=message,
        look=look,
        height=0,
        lead=lead,
        above=above,
        day=day_heading(message.sent_at_us, item.now_us) if above.day else "",
        bubble=QRectF(),
        text=TextPart(lines.blocks, _NOWHERE),
        shown=text,
        links=links,
    )
    if name:
        elided = style.name_metrics.elidedText(name, Qt.TextElideMode.ElideRight, column)
        row.name = Words(elided, QPointF(left, y + style.name_metrics.ascent()))
        y += math.ceil(style.name_metrics.height()) + 1
    if chip:
        row.chip, y = _place_chip(chip, QPointF(left, y), chip_width, style)
    if subject:
        row.subject = subject.moved(QPointF(left, y), column)
        y += math.ceil(subject.height) + 1
    row.text = lines.moved(QPointF(left, y), column)
    y += math.ceil(lines.height)
    if extra:
        y += style.tiny
        row.extra = extra.moved(QPointF(left, y), column)
        y += math.ceil(extra.height)
    if note:
        y += style.tiny
        indent = _note_indent(message, style)
        row.note = note.moved(QPointF(left + indent, y), column - indent)
        if is_troubled(message):
            drop = (style.note_metrics.height() - style.glyph) / 2
            row.mark = Mark(_MARKS[message.state], QRectF(left, y + drop, style.glyph, style.glyph))
        y += math.ceil(note.height)
    row.actions, y = place_actions(flow, QPointF(left, y), style)
    if shared <= inner:
        y -= math.ceil((style.link_metrics.height() + style.small_metrics.height()) / 2)
    y = _place_small_print(row, small, QPointF(left + column - small.width, y + 1), style)
    bottom = math.ceil(y) + style.pad_bottom
    row.bubble = QRectF(x, top, bubble_width, bottom - top)
    row.height = bottom + style.focus
    return row


def _font(message: Message, text: Shown, style: Style) -> QFont:
    if message.deleted:
        return style.muted_body
    return style.emoji if is_few_emoji(text.drawn) else style.body


def _chip_words(topic: str, most: float, style: Style) -> tuple[str, float]:
    """The word of a chip, cut to the room there is, and the width of its plate."""
    if not topic:
        return "", 0.0
    room = max(1.0, most - 2.0 * style.tiny)
    word = style.small_metrics.elidedText(topic, Qt.TextElideMode.ElideRight, room)
    return word, min(most, math.ceil(style.small_metrics.horizontalAdvance(word)) + 2.0 * style.tiny)


def _place_chip(word: str, at: QPointF, width: float, style: Style) -> tuple[Chip, float]:
    """The plate with its word, and where it ends below."""
    height = math.ceil(style.small_metrics.height()) + style.tiny
    base = at.y() + style.tiny / 2 + style.small_metrics.ascent()
    chip = Chip(Words(word, QPointF(at.x() + style.tiny, base)), QRectF(at.x(), at.y(), width, height))
    return chip, at.y() + height + style.tiny / 2


def _system_line(item: Item, width: int, style: Style) -> RowLayout:
    text = shown(shown_words(item.message), item.steps)
    inner = max(1.0, min(width - 2.0 * style.side, width * _SYSTEM_SHARE))
    links = () if item.message.deleted else find_links(text.drawn)
    formats = _formats(text.drawn, links, Look.SYSTEM, style)
    lines = break_lines(text.drawn, style.note, inner, centred=True, formats=formats)
    column = min(math.ceil(lines.width) + 1.0, inner)
    lead = _lead(item.above, style)
    left, y = math.floor((width - column) / 2), float(lead + style.group_gap)
    flow, flow_width = flow_of(link_words(item.message, text), inner, style)
    actions, bottom = place_actions(
        flow, QPointF((width - flow_width) / 2, y + math.ceil(lines.height)), style
    )
    return RowLayout(
        message=item.message,
        look=Look.SYSTEM,
        height=math.ceil(bottom) + style.tiny,
        lead=lead,
        above=item.above,
        day=day_heading(item.message.sent_at_us, item.now_us) if item.above.day else "",
        bubble=QRectF(left, y, column, lines.height),
        text=lines.moved(QPointF(left, y), column),
        shown=text,
        links=links,
        actions=actions,
    )


def _formats(text: str, links: tuple[Link, ...], look: Look, style: Style) -> Formats:
    lacking = style.glyphs.lacking(text)
    if not links:
        return lacking
    drawn = style.own_link_text if look is Look.OWN else style.link_text
    return [*lacking, *((link.start, link.end, drawn) for link in links)]


def _look(message: Message) -> Look:
    if not message.own:
        return Look.OTHER
    if message.deleted:
        return Look.OWN
    return _LOOKS.get(message.state, Look.OWN)


_LOOKS = {
    DeliveryState.QUEUED: Look.QUEUED,
    DeliveryState.UNCERTAIN: Look.UNCERTAIN,
    DeliveryState.PARKED: Look.PARKED,
}


def _lead(above: Above, style: Style) -> int:
    return (
        (style.gap_height if above.gap else 0)
        + (style.day_height if above.day else 0)
        + (style.unread_height if above.unread else 0)
    )


def _note(message: Message) -> str:
    """The lines under the text: why it waits, or that it came twice."""
    trouble = trouble_words(message)
    if trouble or not message.arrived_twice or message.deleted:
        return trouble
    return tr("This one arrived twice.")


def _note_indent(message: Message, style: Style) -> int:
    return style.glyph + style.tiny if is_troubled(message) else 0


def _small_mark(message: Message) -> str:
    if not message.own or message.deleted or is_troubled(message):
        return ""
    return "broadcast" if is_handed_over(message) else _MARKS.get(message.state, "")


class _SmallPrint(NamedTuple):
    time: str
    mark: str
    words: str
    width: float


def _small_print(item: Item, style: Style, most: float) -> _SmallPrint:
    """Time, mark and words of the state; where there is no room for all, the words are cut."""
    time, words = time_words(item.message), item.moving or state_words(item.message, item.now_us)
    mark = "arrow-up" if item.moving else _small_mark(item.message)
    width = style.small_metrics.horizontalAdvance(time)
    if mark:
        width += style.tiny + style.glyph
    if words:
        room = most - width - style.tiny
        words = style.small_metrics.elidedText(words, Qt.TextElideMode.ElideRight, max(0.0, room - 1))
        width += style.tiny + style.small_metrics.horizontalAdvance(words)
    return _SmallPrint(time, mark, words, min(math.ceil(width), most))


def _place_small_print(row: RowLayout, small: _SmallPrint, at: QPointF, style: Style) -> float:
    """Time, mark, words of the state, from `at` to the right; returns where the line ends below."""
    base = at.y() + style.small_metrics.ascent()
    height = style.small_metrics.height()
    x = at.x()
    parts = [Words(small.time, QPointF(x, base))]
    x += style.small_metrics.horizontalAdvance(small.time) + style.tiny
    if small.mark:
        row.mark = Mark(small.mark, QRectF(x, at.y() + (height - style.glyph) / 2, style.glyph, style.glyph))
        x += style.glyph + style.tiny
    if small.words:
        parts.append(Words(small.words, QPointF(x, base)))
    row.small_print = tuple(parts)
    return at.y() + math.ceil(height)
