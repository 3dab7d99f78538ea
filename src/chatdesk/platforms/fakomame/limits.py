"""Numbers of the Fakomame platform: what it allows, how often we ask, and how much at once."""

from __future__ import annotations

from chatdesk.domain.ports import Limits
from chatdesk.wire.fakomame import names

LIMITS = Limits(
    step_timeout_ms=15_000,
    quiet_ms=10_000,
    # The platform's own client says that it stops a second after the last key; no server ends it.
    typing_repeat_ms=3_000,
    typing_stop_ms=1_000,
    typing_expire_ms=6_000,
    # Hints per socket, and no list of who is there.
    presence_expire_ms=300_000,
    ping_interval_ms=names.PING_INTERVAL_MS,
    watchdog_margin_ms=5_000,
    # What is sent by REST is never pushed, and the platform's own page sends by REST only: the list is read
    # again and again, also beside a healthy socket.
    poll_ms=30_000,
    refresh_lists_ms=30_000,
    token_margin_ms=24 * 3_600_000,
    head_page=50,
    message_limit_chars=names.CONTENT_LIMIT_CHARS,
    max_repeats=1,
    # Nothing is marked as read at the server at all.
    read_marks_all=False,
)

SEND_TIMEOUT_MS = 10_000
JOIN_TIMEOUT_MS = 10_000
JOIN_AGAIN_MS = 2_000
JOIN_CUTS = 2
SHUN_MS = 1_800_000
"""A join brings fifty messages with their files. Where the link goes down under it so many times in a row,
the chat is read and written by requests for so long.
"""

PROOF_MS = 60_000
"""Before a request that may store something the token was seen to be good no longer ago than this."""
REFUSED_AGAIN_MS = 2_000
"""Pause after a handshake that was refused though the token is good."""

PAGE_TIMEOUT_MS = 30_000
"""Pages and the lists of the platform may be megabytes."""
HEAD_PAGES = 20
WINDOW_PAGES = 200
OLDER_PAGES = 8
OLDER_LEAST = 25
"""So many older messages a scroll upward brings at least, where there are any."""
MANY_LEAST = 250
"""So many for who wants the whole history."""
PAGE_SIZES = (50, 10, 1)
"""Pages carry files in full: where one is too large to be taken, a smaller one is asked for."""
RESTARTS = 2

ITEMS_MS = 300_000
"""The lists of packages and trips are the whole platform's: read this often, no more."""
ITEM_PAGES = 20
FIND_PAGE = 50
FIND_TRIED = 20
MOST_ITEMS = 2_000
MOST_ROOMS = 20_000
MOST_PEOPLE = 5_000
MOST_OF_A_ROOM = 200
MOST_TYPERS = 500
MOST_NOTICES = 200
MOST_ATTACHMENTS = 20
MOST_LINES = 50
MOST_PEERS = 3

REFRESH_AGAIN_MS = 5_000
