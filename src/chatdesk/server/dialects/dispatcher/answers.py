"""Answers in the platform's envelopes."""

from __future__ import annotations

import html
import math

import msgspec
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.core.errors import Refused
from chatdesk.server.dialects.dispatcher.requests import PageRequest
from chatdesk.server.dialects.dispatcher.vocabulary import refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.dispatcher import names, shapes, texts

JSON_TYPE = "application/json; charset=utf-8"
NOT_FOUND_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Error</title>
</head>
<body>
<pre>Cannot {method} {path}</pre>
</body>
</html>
"""


def success(
    data: object,
    message: str | UnsetType = UNSET,
    *,
    http_status: int = 200,
    meta: shapes.Meta | UnsetType = UNSET,
    status: int | UnsetType = 200,
) -> Response:
    """A success; the body's `status` is 200 whatever HTTP says, as on the platform."""
    envelope = shapes.Success(data=data, message=message, status=status, meta=meta)
    return json_answer(envelope, http_status)


def paged(data: object, total: int, page: PageRequest) -> Response:
    """One page of something."""
    return success(data, meta=meta_of(total, page))


def meta_of(total: int, page: PageRequest) -> shapes.Meta:
    """The numbers of a page."""
    return shapes.Meta(
        total_items=total,
        total_pages=math.ceil(total / page.limit),
        current_page=page.page,
        items_per_page=page.limit,
    )


def done(message: str) -> Response:
    """A success without `status` and `data`, as some notification routes answer."""
    return json_answer(shapes.Done(message=message), 200)


def failure(status: int, message: str, *, retry_after_s: int | None = None) -> Response:
    """An error."""
    answer = json_answer(shapes.Failure(status=status, message=message), status)
    if retry_after_s is not None:
        answer.headers[names.HEADER_RETRY_AFTER] = str(retry_after_s)
    return answer


def refused(problem: Refused) -> Response:
    """An error for a refusal of the core."""
    words = refusal(problem)
    return failure(words.status, words.text, retry_after_s=problem.retry_after_s)


def no_route(request: Request) -> Response:
    """The page for a route that does not exist: HTML, unlike a record that does not exist."""
    page = NOT_FOUND_PAGE.format(method=request.method, path=html.escape(request.url.path))
    return Response(page, 404, media_type="text/html")


def json_answer(body: msgspec.Struct, http_status: int) -> Response:
    """Any struct of the wire as an answer."""
    return Response(msgspec.json.encode(body), http_status, media_type=JSON_TYPE)


class Envelope:
    """How the platform words what goes wrong in a route."""

    def refused(self, problem: Refused) -> Response:
        """A refusal of the core."""
        return refused(problem)

    def bad(self, problem: BadRequest) -> Response:
        """A request that made no sense."""
        return failure(problem.status, problem.text)

    def gone(self) -> Response:
        """A client that went away."""
        return failure(400, texts.ERR_INVALID_BODY)

    def broken(self) -> Response:
        """A mistake of ours."""
        return failure(500, texts.ERR_INTERNAL)


ENVELOPE = Envelope()
