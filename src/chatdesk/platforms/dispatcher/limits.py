"""Numbers of the dispatcher platform: what it allows, how often we ask, and how much at once."""

from __future__ import annotations

from chatdesk.domain.ports import Limits
from chatdesk.wire.dispatcher import names

LIMITS = Limits(
    quiet_ms=10_000,
    typing_repeat_ms=3_000,
    typing_stop_ms=3_000,
    typing_expire_ms=6_000,
    presence_expire_ms=300_000,
    ping_interval_ms=names.PING_INTERVAL_S * 1_000,
    watchdog_margin_ms=5_000,
    # Access tokens live for an hour: at 50 minutes a new one is fetched.
    token_margin_ms=600_000,
    head_page=50,
    message_limit_chars=20_000,
    max_repeats=1,
)

ANNOUNCED_MESSAGE_LIMIT_CHARS = names.MESSAGE_LIMIT
"""Where the server is chatdesk's own."""
ANNOUNCED_SENDS_PER_MINUTE = names.MESSAGES_PER_MINUTE

LIST_PAGE = 128
"""Orders per page. A power of two, so that a page that fails can be halved down to the one bad order."""
LIST_BAD_IN_A_ROW = 200
"""Single orders that may fail one after the other before the rest of the list is given up."""
LIST_BAD_FIRST = 12
"""The same at the very beginning, where nothing shows yet that it is the orders and not the server."""

CHATS_PAGE = 500
CHATS_PAGES = 100

WHOLE_LIMIT = 1_000
"""Up to so many messages a complete window is read in one answer, whatever the order of the history."""
WHOLE_SLACK = 50
WALK_PAGE = 500
"""Page size of a complete window above WHOLE_LIMIT."""
HEAD_PAGES = 20
"""A catch-up walks at most so many pages; what lies deeper stays a gap until somebody scrolls there."""
WALK_PAGES = 200
OLDER_PAGES = 8
OLDER_LEAST = 25
"""So many older messages a scroll upward brings at least, where there are any."""
MANY_PAGES = range(300, 501)
"""Page sizes for who wants the whole history."""
MANY_LEAST = 200
"""So many older messages it brings at least, where there are any."""
RESTARTS = 2
"""Times that a reading begins anew because the history changed under it."""

NOTIFICATIONS_PAGE = 50
NOTICES = 200
"""Notifications remembered, so that a mark can tell which changed."""

FIND_PAGE = 20
FIND_CHARS = 200
VEHICLE_ORDERS = 20
"""Orders whose details are read for the ids of truck and trailer before an order is created."""
VEHICLES = 2_000
ORDERS = 5_000
"""Orders whose number and owner are remembered by id."""
COMPANIES = 500
"""Carriers whose company name is remembered."""
GONE_FILES = 1_000

LOGIN_AGAIN_MS = 1_100
"""Two logins of one account within one second of the clock fail."""
REFRESH_AGAIN_MS = 5_000

PEOPLE = 1_000
"""E-mails of people remembered by id."""
