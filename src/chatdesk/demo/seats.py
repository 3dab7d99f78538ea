"""Who sits before the window of the demo at each platform, and what must be seen of it."""

from __future__ import annotations

import msgspec

from chatdesk.domain.kinds import Platform

UNREAD = frozenset({Platform.FAKOMAME})
"""Platforms without marks of reading: neither side learns there what the other has read."""


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """One account of the demo."""

    platform: Platform
    login: str
    password: str
    role: str = ""
    """What to sign in as, where the platform asks."""

    @property
    def has_marks(self) -> bool:
        """Whether reading is told there."""
        return self.platform not in UNREAD

    def __repr__(self) -> str:
        """Hides the password."""
        return f"Seat({self.platform.value} {self.login})"
