"""Buttons of which one holds: a switch between two lists, and filter chips that wrap where it is narrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from chatdesk.ui.i18n import number
from chatdesk.ui.lists.flow import FlowLayout
from chatdesk.ui.lists.rows_view import BY_KEYBOARD
from chatdesk.ui.theme import TextRole, Theme

_CENTRE = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextSingleLine)
K = TypeVar("K", bound=StrEnum)


class Choice(QPushButton):
    """One button of a group, painted from tokens; bold while it holds."""

    def __init__(self, theme: Theme, text: str, *, role: TextRole, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._role = role
        self._words = text
        self._outlined = False
        self._room: tuple[int, int] | None = None
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self._restyle)
        self._restyle()

    def words(self) -> str:
        """What it says."""
        return self._words

    def set_words(self, text: str, spoken: str) -> None:
        """Change what it says, and what a screen reader speaks."""
        if text != self._words:
            self._words = text
            self._room = None
            self.updateGeometry()
            self.update()
        self.setAccessibleName(spoken)

    def text_size(self) -> QSize:
        """Room for the text, bold or not: choosing moves nothing."""
        if self._room is None:  # layouts ask often, and measuring is dear
            sizes = [QFontMetrics(font).size(0, self._words) for font in (self._plain, self._strong)]
            self._room = max(size.width() for size in sizes), max(size.height() for size in sizes)
        return QSize(*self._room)

    def draw(self, painter: QPainter, fill: QColor | None, ink: QColor, radius: float) -> None:
        """Draw a rounded plate, the text (ended by … where it does not fit) and the keyboard's outline."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plate = QRectF(self.rect())
        if fill is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(plate, radius, radius)
        font = self._strong if self.isChecked() else self._plain
        box = self.rect().adjusted(2, 0, -2, 0)
        painter.setFont(font)
        painter.setPen(ink)
        shown = QFontMetrics(font).elidedText(self._words, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, _CENTRE, shown)
        if self.hasFocus() and self._outlined:
            painter.setPen(QPen(self.theme.current.accent, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(plate.adjusted(1, 1, -1, -1), radius, radius)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._outlined = event.reason() in BY_KEYBOARD
        super().focusInEvent(event)

    def _restyle(self) -> None:
        self._plain = self.theme.font(self._role)
        self._strong = QFont(self._plain)
        self._strong.setWeight(QFont.Weight.DemiBold)
        self._room = None
        self.updateGeometry()
        self.update()


class ChipButton(Choice):
    """A filter: a word, and a count where there is one."""

    def __init__(self, theme: Theme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, text, role=TextRole.SECONDARY, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        px = self.theme.metrics.px
        return self.text_size() + QSize(px(15), px(5))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.metrics.px(24), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = self.theme.current
        fill = tokens.hover if self.underMouse() else tokens.bubble_in
        painter = QPainter(self)
        if self.isChecked():
            self.draw(painter, tokens.accent_soft, tokens.accent_text, self.height() / 2)
        else:
            self.draw(painter, fill, tokens.muted, self.height() / 2)
        painter.end()


class SegmentButton(Choice):
    """One side of a switch; raised while it holds."""

    def __init__(self, theme: Theme, text: str, parent: QWidget | None = None) -> None:
        super().__init__(theme, text, role=TextRole.BODY, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        px = self.theme.metrics.px
        return self.text_size() + QSize(px(16), px(8))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.metrics.px(32), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = self.theme.current
        painter = QPainter(self)
        radius = float(self.theme.metrics.px(6))
        if self.isChecked():
            self.draw(painter, tokens.panel, tokens.text, radius)
        else:
            self.draw(painter, tokens.hover if self.underMouse() else None, tokens.muted, radius)
        painter.end()


class Choices(QWidget, Generic[K]):
    """A group of buttons of which exactly one holds; arrow keys move between them."""

    chosen = Signal(object)
    """The key of the button that the person pressed."""

    def __init__(
        self,
        make: Callable[[str, QWidget], Choice],
        words: Mapping[K, str],
        name: str,
        parent: QWidget | None,
    ) -> None:
        """make: the button that says something, in a parent."""
        super().__init__(parent)
        self.setAccessibleName(name)
        self._buttons = {key: make(text, self) for key, text in words.items()}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        for button in self._buttons.values():
            self._group.addButton(button)
        self._group.buttonToggled.connect(self._on_toggled)
        self._quiet = False

    def button(self, key: K) -> Choice:
        """The button of a key."""
        return self._buttons[key]

    def choose(self, key: K) -> None:
        """Let another one hold, without `chosen`."""
        self._quiet = True
        self._buttons[key].setChecked(True)
        self._quiet = False

    def _on_toggled(self, button: QPushButton, checked: bool) -> None:
        if checked and not self._quiet:
            self.chosen.emit(next(key for key, one in self._buttons.items() if one is button))


class Chips(Choices[K]):
    """Filter chips with live counts."""

    def __init__(
        self, theme: Theme, words: Mapping[K, str], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(lambda text, owner: ChipButton(theme, text, owner), words, name, parent)
        self._words = dict(words)
        self._theme = theme
        self._flow = FlowLayout(self)
        for key in words:
            self._flow.addWidget(self.button(key))
        self.choose(next(iter(words)))
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_count(self, key: K, count: int, spoken: str) -> None:
        """Show a count after the word (none for 0); `spoken` is the whole for a screen reader."""
        word = self._words[key]
        self.button(key).set_words(f"{word} {number(count)}" if count else word, spoken)

    def _restyle(self) -> None:
        self._flow.setSpacing(self._theme.metrics.px(5))


class Switch(Choices[K]):
    """Two or more sides in one frame."""

    def __init__(
        self, theme: Theme, words: Mapping[K, str], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(lambda text, owner: SegmentButton(theme, text, owner), words, name, parent)
        self._theme = theme
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 2, 2, 2)
        row.setSpacing(2)
        for key in words:
            row.addWidget(self.button(key), 1)
        self.choose(next(iter(words)))
        theme.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.current.bubble_in)
        radius = self._theme.metrics.radius
        painter.drawRoundedRect(QRectF(QRect(0, 0, self.width(), self.height())), radius, radius)
        painter.end()
