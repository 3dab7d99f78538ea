"""Numbers of the StepperGO platform: what it allows, how often we ask, and how much at once."""

from __future__ import annotations

from chatdesk.domain.ports import Limits
from chatdesk.platforms.memory import DAY_US
from chatdesk.wire.steppergo import names

LIMITS = Limits(
    step_timeout_ms=10_000,
    quiet_ms=10_000,
    # The platform's own client: stop after a second without a key, hide after three.
    typing_repeat_ms=2_000,
    typing_stop_ms=1_000,
    typing_expire_ms=3_000,
    ping_interval_ms=names.PING_INTERVAL_S * 1_000,
    watchdog_margin_ms=5_000,
    # Without a socket the platform's own client asks for unread numbers every 30 seconds.
    poll_ms=30_000,
    # What others send by REST is pushed to nobody: histories are read again with the lists.
    refresh_lists_ms=120_000,
    head_page=50,
    message_limit_chars=names.CONTENT_LIMIT_CHARS,
    # The documents suggest ten messages a minute and no server seen enforces it: only its own words count.
    sends_per_minute=None,
    max_repeats=1,
    # A read mark tells that everything was read.
    read_marks_all=True,
)

SEND_TIMEOUT_MS = 10_000
JOIN_TIMEOUT_MS = 5_000
JOIN_FAILURES = 3
"""Times that the server may fail to join, or not answer, before the join is given up for now."""
JOIN_AGAIN_MS = 1_000
HOLD_MS = 500
"""A read mark has no answer: it holds the lane so long, so that an error of its own finds it."""

ALL_LISTS_MS = 600_000
"""Lists of every status are read so often; between them only those that move."""
HISTORY_AGAIN_MS = 110_000
HISTORY_AGAIN_PER_MESSAGE_MS = 500
"""A history is unpaged: one of a thousand messages is read again after ten minutes, not after two."""
HISTORIES_PER_ROUND = 10
PROBES_PER_ROUND = 10
"""Public trips of which a passenger is asked whether there is a chat, per reading of the lists."""
MOST_PROBED = 5_000
MOST_TRIPS = 2_000
"""Trips that are remembered; beyond that, those of others are forgotten first."""
MOST_PEOPLE = 200
MOST_IDS = 500
ALWAYS_TOLD = 200
"""So many of the newest messages of a history are told even if nothing about them has changed."""

HITS_PER_PAGE = 20

FOR_EVER_US = 3_650 * DAY_US
