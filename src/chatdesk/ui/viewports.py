"""Viewports that Python knows from the start.

Qt makes a viewport of its own for each scroll area. When such a widget first comes to Python, PySide6 must
find out of which class it is, and for that it makes every class of widget that there is: forty enumerations
of dialogs, wizards and calendars before the first paint. One that Python has made is known.
"""

from __future__ import annotations

from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QAbstractScrollArea, QWidget


def make_viewport(area: QAbstractScrollArea) -> QWidget:
    """Give a scroll area a viewport like the one that Qt makes; to be called before the old one is used."""
    own = QWidget(area)
    own.setObjectName("qt_scrollarea_viewport")
    own.setBackgroundRole(QPalette.ColorRole.Base)
    own.setAutoFillBackground(True)
    area.setViewport(own)
    return own
