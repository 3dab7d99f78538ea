"""Packages meet trips: the chat that follows by itself, and what becomes of them told in it.

There is one chat for each pair of sender and traveller, whatever they send and carry; it shows the newest
package and trip that brought them together, and every step of every one of them stands in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import or_, select

from chatdesk.server.core.access import Actor, Operation, Place
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Shown, append
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.orders import Changed, Edit, Telling
from chatdesk.server.core.tables import Conversation, Lifecycle, Order, OrderLink, Party
from chatdesk.server.dialects.fakomame import items, records
from chatdesk.server.dialects.fakomame.context import Context
from chatdesk.server.dialects.fakomame.policy import check_owner
from chatdesk.server.dialects.fakomame.vocabulary import CARRIED_BY, PACKAGE, SENDER
from chatdesk.wire.fakomame import names

MATCHED_LINE = "Package “{package}” goes with the trip “{trip}”."
STATUS_LINE = "{kind} “{title}”: {status}."
ABOUT_LINE = "This chat is now about {kind} “{title}”."
MATCH_TITLE = "Package matched"
STATUS_TITLE = "{kind} status changed"
EVENTS = {
    names.PACKAGE_MATCHED: ("MATCHED",),
    names.PACKAGE_IN_TRANSIT: ("PICKED_UP", "IN_TRANSIT"),
    names.PACKAGE_DELIVERED: ("DELIVERED",),
    "DISPUTED": ("EXCEPTION",),
}
"""What is noted of a package's way when it comes to a status."""


def pair_key(one: str, other: str) -> str:
    """What there is one chat of: two people, in no order."""
    return ":".join(sorted((one, other)))


async def match(context: Context, actor: Actor, package: Order, trip: Order) -> Changed:
    """Bring a package together with a trip, as its sender or as the traveller.

    Raises Refused: ORDER_DENIED (neither of the two), STATUS_REFUSED (not on offer any more).
    """
    if actor.id not in {package.owner_id, trip.owner_id} and actor.role != names.ROLE_ADMIN:
        raise Refused(Reason.ORDER_DENIED, detail=PACKAGE)
    if package.owner_id == trip.owner_id:
        raise Refused(Reason.STATUS_REFUSED, detail=PACKAGE)

    def edit(order: Order) -> None:
        order.assignee_id = trip.owner_id
        _note(context, order, names.PACKAGE_MATCHED, trip.id)

    async def also(session: WriteSession, order: Order) -> None:
        session.add(OrderLink(from_id=order.id, kind=CARRIED_BY, to_id=trip.id))
        key = (trip.id, SENDER, order.owner_id)
        if await session.get(Party, key) is None:
            session.add(Party(order_id=trip.id, role=SENDER, user_id=order.owner_id))
        chat = await _chat_of_pair(context, session, order, trip)
        line = MATCHED_LINE.format(package=order.title, trip=trip.title)
        _tell(context, session, [chat], line, order, trip)

    def notify(order: Order, recipients: Sequence[str]) -> Sequence[Draft]:
        body = MATCHED_LINE.format(package=order.title, trip=trip.title)
        facts = records.about(order, trip)
        return [_draft(one, actor, names.NOTICE_MATCH, MATCH_TITLE, body, facts) for one in recipients]

    telling = Telling(notify=notify, push=_in_silence, also=also)
    return await context.core.orders.update(
        actor, package.id, edit, telling, status=names.PACKAGE_MATCHED, operation=Operation.TAKE_OVER
    )


async def _chat_of_pair(context: Context, session: WriteSession, package: Order, trip: Order) -> Conversation:
    """The one chat of a sender and a traveller, begun if need be, now about these."""
    opening = Opening(
        kind=names.CHAT_CHAT,
        key=pair_key(package.owner_id, trip.owner_id),
        order_id=package.id,
        other_order_id=trip.id,
        members={package.owner_id: names.ROLE_SENDER, trip.owner_id: names.ROLE_TRAVELER},
    )
    opened = await context.core.conversations.opened(session, opening, order=package)
    chat = opened.place.chat
    chat.order_id, chat.other_order_id = package.id, trip.id
    if opened.created:
        session.after_commit(lambda: context.pushes.let_in(chat.id, (package.owner_id, trip.owner_id)))
    return chat


async def change(
    context: Context, actor: Actor, order: Order, status: str, edit: Edit | None = None
) -> Changed:
    """A change of a package or trip; a new status is told in every chat that it concerns.

    Raises Refused: ORDER_DENIED, STATUS_REFUSED.
    """
    moved = bool(status) and status != order.status
    if not moved and actor.role != names.ROLE_ADMIN:
        check_owner(actor, order)
    if actor.id != order.owner_id:
        edit = None  # the traveller says how far a package is, and changes nothing else of it

    def edited(row: Order) -> None:
        if edit is not None:
            edit(row)
        if moved and row.kind == PACKAGE:
            _note(context, row, status)

    async def also(session: WriteSession, row: Order) -> None:
        if moved:
            chats = await _chats_of(session, row)
            line = _status_line(row)
            package, trip = (row, None) if row.kind == PACKAGE else (None, row)
            _tell(context, session, chats, line, package, trip)

    def notify(row: Order, recipients: Sequence[str]) -> Sequence[Draft]:
        if not moved:
            return ()
        delivered = row.kind == PACKAGE and row.status == names.PACKAGE_DELIVERED
        kind = names.NOTICE_DELIVERY if delivered else names.NOTICE_ALERT
        facts = records.about(row) if row.kind == PACKAGE else records.about(trip=row)
        title = STATUS_TITLE.format(kind=records.kind_of(row))
        return [_draft(one, actor, kind, title, _status_line(row), facts) for one in recipients]

    telling = Telling(notify=notify, push=_in_silence, also=also)
    return await context.core.orders.update(actor, order.id, edited, telling, status=status if moved else "")


