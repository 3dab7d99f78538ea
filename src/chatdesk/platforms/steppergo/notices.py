"""Notifications of a driver, addressed by a header instead of a token; pushed ones; and reports to the staff.

Source: wire specification, sections 3.4, 5, 6.3 and 6.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading
from chatdesk.domain.events import NotificationSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Report
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Done, Next, Parked
from chatdesk.domain.text import is_blank, well_formed
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.steppergo import answers, auth
from chatdesk.platforms.steppergo.state import own_of
from chatdesk.wire.steppergo import names, shapes

NOTE_NOTICES = "notifications"
NOTE_REPORT = "report"
_TRIP_IN_PATH = re.compile(r"/trips?/([0-9A-Za-z_-]{8,64})(?:[/?#]|\Z)")
_MOST = 200


# -- notifications -----------------------------------------------------------------------------------------


def next_notices(facts: Facts) -> Next:
    """A driver's notifications; nobody else has a route for them."""
    record_id = auth.driver_id(facts)
    if not record_id:
        return Done()
    return Call(
        method="GET",
        path=names.ROUTE_DRIVER_NOTICES,
        headers=((names.HEADER_DRIVER, record_id),),
        note=NOTE_NOTICES,
    )


def read_notices(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The newest fifty. A 401 means the header, not the session."""
    data = loose.mapping(loose.mapping(answer.body).get("data"))
    raw = data.get("notifications")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return answers.failed(opened, answer, facts)
    found = [_notice(loose.mapping(one), "id", "createdAt", facts) for one in raw[:_MOST]]
    events = tuple(replies.MALFORMED if one is None else one for one in found)
    return replies.done(facts, opened, answer.step_id, *events)


def pushed(fields: Mapping[str, Any], facts: Facts) -> Reading:
    """A notification by socket: defined, never seen."""
    found = _notice(fields, "notificationId", "timestamp", facts)
    return Reading(facts, (replies.MALFORMED if found is None else found,))


def _notice(fields: Mapping[str, Any], id_key: str, time_key: str, facts: Facts) -> NotificationSeen | None:
    remote_id = answers.remote_id(fields.get(id_key))
    if remote_id is None:
        return None
    return NotificationSeen(
        remote_id=remote_id,
        title=loose.line(fields.get("title"), 200) or loose.line(fields.get("type"), 60),
        text=loose.text(fields.get("message"), 2_000) or "",
        at_us=loose.moment_us(fields.get(time_key)) or facts.now_us,
        unread=fields.get("isRead") is not True,
        conversation=_about(fields.get("actionUrl"), facts),
    )


def _about(url: object, facts: Facts) -> RemoteId | None:
    """The trip of ours that a notification leads to."""
    found = _TRIP_IN_PATH.search(url[:500]) if isinstance(url, str) else None
    trip = None if found is None else RemoteId(found.group(1))
    return trip if trip in own_of(facts).trips else None


# -- reports -----------------------------------------------------------------------------------------------


def next_report(goal: Report, facts: Facts) -> Next:
    """One request; a second report takes the place of the first, so a repeat does no harm."""
    if answers.remote_id(goal.message) is None:
        return Parked(ParkReason.NOT_FOUND)
    reason = well_formed(goal.reason).replace("\x00", "")
    if is_blank(reason):  # the server wants one
        return Parked(ParkReason.EMPTY)
    blocked = auth.blocker(facts)
    if blocked is not None:
        return blocked
    return Call(
        method="POST",
        path=names.ROUTE_REPORT,
        body=msgspec.to_builtins(shapes.ReportBody(goal.message, reason)),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_REPORT,
    )


def read_report(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Stored, or refused in words; a failure of the server is told as one, it would only repeat."""
    words = auth.said(answer)
    if answer.status == HTTPStatus.OK and answer.is_json:
        return replies.done(facts, opened, answer.step_id)
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and answer.is_json:
        return replies.refused(opened, answer.step_id, ParkReason.REFUSED, words, facts)
    return answers.failed_write(opened, answer, facts)
