"""The recorded servers put together: pages as refusals, silent routes, missing tables, mail that fails.

Source: the wire specification of the platform, sections 1, 2, 6 and 7, and its recorded traffic.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DatabaseError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server import bodies, web
from chatdesk.server.chat_server import ChatServer, SocketSettings, socket_server
from chatdesk.server.core.access import Actor
from chatdesk.server.core.database import WriteSession
from chatdesk.server.core.orders import Telling
from chatdesk.server.core.service import Core, Ground
from chatdesk.server.core.tables import Order
from chatdesk.server.core.uploads import NewFile
from chatdesk.server.dialect import Choices
from chatdesk.server.dialects.omw import (
    account_routes,
    answers,
    booking_records,
    chat_routes,
    customer_routes,
    worker_routes,
)
from chatdesk.server.dialects.omw.answers import PageProblem
from chatdesk.server.dialects.omw.as_is_chats import RecordedChats
from chatdesk.server.dialects.omw.as_is_sockets import RecordedSockets
from chatdesk.server.dialects.omw.bookings import Bookings
from chatdesk.server.dialects.omw.context import Context, Endpoint, claimed
from chatdesk.server.dialects.omw.pushes import Pushes
from chatdesk.server.dialects.omw.vocabulary import RecordedPolicy, recorded_rules, words
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.omw import names, texts

ORIGINS = ("http://localhost:3000", "http://localhost:5173")
"""The platform's own web pages, where their developers run them; the server's own address is not there."""
SETTINGS = SocketSettings(
    ping_interval_s=names.PING_INTERVAL_S,
    ping_timeout_s=names.PING_TIMEOUT_S,
    origins=ORIGINS,
    concurrent=True,
)
_PASSING = re.compile("jpeg|jpg|png|gif|pdf|doc|docx|txt")
"""Letters that must be in an extension, and in a type: whether that makes sense of them is not asked."""
MOST_PARTS = 20


class Accident(Exception):
    """Something that the recorded code does not expect: answered as the server's own failure."""


@dataclass(frozen=True)
class RecordedContext(Context):
    """Whoever has a good token is believed; the rest is as it comes."""

    async def holder(self, token: str) -> Actor:
        """By the token's own words: an account that was switched off is served until it runs out."""
        return claimed(self.core, token)

    async def fields(self, request: Request) -> dict[str, Any]:
        """Fields are looked for in whatever came, and without a body that is an accident."""
        value = await self.body(request)
        if value is None:
            raise Accident
        return value if isinstance(value, dict) else {}

    async def body(self, request: Request) -> Any:
        """What cannot be read is answered by the framework."""
        try:
            return await bodies.value(request, names.BODY_LIMIT_BYTES)
        except bodies.BadBody as exc:
            if exc.trouble is bodies.Trouble.TOO_LARGE:
                raise PageProblem(413, "PayloadTooLargeError: request entity too large", "body") from exc
            raise PageProblem(400, "SyntaxError: Unexpected token in JSON", "body") from exc

    def route(self, path: str, method: str, endpoint: Endpoint, envelope: Envelope) -> Route:
        """Foreign web pages come first; a database that is away is the route's own failure."""

        async def answer(request: Request) -> Response:
            try:
                check_origin(request)
                return await endpoint(self, request)
            except (DatabaseError, Accident):
                return envelope.broken()
            except PageProblem as exc:
                return answers.page(exc.status, exc.text, where=exc.where)

        return web.route(path, method, answer, envelope)


def check_origin(request: Request) -> None:
    """A web page that is not on the list gets an accident's page; raises PageProblem."""
    origin = request.headers.get("origin")
    if origin is not None and origin not in ORIGINS:
        raise PageProblem(500, f"Error: {texts.PAGE_ORIGIN}", "origin")


def no_route(request: Request, status: int) -> Response:
    """The page for a route that does not exist, for pages that may ask."""
    try:
        check_origin(request)
    except PageProblem as exc:
        return answers.page(exc.status, exc.text, where=exc.where)
    return answers.no_route(request, status)


class RecordedBookings(Bookings):
    """Bookings whose sessions hardly follow them, and which tell rooms that nobody is in."""

    shows_code = True

    async def taken(self, session: WriteSession, order: Order, request_id: str, actor: Actor) -> None:
        """No session is made, and whoever else was asked stays asked."""

    async def given_back(self, session: WriteSession, order: Order) -> None:
        """The session stays."""

    def line(self, order: Order) -> str:  # noqa: ARG002 -- the system says nothing
        """No notification."""
        return ""

    async def lived(self, session: WriteSession, order: Order) -> None:
        """Completed by its worker: deleted. Cancelled: nothing happens."""
        if order.status == names.STATUS_COMPLETED:
            await self.chats.wipe(session, order)

    async def pay(self, actor: Actor, booking_id: str) -> None:
        """Completed by a payment: the session stays."""
        order = (await self.view(actor, booking_id)).order
        self.check_payable(order)
        telling = Telling(push=self.moved)
        await self.core.orders.set_status(actor, booking_id, names.STATUS_COMPLETED, telling)

    async def send_code(self, actor: Actor, booking_id: str) -> str:
        """The mail cannot be sent; that one was asked for is noted all the same."""
        order = (await self.view(actor, booking_id)).order
        self.check_arrived(order)
        self.check_pause(order)
        await self.note(actor, order, {booking_records.OTP_ASKED: self.core.clock.now_ms()})
        raise BadRequest(texts.ERR_OTP_MAIL, 500, success=False)


