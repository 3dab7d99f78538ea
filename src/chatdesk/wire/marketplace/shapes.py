"""Payloads that a client sends to the marketplace platform: one struct per body and event.

What comes back is read field by field, since nobody promises its shape.
"""

from __future__ import annotations

import msgspec


class LoginBody(msgspec.Struct):
    """Body of POST /api/auth/login; the server finds out by the address whose account it is."""

    email: str
    password: str


class SendBody(msgspec.Struct):
    """Body of POST /api/messages/send. No client id is taken; sender and status come from the token."""

    recipient_id: str
    recipient_type: str
    subject: str
    message: str
    message_type: str


class RelayArgs(msgspec.Struct, rename={"made_at": "createdAt"}):
    """Argument of send_message, which passes it on unchanged and stores nothing.

    `recipient_id` is a plain string: an object finds nobody. Without `id` no answer names the message.
    """

    id: str
    sender_id: str
    sender_type: str
    recipient_id: str
    recipient_type: str
    subject: str
    message: str
    message_type: str
    status: str
    created_at: str
    made_at: str


class TypingArgs(msgspec.Struct):
    """Argument of typing; the server adds no sender."""

    recipient_id: str
    sender_id: str
    is_typing: bool


class MarkArgs(msgspec.Struct):
    """Argument of mark_as_read; `recipient_id` is the author of the message, who is to be told."""

    message_id: str
    recipient_id: str
    reader_id: str


class StatusArgs(msgspec.Struct):
    """Argument of update_status."""

    status: str


class RfqStatusBody(msgspec.Struct):
    """Body of PUT /api/rfqs/:id."""

    status: str


class RfqBody(msgspec.Struct, omit_defaults=True):
    """Body of POST /api/rfqs; `unit` and `expiryDate` would be dropped by the server."""

    title: str
    description: str
    quantity: int
    delivery_location: str = ""
    deadline: str = ""
    """A day such as 2026-12-24."""
