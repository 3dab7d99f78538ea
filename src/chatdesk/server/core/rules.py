"""Numbers that a running server keeps to; each dialect has its own defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits of one server. `archive_after_days` 0 means: nothing is ever archived."""

    message_limit_chars: int
    messages_per_minute: int
    events_per_minute: int
    access_ttl_s: int
    refresh_ttl_s: int = 0
    """0 = a sign-in cannot be renewed."""
    file_limit_bytes: int
    file_suffixes: frozenset[str] = frozenset()
    """What names of files may end in, in lower case without the dot; empty = anything."""
    media_types: frozenset[str] = frozenset()
    """What files may be, such as image/png; empty = anything."""
    archive_after_days: int = 365
    failed_logins_per_minute: int = 30
    failed_logins_window_s: int = 60
    connections_per_user: int = 50
    page_limit_max: int = 5_000
    notification_title_chars: int = 200
    notification_body_chars: int = 1_000
    typing_timeout_s: float = 0
    """After how long without a word somebody no longer types; 0 = only when they, or their link, say so."""
    writing_reads: bool = True
    """Whoever writes has read what stands above."""
    newest_first: bool = False
    """Where a platform leaves the order of histories to its database: whether that gives the newest first."""
    unread_since_joining: bool = False
    """What stood there when somebody joined by name is neither read nor unread to them; else it is read."""
