"""From rows of the core to what Fakomame sends: people, messages, chats, notifications."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from chatdesk.server.announce import CLIENT_ID_FIELD, SEQ_FIELD
from chatdesk.server.bodies import iso
from chatdesk.server.core.ids import DIGITS
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import (
    Conversation,
    Lifecycle,
    Member,
    MessageKind,
    Notification,
    NotificationStatus,
    Order,
    User,
)
from chatdesk.server.dialects.fakomame.vocabulary import PACKAGE
from chatdesk.wire.fakomame import names

Record = dict[str, Any]
Members = Sequence[tuple[Member, User]]

# Keys of what the core keeps for a dialect: `User.profile`, `Message.extras`, `Conversation.details`.
FIRST_NAME = "firstName"
LAST_NAME = "lastName"
PROFILE = "profile"
WALLET = "wallet"
TYPE = "type"
ATTACHMENTS = "attachments"
CONTEXT = "context"
LAST_MESSAGE_AT = "lastMessageAt"
METADATA = "metadata"

_COLUMNS_BEFORE_ROLE: Record = {"otherName": None, "username": None, "avatar": None, "dateOfBirth": None}
_VERIFIED: Record = dict.fromkeys(
    (
        "isVerified",
        "isPhoneVerified",
        "isEmailVerified",
        "isIDVerified",
        "isFacialVerified",
        "isAddressVerified",
    ),
    False,
)
_COLUMNS_AFTER: Record = {
    "subscriptionTier": "FREE",
    "subscriptionStatus": "INACTIVE",
    "stripeCustomerId": None,
    "subscriptionId": None,
    "lastPaymentDate": None,
    "referralCode": None,
    "referredById": None,
}
_REFRESHED = (
    "id",
    "email",
    "firstName",
    "lastName",
    "role",
    "isEmailVerified",
    "isPhoneVerified",
    "isIDVerified",
    "isFacialVerified",
    "isAddressVerified",
    "isVerified",
)


# -- people ------------------------------------------------------------------------------------------------


def signature(user: User) -> Record:
    """Somebody as the author of a pushed message."""
    first, _space, last = user.name.partition(" ")
    return {
        "id": user.id,
        "firstName": user.profile.get(FIRST_NAME, first),
        "lastName": user.profile.get(LAST_NAME, last),
    }


def person(user: User) -> Record:
    """Somebody inside another record."""
    return signature(user) | {"avatar": user.profile.get("avatar")}


def account(user: User, *, password: bool = False) -> Record:
    """The columns of an account; `password`: with the hash, as raw rows of the recorded servers have it."""
    columns = _COLUMNS_BEFORE_ROLE | _VERIFIED | _COLUMNS_AFTER
    own = {key: user.profile.get(key, usual) for key, usual in columns.items()}
    updated_ms = max(user.created_ms, user.last_seen_ms or 0)
    return {
        "id": user.id,
        "email": user.email,
        "phone": user.phone,
        **({"password": user.password_hash} if password else {}),
        **{key: value for key, value in signature(user).items() if key != "id"},
        **own,
        "role": user.role,
        "isActive": user.active,
        "verificationStatus": user.profile.get("verificationStatus", "PENDING"),
        "twoFactorEnabled": user.profile.get("twoFactorEnabled", False),
        "lastLoginAt": None if user.last_seen_ms is None else iso(user.last_seen_ms),
        "createdAt": iso(user.created_ms),
        "updatedAt": iso(updated_ms),
    }


def own_account(user: User) -> Record:
    """An account as its owner sees it."""
    return account(user) | {"profile": user.profile.get(PROFILE), "wallet": user.profile.get(WALLET)}


def refreshed(user: User) -> Record:
    """Who has renewed a sign-in."""
    whole = account(user)
    return {key: whole[key] for key in _REFRESHED}


def rating(user: User, *keys: str) -> Record:
    """Some columns of somebody's public profile."""
    profile = user.profile.get(PROFILE) or {}
    return {key: profile.get(key, 0) for key in keys}


# -- messages ----------------------------------------------------------------------------------------------


def message_type(shown: Shown) -> str:
    """What a message is called."""
    if shown.message.kind == MessageKind.SYSTEM:
        return names.TYPE_SYSTEM
    return str(shown.message.extras.get(TYPE, names.TYPE_TEXT))


def message(shown: Shown, *, avatar: bool = True, extras: bool = True) -> Record:
    """A stored message in full; `extras` with what our servers announce, and what a system line is about."""
    row, author = shown.message, shown.author
    sender = None if author is None else person(author) if avatar else signature(author)
    record: Record = {
        "id": row.id,
        "chatId": row.conversation_id,
        "senderId": row.sender_id,
        "content": row.text,
        "messageType": message_type(shown),
        "attachments": row.extras.get(ATTACHMENTS, []),
        "isEdited": False,
        "isDeleted": row.hidden_ms is not None,
        "readBy": {},
        "createdAt": iso(row.created_ms),
        "updatedAt": iso(row.updated_ms),
        "sender": sender,
    }
    return record | _announced(shown) if extras else record


