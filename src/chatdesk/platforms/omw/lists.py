"""The lists of the OMW platform: active sessions, then bookings page by page, a worker's or a customer's.

A session that the list no longer has is probably over, and nothing else ever says so: its detail is asked,
and only what that says counts. Where a worker's requests can't be read, the list of assigned bookings is
tried; without bookings the chats are there all the same. Source: wire specification, sections 6.1, 7 and 8.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, ListsRead
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.steps import Next
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import at_stage, progress_of, with_own
from chatdesk.platforms.omw import history, limits, sessions, translate, zones
from chatdesk.platforms.omw.state import own_of, room_of
from chatdesk.wire.omw import names

NOTE_SESSIONS = "sessions"
NOTE_REQUESTS = "requests"
NOTE_BOOKINGS = "bookings"
NOTE_ASSIGNED = "assigned"
NOTE_MISSING = "missing"


class ListWalk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reading of the bookings stands. missing: sessions that the list no longer had."""

    missing: tuple[RemoteId, ...] = ()
    page: int = 1
    last_id: int = 0


def next_lists(token: int, facts: Facts) -> Next:
    """Sessions, the bookings of the account's role, and who is there in the session looked at last."""
    progress = progress_of(facts, token)
    if progress.stage == sessions.NOTE_SESSION:
        return sessions.session_call(own_of(facts).looked, facts)
    walk = progress.data if isinstance(progress.data, ListWalk) else ListWalk()
    if progress.stage == NOTE_REQUESTS:
        query = (("status", "all"), ("page", str(walk.page)), ("limit", str(limits.REQUESTS_PAGE)))
        return routes.get(names.ROUTE_REQUESTS, facts, NOTE_REQUESTS, query)
    if progress.stage == NOTE_ASSIGNED:
        page = (("page", str(walk.page)), ("limit", str(limits.REQUESTS_PAGE)))
        return routes.get(names.ROUTE_ASSIGNED, facts, NOTE_ASSIGNED, page)
    if progress.stage == NOTE_MISSING and walk.missing:
        path = routes.path(names.ROUTE_SESSION, session_id=walk.missing[0])
        return routes.get(path, facts, NOTE_MISSING)
    if progress.stage == NOTE_BOOKINGS:
        size = ("limit", str(limits.BOOKINGS_PAGE))
        from_here = (("lastId", str(walk.last_id)),) if walk.last_id else ()
        return routes.get(names.ROUTE_CUSTOMER_BOOKINGS, facts, NOTE_BOOKINGS, (size, *from_here))
    return routes.get(names.ROUTE_SESSIONS, facts, NOTE_SESSIONS)


def read_sessions(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The list of active sessions, which is never paged."""
    raw = loose.mapping(answer.body).get("sessions")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return sessions.failed(opened, answer, facts)
    events: list[Event] = []
    here: set[RemoteId | None] = set()
    for record in raw:
        facts, told = sessions.listed(facts, record)
        events += told
        here.add(translate.remote_id(loose.mapping(record).get("session_id")))
    facts = sessions.remember(facts)
    known = own_of(facts).rooms
    missing = tuple(one for one, room in known.items() if room.listed and one not in here)
    stage = {names.ROLE_WORKER: NOTE_REQUESTS, names.ROLE_CUSTOMER: NOTE_BOOKINGS}.get(facts.account.role)
    walk = ListWalk(missing=missing[: limits.MISSING_MOST])
    if stage is None:
        return _end(opened, answer, walk, facts, events)
    facts = at_stage(facts, opened.goal.token, stage, walk)
    return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))


def _end(opened: OpenStep, answer: Answer, walk: ListWalk, facts: Facts, events: list[Event]) -> Reading:
    """Everything was read. What is missing is asked for now: its booking's status is known by then."""
    return _further(opened, answer, walk, facts, (*events, ListsRead()))


def _further(
    opened: OpenStep, answer: Answer, walk: ListWalk, facts: Facts, events: tuple[Event, ...]
) -> Reading:
    """After the lists: sessions that they no longer have, then who is there in the one looked at last."""
    stored = (VerdictStored(answer.step_id),)
    if walk.missing:
        return Reading(at_stage(facts, opened.goal.token, NOTE_MISSING, walk), events, stored)
    if room_of(facts, own_of(facts).looked).listed:
        return Reading(at_stage(facts, opened.goal.token, sessions.NOTE_SESSION), events, stored)
    return replies.done(facts, opened, answer.step_id, *events)


def read_missing(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The detail of a session that the list no longer has: over, or there after all."""
    walk = _walk(opened, facts)
    if not walk.missing:
        return sessions.failed(opened, answer, facts)
    session = walk.missing[0]
    events: tuple[Event, ...] = ()
    if sessions.is_over(answer) or history.denies(answer):
        facts, events = sessions.gone(facts, session)
    # Any other answer decides nothing: the next reading asks again.
    walk = msgspec.structs.replace(walk, missing=walk.missing[1:])
    return _further(opened, answer, walk, facts, events)


def _walk(opened: OpenStep, facts: Facts) -> ListWalk:
    data = progress_of(facts, opened.goal.token).data
    return data if isinstance(data, ListWalk) else ListWalk()


def _records(answer: Answer, name: str) -> list[object] | None:
    found = loose.mapping(answer.body).get(name)
    good = answer.status == HTTPStatus.OK and answer.is_json and isinstance(found, list)
    return found if good else None


def read_requests(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of a worker's booking requests, newest first; cancelled bookings are left out."""
    raw, walk = _records(answer, "booking_requests"), _walk(opened, facts)
    if raw is None:
        return _without_bookings(opened, answer, walk, facts)
    events: list[Event] = []
    open_requests = dict(own_of(facts).requests)
    for record in raw:
        fields = loose.mapping(record)
        if loose.text(fields.get("status"), 40) in names.REQUESTS_OVER:
            continue
        # The detail of an offer is refused until it is accepted: this is all that can be known of it.
        offered = fields.get("status") == names.STATUS_PENDING
        seen = translate.booking(fields, fields.get("booking_id"), zones.offset_us(facts), detailed=offered)
        if seen is None:
            events.append(replies.MALFORMED)
            continue
        events.append(seen)
        facts = sessions.with_status(facts, seen.remote_id, seen.status)
        request = translate.number(fields.get("request_id"))
        open_requests.pop(seen.remote_id, None)
        if request is not None and offered:
            open_requests[seen.remote_id] = request
    facts = with_own(facts, requests=open_requests)
    pages = loose.whole(loose.mapping(loose.mapping(answer.body).get("pagination")).get("pages")) or 0
    if raw and walk.page < min(pages, limits.LIST_PAGES):
        walk = msgspec.structs.replace(walk, page=walk.page + 1)
        facts = at_stage(facts, opened.goal.token, NOTE_REQUESTS, walk)
        return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))
    return _end(opened, answer, walk, facts, events)


