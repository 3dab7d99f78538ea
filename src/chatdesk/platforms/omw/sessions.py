"""One session: reading it, and what a refusal that may mean 'ended' or 'deleted' leads to.

No event tells of an end; the next action is refused in words that have several meanings. So the session is
read: 404 means that it is over, anything else that the refusal was meant for us. Source: wire specification,
sections 6.2 and 8.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

import msgspec

from chatdesk.domain.events import FORGET_AFTER_US, ConversationGone, Dropped, Event, Noticed
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, NoticeCode, ParkReason
from chatdesk.domain.ports import (
    Answer,
    Call,
    Facts,
    Next,
    OpenStep,
    Parked,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.platforms import loose
from chatdesk.platforms.omw import auth, limits, translate, zones
from chatdesk.platforms.omw.state import (
    Doubt,
    ended,
    learnt,
    own_of,
    parked,
    progress_of,
    put,
    room_of,
    with_learnt,
    with_own,
    with_progress,
    with_room,
)
from chatdesk.wire.omw import names, texts

NOTE_SESSION = "session"
_BOOKINGS = "session_bookings"
"""Key of what is learnt: only the list tells the booking of a session, and only while the session lasts."""
MALFORMED = Dropped(reason="malformed")


def route(template: str, **parts: str) -> str:
    """A path with its parts percent-encoded: nothing remote ever adds a segment to it."""
    return template.format(**{name: quote(value, safe="") for name, value in parts.items()})


def get(path: str, facts: Facts, note: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    """A GET with the token."""
    return Call(method="GET", path=path, query=query, headers=auth.bearer(facts), note=note)


def session_call(session: RemoteId, facts: Facts) -> Next:
    """The request for a session's detail."""
    return auth.blocker(facts) or get(route(names.ROUTE_SESSION, session_id=session), facts, NOTE_SESSION)


# -- doubts ------------------------------------------------------------------------------------------------


def to_clear_up(session: RemoteId, facts: Facts) -> Next | None:
    """What must happen before anything else is tried with a session; None: nothing."""
    match room_of(facts, session).doubt:
        case Doubt.GONE:
            return Parked(ParkReason.CLOSED, texts.ERR_NO_SESSION)
        case Doubt.ASK:
            return session_call(session, facts)
        case _:
            return None


def denied(facts: Facts, session: RemoteId, token: int, step_id: int, words: str) -> Reading:
    """A refusal that was definite: nothing was done. The first time the session is read, then it is meant."""
    if room_of(facts, session).doubt is Doubt.THERE:
        verdict = VerdictRefused(step_id, ParkReason.FORBIDDEN, words)
        return Reading(parked(facts, token, ParkReason.FORBIDDEN, words), (), (verdict,))
    facts = with_room(facts, session, doubt=Doubt.ASK)
    return Reading(facts, (), (VerdictLater(step_id, 0, words),))


def reached(facts: Facts, session: RemoteId) -> Facts:
    """The server has let us in: doubts are over."""
    return with_room(facts, session, doubt=Doubt.NONE)


def remembered(facts: Facts) -> dict[str, str]:
    """The booking of each session that a list ever had, also before this run of the program."""
    try:
        return msgspec.json.decode(learnt(facts, _BOOKINGS) or "{}", type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeError):
        return {}


def remember(facts: Facts) -> Facts:
    """The facts with the bookings of the sessions that the list has, for the day on which they are over."""
    rooms = own_of(facts).rooms
    here: dict[str, str] = {
        session: room.booking for session, room in rooms.items() if room.listed and room.booking
    }
    held = remembered(facts)
    after = held | here
    if after == held and learnt(facts, _BOOKINGS) is not None:
        return facts
    kept = dict(list(after.items())[-limits.REMEMBERED_BOOKINGS :])
    return with_learnt(facts, _BOOKINGS, msgspec.json.encode(kept).decode(), limits.BOOKINGS_LEARNT_US)


def gone(facts: Facts, session: RemoteId) -> tuple[Facts, tuple[Event, ...]]:
    """The session is over, and its detail has said so.

    Whether it was ended or deleted nothing tells. Only where the booking is completed is it known: then the
    platform has deleted the chat, and promises that it is.
    """
    room = room_of(facts, session)
    known_gone = room.doubt is Doubt.GONE
    facts = with_room(facts, session, doubt=Doubt.GONE, listed=False, joined=0)
    if known_gone:
        return facts, ()
    booking = room.booking or RemoteId(remembered(facts).get(session, ""))
    if own_of(facts).statuses.get(booking) != names.STATUS_COMPLETED:
        why = ClosedWhy.SESSION_ENDED
        return facts, (ConversationGone(remote_id=session, lifecycle=Lifecycle.ENDED, why=why),)
    deleted = ConversationGone(
        remote_id=session,
        lifecycle=Lifecycle.DELETED,
        why=ClosedWhy.BOOKING_COMPLETED,
        delete_after_us=FORGET_AFTER_US,
    )
    return facts, (deleted,)


