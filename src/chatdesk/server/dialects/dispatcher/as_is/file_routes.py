"""Recorded order files: garbled names, and a deletion that may leave the entry and take the content."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from sqlalchemy import select
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.core.access import Actor
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.tables import Order, Upload
from chatdesk.server.core.uploads import ANY_MEDIA_TYPE, NewFile
from chatdesk.server.dialects.dispatcher import answers, records
from chatdesk.server.dialects.dispatcher.as_is import casts, notices
from chatdesk.server.dialects.dispatcher.as_is.casts import broken
from chatdesk.server.dialects.dispatcher.as_is.context import AsIs
from chatdesk.server.dialects.dispatcher.as_is.pushes import order_record
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, texts

STORED_NAME_CHARS = 200
_PATH_OR_CONTROL = re.compile(r"[/\\\x00-\x1f\x7f]")


def routes(context: AsIs) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.faulty(names.ROUTE_ORDER_FILES, "POST", upload),
        context.faulty(names.ROUTE_ORDER_FILES, "GET", listed),
        context.faulty(names.ROUTE_ORDER_FILE, "GET", download),
        context.faulty(names.ROUTE_ORDER_FILE, "DELETE", remove),
    ]


@asynccontextmanager
async def parts_of(request: Request, files: int, limit_bytes: int) -> AsyncIterator[FormData]:
    """The parts of a form; what is wrong with it is a 500."""
    try:
        async with bodies.multipart(request, files=files, limit_bytes=limit_bytes) as form:
            yield form
    except bodies.BadBody as exc:
        too_large = exc.trouble is bodies.Trouble.TOO_LARGE
        raise broken(texts.ERR_FILE_TOO_LARGE if too_large else texts.ERR_FORM_END) from exc


async def upload(context: AsIs, request: Request) -> Response:
    """Add one file to an order; the other side is notified."""
    actor = await context.actor(request)
    async with parts_of(request, 2, names.FILE_LIMIT_BYTES) as form:
        parts = [(field, part) for field, part in form.multi_items() if isinstance(part, UploadFile)]
        if len(parts) > 1:
            raise broken(texts.ERR_FILE_FIELD)
        file = None
        for field, part in parts:
            file = await new_file(part, field, names.FILE_PART_NAME)
    if file is None:
        raise BadRequest(texts.ERR_FILE_REQUIRED)
    order_id = casts.object_id(request.path_params["order_id"], casts.ORDER)
    order, files = await store(context, actor, order_id, file)
    return answers.success(order_record(order, files), texts.OK_FILE_UPLOADED)


async def new_file(part: UploadFile, field: str, wanted: str) -> NewFile:
    """A part of a form as a file, its name read in the wrong character set as recorded."""
    if field != wanted:
        raise broken(texts.ERR_FILE_FIELD)
    content = await part.read(names.FILE_LIMIT_BYTES + 1)
    if len(content) > names.FILE_LIMIT_BYTES:
        raise broken(texts.ERR_FILE_TOO_LARGE)
    garbled = (part.filename or "").encode("utf-8", "replace").decode("latin-1")
    shown = _PATH_OR_CONTROL.split(garbled)[-1][-STORED_NAME_CHARS:]
    media_type = part.content_type or ANY_MEDIA_TYPE
    return NewFile(name=garbled, media_type=media_type, content=content, shown_name=shown)


async def store(context: AsIs, actor: Actor, order_id: str, file: NewFile) -> tuple[Order, Sequence[Upload]]:
    """Store a file and notify the other side, if there is one; the order and all its files."""
    return await context.core.uploads.add(
        actor, order_id, file, notify=partial(notices.file, actor), push=context.pushes.notifications
    )


async def listed(context: AsIs, request: Request) -> Response:
    """The files of an own order; staff own none."""
    actor = await context.actor(request)
    order_id = casts.object_id(request.path_params["order_id"], casts.ORDER)
    order = await context.core.orders.by_id(actor, order_id)
    if order.owner_id != actor.id:
        raise Refused(Reason.ORDER_NOT_FOUND)
    files = await context.core.uploads.of_order(order_id)
    return answers.success([records.order_file(file) for file in files], texts.OK_FILES)


async def download(context: AsIs, request: Request) -> Response:
    """The bytes of a file, always as an attachment under the name as it was read."""
    actor = await context.actor(request)
    order_id = casts.object_id(request.path_params["order_id"], casts.ORDER)
    file, content = await context.core.uploads.read(actor, order_id, request.path_params["filename"])
    name = file.original_name.encode("latin-1", "replace").decode("latin-1")
    headers = {
        "Content-Type": file.media_type,
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return Response(content, headers=headers)


async def remove(context: AsIs, request: Request) -> Response:
    """Delete the content of a file, and its entry if it is one of the owner's first order."""
    actor = await context.actor(request)
    order_id = casts.object_id(request.path_params["order_id"], casts.ORDER)
    try:
        order = await context.core.orders.by_id(actor, order_id)
    except Refused as exc:
        raise Refused(Reason.FILE_NOT_FOUND) from exc
    files = {file.stored_name: file for file in await context.core.uploads.of_order(order_id)}
    file = files.get(request.path_params["filename"])
    if file is None or order.owner_id != actor.id:
        raise Refused(Reason.FILE_NOT_FOUND)
    async with context.core.database.reading() as session:
        own = select(Order.id).where(Order.owner_id == actor.id, Order.platform == names.PLATFORM)
        first = await session.scalar(own.order_by(Order.created_ms, Order.id).limit(1))
    await context.core.uploads.discard(file, with_entry=first == order_id)
    return answers.success(None, texts.OK_FILE_DELETED)
