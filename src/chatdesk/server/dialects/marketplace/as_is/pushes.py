"""What the recorded servers say about stored messages: everything, to every connection of the platform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chatdesk.server.bodies import iso
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import User
from chatdesk.server.dialects.marketplace.pushes import Pushes
from chatdesk.wire.marketplace import names


class Broadcasts(Pushes):
    """The events that routes cause."""

    async def read(self, shown: Shown, recipient: User) -> None:
        """A message was read, now, however often that was said before."""
        await self._both(names.EVENT_UPDATED, self._to_record(shown, recipient), shown, recipient)
        payload = {
            "message_id": shown.message.id,
            "reader_id": recipient.id,
            "timestamp": iso(self._clock.now_ms()),
        }
        await self._both(names.EVENT_READ, payload, shown, recipient)

    async def delivered(self, sender_id: str, message_ids: Sequence[str], at_ms: int) -> None:
        """Nobody is told what has become of a message that was sent by a route."""

    async def _both(self, event: str, payload: Any, shown: Shown, recipient: User) -> None:  # noqa: ARG002
        await self._sio.emit(event, payload)
