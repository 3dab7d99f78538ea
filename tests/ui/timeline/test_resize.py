"""Another size costs one layout of what is in view, and of nothing else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.ui.controls import Split
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import a_message

Show = Callable[..., Shown]


def test_rows_are_laid_out_when_they_are_painted(show: Show, qapp: QApplication) -> None:
    """Sizes that are passed on the way cost nothing; then only the rows in view are laid out."""
    view = show([a_message(n, "word " * 20) for n in range(1, 300)]).view
    before = view.book.laid_out
    for width in range(600, 400, -10):
        view.resize(width, 480)
    assert view.book.laid_out == before
    qapp.processEvents()
    assert 0 < view.book.laid_out - before <= len(view.visible_rows) + 2


class Resized(QObject):
    """The widths that a widget is given."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.widths: list[int] = []
        self._widget = widget
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self.widths.append(self._widget.width())
        return False


def test_panes_get_their_width_once(qtbot: QtBot) -> None:
    """A new width of the window gives each pane that changes one new width, the right one."""
    split = Split()
    qtbot.addWidget(split)
    panes = [QWidget() for _ in range(3)]
    for pane in panes:
        split.addWidget(pane)
    split.share = lambda width: [100, width - 202, 100]
    split.resize(800, 300)
    split.show()
    qtbot.waitExposed(split)
    told = [Resized(pane) for pane in panes]
    split.resize(1_000, 300)
    assert [one.widths for one in told] == [[], [798], []]
