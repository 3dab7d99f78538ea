"""The one order of messages and the one merge order of facts."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import PENDING_CURSOR, Cursor, MessageId
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


def holes(cursors: Sequence[Cursor], stretches: Sequence[tuple[str, str]]) -> tuple[int, ...]:
    """Where messages are known to be missing: numbers of rows between which and the row before they are.

    cursors: of neighbouring messages, in order. stretches: what is here without a hole, as (first, last)
    cursor; '' for the start. A message in no stretch proves nothing: a hole is where a stretch begins that
    does not go on from the row before.
    """
    begins = {bisect_left(cursors, lo) for lo, _ in stretches}
    return tuple(
        at
        for at in sorted(begins)
        if 0 < at < len(cursors)
        and cursors[at] != PENDING_CURSOR
        and not joined(cursors[at - 1], cursors[at], stretches)
    )


def joined(before: Cursor, here: Cursor, stretches: Sequence[tuple[str, str]]) -> bool:
    """Whether nothing is missing between two messages, as one stretch has both."""
    return any(lo <= before and hi >= here for lo, hi in stretches)


def stronger_delivery(one: DeliveryState, other: DeliveryState) -> DeliveryState:
    """The further of two states on accepted < delivered < read. Any other state yields to those three."""
    return one if _DELIVERY_ORDER.get(one, 0) >= _DELIVERY_ORDER.get(other, 0) else other
