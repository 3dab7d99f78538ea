"""What the recorded servers say on the socket: less about messages and typists than the promised ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET

from chatdesk.server.core.access import Actor
from chatdesk.server.core.messages import Shown
from chatdesk.server.core.tables import Order, Upload
from chatdesk.server.dialects.dispatcher import records
from chatdesk.server.dialects.dispatcher.as_is import script
from chatdesk.server.dialects.dispatcher.as_is.vocabulary import NO_STATUS
from chatdesk.server.dialects.dispatcher.pushes import Pushes, order_room
from chatdesk.wire.dispatcher import names, shapes


def message(shown: Shown) -> shapes.MessageRecord:
    """A message without what only our own server knows; it never counts as read."""
    record = records.message(shown)
    record.is_read = False
    record.seq = record.client_id = record.attachments = UNSET
    return record


def order_record(order: Order, files: Sequence[Upload]) -> shapes.OrderRecord:
    """An order as stored: its version never changes, and its status may be gone."""
    record = records.order_record(order, files)
    record.version = 0
    if record.status == NO_STATUS:
        record.status = UNSET
    return record


class RecordedPushes(Pushes):
    """Rooms are named by whatever a client has sent, and it is sent on."""

    def message_record(self, shown: Shown) -> shapes.MessageRecord:
        """Without what only our own server knows."""
        return message(shown)

    def order_record(self, order: Order, files: Sequence[Upload]) -> shapes.OrderRecord:
        """With the version that never changes."""
        return order_record(order, files)

    async def told(self, event: str, payload: dict[str, Any], order_id: Any, skip_sid: str) -> None:
        """An event about whatever the client has named, to the others in the room of that name."""
        if not isinstance(order_id, script.Undefined):
            payload = {**payload, "orderId": order_id}
        await self._sio.emit(event, payload, room=order_room(script.as_text(order_id)), skip_sid=skip_sid)

    async def typed(self, actor: Actor, order_id: Any, *, is_typing: bool, skip_sid: str) -> None:
        """Somebody types or stops, by address."""
        payload = {"email": actor.email, "isTyping": is_typing}
        await self.told(names.EVENT_USER_TYPING, payload, order_id, skip_sid)

    async def signal(self, event: str, actor: Actor, order_id: Any, *, skip_sid: str) -> None:
        """Somebody came, went or read."""
        payload = {"userId": actor.id, "timestamp": self.now()}
        await self.told(event, payload, order_id, skip_sid)
