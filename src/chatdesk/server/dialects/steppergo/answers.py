"""Answers in StepperGO's envelopes: bare errors about messages, `success` beside everything about trips."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.dialects.steppergo.requests import Tripped
from chatdesk.server.dialects.steppergo.vocabulary import OF_TOKENS, Refusal, refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.steppergo import names

JSON_TYPE = "application/json"
NOT_FOUND_PAGE = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>404</title></head>'
    "<body><h1>404</h1><p>{path}: this page could not be found.</p></body></html>\n"
)


def bare(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Any value."""
    return Response(msgspec.json.encode(body), status, headers, media_type=JSON_TYPE)


def data(body: Any, **more: Any) -> Response:
    """What most routes answer."""
    return bare({"success": True, **more, "data": body})


def no_route(request: Request, status: int) -> Response:
    """Nothing but the status for a wrong method, a page for a route that does not exist."""
    if status == 405:
        return Response(b"", 405)
    return Response(NOT_FOUND_PAGE.format(path=html.escape(request.url.path)), 404, media_type="text/html")


class Envelope:
    """How a route words what goes wrong in it.

    failed: its sentence for a failure of the server. wrapped: `success: false` stands beside the error.
    guarded: for drivers only, which the recorded servers take for a failure of their own.
    dump: how the database's own words begin that these show beside such a failure; empty = none.
    words: refusals that this route words in its own way.
    """

    def __init__(
        self,
        failed: str,
        *,
        wrapped: bool = False,
        guarded: bool = False,
        dump: str = "",
        words: Mapping[Reason, Refusal] | None = None,
    ) -> None:
        self.failed = failed
        self.guarded = guarded
        self.dump = dump
        self._head = {"success": False} if wrapped else {}
        self._words = words or {}

    def refused(self, problem: Refused) -> Response:
        """A refusal of the core."""
        words = self._words.get(problem.reason) or refusal(problem)
        answer = self._error(words.text, words.status, head=problem.reason not in OF_TOKENS)
        if problem.retry_after_s is not None:
            answer.headers[names.HEADER_RETRY_AFTER] = str(problem.retry_after_s)
        return answer

    def bad(self, problem: BadRequest) -> Response:
        """A request that made no sense."""
        return self._error(problem.text, problem.status, problem.more)

    def gone(self) -> Response:
        """A client that went away."""
        return self.broken()

    def broken(self) -> Response:
        """A mistake of ours."""
        return self._error(self.failed, 500)

    def _error(
        self, text: str, status: int, more: Mapping[str, Any] | None = None, *, head: bool = True
    ) -> Response:
        return bare({**(self._head if head else {}), "error": text, **(more or {})}, status)


class RecordedEnvelope(Envelope):
    """As recorded: whatever the platform's code trips over is a failure of the server."""

    def refused(self, problem: Refused) -> Response:
        """Texts that its database cannot store, and people who are no drivers, are failures of its own."""
        if problem.reason is Reason.TEXT_NOT_STORABLE:
            return self.broken()
        if self.guarded and problem.reason in OF_TOKENS | {Reason.ROLE}:
            return self.broken()
        return super().refused(problem)

    def bad(self, problem: BadRequest) -> Response:
        """Broken JSON, values of the wrong type, and what is too large."""
        if not isinstance(problem, Tripped):
            return super().bad(problem)
        return self._error(self.failed, 500, {"message": self.dump} if self.dump else None)
