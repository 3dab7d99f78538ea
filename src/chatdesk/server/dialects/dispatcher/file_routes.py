"""Routes of order files: up, list, down, delete."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server.core.access import Actor
from chatdesk.server.core.tables import Order, Upload
from chatdesk.server.core.uploads import ANY_MEDIA_TYPE, NewFile
from chatdesk.server.dialects.dispatcher import answers, notices, records
from chatdesk.server.dialects.dispatcher.context import Context
from chatdesk.server.dialects.dispatcher.requests import id_of, multipart
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, texts


def routes(context: Context) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_ORDER_FILES, "POST", upload),
        context.route(names.ROUTE_ORDER_FILES, "GET", listed),
        context.route(names.ROUTE_ORDER_FILE, "GET", download),
        context.route(names.ROUTE_ORDER_FILE, "DELETE", remove),
    ]


async def upload(context: Context, request: Request) -> Response:
    """Add one file to an order; the other side is notified."""
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    async with multipart(request, files=2, limit_bytes=names.FILE_LIMIT_BYTES) as form:
        parts = [(field, part) for field, part in form.multi_items() if isinstance(part, UploadFile)]
        if not parts:
            raise BadRequest(texts.ERR_FILE_REQUIRED)
        if len(parts) > 1:
            raise BadRequest(texts.ERR_FILE_FIELD)
        field, part = parts[0]
        file = await new_file(part, field, names.FILE_PART_NAME)
    order, files = await store(context, actor, order_id, file)
    return answers.success(records.order_record(order, files), texts.OK_FILE_UPLOADED)


async def new_file(part: UploadFile, field: str, wanted: str) -> NewFile:
    """A part of a form as a file; raises BadRequest for another name or too many bytes."""
    if field != wanted:
        raise BadRequest(texts.ERR_FILE_FIELD)
    content = await part.read(names.FILE_LIMIT_BYTES + 1)
    if len(content) > names.FILE_LIMIT_BYTES:
        raise BadRequest(texts.ERR_FILE_TOO_LARGE, 413)
    return NewFile(name=part.filename or "", media_type=part.content_type or ANY_MEDIA_TYPE, content=content)


async def store(
    context: Context, actor: Actor, order_id: str, file: NewFile
) -> tuple[Order, Sequence[Upload]]:
    """Store a file and notify the other side; the order and all its files."""
    return await context.core.uploads.add(
        actor, order_id, file, notify=partial(notices.file, actor), push=context.pushes.notifications
    )


async def listed(context: Context, request: Request) -> Response:
    """The files of an order."""
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    files = await context.core.uploads.listed(actor, order_id)
    return answers.success([records.order_file(file) for file in files], texts.OK_FILES)


async def download(context: Context, request: Request) -> Response:
    """The bytes of a file, always as an attachment."""
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    file, content = await context.core.uploads.read(actor, order_id, request.path_params["filename"])
    return Response(
        content,
        headers={
            "Content-Type": file.media_type,
            "Content-Disposition": _disposition(file.original_name),
            "X-Content-Type-Options": "nosniff",
        },
    )


async def remove(context: Context, request: Request) -> Response:
    """Delete a file."""
    actor = await context.actor(request)
    order_id = id_of(request.path_params["order_id"], "orderId")
    await context.core.uploads.remove(actor, order_id, request.path_params["filename"])
    return answers.success(None, texts.OK_FILE_DELETED)


def _disposition(name: str) -> str:
    """As the platform writes it for ASCII names; others also in the encoded form of RFC 6266."""
    plain = name.encode("ascii", "replace").decode().replace('"', "%22").replace("\\", "_")
    encoded = "" if name.isascii() else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{encoded}'
