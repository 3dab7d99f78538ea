"""The settings of the window; each takes effect at once."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QWidget

from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import ChoiceBox, WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import number, tr, trn
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.preferences import ENTER_SENDS, UNDO_SEND_S
from chatdesk.ui.theme import ZOOM_STEPS, ThemeMode

UNDO_STEPS_S = (0, 5, 10, 20, 30)


class SettingsDialog(Sheet):
    """Theme, text size, which key sends, and for how long a send can be taken back."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(context.theme, tr("Settings"), parent)
        self._context = context
        self.mode = self._choice(
            tr("Theme"),
            [
                (tr("As the system"), ThemeMode.SYSTEM),
                (tr("Light"), ThemeMode.LIGHT),
                (tr("Dark"), ThemeMode.DARK),
            ],
        )
        self.zoom = self._choice(
            tr("Text size"),
            [(tr("{percent} %", percent=number(round(step * 100))), step) for step in ZOOM_STEPS],
        )
        self.enter = self._choice(
            tr("Enter key"),
            [
                (tr("Sends; Shift+Enter breaks the line"), True),
                (tr("Breaks the line; Ctrl+Enter sends"), False),
            ],
        )
        self.undo = self._choice(
            tr("Undo sending"),
            [
                (
                    trn("Within {n} second", "Within {n} seconds", step)
                    if step
                    else tr("Off: it leaves at once"),
                    step,
                )
                for step in UNDO_STEPS_S
            ],
        )
        form = QFormLayout()
        form.setHorizontalSpacing(context.theme.metrics.large)
        form.setVerticalSpacing(context.theme.metrics.medium)
        for choice in (self.mode, self.zoom, self.enter, self.undo):
            label = PlainLabel(context.theme, choice.accessibleName(), parent=self)
            label.setBuddy(choice)
            form.addRow(label, choice)
        self.content.addLayout(form)
        self.content.addStretch(1)
        close = WordButton(tr("Close"), look="primary", parent=self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        self.buttons.addStretch(1)
        self.buttons.addWidget(close)
        self._show()
        context.theme.changed.connect(self._show)
        self.mode.activated.connect(self._set_mode)
        self.zoom.activated.connect(self._set_zoom)
        self.enter.activated.connect(self._set_enter)
        self.undo.activated.connect(self._set_undo)

    def _choice(self, name: str, options: list[tuple[str, object]]) -> ChoiceBox:
        box = ChoiceBox(self._context, name, self)
        for words, value in options:
            box.addItem(words, value)
        return box

    def _show(self) -> None:
        theme = self._context.theme
        self.mode.setCurrentIndex(self.mode.findData(theme.mode))
        self.zoom.setCurrentIndex(self.zoom.findData(theme.zoom))
        self.enter.setCurrentIndex(self.enter.findData(self._context.preferences.get(ENTER_SENDS)))
        undo_s = self._context.preferences.get(UNDO_SEND_S)
        self.undo.setCurrentIndex(self.undo.findData(min(UNDO_STEPS_S, key=lambda one: abs(one - undo_s))))

    def _set_mode(self) -> None:
        self._context.theme.set_mode(ThemeMode(self.mode.currentData()))

    def _set_zoom(self) -> None:
        self._context.theme.set_zoom(float(self.zoom.currentData()))

    def _set_enter(self) -> None:
        self._context.preferences.put(ENTER_SENDS, bool(self.enter.currentData()))

    def _set_undo(self) -> None:
        self._context.preferences.put(UNDO_SEND_S, int(self.undo.currentData()))
