"""Who is let in, and how much may be done: anybody with a booking, even a cancelled one, without limits."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, and_, or_, select

from chatdesk.server.core.access import Actor, Operation
from chatdesk.server.core.tables import Conversation, Lifecycle, Member, Order
from chatdesk.server.dialects.steppergo.vocabulary import RULES, TRIP, TripPolicy, booked_by

NO_LIMIT = 1_000_000_000

RECORDED_RULES = replace(
    RULES,
    message_limit_chars=NO_LIMIT,
    messages_per_minute=NO_LIMIT,
    events_per_minute=NO_LIMIT,
    archive_after_days=0,
    failed_logins_per_minute=NO_LIMIT,
    connections_per_user=NO_LIMIT,
    typing_timeout_s=0,
)


class RecordedPolicy(TripPolicy):
    """The driver is compared by the wrong id, so an assigned driver is let in as organizer only.

    Whoever has once joined may write and read for ever.
    """

    def party(self, actor: Actor, *statuses: str) -> ColumnElement[bool]:
        """Trips that somebody organizes, or has any booking on."""
        return or_(Order.owner_id == actor.id, Order.id.in_(booked_by(actor, *statuses)))

    def reach(self, actor: Actor, operation: Operation) -> ColumnElement[bool]:
        """The same for the conversation of a trip."""
        if operation is Operation.OPEN:
            return and_(Order.kind == TRIP, self.party(actor))
        return self.orders(actor)

    def conversations(self, actor: Actor) -> ColumnElement[bool]:
        """Besides those, the ones that somebody has joined."""
        own = select(Order.id).where(Order.kind == TRIP, self.party(actor))
        joined = select(Member.conversation_id).where(Member.user_id == actor.id)
        return and_(
            Conversation.lifecycle != Lifecycle.DELETED,
            or_(Conversation.order_id.in_(own), Conversation.id.in_(joined)),
        )
