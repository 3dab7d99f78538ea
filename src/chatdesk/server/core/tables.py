"""The tables of the reference server, for every platform. Times are milliseconds since the epoch, UTC."""

from __future__ import annotations

import enum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Details = dict[str, Any]

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; constraints have names, so that migrations can change them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {Details: JSON, int: BigInteger}  # noqa: RUF012 -- SQLAlchemy reads it as it stands


class Role(enum.StrEnum):
    """What somebody is to the shop."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"


class MessageKind(enum.StrEnum):
    """Who speaks: a person, or the server about an order."""

    TEXT = "text"
    SYSTEM = "system"


class NotificationStatus(enum.StrEnum):
    """What its recipient has done with a notification."""

    UNREAD = "unread"
    READ = "read"
    ARCHIVED = "archived"


class User(Base):
    """An account."""

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    """In lower case."""
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    confirmed: Mapped[bool]
    profile: Mapped[Details]
    """What the dialect knows about the person or the company."""
    created_ms: Mapped[int]
    last_seen_ms: Mapped[int | None]


class RefreshToken(Base):
    """A sign-in that may be renewed; the token itself is not stored, only its id."""

    __tablename__ = "refresh_tokens"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    created_ms: Mapped[int]
    expires_ms: Mapped[int]


class Asset(Base):
    """Something a customer owns that orders refer to, such as a vehicle."""

    __tablename__ = "assets"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    label: Mapped[str] = mapped_column(String(200))
    details: Mapped[Details]


class Order(Base):
    """The business object that a conversation hangs on; its status is one of the dialect's values."""

    __tablename__ = "orders"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"), index=True)
    status: Mapped[str] = mapped_column(String(64), index=True)
    origin: Mapped[str] = mapped_column(Text)
    destination: Mapped[str] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(Text)
    """Number, origin and destination, folded for searching."""
    details: Mapped[Details]
    created_ms: Mapped[int] = mapped_column(index=True)
    updated_ms: Mapped[int]
    version: Mapped[int]


class Conversation(Base):
    """Messages between the parties of an order; `last_seq` numbers them, `clock_ms` only ever grows."""

    __tablename__ = "conversations"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("orders.id"), unique=True)
    last_seq: Mapped[int]
    clock_ms: Mapped[int]
    created_ms: Mapped[int]
    updated_ms: Mapped[int]


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
    client_id: Mapped[str | None] = mapped_column(String(100))
    created_ms: Mapped[int]
    updated_ms: Mapped[int]
    deleted_ms: Mapped[int | None]
    archived: Mapped[bool]


class ReadMark(Base):
    """How far somebody has read a conversation: every message up to `seq`."""

    __tablename__ = "read_marks"
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    seq: Mapped[int]
    read_ms: Mapped[int]


class Upload(Base):
    """A file of an order: what it is called, and under which chance name its bytes lie on disk."""

    __tablename__ = "uploads"
    __table_args__ = (UniqueConstraint("order_id", "stored_name"),)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.id"))
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
