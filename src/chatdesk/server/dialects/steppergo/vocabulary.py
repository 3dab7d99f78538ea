"""What StepperGO calls things: roles, limits, refusals, and who has to do with a trip."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from chatdesk.server.core.access import Actor, Operation, Place, Policy
from chatdesk.server.core.accounts import TokenPlan
from chatdesk.server.core.clock import Clock
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.ids import CuidIds
from chatdesk.server.core.rules import Rules
from chatdesk.server.core.service import Words
from chatdesk.server.core.tables import Conversation, Lifecycle, MessageKind, Order, OrderLink, User
from chatdesk.wire.steppergo import names, texts

TRIP = "trip"
BOOKING = "booking"
SEAT_ON = "seat_on"
"""The link from a booking to its trip."""

DRIVER = "driver"
"""Key of the driver record in a profile; its `id` is not the account's."""
POSITION = "position"
"""Key of where a driver was last, in a profile."""
DEPARTURE = "departure_ms"

CHAT_LIMIT_CHARS = names.CONTENT_LIMIT_CHARS
EVENTS_PER_MINUTE = 600
FILE_LIMIT_BYTES = 5_000_000
TEXT_NOT_A_TEXT = "not a text"
"""Detail of a refused token that is no text at all."""

# Sentences of ours, where the recordings have none.
ERR_RATE = "Rate limit exceeded. Please slow down."
ERR_EVENTS = "Too many events. Please slow down."
ERR_CONNECTIONS = "Too many connections of this account"
ERR_LOGINS = "Too many failed logins. Please try again later."
ERR_TOO_LONG = "Message is too long"
ERR_NOT_TEXT = "Message content is invalid"
ERR_ROLE = "Your role may not do this"
ERR_BOOKING_NOT_FOUND = "Booking not found"
ERR_CLIENT_ID_REUSED = "This client id was used for another conversation"
ERR_CLOSED = "This conversation is closed"
ERR_NO_USER = "User not found"


@dataclass(frozen=True, slots=True)
class Refusal:
    """HTTP status and sentence for a refusal of the core."""

    status: int
    text: str


_REFUSALS = {
    Reason.NO_TOKEN: Refusal(401, texts.ERR_NO_SESSION),
    Reason.BAD_TOKEN: Refusal(401, texts.ERR_SESSION),
    Reason.UNKNOWN_HOLDER: Refusal(401, texts.ERR_SESSION),
    Reason.ROLE: Refusal(403, ERR_ROLE),
    Reason.NO_ACCOUNT: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.UNCONFIRMED: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.INACTIVE: Refusal(403, texts.ERR_SUSPENDED),
    Reason.WRONG_PASSWORD: Refusal(401, texts.ERR_CREDENTIALS),
    Reason.TOO_MANY_LOGINS: Refusal(429, ERR_LOGINS),
    Reason.REFRESH_INVALID: Refusal(401, texts.ERR_REFRESH),
    Reason.REFRESH_EXPIRED: Refusal(401, texts.ERR_REFRESH),
    Reason.NOTHING_TO_REVOKE: Refusal(401, texts.ERR_SESSION),
    Reason.USER_NOT_FOUND: Refusal(404, ERR_NO_USER),
    Reason.ORDER_NOT_FOUND: Refusal(404, texts.ERR_NO_TRIP),
    Reason.ORDER_DENIED: Refusal(403, texts.ERR_DENIED),
    Reason.STATUS_REFUSED: Refusal(400, texts.ERR_NOT_OPEN),
    Reason.CONVERSATION_NOT_FOUND: Refusal(403, texts.ERR_NOT_IN),
    Reason.CONVERSATION_DENIED: Refusal(403, texts.ERR_NOT_IN),
    Reason.CONVERSATION_CLOSED: Refusal(403, ERR_CLOSED),
    Reason.ASSET_NOT_FOUND: Refusal(404, texts.ERR_NO_TRIP),
    Reason.MESSAGE_NOT_FOUND: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.NOT_THE_AUTHOR: Refusal(403, ERR_ROLE),
    Reason.TEXT_TOO_LONG: Refusal(400, ERR_TOO_LONG),
    Reason.TEXT_NOT_STORABLE: Refusal(400, ERR_NOT_TEXT),
    Reason.RATE: Refusal(429, ERR_RATE),
    Reason.EVENT_RATE: Refusal(429, ERR_EVENTS),
    Reason.TOO_MANY_CONNECTIONS: Refusal(429, ERR_CONNECTIONS),
    Reason.CLIENT_ID_REUSED: Refusal(409, ERR_CLIENT_ID_REUSED),
    Reason.FILE_NOT_FOUND: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.FILE_CONTENT_GONE: Refusal(404, texts.ERR_NO_MESSAGE),
    Reason.FILE_TOO_LARGE: Refusal(413, ERR_TOO_LONG),
    Reason.FILE_TYPE: Refusal(400, ERR_NOT_TEXT),
    Reason.NOTIFICATION_NOT_FOUND: Refusal(404, texts.ERR_NO_MESSAGE),
}

