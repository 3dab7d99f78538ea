"""Routes of the images of products: a seller adds them, everybody may look at them."""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from chatdesk.server import bodies
from chatdesk.server.core.access import Operation
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.orders import Changed, Telling, nobody
from chatdesk.server.core.tables import Order
from chatdesk.server.core.uploads import NewFile
from chatdesk.server.dialects.marketplace import answers, records
from chatdesk.server.dialects.marketplace.answers import ENVELOPE
from chatdesk.server.dialects.marketplace.context import Context, id_of, visitor
from chatdesk.server.dialects.marketplace.vocabulary import ERR_PRODUCT_NOT_FOUND, IMAGE_TYPES
from chatdesk.server.web import BadRequest, Envelope
from chatdesk.wire.marketplace import names, texts

OK_IMAGES = "Images uploaded successfully"
IMAGES_LIMIT = 30
"""Of one product, in all."""
ERR_NONE = "No images were sent"
ERR_TOO_MANY = "Too many images"
SIGNATURES = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
}
"""How the bytes of each type begin."""


def routes(context: Context, envelope: Envelope = ENVELOPE) -> list[BaseRoute]:
    """The routes of this module."""
    return [
        context.route(names.ROUTE_PRODUCT_IMAGES, "POST", add, envelope),
        context.route(names.ROUTE_PRODUCT_IMAGE, "GET", image, envelope),
    ]


async def add(context: Context, request: Request) -> Response:
    """Up to ten images for an own product; all of them or none."""
    actor = await context.actor(request, names.ROLE_SELLER)
    product = id_of(request.path_params["product"], texts.ERR_PRODUCT_ID)
    core = context.core
    try:
        order = await core.orders.by_id(actor, product, Operation.ADD_ORDER_FILE)
    except Refused as exc:
        if exc.reason is Reason.ORDER_NOT_FOUND:
            raise BadRequest(ERR_PRODUCT_NOT_FOUND, 404) from exc
        raise Refused(Reason.ROLE) from exc
    files = await _files(request)
    if len(order.details.get("images", [])) + len(files) > IMAGES_LIMIT:
        raise BadRequest(ERR_TOO_MANY)
    for file in files:
        core.uploads.check(file)
    for file in files:
        await core.uploads.add(actor, product, file, notify=nobody, push=_in_silence)
    images = [_path(product, one.stored_name) for one in await core.uploads.of_order(product)]

    def edit(order: Order) -> None:
        order.details = {**order.details, "images": images}

    changed = await core.orders.update(
        actor, product, edit, Telling(push=_unheard), operation=Operation.ADD_ORDER_FILE
    )
    shown = records.product(changed.order, await context.user(actor.id), alone=True)
    return answers.success(shown, OK_IMAGES)


async def image(context: Context, request: Request) -> Response:
    """The bytes of an image, for everybody."""
    product = id_of(request.path_params["product"], texts.ERR_PRODUCT_ID)
    try:
        file, content = await context.core.uploads.read(
            visitor(context.core.platform), product, request.path_params["name"]
        )
    except Refused as exc:
        if exc.reason in {Reason.FILE_NOT_FOUND, Reason.FILE_CONTENT_GONE}:
            raise BadRequest(ERR_PRODUCT_NOT_FOUND, 404) from exc
        raise
    return Response(
        content,
        headers={
            "Content-Type": file.media_type,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
        },
    )


async def _files(request: Request) -> list[NewFile]:
    limit_bytes = names.IMAGES_AT_ONCE * names.IMAGE_LIMIT_BYTES
    try:
        async with bodies.multipart(request, files=names.IMAGES_AT_ONCE + 1, limit_bytes=limit_bytes) as form:
            parts = [(field, part) for field, part in form.multi_items() if isinstance(part, UploadFile)]
            if not parts:
                raise BadRequest(ERR_NONE)
            if len(parts) > names.IMAGES_AT_ONCE or {field for field, _part in parts} != {names.IMAGES_PART}:
                raise BadRequest(texts.ERR_IMAGE_FIELD)
            return [await _file(part) for _field, part in parts]
    except bodies.BadBody as exc:
        if exc.trouble is bodies.Trouble.TOO_LARGE:
            raise BadRequest(texts.ERR_IMAGE_TOO_LARGE, 413) from exc
        raise BadRequest(texts.ERR_IMAGE_FIELD) from exc


async def _file(part: UploadFile) -> NewFile:
    """An image, of the type that its name says and its bytes show."""
    name = part.filename or ""
    _stem, dot, suffix = name.rpartition(".")
    media_type = IMAGE_TYPES.get(suffix.lower()) if dot else None
    if media_type is None:
        raise BadRequest(texts.ERR_IMAGE_TYPE)
    content = await part.read(names.IMAGE_LIMIT_BYTES + 1)
    if len(content) > names.IMAGE_LIMIT_BYTES:
        raise BadRequest(texts.ERR_IMAGE_TOO_LARGE, 413)
    if not content.startswith(SIGNATURES[media_type]):
        raise BadRequest(texts.ERR_IMAGE_TYPE)
    return NewFile(name=name, media_type=media_type, content=content)


def _path(product: str, stored_name: str) -> str:
    return names.ROUTE_PRODUCT_IMAGE.format(product=product, name=quote(stored_name, safe=""))


async def _in_silence(_notifications: object) -> None:
    """Nobody is notified of an image."""


async def _unheard(_changed: Changed) -> None:
    """The platform pushes nothing about products."""
