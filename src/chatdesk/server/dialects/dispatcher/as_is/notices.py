"""Who is notified at the recorded servers: one counterpart, or nobody; long texts not at all."""

from __future__ import annotations

from collections.abc import Sequence

from chatdesk.server.core.access import Actor
from chatdesk.server.core.messages import Sent
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.tables import Order
from chatdesk.server.dialects.dispatcher import notices
from chatdesk.wire.dispatcher import names


def message(sent: Sent) -> Sequence[Draft]:
    """Somebody wrote; the owner of an order that nobody has taken over is heard by nobody."""
    text = sent.shown.message.text
    if len(text) > names.NOTIFICATION_MESSAGE_LIMIT or _unheard(sent.order, sent.shown.message.sender_id):
        return ()
    return notices.message(sent)


def file(actor: Actor, order: Order, recipients: Sequence[str]) -> Sequence[Draft]:
    """Somebody added a file; likewise."""
    return () if _unheard(order, actor.id) else notices.file(actor, order, recipients)


def _unheard(order: Order, sender_id: str | None) -> bool:
    return sender_id == order.owner_id and order.assignee_id is None
