"""What is selected in a conversation: a stretch within a message or across many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import ConversationId, Cursor, MessageId
from chatdesk.domain.ordering import Position, position

TEXT_END = 2**30
"""Stands for the end of a message's text, also of what of it is not shown yet."""


class Place(NamedTuple):
    """A place in a conversation: a message, and how many UTF-16 units of its drawn text lie before.

    Holds without the message being loaded; compares like the order of reading.
    """

    key: Position
    at: int

    @property
    def message(self) -> MessageId:
        """The message."""
        return self.key.id


BEGINNING = Place(Position(Cursor(""), MessageId(0)), 0)
"""Before everything that a conversation can hold."""


class TextSelection:
    """At most one stretch. It has a part that stays (what was pressed first) and an end that moves."""

    def __init__(self) -> None:
        self.conversation: ConversationId | None = None
        self._fixed: tuple[Place, Place] | None = None
        """What was pressed first: a place twice, or a word or message from begin to end."""
        self._cursor = BEGINNING

    @property
    def ends(self) -> tuple[Place, Place] | None:
        """Where it begins and ends; None when nothing is selected."""
        if self._fixed is None:
            return None
        low, high = self._fixed
        low, high = (self._cursor, high) if self._cursor < low else (low, max(high, self._cursor))
        return (low, high) if low != high else None

    @property
    def cursor(self) -> Place | None:
        """The end that moves; also where nothing is selected yet."""
        return None if self._fixed is None else self._cursor

    def is_empty(self) -> bool:
        """Whether no letter is selected."""
        return self.ends is None

    def clear(self) -> None:
        """Select nothing."""
        self._fixed = None

    def begin(self, conversation: ConversationId | None, low: Place, high: Place | None = None) -> None:
        """A new selection: from here, or of this stretch, which then stays in it."""
        self.conversation = conversation
        self._fixed = (low, high if high is not None else low)
        self._cursor = self._fixed[1]

    def reach(self, low: Place, high: Place | None = None) -> None:
        """Let it reach from what was pressed first to here, or over this word or message."""
        if self._fixed is None:
            return
        self._cursor = low if high is None or low < self._fixed[0] else high

    def by_letters(self) -> None:
        """From now on its end may go anywhere, also back into the word or message that was pressed first."""
        if self._fixed is not None:
            low, high = self._fixed
            self._fixed = (high, high) if self._cursor < low else (low, low)

    def span_in(self, message: Message, length: int) -> tuple[int, int] | None:
        """What is selected of a message whose drawn text has `length` units, as (start, end)."""
        ends = self.ends
        if ends is None or message.conversation_id != self.conversation:
            return None
        low, high = ends
        key = position(message)
        if not low.key <= key <= high.key:
            return None
        start = min(low.at, length) if key == low.key else 0
        end = min(high.at, length) if key == high.key else length
        return (start, end) if start < end else None

    def follow(self, messages: Iterable[Message]) -> None:
        """Messages may stand elsewhere now: what was sent gets its place from the server."""
        if self._fixed is None:
            return
        low, high = self._fixed
        for message in messages:
            key = position(message)
            low = low._replace(key=key) if low.message == message.id else low
            high = high._replace(key=key) if high.message == message.id else high
            if self._cursor.message == message.id:
                self._cursor = self._cursor._replace(key=key)
        self._fixed = (low, high) if low <= high else (high, low)

    def forget(self, gone: Iterable[MessageId]) -> None:
        """Messages are no longer there. What lies between two others stays selected."""
        ends = self.ends
        if ends is not None and {ends[0].message, ends[1].message} <= set(gone):
            self.clear()
