"""Payloads that a client sends to the StepperGO platform: one struct per body and event.

What comes back is read field by field, since nobody promises its shape.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chatdesk.wire.steppergo.names import TYPE_TEXT


class LoginBody(msgspec.Struct, omit_defaults=True):
    """Body of POST /api/auth/login and /api/drivers/login; remember: 30 days instead of one."""

    email: str
    password: str
    remember: bool = False


class TripArgs(msgspec.Struct, rename="camel"):
    """Argument of join:conversation."""

    trip_id: str


class ConversationArgs(msgspec.Struct, rename="camel"):
    """Argument of typing:start, typing:stop and messages:read; body of POST /api/messages/read."""

    conversation_id: str


class SendArgs(msgspec.Struct, rename="camel"):
    """Argument of message:send: by conversation id. metadata comes back as it was sent."""

    conversation_id: str
    content: str
    type: str = TYPE_TEXT
    metadata: dict[str, Any] = {}


class SendBody(msgspec.Struct, rename="camel"):
    """Body of POST /api/messages/send: by trip id. Nobody on a socket hears of it."""

    trip_id: str
    content: str
    type: str = TYPE_TEXT
    metadata: dict[str, Any] = {}


class ReportBody(msgspec.Struct, rename="camel"):
    """Body of POST /api/messages/report; a second report takes the place of the first."""

    message_id: str
    reason: str


class SubscribeArgs(msgspec.Struct, rename="camel"):
    """Argument of passenger:subscribe, which any role may emit."""

    trip_ids: list[str]


class StatusBody(msgspec.Struct):
    """Body of PUT /api/drivers/trips/:id/status."""

    status: str
