"""Tells the others that we type: seldom enough not to be a nuisance, and stops by itself."""

from __future__ import annotations

import msgspec

from chatdesk.domain.ids import RemoteId
from chatdesk.domain.ports import Limits


class Told(msgspec.Struct, frozen=True):
    """What the server should hear now."""

    conversation: RemoteId
    on: bool


class OwnTyping:
    """Pure pacing of our own typing in one account; a person types in one conversation at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._conversation: RemoteId | None = None
        self._told_ms = 0
        self._key_ms = 0

    def key(self, conversation: RemoteId, now_ms: int) -> list[Told]:
        """A key changed the text."""
        told: list[Told] = []
        if self._conversation is not None and self._conversation != conversation:
            told = self.stop(self._conversation)
        self._key_ms = now_ms
        if self._conversation is None or now_ms - self._told_ms >= self._limits.typing_repeat_ms:
            self._conversation = conversation
            self._told_ms = now_ms
            told.append(Told(conversation, on=True))
        return told

    def stop(self, conversation: RemoteId) -> list[Told]:
        """The text was sent or emptied, or the composer was left."""
        if self._conversation != conversation:
            return []
        self._conversation = None
        return [Told(conversation, on=False)]

    def pause_over(self, now_ms: int) -> tuple[list[Told], int | None]:
        """Whether the pause is long enough to say stop; else when to ask again (engine time)."""
        if self._conversation is None:
            return [], None
        ends_ms = self._key_ms + self._limits.typing_stop_ms
        if now_ms >= ends_ms:
            return self.stop(self._conversation), None
        return [], ends_ms

    def link_lost(self) -> None:
        """Nobody believes us to be typing any more."""
        self._conversation = None
