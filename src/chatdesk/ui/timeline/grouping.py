"""What stands above a message: a new day, the unread line, a name, or just a small distance."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from chatdesk.domain.entities import Message
from chatdesk.domain.kinds import MessageKind

GROUP_US = 5 * 60 * 1_000_000
"""Messages of one sender within this time of each other stand together."""
_LAST_US = 253_370_764_800_000_000


class Above(NamedTuple):
    """Decoration of one message."""

    day: bool
    """First message of a day: its date stands above."""
    unread: bool
    """First unread message: the line 'New' stands above."""
    gap: bool
    """Messages between this one and the one above are not here yet."""
    first: bool
    """First of its sender's group."""
    last: bool
    """Last of its sender's group."""


def above(
    before: Message | None,
    message: Message,
    after: Message | None,
    *,
    unread: bool = False,
    gap: bool = False,
) -> Above:
    """The decoration of `message` between its neighbours. `before` is None for the first message here."""
    day = before is None or local_day(before.sent_at_us) != local_day(message.sent_at_us)
    return Above(
        day=day,
        unread=unread,
        gap=gap,
        first=day or unread or gap or before is None or not together(before, message),
        last=after is None or not together(message, after),
    )


def together(one: Message, other: Message) -> bool:
    """Whether two neighbours belong to one group: same sender, same day, close in time, no system line."""
    return (
        one.own == other.own
        and one.sender_id == other.sender_id
        and one.sender_name == other.sender_name
        and MessageKind.SYSTEM not in {one.kind, other.kind}
        and abs(other.sent_at_us - one.sent_at_us) <= GROUP_US
        and local_day(one.sent_at_us) == local_day(other.sent_at_us)
    )


def local_day(at_us: int) -> int:
    """Number of the day, where the person is, of a moment in microseconds since 1970 (UTC)."""
    bounded = max(0, min(at_us, _LAST_US))
    return dt.datetime.fromtimestamp(bounded / 1_000_000, tz=dt.UTC).astimezone().toordinal()
