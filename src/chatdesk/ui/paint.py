"""Small things that several regions paint alike: avatars, presence dots, count badges."""

from __future__ import annotations

import unicodedata
import zlib

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen

from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import number
from chatdesk.ui.theme import TextRole, Theme
from chatdesk.ui.tokens import AVATARS, Tokens

BADGE_MOST = 99


def initials(name: str) -> str:
    """One or two letters that stand for a name, from its first two words; `?` where it has no letter."""
    words = [w for w in one_line(name, 80).replace("-", " ").split() if unicodedata.category(w[0])[0] in "LN"]
    letters = "".join(word[0] for word in words[:2])
    if len(words) == 1:
        letters = words[0][:2]
    return letters.upper()[:2] or "?"


def avatar_colour(tokens: Tokens, seed: str) -> QColor:
    """The colour of an avatar: the same for the same seed, on every machine and in every theme."""
    which = zlib.crc32(seed.encode("utf-8", "replace")) % AVATARS + 1
    return tokens.colour(f"avatar_{which}")


def draw_avatar(painter: QPainter, rect: QRect | QRectF, theme: Theme, name: str, seed: str) -> None:
    """A disc with the initials of `name`, filling `rect` (a square)."""
    tokens = theme.current
    area = QRectF(rect)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(avatar_colour(tokens, seed))
    painter.drawEllipse(area)
    font = theme.font(TextRole.STRONG)
    font.setPixelSize(max(8, round(area.height() * 0.36)))
    painter.setFont(font)
    painter.setPen(tokens.avatar_text)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, initials(name))
    painter.restore()


def draw_dot(painter: QPainter, centre: QPointF, radius_px: float, fill: QColor, ring: QColor) -> None:
    """A dot with a ring in the colour of what lies behind it, such as presence on an avatar."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ring, max(1.5, radius_px * 0.4)))
    painter.setBrush(fill)
    painter.drawEllipse(centre, radius_px, radius_px)
    painter.restore()


def badge_text(count: int) -> str:
    """A count as a badge shows it: empty for 0, `99+` above 99."""
    if count <= 0:
        return ""
    return number(count) if count <= BADGE_MOST else f"{number(BADGE_MOST)}+"


def badge_size(theme: Theme, count: int) -> tuple[int, int]:
    """Width and height of a badge in pixels; (0, 0) for 0."""
    text = badge_text(count)
    if not text:
        return (0, 0)
    metrics = QFontMetrics(theme.font(TextRole.SMALL_STRONG))
    height = max(metrics.height(), theme.metrics.px(16))
    return (max(height, metrics.horizontalAdvance(text) + theme.metrics.px(9)), height)


def draw_badge(
    painter: QPainter, rect: QRect, theme: Theme, count: int, *, fill: str = "accent", ink: str = "on_accent"
) -> None:
    """A pill with a count that fills `rect` (see badge_size)."""
    text = badge_text(count)
    if not text:
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.current.colour(fill))
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.setFont(theme.font(TextRole.SMALL_STRONG))
    painter.setPen(theme.current.colour(ink))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()
