"""Answers in the platform's envelopes: chat routes say `error`, others `message`, the framework a page."""

from __future__ import annotations

import gzip
import html
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.dialects.omw.vocabulary import ABOUT_TOKENS, NOBODY, REFUSALS, Refusal
from chatdesk.server.web import BadRequest
from chatdesk.wire.omw import names, texts

JSON_TYPE = "application/json; charset=utf-8"
PACKING = "gzip"
PACKED_FROM_BYTES = 1_024
"""What is shorter than this is sent as it is."""
_PAGE = (
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n'
    "<body>\n<pre>{text}</pre>\n</body>\n</html>\n"
)
STACK = "<br> &nbsp; &nbsp;at "
"""What stands between an error's text and the places where it happened, outside production."""


def bare(body: Any, status: int = 200) -> Response:
    """Any value."""
    return Response(msgspec.json.encode(body), status, media_type=JSON_TYPE)


def packed(request: Request, answer: Response) -> Response:
    """The answer, compressed where that is worth it and the client can read it."""
    encodings = {
        one.partition(";")[0].strip() for one in request.headers.get("accept-encoding", "").split(",")
    }
    body = bytes(answer.body)
    if PACKING not in encodings or len(body) < PACKED_FROM_BYTES or answer.media_type != JSON_TYPE:
        return answer
    headers = {"Content-Encoding": PACKING, "Vary": "Accept-Encoding"}
    # No time in it: the same answer is the same bytes.
    return Response(gzip.compress(body, 6, mtime=0), answer.status_code, headers, JSON_TYPE)


def success(**fields: Any) -> Response:
    """What chat routes answer."""
    return bare({"success": True, **fields})


def page(status: int, text: str, *, where: str = "") -> Response:
    """A page of the framework's; `where` the error happened is shown as a line of a stack trace."""
    shown = html.escape(text) + (STACK + html.escape(where) if where else "")
    return Response(_PAGE.format(text=shown), status, media_type="text/html")


def no_route(request: Request, _status: int) -> Response:
    """The page for a route that does not exist."""
    return page(404, f"Cannot {request.method} {request.url.path}")


class PageProblem(Exception):
    """What the framework answers with a page, as the recorded servers have it."""

    def __init__(self, status: int, text: str, where: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.where = where


class Envelope:
    """How a group of routes words what goes wrong; `failure` is for what is nobody's fault but the server's.

    `words`: sentences of this route that differ from the platform's usual ones.
    """

    field = "message"

    def __init__(self, failure: str, words: Mapping[Reason, Refusal] | None = None) -> None:
        self._failure = failure
        self._words = words or {}

    def refused(self, problem: Refused) -> Response:
        """A refusal of the core."""
        words = self._words.get(problem.reason) or REFUSALS[problem.reason]
        answer = self.worded(words, problem)
        if problem.retry_after_s is not None:
            answer.headers[names.HEADER_RETRY_AFTER] = str(problem.retry_after_s)
        return answer

    def worded(self, words: Refusal, problem: Refused) -> Response:
        """The sentence in its envelope."""
        text = problem.detail if problem.reason is Reason.NO_TOKEN and problem.detail else words.text
        return bare({self.field: text}, words.status)

    def bad(self, problem: BadRequest) -> Response:
        """A request that made no sense."""
        return bare({self.field: problem.text, **problem.more}, problem.status)

    def gone(self) -> Response:
        """A client that went away."""
        return self.broken()

    def broken(self) -> Response:
        """A mistake of ours, or a database that does not answer."""
        return bare({self.field: self._failure}, 500)


class ChatEnvelope(Envelope):
    """Chat routes: `error`; but what is wrong with a token stands in `message`."""

    field = "error"

    def worded(self, words: Refusal, problem: Refused) -> Response:
        """Two envelopes, by what it is about."""
        if problem.detail == NOBODY:
            return bare({"success": False, "message": texts.ERR_TOKEN_PAYLOAD}, 401)
        if problem.reason in ABOUT_TOKENS:
            return bare({"success": False, "message": words.text}, words.status)
        if problem.reason is Reason.STATUS_REFUSED:
            allowed = list(names.STATUSES_OF_CHATS)
            more = {"currentStatus": problem.detail, "allowedStatuses": allowed}
            return bare({self.field: words.text, **more}, words.status)
        return super().worded(words, problem)


class BookingEnvelope(Envelope):
    """Routes of bookings: `message`; a status that cannot be set is told with the one that stands."""

    def worded(self, words: Refusal, problem: Refused) -> Response:
        """As all, but for tokens and statuses."""
        if problem.reason is Reason.NO_TOKEN and not problem.detail:
            return bare({self.field: texts.ERR_NO_HEADER}, words.status)
        if problem.reason is Reason.STATUS_REFUSED and Reason.STATUS_REFUSED not in self._words:
            return bare({self.field: f"Not possible for a booking that is {problem.detail}"}, 400)
        return super().worded(words, problem)


class LoginEnvelope(Envelope):
    """The sign-in: says which roles there are, and what an unverified address waits for."""

    def worded(self, words: Refusal, problem: Refused) -> Response:
        """As all, but for roles and verification."""
        if problem.reason is Reason.UNCONFIRMED:
            return bare({self.field: words.text, "code": names.CODE_EMAIL_NOT_VERIFIED}, words.status)
        if problem.reason is Reason.ROLE and problem.detail:
            return bare({self.field: problem.detail}, words.status)
        return super().worded(words, problem)
