"""Records of the dispatcher platform as domain events: pure, field by field, nothing raises.

Source: wire specification of the platform, sections 4, 5, 7 and 9. One bad field never loses its record where
the rest is usable.
"""

from __future__ import annotations

from chatdesk.domain.events import ConversationSeen, MessageSeen, NotificationSeen, OrderSeen
from chatdesk.domain.facts import AccountFacts, Facts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, OrderKind, Progress, Source
from chatdesk.platforms import loose
from chatdesk.platforms.memory import fingerprint
from chatdesk.wire import ours
from chatdesk.wire.dispatcher import names

PROGRESS = {
    names.STATUS_PENDING: Progress.OPEN,
    names.STATUS_PROCESSING: Progress.ACTIVE,
    names.STATUS_REQUIRES_INVOICE: Progress.WAITING,
    names.STATUS_REQUIRES_CHARGE: Progress.WAITING,
    names.STATUS_CHARGED: Progress.DONE,
    names.STATUS_FINISHED: Progress.DONE,
    names.STATUS_CANCELLED: Progress.CANCELLED,
}
_KINDS = {names.MESSAGE_TYPE_TEXT: MessageKind.TEXT, names.MESSAGE_TYPE_SYSTEM: MessageKind.SYSTEM}
_ID_TIME_DIGITS = 8


def is_staff(account: AccountFacts) -> bool:
    """Moderators and administrators see everybody's orders."""
    return account.role in {names.ROLE_MODERATOR, names.ROLE_ADMIN}


def remote_id(value: object) -> RemoteId | None:
    """An id of the platform, or None."""
    found = loose.identifier(value)
    return RemoteId(found) if found is not None else None


def cursor(at_us: int, message_id: RemoteId) -> Cursor:
    """The server's order of messages: (createdAt, id), as text that compares like it."""
    return Cursor(f"{at_us:016d}:{message_id}")


def _born_us(message_id: RemoteId) -> int:
    """The second that a database id of this platform carries, for records without a usable time; 0: none."""
    head = message_id[:_ID_TIME_DIGITS]
    if len(message_id) != 24:
        return 0
    try:
        return int(head, 16) * 1_000_000
    except ValueError:
        return 0


def status_label(status: str) -> str:
    """The platform's own label of a status; an unknown one is its own label."""
    return names.STATUS_LABELS.get(status, loose.line(status, 60))


def message(
    record: object, account: AccountFacts, source: Source, room: RemoteId | None = None
) -> MessageSeen | None:
    """One message record; None where it has no id or belongs to no order.

    room: the order that the record came for, where the record itself does not say.
    """
    fields = loose.mapping(record)
    message_id = remote_id(fields.get("id")) or remote_id(fields.get("_id"))
    conversation = remote_id(fields.get("orderId")) or room
    if message_id is None or conversation is None:
        return None
    user = loose.mapping(fields.get("user"))
    sender_id = remote_id(user.get("id")) or RemoteId("")
    created_us = loose.moment_us(fields.get("createdAt"))
    sent_at_us = _born_us(message_id) if created_us is None else created_us
    client_id = loose.identifier(fields.get(ours.CLIENT_ID_FIELD))
    return MessageSeen(
        conversation=conversation,
        remote_id=message_id,
        cursor=cursor(sent_at_us, message_id),
        sender_id=sender_id,
        sender_name=loose.line(user.get("email")),
        own=bool(sender_id) and sender_id == account.user_id,
        kind=_kind(fields.get("messageType"), fields.get("senderType")),
        text=loose.text(fields.get("message")) or "",
        sent_at_us=sent_at_us,
        updated_at_us=loose.moment_us(fields.get("updatedAt")),
        source=source,
        client_id=client_id,
    )


