"""A passenger at StepperGO, on trips that the desk drives."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from chatdesk.server.demo.tongue import CONNECT_TIMEOUT_S, Ear, Heard, Problem, Talk, Tongue, Turned
from chatdesk.wire.steppergo import names

RUNNING = tuple(
    status for status in names.STATUS_LABELS if status not in names.STATUSES_OVER and status != "DRAFT"
)
NO_ACCESS = 403


class _User(msgspec.Struct):
    id: str


class _Session(msgspec.Struct):
    token: str


class _Login(msgspec.Struct):
    user: _User
    session: _Session


class _Place(msgspec.Struct):
    name: str


class _Way(msgspec.Struct):
    origin: _Place
    destination: _Place


class _Trip(msgspec.Struct):
    id: str
    title: str
    location: _Way


class _Trips(msgspec.Struct):
    data: list[_Trip]


class _Message(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    conversation_id: str
    sender_id: str
    content: str
    type: str
    sent_at: str = ""


class _Chat(msgspec.Struct, rename="camel"):
    conversation_id: str | None
    messages: list[_Message]


class _History(msgspec.Struct):
    data: _Chat


class _Joined(msgspec.Struct, rename="camel"):
    conversation_id: str
    trip_id: str


class _Typing(msgspec.Struct, rename="camel"):
    user_id: str


class _Read(msgspec.Struct, rename="camel"):
    user_id: str
    conversation_id: str


class SteppergoTongue(Tongue):
    """A conversation is a trip's; the socket calls it by an id of its own, which joining tells."""

    platform = "steppergo"
    socket_path = names.SOCKETIO_PATH
    auth_field = names.AUTH_TOKEN_FIELD
    events = (
        names.EVENT_JOINED,
        names.EVENT_NEW,
        names.EVENT_TYPING_START,
        names.EVENT_READ,
        names.EVENT_ERROR,
    )

    def __init__(self, base_url: str, login: str, password: str, role: str = "") -> None:
        super().__init__(base_url, login, password, role)
        self._chats: dict[str, str] = {}
        """By trip."""
        self._joined: dict[str, asyncio.Event] = {}

    async def sign_in(self) -> None:
        """A session of the platform's own."""
        body = {"email": self.login, "password": self._password}
        answer = await self.ask("POST", names.ROUTE_LOGIN, _Login, body)
        self._token, self.user_id = answer.session.token, answer.user.id

    async def talks(self) -> list[Talk]:
        """There is no list: of the trips that are not over, those whose messages we may read."""
        found = []
        for status in RUNNING:
            trips = (await self.ask("GET", names.ROUTE_TRIPS, _Trips, query=[("status", status)])).data
            for trip in trips:
                talk = Talk(
                    id=trip.id,
                    facts={
                        "number": trip.title,
                        "item": trip.title,
                        "origin": trip.location.origin.name,
                        "destination": trip.location.destination.name,
                    },
                )
                if await self._may_read(talk):
                    found.append(talk)
        return found

    async def _may_read(self, talk: Talk) -> bool:
        try:
            await self.history(talk)
        except Turned as exc:
            if exc.status == NO_ACCESS:
                return False
            raise
        return True

    async def history(self, talk: Talk) -> list[Heard]:
        """All of it, oldest first."""
        answer = await self.ask("GET", names.ROUTE_HISTORY.format(trip_id=talk.id), _History)
        if answer.data.conversation_id is not None:
            self._chats[talk.id] = answer.data.conversation_id
        return [self._heard(message) for message in answer.data.messages]

    async def enter(self, talks: Sequence[Talk]) -> None:
        """Only what one has joined is told, and joining tells the id to write to."""
        for talk in talks:
            came = self._joined[talk.id] = asyncio.Event()
            await self.emit(names.EMIT_JOIN, {"tripId": talk.id})
            await asyncio.wait_for(came.wait(), CONNECT_TIMEOUT_S)

    def take(self, event: str, payload: Any, ear: Ear) -> None:
        """Messages, our own among them, typing and reading."""
        match event:
            case names.EVENT_JOINED:
                joined = msgspec.convert(payload, _Joined)
                self._chats[joined.trip_id] = joined.conversation_id
                if joined.trip_id in self._joined:
                    self._joined[joined.trip_id].set()
            case names.EVENT_NEW:
                message = self._heard(msgspec.convert(payload, _Message))
                if message.author == self.user_id:
                    self.came_back(message.text)
                ear.heard(message)
            case names.EVENT_TYPING_START:
                # It is not told where.
                ear.typing("", msgspec.convert(payload, _Typing).user_id)
            case names.EVENT_READ:
                read = msgspec.convert(payload, _Read)
                ear.read(self._trip(read.conversation_id), read.user_id)
            case _:
                problem = msgspec.convert(payload, Problem)
                self.refused(problem.message, problem.retry_after)

    async def typing(self, talk: str, *, is_typing: bool) -> None:
        """To the conversation."""
        event = names.EMIT_TYPING_START if is_typing else names.EMIT_TYPING_STOP
        await self.emit(event, {"conversationId": self._chats[talk]})

    async def say(self, talk: str, text: str) -> None:
        """It comes back to everybody who has joined."""
        payload = {"conversationId": self._chats[talk], "content": text, "type": names.TYPE_TEXT}
        await self.emit_and_wait(names.EMIT_SEND, payload, text)

    async def mark_read(self, message: Heard) -> None:
        """A conversation is read as a whole."""
        await self.emit(names.EMIT_MARK_READ, {"conversationId": self._chats[message.talk]})

    def _heard(self, message: _Message) -> Heard:
        return Heard(
            talk=self._trip(message.conversation_id),
            id=message.id,
            text=message.content,
            author="" if message.type == names.TYPE_SYSTEM else message.sender_id,
            at=message.sent_at,
        )

    def _trip(self, conversation: str) -> str:
        return next((trip for trip, chat in self._chats.items() if chat == conversation), "")
