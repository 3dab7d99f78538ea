"""Sends that an earlier run has left: whether they have arrived all the same.

This data folder may be a copy that was put back, whole. What became of them since is not known here then, nor
whether it went under an id that the server recognises, whatever this connection promises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from chatdesk.domain.desk import KnownConversation
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import Cursor, OutgoingId
from chatdesk.domain.kinds import OutgoingKind
from chatdesk.sync.inbox import Inbox
from chatdesk.sync.parts import Parts


class Inherited:
    """Sends that earlier runs of one account have left, with the newest that those knew of their talks."""

    def __init__(self, parts: Parts, inbox: Inbox) -> None:
        self._adapter = parts.adapter
        self._store = parts.store
        self._inbox = inbox
        self._attempts: dict[OutgoingId, int] = {}
        self._floors: dict[OutgoingId, Cursor] = {}

    def note(self, items: Iterable[Outgoing], known: Iterable[KnownConversation]) -> None:
        """What is unsettled as this run begins, and how far the conversations are known."""
        newest = {one.remote_id: one.newest_cursor or Cursor("") for one in known}
        for item in items:
            if item.kind is OutgoingKind.SEND:
                self._attempts[item.id] = item.attempts
                if item.attempts == 0:
                    self._floors[item.id] = newest.get(item.conversation_remote_id, Cursor(""))

    def is_as_left(self, item: Outgoing) -> bool:
        """Whether an earlier run has left it, and this one has not tried it yet."""
        return self._attempts.get(item.id) == item.attempts

    async def came_by_itself(self, item: Outgoing) -> bool:
        """Whether its text stands at the server since the run that left it; the head must have been read.

        Then a run that is not known here has sent it, or the person has written the same elsewhere meanwhile.
        Only they know whether it is to go once more.
        """
        floor = self._floors.get(item.id)
        if floor is None or item.approved or item.attempts or item.conversation_id is None:
            return False
        await self._inbox.settled()
        own = await asyncio.wrap_future(self._store.candidates(item.conversation_id, frozenset()))
        wanted = self._adapter.normalise(item.text)
        files = [file.url for file in item.extras.attachments]
        return any(
            one.cursor > floor
            and one.kind is item.message_kind
            and self._adapter.normalise(one.text) == wanted
            and [file.url for file in one.extras.attachments] == files
            for one in own
        )