def pushed(shown: Shown, *, extras: bool = True) -> Record:
    """A message in the short form of the socket."""
    row, author = shown.message, shown.author
    record: Record = {
        "id": row.id,
        "content": row.text,
        "messageType": message_type(shown),
        "sender": None if author is None else signature(author),
        "createdAt": iso(row.created_ms),
        "chatId": row.conversation_id,
    }
    return record | _announced(shown) if extras else record


def _announced(shown: Shown) -> Record:
    row = shown.message
    more: Record = {SEQ_FIELD: row.seq, **row.extras.get(CONTEXT, {})}
    return more if row.client_id is None else more | {CLIENT_ID_FIELD: row.client_id}


def without_files(record: Record) -> Record:
    """A message for the socket: what its files are, not what is in them, which the link may not carry."""
    files = [
        {key: value for key, value in one.items() if key != "data"} if isinstance(one, dict) else one
        for one in record["attachments"]
    ]
    return record | {"attachments": files}


# -- chats -------------------------------------------------------------------------------------------------


def participant_id(conversation_id: str, user_id: str) -> str:
    """The id of somebody's taking part: in the form of the platform, and always the same."""
    digest = hashlib.sha256(f"{conversation_id}:{user_id}".encode()).digest()[:24]
    return "c" + "".join(DIGITS[byte % len(DIGITS)] for byte in digest)


def participant(member: Member, user: User, *, email: bool = True) -> Record:
    """Somebody who takes part in a chat."""
    face = person(user) | ({"email": user.email} if email else {})
    return {
        "id": participant_id(member.conversation_id, user.id),
        "chatId": member.conversation_id,
        "userId": user.id,
        "joinedAt": iso(member.joined_ms),
        "lastReadAt": None,
        "isAdmin": False,
        "user": face,
    }


def stub(order: Order | None) -> Record | None:
    """A package or trip inside a chat."""
    return None if order is None else {"id": order.id, "title": order.title, "status": order.status}


def context(package: Order | None, trip: Order | None) -> Record:
    """What a system line is about."""
    return {"package": stub(package), "trip": stub(trip)}


def chat_row(conversation: Conversation, members: Members, *, email: bool) -> Record:
    """A chat with its people."""
    return {
        "id": conversation.id,
        "type": conversation.kind,
        "packageId": conversation.order_id,
        "tripId": conversation.other_order_id,
        "isActive": conversation.lifecycle == Lifecycle.ACTIVE,
        "lastMessageAt": conversation.details.get(LAST_MESSAGE_AT),
        "createdAt": iso(conversation.created_ms),
        "updatedAt": iso(conversation.updated_ms),
        "participants": [participant(*one, email=email) for one in members],
    }


def chat(
    conversation: Conversation,
    members: Members,
    messages: Sequence[Record],
    orders: Mapping[str, Order],
) -> Record:
    """A chat with its people, messages, package and trip."""
    return {
        **chat_row(conversation, members, email=True),
        "messages": list(messages),
        "package": stub(orders.get(conversation.order_id or "")),
        "trip": stub(orders.get(conversation.other_order_id or "")),
    }


# -- notifications -----------------------------------------------------------------------------------------


def notification(row: Notification, user: User | None = None) -> Record:
    """A notification; with `user` as its list shows it."""
    record: Record = {
        "id": row.id,
        "userId": row.recipient_id,
        "type": row.kind,
        "title": row.title,
        "message": row.body,
        "packageId": row.facts.get("packageId"),
        "tripId": row.facts.get("tripId"),
        "chatId": row.facts.get("chatId"),
        "isRead": row.status != NotificationStatus.UNREAD,
        "isDeleted": False,
        "sentAt": row.facts.get("sentAt"),
        "readAt": None if row.read_ms is None else iso(row.read_ms),
        "metadata": row.facts.get(METADATA, {}),
        "createdAt": iso(row.created_ms),
        "updatedAt": iso(row.updated_ms),
    }
    return record if user is None else record | {"user": person(user)}


def about(package: Order | None = None, trip: Order | None = None, chat_id: str = "") -> Record:
    """What a notification of ours is about, for its `facts`."""
    facts: Record = {"packageId": package.id if package else None, "tripId": trip.id if trip else None}
    return facts | ({"chatId": chat_id} if chat_id else {})


def kind_of(order: Order) -> str:
    """What an order is called in sentences."""
    return "Package" if order.kind == PACKAGE else "Trip"
