"""Sends that an earlier run has left untried: whether they have arrived all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from chatdesk.domain.desk import KnownConversation
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import Cursor, OutgoingId
from chatdesk.domain.kinds import KeyGrade, OutgoingKind
from chatdesk.sync.exchange import Exchange
from chatdesk.sync.inbox import Inbox
from chatdesk.sync.parts import Parts


class Inherited:
    """The untried sends of earlier runs of one account, with the newest that those knew of their talks."""

    def __init__(self, parts: Parts, exchange: Exchange, inbox: Inbox) -> None:
        self._adapter = parts.adapter
        self._store = parts.store
        self._exchange = exchange
        self._inbox = inbox
        self._floors: dict[OutgoingId, Cursor] = {}

    def note(self, items: Iterable[Outgoing], known: Iterable[KnownConversation]) -> None:
        """What is unsettled as this run begins, and how far the conversations are known."""
        newest = {one.remote_id: one.newest_cursor or Cursor("") for one in known}
        for item in items:
            if item.kind is OutgoingKind.SEND and item.attempts == 0:
                self._floors[item.id] = newest.get(item.conversation_remote_id, Cursor(""))

    async def came_by_itself(self, item: Outgoing) -> bool:
        """Whether its text stands at the server since the run that left it; the head must have been read.

        Then this data folder is a copy that was put back, whole, and the run that sent it is not known here;
        or the person has written the same elsewhere meanwhile. Only they know whether it is to go once more.
        """
        floor = self._floors.get(item.id)
        if floor is None or item.approved or item.attempts or item.conversation_id is None:
            return False
        if self._adapter.key_grade(self._exchange.facts) is KeyGrade.IDEMPOTENT:
            return False  # the server recognises its id
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
