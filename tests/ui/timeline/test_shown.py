"""Any text is drawn harmlessly, at a bearable length, and copied as the message has it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from chatdesk.ui.timeline.emoji import is_few_emoji
from chatdesk.ui.timeline.lines import PIECE_CHARS, break_lines, is_right_to_left, paragraphs
from chatdesk.ui.timeline.shown import (
    FIRST_CHARS,
    FIRST_LINES,
    LINE_BREAK,
    MORE_CHARS,
    drawn_text,
    shown,
    source_text,
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
    ("text", "drawn"),
    [
        ("pass\u200bword and pay\u2060pal", "pass\ufffdword and pay\ufffdpal"),
        ("x\ufeff\u200d1", "x\ufffd\ufffd1"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष and 👩\u200d✈️", "क्\u200dष and 👩\u200d✈️"),
        ("ไทย\u200bคำ", "ไทย\u200bคำ"),
        ("\u3164\uffa0", "\ufffd\ufffd"),
        ("a\u202eb\u2066c\u2069", "a\ufffdb\ufffdc\ufffd"),
    ],
)
def test_what_hides_is_seen_where_it_deceives(text: str, drawn: str) -> None:
    """An invisible character inside a Latin word is drawn; where a script or an emoji needs one it is not."""
    assert shown(text).drawn == drawn


@pytest.mark.parametrize("whole", ["👨‍👩‍👧‍👦", "🇩🇪", "e\u0301", "👍🏽", "क्षि", "\r\n", "1️⃣"])
def test_a_cut_parts_nothing_that_is_seen_as_one(whole: str) -> None:
    """Wherever a long text is cut, a sequence that begins before the cut is shown whole or not at all."""
    for before in range(FIRST_CHARS - len(whole) - 1, FIRST_CHARS + 1):
        text = "x" * before + whole + "y" * 100
        part = shown(text)
        end = part.drawn[before:]
        assert end.rstrip("y") in {"", drawn_text(source_text(whole))}
        assert part.hidden_chars == len(text) - (before if not end else before + len(whole) + end.count("y"))


@given(st.text(st.characters(codec=None), max_size=400), st.integers(0, 2))
def test_more_goes_on_where_less_ended(text: str, steps: int) -> None:
    """What is shown first stays the beginning of what is shown later, so places in it stay what they are."""
    long = text * 40
    assert shown(long, steps + 1).source.startswith(shown(long, steps).source)
    assert source_text(long).startswith(shown(long, steps).source)


@pytest.mark.parametrize(
    "text",
    [
        "😀",
        "👍🏽 🎉",
        "👨‍👩‍👧‍👦🇩🇪",
        "1️⃣",
        "❤️‍🔥",
        "☎️",
        "🏳️‍🌈\n🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_a_few_emoji_are_large(text: str) -> None:
    """One to three emoji with nothing beside them, in whatever way they are made."""
    assert is_few_emoji(text)


@pytest.mark.parametrize(
    "text", ["", " ", "😀😀😀😀", "ok 👍", "12", "#", "→", "©", "é", "\u200d", "日本", "😀" * 900]
)
def test_text_is_not_large(text: str) -> None:
    """Anything else is a text."""
    assert not is_few_emoji(text)


def test_each_paragraph_has_its_own_direction() -> None:
    """By its first letter; one without a letter goes with the one above, at the beginning with the next."""
    assert paragraphs("one\u2028two") == [("one\u2028two", False)]
    assert paragraphs("12\u2028שלום\u2028!\u2028ok\u2028עוד") == [
        ("12\u2028שלום\u2028!", True),
        ("ok", False),
        ("עוד", True),
    ]
    assert paragraphs("") == [("", False)]


@pytest.mark.parametrize(
    "text", ["x" * 20_000, "word " * 4_000, "ab\u2028" * 7_000, "😀" * 9_000, "مرحبا " * 3_500]
)
def test_a_very_long_text_is_broken_in_pieces(qapp: QApplication, text: str) -> None:
    """No piece is so long that breaking it takes long, and no letter, break or place is lost between two."""
    part = break_lines(text, QFont(), 400).moved(QPointF(0, 0), 400)
    assert all(block.length <= 2 * PIECE_CHARS for block in part.blocks)
    assert len(part.blocks) > 1
    assert part.text() == text
    assert part.length == utf16_length(text)
    edge = part.blocks[1].start
    units = 2 if "😀" in text else 1
    assert part.stepped(part.stepped(edge, forward=True), forward=False) == edge
    assert part.stepped(edge, forward=True) == edge + units
    assert part.stepped(edge, forward=False) == edge - units
    empty = sum(
        b.layout.lineAt(n).textLength() == 0 for b in part.blocks for n in range(b.layout.lineCount())
    )
    assert empty == int(text.endswith("\u2028"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["abc", "שלום", "12", "", "مرحبا x", "😀"]), min_size=1, max_size=8))
def test_places_go_through_all_paragraphs(qapp: QApplication, texts: list[str]) -> None:
    """Every place has a caret inside the text; steps go through all of them, to and fro, and end."""
    text = LINE_BREAK.join(texts)
    part = break_lines(text, QFont(), 300).moved(QPointF(10, 20), 400)
    assert part.length == utf16_length(text)
    assert part.text() == text
    at, seen = 0, [0]
    while at < part.length:
        at = part.stepped(at, forward=True)
        assert at > seen[-1]
        seen.append(at)
    assert part.stepped(at, forward=True) == at
    for place in reversed(seen):
        assert at == place
        caret = part.caret(at)
        assert part.rect.adjusted(-1, -1, 1, 1).contains(caret.topLeft())
        start, end = part.line_ends(at)
        assert 0 <= start <= at <= max(end, at) <= part.length
        first, last = part.word_at(at)
        assert 0 <= first <= last <= part.length
        at = part.stepped(at, forward=False)
    assert at == 0


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
        layout = lines.blocks[0].layout
        spans = [
            (layout.lineAt(n).textStart(), layout.lineAt(n).textLength()) for n in range(layout.lineCount())
        ]
        assert sum(length for _start, length in spans) == utf16_length(text)
        part = lines.moved(QPointF(10, 20), width)
        assert part.length == utf16_length(text)
        assert part.position_at(QPointF(0, 0)) == 0
        assert part.position_at(QPointF(0, 1e6)) == utf16_length(text)
