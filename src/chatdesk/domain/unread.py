"""The one definition of unread and of who must reply."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from chatdesk.domain.ids import Cursor
from chatdesk.domain.kinds import MessageKind


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What counting needs of one message."""

    cursor: Cursor
    own: bool
    kind: MessageKind
    deleted: bool
    live: bool
    """Arrived since the first sign-in (what was stored then counts as read), or since the server's number."""
    sent_at_us: int = 0


def counts(message: Heard) -> bool:
    """System lines, deleted and own messages never count."""
    return not (message.own or message.deleted or message.kind is MessageKind.SYSTEM)


def unread_count(messages: Iterable[Heard], *, seen: Cursor | None, server_count: int = 0) -> int:
    """Unread messages of one conversation.

    messages: those of the conversation; only `live` ones can count.
    seen: newest cursor read here, by an own read event, or an own message from any device.
    server_count: the server's number at the last list read; 0 where it gives none, or once the person has
    read here since. Where it is given, `live` means: arrived after that list read.
    """
    return max(server_count, 0) + sum(
        1 for m in messages if counts(m) and m.live and (seen is None or m.cursor > seen)
    )


def waiting_since_us(messages: Iterable[Heard]) -> int | None:
    """When the oldest message of the other side was written that no own message has followed yet.

    messages: the newest of a conversation in reading order, oldest first. None: nobody waits.
    """
    since: int | None = None
    for message in messages:
        if message.deleted or message.kind is MessageKind.SYSTEM:
            continue
        if message.own:
            since = None
        elif since is None:
            since = message.sent_at_us
    return since
