"""A buyer at the marketplace."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import msgspec

from chatdesk.server.demo.tongue import Ear, Heard, Problem, Talk, Tongue
from chatdesk.wire.marketplace import names

EVENT_ERROR = "error"


class _Account(msgspec.Struct):
    id: str
    userType: str  # noqa: N815 -- the wire's


class _Login(msgspec.Struct):
    token: str
    data: _Account


class _Person(msgspec.Struct):
    id: str = msgspec.field(name="_id")


class _Message(msgspec.Struct, kw_only=True):
    """A record as the conversation and the pushes have it: both parties are objects."""

    id: str = msgspec.field(name="_id")
    sender_id: _Person
    recipient_id: _Person
    subject: str
    message: str
    created: str = msgspec.field(name="createdAt", default="")


class _Messages(msgspec.Struct):
    data: list[_Message]


class _Letter(msgspec.Struct, kw_only=True):
    """One of the inbox: the sender is an object, the recipient the reader's id."""

    sender_id: _Person
    sender_type: str
    subject: str


class _Inbox(msgspec.Struct):
    data: list[_Letter]


class _Typing(msgspec.Struct):
    sender_id: str
    is_typing: bool


class _Read(msgspec.Struct):
    reader_id: str


class MarketplaceTongue(Tongue):
    """A conversation is everything with one seller: its id is the seller's."""

    platform = "marketplace"
    auth_field = names.AUTH_TOKEN_FIELD
    events = (names.EVENT_NEW_MESSAGE, names.EVENT_TYPING, names.EVENT_READ, EVENT_ERROR)

    def __init__(self, base_url: str, login: str, password: str, role: str = "") -> None:
        super().__init__(base_url, login, password, role)
        self._kind = ""
        self._sellers: dict[str, str] = {}

    async def sign_in(self) -> None:
        """The answer says who we are and what."""
        body = {"email": self.login, "password": self._password}
        answer = await self.ask("POST", names.ROUTE_LOGIN, _Login, body)
        self._token, self.user_id = answer.token, answer.data.id
        self._kind = names.KIND_OF_ROLE[answer.data.userType]

    async def talks(self) -> list[Talk]:
        """There is no list: whoever stands in the inbox. What it is about, the subject alone tells."""
        inbox = await self.ask("GET", names.ROUTE_INBOX, _Inbox)
        subjects: dict[str, str] = {}
        for letter in inbox.data:
            self._sellers[letter.sender_id.id] = letter.sender_type
            subjects.setdefault(letter.sender_id.id, letter.subject)
        return [
            Talk(
                id=seller,
                facts={
                    "number": "",
                    "item": "your goods" if subject == names.SUBJECT else f"“{subject}”",
                    "origin": "",
                    "destination": "",
                },
            )
            for seller, subject in subjects.items()
        ]

    async def history(self, talk: Talk) -> list[Heard]:
        """The whole of it, oldest first."""
        route = names.ROUTE_CONVERSATION.format(party=talk.id, kind=self._sellers[talk.id])
        answer = await self.ask("GET", route, _Messages)
        return [self._heard(message) for message in answer.data]

    async def enter(self, talks: Sequence[Talk]) -> None:  # noqa: ARG002 -- one registers for everything
        """Say who is there."""
        await self.emit(names.EMIT_REGISTER, self.user_id)

    def take(self, event: str, payload: Any, ear: Ear) -> None:
        """Everything is told to the people concerned only."""
        match event:
            case names.EVENT_NEW_MESSAGE:
                message = msgspec.convert(payload, _Message)
                if message.sender_id.id == self.user_id:
                    self.came_back(message.message)
                ear.heard(self._heard(message))
            case names.EVENT_TYPING:
                typing = msgspec.convert(payload, _Typing)
                if typing.is_typing:
                    ear.typing(typing.sender_id, typing.sender_id)
            case names.EVENT_READ:
                reader = msgspec.convert(payload, _Read).reader_id
                ear.read(reader, reader)
            case _:
                problem = msgspec.convert(payload, Problem)
                self.refused(problem.message, problem.retry_after)

    async def typing(self, talk: str, *, is_typing: bool) -> None:
        """To the seller."""
        payload = {"recipient_id": talk, "sender_id": self.user_id, "is_typing": is_typing}
        await self.emit(names.EMIT_TYPING, payload)

    async def say(self, talk: str, text: str) -> None:
        """On the socket; it is pushed to both sides."""
        payload = {
            "id": uuid.uuid5(uuid.NAMESPACE_OID, f"{self.user_id} {text}").hex,
            "sender_id": self.user_id,
            "sender_type": self._kind,
            "recipient_id": talk,
            "recipient_type": self._sellers[talk],
            "subject": names.SUBJECT,
            "message": text,
            "message_type": names.TOPIC_GENERAL,
            "status": names.STATUS_UNREAD,
        }
        await self.emit_and_wait(names.EMIT_SEND, payload, text)

    async def mark_read(self, message: Heard) -> None:
        """One by one; an own one cannot be marked."""
        if message.author != self.user_id:
            payload = {
                "message_id": message.id,
                "recipient_id": message.author,
                "reader_id": self.user_id,
            }
            await self.emit(names.EMIT_MARK_READ, payload)

    def _heard(self, message: _Message) -> Heard:
        author = message.sender_id.id
        return Heard(
            talk=message.recipient_id.id if author == self.user_id else author,
            id=message.id,
            text=message.message,
            author=author,
            at=message.created,
        )
