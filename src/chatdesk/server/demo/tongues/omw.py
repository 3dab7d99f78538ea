"""Somebody at home who has booked a worker at OMW."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from chatdesk.server.demo.tongue import Ear, Heard, Problem, Talk, Tongue
from chatdesk.wire.omw import names

HISTORY_LIMIT = "50"


class _User(msgspec.Struct):
    id: int


class _Login(msgspec.Struct):
    token: str
    user: _User


class _Session(msgspec.Struct):
    session_id: int
    booking_id: int
    service_status: str = ""
    service_name: str | None = None
    service_address: str | None = None


class _Sessions(msgspec.Struct):
    sessions: list[_Session]


class _SessionAnswer(msgspec.Struct):
    session: _Session


class _Entry(msgspec.Struct):
    """A message as histories have it: without its session, and at a time without a zone."""

    id: int
    sender_id: int | None
    message_type: str
    content: str


class _History(msgspec.Struct):
    messages: list[_Entry]


class _Message(_Entry):
    session_id: int | str = 0


class _Typing(msgspec.Struct, rename="camel"):
    session_id: int
    user_id: int
    is_typing: bool


class _Read(msgspec.Struct, rename="camel"):
    session_id: int
    reader_id: int


class OmwTongue(Tongue):
    """A conversation is a session; all numbers are texts here and numbers on the wire."""

    platform = "omw"
    auth_field = names.AUTH_TOKEN_FIELD
    events = (names.EVENT_NEW_MESSAGE, names.EVENT_TYPING, names.EVENT_READ, names.EVENT_ERROR)

    async def sign_in(self) -> None:
        """As a customer: a person may have several roles there."""
        body = {"email": self.login, "password": self._password, "role": self._role}
        answer = await self.ask("POST", names.ROUTE_LOGIN, _Login, body)
        self._token, self.user_id = answer.token, str(answer.user.id)

    async def talks(self) -> list[Talk]:
        """The sessions that have not ended."""
        listed = await self.ask("GET", names.ROUTE_SESSIONS, _Sessions)
        found = []
        for one in listed.sessions:
            route = names.ROUTE_SESSION.format(session_id=one.session_id)
            detail = (await self.ask("GET", route, _SessionAnswer)).session
            found.append(
                Talk(
                    id=str(one.session_id),
                    facts={
                        "number": str(one.booking_id),
                        "item": (one.service_name or "work").lower(),
                        "origin": "",
                        "destination": detail.service_address or "our house",
                    },
                )
            )
        return found

    async def history(self, talk: Talk) -> list[Heard]:
        """The newest page, which is in order."""
        route = names.ROUTE_MESSAGES.format(session_id=talk.id)
        answer = await self.ask("GET", route, _History, query=[("limit", HISTORY_LIMIT), ("offset", "0")])
        return [_heard(message, talk.id) for message in answer.messages]

    async def enter(self, talks: Sequence[Talk]) -> None:
        """The server has put us into all of them."""

    def take(self, event: str, payload: Any, ear: Ear) -> None:
        """Messages, our own among them, typing and reading."""
        match event:
            case names.EVENT_NEW_MESSAGE:
                entry = msgspec.convert(payload, _Message)
                message = _heard(entry, str(entry.session_id))
                if message.author == self.user_id:
                    self.came_back(message.text)
                ear.heard(message)
            case names.EVENT_TYPING:
                typing = msgspec.convert(payload, _Typing, strict=False)
                if typing.is_typing:
                    ear.typing(str(typing.session_id), str(typing.user_id))
            case names.EVENT_READ:
                read = msgspec.convert(payload, _Read, strict=False)
                ear.read(str(read.session_id), str(read.reader_id))
            case _:
                problem = msgspec.convert(payload, Problem)
                self.refused(problem.message, problem.retry_after)

    async def typing(self, talk: str, *, is_typing: bool) -> None:
        """To the session."""
        event = names.EMIT_TYPING_START if is_typing else names.EMIT_TYPING_STOP
        await self.emit(event, {"sessionId": int(talk)})

    async def say(self, talk: str, text: str) -> None:
        """It comes back to its sender wherever that is."""
        payload = {"sessionId": int(talk), "content": text, "messageType": names.TYPE_TEXT}
        await self.emit_and_wait(names.EMIT_SEND, payload, text)

    async def mark_read(self, message: Heard) -> None:
        """One by one."""
        if message.author != self.user_id:
            payload = {"sessionId": int(message.talk), "messageIds": [int(message.id)]}
            await self.emit(names.EMIT_MARK_READ, payload)


def _heard(message: _Entry, session: str) -> Heard:
    is_platform = message.sender_id is None or message.message_type == names.TYPE_SYSTEM
    return Heard(
        talk=session,
        id=str(message.id),
        text=message.content,
        author="" if is_platform else str(message.sender_id),
    )
