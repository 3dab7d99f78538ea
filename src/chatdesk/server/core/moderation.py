"""What looks at a text before it is stored, and may refuse it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.text import is_storable


class Screen(Protocol):
    """One rule about texts; raises Refused when a text breaks it."""

    def check(self, author: Actor, text: str) -> None:
        """Look at a text that this person is about to send."""
        ...


class LengthScreen:
    """Texts up to a number of characters (Unicode code points)."""

    def __init__(self, limit_chars: int) -> None:
        self._limit_chars = limit_chars

    def check(self, author: Actor, text: str) -> None:  # noqa: ARG002 -- the same limit for everybody
        """TEXT_TOO_LONG above the limit."""
        if len(text) > self._limit_chars:
            raise Refused(Reason.TEXT_TOO_LONG, detail=str(self._limit_chars))


class UnicodeScreen:
    """Texts that have bytes at all."""

    def check(self, author: Actor, text: str) -> None:  # noqa: ARG002 -- the same rule for everybody
        """TEXT_NOT_STORABLE for half of a surrogate pair."""
        if not is_storable(text):
            raise Refused(Reason.TEXT_NOT_STORABLE)


def screen_all(screens: Sequence[Screen], author: Actor, text: str) -> None:
    """Ask every screen in turn; the first refusal wins."""
    for screen in screens:
        screen.check(author, text)
