"""Ids as types of their own, so that one kind is never passed for another."""

from __future__ import annotations

import uuid
from typing import NewType

AccountId = NewType("AccountId", int)
"""Local number of an account; never reused."""

ConversationId = NewType("ConversationId", int)
"""Local number of a conversation."""

OrderId = NewType("OrderId", int)
"""Local number of an order."""

MessageId = NewType("MessageId", int)
"""Local number of a message: `local_seq`, growing with the order of arrival in this database."""

OutgoingId = NewType("OutgoingId", str)
"""32 lower-case hex characters, made here; also the client id of a send."""

RemoteId = NewType("RemoteId", str)
"""An id as the server gives it, always as text; unique within (account, kind of thing)."""

Cursor = NewType("Cursor", str)
"""The server's own order of messages as text that sorts like it; made by the adapter."""

PENDING_CURSOR = Cursor("~")
"""Sorts after every cursor of a server (those start with a digit): rows that no server has placed yet."""


def new_outgoing_id() -> OutgoingId:
    """A fresh id for one intention of the person."""
    return OutgoingId(uuid.uuid4().hex)
