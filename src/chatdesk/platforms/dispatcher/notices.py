"""Notifications: the newest page, marks, deletion. Marks answer without the records, so those are remembered.

Source: wire specification, section 9; captures/dispatcher/notifications.json.
"""

from __future__ import annotations

from http import HTTPStatus

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, NotificationSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import replies, routes
from chatdesk.platforms.dispatcher import limits, reads, translate, writes
from chatdesk.platforms.dispatcher.state import own_of, with_notices
from chatdesk.platforms.memory import ended, put, with_own
from chatdesk.wire.dispatcher import names

NOTE_PAGE = "notifications"
NOTE_MARK = "notice-read"
NOTE_MARK_ALL = "notices-read"
NOTE_DELETE = "notice-delete"


def next_page(facts: Facts) -> Next:
    """The newest page. `unreadOnly` is left out: the server takes false for true."""
    query = (("page", "1"), ("limit", str(limits.NOTIFICATIONS_PAGE)))
    return routes.get(names.ROUTE_NOTIFICATIONS, facts, NOTE_PAGE, query)


def read_page(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The newest page of notifications."""
    page = reads.paged(answer)
    if page is None:
        return reads.failed(opened, answer, facts)
    found = [translate.notification(record, pushed=False) for record in page[0]]
    facts = with_notices(facts, (one for one in found if one is not None))
    events: list[Event] = [one if one is not None else replies.MALFORMED for one in found]
    return Reading(ended(facts, opened.goal.token), tuple(events), (VerdictStored(answer.step_id),))


# -- marks -------------------------------------------------------------------------------------------------


def next_step(action: Action, facts: Facts) -> Next:
    """The one request of an action on notifications."""
    if action.kind is ActionKind.NOTICES_READ:
        return _change("PATCH", names.ROUTE_NOTIFICATIONS_MARK_ALL_READ, facts, NOTE_MARK_ALL)
    target = translate.remote_id(action.target)
    if target is None:
        return Parked(ParkReason.NOT_FOUND)
    if action.kind is ActionKind.NOTICE_READ:
        call = _change("PATCH", names.ROUTE_NOTIFICATIONS_MARK_READ, facts, NOTE_MARK)
        return put(call, body={"notificationIds": [target]})
    path = routes.path(names.ROUTE_NOTIFICATION, notification_id=target)
    return _change("DELETE", path, facts, NOTE_DELETE)


def _change(method: str, path: str, facts: Facts, note: str) -> Call:
    return Call(method=method, path=path, headers=routes.bearer(facts), commits=True, note=note)


def read_mark(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One or all were marked as read."""
    if answer.status != HTTPStatus.OK or not answer.is_json:
        return writes.failed(opened, answer, facts)
    held = own_of(facts).notices
    target = _target(opened)
    marked = [
        put(one, unread=False) for one in held.values() if one.unread and target in {None, one.remote_id}
    ]
    return _done(opened, answer, with_notices(facts, marked), marked)


def read_delete(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One was deleted, or was gone already."""
    gone = answer.is_json and answer.status in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}
    if not gone:
        return writes.failed(opened, answer, facts)
    held = dict(own_of(facts).notices)
    one = held.pop(_target(opened) or RemoteId(""), None)
    events = [] if one is None else [put(one, unread=False, gone=True)]
    return _done(opened, answer, with_own(facts, notices=held), events)


def _target(opened: OpenStep) -> RemoteId | None:
    """The notification that the action is about; None: all of them."""
    kind = opened.goal.kind
    if not isinstance(kind, Act) or kind.action.kind is ActionKind.NOTICES_READ:
        return None
    return translate.remote_id(kind.action.target)


def _done(opened: OpenStep, answer: Answer, facts: Facts, events: list[NotificationSeen]) -> Reading:
    verdict = VerdictStored(answer.step_id, result=Result())
    return Reading(ended(facts, opened.goal.token), tuple(events), (verdict,))
