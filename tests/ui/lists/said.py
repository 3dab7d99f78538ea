"""Things that happen in the scene's store while a test looks on."""

from __future__ import annotations

import itertools

from chatdesk.domain.events import MessageSeen, OrderSeen, Stamped, StoredEvent
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, OrderKind, Source
from chatdesk.domain.ordering import Stamp
from tests.shots.seat import NOON_US, Seat

_ARRIVALS = itertools.count(100_000)
WAIT_S = 20.0


def apply(seat: Seat, *events: StoredEvent) -> int:
    """Apply events as if they had just arrived; the number of the commit."""
    stamped = [Stamped(Stamp(9, next(_ARRIVALS)), event) for event in events]
    return seat.store.apply(seat.account.id, stamped).result(WAIT_S)


def a_message(number: str, text: str, *, own: bool = False, later_s: int = 1) -> MessageSeen:
    """A message in the conversation about an order, some seconds after the scene's moment."""
    at_us = NOON_US + later_s * 1_000_000
    return MessageSeen(
        conversation=RemoteId(f"o-{number}"),
        remote_id=RemoteId(f"late-{number}-{later_s}-{own}"),
        cursor=Cursor(f"{at_us:017d}-0000"),
        sender_id=RemoteId("u-moderator" if own else f"u-{number}"),
        sender_name="Dana Moderator" if own else "Customer",
        own=own,
        kind=MessageKind.TEXT,
        text=text,
        sent_at_us=at_us,
        source=Source.PUSH,
    )


def a_status(number: str, value: str, label: str) -> OrderSeen:
    """An order's new status, as the server pushes it."""
    return OrderSeen(
        remote_id=RemoteId(f"o-{number}"),
        kind=OrderKind.ORDER,
        status=value,
        status_label=label,
        updated_at_us=NOON_US + 1_000_000,
    )
