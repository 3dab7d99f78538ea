"""The tables of the reference server, for every platform. Times are milliseconds since the epoch, UTC.

Design. One database may hold the people and the talks of all five platforms; users, orders and conversations
say whose they are, everything else hangs on one of these. Ids are texts of the platform's own form (24
hexadecimal characters, cuid, decimal numbers: `core.ids`), unique over the whole database within their table.
An order is any business object (order, trip, package, booking, rfq, product) with one owner, perhaps somebody
who carries it out, further parties by role, and links to other orders. A conversation may hang on an order or
two, or on none; who may see it is a condition of the dialect (`core.access.Policy`) over orders, parties and
members. Messages are numbered within their conversation. Reading is kept twice, as the platforms do: up to a
number (`ReadMark`) and per message and person (`Receipt`); a message is read by somebody when either says so.
"""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Details = dict[str, Any]
Words = list[str]

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; constraints have names, so that migrations can change them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {Details: JSON, Words: JSON, int: BigInteger}  # noqa: RUF012 -- SQLAlchemy reads it


class Role(enum.StrEnum):
    """What somebody is to a shop, for dialects without roles of their own; others store their words."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"


class MessageKind(enum.StrEnum):
    """What a message is; SYSTEM = the server speaks, or somebody who was allowed to speak like it."""

    TEXT = "text"
    IMAGE = "image"
    FILE = "file"
    AUDIO = "audio"
    LOCATION = "location"
    SYSTEM = "system"


class Lifecycle(enum.StrEnum):
    """Where a conversation stands; only an active one takes messages, a deleted one has none any more."""

    ACTIVE = "active"
    ENDED = "ended"
    ARCHIVED = "archived"
    DELETED = "deleted"


class NotificationStatus(enum.StrEnum):
    """What its recipient has done with a notification."""

    UNREAD = "unread"
    READ = "read"
    ARCHIVED = "archived"


class User(Base):
    """An account at one platform."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("platform", "email"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16))
    email: Mapped[str] = mapped_column(String(320))
    """In lower case."""
    phone: Mapped[str | None] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    """As others see it; empty where the platform shows addresses."""
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(32))
    """The main one, in the dialect's words."""
    more_roles: Mapped[Words]
    """What the same person may sign in as besides."""
    confirmed: Mapped[bool]
    """The e-mail address was verified."""
    active: Mapped[bool]
    """Somebody switched off gets in nowhere."""
    profile: Mapped[Details]
    """What the dialect knows about the person or the company."""
    created_ms: Mapped[int]
    last_seen_ms: Mapped[int | None]


class StoredToken(Base):
    """A sign-in that the server remembers: a refresh token's id or a session token's SHA-256, no token."""

    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[str] = mapped_column(String(32))
    """What the person signed in as."""
    created_ms: Mapped[int]
    expires_ms: Mapped[int]


class Sequence(Base):
    """The last number given out, for platforms whose ids are numbers."""

    __tablename__ = "sequences"
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    last: Mapped[int]


class Asset(Base):
    """Something that somebody owns and orders refer to, such as a vehicle."""

    __tablename__ = "assets"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(200))
    details: Mapped[Details]


class Order(Base):
    """A business object: order, trip, package, booking, rfq, product. Its status is the dialect's value.

    `owner_id` is whose it is (carrier, organizer, sender, traveler, customer, buyer, seller), `assignee_id`
    who carries it out (moderator, driver, provider); everybody else is a `Party`.
    """

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("platform", "number"), Index("ix_orders_kind", "platform", "kind"))
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    status: Mapped[str] = mapped_column(String(64), index=True)
    origin: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    """Number, title, origin and destination, folded for searching."""
    details: Mapped[Details]
    created_ms: Mapped[int] = mapped_column(index=True)
    updated_ms: Mapped[int]
    version: Mapped[int]


class Party(Base):
    """Somebody else who has to do with an order: receiver, passenger, invited seller ..."""

    __tablename__ = "parties"
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)


class OrderLink(Base):
    """One order refers to another: a package to its trip (`carried_by`), a booking to it (`seat_on`)."""

    __tablename__ = "order_links"
    from_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    to_id: Mapped[str] = mapped_column(ForeignKey("orders.id"), primary_key=True, index=True)


class Conversation(Base):
    """Messages between people; `last_seq` numbers them, `clock_ms` only ever grows."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("platform", "key"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str | None] = mapped_column(String(200))
    """What there is one conversation of (a pair, a trip); None = as many as somebody opens, or deleted."""
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"), index=True)
    other_order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"), index=True)
    """A second one it is about, such as the trip that carries the package."""
    title: Mapped[str] = mapped_column(Text)
    details: Mapped[Details]
    lifecycle: Mapped[str] = mapped_column(String(16))
    last_seq: Mapped[int]
    clock_ms: Mapped[int]
    created_ms: Mapped[int]
    updated_ms: Mapped[int]
    ended_ms: Mapped[int | None]


class Member(Base):
    """Somebody who takes part by name, beside those whom their order lets in."""

    __tablename__ = "members"
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(32))
    joined_ms: Mapped[int]
    muted: Mapped[bool]
    hidden: Mapped[bool]
    """Put away by this member, for this member."""


class Message(Base):
    """One entry of a conversation. A deleted one keeps its row (for its client id) and loses its text."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_messages_shown", "conversation_id", "archived", "deleted_ms", "seq"),
        Index("ix_messages_created_ms", "created_ms"),
    )
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    sender_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    extras: Mapped[Details]
    """What the dialect stores beside the text: subject, metadata, attachments, place of a file."""
    client_id: Mapped[str | None] = mapped_column(String(100))
    created_ms: Mapped[int]
    updated_ms: Mapped[int]
    deleted_ms: Mapped[int | None]
    archived: Mapped[bool]
    reported_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    report_reason: Mapped[str | None] = mapped_column(Text)
    hidden_ms: Mapped[int | None]
    """When somebody who may moderate took it out of sight."""


class ReadMark(Base):
    """How far somebody has read a conversation: every message up to `seq`."""

    __tablename__ = "read_marks"
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seq: Mapped[int]
    read_ms: Mapped[int]


class Receipt(Base):
    """When one message reached one person, and when that person read it."""

    __tablename__ = "receipts"
    message_id: Mapped[str] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    delivered_ms: Mapped[int | None]
    read_ms: Mapped[int | None]


class Upload(Base):
    """A file: what it is called, and under which chance name its bytes lie on disk.

    It hangs on an order, or on a message once one refers to it; until then it is its uploader's alone.
    """

    __tablename__ = "uploads"
    __table_args__ = (UniqueConstraint("stored_name"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"), index=True)
    message_id: Mapped[str | None] = mapped_column(ForeignKey("messages.id"), index=True)
    uploader_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    stored_name: Mapped[str] = mapped_column(String(255))
    original_name: Mapped[str] = mapped_column(String(255))
    blob: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(127))
    size_bytes: Mapped[int]
    created_ms: Mapped[int]


class Notification(Base):
    """Something that one person should know."""

    __tablename__ = "notifications"
    __table_args__ = (Index("ix_notifications_list", "recipient_id", "created_ms"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    recipient_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    sender_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    facts: Mapped[Details]
    action_url: Mapped[str | None] = mapped_column(Text)
    action_text: Mapped[str | None] = mapped_column(Text)
    expires_ms: Mapped[int | None]
    read_ms: Mapped[int | None]
    created_ms: Mapped[int]
    updated_ms: Mapped[int]
