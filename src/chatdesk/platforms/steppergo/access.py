"""Whether a trip's conversation lets us in: what a join, a read or a refusal says of it.

An assigned driver who does not organize the trip is refused by the servers seen: such a chat is not
available, which is no matter of the sign-in. Nothing in the documents or the recordings ends the writing
when a trip is over (even a cancelled booking still lets its passenger in), so a trip that is completed or
cancelled stays open here. Source: wire specification, section 4.
"""

from __future__ import annotations

from http import HTTPStatus

from chatdesk.domain.arrivals import Answer
from chatdesk.domain.events import ConversationGone, ConversationSeen, Event
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, ParkReason
from chatdesk.domain.steps import Parked
from chatdesk.platforms.memory import with_own
from chatdesk.platforms.steppergo import auth
from chatdesk.platforms.steppergo.state import own_of, trip_of, with_trip
from chatdesk.wire.steppergo import texts


def closed(trip: RemoteId, facts: Facts) -> Parked | None:
    """Why nothing is tried with a conversation for the rest of this connection."""
    if trip_of(facts, trip).closed == facts.epoch != 0:
        return Parked(ParkReason.FORBIDDEN, texts.ERR_ACCESS)
    return None


def denies(answer: Answer) -> bool:
    """Whether an answer says that the trip's conversation is not for us, or that there is no such trip."""
    return answer.is_json and (
        (answer.status == HTTPStatus.FORBIDDEN and auth.said(answer) == texts.ERR_DENIED)
        or (answer.status == HTTPStatus.NOT_FOUND and auth.said(answer) == texts.ERR_NO_TRIP)
    )


def refused(facts: Facts, trip: RemoteId) -> tuple[Facts, tuple[Event, ...]]:
    """The server will not let us in; a conversation that was never here is no news."""
    known = trip_of(facts, trip)
    why = ClosedWhy.ACCESS_WITHDRAWN
    if known.driven and known.organizer != facts.account.user_id and not known.been_in:
        why = ClosedWhy.NOT_FOR_ROLE
    facts = with_trip(facts, trip, closed=facts.epoch, joined=0)
    typers = {user: at for user, at in own_of(facts).typers.items() if at != trip}
    facts = with_own(facts, typers=typers)
    return facts, (ConversationGone(remote_id=trip, lifecycle=Lifecycle.READ_ONLY, why=why),)


def let_in(facts: Facts, trip: RemoteId, *, unread: int | None = None) -> tuple[Facts, tuple[Event, ...]]:
    """The server lets us in: the conversation is ours, and open."""
    facts = with_trip(facts, trip, ours=True, been_in=True, closed=0)
    seen = ConversationSeen(
        remote_id=trip,
        title=trip_of(facts, trip).title or None,
        order_remote_id=trip,
        lifecycle=Lifecycle.OPEN,
        unread=unread,
    )
    return facts, (seen,)
