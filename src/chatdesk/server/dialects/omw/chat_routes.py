"""Chat by REST: sessions, messages, reading, files."""

from __future__ import annotations

from pathlib import PurePosixPath
from secrets import randbelow
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server import bodies
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import Upload
from chatdesk.server.core.uploads import NewFile
from chatdesk.server.dialects.omw import answers, records
from chatdesk.server.dialects.omw.answers import ChatEnvelope
from chatdesk.server.dialects.omw.chats import PageWanted, id_of, ids_of
from chatdesk.server.dialects.omw.context import Context, RouteEntry, number, path_id
from chatdesk.server.dialects.omw.vocabulary import ERR_FILE_SIZE, FILE_TYPES, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

_NO_SESSION = Refusal(404, texts.ERR_NO_SESSION)
_NO_BOOKING = Refusal(403, texts.ERR_BOOKING_ACCESS)
LIST = ChatEnvelope(texts.ERR_SESSIONS)
DETAIL = ChatEnvelope(
    texts.ERR_SESSIONS,
    {Reason.CONVERSATION_NOT_FOUND: _NO_SESSION, Reason.CONVERSATION_DENIED: _NO_SESSION},
)
CREATE = ChatEnvelope(
    texts.ERR_CREATE, {Reason.ORDER_NOT_FOUND: _NO_BOOKING, Reason.ORDER_DENIED: _NO_BOOKING}
)
HISTORY = ChatEnvelope(texts.ERR_HISTORY)
SEND = ChatEnvelope(texts.ERR_SEND)
MARK = ChatEnvelope(texts.ERR_MARK)
UNREAD = ChatEnvelope(texts.ERR_UNREAD)
END = ChatEnvelope("Failed to end chat session")
DELETE = ChatEnvelope("Failed to delete chat data")
FILES = ChatEnvelope("Failed to upload file")

ERR_FORM = "Exactly one file is expected, in the field `file`"


def asked_session(request: Request) -> str:
    """The session of an address; whatever is no number is one that nobody has."""
    return path_id(request, "session_id", Reason.CONVERSATION_NOT_FOUND)


async def sessions(context: Context, request: Request) -> Response:
    """The active sessions."""
    actor = await context.actor(request)
    return answers.success(sessions=await context.chats.listed(actor))


async def session(context: Context, request: Request) -> Response:
    """One session."""
    actor = await context.actor(request)
    return answers.success(session=await context.chats.detail(actor, asked_session(request)))


async def create(context: Context, request: Request) -> Response:
    """The session of a booking."""
    actor = await context.actor(request)
    given = (await context.fields(request)).get("bookingId")
    if not given:
        raise BadRequest(texts.ERR_NO_BOOKING_ID)
    booking_id = id_of(given)
    if booking_id is None:
        raise Refused(Reason.ORDER_NOT_FOUND)
    session_id, created = await context.chats.open(actor, booking_id)
    message = texts.OK_CREATED if created else texts.OK_EXISTS
    return answers.success(sessionId=records.number(session_id), message=message)


async def end(context: Context, request: Request) -> Response:
    """Close a session for both."""
    actor = await context.actor(request)
    await context.chats.end(actor, asked_session(request))
    return answers.success(message=texts.OK_ENDED)


async def delete(context: Context, request: Request) -> Response:
    """Delete a session for both."""
    actor = await context.actor(request)
    await context.chats.delete(actor, asked_session(request))
    return answers.success(message=texts.OK_DELETED)


async def history(context: Context, request: Request) -> Response:
    """A page of messages, counted from the newest."""
    actor = await context.actor(request)
    session_id, query = asked_session(request), request.query_params
    wanted = PageWanted(
        session_id=session_id,
        told_id=session_id,
        limit=number(query, "limit", names.HISTORY_PAGE, least=1, most=names.PAGE_LIMIT),
        offset=number(query, "offset", 0, least=0, most=10**names.ID_DIGITS),
        asked=bodies.number(query.get("limit")) or names.HISTORY_PAGE,
    )
    messages, more = await context.chats.history(actor, wanted)
    return answers.success(messages=messages, hasMore=more)


async def send(context: Context, request: Request) -> Response:
    """Send a message."""
    actor = await context.actor(request)
    session_id = asked_session(request)
    letter = context.chats.rest_letter(session_id, await context.fields(request))
    shown, side = await context.chats.send(actor, letter)
    record = records.answered(shown, side, session_id)
    return answers.success(message={**record, **context.chats.extras(shown)})


