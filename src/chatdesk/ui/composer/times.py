"""Which times a person is offered for sending later: when people start, stop and come back. Pure."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from chatdesk.ui.i18n import tr

MORNING = dt.time(9, 0)
EVENING = dt.time(18, 0)
SOON = dt.timedelta(minutes=30)
"""A time that is nearer than this is no "later"."""
_SATURDAY = 6


class Offered(NamedTuple):
    """A time in words, and as microseconds since 1970 (UTC)."""

    words: str
    at_us: int


def offered(now_us: int) -> list[Offered]:
    """What to offer now, soonest first: in an hour, this evening, tomorrow morning, Monday morning.

    Times of day are those of the place, also across a change of its clocks.
    """
    now = dt.datetime.fromtimestamp(now_us / 1_000_000, tz=dt.UTC).astimezone()
    today = now.date()
    found = [Offered(tr("In an hour"), now_us + 3_600_000_000)]
    evening = _local(today, EVENING)
    if evening - now > SOON:
        found.append(Offered(tr("This evening, 18:00"), _us(evening)))
    found.append(Offered(tr("Tomorrow, 9:00"), _us(_local(today + dt.timedelta(days=1), MORNING))))
    if today.isoweekday() < _SATURDAY + 1:
        days = 8 - today.isoweekday()
        if days > 1:
            found.append(Offered(tr("Monday, 9:00"), _us(_local(today + dt.timedelta(days=days), MORNING))))
    return sorted(found, key=lambda one: one.at_us)


def _local(day: dt.date, time: dt.time) -> dt.datetime:
    # A naive moment is taken as one of the place, with the offset that holds there on that day.
    return dt.datetime.combine(day, time).astimezone()


def _us(moment: dt.datetime) -> int:
    return round(moment.timestamp()) * 1_000_000