def is_over(answer: Answer) -> bool:
    """Whether the answer to a session's detail says that it is over, or no longer ours."""
    return answer.is_json and answer.status == HTTPStatus.NOT_FOUND


# -- reading a session -------------------------------------------------------------------------------------


def listed(facts: Facts, record: object, *, found: Doubt = Doubt.NONE) -> tuple[Facts, tuple[Event, ...]]:
    """One session of the list, or a session's detail. found: what of a doubt is left with it."""
    seen = translate.session(record, zones.offset_us(facts))
    if seen is None:
        return facts, (MALFORMED,)
    conversation, order = seen
    session = conversation.remote_id
    asked = room_of(facts, session).doubt is Doubt.ASK
    doubt = Doubt.ASK if asked and found is Doubt.NONE else found
    booking = RemoteId("") if order is None else order.remote_id
    facts = with_room(facts, session, listed=True, doubt=doubt, booking=booking)
    if order is None:
        return facts, (conversation,)
    return with_status(facts, order.remote_id, order.status), (order, conversation)


def with_status(facts: Facts, booking: RemoteId, status: str | None) -> Facts:
    """The facts with the newest status of a booking of ours."""
    held = own_of(facts).statuses
    known = status or held.get(booking, "")
    return facts if held.get(booking) == known else with_own(facts, statuses={**held, booking: known})


def read_session(session: RemoteId, opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A session's detail: there, or over."""
    stored = (VerdictStored(answer.step_id),)
    if is_over(answer):
        facts, events = gone(facts, session)
        return Reading(facts, events, stored)
    detail = loose.mapping(loose.mapping(answer.body).get("session"))
    if answer.status != HTTPStatus.OK or not answer.is_json or not detail:
        return failed(opened, answer, facts)
    told = detail if translate.remote_id(detail.get("session_id")) == session else {}
    found = Doubt.THERE if room_of(facts, session).doubt is Doubt.ASK else Doubt.NONE
    facts, events = listed(facts, told, found=found)
    if room_of(facts, session).doubt is Doubt.ASK:  # an answer about something else
        facts = with_room(facts, session, doubt=Doubt.THERE)
    here = translate.presence(told, facts.account, zones.offset_us(facts))
    return Reading(facts, events if here is None else (*events, here), stored)


# -- what is common to every failed read -------------------------------------------------------------------


def is_page_of_another(answer: Answer) -> bool:
    """A 404 without JSON: the route does not exist here."""
    return answer.status == HTTPStatus.NOT_FOUND and not answer.is_json


def failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What an answer means that a read could not use."""
    step_id, token = answer.step_id, opened.goal.token
    words = auth.said(answer)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = auth.retry_after_ms(answer)
        progress = put(progress_of(facts, token), not_before_ms=facts.now_ms + wait_ms)
        notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
        return Reading(with_progress(facts, token, progress), (notice,), (VerdictLater(step_id, wait_ms),))
    if answer.is_json and answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        reason = ParkReason.FORBIDDEN if answer.status == HTTPStatus.FORBIDDEN else ParkReason.NOT_FOUND
        verdict = VerdictRefused(step_id, reason, words)
        return Reading(parked(facts, token, reason, words), (), (verdict,))
    if is_page_of_another(answer):
        reason = ParkReason.NOT_FOUND
        notice = Noticed(code=NoticeCode.NOT_FOUND)
        return Reading(parked(facts, token, reason), (notice,), (VerdictRefused(step_id, reason),))
    events: tuple[Event, ...] = (MALFORMED,) if answer.status < 400 else ()
    progress = progress_of(facts, token)
    failures = progress.failures + 1
    if failures >= limits.READ_FAILURES or 400 <= answer.status < 500:
        events = (*events, Noticed(code=NoticeCode.SERVER_ERROR, detail=words))
        verdict = VerdictRefused(step_id, ParkReason.REFUSED, words)
        return Reading(parked(facts, token, ParkReason.REFUSED, words), events, (verdict,))
    wait_ms = limits.READ_AGAIN_MS
    progress = put(progress, failures=failures, not_before_ms=facts.now_ms + wait_ms)
    return Reading(with_progress(facts, token, progress), events, (VerdictLater(step_id, wait_ms),))


def done(facts: Facts, opened: OpenStep, step_id: int, *events: Event) -> Reading:
    """The goal is reached with this answer."""
    return Reading(ended(facts, opened.goal.token), events, (VerdictStored(step_id),))
