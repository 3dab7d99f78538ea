"""The sheet of all keys, made from the table of commands."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QGridLayout, QScrollArea, QWidget

from chatdesk.ui.commands import COMMANDS, ELSEWHERE, READING, Menu, menu_title, writing_keys
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.preferences import ENTER_SENDS
from chatdesk.ui.theme import TextRole

WIDTH_PX, HEIGHT_PX = 460, 560


def key_text(keys: Sequence[str], *, between: str = " · ") -> str:
    """Shortcuts as this system writes them."""
    native = QKeySequence.SequenceFormat.NativeText
    return between.join(QKeySequence(one).toString(native) for one in keys)


def sheet_rows(*, enter_sends: bool) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the sheet shows: groups of (title, keys), in the order of the menus; nothing without a key."""
    keyed = [command for command in COMMANDS if command.listed and command.keys]
    groups = [
        (menu_title(menu), [(c.title(), key_text(c.keys)) for c in keyed if c.menu is menu]) for menu in Menu
    ]
    writing = [(k.title(), key_text(k.keys)) for k in writing_keys(enter_sends=enter_sends)]
    reading = [(k.title(), key_text(k.keys)) for k in READING]
    elsewhere = [(k.title(), key_text(k.keys, between=" … ")) for k in ELSEWHERE]
    return [
        (tr("Writing"), writing),
        (tr("Reading"), reading),
        *[group for group in groups if group[1]],
        (tr("Elsewhere"), elsewhere),
    ]


class ShortcutsDialog(Sheet):
    """Every key, grouped; scrolls where it is too long."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(context.theme, tr("Keyboard shortcuts"), parent)
        theme = context.theme
        page = Panel("panel", self)
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, theme.metrics.medium, 0)
        grid.setHorizontalSpacing(theme.metrics.large)
        grid.setVerticalSpacing(theme.metrics.tiny)
        grid.setColumnStretch(0, 1)
        line = 0
        for heading, rows in sheet_rows(enter_sends=context.preferences.get(ENTER_SENDS)):
            label = PlainLabel(theme, heading, role=TextRole.SECONDARY_STRONG, colour="muted", parent=page)
            label.setContentsMargins(0, theme.metrics.small if line else 0, 0, 0)
            grid.addWidget(label, line, 0, 1, 2)
            for title, keys in rows:
                line += 1
                grid.addWidget(PlainLabel(theme, title, parent=page), line, 0)
                grid.addWidget(
                    PlainLabel(theme, keys, colour="muted", parent=page), line, 1, Qt.AlignmentFlag.AlignRight
                )
            line += 1
        grid.setRowStretch(line, 1)
        scroll = QScrollArea(self)
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar_px = scroll.verticalScrollBar().sizeHint().width()
        scroll.setMinimumWidth(page.minimumSizeHint().width() + bar_px)
        scroll.setAccessibleName(tr("Keyboard shortcuts"))
        self.content.addWidget(scroll, 1)
        close = WordButton(tr("Close"), parent=self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        self.buttons.addStretch(1)
        self.buttons.addWidget(close)
        self.resize(theme.metrics.px(WIDTH_PX), theme.metrics.px(HEIGHT_PX))
