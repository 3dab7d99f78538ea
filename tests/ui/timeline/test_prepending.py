"""A history that is loaded above what is read: nothing moves, and nothing piles up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from chatdesk.ui.timeline.model import MOST_ABOVE
from tests.conftest import Ui
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import a_message


def test_what_is_read_stays_at_its_pixel_while_thousands_come_above(
    ui: Ui, show: Callable[..., Shown]
) -> None:
    """Page after page of older messages: the rows in view do not move, and the window stays small."""

    async def story() -> None:
        shown = show([a_message(number) for number in range(9_000, 9_040)])
        view = shown.view
        view.verticalScrollBar().setValue(0)
        await ui.until(lambda: view.indexAt(view.viewport().rect().center()).isValid())
        place = shown.body_y(9_010)
        for first in range(8_500, 3_000, -500):
            shown.put(*(a_message(number) for number in range(first, first + 500)))
            assert shown.body_y(9_010) == place
            assert view.timeline.rowCount() < 1_000
        assert view.timeline.has_older
        # Who scrolls up meets all of them, in order.
        seen: set[int] = set()
        for _ in range(200):
            seen |= {view.timeline.message(row).id for row in range(view.timeline.rowCount())}
            if 8_600 in seen:
                break
            QTest.keyClick(view, Qt.Key.Key_PageUp)
            await asyncio.sleep(0.005)
        assert seen >= set(range(8_600, 9_040))

    ui.run(story())


def test_only_the_nearest_of_many_older_rows_are_taken(show: Callable[..., Shown]) -> None:
    """The rest is there when somebody gets there."""
    shown = show([a_message(number) for number in range(900, 905)])
    shown.put(*(a_message(number) for number in range(400, 900)))
    model = shown.view.timeline
    assert model.message(model.rowCount() - 1).id == 904
    ids = [model.message(row).id for row in range(model.rowCount())]
    assert ids == list(range(ids[0], 905))
    assert ids[0] <= 900 - MOST_ABOVE
    assert model.rowCount() < 500
