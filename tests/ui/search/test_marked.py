"""The line of a hit: as much as there is room for, with the first mark in view, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter

from chatdesk.services.search import Words
from chatdesk.ui.search.marked import draw_marked, fit
from chatdesk.ui.tokens import load_tokens

WORD = "needle"
texts = st.lists(
    st.sampled_from(
        ["straw", "hay", "👍🏽", "许可证", "שלום", "e\u0301\u0323", WORD, "<b>", "a" * 40, "\ufffd"]
    ),
    min_size=1,
    max_size=25,
).map(" ".join)


@pytest.fixture(scope="module")
def font(qapp: Any) -> QFont:
    made = QFont(qapp.font())
    made.setPixelSize(13)
    return made


def lengths(text: str) -> list[tuple[int, int]]:
    return [(begin, end - begin) for begin, end in Words(WORD).marks(text)]


def part(text: str, begin: int, length: int) -> str:
    return text.encode("utf-16-le")[2 * begin : 2 * (begin + length)].decode("utf-16-le")


@settings(max_examples=60)
@given(text=texts, width=st.integers(1, 900))
def test_the_first_mark_is_in_view(font: QFont, text: str, width: int) -> None:
    """Where there is room for the word itself it is shown whole; marks never leave the line."""
    marks = lengths(text)
    shown, kept = fit(text, marks, font, width)
    metrics = QFontMetricsF(font)
    for begin, length in kept:
        assert 0 <= begin
        assert length > 0
        assert begin + length <= len(shown.encode("utf-16-le")) // 2
        assert WORD.startswith(part(shown, begin, length)), "only the word is marked"
    if marks and width > metrics.horizontalAdvance("…" + WORD + "……") / 0.75:
        assert part(shown, *kept[0]) == WORD


def test_a_line_with_room_is_as_it_is(font: QFont) -> None:
    text = f"hay {WORD} hay"
    assert fit(text, lengths(text), font, 2_000) == (text, [(4, 6)])


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_mark_is_painted_on_its_ground(font: QFont, theme: str) -> None:
    """The colour of the mark is under the word and nowhere else; markup is text."""
    tokens = load_tokens(theme)
    text = f"<i>hay</i> {WORD} hay"
    image = QImage(400, 30, QImage.Format.Format_RGB32)
    image.fill(tokens.panel)
    painter = QPainter(image)
    painter.setLayoutDirection(Qt.LayoutDirection.LayoutDirectionAuto)
    draw_marked(painter, QRect(0, 0, 400, 30), text, lengths(text), font, tokens, colour="text")
    painter.end()
    marked = [x for x in range(400) if any(image.pixelColor(x, y) == tokens.mark for y in range(30))]
    metrics = QFontMetricsF(font)
    begin = metrics.horizontalAdvance("<i>hay</i> ")
    assert abs(marked[0] - begin) <= 2
    assert abs(marked[-1] - begin - metrics.horizontalAdvance(WORD)) <= 2
