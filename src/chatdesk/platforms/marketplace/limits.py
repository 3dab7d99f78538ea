"""Numbers of the marketplace platform: what it allows, how often we ask, and how much at once."""

from __future__ import annotations

from chatdesk.domain.ports import Limits
from chatdesk.platforms.memory import DAY_US
from chatdesk.wire.marketplace import names

LIMITS = Limits(
    step_timeout_ms=10_000,
    quiet_ms=10_000,
    # The platform's own clients show typing for three seconds and stop after one of silence.
    typing_repeat_ms=2_000,
    typing_stop_ms=1_000,
    typing_expire_ms=3_000,
    # Presence is told by changes only, and a change is told whenever there is one.
    presence_expire_ms=3_600_000,
    ping_interval_ms=names.PING_INTERVAL_S * 1_000,
    watchdog_margin_ms=5_000,
    # A serverless deployment may refuse every socket: then the inbox is all there is.
    poll_ms=12_000,
    refresh_lists_ms=300_000,
    head_page=50,
    message_limit_chars=names.TEXT_LIMIT_CHARS,
    max_repeats=1,
    # Read marks name messages.
    read_marks_all=False,
)

SUBJECT_LIMIT_CHARS = 200
RELAY_TIMEOUT_MS = 10_000
"""How long the word that the server saw a relay is awaited."""
AWAY_MS = 30_000
"""A send that waits for its recipient is looked at this often, whatever facts tell."""

LIST_PAGE = 50
LIST_PAGES = 40
"""Blocks of inbox and of sent that are read at most: 2,000 messages each."""
NAMES_AT_ONCE = 8
"""Names of people that one reading of the lists looks up."""
KNOWN_IDS = 5_000
"""Messages whose party is remembered, per direction."""
UNREAD_IDS = 500
UNREAD_MS = 2_000
"""How long a read mark waits at a time for the first reading that tells what is unread."""
RECEIPTS = 500
"""Own read messages whose receipt one reading of a conversation tells."""
PEOPLE = 2_000
"""People of whom it is remembered in memory whether they are there."""
STRANGERS = 200
"""New conversations that relays may make on one connection: nothing proves who sends them."""
RELAYS = 1_000
TWICE_MS = 1_000
"""A relay without an id that comes again with the same words so soon is the same one."""

REGISTER_AGAIN_MS = 30_000
REGISTER_DOUBLINGS = 6
"""Two clients of one account must not chase each other: each further registration waits twice as long."""

RFQS = 500
QUOTES = 10
PRODUCTS_PAGE = names.PRODUCTS_PAGE
HITS = 50

LOCK_MS = 3_600_000
"""The server's lock on failed logins."""

PROBED_US = DAY_US
LIVE_ONLY_US = 8 * DAY_US
"""Longer than a token lives; the fact names its token, so the next sign-in tries again anyway."""
PARTY_US = 365 * DAY_US
CLOCK_US = 8 * DAY_US
"""As long as a token may live: only a fresh one tells the server's clock."""
