"""What strips with a title, a text and buttons have in common: beside each other where there is room."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QWidget

from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tokens import Metrics


def arrange(strip: QWidget, lines: QBoxLayout, title: PlainLabel, *, beside: bool, metrics: Metrics) -> None:
    """Title and text in one line, or one above the other.

    Beside the text the title has its whole line; above it, as many as it needs.
    """
    direction = QBoxLayout.Direction
    lines.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
    lines.setSpacing(metrics.small if beside else 0)
    title.setWordWrap(not beside)
    strip.updateGeometry()
