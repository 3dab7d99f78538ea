"""Fixtures of the composer's tests: a real store, and the composer over it in a shown window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.ui.composer.composer import Composer
from tests.conftest import Ui
from tests.ui.timeline.real import Stage


@pytest.fixture
def stage(ui: Ui, qapp: QApplication, profile_dir: Path) -> Iterator[Stage]:
    """A store with two conversations."""
    made = Stage(profile_dir, qapp)
    yield made
    made.close()


@pytest.fixture
def composer(stage: Stage, qtbot: QtBot) -> Composer:
    """The composer of the first conversation, with the focus."""
    made = Composer(stage.context)
    qtbot.addWidget(made)
    made.resize(600, 200)
    made.open_conversation(stage.room)
    made.show()
    made.edit.setFocus()
    return made
