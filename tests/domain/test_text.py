"""Texts from outside are cleaned for showing, own texts are trimmed as the servers trim, never more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.domain.ids import PENDING_CURSOR, new_outgoing_id
from chatdesk.domain.text import is_blank, js_trim, one_line, well_formed

JS_WHITE = (
    "\u0009\u000a\u000b\u000c\u000d\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""WhiteSpace and LineTerminator of ECMAScript (ECMA-262, 12.2 and 12.3)."""
any_text = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too


@pytest.mark.parametrize("space", JS_WHITE)
def test_what_javascript_trims_is_trimmed(space: str) -> None:
    """Every white space of ECMAScript goes at both ends and stays inside."""
    assert js_trim(f"{space}a{space}b{space}{space}") == f"a{space}b"


@pytest.mark.parametrize("char", "\u0085\u001c\u001d\u001e\u001f\u200b\u180e\u2060\u0000")
def test_what_only_python_trims_stays(char: str) -> None:
    """NEL, the separators U+001C to U+001F and invisible characters are no white space there."""
    assert js_trim(f"{char}a{char}") == f"{char}a{char}"


@given(any_text)
def test_trimming_takes_white_space_and_nothing_else(text: str) -> None:
    """What is cut off is white space, and the rest begins and ends with something else."""
    trimmed = js_trim(text)
    before, _, after = text.partition(trimmed) if trimmed else (text, "", "")
    assert set(before + after) <= set(JS_WHITE)
    assert not trimmed or (trimmed[0] not in JS_WHITE and trimmed[-1] not in JS_WHITE)
    assert js_trim(trimmed) == trimmed


@given(any_text)
def test_well_formed_text_can_be_stored(text: str) -> None:
    """Half pairs become U+FFFD one by one, everything else stays; the result is valid Unicode."""
    formed = well_formed(text)
    formed.encode()
    assert len(formed) == len(text)
    assert all(
        a == b or (b == "\ufffd" and 0xD800 <= ord(a) <= 0xDFFF) for a, b in zip(text, formed, strict=True)
    )


@given(any_text, st.integers(1, 40))
def test_one_line_is_one_line(text: str, limit: int) -> None:
    """No break, control or direction character is left, nothing is longer than asked, all can be stored."""
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line == line.strip() or line.endswith("…")
    assert len(line.splitlines()) <= 1
    assert not any(char < " " or char in "\x7f\u2028\u2029\u202a\u202e\u2066\u2069" for char in line)
    line.encode()


@pytest.mark.parametrize(
    ("text", "limit", "line"),
    [
        ("hello", 10, "hello"),
        ("two\n\nlines", 20, "two lines"),
        ("  inside  \t", 20, "inside"),
        ("a\u202egpj.exe", 20, "a gpj.exe"),
        ("abcdef", 4, "abc…"),
        ("abc def", 5, "abc…"),
        ("\ud83d", 5, "\ufffd"),
        ("", 5, ""),
        ("\n" * 100 + "late", 10, ""),
    ],
)
def test_one_line_examples(text: str, limit: int, line: str) -> None:
    """Breaks become spaces, long texts end in an ellipsis, only the head of a huge text is looked at."""
    assert one_line(text, limit) == line


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", " \u200b ", "\x00", "\ufeff", "\u3000"])
def test_blank_is_what_a_person_does_not_see(text: str) -> None:
    """White space, zero width space and U+0000 alone are nothing to send."""
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " a ", ".", "\U0001f600", "\u200ba"])
def test_anything_visible_is_not_blank(text: str) -> None:
    """One visible character is enough."""
    assert not is_blank(text)


@given(st.text(alphabet="0123456789abcdef-:.TZ", min_size=1).filter(lambda text: text[0].isdigit()))
def test_every_server_cursor_sorts_before_what_waits(cursor: str) -> None:
    """The place of unsent messages is behind every cursor that begins with a digit."""
    assert cursor < PENDING_CURSOR


def test_outgoing_ids_are_new() -> None:
    """Ids made here are 32 hex characters and never the same."""
    ids = {new_outgoing_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(one) == 32 and set(one) <= set("0123456789abcdef") for one in ids)