def _status_line(order: Order) -> str:
    labels = names.PACKAGE_LABELS if order.kind == PACKAGE else names.TRIP_LABELS
    status = labels.get(order.status, order.status)
    return STATUS_LINE.format(kind=records.kind_of(order), title=order.title, status=status)


def _note(context: Context, order: Order, status: str, trip_id: str | None = None) -> None:
    """Add the steps of a package's way that a status stands for; on the trip of the step before."""
    now_ms = context.core.clock.now_ms()
    way = order.details.get(items.TRACKING, [])
    trip_id = trip_id or (way[-1]["tripId"] if way else None)
    steps = [
        items.tracking_event(event, order, trip_id, context.core.ids.new(), now_ms)
        for event in EVENTS.get(status, ())
    ]
    order.details = {**order.details, items.TRACKING: [*way, *steps]}


async def _chats_of(session: WriteSession, order: Order) -> list[Conversation]:
    """The chats about a package or trip, and those of the pairs that it has brought together."""
    if order.kind == PACKAGE:
        pairs = [(order.owner_id, order.assignee_id)] if order.assignee_id else []
    else:
        carried = select(OrderLink.from_id).where(OrderLink.to_id == order.id, OrderLink.kind == CARRIED_BY)
        owners = await session.scalars(select(Order.owner_id).where(Order.id.in_(carried)).distinct())
        pairs = [(owner, order.owner_id) for owner in owners]
    keys = [pair_key(*pair) for pair in pairs]
    rows = await session.scalars(
        select(Conversation)
        .where(
            Conversation.platform == order.platform,
            Conversation.lifecycle == Lifecycle.ACTIVE,
            or_(
                Conversation.order_id == order.id,
                Conversation.other_order_id == order.id,
                Conversation.key.in_(keys),
            ),
        )
        .order_by(Conversation.created_ms, Conversation.id)
    )
    return list(rows)


def _tell(
    context: Context,
    session: WriteSession,
    chats: Sequence[Conversation],
    line: str,
    package: Order | None,
    trip: Order | None,
) -> None:
    """A system line in each of these chats, pushed after the commit."""
    now_ms = context.core.clock.now_ms()
    about = {key: value for key, value in records.context(package, trip).items() if value is not None}
    body = Body(extras={records.CONTEXT: about})
    lines = [
        append(session, context.core.ids, one, text=line, sender_id=None, now_ms=now_ms, body=body)
        for one in chats
    ]

    async def push() -> None:
        for one in lines:
            await context.pushes.message(Shown(message=one, order_id="", author=None))

    session.after_commit(push)


def _draft(recipient_id: str, actor: Actor, kind: str, title: str, body: str, facts: records.Record) -> Draft:
    return Draft(
        recipient_id=recipient_id, sender_id=actor.id, kind=kind, title=title, body=body, facts=facts
    )


async def start(context: Context, actor: Actor, other_id: str, order: Order, kind: str) -> tuple[str, bool]:
    """The chat of two people, begun or turned to a package or trip; its id, and whether it is new.

    Raises Refused: ROLE (it is neither's business), USER_NOT_FOUND.
    """
    people = {order.owner_id, order.assignee_id}
    if actor.id == other_id or not people & {actor.id, other_id}:
        raise Refused(Reason.ROLE)
    of_pair = kind == names.CHAT_CHAT
    key = pair_key(actor.id, other_id)
    new = Opening(
        kind=kind,
        key=key if of_pair else f"{kind}:{order.id}:{key}",
        members={actor.id: actor.role, other_id: ""},
    )
    new = replace(new, order_id=order.id) if order.kind == PACKAGE else replace(new, other_order_id=order.id)
    async with context.core.database.writing() as session:
        context.core.access.policy.check(actor, Operation.OPEN, Place(order=order))
        opened = await context.core.conversations.opened(session, new)
        chat = opened.place.chat
        if opened.created:
            session.after_commit(lambda: context.pushes.let_in(chat.id, (actor.id, other_id)))
        elif order.id not in {chat.order_id, chat.other_order_id}:
            package, trip = (order, None) if order.kind == PACKAGE else (None, order)
            if package is not None:
                chat.order_id = package.id
            else:
                chat.other_order_id = order.id
            line = ABOUT_LINE.format(kind=records.kind_of(order).lower(), title=order.title)
            _tell(context, session, [chat], line, package, trip)
        return chat.id, opened.created


async def _in_silence(_changed: Changed) -> None:
    """Lines and chats are told by themselves."""
