"""The links under a message: what each does, and its place in rows that are no wider than the bubble."""

from __future__ import annotations

import math
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt

from chatdesk.domain.entities import Message
from chatdesk.ui.i18n import trn
from chatdesk.ui.timeline.offers import Action, inline, label
from chatdesk.ui.timeline.shown import Shown
from chatdesk.ui.timeline.style import Style


class Words(NamedTuple):
    """One line of words at a place (left end of its base line)."""

    text: str
    at: QPointF


class ActionLink(NamedTuple):
    """Words that do something when they are pressed; `rect` is the area that takes the press."""

    action: Action
    words: Words
    rect: QRectF


def link_words(message: Message, text: Shown) -> list[tuple[Action, str]]:
    """What stands under a message to be pressed, in order."""
    words = [(action, label(action)) for action in inline(message)]
    if text.hidden_chars:
        more = trn("Show more ({n} character)", "Show more ({n} characters)", text.hidden_chars)
        words.insert(0, (Action.SHOW_MORE, more))
    return words


class Flowing(NamedTuple):
    """A link in its row; `x` from the left of the row, both in px."""

    action: Action
    text: str
    x: float
    width: float


def flow_of(words: list[tuple[Action, str]], width: float, style: Style) -> tuple[list[list[Flowing]], float]:
    """Links in rows no wider than `width`, and the width of the widest row."""
    rows: list[list[Flowing]] = []
    x, widest = 0.0, 0.0
    for action, full in words:
        text, advance = full, style.link_metrics.horizontalAdvance(full)
        if advance > width:
            text = style.link_metrics.elidedText(full, Qt.TextElideMode.ElideRight, width)
            advance = min(width, style.link_metrics.horizontalAdvance(text))
        if not rows or x + advance > width:
            rows.append([])
            x = 0.0
        rows[-1].append(Flowing(action, text, x, advance))
        widest = max(widest, x + advance)
        x += advance + style.link_gap
    return rows, widest


def place_actions(
    flow: list[list[Flowing]], at: QPointF, style: Style
) -> tuple[tuple[ActionLink, ...], float]:
    """The links at their places, and where they end below."""
    placed: list[ActionLink] = []
    y = at.y()
    height = math.ceil(style.link_metrics.height())
    for row in flow:
        y += style.small_gap
        for one in row:
            area = QRectF(at.x() + one.x, y, one.width, height)
            words = Words(one.text, QPointF(area.x(), y + style.link_metrics.ascent()))
            placed.append(ActionLink(one.action, words, area.adjusted(-style.tiny, -3, style.tiny, 3)))
        y += height
    return tuple(placed), y
