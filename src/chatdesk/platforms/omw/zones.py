"""Three forms of time: ISO with a zone, and two without one, of which the database's zone can be learnt.

A message that came both as a push (ISO, UTC) and in a history (no zone) tells the offset; so does the answer
of a send beside its Date header. Until then such times count as UTC. Nothing is ever ordered by them.
Source: wire specification, section 3.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime

from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.platforms import loose
from chatdesk.platforms.memory import learnt, with_learnt, with_own
from chatdesk.platforms.omw import limits, settings
from chatdesk.platforms.omw.state import own_of

LEARNT_KEY = "zone_offset_us"
_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d{1,9})?\Z", re.ASCII)


def offset_us(facts: Facts) -> int:
    """How far the database's clock is ahead of UTC: set, learnt, or 0 while nobody knows."""
    given = settings.offset_us(facts)
    if given is not None:
        return given
    try:
        found = int(learnt(facts, LEARNT_KEY) or 0)
    except ValueError:
        return 0
    return found if abs(found) <= limits.ZONE_MOST_US else 0


def known(facts: Facts) -> bool:
    """Whether the offset was set or learnt."""
    return settings.offset_us(facts) is not None or learnt(facts, LEARNT_KEY) is not None


def moment_us(value: object, offset: int) -> int | None:
    """A time in microseconds since 1970; one without a zone is the database's, `offset` ahead of UTC."""
    found = loose.moment_us(value)
    if found is None or not _lacks_zone(value):
        return found
    return max(found - offset, 0)


def _lacks_zone(value: object) -> bool:
    return isinstance(value, str) and _WITHOUT_ZONE.match(value) is not None


def heard(facts: Facts, message_id: int, value: object) -> Facts:
    """The facts with the moment of a pushed message, if it names its zone."""
    moment = loose.moment_us(value)
    if moment is None or _lacks_zone(value):
        return facts
    held = own_of(facts).heard
    kept = dict(list(held.items())[-limits.HEARD + 1 :])
    return with_own(facts, heard={**kept, message_id: moment})


def compared(facts: Facts, message_id: int, value: object) -> tuple[Facts, bool]:
    """The facts after a message of a history, and whether its offset is news."""
    moment = own_of(facts).heard.get(message_id)
    return (facts, False) if moment is None else _told(facts, value, moment)


def told_by_date(facts: Facts, value: object, date: str) -> Facts:
    """The facts after the answer of a send: its time, made just now, beside the Date header."""
    try:
        moment = int(parsedate_to_datetime(date).timestamp() * 1_000_000)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return facts
    return _told(facts, value, moment)[0]


def _told(facts: Facts, value: object, moment: int) -> tuple[Facts, bool]:
    shown = loose.moment_us(value)
    if shown is None or not _lacks_zone(value) or settings.offset_us(facts) is not None:
        return facts, False
    step = limits.ZONE_STEP_US
    offset = (shown - moment + step // 2) // step * step
    if abs(offset) > limits.ZONE_MOST_US or (known(facts) and offset == offset_us(facts)):
        return facts, False
    news = offset != offset_us(facts)
    return with_learnt(facts, LEARNT_KEY, str(offset), limits.ZONE_LEARNT_US), news


def wanted(facts: Facts, room: RemoteId) -> tuple[Facts, bool]:
    """Whether a history should be read only to learn the offset: once, after the first pushed message."""
    if known(facts) or own_of(facts).zone_asked or not room:
        return facts, False
    return with_own(facts, zone_asked=True), True
