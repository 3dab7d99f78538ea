"""Answers in Fakomame's envelopes: `success`, `data`, `message`, `error`; cookies; pages of the framework."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.dialects.fakomame.vocabulary import Refusal, refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.fakomame import names, texts

JSON_TYPE = "application/json"
NOT_FOUND_PAGE = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"/><title>404</title></head>'
    "<body><h1>404</h1><h2>This page could not be found.</h2><p>{path}</p></body></html>"
)
GONE_COOKIE = "Thu, 01 Jan 1970 00:00:00 GMT"


def success(data: Any, message: str = "", status: int = 200, **more: Any) -> Response:
    """A success with what it brings."""
    body = {"success": True, "data": data, **more}
    return bare(body | {"message": message} if message else body, status)


def failure(status: int, text: str, **more: Any) -> Response:
    """An error."""
    return bare({"success": False, "error": text, **more}, status)


def bare(body: Any, status: int = 200) -> Response:
    """Any value."""
    return Response(msgspec.json.encode(body), status, headers={"content-type": JSON_TYPE})


def no_route(request: Request, status: int) -> Response:
    """A page for a path that does not exist, nothing for a method that a path does not take."""
    if status == 405:
        return Response(b"", 405)
    page = NOT_FOUND_PAGE.format(path=html.escape(request.url.path))
    return Response(page, 404, headers={"content-type": "text/html; charset=utf-8"})


def set_cookie(answer: Response, name: str, value: str, now_ms: int) -> None:
    """A cookie for seven days, for https alone and out of reach of scripts."""
    until = datetime.fromtimestamp(now_ms // 1_000 + names.TOKEN_TTL_S, tz=UTC)
    cookie = (
        f"{name}={value}; Path=/; Expires={format_datetime(until, usegmt=True)}; "
        f"Max-Age={names.TOKEN_TTL_S}; Secure; HttpOnly; SameSite=strict"
    )
    answer.headers.append("set-cookie", cookie)


def drop_cookie(answer: Response, name: str) -> None:
    """The end of a cookie."""
    answer.headers.append("set-cookie", f"{name}=; Path=/; Expires={GONE_COOKIE}")


class Envelope:
    """How a family of routes words what goes wrong.

    `refusals` are its own words for some reasons; `coded` says whether it names the kind of an error in a
    header; `status_kept` whether sentences carry `success`.
    """

    def __init__(
        self,
        *,
        refusals: Mapping[Reason, Refusal] | None = None,
        coded: bool = False,
        marked: bool = True,
        fallback: Refusal | None = None,
    ) -> None:
        self._refusals = dict(refusals or {})
        self._coded = coded
        self._marked = marked
        self._fallback = fallback or Refusal(500, texts.ERR_SERVER)

    def refused(self, problem: Refused) -> Response:
        """A refusal of the core."""
        words = self._refusals.get(problem.reason) or refusal(problem)
        answer = self._worded(words.status, words.text)
        if problem.retry_after_s is not None:
            answer.headers[names.HEADER_RETRY_AFTER] = str(problem.retry_after_s)
        return answer

    def bad(self, problem: BadRequest) -> Response:
        """A request that made no sense."""
        more = dict(problem.more)
        code = more.pop("code", names.ERROR_CODE_API)
        return self._worded(problem.status, problem.text, code, **more)

    def gone(self) -> Response:
        """A client that went away."""
        return self._worded(400, texts.ERR_SERVER)

    def broken(self) -> Response:
        """A mistake of ours."""
        return self._worded(self._fallback.status, self._fallback.text)

    def _worded(self, status: int, text: str, code: str = names.ERROR_CODE_API, **more: Any) -> Response:
        answer = failure(status, text, **more) if self._marked else bare({"error": text, **more}, status)
        if self._coded and status < 500:
            answer.headers[names.HEADER_ERROR_CODE] = code
        return answer


PLAIN = Envelope()
CODED = Envelope(coded=True)
UNMARKED = Envelope(marked=False)
