"""Payloads that a client sends to the Fakomame platform: one struct per body and event.

What comes back is read field by field, since nobody promises its shape.
"""

from __future__ import annotations

import msgspec

from chatdesk.wire.fakomame.names import CHAT_CHAT


class LoginBody(msgspec.Struct):
    """Body of POST /api/auth/login."""

    email: str
    password: str


class ChatArgs(msgspec.Struct, rename="camel"):
    """Argument of chat:join, chat:leave and typing:*; the last two without it would end the server."""

    chat_id: str


class SendArgs(msgspec.Struct, rename="camel", omit_defaults=True):
    """Argument of message:send; every further field is dropped by the server."""

    chat_id: str
    content: str
    type: str = ""


class AttachmentBody(msgspec.Struct, omit_defaults=True):
    """A file inside the JSON of a send; `data` is a data: URL."""

    name: str
    type: str
    data: str = ""
    url: str = ""


class SendBody(msgspec.Struct, rename="camel", omit_defaults=True):
    """Body of POST /api/chats/messages, which nobody on a socket hears of."""

    chat_id: str
    content: str
    type: str = ""
    attachments: list[AttachmentBody] = []


class StartBody(msgspec.Struct, rename="camel"):
    """Body of POST /api/chats."""

    participant_id: str
    item_type: str
    item_id: str
    chat_type: str = CHAT_CHAT


class StatusBody(msgspec.Struct):
    """Body of a change of a package's or a trip's status."""

    status: str
