"""Who sees and may do what at Fakomame, as the platform's requirement document promises it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select, true

from chatdesk.server.core.access import Actor, Operation, Place, Policy
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import Order, Party
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE, TRIP
from chatdesk.wire.fakomame import names

CARRIERS = (names.ROLE_TRAVELER, names.ROLE_COURIER)
ON_OFFER = {
    PACKAGE: (names.PACKAGE_POSTED,),
    TRIP: (names.TRIP_POSTED, names.TRIP_ACTIVE),
}
"""Statuses in which everybody may look at somebody else's package or trip."""
STEPS = {
    names.PACKAGE_MATCHED: names.PACKAGE_IN_TRANSIT,
    names.PACKAGE_IN_TRANSIT: names.PACKAGE_DELIVERED,
}
"""What a traveller may make of a package that goes with a trip of theirs."""


class FakomamePolicy(Policy):
    """A chat is its participants'; packages and trips on offer are everybody's to see, others their people's.

    A package's people are its sender, its receiver and the traveller who takes it; a trip's its traveller and
    the senders whose packages go with it. The platform's administrators see every package and trip, no chat.
    """

    only = {  # noqa: RUF012 -- a table, read only
        Operation.CREATE_ORDER: (*names.ROLES,),
        # What the platform has no way to ask for.
        Operation.DELETE_ORDER: (),
        Operation.ADD_ORDER_FILE: (),
        Operation.REMOVE_FILE: (),
        Operation.MARK_READ: (),
        Operation.DELETE_MESSAGE: (),
        Operation.REPORT: (),
        Operation.HIDE_MESSAGE: (),
        Operation.END: (),
        Operation.DELETE_CONVERSATION: (),
        Operation.ARCHIVE: (),
    }

    def orders(self, actor: Actor) -> ColumnElement[bool]:
        """What is on offer, and what the person has to do with."""
        if actor.role == names.ROLE_ADMIN:
            return true()
        offered = [
            and_(Order.kind == kind, Order.status.in_(statuses)) for kind, statuses in ON_OFFER.items()
        ]
        if not actor.id:
            return or_(*offered)
        party = select(Party.order_id).where(Party.user_id == actor.id)
        return or_(*offered, Order.owner_id == actor.id, Order.assignee_id == actor.id, Order.id.in_(party))

    def check(self, actor: Actor, operation: Operation, place: Place) -> None:
        """Besides the table: who may send and travel, match, and change what."""
        if operation is not Operation.CREATE_ORDER and not actor.id and operation is not Operation.SEE_ORDER:
            raise Refused(Reason.NO_TOKEN)
        super().check(actor, operation, place)
        if operation is Operation.CREATE_ORDER:
            may = CARRIERS if place.wanted == TRIP else (names.ROLE_SENDER,)
            if actor.role not in (*may, names.ROLE_ADMIN):
                raise Refused(Reason.ROLE, detail=",".join(may))
        if place.order is not None and operation is Operation.CHANGE_STATUS:
            check_change(actor, place.order, place.wanted)
        if place.order is not None and operation is Operation.TAKE_OVER:
            _check_match(actor, place.order)


def check_change(actor: Actor, order: Order, wanted: str) -> None:
    """The owner changes a package before it moves, and a trip before it is done; the traveller moves it."""
    if actor.role == names.ROLE_ADMIN:
        return
    if order.kind == PACKAGE and order.assignee_id == actor.id:
        if STEPS.get(order.status) != wanted:
            raise Refused(Reason.STATUS_REFUSED, detail=PACKAGE)
        return
    check_owner(actor, order)


def check_owner(actor: Actor, order: Order) -> None:
    """Only its owner, and only until a package moves or a trip is done."""
    if order.owner_id != actor.id:
        raise Refused(Reason.ORDER_DENIED, detail=order.kind)
    if order.kind == PACKAGE and order.status in names.PACKAGE_LOCKED:
        raise Refused(Reason.STATUS_REFUSED, detail=names.PACKAGE_IN_TRANSIT)
    if order.kind == TRIP and order.status in names.TRIP_LOCKED:
        raise Refused(Reason.STATUS_REFUSED, detail=TRIP)


def _check_match(actor: Actor, order: Order) -> None:
    """A package and a trip that are on offer; the sender or the traveller brings them together."""
    if order.status not in ON_OFFER[order.kind]:
        raise Refused(Reason.STATUS_REFUSED, detail=order.kind)
    may = (*CARRIERS, names.ROLE_ADMIN)
    if order.kind == PACKAGE and order.owner_id != actor.id and actor.role not in may:
        raise Refused(Reason.ORDER_DENIED, detail=PACKAGE)
