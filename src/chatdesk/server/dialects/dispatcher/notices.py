"""What notifications say, and to whom: one function per thing that people are notified of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatdesk.server.core.access import Actor
from chatdesk.server.core.messages import Sent
from chatdesk.server.core.notifications import Draft
from chatdesk.server.core.tables import Order
from chatdesk.wire.dispatcher import names, texts


def message(sent: Sent) -> Sequence[Draft]:
    """Somebody wrote."""
    draft = Draft(
        sender_id=sent.shown.message.sender_id,
        kind=names.NOTIFICATION_ORDER_UPDATED,
        title=texts.TITLE_NEW_MESSAGE.format(email=sent.shown.author_email),
        body=sent.shown.message.text,
        action_text=names.ACTION_VIEW_MESSAGE,
    )
    return _about(sent.order, draft, sent.counterparts)


def file(actor: Actor, order: Order, recipients: Sequence[str]) -> Sequence[Draft]:
    """Somebody added a file."""
    draft = Draft(
        sender_id=actor.id,
        kind=names.NOTIFICATION_ORDER_UPDATED,
        title=texts.TITLE_NEW_FILE.format(order_number=order.number),
        body=texts.BODY_NEW_FILE.format(order_number=order.number),
        action_text=names.ACTION_VIEW_FILE,
    )
    return _about(order, draft, recipients)


def created(actor: Actor, order: Order, recipients: Sequence[str]) -> Sequence[Draft]:
    """A carrier created an order."""
    draft = Draft(
        sender_id=actor.id,
        kind=names.NOTIFICATION_ORDER_CREATED,
        title=texts.TITLE_NEW_ORDER,
        body=texts.BODY_NEW_ORDER.format(order_number=order.number),
        facts={"orderNumber": order.number},
        action_text=names.ACTION_VIEW_ORDER,
    )
    return _about(order, draft, recipients)


def moderated(actor: Actor, order: Order, recipients: Sequence[str]) -> Sequence[Draft]:
    """A moderator took an order over."""
    draft = Draft(
        sender_id=actor.id,
        kind=names.NOTIFICATION_ORDER_UPDATED,
        title=texts.TITLE_MODERATED.format(order_number=order.number),
        body=texts.BODY_MODERATED.format(order_number=order.number, email=actor.email),
        action_text=names.ACTION_VIEW_ORDER,
    )
    return _about(order, draft, recipients)


def _about(order: Order, draft: Draft, recipients: Sequence[str]) -> Sequence[Draft]:
    return [
        replace(
            draft,
            recipient_id=recipient,
            facts={"orderId": order.id, **draft.facts},
            action_url=names.ACTION_URL_ORDER.format(order_number=order.number),
        )
        for recipient in recipients
    ]
