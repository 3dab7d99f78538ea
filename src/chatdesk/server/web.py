"""Routes whose every outcome is an answer in the platform's own envelope."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from chatdesk.server.core.errors import Refused

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


class BadRequest(Exception):
    """A request that says nothing sensible; the sentence is for the answer, `more` for the envelope."""

    def __init__(self, text: str, status: int = 400, **more: Any) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.more = more


class Envelope(Protocol):
    """How a platform words what goes wrong in a route."""

    def refused(self, problem: Refused) -> Response:
        """The core refused."""
        ...

    def bad(self, problem: BadRequest) -> Response:
        """The request made no sense."""
        ...

    def gone(self) -> Response:
        """The client went away while it was sending: nobody will read it."""
        ...

    def broken(self) -> Response:
        """A mistake of ours, already reported."""
        ...


def route(path: str, method: str, endpoint: Endpoint, envelope: Envelope) -> Route:
    """A route of one method; `path` is a template like those of `wire`."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as exc:
            return envelope.refused(exc)
        except BadRequest as exc:
            return envelope.bad(exc)
        except ClientDisconnect:
            return envelope.gone()
        except Exception as exc:  # noqa: BLE001 -- whatever we got wrong, the client gets an answer
            log_bug(exc, f"{method} {path}")
            return envelope.broken()

    return Route(path, answer, methods=[method])


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header: its second word, whatever the first is."""
    words = (header or "").split(" ")
    return words[1] if len(words) > 1 else None


def log_bug(exc: Exception, where: str) -> None:
    """Report our own mistake by type and place; an exception's text may hold what somebody wrote."""
    frames = traceback.extract_tb(exc.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "unknown place"
    _log.error("%s failed: %s at %s", where, type(exc).__name__, place)