OF_TOKENS = frozenset({Reason.NO_TOKEN, Reason.BAD_TOKEN, Reason.UNKNOWN_HOLDER})
"""Refusals that say that nobody is signed in."""


def refusal(problem: Refused) -> Refusal:
    """The platform's status and sentence."""
    return _REFUSALS[problem.reason]


def connect_text(problem: Refused) -> str:
    """What the handshake says."""
    if problem.reason is Reason.TOO_MANY_CONNECTIONS:
        return ERR_CONNECTIONS
    if problem.reason is Reason.NO_TOKEN:
        return texts.CONNECT_NO_TOKEN
    return texts.CONNECT_FAILED if problem.detail == TEXT_NOT_A_TEXT else texts.CONNECT_SESSION


def order_number() -> str:
    """The platform has no numbers; the core wants one that is free."""
    return f"S-{secrets.token_hex(6)}"


def driver_of(user: User) -> dict[str, Any] | None:
    """The driver record of an account; None for everybody else."""
    found = user.profile.get(DRIVER)
    return found if isinstance(found, dict) else None


class TripPolicy(Policy):
    """Trips are everybody's to look at; what is said about one is its driver's, organizer's and passengers'.

    A passenger is somebody with a confirmed booking. Administrators look at reported messages and hide them.
    """

    only = {  # noqa: RUF012 -- a table, read only
        Operation.CREATE_ORDER: (names.ROLE_PASSENGER,),
        Operation.TAKE_OVER: (names.ROLE_DRIVER,),
        Operation.HIDE_MESSAGE: (names.ROLE_ADMIN,),
        # What the platform has no way to ask for.
        Operation.DELETE_ORDER: (),
        Operation.ADD_ORDER_FILE: (),
        Operation.REMOVE_FILE: (),
        Operation.DELETE_MESSAGE: (),
        Operation.END: (),
        Operation.DELETE_CONVERSATION: (),
        Operation.ARCHIVE: (),
    }
    reveals = True

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def party(self, actor: Actor, *statuses: str) -> ColumnElement[bool]:
        """The condition on Order for trips of one's own: organized, driven, or booked in these statuses."""
        return or_(
            Order.owner_id == actor.id,
            Order.assignee_id == actor.id,
            Order.id.in_(booked_by(actor, *(statuses or (names.BOOKING_CONFIRMED,)))),
        )

    def orders(self, actor: Actor) -> ColumnElement[bool]:
        """Trips are public; a booking is its passenger's and theirs who run the trip."""
        trip = aliased(Order)
        run = (
            select(OrderLink.from_id)
            .join(trip, trip.id == OrderLink.to_id)
            .where(OrderLink.kind == SEAT_ON, or_(trip.owner_id == actor.id, trip.assignee_id == actor.id))
        )
        return or_(Order.kind == TRIP, Order.owner_id == actor.id, Order.id.in_(run))

    def reach(self, actor: Actor, operation: Operation) -> ColumnElement[bool]:
        """A conversation is begun about trips of one's own only."""
        if operation is Operation.OPEN:
            return and_(Order.kind == TRIP, self.party(actor))
        return self.orders(actor)

    def conversations(self, actor: Actor) -> ColumnElement[bool]:
        """Those about trips of one's own; all of them for administrators."""
        own = Conversation.order_id.in_(select(Order.id).where(Order.kind == TRIP, self.party(actor)))
        is_admin = actor.role == names.ROLE_ADMIN
        return and_(Conversation.lifecycle != Lifecycle.DELETED, true() if is_admin else own)

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        """Besides the tables: who writes takes part, the platform alone speaks as SYSTEM, drivers drive."""
        super().check(actor, operation, place)
        if operation in {Operation.SEND, Operation.MARK_READ, Operation.REPORT} and place.member is None:
            raise Refused(Reason.CONVERSATION_DENIED)
        if operation is Operation.SEND and place.wanted == MessageKind.SYSTEM:
            raise Refused(Reason.ROLE)
        if place.order is None:
            return
        if operation is Operation.TAKE_OVER:
            self._check_open(place.order)
        if operation is Operation.CHANGE_STATUS and place.order.kind == TRIP:
            _check_step(actor, place.order, place.wanted, self._clock.now_ms())
        elif operation is Operation.CHANGE_STATUS:
            _check_booking(actor, place.order, place.wanted)

    async def audience(self, session: AsyncSession, actor: Actor, place: Place) -> tuple[str, ...]:
        """Besides those of any order: passengers with a confirmed booking."""
        people = set(await super().audience(session, actor, place))
        if place.order is not None and place.order.kind == TRIP:
            booking = aliased(Order)
            rows = await session.scalars(
                select(booking.owner_id)
                .join(OrderLink, OrderLink.from_id == booking.id)
                .where(
                    OrderLink.to_id == place.order.id,
                    OrderLink.kind == SEAT_ON,
                    booking.status == names.BOOKING_CONFIRMED,
                )
            )
            people |= set(rows)
        return tuple(sorted(people - {actor.id}))

    def check_after_password(self, user: User, role: str) -> None:
        """At the drivers' own door (`role` given): a driver, neither rejected nor suspended."""
        super().check_after_password(user, role)
        driver = driver_of(user)
        if role == names.ROLE_DRIVER and driver is None:
            raise Refused(Reason.ROLE, detail=role)
        if role == names.ROLE_DRIVER and driver is not None and driver.get("status") in BARRED:
            raise Refused(Reason.INACTIVE, detail=str(driver["status"]))

    def _check_open(self, trip: Order) -> None:
        departs_ms = trip.details.get(DEPARTURE, 0)
        is_open = trip.status == names.STATUS_PUBLISHED and trip.assignee_id is None
        if trip.kind != TRIP or not is_open or departs_ms <= self._clock.now_ms():
            raise Refused(Reason.STATUS_REFUSED)


