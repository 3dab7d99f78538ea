"""Any text is drawn harmlessly, at a bearable length, and copied as the message has it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from chatdesk.ui.timeline.lines import break_lines, is_right_to_left
from chatdesk.ui.timeline.shown import (
    FIRST_CHARS,
    FIRST_LINES,
    LINE_BREAK,
    MORE_CHARS,
    shown,
    utf16_length,
    utf16_slice,
)

anything = st.text(st.characters(codec=None), max_size=200)


@given(anything)
def test_nothing_that_steers_is_drawn(text: str) -> None:
    """Of control characters, direction overrides and lone surrogates only symbols and breaks are left."""
    drawn = shown(text).drawn
    left = {unicodedata.category(each) for each in drawn if each not in f"\t{LINE_BREAK}"}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(drawn) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffc")


@given(anything)
def test_drawn_and_source_are_of_one_length(text: str) -> None:
    """Each drawn unit stands for one unit of the text, so a selection is copied as it was written."""
    part = shown(text)
    assert utf16_length(part.drawn) == utf16_length(part.source)
    assert part.hidden_chars == 0


@given(st.text(max_size=60), st.integers(0, 80), st.integers(0, 80))
def test_slices_never_break(text: str, start: int, end: int) -> None:
    """A slice at any two positions is text; the whole is the whole."""
    utf16_slice(text, start, end).encode()
    assert utf16_slice(text, 0, utf16_length(text)) == text


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_long_texts_are_cut(steps: int) -> None:
    """4,000 characters are shown, then 16,000 more at each step; what is hidden is counted."""
    part = shown("x" * 100_000, steps)
    assert len(part.drawn) == FIRST_CHARS + steps * MORE_CHARS
    assert part.hidden_chars == 100_000 - len(part.drawn)
    assert shown("x" * FIRST_CHARS).hidden_chars == 0


def test_many_empty_lines_are_cut_too() -> None:
    """A message of thousands of line breaks shows a bearable number of lines."""
    part = shown("\n" * 3_900)
    assert part.drawn.count(LINE_BREAK) < FIRST_LINES
    assert part.hidden_chars + len(part.source) == 3_900


def test_symbols() -> None:
    """NUL, bell and delete are shown as their pictures; breaks of all kinds break."""
    assert shown("a\x00b\x07\x7f\r\nc\x0bd\x85e").drawn == "a␀b␇␡\u2028c\u2028d\u2028e"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("hello", False),
        ("שלום", True),
        ("123 مرحبا", True),
        ("— hello שלום", False),
        ("", False),
        ("123", False),
    ],
)
def test_direction_follows_the_first_letter(text: str, right: bool) -> None:
    """A text begins on the side on which its first letter with a direction is written."""
    assert is_right_to_left(text) is right


def test_lines_never_exceed_their_width(qapp: QApplication) -> None:
    """Words without a blank are broken anywhere; every letter is in some line."""
    text = "Supercalifragilistic" * 20 + " short words here 😀😀 " + "長い文字列" * 30
    for width in (40.0, 133.0, 400.0):
        lines = break_lines(text, QFont(), width)
        assert lines.width <= width
        layout = lines.layout
        spans = [
            (layout.lineAt(n).textStart(), layout.lineAt(n).textLength()) for n in range(layout.lineCount())
        ]
        assert sum(length for _start, length in spans) == utf16_length(text)
        part = lines.moved(QPointF(10, 20), width)
        assert part.length == utf16_length(text)
        assert part.position_at(QPointF(0, 0)) == 0
        assert part.position_at(QPointF(0, 1e6)) == utf16_length(text)
