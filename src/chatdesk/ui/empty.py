"""What stands where there is nothing yet: a sentence and the next step."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

_TEXT_PX = 320
_ICON_PX = 40


class EmptyState(Panel):
    """A title, a sentence and at most one button; `asked` when it is pressed."""

    asked = Signal()

    def __init__(
        self, context: UiContext, icon: str, parent: QWidget | None = None, *, text_px: int = _TEXT_PX
    ) -> None:
        """Width of the text at 100 %: `text_px`."""
        super().__init__("background", parent)
        self._text_px = text_px
        self._context = context
        self._icon_name = icon
        theme = context.theme
        self._icon = PlainLabel(theme, parent=self)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title = PlainLabel(theme, role=TextRole.HEADING, parent=self)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._title.setWordWrap(True)
        self._text = PlainLabel(theme, colour="muted", wrap=True, parent=self)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._button = WordButton("", look="primary", parent=self)
        self._button.clicked.connect(self.asked)
        column = QVBoxLayout(self)
        column.setSpacing(theme.metrics.small)
        column.addStretch(2)
        for widget in (self._icon, self._title, self._text):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(theme.metrics.tiny)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        theme.changed.connect(self._restyle)
        self._restyle()

    def say(self, title: str, text: str, button: str = "") -> None:
        """Show these words; without `button` there is nothing to press."""
        self._title.setText(title)
        self._text.setText(text)
        self._button.set_words(button)
        self._button.setVisible(bool(button))
        self.setAccessibleName(f"{title}. {text}")
        self._fit()

    def title(self) -> str:
        """The title that it shows."""
        return self._title.text()

    def button(self) -> WordButton:
        """What can be pressed."""
        return self._button

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()

    def _draw(self) -> None:
        """Its picture, which nobody needs of one that is never shown."""
        side, density = self._context.theme.metrics.px(_ICON_PX), self.devicePixelRatioF()
        self._icon.setPixmap(self._context.icons.pixmap(self._icon_name, "muted", side, density))

    def _restyle(self) -> None:
        metrics = self._context.theme.metrics
        self._icon.setFixedSize(metrics.px(_ICON_PX), metrics.px(_ICON_PX))
        if self.isVisible():
            self._draw()
        self._text.setFixedWidth(metrics.px(self._text_px))
        self._title.setMinimumWidth(metrics.px(self._text_px))
        self._fit()

    def _fit(self) -> None:
        """Give the text the height of all its lines: a layout does not ask where an item is centred."""
        self._text.setFixedHeight(max(0, self._text.heightForWidth(self._text.minimumWidth())))
