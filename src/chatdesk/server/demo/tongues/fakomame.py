"""A traveller at Fakomame, who carries packages of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chatdesk.server.demo.tongue import Ear, Heard, Problem, Talk, Tongue
from chatdesk.wire.fakomame import names

OPEN = frozenset({"POSTED", "MATCHED", "IN_TRANSIT"})
HISTORY_LIMIT = "50"


class _User(msgspec.Struct):
    id: str


class _SignedIn(msgspec.Struct):
    user: _User
    accessToken: str  # noqa: N815 -- the wire's


class _Login(msgspec.Struct):
    data: _SignedIn


class _Package(msgspec.Struct):
    id: str
    title: str
    status: str


class _Chat(msgspec.Struct):
    id: str
    participants: list[Any]
    package: _Package | None = None


class _Chats(msgspec.Struct):
    data: list[_Chat]


class _Address(msgspec.Struct):
    city: str = ""


class _Detail(msgspec.Struct, rename="camel"):
    pickup_address: _Address = msgspec.field(default_factory=_Address)
    delivery_address: _Address = msgspec.field(default_factory=_Address)


class _DetailAnswer(msgspec.Struct):
    data: _Detail


class _Sender(msgspec.Struct):
    id: str


class _Message(msgspec.Struct, rename="camel", kw_only=True):
    """As pushes and histories have it; the author stands in `sender`, and nowhere else in a push."""

    id: str
    chat_id: str
    content: str
    message_type: str = names.TYPE_TEXT
    sender: _Sender | None = None
    created_at: str = ""


class _Page(msgspec.Struct):
    data: list[_Message]


class _History(msgspec.Struct):
    data: _Page


class _Typing(msgspec.Struct, rename="camel"):
    user_id: str
    chat_id: str


class FakomameTongue(Tongue):
    """A conversation is a chat; marks of reading there are none."""

    platform = "fakomame"
    auth_field = names.AUTH_TOKEN_FIELD
    events = (names.EVENT_MESSAGE, names.EVENT_TYPING_START, names.EVENT_ERROR)

    async def sign_in(self) -> None:
        """The answer says who we are."""
        body = {"email": self.login, "password": self._password}
        answer = await self.ask("POST", names.ROUTE_LOGIN, _Login, body)
        self._token, self.user_id = answer.data.accessToken, answer.data.user.id

    async def talks(self) -> list[Talk]:
        """The chats about packages."""
        chats = (await self.ask("GET", names.ROUTE_CHATS, _Chats)).data
        return [await self._talk(chat, chat.package) for chat in chats if chat.package is not None]

    async def _talk(self, chat: _Chat, package: _Package) -> Talk:
        route = names.ROUTE_PACKAGE.format(item_id=package.id)
        detail = (await self.ask("GET", route, _DetailAnswer)).data
        return Talk(
            id=chat.id,
            facts={
                "number": package.id,
                "item": package.title.lower(),
                "origin": detail.pickup_address.city,
                "destination": detail.delivery_address.city,
            },
            is_open=package.status in OPEN,
        )

    async def history(self, talk: Talk) -> list[Heard]:
        """The first page is the newest, and in itself it is in order."""
        query = [("chatId", talk.id), ("page", "1"), ("limit", HISTORY_LIMIT)]
        answer = await self.ask("GET", names.ROUTE_MESSAGES, _History, query=query)
        return [_heard(message) for message in answer.data.data]

    async def enter(self, talks: Sequence[Talk]) -> None:
        """Only what one has joined is told."""
        for talk in talks:
            await self.emit(names.EMIT_JOIN, {"chatId": talk.id})

    def take(self, event: str, payload: Any, ear: Ear) -> None:
        """Messages, our own among them, and typing."""
        match event:
            case names.EVENT_MESSAGE:
                message = _heard(msgspec.convert(payload, _Message))
                if message.author == self.user_id:
                    self.came_back(message.text)
                ear.heard(message)
            case names.EVENT_TYPING_START:
                typing = msgspec.convert(payload, _Typing)
                ear.typing(typing.chat_id, typing.user_id)
            case _:
                problem = msgspec.convert(payload, Problem)
                self.refused(problem.message, problem.retry_after)

    async def typing(self, talk: str, *, is_typing: bool) -> None:
        """To the chat."""
        event = names.EMIT_TYPING_START if is_typing else names.EMIT_TYPING_STOP
        await self.emit(event, {"chatId": talk})

    async def say(self, talk: str, text: str) -> None:
        """It has arrived when it comes back: nothing else confirms it."""
        payload = {"chatId": talk, "content": text, "type": names.TYPE_TEXT}
        await self.emit_and_wait(names.EMIT_SEND, payload, text)

    async def mark_read(self, message: Heard) -> None:
        """The platform does not ask."""


def _heard(message: _Message) -> Heard:
    is_platform = message.sender is None or message.message_type == names.TYPE_SYSTEM
    return Heard(
        talk=message.chat_id,
        id=message.id,
        text=message.content,
        author="" if is_platform or message.sender is None else message.sender.id,
        at=message.created_at,
    )
