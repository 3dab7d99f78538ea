"""The trip side of the socket: subscriptions of passengers and drivers, positions, offers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, or_

from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.order_views import Wanted
from chatdesk.server.core.tables import Order, User
from chatdesk.server.dialects.steppergo import positions, requests
from chatdesk.server.dialects.steppergo.context import Context
from chatdesk.server.dialects.steppergo.pushes import trip_room
from chatdesk.server.dialects.steppergo.vocabulary import POSITION, TRIP, booked_by, driver_of
from chatdesk.server.sockets import Handler
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names, texts

TRIPS_LIMIT = 500
"""Of one subscription."""


class TripEvents:
    """What is promised: only those who have to do with a trip hear of it, only its driver moves on it."""

    def __init__(self, sio: Any, context: Context) -> None:
        self.sio = sio
        self.context = context
        self.core = context.core
        self.pushes = context.pushes

    def handlers(self) -> Mapping[str, Handler]:
        """The events of clients."""
        return {
            names.EMIT_SUBSCRIBE: self._subscribe,
            names.EMIT_DRIVER_SUBSCRIBE: self._driver_subscribe,
            names.EMIT_DRIVER_UNSUBSCRIBE: self._driver_unsubscribe,
            names.EMIT_OFFER_ACCEPT: self._offer_accept,
            names.EMIT_OFFER_DECLINE: self._offer_decline,
            names.EMIT_POSITION: self._position,
        }

    async def _subscribe(self, sid: str, actor: Actor, payload: Any) -> None:
        trip_ids = requests.mapping(payload).get("tripIds")
        if not isinstance(trip_ids, list) or not trip_ids:
            raise BadRequest(texts.ERR_NO_TRIPS)
        wanted = [requests.id_of(one, "tripIds") for one in trip_ids[:TRIPS_LIMIT]]
        where = (Order.kind == TRIP, Order.id.in_(wanted), self.audience(actor))
        order_by = (Order.created_ms.asc(), Order.id.asc())
        views, _total = await self.core.orders.page(
            actor, Wanted(where=where, order_by=order_by), offset=0, limit=TRIPS_LIMIT
        )
        replayed = 0
        for view in views:
            await self.sio.enter_room(sid, trip_room(view.order.id))
            replayed += await self._replay(sid, view.order)
        answer = {
            "message": texts.OK_SUBSCRIBED,
            "tripIds": [view.order.id for view in views],
            "locationsReplayed": replayed,
        }
        await self.pushes.say(sid, names.EVENT_SUBSCRIBED, answer)

    async def _replay(self, sid: str, trip: Order) -> int:
        if trip.assignee_id is None:
            return 0
        driver = await self.context.user(trip.assignee_id)
        position = positions.last_of(driver, self.core.clock.now_ms())
        if position is None:
            return 0
        record = positions.record(trip, self.replayed_id(driver), position)
        await self.pushes.position(record, sid=sid)
        return 1

    async def _driver_subscribe(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- no filters
        if actor.role != names.ROLE_DRIVER:
            raise BadRequest(texts.ERR_ONLY_DRIVERS_OFFERS)
        answer = {"message": "Successfully subscribed to trip offers"}
        await self.pushes.say(sid, names.EVENT_DRIVER_SUBSCRIBED, answer)

    async def _driver_unsubscribe(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- nothing asked
        answer = {"message": "Successfully unsubscribed from trip offers"}
        await self.pushes.say(sid, names.EVENT_DRIVER_UNSUBSCRIBED, answer)

    async def _offer_accept(self, sid: str, actor: Actor, payload: Any) -> None:
        body = requests.mapping(payload)
        if actor.role != names.ROLE_DRIVER:
            raise BadRequest(texts.ERR_ONLY_DRIVERS_ACCEPT)
        trip_id = requests.id_of(body.get("tripId"), "tripId")
        try:
            trip = await self.core.orders.by_id(actor, trip_id)
        except Refused:
            trip = None
        if trip is None or trip.status not in names.STATUSES_OPEN_FOR_DRIVERS or trip.assignee_id is not None:
            text = texts.ERR_NO_TRIP if trip is None else texts.ERR_NOT_OPEN
            await self.pushes.say(sid, names.EVENT_OFFER_ERROR, {"tripId": trip_id, "message": text})
            return
        # Nothing is stored: the real acceptance goes over REST.
        answer = {"tripId": trip_id, "message": "Trip offer accepted. Please confirm."}
        await self.pushes.say(sid, names.EVENT_OFFER_ACCEPTED, answer)

    async def _offer_decline(self, sid: str, actor: Actor, payload: Any) -> None:  # noqa: ARG002 -- anybody may
        trip_id = requests.id_of(requests.mapping(payload).get("tripId"), "tripId")
        answer = {"tripId": trip_id, "message": "Trip offer declined"}
        await self.pushes.say(sid, names.EVENT_OFFER_DECLINED, answer)

    async def _position(self, sid: str, actor: Actor, payload: Any) -> None:
        body = requests.mapping(payload)
        if actor.role != names.ROLE_DRIVER:
            raise BadRequest(texts.ERR_ONLY_DRIVERS_POSITION)
        driver = await self.context.user(actor.id)
        if driver_of(driver) is None:
            raise BadRequest(texts.ERR_NO_DRIVER)
        position = positions.checked(body) | {positions.AT: self.core.clock.now_ms()}
        trip = None
        if body.get("tripId"):
            trip = await self.driven(actor, requests.id_of(body["tripId"], "tripId"))
        before = driver.profile.get(POSITION)
        kept = {**before, **position} if isinstance(before, dict) else position
        await self.core.accounts.note(actor.id, {POSITION: kept})
        if trip is not None:
            record_id = str((driver_of(driver) or {}).get("id", ""))
            await self.pushes.position(positions.record(trip, record_id, position))
        await self.pushes.say(sid, names.EVENT_POSITION_STORED, {"message": texts.OK_POSITION})

    # -- what the recorded servers do otherwise

    def audience(self, actor: Actor) -> ColumnElement[bool]:
        """The condition on Order for trips that somebody may subscribe to."""
        held = booked_by(actor, names.BOOKING_PENDING, names.BOOKING_CONFIRMED)
        return or_(Order.owner_id == actor.id, Order.assignee_id == actor.id, Order.id.in_(held))

    def replayed_id(self, driver: User) -> str:
        """Who a driver is called in a replay."""
        return str((driver_of(driver) or {}).get("id", driver.id))

    async def driven(self, actor: Actor, trip_id: str) -> Order | None:
        """The trip that a position is for; raises Refused, BadRequest where it is somebody else's."""
        trip = await self.core.orders.by_id(actor, trip_id)
        if trip.kind != TRIP:
            raise Refused(Reason.ORDER_NOT_FOUND)
        if trip.assignee_id != actor.id:
            raise BadRequest(texts.ERR_NOT_ASSIGNED)
        return trip
