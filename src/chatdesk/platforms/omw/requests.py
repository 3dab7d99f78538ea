"""Accepting and giving back a booking request: looked at first, since somebody may have been faster.

Only a pending request can be accepted, and only an accepted one given back; a page of requests says which it
is. Source: wire specification, section 7.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictRefused, VerdictStored
from chatdesk.domain.events import Event, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import at_stage, ended, parked, progress_of, with_own
from chatdesk.platforms.omw import auth, bookings, limits, sessions, translate
from chatdesk.platforms.omw.state import own_of
from chatdesk.wire.omw import names, shapes, texts

NOTE_LOOK = "request-look"
NOTE_ANSWER = "request-answer"
_WANTED = {ActionKind.ACCEPT: names.REQUEST_ACCEPTED, ActionKind.REJECT: names.REQUEST_REJECTED}
_FROM = {ActionKind.ACCEPT: names.STATUS_PENDING, ActionKind.REJECT: names.REQUEST_ACCEPTED}


class Look(msgspec.Struct, frozen=True):
    """How far the requests were read, and which one is the booking's."""

    page: int = 1
    request: int = 0


def next_step(action: Action, token: int, facts: Facts) -> Next:
    """The page of requests to look at, then the answer to the request itself."""
    booking = bookings.booking_of(action)
    if facts.account.role != names.ROLE_WORKER:
        return Parked(ParkReason.FORBIDDEN)
    if booking is None:
        return Parked(ParkReason.NOT_FOUND)
    progress = progress_of(facts, token)
    look = progress.data if isinstance(progress.data, Look) else Look()
    if progress.stage != NOTE_ANSWER:
        query = (("status", "all"), ("page", str(look.page)), ("limit", str(limits.REQUESTS_PAGE)))
        return routes.get(names.ROUTE_REQUESTS, facts, NOTE_LOOK, query)
    return Call(
        method="PUT",
        path=routes.path(names.ROUTE_REQUEST, request_id=str(look.request)),
        body=msgspec.to_builtins(shapes.StatusBody(_WANTED[action.kind])),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_ANSWER,
    )


def read_look(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of requests, newest first: the first of the booking counts."""
    goal, token = opened.goal.kind, opened.goal.token
    raw = loose.mapping(answer.body).get("booking_requests")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return sessions.failed(opened, answer, facts)
    stored = (VerdictStored(answer.step_id),)
    if not isinstance(goal, Act):
        return Reading(facts, (replies.MALFORMED,), stored)
    booking = bookings.booking_of(goal.action)
    bad = 0
    for record in raw:
        fields = loose.mapping(record)
        found = translate.remote_id(fields.get("booking_id"))
        bad += found is None
        if found is not None and found == booking:
            return _decided(goal.action, fields, opened, answer, facts)
    told = (replies.MALFORMED,) * bad
    data = progress_of(facts, token).data
    look = data if isinstance(data, Look) else Look()
    pages = loose.whole(loose.mapping(loose.mapping(answer.body).get("pagination")).get("pages")) or 0
    if raw and look.page < min(pages, limits.LIST_PAGES):
        return Reading(at_stage(facts, token, NOTE_LOOK, Look(look.page + 1)), told, stored)
    return Reading(parked(facts, token, ParkReason.NOT_FOUND), told, stored)


def _decided(action: Action, fields: object, opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Done already, to be done, or changed by somebody else meanwhile."""
    record, token = loose.mapping(fields), opened.goal.token
    request = translate.number(record.get("request_id"))
    status = translate.status_of(record.get("status")) or ""
    verdict = VerdictStored(answer.step_id)
    if status == _WANTED.get(action.kind):
        verdict = VerdictStored(answer.step_id, result=Result(order=bookings.booking_of(action)))
        return Reading(ended(facts, token), (Stale(),), (verdict,))
    if request is not None and status == _FROM.get(action.kind):
        return Reading(at_stage(facts, token, NOTE_ANSWER, Look(1, request)), (), (verdict,))
    booking = bookings.booking_of(action)
    events: tuple[Event, ...] = (Stale(),)
    if booking is not None and status in names.REQUESTS_OVER:  # the lists no longer have it
        facts, events = _over(booking, status, facts)
    return Reading(parked(facts, token, ParkReason.CHANGED_MEANWHILE, status), events, (verdict,))


def read_answer(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer of an acceptance or a refusal means."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    words = auth.said(answer)
    if answer.status == HTTPStatus.OK and answer.is_json and isinstance(goal, Act):
        booking = bookings.booking_of(goal.action)
        events: tuple[Event, ...] = (Stale(),)
        facts = ended(_without_request(facts, booking), token)
        if booking is not None and goal.action.kind is ActionKind.ACCEPT:
            events = (translate.with_status(booking, names.STATUS_ASSIGNED), Stale())
            facts = sessions.with_status(facts, booking, names.STATUS_ASSIGNED)
        elif booking is not None:
            facts, events = _over(booking, names.REQUEST_REJECTED, facts)
        verdict = VerdictStored(step_id, result=Result(order=booking, text=words))
        return Reading(facts, events, (verdict,))
    if answer.is_json and words in {texts.ERR_PROCESSED, texts.ERR_ONLY_ACCEPTED}:
        reason = ParkReason.CHANGED_MEANWHILE
        return Reading(
            parked(facts, token, reason, words), (Stale(),), (VerdictRefused(step_id, reason, words),)
        )
    return replies.failed_write(opened, answer, words, facts)


def _over(booking: RemoteId, status: str, facts: Facts) -> tuple[Facts, tuple[Event, ...]]:
    """The facts and events after a request that is no longer ours."""
    facts = sessions.with_status(facts, booking, status)
    return facts, (translate.request_over(booking, status), Stale())


def _without_request(facts: Facts, booking: RemoteId | None) -> Facts:
    held = own_of(facts).requests
    if booking not in held:
        return facts
    return with_own(facts, requests={key: value for key, value in held.items() if key != booking})
