"""From rows of the core to what is on the wire about people, messages and conversations."""

from __future__ import annotations

from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD, SEQ_FIELD
from chatdesk.server.bodies import iso
from chatdesk.server.core.access import Actor
from chatdesk.server.core.conversations import Chat
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import Member, MessageKind, Notification, NotificationStatus, User
from chatdesk.server.dialects.steppergo.vocabulary import driver_of
from chatdesk.wire.steppergo import names, texts

Record = dict[str, Any]

METADATA = "metadata"
TYPE = "type"
"""Key of a type that is not that of the kind: what somebody else than the platform calls SYSTEM."""

TYPES = {
    MessageKind.TEXT: names.TYPE_TEXT,
    MessageKind.IMAGE: names.TYPE_IMAGE,
    MessageKind.FILE: names.TYPE_FILE,
    MessageKind.LOCATION: names.TYPE_LOCATION,
    MessageKind.SYSTEM: names.TYPE_SYSTEM,
}
DASHBOARDS = {
    names.ROLE_DRIVER: "/driver/dashboard",
    names.ROLE_ADMIN: "/admin/dashboard",
    names.ROLE_ACTIVITY_OWNER: "/activity-owner/dashboard",
}
PASSENGER_DASHBOARD = "/trips"


def iso_or_none(at_ms: int | None) -> str | None:
    """A time, or null."""
    return None if at_ms is None else iso(at_ms)


def person(user: User) -> Record:
    """Somebody beside a message."""
    return {"id": user.id, "name": user.name, "avatar": user.profile.get("avatar"), "role": user.role}


def contact(user: User, *, avatar: bool = True) -> Record:
    """Somebody whom a driver may have to reach."""
    record: Record = {"id": user.id, "name": user.name, "email": user.email, "phone": user.phone}
    return record | ({"avatar": user.profile.get("avatar")} if avatar else {})


# -- messages


def message(shown: Shown) -> Record:
    """A stored message, as pushes, histories and answers have it, with our own server's number in it."""
    row = shown.message
    record = recorded_message(shown) | {
        "status": status(shown),
        "deliveredAt": iso_or_none(shown.delivered_ms),
        SEQ_FIELD: row.seq,
    }
    return record if row.client_id is None else record | {CLIENT_ID_FIELD: row.client_id}


def recorded_message(shown: Shown) -> Record:
    """The same with nothing in it but what the recorded servers have: nothing is ever delivered there."""
    row = shown.message
    return {
        "id": row.id,
        "conversationId": row.conversation_id,
        "senderId": row.sender_id,
        "content": row.text,
        "type": row.extras.get(TYPE) or TYPES.get(MessageKind(row.kind), names.TYPE_TEXT),
        METADATA: row.extras.get(METADATA),
        "status": names.MESSAGE_SENT if shown.read_ms is None else names.MESSAGE_READ,
        "isReported": row.report_reason is not None,
        "reportReason": row.report_reason,
        "isHidden": row.hidden_ms is not None,
        "sentAt": iso(row.created_ms),
        "deliveredAt": None,
        "readAt": iso_or_none(shown.read_ms),
        "editedAt": None,
        "sender": None if shown.author is None else person(shown.author),
    }


def status(shown: Shown) -> str:
    """How far a message has come."""
    if shown.read_ms is not None:
        return names.MESSAGE_READ
    return names.MESSAGE_SENT if shown.delivered_ms is None else names.MESSAGE_DELIVERED


def participant(row: Member, user: User, *, chat: Chat | None) -> Record:
    """Somebody who takes part; with `chat` the numbers of the one who asks, others' are nobody's business."""
    return {
        "userId": row.user_id,
        "user": person(user),
        "unreadCount": None if chat is None else chat.unread,
        "lastReadAt": None if chat is None else iso_or_none(chat.read_ms),
    }


def no_conversation() -> Record:
    """The history of a trip about which nobody has said anything."""
    return {"conversationId": None, "messages": [], "participants": []}


def conversation(
    actor: Actor, chat: Chat, messages: list[Record], members: list[tuple[Member, User]]
) -> Record:
    """A history with everybody who takes part."""
    joined = any(row.user_id == actor.id for row, _user in members)
    record: Record = {
        "conversationId": chat.conversation.id,
        "messages": messages,
        "participants": [
            participant(row, user, chat=chat if row.user_id == actor.id else None) for row, user in members
        ],
        "unreadCount": chat.unread if joined else 0,
    }
    return record | ({"lastReadAt": iso_or_none(chat.read_ms)} if joined else {})


# -- sign-in


def signed_in(user: User, token: str, expires_ms: int) -> Record:
    """The answer at the general door."""
    return {
        "success": True,
        "message": texts.OK_LOGIN,
        "user": account(user),
        "session": {"token": token, "expiresAt": iso(expires_ms)},
        "navigation": {"dashboardUrl": DASHBOARDS.get(user.role, PASSENGER_DASHBOARD)},
    }


def account(user: User) -> Record:
    """Who signed in."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "avatar": user.profile.get("avatar"),
    }


def driver_signed_in(user: User, token: str, expires_ms: int) -> Record:
    """The answer at the drivers' door, the only one with the driver record's id."""
    phone_ok = bool(user.profile.get("phoneVerified", False))
    driver = driver_record(user)
    steps = [] if phone_ok else [texts.STEP_PHONE]
    steps += [] if driver["isVerified"] else [texts.STEP_ACCOUNT]
    return {
        "success": True,
        "message": texts.OK_DRIVER_LOGIN,
        "user": account(user)
        | {
            "emailVerified": bool(user.profile.get("emailVerified", False)),
            "phoneVerified": phone_ok,
        },
        "driver": driver,
        "session": {"token": token, "expiresAt": iso(expires_ms)},
        "navigation": {"dashboardUrl": DASHBOARDS[names.ROLE_DRIVER], "nextSteps": steps},
    }


def driver_record(user: User) -> Record:
    """The driver record of an account that has one."""
    found = driver_of(user) or {}
    return {
        "id": found.get("id"),
        "status": found.get("status", "APPROVED"),
        "rating": found.get("rating", 0),
        "completedTrips": found.get("completedTrips", 0),
        "availability": found.get("availability", names.DRIVER_AVAILABLE),
        "vehicleType": found.get("vehicleType"),
        "vehicleMake": found.get("vehicleMake"),
        "vehicleModel": found.get("vehicleModel"),
        "licensePlate": found.get("licensePlate"),
        "isVerified": bool(found.get("isVerified", False)),
        "verificationLevel": found.get("verificationLevel", "BASIC"),
    }


def notice(row: Notification) -> Record:
    """A notification in a list."""
    return {
        "id": row.id,
        "type": row.kind,
        "title": row.title,
        "message": row.body,
        "isRead": row.status != NotificationStatus.UNREAD,
        "actionUrl": row.action_url,
        "createdAt": iso(row.created_ms),
    }
