"""Fixtures of the tests of what is asked of servers: a window over a real store, with a scripted line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QDialog, QMenu
from pytestqt.qtbot import QtBot

from tests.conftest import Ui
from tests.shots.seat import Seat
from tests.ui.asking.stage import Stage
from tests.ui.shell.conftest import british, make_seat, seat

__all__ = ["british", "make_seat", "seat"]


@pytest.fixture
def stage(ui: Ui, qtbot: QtBot, seat: Seat) -> Iterator[Stage]:
    """A window whose account may do everything."""
    made = Stage(ui, qtbot, seat)
    yield made
    for widget in (*made.window.findChildren(QMenu), *made.window.findChildren(QDialog)):
        widget.close()
