"""Fonts, sizes and colours of the message list, worked out once per theme."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontMetricsF, QTextCharFormat

from chatdesk.ui.theme import TextRole, Theme
from chatdesk.ui.timeline.glyphs import Glyphs

BUBBLE_SHARE = 0.66
"""Most of the width that a bubble may take."""

EMOJI_GROWS = 2.4
"""How much larger the emoji of a message are that has no text."""


class Style:
    """What laying out and painting need. Make a new one when the theme changes."""

    def __init__(self, theme: Theme) -> None:
        m = theme.metrics
        self.tokens = theme.current
        self.body = theme.font(TextRole.BODY)
        self.name = theme.font(TextRole.SECONDARY_STRONG)
        self.note = theme.font(TextRole.SECONDARY)
        self.link = theme.font(TextRole.SECONDARY_STRONG)
        self.small = theme.font(TextRole.SMALL)
        self.small_strong = theme.font(TextRole.SMALL_STRONG)
        self.muted_body = QFont(self.body)
        self.muted_body.setItalic(True)
        self.emoji = QFont(self.body)
        """For a message of nothing but a few emoji."""
        self.emoji.setPointSizeF(self.body.pointSizeF() * EMOJI_GROWS)
        self.link_text = _underlined(self.tokens.accent_text)
        self.own_link_text = _underlined(self.tokens.bubble_out_text)
        """How an address inside a text is drawn, in bubbles of others and in own ones."""
        self.glyphs = Glyphs(self.body)
        self.body_metrics = QFontMetricsF(self.body)
        self.name_metrics = QFontMetricsF(self.name)
        self.note_metrics = QFontMetricsF(self.note)
        self.link_metrics = QFontMetricsF(self.link)
        self.small_metrics = QFontMetricsF(self.small)
        self.side = m.px(18)
        """Distance of bubbles from the edges of the view."""
        self.pad_x = m.px(11)
        self.pad_top = m.px(7)
        self.pad_bottom = m.px(6)
        self.focus = max(2, m.px(2))
        """Room around a bubble, inside its own row, for the ring of the current message."""
        self.group_gap = m.px(6)
        self.row_gap = self.focus
        self.radius = m.bubble_radius
        self.tail = m.px(4)
        """Radius of the corner that points at the writer."""
        self.glyph = m.px(13)
        self.tiny = m.tiny
        self.small_gap = m.px(6)
        self.link_gap = m.px(14)
        self.line = max(1, round(m.scale))
        self.day_height = round(self.note_metrics.height()) + m.px(18)
        self.unread_height = round(self.link_metrics.height()) + m.px(10)
        self.gap_height = round(self.note_metrics.height()) + m.px(16)
        self.head_height = round(self.note_metrics.height()) + m.px(22)
        self.foot_height = round(self.note_metrics.height()) + m.px(16)
        self.min_bubble = m.px(160)
        self.estimate = round(self.body_metrics.height() + self.small_metrics.height()) + m.px(26)
        self.wheel_line = round(self.body_metrics.height() * 1.2)


def _underlined(colour: QColor) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setFontUnderline(True)
    look.setForeground(colour)
    return look
