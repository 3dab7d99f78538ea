"""What the tests of the window's frame share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from tests.conftest import Ui
from tests.shots.seat import Seat

MakeSeat = Callable[..., Seat]


@pytest.fixture(autouse=True)
def british(qapp: QApplication) -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def make_seat(ui: Ui, qapp: QApplication, tmp_path: Path) -> Iterator[MakeSeat]:
    """`make_seat(folder="a", filled=True)` opens a store in a folder of this test; closed when it ends."""
    seats: list[Seat] = []

    def make(folder: str = "profile", *, filled: bool = True) -> Seat:
        seat = Seat(qapp, tmp_path / folder, filled=filled)
        seats.append(seat)
        return seat

    yield make
    for seat in seats:
        seat.close()


@pytest.fixture
def seat(make_seat: MakeSeat) -> Seat:
    """A seat with the scene."""
    return make_seat()
