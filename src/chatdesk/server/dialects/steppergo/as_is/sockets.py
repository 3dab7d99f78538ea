"""The recorded socket: outlives its session, lets everybody type anywhere, dies of an empty payload."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.presence import Departure
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.dialects.steppergo.requests import Tripped
from chatdesk.server.dialects.steppergo.sockets import FAILED, Sockets, error_text
from chatdesk.server.dialects.steppergo.trip_events import TripEvents
from chatdesk.server.dialects.steppergo.vocabulary import TRIP, booked_by
from chatdesk.server.sockets import MISSING
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names


class RecordedTripEvents(TripEvents):
    """A driver who does not organize hears nothing, and may say for any trip where they are."""

    def audience(self, actor: Actor) -> ColumnElement[bool]:
        """Organizers, and passengers whose booking is not over."""
        held = booked_by(actor, names.BOOKING_PENDING, names.BOOKING_CONFIRMED)
        return or_(Order.owner_id == actor.id, Order.id.in_(held))

    def replayed_id(self, driver: User) -> str:
        """The account's id, while live positions have the driver record's."""
        return driver.id

    async def driven(self, actor: Actor, trip_id: str) -> Order | None:
        """Whichever trip is named; nothing where there is none."""
        try:
            trip = await self.core.orders.by_id(actor, trip_id)
        except Refused:
            return None
        return trip if trip.kind == TRIP else None


class RecordedSockets(Sockets):
    """As it was seen."""

    def __init__(self, sio: Any, context: Context) -> None:
        super().__init__(sio, context)
        self.trips = RecordedTripEvents(sio, context)

    async def departed(self, actor: Actor, departure: Departure) -> None:
        """Nobody is told that somebody who typed has gone."""

    async def session_began(self, sid: str) -> None:
        """A session is looked at when somebody connects, and never again."""

    async def session_ended(self, user_id: str, token: str) -> None:
        """Its connections stay."""

    async def begin(self, sid: str) -> None:
        """Nothing is asked."""

    async def types(self, sid: str, actor: Actor, payload: Any, *, is_typing: bool) -> None:
        """Told to whatever room is named; without an object to look into, the process ends."""
        if payload is None or payload is MISSING:
            self.crash()
            return
        where = payload.get("conversationId") if isinstance(payload, dict) else None
        await self.pushes.typing(actor.id, actor.name, where, is_typing=is_typing, skip_sid=sid)

    async def failed(self, sid: str, event: str, payload: Any, problem: Refused | BadRequest | None) -> None:  # noqa: ARG002
        """A sentence, and nothing that says what it is about."""
        own_failure = problem is None or isinstance(problem, Tripped) or event == names.EMIT_MARK_READ
        if isinstance(problem, Refused) and problem.reason is Reason.TEXT_NOT_STORABLE:
            own_failure = True
        text = FAILED[event] if own_failure and event in FAILED else error_text(event, problem)
        await self.pushes.error(sid, text)
