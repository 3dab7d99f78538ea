"""Where the line "New" stands: above the first message that was unread when the conversation was opened."""

from __future__ import annotations

from collections.abc import Sequence

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import PENDING_CURSOR, Cursor, MessageId
from chatdesk.domain.kinds import MessageKind


class UnreadLine:
    """The place of the line. Found once, it stays until the conversation is left.

    unread: how many messages the list showed as unread. seen: the newest cursor seen here, if known.
    """

    def __init__(self, unread: int = 0, seen: Cursor | None = None) -> None:
        self._unread = unread
        self._seen = seen
        self._settled = unread <= 0
        self.message: MessageId | None = None

    def look_at(self, rows: Sequence[Message]) -> None:
        """Look for the place in the rows here, oldest first; call again when older rows have come.

        As long as there may be unread messages above the first row, the place is not known.
        """
        if self._settled:
            return
        left = self._unread
        first: MessageId | None = None
        for message in reversed(rows):
            if message.own or message.deleted or message.kind is MessageKind.SYSTEM:
                continue
            if self._seen is not None and PENDING_CURSOR != message.cursor <= self._seen:
                self._settle(first)
                return
            first = message.id
            left -= 1
            if left == 0:
                self._settle(first)
                return

    def put_above(self, message: MessageId) -> None:
        """Let the line stand above this message."""
        self._settle(message)

    def _settle(self, message: MessageId | None) -> None:
        self.message = message
        self._settled = True
