"""Puts what is announced and never stored into the words of the window."""

from __future__ import annotations

from chatdesk.domain.changes import PositionChanged
from chatdesk.domain.events import PositionSeen
from chatdesk.domain.ids import AccountId


def position_news(account: AccountId, seen: PositionSeen) -> PositionChanged:
    """Where a driver is, for the card beside the conversation."""
    return PositionChanged(
        account_id=account,
        order_remote_id=seen.order,
        latitude=seen.latitude,
        longitude=seen.longitude,
        at_us=seen.at_us,
        speed_m_s=seen.speed_m_s,
        heading_deg=seen.heading_deg,
        pickup_min=seen.pickup_min,
        destination_min=seen.destination_min,
    )