BARRED = frozenset({names.DRIVER_SUSPENDED, names.DRIVER_REJECTED})


def booked_by(actor: Actor, *statuses: str) -> Any:
    """Ids of the trips on which somebody has a booking; no statuses = in any."""
    booking = aliased(Order)
    found = (
        select(OrderLink.to_id)
        .join(booking, booking.id == OrderLink.from_id)
        .where(OrderLink.kind == SEAT_ON, booking.owner_id == actor.id)
    )
    return found.where(booking.status.in_(statuses)) if statuses else found


def _check_step(actor: Actor, trip: Order, wanted: str, now_ms: int) -> None:
    if trip.assignee_id != actor.id:
        raise Refused(Reason.ORDER_DENIED)
    if wanted not in names.TRANSITIONS.get(trip.status, ()):
        raise Refused(Reason.STATUS_REFUSED, detail=trip.status)
    if wanted == names.STATUS_COMPLETED and now_ms < trip.details.get(DEPARTURE, 0):
        raise Refused(Reason.STATUS_REFUSED, detail=trip.status)


def _check_booking(actor: Actor, booking: Order, wanted: str) -> None:
    """Whoever runs the trip confirms; both sides cancel. What is over stays over."""
    if booking.owner_id == actor.id and wanted != names.BOOKING_CANCELLED:
        raise Refused(Reason.ORDER_DENIED)
    steps = {
        names.BOOKING_PENDING: {names.BOOKING_CONFIRMED, names.BOOKING_CANCELLED},
        names.BOOKING_CONFIRMED: {names.BOOKING_CANCELLED},
    }
    if wanted not in steps.get(booking.status, set()):
        raise Refused(Reason.STATUS_REFUSED, detail=booking.status)


def words(policy: Policy) -> Words:
    """What the core has to know, with this policy."""
    return Words(
        platform=names.PLATFORM,
        tokens=TokenPlan(
            claims=lambda actor: {"sub": actor.id, "role": actor.role},
            subject=("sub",),
            role_claim="role",
            issuer=names.PLATFORM,
            audience=names.SIGNED_AUDIENCE,
            opaque=True,
        ),
        policy=policy,
        order_number=order_number,
        ids=CuidIds,
    )


RULES = Rules(
    message_limit_chars=CHAT_LIMIT_CHARS,
    messages_per_minute=names.MESSAGES_PER_MINUTE,
    events_per_minute=EVENTS_PER_MINUTE,
    access_ttl_s=names.SESSION_TTL_S,
    file_limit_bytes=FILE_LIMIT_BYTES,
    typing_timeout_s=names.TYPING_TIMEOUT_S,
    writing_reads=False,
    unread_since_joining=True,
)


def rules(base: Rules, **chosen: Any) -> Rules:
    """These limits, with what the person who starts the server has chosen, by field of Rules."""
    return replace(base, **chosen)
