"""Stored records of the marketplace platform as domain events: pure, field by field, nothing raises.

Source: wire specification of the platform, sections 3 and 4. Parties are objects, strings or null, depending
on where a record comes from. E-mail addresses in them are never taken over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from chatdesk.domain.actions import Extras
from chatdesk.domain.events import MessageSeen
from chatdesk.domain.facts import AccountFacts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, Source
from chatdesk.platforms import announced, loose
from chatdesk.wire.marketplace import names

_ID = re.compile(r"[0-9a-f]{24}\Z")
_SUBJECT_CHARS = 1_000
_SECONDS_LIMIT = 2**32


class Record(msgspec.Struct, frozen=True):
    """One stored message of ours: the event, and what the event does not carry."""

    seen: MessageSeen
    kind: str
    """The counterpart's, empty where the record does not say."""
    name: str
    unread: bool
    """Written by the counterpart, and not marked as read."""
    read: bool
    """Written by us, and read by the counterpart."""


# -- ids and moments ---------------------------------------------------------------------------------------


def remote_id(value: object) -> RemoteId | None:
    """An id of the platform: 24 hexadecimal digits in lower case."""
    return RemoteId(value) if isinstance(value, str) and _ID.match(value) else None


def person(value: object) -> RemoteId | None:
    """Whose: a party is an object with `_id`, or the id alone; None for a deleted account, and nonsense."""
    if isinstance(value, dict):
        return remote_id(value.get("_id")) or remote_id(value.get("id"))
    return remote_id(value)


def name_of(value: object) -> str:
    """A party's name, where the record carries one."""
    return loose.line(value.get("name"), 120) if isinstance(value, dict) else ""


def kind_of(value: object) -> str:
    """`Buyer`, `Seller` or `Admin`, as messages spell it."""
    return value if isinstance(value, str) and value in names.KINDS else ""


def created_us(fields: Mapping[str, Any], message: RemoteId) -> int:
    """When a record was made; where no field says it, the id does, to the second."""
    for key in ("createdAt", "created_at"):
        found = loose.moment_us(fields.get(key))
        if found is not None:
            return found
    seconds = int(message[:8], 16)
    return seconds * 1_000_000 if seconds < _SECONDS_LIMIT else 0


def cursor(at_us: int, message: RemoteId) -> Cursor:
    """The server's order of messages: by the moment, then by the id, which grows."""
    return Cursor(f"{at_us:016d}-{message}")


def is_stored_cursor(value: Cursor) -> bool:
    """Whether a cursor is that of a stored record; relayed ones have no id behind the moment."""
    return "-" in value


# -- messages ----------------------------------------------------------------------------------------------


def parties(fields: Mapping[str, Any]) -> tuple[RemoteId | None, RemoteId | None]:
    """Sender and recipient of anything that looks like a message."""
    return person(fields.get("sender_id")), person(fields.get("recipient_id"))


def record(value: object, account: AccountFacts, source: Source) -> Record | None:
    """One stored message between us and somebody; None where it is none, or nobody's."""
    fields = loose.mapping(value)
    message = remote_id(fields.get("_id"))
    sender, recipient = parties(fields)
    me = account.user_id
    if message is None or not me or me not in {sender, recipient}:
        return None
    own = sender == me
    party, side = (recipient, "recipient") if own else (sender, "sender")
    if party is None:  # the counterpart's account was deleted: nobody to talk to is left
        return None
    at_us = created_us(fields, message)
    status = fields.get("status")
    seen = MessageSeen(
        conversation=party,
        remote_id=message,
        cursor=cursor(at_us, message),
        sender_id=sender or party,
        sender_name=name_of(fields.get("sender_id")) or (account.name if own else ""),
        own=own,
        kind=MessageKind.TEXT,
        text=loose.text(fields.get("message")) or "",
        sent_at_us=at_us,
        source=source,
        client_id=announced.client_id(fields, own=own),
        extras=extras(fields),
    )
    return Record(
        seen=seen,
        kind=kind_of(fields.get(f"{side}_type")),
        name=name_of(fields.get(f"{side}_id")),
        unread=not own and status == names.STATUS_UNREAD,
        read=own and party != me and status == names.STATUS_READ,
    )


def extras(fields: Mapping[str, Any]) -> Extras:
    """Subject and topic; a topic that nobody knows is shown as it is."""
    return Extras(
        subject=loose.text(fields.get("subject"), _SUBJECT_CHARS) or "",
        topic=loose.line(fields.get("message_type"), 60),
    )
