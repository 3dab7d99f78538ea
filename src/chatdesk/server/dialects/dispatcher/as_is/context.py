"""What every recorded route works with: the parts, the envelope, and what the recorded process remembers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import web
from chatdesk.server.core.errors import Refused
from chatdesk.server.core.tables import Conversation
from chatdesk.server.dialects.dispatcher import answers
from chatdesk.server.dialects.dispatcher.as_is.casts import broken
from chatdesk.server.dialects.dispatcher.as_is.vocabulary import refusal
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.wire.dispatcher import texts

CHAT_RECORD = "chatRecord"
"""In the details of a conversation: whether the platform would have a chat record of it by now."""


@dataclass(slots=True)
class Memory:
    """What the recorded process would find in its database or has half done."""

    logins: dict[str, int] = field(default_factory=dict)
    """Account id -> the second of its last login, as long as a token of it is stored."""
    recorded: set[str] = field(default_factory=set)
    """Orders that are known to have a chat record."""
    being_recorded: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class AsIs(Context):
    """The parts, for the routes of the recorded servers."""

    memory: Memory = field(default_factory=Memory)

    def faulty(
        self, path: str, method: str, endpoint: Callable[[AsIs, Request], Awaitable[Response]]
    ) -> Route:
        """A route of the recorded servers."""

        async def answer(request: Request) -> Response:
            return await endpoint(self, request)

        return web.route(path, method, answer, ENVELOPE)

    async def chat_record(self, order_id: str) -> None:
        """Make the chat record of an order, unless it has one.

        As recorded two that come together both try, and the second fails with a 500.
        """
        memory = self.memory
        if order_id in memory.recorded:
            return
        async with self.core.database.reading() as session:
            chat = await session.get(Conversation, order_id)
            there = chat is not None and chat.details.get(CHAT_RECORD)
        if not there:
            if order_id in memory.being_recorded:
                raise broken(texts.ERR_DUPLICATE_CHAT.format(order_id=order_id))
            memory.being_recorded.add(order_id)
            try:
                async with self.core.database.writing() as session:
                    row = await session.get_one(Conversation, order_id)
                    row.details = {**row.details, CHAT_RECORD: True}
            finally:
                memory.being_recorded.discard(order_id)
        memory.recorded.add(order_id)


class _Envelope(answers.Envelope):
    """Refusals in the recorded statuses."""

    def refused(self, problem: Refused) -> Response:
        """A refusal of the core."""
        words = refusal(problem)
        return answers.failure(words.status, words.text)


ENVELOPE = _Envelope()