def read_bookings(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of a customer's bookings, id descending."""
    raw, walk = _records(answer, "bookings"), _walk(opened, facts)
    if raw is None:
        return _without_bookings(opened, answer, walk, facts)
    events: list[Event] = []
    ids: list[int] = []
    for record in raw:
        fields = loose.mapping(record)
        seen = translate.booking(fields, fields.get("id"), zones.offset_us(facts))
        if seen is None:
            events.append(replies.MALFORMED)
            continue
        events.append(seen)
        ids.append(int(seen.remote_id))
        facts = sessions.with_status(facts, seen.remote_id, seen.status)
    more = loose.mapping(answer.body).get("hasMore") is True
    lowest = min(ids, default=0)
    below = lowest and (not walk.last_id or lowest < walk.last_id)
    if more and below and walk.page < limits.LIST_PAGES:
        walk = msgspec.structs.replace(walk, page=walk.page + 1, last_id=lowest)
        facts = at_stage(facts, opened.goal.token, NOTE_BOOKINGS, walk)
        return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))
    return _end(opened, answer, walk, facts, events)


def read_assigned(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of a worker's assigned bookings."""
    raw, walk = _records(answer, "bookings"), _walk(opened, facts)
    if raw is None:
        return _without_bookings(opened, answer, walk, facts)
    events: list[Event] = []
    for record in raw:
        fields = loose.mapping(record)
        booking_id = fields.get("booking_id", fields.get("id"))
        seen = translate.booking(fields, booking_id, zones.offset_us(facts))
        if seen is None:
            events.append(replies.MALFORMED)
            continue
        events.append(seen)
        facts = sessions.with_status(facts, seen.remote_id, seen.status)
    pages = loose.whole(loose.mapping(loose.mapping(answer.body).get("pagination")).get("total_pages")) or 0
    if raw and walk.page < min(pages, limits.LIST_PAGES):
        walk = msgspec.structs.replace(walk, page=walk.page + 1)
        facts = at_stage(facts, opened.goal.token, NOTE_ASSIGNED, walk)
        return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))
    return _end(opened, answer, walk, facts, events)


def _without_bookings(opened: OpenStep, answer: Answer, walk: ListWalk, facts: Facts) -> Reading:
    """Bookings that can't be read (a table is missing, a role changed) don't hold up the chats."""
    token = opened.goal.token
    refused = answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    fails = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    last = replies.is_last_failure(opened, facts)
    if opened.step.note == NOTE_REQUESTS and fails and last:
        walk = msgspec.structs.replace(walk, page=1)
        facts = at_stage(facts, token, NOTE_ASSIGNED, walk)
        return Reading(facts, (), (VerdictStored(answer.step_id),))
    if refused or (fails and (last or opened.step.note == NOTE_ASSIGNED)):
        return _end(opened, answer, walk, facts, [])
    return sessions.failed(opened, answer, facts)
