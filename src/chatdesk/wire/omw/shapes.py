"""Payloads that a client sends to the OMW platform: one struct per body and event.

What comes back is read field by field, since nobody promises its shape.
"""

from __future__ import annotations

import msgspec


class LoginBody(msgspec.Struct):
    """Body of POST /api/auth/login; all three are needed."""

    email: str
    password: str
    role: str


class OtpLoginBody(msgspec.Struct):
    """Body of POST /api/auth/login-otp; the servers seen ignore the role."""

    phone: str
    otp: str
    role: str


class OtpRequestBody(msgspec.Struct):
    """Body of POST /api/auth/request-otp."""

    phone: str


class StartBody(msgspec.Struct, rename="camel"):
    """Body of POST /api/chat/sessions; harmless when repeated, also where the session has ended."""

    booking_id: int


class CodeBody(msgspec.Struct):
    """Body of POST .../verify-otp; a text of six digits."""

    otp: str

    def __repr__(self) -> str:
        """Hides the code from logs and tracebacks."""
        return "CodeBody(...)"


class SessionArgs(msgspec.Struct, rename="camel"):
    """Argument of join_chat, typing_start and typing_stop. Always a JSON integer."""

    session_id: int


class SendArgs(msgspec.Struct, rename="camel", omit_defaults=True):
    """Argument of send_message: no client id is stored or echoed."""

    session_id: int
    content: str
    message_type: str
    file_url: str | None = None
    file_name: str | None = None
    file_size: int | None = None


class MarkArgs(msgspec.Struct, rename="camel"):
    """Argument of mark_read: without ids nothing is changed."""

    session_id: int
    message_ids: list[int]


class MarkBody(msgspec.Struct, rename="camel"):
    """Body of PUT /api/chat/sessions/:id/messages/read; an empty list would mark everything."""

    message_ids: list[int]


class SendBody(msgspec.Struct, rename="camel", omit_defaults=True):
    """Body of POST /api/chat/sessions/:id/messages, which nobody on a socket hears of."""

    content: str
    message_type: str
    file_url: str | None = None
    file_name: str | None = None
    file_size: int | None = None


class StatusBody(msgspec.Struct):
    """Body of a change of a booking's or a booking request's status."""

    status: str
