"""The one order of messages and the one merge order of facts."""

from __future__ import annotations

from typing import NamedTuple

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import Cursor, MessageId
from chatdesk.domain.kinds import DeliveryState


class Stamp(NamedTuple):
    """When a fact reached us: (connection epoch, arrival number). Greater is later.

    For reads of history `arrival` is the number at which the read began.
    """

    epoch: int
    arrival: int


class Position(NamedTuple):
    """Place of a message in its conversation; compares like the order of reading."""

    cursor: Cursor
    id: MessageId


_DELIVERY_ORDER = {DeliveryState.ACCEPTED: 1, DeliveryState.DELIVERED: 2, DeliveryState.READ: 3}


def position(message: Message) -> Position:
    """Where a message stands: by the server's cursor, then by arrival here; never by a clock."""
    return Position(message.cursor, message.id)


def stronger_delivery(one: DeliveryState, other: DeliveryState) -> DeliveryState:
    """The further of two states on accepted < delivered < read. Any other state yields to those three."""
    return one if _DELIVERY_ORDER.get(one, 0) >= _DELIVERY_ORDER.get(other, 0) else other
