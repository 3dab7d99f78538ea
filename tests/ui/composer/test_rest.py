"""What is left of the field after a send is what was typed since, and never less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.ui.composer.rest import typed_since


@given(st.text(max_size=40), st.text(max_size=40))
def test_text_typed_after_is_the_rest(sent: str, more: str) -> None:
    """What was appended is left over, whatever it is."""
    assert typed_since(sent, sent + more) == more


@given(st.text(max_size=30), st.integers(0, 30), st.text(min_size=1, max_size=10))
def test_text_put_in_anywhere_is_the_rest(sent: str, at: int, more: str) -> None:
    """What was put in at one place is left over, up to letters that could be either's."""
    at = min(at, len(sent))
    rest = typed_since(sent, sent[:at] + more + sent[at:])
    assert sorted(rest) == sorted(more)


@pytest.mark.parametrize(
    ("sent", "now", "rest"),
    [("hello", "hello", ""), ("hello", "hell", ""), ("hello", "", ""), ("hello", "hEllo", "E")],
)
def test_other_changes(sent: str, now: str, rest: str) -> None:
    """Removed letters leave nothing; a changed one leaves what was put there."""
    assert typed_since(sent, now) == rest
