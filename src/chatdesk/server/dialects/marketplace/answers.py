"""Answers in the marketplace's envelopes: `success`, `data` and `message`, or bare records."""

from __future__ import annotations

import html
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.core.errors import Refused
from chatdesk.server.dialects.marketplace.vocabulary import Refusal, login_refusal, refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.marketplace import names, texts

JSON_TYPE = "application/json; charset=utf-8"
NOT_FOUND_PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n'
    "<body>\n<pre>Cannot {method} {path}</pre>\n</body>\n</html>\n"
)


def success(data: Any, message: str, status: int = 200, **more: Any) -> Response:
    """What the message routes answer."""
    return bare({"success": True, "data": data, **more, "message": message}, status)


def failure(status: int, message: str, /, **more: Any) -> Response:
    """An error."""
    return bare({"success": False, "message": message, **more}, status)


def bare(body: Any, status: int = 200) -> Response:
    """Any value, as the other routes answer."""
    return Response(msgspec.json.encode(body), status, media_type=JSON_TYPE)


def no_route(request: Request, _status: int) -> Response:
    """The page for a route that does not exist."""
    page = NOT_FOUND_PAGE.format(method=request.method, path=html.escape(request.url.path))
    return Response(page, 404, media_type="text/html")


class Envelope:
    """How the platform words what goes wrong in a route."""

    def refused(self, problem: Refused) -> Response:
        """A refusal of the core."""
        return _worded(refusal(problem), problem)

    def bad(self, problem: BadRequest) -> Response:
        """A request that made no sense."""
        return failure(problem.status, problem.text, **problem.more)

    def gone(self) -> Response:
        """A client that went away."""
        return failure(400, texts.ERR_INTERNAL)

    def broken(self) -> Response:
        """A mistake of ours."""
        return failure(500, texts.ERR_INTERNAL)


class _LoginEnvelope(Envelope):
    """The same at the login."""

    def refused(self, problem: Refused) -> Response:
        """Says what a waiting account waits for."""
        return _worded(login_refusal(problem), problem)


def _worded(words: Refusal, problem: Refused) -> Response:
    answer = failure(words.status, words.text, **words.more)
    if problem.retry_after_s is not None:
        answer.headers[names.HEADER_RETRY_AFTER] = str(problem.retry_after_s)
    return answer


ENVELOPE = Envelope()
LOGIN_ENVELOPE = _LoginEnvelope()
