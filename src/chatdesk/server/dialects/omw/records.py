"""From rows of the core to what is on the wire: messages, sessions, people. Times have no zone: UTC here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD, SEQ_FIELD
from chatdesk.server.bodies import EPOCH, iso
from chatdesk.server.core.access import Actor
from chatdesk.server.core.conversations import Chat
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import Member, Order, User
from chatdesk.server.dialects.omw.vocabulary import PROFILE_ID
from chatdesk.wire.omw import names

Record = dict[str, Any]
Members = Sequence[tuple[Member, User]]

FILE_FIELDS = ("file_url", "file_name", "file_size")
SIDE_SYSTEM = "system"
"""Who a notification of the server is from."""


def db_time(at_ms: int | None) -> str | None:
    """A time as the platform's database prints it: whole seconds, no zone."""
    if at_ms is None:
        return None
    return (EPOCH + timedelta(milliseconds=at_ms)).strftime("%Y-%m-%d %H:%M:%S")


def number(text: str | None) -> int | None:
    """An id of the core as the wire has it; 0 for one that is no number, which no client has ever seen."""
    if text is None:
        return None
    return int(text) if text.isdecimal() else 0


def profile_id(user: User | None) -> int | None:
    """The number of a worker's profile."""
    found = user.profile.get(PROFILE_ID) if user is not None else None
    return found if isinstance(found, int) else None


# -- messages ----------------------------------------------------------------------------------------------


def side_of(members: Members, user_id: str | None) -> str:
    """Which side of a session somebody is on."""
    return next((row.role for row, user in members if user.id == user_id), SIDE_SYSTEM)


def message(shown: Shown, side: str) -> Record:
    """A message of a history; `side`: whose it is."""
    row, author = shown.message, shown.author
    return {
        "id": number(row.id),
        "sender_id": number(row.sender_id),
        "sender_type": side,
        "message_type": row.kind,
        "content": row.text,
        **{name: row.extras.get(name) for name in FILE_FIELDS},
        "is_read": int(shown.is_read),
        "read_at": db_time(shown.read_ms),
        "created_at": db_time(row.created_ms),
        "sender_name": author.name if author else None,
        "sender_phone": author.phone if author else None,
    }


def pushed(shown: Shown, side: str, session_id: object) -> Record:
    """The same as `new_message`, which names its session and has its time in UTC."""
    record = message(shown, side)
    del record["read_at"]
    return {
        "id": record.pop("id"),
        "session_id": session_id,
        **record,
        "is_read": 0,
        "created_at": iso(shown.message.created_ms),
    }


def answered(shown: Shown, side: str, session_id: str) -> Record:
    """The same as the answer of a send by REST: the session as text, as it stands in the address."""
    return {**pushed(shown, side, session_id), "created_at": db_time(shown.message.created_ms)}


def extras(shown: Shown) -> Record:
    """What our own servers add to a message, for those who look for it."""
    row = shown.message
    added: Record = {SEQ_FIELD: row.seq}
    if row.client_id is not None:
        added[CLIENT_ID_FIELD] = row.client_id
    return added


# -- sessions ----------------------------------------------------------------------------------------------


def _parties(members: Members) -> tuple[User | None, User | None]:
    by_side = {row.role: user for row, user in members}
    return by_side.get(names.SIDE_CUSTOMER), by_side.get(names.SIDE_PROVIDER)


def session(chat: Chat, members: Members, actor: Actor) -> Record:
    """One line of the list of sessions."""
    row, order = chat.conversation, chat.order
    customer, provider = _parties(members)
    details = order.details if order is not None else {}
    service = service_of(order) if order is not None else {}
    return {
        "session_id": number(row.id),
        "booking_id": number(row.order_id),
        "message_count": row.last_seq,
        "last_message_at": db_time(chat.last.message.created_ms) if chat.last else None,
        "created_at": db_time(row.created_ms),
        "customer_name": customer.name if customer else None,
        "customer_phone": customer.phone if customer else None,
        "provider_name": provider.name if provider else None,
        "provider_phone": provider.phone if provider else None,
        "service_status": order.status if order is not None else None,
        "booking_type": details.get("booking_type", "service"),
        "scheduled_time": details.get("scheduled_time"),
        "service_name": service.get("name"),
        "service_description": service.get("description"),
        "user_role": side_of(members, actor.id),
        "unread_count": chat.unread,
    }


def session_detail(chat: Chat, members: Members, actor: Actor, participants: Sequence[Record]) -> Record:
    """One session with its people; `participants`: who is there."""
    line = session(chat, members, actor)
    customer, provider = _parties(members)
    order = chat.order
    details = order.details if order is not None else {}
    del line["unread_count"]
    return {
        **line,
        "customer_id": number(customer.id) if customer else None,
        "provider_id": number(provider.id) if provider else None,
        "estimated_cost": details.get("estimated_cost"),
        "service_address": details.get("address"),
        "customer": _person(customer),
        "provider": _person(provider),
        "participants": list(participants),
    }


def _person(user: User | None) -> Record | None:
    return {"id": number(user.id), "name": user.name, "phone": user.phone} if user else None


def participant(user_id: int | None, *, online: bool, seen_ms: int | None) -> Record:
    """Whether somebody is there."""
    return {"user_id": user_id, "is_online": int(online), "last_seen_at": db_time(seen_ms)}


# -- people ------------------------------------------------------------------------------------------------


def account(user: User, role: str, *, phone: bool = False) -> Record:
    """The account of a sign-in."""
    record: Record = {"id": number(user.id), "name": user.name, "email": user.email}
    if phone:
        record["phone_number"] = user.phone
    return {**record, "role": role, "role_id": names.ROLE_IDS.get(role, 0)}


def by_age(chats: Sequence[Chat]) -> list[Chat]:
    """Sessions in the order of their list: the newest message first, those without messages last."""

    def key(chat: Chat) -> tuple[bool, int, int]:
        at_ms = chat.last.message.created_ms if chat.last else 0
        return chat.last is None, -at_ms, number(chat.conversation.id) or 0

    return sorted(chats, key=key)


def service_of(order: Order) -> Mapping[str, Any]:
    """What is done for the customer."""
    found = order.details.get("service")
    return found if isinstance(found, dict) else {}