async def mark_read(context: Context, request: Request) -> Response:
    """Mark messages of the other side read; an empty list or none = all."""
    actor = await context.actor(request)
    session_id = asked_session(request)
    given = (await context.fields(request)).get("messageIds")
    ids = None if given is None else ids_of(given)
    await context.chats.mark(actor, session_id, int(session_id), ids or None)
    return answers.success(message=texts.OK_READ)


async def unread(context: Context, request: Request) -> Response:
    """How many messages are unread."""
    actor = await context.actor(request)
    return answers.success(unreadCount=await context.chats.unread(actor))


# -- files -------------------------------------------------------------------------------------------------


async def upload(context: Context, request: Request) -> Response:
    """Store one file for a message that will name it; raises BadRequest, Refused."""
    actor = await context.actor(request)
    if not bodies.is_multipart(request):
        raise BadRequest(texts.ERR_NO_FILE)
    limit = context.core.rules.file_limit_bytes
    try:
        async with bodies.multipart(request, files=1, limit_bytes=limit) as form:
            parts = form.getlist(names.UPLOAD_FIELD)
            if not form:
                raise BadRequest(texts.ERR_NO_FILE)
            part = parts[0] if parts else None
            if len(form.multi_items()) != 1 or not isinstance(part, UploadFile):
                raise BadRequest(ERR_FORM)
            if (part.size or 0) > limit:
                raise BadRequest(ERR_FILE_SIZE, 413)
            file = NewFile(
                name=part.filename or "", media_type=part.content_type or "", content=await part.read()
            )
    except bodies.BadBody as exc:
        if exc.trouble is bodies.Trouble.TOO_LARGE:
            raise BadRequest(ERR_FILE_SIZE, 413) from exc
        raise BadRequest(ERR_FORM) from exc
    media_type = file.media_type.partition(";")[0].strip().lower()
    if media_type not in FILE_TYPES.get(suffix_of(file.name), ()):
        raise Refused(Reason.FILE_TYPE, detail=media_type)
    stored = await store(context, actor, file)
    return answers.success(file=file_record(stored))


async def store(context: Context, actor: Actor, file: NewFile) -> Upload:
    """Store a file under a name of the platform's form."""
    suffix = suffix_of(file.name)
    chance = f"file-{context.core.clock.now_ms()}-{randbelow(10**9)}"
    name = f"{chance}.{suffix}" if suffix else chance
    return await context.core.uploads.add_loose(actor, file, stored_name=name)


def suffix_of(name: str) -> str:
    """The extension of a file's name, in lower case without the dot."""
    suffix = PurePosixPath(name).suffix.lower().lstrip(".")
    return suffix if suffix.isascii() and suffix.isalnum() and len(suffix) <= 10 else ""


def file_record(stored: Upload) -> records.Record:
    """A stored file as its uploader is told."""
    return {
        "url": names.UPLOADS + quote(stored.stored_name),
        "name": stored.original_name,
        "size": stored.size_bytes,
        "type": stored.media_type,
    }


async def uploaded(context: Context, request: Request) -> Response:
    """A file of a message that the actor sees, or an own one."""
    actor = await context.actor(request)
    found, content = await context.core.uploads.read_loose(actor, str(request.path_params["name"]))
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.original_name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=found.media_type, headers=headers)


ROUTES: tuple[RouteEntry, ...] = (
    (names.ROUTE_SESSIONS, "GET", sessions, LIST),
    (names.ROUTE_SESSIONS, "POST", create, CREATE),
    (names.ROUTE_SESSION, "GET", session, DETAIL),
    (names.ROUTE_SESSION, "DELETE", delete, DELETE),
    (names.ROUTE_SESSION_END, "PUT", end, END),
    (names.ROUTE_MESSAGES, "GET", history, HISTORY),
    (names.ROUTE_MESSAGES, "POST", send, SEND),
    (names.ROUTE_MESSAGES_READ, "PUT", mark_read, MARK),
    (names.ROUTE_UNREAD_COUNT, "GET", unread, UNREAD),
    (names.ROUTE_UPLOAD, "POST", upload, FILES),
    (names.PATH_UPLOADED, "GET", uploaded, FILES),
)
"""Every route of this module."""
