"""What this connection has seen of the newest end of each conversation: watermarks and what is unseen."""

from __future__ import annotations

import msgspec

from chatdesk.domain.events import MessageSeen, StoredEvent, WindowRead
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind
from chatdesk.domain.ordering import Stamp

MOST_IDS = 200
"""A watermark names at most so many of the newest messages: enough for a window to meet one of them."""


class Watermark(msgspec.Struct, frozen=True):
    """Ids known before a send; complete: from one chain of reads, so that an absence can be proved."""

    ids: tuple[RemoteId, ...]
    complete: bool


class _Head:
    def __init__(self) -> None:
        self.cursors: dict[RemoteId, Cursor] = {}
        self.read = False
        self.complete = False
        self.newest_other: Cursor | None = None

    def add(self, remote_id: RemoteId, cursor: Cursor) -> None:
        self.cursors[remote_id] = cursor
        if len(self.cursors) > 2 * MOST_IDS:
            newest = sorted(self.cursors, key=lambda one: self.cursors[one])[-MOST_IDS:]
            self.cursors = {one: self.cursors[one] for one in newest}


class Heads:
    """Heads of conversations as read since `forget`, which every loss of a link calls."""

    def __init__(self) -> None:
        self._heads: dict[RemoteId, _Head] = {}
        self._since = Stamp(0, 0)

    def forget(self, now: Stamp) -> None:
        """Void everything; reads that began up to now don't count any more."""
        self._heads.clear()
        self._since = now

    def note(self, events: tuple[StoredEvent, ...], stamp: Stamp) -> bool:
        """Take in what a reading told. True: a conversation is caught up with that was not."""
        if stamp <= self._since:
            return False
        caught_up = False
        for event in events:
            match event:
                case MessageSeen():
                    head = self._heads.setdefault(event.conversation, _Head())
                    head.add(event.remote_id, event.cursor)
                    if not event.own and event.kind is not MessageKind.SYSTEM:
                        newest = head.newest_other
                        head.newest_other = event.cursor if newest is None else max(newest, event.cursor)
                case WindowRead(reaches_head=True):
                    head = self._heads.setdefault(event.conversation, _Head())
                    caught_up = caught_up or not head.read
                    head.read = True
                    head.complete = head.complete or event.complete
                case _:
                    pass
        return caught_up

    def caught_up(self, conversation: RemoteId) -> bool:
        """Whether the head was read on this connection."""
        head = self._heads.get(conversation)
        return head is not None and head.read

    def newest_other(self, conversation: RemoteId) -> Cursor | None:
        """Cursor of the newest message of somebody else that this connection has shown."""
        head = self._heads.get(conversation)
        return None if head is None else head.newest_other

    def watermark(self, conversation: RemoteId) -> Watermark | None:
        """Ids of the head as read on this connection, with what was pushed since; None: it was not read.

        What was pushed before a send began can't be that send, so it belongs to the watermark.
        """
        head = self._heads.get(conversation)
        if head is None or not head.read:
            return None
        newest = sorted(head.cursors, key=lambda one: head.cursors[one], reverse=True)
        return Watermark(tuple(newest[:MOST_IDS]), head.complete)
