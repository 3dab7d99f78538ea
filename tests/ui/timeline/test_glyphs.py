"""Letters that no font has are looked for once, and drawn as the boxes that they would be anyway."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtGui import QFont, QTextLayout
from PySide6.QtWidgets import QApplication

from chatdesk.ui.timeline.glyphs import MANY, Glyphs
from chatdesk.ui.timeline.lines import break_lines
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.stage import Shelf, a_message
from tests.ui.timeline.test_scroll_cost import Show

NOWHERE = "\ue0b1"
"""Private use: what it looks like is for nobody to say."""
FAR_NOWHERE = "\U000f1234"
"""The same, of two UTF-16 units."""


@pytest.fixture
def glyphs(qapp: QApplication) -> Glyphs:
    return Glyphs(qapp.font())


def places(found: Sequence[tuple[int, int, object]]) -> list[tuple[int, int]]:
    return [(start, end) for start, end, _look in found]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hello there, this is as plain as it gets", []),
        ("Привет, где вы сейчас стоите, у каких ворот?", []),
        (NOWHERE * (MANY - 1), []),
        (NOWHERE * MANY, [(0, MANY)]),
        (f"ab{NOWHERE * 20}cd{NOWHERE * 9}", [(2, 22), (24, 33)]),
        (f"é{FAR_NOWHERE * MANY}x", [(1, 1 + 2 * MANY)]),
        (f"{NOWHERE}\u0301\u200d, " * MANY, [(0, 5 * MANY)]),
        (f"{NOWHERE * MANY}1\ufe0f\u20e3", [(0, MANY)]),
        (f"{NOWHERE * 9}é" * 100, [(10 * at, 10 * at + 9) for at in range(100)]),
        (f"{NOWHERE * 9}é" * 101, []),
    ],
)
def test_only_long_lacking_stretches_are_told(
    glyphs: Glyphs, text: str, wanted: list[tuple[int, int]]
) -> None:
    """In UTF-16 units; what joins, accents or parts letters stays with them."""
    assert places(glyphs.lacking(text)) == wanted


def test_each_letter_is_looked_for_once(glyphs: Glyphs, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many texts have it."""
    asked: list[str] = []
    look_for = Glyphs._look_for

    def noting(self: Glyphs, letter: str) -> bool:
        asked.append(letter)
        return look_for(self, letter)

    monkeypatch.setattr(Glyphs, "_look_for", noting)
    for _ in range(3):
        glyphs.lacking(f"fé {NOWHERE * 500}")
    assert sorted(asked) == sorted({"f", "é", " ", NOWHERE})


def test_such_a_message_takes_as_much_room_as_ever(show: Show) -> None:
    """Its lines are as high as with all fonts looked through, and only its own font is used."""
    text = "Seen " + NOWHERE * 400 + " https://northline.example/x"
    shown: Shown = show(Shelf([a_message(1, text)]))
    row = shown.view.row_layout(0)
    layout = row.text.layout
    told = [one for one in layout.formats() if _is_alone(one)]
    assert [(one.start, one.length) for one in told] == [(5, 401)], (
        "and the blank that parts it from what follows"
    )
    assert row.links, "what else is in the text looks as ever"
    looked = break_lines(text, layout.font(), layout.lineAt(0).width()).blocks[0].layout
    assert layout.lineCount() == looked.lineCount()
    assert row.text.rect.height() == pytest.approx(looked.lineCount() * layout.lineAt(0).height())


def _is_alone(one: QTextLayout.FormatRange) -> bool:
    return bool(one.format.fontStyleStrategy() & QFont.StyleStrategy.NoFontMerging)
