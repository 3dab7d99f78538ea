"""Bookings as the platform promises them: offered, taken over, moved on; their sessions follow."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, select

from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Actor
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.order_views import OrderView, Wanted
from chatdesk.server.core.orders import Changed, Notify, Telling, nobody
from chatdesk.server.core.service import Core
from chatdesk.server.core.tables import Order, OrderLink, User
from chatdesk.server.dialects.omw import booking_records as forms
from chatdesk.server.dialects.omw import records
from chatdesk.server.dialects.omw.chats import Chats
from chatdesk.server.dialects.omw.pushes import Pushes, parties
from chatdesk.server.dialects.omw.vocabulary import (
    BOOKING,
    FINISHED,
    OFFERS,
    OTP_LIFE_S,
    OTP_PAUSE_S,
    PAYMENT_REQUIRED,
    REQUEST,
    WORKER_STATUSES,
)
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

TIMEOUT = "timeout"
MOST_TRIES = 5
OTP_MAIL = "otp_email"
"""Kind of the notification that takes a code to its customer: what an operator sends out as an e-mail."""

ERR_NOT_ARRIVED = "OTP can only be used after you have arrived"
ERR_OTP_NONE = "No OTP found. Please generate a new one."
ERR_OTP_EXPIRED = "OTP has expired. Please generate a new one."
ERR_SELFIE = "Selfie verification required before job completion"
ERR_CANCEL = "Only assigned bookings can be cancelled"
ERR_PAYMENT = "Payment is not required for this booking"
OK_OTP_MAIL = "OTP sent to the customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A booking that was offered to a worker."""

    request: Order
    booking: Order
    customer: User


