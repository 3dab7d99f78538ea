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
    refresh_ttl_s: int
    file_limit_bytes: int
    archive_after_days: int = 365
    failed_logins_per_minute: int = 30
    connections_per_user: int = 50
    page_limit_max: int = 5_000
    notification_title_chars: int = 200
    notification_body_chars: int = 1_000
