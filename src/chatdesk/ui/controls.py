"""Buttons and fields that are used in several regions, each with its accessible name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QPushButton,
    QSplitter,
    QToolButton,
    QWidget,
)

from chatdesk.ui.context import UiContext
from chatdesk.ui.plain import plain_tooltip, without_mnemonic
from chatdesk.ui.theme import Theme


class IconButton(QToolButton):
    """A button that shows an icon; its name is its tooltip and what a screen reader says.

    The icon is drawn when the button is first seen, for the screen that it is seen on: most are not seen in a
    start, and each costs as much as a page from the database.
    """

    def __init__(
        self,
        context: UiContext,
        icon: str,
        name: str,
        *,
        colour: str = "muted",
        checkable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._icon = icon
        self._colour = colour
        self._drawn: tuple[str, str, int, float, bool] | None = None
        self.setCheckable(checkable)
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.set_name(name)
        context.theme.changed.connect(self._restyle)
        if checkable:
            self.toggled.connect(self._restyle)
        self._restyle()

    def set_name(self, name: str) -> None:
        """Change the tooltip and what a screen reader says."""
        self.setAccessibleName(name)
        self.setToolTip(plain_tooltip(name))

    def set_icon(self, icon: str, colour: str | None = None) -> None:
        """Show another icon, or the same in another colour."""
        self._icon = icon
        self._colour = colour or self._colour
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._draw()
        super().paintEvent(event)

    def _restyle(self) -> None:
        size = self._context.theme.metrics.icon
        self.setIconSize(QSize(size, size))
        self._drawn = None
        if self.isVisible():
            self._draw()

    def _draw(self) -> None:
        """Draw the icon, unless it is the one that is there: for this screen, in this theme."""
        size, density = self._context.theme.metrics.icon, self.devicePixelRatioF()
        colour = "accent_text" if self.isChecked() else self._colour
        wanted = (self._icon, colour, size, density, self.isEnabled())
        if self._drawn != wanted:
            self._drawn = wanted
            icons = self._context.icons
            self.setIcon(icons.icon(self._icon, colour, size, (density,), enabled=self.isEnabled()))


class WordButton(QPushButton):
    """A button with words. look: `primary`, `danger`, `flat`, `link` or empty for outlined."""

    def __init__(self, text: str, *, look: str = "", parent: QWidget | None = None) -> None:
        super().__init__(without_mnemonic(text), parent)
        self.setAccessibleName(text)
        self.setAutoDefault(False)
        if look:
            self.setProperty("look", look)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_words(self, text: str) -> None:
        """Change the words."""
        self.setText(without_mnemonic(text))
        self.setAccessibleName(text)

    def set_look(self, look: str) -> None:
        """Draw it in another way."""
        if self.property("look") != look:
            self.setProperty("look", look)
            self.style().unpolish(self)
            self.style().polish(self)


class ChoiceBox(QComboBox):
    """One of several. The style sheet takes Qt's own arrow away, so it is drawn here."""

    def __init__(self, context: UiContext, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.setAccessibleName(name)
        context.theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        draw_arrow(self, self._context)


def draw_arrow(box: QWidget, context: UiContext) -> None:
    """Draw the arrow of a field that opens, where its style sheet has taken Qt's own away."""
    side = context.theme.metrics.px(14)
    arrow = context.icons.pixmap("chevron-down", "muted", side, box.devicePixelRatioF())
    painter = QPainter(box)
    margin = context.theme.metrics.small
    painter.drawPixmap(box.width() - side - margin, (box.height() - side) // 2, arrow)
    painter.end()


class CheckBox(QCheckBox):
    """A check box whose box can be seen on every ground of both themes."""

    _BOX_PX = 16

    def __init__(self, context: UiContext, text: str, parent: QWidget | None = None) -> None:
        super().__init__(without_mnemonic(text), parent)
        self._context = context
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        context.theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        metrics = self._context.theme.metrics
        text = self.fontMetrics().size(Qt.TextFlag.TextShowMnemonic, self.text())
        box = metrics.px(self._BOX_PX)
        return QSize(box + metrics.small + text.width() + 4, max(box, text.height()) + 6)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = self._context.theme
        tokens, metrics = theme.current, theme.metrics
        side = metrics.px(self._BOX_PX)
        box = QRect(2, (self.height() - side) // 2, side, side)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = tokens.accent if self.isChecked() else tokens.control_line
        if not self.isEnabled():
            edge = tokens.line
        painter.setPen(QPen(edge, 1.5))
        painter.setBrush(edge if self.isChecked() else tokens.background)
        painter.drawRoundedRect(box, metrics.px(4), metrics.px(4))
        if self.isChecked():
            ink = "on_accent" if self.isEnabled() else "muted"
            tick = self._context.icons.pixmap("tick", ink, side - 2, self.devicePixelRatioF())
            painter.drawPixmap(box.x() + 1, box.y() + 1, tick)
        left = box.right() + 1 + metrics.small
        words = QRect(left, 0, self.width() - left, self.height())
        painter.setPen(tokens.text if self.isEnabled() else tokens.control_line)
        aligned = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(words, int(aligned) | int(Qt.TextFlag.TextShowMnemonic), self.text())
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(tokens.accent, 1.5))
            painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), metrics.px(5), metrics.px(5))
        painter.end()


class Panel(QFrame):
    """A filled area. look: panel, rail, background, banner, alarm, note or card (see stylesheet)."""

    def __init__(self, look: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("look", look)

    def set_look(self, look: str) -> None:
        """Fill with another colour."""
        if self.property("look") != look:
            self.setProperty("look", look)
            self.style().unpolish(self)
            self.style().polish(self)


class Split(QSplitter):
    """Panes side by side with a hairline between them.

    share: width of the whole in px -> widths of the panes; None: stretch factors share out a new width.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.share: Callable[[int], list[int]] | None = None
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Not both: each way lays out all that is in the panes.
        if self.share is None:
            super().resizeEvent(event)
        else:
            self.setSizes(self.share(event.size().width()))


class Line(QWidget):
    """A hairline in the theme's colour, across (default) or upright."""

    def __init__(self, theme: Theme, *, upright: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAutoFillBackground(True)
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        palette = self.palette()
        palette.setColor(self.backgroundRole(), self._theme.current.line)
        self.setPalette(palette)
