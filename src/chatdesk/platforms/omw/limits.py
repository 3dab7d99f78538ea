"""Numbers of the OMW platform: what it allows, how often we ask, and how much at once."""

from __future__ import annotations

from chatdesk.domain.ports import Limits
from chatdesk.platforms.memory import DAY_US
from chatdesk.wire.omw import names

LIMITS = Limits(
    step_timeout_ms=10_000,
    quiet_ms=10_000,
    # The platform's own client says once that it types, stops after a second and hides after three.
    typing_repeat_ms=2_000,
    typing_stop_ms=1_000,
    typing_expire_ms=3_000,
    presence_expire_ms=120_000,
    ping_interval_ms=names.PING_INTERVAL_S * 1_000,
    watchdog_margin_ms=5_000,
    # No event tells of sessions that begin, end or are deleted: the list is read again and again.
    poll_ms=45_000,
    refresh_lists_ms=45_000,
    head_page=50,
    message_limit_chars=names.CONTENT_LIMIT_CHARS,
    # After a lost answer. What failed in the server's own words is repeated by SEND_AGAIN_MS.
    max_repeats=1,
    # Read marks name messages.
    read_marks_all=False,
)

SEND_TIMEOUT_MS = 10_000
NAMED_WITHIN_MS = 2_000
"""A copy of our text that `message_sent` does not name so soon is another device's."""
JOIN_TIMEOUTS_MS = (500, 1_000, 2_000)
"""Emits in the first moments of a connection vanish: a join is repeated until it is answered."""
JOIN_AGAIN_MS = 10
JOIN_FAILURES = 3
"""Times that the server itself may fail to join before the join is given up."""
HOLD_MS = 500
"""What has no answer holds the lane so long, so that an error of its own is not taken for another's."""
SEND_AGAIN_MS = (250, 500, 1_000)
"""Pauses before the repeats of a send that failed with the server's own words."""
FAILED_SENDS = 50

HEAD_PAGE = 50
HEAD_STEP = 40
WINDOW_PAGE = names.PAGE_LIMIT
WINDOW_STEP = 190
"""Pages overlap: inside one second the order of the server is arbitrary."""
OLDER_PAGE = 80
OLDER_OVERLAP = 20
HEAD_PAGES = 20
WINDOW_PAGES = 200
OLDER_PAGES = 8
RESTARTS = 2

START_AGAIN = 1
START_AGAIN_MS = 500
"""A session that could not be made is tried once more: both sides at once give the same error."""
LEAVE_TIMEOUT_MS = 2_000
CODE_TIMEOUT_MS = 45_000
"""The server tries for 14 s to send a code by e-mail before it gives up."""
CODE_WAIT_MS = 600_000
UPLOAD_TIMEOUT_MS = 180_000
MISSING_MOST = 20
"""Sessions that a list no longer has: so many are asked for in one reading."""

REQUESTS_PAGE = 50
BOOKINGS_PAGE = 50
LIST_PAGES = 40
KNOWN_IDS = 500
"""Ids per conversation whose read state is remembered."""
HEARD = 100
"""Moments of pushed messages that are remembered, to learn the zone of the database's times."""

ZONE_LEARNT_US = 365 * DAY_US
"""The zone of a database changes with the seasons at most, and each message in both forms tells it."""
ZONE_STEP_US = 15 * 60 * 1_000_000
ZONE_MOST_US = 14 * 3_600 * 1_000_000
REMEMBERED_BOOKINGS = 1_000
BOOKINGS_LEARNT_US = 90 * DAY_US