def _kind(message_type: object, sender_type: object) -> MessageKind:
    if sender_type == names.SENDER_TYPE_SYSTEM:
        return MessageKind.SYSTEM
    if message_type is None:
        return MessageKind.TEXT
    return next((kind for name, kind in _KINDS.items() if name == message_type), MessageKind.UNKNOWN)


def is_read(record: object) -> bool:
    """Whether a record says that it was read; the recorded servers never do."""
    return loose.mapping(record).get("isRead") is True


def sequence(record: object) -> int | None:
    """The per-conversation number of a message, where the server counts."""
    return loose.whole(loose.mapping(record).get(ours.SEQ_FIELD))


def route(origin: object, destination: object) -> str | None:
    """Where an order goes: its title."""
    ends = [end for end in (loose.line(origin, 80), loose.line(destination, 80)) if end]
    return " → ".join(ends) if ends else None


COMPANY = "company:"


def company_key(email: str) -> str:
    """Under which name a carrier's company is remembered; the e-mail itself stays out of it."""
    return COMPANY + fingerprint(email.casefold())


def order_item(record: object, facts: Facts) -> tuple[OrderSeen, ConversationSeen] | None:
    """One row of the order list: the order and its conversation; None without an id.

    `truckId` is the truck's unit number and `createdBy` the owner's e-mail, shown until the company is known.
    """
    fields = loose.mapping(record)
    order_id = remote_id(fields.get("id")) or remote_id(fields.get("_id"))
    if order_id is None:
        return None
    number = loose.line(fields.get("orderNumber"), 60) or None
    owner = loose.line(fields.get("createdBy"))
    # A name does not stop being right after a day.
    company = facts.learnt.get(company_key(owner))
    customer = (company.value if company is not None else owner) or None
    created_us = loose.moment_us(fields.get("createdAt"))
    status = loose.line(fields.get("status"), 60) or None
    order = OrderSeen(
        remote_id=order_id,
        kind=OrderKind.ORDER,
        number=number,
        title=route(fields.get("originAddress"), fields.get("destinationAddress")),
        customer=customer,
        status=status,
        status_label=None if status is None else status_label(status),
        progress=None if status is None else PROGRESS.get(status, Progress.UNKNOWN),
        created_at_us=created_us,
    )
    title = (customer or number) if is_staff(facts.account) else number
    conversation = ConversationSeen(
        remote_id=order_id, title=title, order_remote_id=order_id, activity_at_us=created_us
    )
    return order, conversation


def chat_item(record: object) -> ConversationSeen | None:
    """One entry of the list of chats, where a server has it: unread number and last activity."""
    fields = loose.mapping(record)
    order_id = remote_id(fields.get("orderId"))
    if order_id is None:
        return None
    last = loose.mapping(fields.get("lastMessage"))
    activity_us = loose.moment_us(last.get("createdAt")) or loose.moment_us(fields.get("updatedAt"))
    return ConversationSeen(
        remote_id=order_id,
        order_remote_id=order_id,
        unread=loose.whole(fields.get("unreadCount")),
        activity_at_us=activity_us,
    )


def notification(record: object, *, pushed: bool) -> NotificationSeen | None:
    """One notification, pushed or listed; None without an id. Empty values are empty texts."""
    fields = loose.mapping(record)
    notification_id = remote_id(fields.get("id")) or remote_id(fields.get("_id"))
    if notification_id is None:
        return None
    at_us = loose.moment_us(fields.get("createdAt"))
    return NotificationSeen(
        remote_id=notification_id,
        title=loose.line(fields.get("title"), 200),
        text=loose.text(fields.get("message"), 4_000) or "",
        at_us=_born_us(notification_id) if at_us is None else at_us,
        unread=True if pushed else _unread(fields.get("unread"), fields.get("status")),
        conversation=remote_id(loose.mapping(fields.get("metadata")).get("orderId")),
    )


def _unread(unread: object, status: object) -> bool:
    if isinstance(unread, bool):
        return unread
    return status == names.NOTIFICATION_UNREAD
