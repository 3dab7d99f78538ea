"""The menu that says in which order a list stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from chatdesk.ui.i18n import tr

K = TypeVar("K")


def show_sort_menu(
    button: QWidget, choices: Sequence[tuple[str, K]], current: K, choose: Callable[[K], object]
) -> QMenu:
    """Open the menu below a button; it deletes itself when it closes. choices: words and what they mean."""
    menu = QMenu(button)
    menu.setAccessibleName(tr("Sort"))
    menu.aboutToHide.connect(menu.deleteLater)
    group = QActionGroup(menu)
    for words, key in choices:
        action = menu.addAction(words)
        action.setCheckable(True)
        action.setChecked(key == current)
        action.triggered.connect(lambda _checked, key=key: choose(key))
        group.addAction(action)
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))
    return menu
