"""A carrier at the dispatcher platform, and the back office."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from chatdesk.server.demo.tongue import Ear, Heard, Talk, Tongue
from chatdesk.wire import ours
from chatdesk.wire.dispatcher import names, shapes

HISTORY_LIMIT = 200
OPEN = frozenset({names.STATUS_PENDING, names.STATUS_PROCESSING})


class DispatcherTongue(Tongue):
    """Sends by the route, under a client id, so that a repeated send changes nothing."""

    platform = "dispatcher"
    auth_field = names.AUTH_TOKEN_FIELD
    events = (
        names.EVENT_NEW_MESSAGE,
        names.EVENT_ORDER_UPDATED,
        names.EVENT_USER_TYPING,
        names.EVENT_MESSAGE_READ,
    )

    async def sign_in(self) -> None:
        """The user's id is a claim of the token."""
        body = {"email": self.login, "password": self._password}
        answer = await self.ask("POST", names.ROUTE_LOGIN, shapes.Success[shapes.LoginData], body)
        self._token = answer.data.access_token
        payload = self._token.split(".")[1]
        self.user_id = msgspec.json.decode(_unpadded(payload), type=shapes.TokenClaims).user_id

    async def orders(self) -> list[shapes.OrderItem]:
        """Every order that this account may see."""
        query = [("page", "1"), ("limit", "100"), ("search", "")]
        query += [(names.QUERY_STATUS, status) for status in names.STATUS_LABELS]
        answer = await self.ask(
            "GET", names.ROUTE_ORDERS, shapes.Success[list[shapes.OrderItem]], query=query
        )
        return answer.data

    async def talks(self) -> list[Talk]:
        """One conversation for each order."""
        found = []
        for item in await self.orders():
            route = names.ROUTE_ORDER.format(order_number=item.order_number)
            order = (await self.ask("GET", route, shapes.Success[shapes.OrderDetail])).data
            found.append(
                Talk(
                    id=order.id,
                    facts={
                        "number": order.order_number,
                        "item": _in_passing(order.commodity),
                        "origin": str(order.origin_address),
                        "destination": str(order.destination_address),
                        "height": str(order.height_ft),
                    },
                    is_open=order.status in OPEN,
                )
            )
        return found

    async def history(self, talk: Talk) -> list[Heard]:
        """The server gives the newest first."""
        answer = await self.ask(
            "GET",
            names.ROUTE_HISTORY.format(order_id=talk.id),
            shapes.Success[list[shapes.MessageRecord]],
            query=[("page", "1"), ("limit", str(HISTORY_LIMIT))],
        )
        return [_heard(record) for record in reversed(answer.data)]

    async def enter(self, talks: Sequence[Talk]) -> None:
        """One room per order."""
        for talk in talks:
            await self.emit(names.EMIT_JOIN, talk.id)

    def take(self, event: str, payload: Any, ear: Ear) -> None:
        """Messages, statuses, typing and reading."""
        match event:
            case names.EVENT_NEW_MESSAGE:
                ear.heard(_heard(msgspec.convert(payload, shapes.NewMessage).message))
            case names.EVENT_ORDER_UPDATED:
                update = msgspec.convert(payload, shapes.OrderUpdated)
                if isinstance(update.update.order.status, str):
                    ear.status(update.order_id, update.update.order.status)
            case names.EVENT_USER_TYPING:
                typing = msgspec.convert(payload, shapes.UserTyping)
                if typing.is_typing:
                    ear.typing(typing.order_id, typing.user_id or typing.email or "")
            case names.EVENT_MESSAGE_READ:
                read = msgspec.convert(payload, shapes.RoomSignal)
                ear.read(read.order_id, read.user_id)

    async def typing(self, talk: str, *, is_typing: bool) -> None:
        """The payload is the order's id alone."""
        await self.emit(names.EMIT_TYPING_START if is_typing else names.EMIT_TYPING_STOP, talk)

    async def say(self, talk: str, text: str) -> None:
        """By the route; the same text of ours again is the same message."""
        client_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{self.user_id} {text}").hex
        body = {"orderId": talk, "message": text, ours.CLIENT_ID_FIELD: client_id}
        await self.ask("POST", names.ROUTE_SEND, shapes.Success[shapes.MessageRecord], body)

    async def mark_read(self, message: Heard) -> None:
        """A conversation is read as a whole."""
        await self.emit(names.EMIT_MARK_READ, message.talk)

    async def set_status(self, order_id: str, status: str) -> None:
        """Change an order's status; for an admin."""
        route = names.ROUTE_ORDER_STATUS.format(order_id=order_id)
        await self.ask("PUT", route, shapes.Success[shapes.OrderRecord], {"status": status})


def _heard(record: shapes.MessageRecord) -> Heard:
    return Heard(
        talk=record.order_id,
        id=record.id,
        text=record.message,
        author=record.user.id or "",
        at=record.created_at,
    )


def _in_passing(commodity: object) -> str:
    return commodity.partition(",")[0].lower() if isinstance(commodity, str) else "load"


def _unpadded(payload: str) -> bytes:
    return base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
