"""Settings of an OMW account: where the operator has put the interface, and how far its clock is ahead.

Source: wire specification, sections 1 and 3.
"""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from chatdesk.domain.facts import Facts
from chatdesk.domain.steps import Call, Next
from chatdesk.platforms.omw import limits
from chatdesk.platforms.omw.plugin import API_PREFIX, TIME_OFFSET
from chatdesk.wire.omw import names

_HOURS_AND_MINUTES = re.compile(r"([+-]?)(\d{1,2}):([0-5]\d)\Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,2})?\Z", re.ASCII)
_MINUTE_US = 60_000_000
_MOST_HOURS = 14
"""No zone is further from UTC: a greater number is one of minutes."""


def prefix(facts: Facts) -> str:
    """Where the routes begin: empty, or a path without a slash at its end."""
    given = facts.account.settings.get(API_PREFIX, "").strip()
    if not given:
        return names.API_PREFIX
    parts = [part for part in given.split("/") if part not in {"", ".", ".."}]
    return "".join("/" + quote(part, safe="", errors="replace") for part in parts)


def addressed(step: Next, facts: Facts) -> Next:
    """The step with its path where this server has it."""
    if not isinstance(step, Call) or API_PREFIX not in facts.account.settings:
        return step
    if not step.path.startswith(names.API_PREFIX + "/"):
        return step
    return msgspec.structs.replace(step, path=prefix(facts) + step.path[len(names.API_PREFIX) :])


def offset_us(facts: Facts) -> int | None:
    """How far the person says that the database's clock is ahead of UTC; None: it is to be learnt."""
    given = facts.account.settings.get(TIME_OFFSET, "").strip().replace("\u2212", "-")
    if not given:
        return None
    clock = _HOURS_AND_MINUTES.match(given)
    if clock is not None:
        minutes = int(clock[2]) * 60 + int(clock[3])
        found = (-minutes if clock[1] == "-" else minutes) * _MINUTE_US
    elif _NUMBER.match(given):
        value = float(given.replace(",", "."))
        found = round(value * (60 if abs(value) <= _MOST_HOURS else 1)) * _MINUTE_US
    else:
        return None
    return found if abs(found) <= limits.ZONE_MOST_US else None