# -- routes that are other ---------------------------------------------------------------------------------


async def login(context: Context, request: Request) -> Response:
    """Nothing is announced."""
    signed = await account_routes.signed_in(context, await context.fields(request))
    return answers.bare(account_routes.signed_record(signed))


async def login_otp(context: Context, request: Request) -> Response:
    """Any six digits will do, and the role is not looked at."""
    user = await account_routes.by_phone(context, await context.fields(request))
    signed = await context.core.accounts.issue(user)
    return answers.bare(account_routes.signed_record(signed, phone=True))


async def request_otp(context: Context, request: Request) -> Response:
    """Sent, it says."""
    await context.fields(request)
    return answers.success(message=texts.OK_OTP)


async def assigned(context: Context, request: Request) -> Response:
    """It reads a table that is not there."""
    await context.actor(request, names.ROLE_WORKER, worker_routes.ERR_WORKERS)
    return answers.bare({"message": texts.ERR_ASSIGNED, "error": texts.ERR_ASSIGNED_TABLE}, 500)


async def customers_code(context: Context, request: Request) -> Response:
    """It writes to a table that is not there."""
    await context.actor(request, names.ROLE_CUSTOMER, customer_routes.ERR_CUSTOMERS)
    raise Accident


async def upload(context: Context, request: Request) -> Response:
    """One file by the letters of its name and type; refusals are pages. What was stored, nobody can fetch."""
    actor = await context.actor(request)
    if not bodies.is_multipart(request):
        raise BadRequest(texts.ERR_NO_FILE)
    limit = context.core.rules.file_limit_bytes
    try:
        async with bodies.multipart(request, files=MOST_PARTS, limit_bytes=limit) as form:
            parts = [(key, part) for key, part in form.multi_items() if isinstance(part, UploadFile)]
            if not parts:
                raise BadRequest(texts.ERR_NO_FILE)
            file = await _passing(parts, limit)
    except bodies.BadBody as exc:
        too_large = exc.trouble is bodies.Trouble.TOO_LARGE
        text = f"MulterError: {texts.PAGE_FILE_SIZE}" if too_large else "Error: Unexpected end of form"
        raise PageProblem(500, text, "upload") from exc
    stored = await chat_routes.store(context, actor, file)
    return answers.success(file={**chat_routes.file_record(stored), "name": file.name})


async def _passing(parts: list[tuple[str, UploadFile]], limit: int) -> NewFile:
    key, part = parts[0]
    name, media_type = part.filename or "", part.content_type or ""
    if key != names.UPLOAD_FIELD:
        raise PageProblem(500, f"MulterError: {texts.PAGE_UNEXPECTED_FIELD}", "upload")
    if not _PASSING.search(name.rpartition(".")[2].lower() if "." in name else "") or not _PASSING.search(
        media_type
    ):
        raise PageProblem(500, f"Error: {texts.PAGE_FILE_TYPE}", "upload")
    if (part.size or 0) > limit:
        raise PageProblem(500, f"MulterError: {texts.PAGE_FILE_SIZE}", "upload")
    if len(parts) > 1:
        raise PageProblem(500, f"MulterError: {texts.PAGE_UNEXPECTED_FIELD}", "upload")
    # UTF-8 read as Latin-1.
    garbled = name.encode("utf-8", "replace").decode("latin-1")
    return NewFile(name=garbled, media_type=media_type, content=await part.read())


async def mark_read(context: Context, request: Request) -> Response:
    """A list of ids, or all; anything else is an accident. Nobody is told."""
    actor = await context.actor(request)
    session_id = chat_routes.asked_session(request)
    given = (await context.fields(request)).get("messageIds")
    await context.core.conversations.check(actor, session_id)
    if given and not isinstance(given, list):
        raise Accident
    await context.chats.mark(actor, session_id, session_id, [str(one) for one in given or ()] or None)
    return answers.success(message=texts.OK_READ)


_OTHER: dict[Endpoint, Endpoint] = {
    account_routes.login: login,
    account_routes.login_otp: login_otp,
    account_routes.request_otp: request_otp,
    chat_routes.mark_read: mark_read,
    chat_routes.upload: upload,
    customer_routes.code: customers_code,
    worker_routes.assigned: assigned,
}
"""What these servers do instead."""
_ABSENT: tuple[Endpoint, ...] = (account_routes.health, chat_routes.uploaded)


def build(ground: Ground, choices: Choices) -> ChatServer:
    """A recorded server over this folder, not open yet."""
    core = Core(ground, recorded_rules(**choices.given()), words(RecordedPolicy()))
    sio = socket_server(SETTINGS)
    pushes = Pushes(sio, core.presence)
    chats = RecordedChats(core, pushes)
    context = RecordedContext(core, chats, RecordedBookings(core, chats, pushes))
    routes = [
        context.route(path, method, _OTHER.get(endpoint, endpoint), envelope)
        for table in (account_routes, chat_routes, worker_routes, customer_routes)
        for path, method, endpoint, envelope in table.ROUTES
        if endpoint not in _ABSENT
    ]
    sockets = RecordedSockets(sio, context, pushes, chats)
    return ChatServer(core, SETTINGS, sio, sockets, routes, no_route)