class Bookings:
    """The bookings of the platform."""

    shows_code = False
    """Whether the worker sees the code that the customer should tell at the door."""

    def __init__(self, core: Core, chats: Chats, pushes: Pushes) -> None:
        self.core = core
        self.chats = chats
        self.pushes = pushes

    # -- requests

    async def offers(self, actor: Actor, status: str = "all") -> list[Offer]:
        """What was offered to a worker, the newest first; cancelled bookings are left out."""
        wanted = Wanted(kind=REQUEST, owner_id=actor.id, order_by=(_number_of_request().desc(),))
        most = self.core.rules.page_limit_max
        views, _total = await self.core.orders.page(actor, wanted, offset=0, limit=most)
        requests = [view.order for view in views]
        linked = await self.core.orders.linked([one.id for one in requests], OFFERS)
        bookings = {key: found[0] for key, found in linked.items()}
        customers = await self.core.accounts.by_ids({one.owner_id for one in bookings.values()})
        offers = [
            Offer(request=one, booking=bookings[one.id], customer=customers[bookings[one.id].owner_id])
            for one in requests
            if one.id in bookings
        ]
        return [one for one in offers if _is(one, status)]

    async def offer(self, actor: Actor, number: str) -> Offer:
        """One of them; ORDER_NOT_FOUND."""
        found = [one for one in await self.offers(actor, "") if one.request.id == forms.request_id(number)]
        if not found:
            raise Refused(Reason.ORDER_NOT_FOUND)
        return found[0]

    async def accept(self, actor: Actor, number: str) -> None:
        """Take a booking over, from a request that waits; its session is made in the same transaction."""
        offer = await self.offer(actor, number)
        if offer.request.status != names.STATUS_PENDING:
            raise BadRequest(texts.ERR_PROCESSED)

        async def also(session: WriteSession, order: Order) -> None:
            await self._answer(session, offer.request.id, names.REQUEST_ACCEPTED, names.STATUS_PENDING)
            await self.taken(session, order, offer.request.id, actor)

        async def push(changed: Changed) -> None:
            await self.moved(changed)
            more = {"provider_id": await self._profile(actor)}
            await self.pushes.booking(names.EVENT_ASSIGNED, changed.order, parties(changed.order), **more)

        await self.core.orders.take_over(
            actor, offer.booking.id, names.STATUS_ASSIGNED, Telling(push=push, also=also)
        )

    async def taken(self, session: WriteSession, order: Order, request_id: str, actor: Actor) -> None:
        """A booking was accepted: others who were asked are too late, and its two people can talk."""
        others = select(OrderLink.from_id).where(OrderLink.kind == OFFERS, OrderLink.to_id == order.id)
        rows = await session.scalars(
            select(Order).where(
                Order.id.in_(others), Order.id != request_id, Order.status == names.STATUS_PENDING
            )
        )
        for row in rows:
            row.status = TIMEOUT
        await self.chats.begin(session, order, f"{actor.name} has accepted the booking.")

    async def give_back(self, actor: Actor, number: str) -> None:
        """A worker does not carry out what they had accepted: it is open again, and its session ends."""
        offer = await self.offer(actor, number)
        if offer.request.status != names.REQUEST_ACCEPTED:
            raise BadRequest(texts.ERR_ONLY_ACCEPTED)

        async def also(session: WriteSession, order: Order) -> None:
            await self._answer(session, offer.request.id, names.REQUEST_REJECTED, names.REQUEST_ACCEPTED)
            await self.given_back(session, order)

        async def push(changed: Changed) -> None:
            await self.moved(changed)
            more = {"request_id": int(number), "status": names.REQUEST_REJECTED}
            await self.pushes.booking(names.EVENT_REQUEST_UPDATED, changed.order, (actor.id,), **more)

        def edit(order: Order) -> None:
            order.assignee_id = None

        telling = Telling(push=push, also=also)
        await self.core.orders.update(actor, offer.booking.id, edit, telling, status=names.STATUS_PENDING)

    async def given_back(self, session: WriteSession, order: Order) -> None:
        """The session of a booking ends with who carried it out."""
        await self.chats.release(session, order, end=True)

    async def _answer(self, session: WriteSession, request_id: str, status: str, before: str) -> None:
        row = await session.get(Order, request_id)
        if row is None or row.status != before:
            raise BadRequest(texts.ERR_PROCESSED)
        row.status = status
        row.details = {**row.details, forms.ANSWERED: self.core.clock.now_ms()}

    async def _profile(self, actor: Actor) -> int | None:
        return records.profile_id((await self.core.accounts.by_ids({actor.id})).get(actor.id))

    # -- looking

    async def view(self, actor: Actor, booking_id: str) -> OrderView:
        """A booking of the actor's, with its people; ORDER_NOT_FOUND, ORDER_DENIED."""
        order = await self.core.orders.by_id(actor, booking_id)
        if order.kind != BOOKING:
            raise Refused(Reason.ORDER_NOT_FOUND)
        people = await self.core.accounts.by_ids({order.owner_id, order.assignee_id or ""})
        return OrderView(
            order=order, owner=people[order.owner_id], assignee=people.get(order.assignee_id or ""), assets={}
        )

    async def listed(
        self, actor: Actor, where: Sequence[ColumnElement[bool]], *, offset: int, limit: int
    ) -> tuple[list[OrderView], int]:
        """Bookings for which these conditions hold, the newest first, with their people; and how many."""
        wanted = Wanted(kind=BOOKING, where=tuple(where), order_by=(cast(Order.id, Integer).desc(),))
        views, total = await self.core.orders.page(actor, wanted, offset=offset, limit=limit)
        workers = await self.core.accounts.by_ids({view.order.assignee_id or "" for view in views})
        return [
            OrderView(
                order=view.order,
                owner=view.owner,
                assignee=workers.get(view.order.assignee_id or ""),
                assets={},
            )
            for view in views
        ], total

    # -- moving on

    async def set_status(self, actor: Actor, booking_id: str, status: object) -> str:
        """A worker's change of status; raises Refused, BadRequest."""
        if status not in WORKER_STATUSES:
            raise BadRequest(texts.ERR_STATUS_PREFIX + ", ".join(WORKER_STATUSES))
        view = await self.view(actor, booking_id)
        selfie = view.order.details
        if status == names.STATUS_COMPLETED and selfie.get("selfie_verification_required"):
            raise BadRequest(ERR_SELFIE, 400, success=False, requires_selfie=True, selfie_status="pending")
        await self._move(actor, booking_id, str(status))
        return str(status)

    async def cancel(self, actor: Actor, booking_id: str, *, only_from: str = "") -> None:
        """Cancel a booking: its session ends."""
        if only_from and (await self.view(actor, booking_id)).order.status != only_from:
            raise BadRequest(ERR_CANCEL)
        await self._move(actor, booking_id, names.STATUS_CANCELLED)

    async def pay(self, actor: Actor, booking_id: str) -> None:
        """A customer has paid what was due: the booking is complete."""
        self.check_payable((await self.view(actor, booking_id)).order)
        await self._move(actor, booking_id, names.STATUS_COMPLETED)

    def check_payable(self, order: Order) -> None:
        """Only what is due can be paid; raises BadRequest."""
        if order.status != PAYMENT_REQUIRED:
            raise BadRequest(ERR_PAYMENT)

    async def _move(self, actor: Actor, booking_id: str, status: str) -> None:
        telling = Telling(line=self.line, push=self.moved, also=self.lived)
        await self.core.orders.set_status(actor, booking_id, status, telling)

    def line(self, order: Order) -> str:
        """The notification of the system in the booking's session; none where that ends with it."""
        if order.status in FINISHED:
            return ""
        return f"Booking status: {names.STATUS_LABELS.get(order.status, order.status)}"

    async def lived(self, session: WriteSession, order: Order) -> None:
        """Completed: the session is deleted with everything in it. Cancelled: it ends."""
        if order.status == names.STATUS_COMPLETED:
            await self.chats.wipe(session, order)
        elif order.status == names.STATUS_CANCELLED:
            await self.chats.release(session, order, end=True)

    async def moved(self, changed: Changed) -> None:
        """Tell customer and worker."""
        await self.chats.tell_lines(changed.lines)
        await self.pushes.booking_status(changed.order)

    # -- the code of arrival

    async def send_code(self, actor: Actor, booking_id: str) -> str:
        """Make a code for the customer, who tells it at the door; until when it is good. BadRequest."""
        order = (await self.view(actor, booking_id)).order
        self.check_arrived(order)
        self.check_pause(order)
        return iso((await self._new_code(actor, order))[1])

    async def customers_code(self, actor: Actor, booking_id: str) -> tuple[str, int]:
        """The customer's code, made if there is none; and until when it is good."""
        order = (await self.view(actor, booking_id)).order
        code, expires_ms = order.details.get(forms.OTP_CODE), order.details.get(forms.OTP_EXPIRES)
        if isinstance(code, str) and isinstance(expires_ms, int) and expires_ms > self.core.clock.now_ms():
            return code, expires_ms
        self.check_arrived(order)
        return await self._new_code(actor, order)

    async def _new_code(self, actor: Actor, order: Order) -> tuple[str, int]:
        code = f"{secrets.randbelow(10**names.OTP_DIGITS):0{names.OTP_DIGITS}d}"
        now_ms = self.core.clock.now_ms()
        expires_ms = now_ms + OTP_LIFE_S * 1_000
        facts = {
            forms.OTP_CODE: code,
            forms.OTP_EXPIRES: expires_ms,
            forms.OTP_ASKED: now_ms,
            forms.OTP_TRIES: 0,
        }

        def mail(booking: Order, _recipients: Sequence[str]) -> Sequence[Draft]:
            text = f"The code for your booking {booking.id} is {code}. Tell it to the worker at the door."
            return [
                Draft(
                    recipient_id=booking.owner_id,
                    kind=OTP_MAIL,
                    title="Your code",
                    body=text,
                    expires_ms=expires_ms,
                )
            ]

        await self.note(actor, order, facts, mail)
        return code, expires_ms

    async def note(self, actor: Actor, order: Order, facts: dict[str, Any], mail: Notify = nobody) -> None:
        """Write down what is known of a booking's code, in silence but for the mail."""

        def edit(row: Order) -> None:
            row.details = {**row.details, **facts}

        await self.core.orders.update(actor, order.id, edit, Telling(notify=mail, push=_in_silence))

    async def verify_code(self, actor: Actor, booking_id: str, code: object) -> str:
        """The customer has told the code: the work begins. The new status; raises Refused, BadRequest."""
        if not isinstance(code, str) or len(code) != names.OTP_DIGITS or not code.isdecimal():
            raise BadRequest(texts.ERR_OTP_FORMAT)
        order = (await self.view(actor, booking_id)).order
        self.check_arrived(order)
        right, expires_ms = order.details.get(forms.OTP_CODE), order.details.get(forms.OTP_EXPIRES)
        tries = order.details.get(forms.OTP_TRIES, 0)
        if not isinstance(right, str) or not isinstance(expires_ms, int) or tries >= MOST_TRIES:
            raise BadRequest(ERR_OTP_NONE)
        if expires_ms <= self.core.clock.now_ms():
            raise BadRequest(ERR_OTP_EXPIRED)
        if not hmac.compare_digest(right.encode(), code.encode()):
            await self.note(actor, order, {forms.OTP_TRIES: tries + 1})
            raise BadRequest(texts.ERR_OTP_WRONG)

        def edit(row: Order) -> None:
            started = records.db_time(self.core.clock.now_ms())
            row.details = {**row.details, forms.OTP_CODE: None, "service_started_at": started}

        async def push(changed: Changed) -> None:
            await self.moved(changed)
            more = {"status": changed.order.status}
            await self.pushes.booking(names.EVENT_OTP_VERIFIED, changed.order, parties(changed.order), **more)

        telling = Telling(line=self.line, push=push)
        await self.core.orders.update(actor, booking_id, edit, telling, status=names.STATUS_IN_PROGRESS)
        return names.STATUS_IN_PROGRESS

    async def code_status(self, actor: Actor, booking_id: str) -> records.Record:
        """Whether the customer has a code, and whether it is still good."""
        order = (await self.view(actor, booking_id)).order
        code, expires_ms = order.details.get(forms.OTP_CODE), order.details.get(forms.OTP_EXPIRES)
        valid = None
        message = texts.OTP_NONE
        if code and isinstance(expires_ms, int):
            valid = expires_ms > self.core.clock.now_ms()
            message = texts.OTP_ACTIVE if valid else ERR_OTP_EXPIRED
        return {
            "success": True,
            "has_otp": bool(code),
            "otp_valid": valid,
            "expires_at": records.db_time(expires_ms) if code else None,
            "service_status": order.status,
            "message": message,
        }

    def check_arrived(self, order: Order) -> None:
        """Codes are for workers at the door; raises BadRequest."""
        if order.status != names.STATUS_ARRIVED:
            raise BadRequest(ERR_NOT_ARRIVED)

    def check_pause(self, order: Order) -> None:
        """Codes are not asked for one after the other; raises BadRequest with 429."""
        asked_ms = order.details.get(forms.OTP_ASKED)
        if not isinstance(asked_ms, int):
            return
        left_ms = asked_ms + OTP_PAUSE_S * 1_000 - self.core.clock.now_ms()
        if left_ms > 0:
            raise BadRequest(texts.OTP_SOON.format(minutes=-(-left_ms // 60_000)), 429)


async def _in_silence(_changed: Changed) -> None:
    """Codes are told to their customer alone."""


def _is(offer: Offer, status: str) -> bool:
    """Whether an offer belongs to this list; '' = any, also of cancelled bookings."""
    if not status:
        return True
    if offer.booking.status == names.STATUS_CANCELLED:
        return False
    done = offer.booking.status == names.STATUS_COMPLETED
    if status == names.STATUS_COMPLETED:
        return done and offer.request.status == names.REQUEST_ACCEPTED
    if status == names.REQUEST_ACCEPTED:
        return offer.request.status == names.REQUEST_ACCEPTED and not done
    return status in {"all", offer.request.status}


def _number_of_request() -> ColumnElement[int]:
    return cast(func.substr(Order.id, len(forms.REQUEST_PREFIX) + 1), Integer)
