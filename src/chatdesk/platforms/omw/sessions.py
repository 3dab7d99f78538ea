"""One session: reading it, and what a refusal that may mean 'ended' or 'deleted' leads to.

No event tells of an end; the next action is refused in words that have several meanings. So the session is
read: 404 means that it is over, anything else that the refusal was meant for us. Source: wire specification,
sections 6.2 and 8.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.events import FORGET_AFTER_US, ConversationGone, Event
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, ParkReason
from chatdesk.domain.steps import Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import learnt, parked, with_learnt, with_own
from chatdesk.platforms.omw import auth, limits, translate, zones
from chatdesk.platforms.omw.state import Doubt, own_of, room_of, with_room
from chatdesk.wire.omw import names, texts

NOTE_SESSION = "session"
_BOOKINGS = "session_bookings"
"""Key of what is learnt: only the list tells the booking of a session, and only while the session lasts."""


def session_call(session: RemoteId, facts: Facts) -> Next:
    """The request for a session's detail."""
    return auth.blocker(facts) or routes.get(
        routes.path(names.ROUTE_SESSION, session_id=session), facts, NOTE_SESSION
    )


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
        return facts, (replies.MALFORMED,)
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


def failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What an answer means that a read could not use."""
    return replies.failed_read(opened, answer, auth.said(answer), facts)
