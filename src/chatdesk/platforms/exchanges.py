"""What an HTTP exchange comes to: an answer read or saved, or why there is none and whether anything left."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Iterator, Mapping
from typing import Any, TypeVar

import httpx

from chatdesk.domain.arrivals import Answer, NoAnswer
from chatdesk.domain.steps import Call
from chatdesk.platforms import bodies

TOLD_EARLY_SHARE = 20
"""The client gives up a twentieth of the time before the engine does: only it knows whether anything left."""

Told = TypeVar("Told")


def patience_s(timeout_ms: int) -> float:
    """How long the client itself waits."""
    return (timeout_ms - timeout_ms // TOLD_EARLY_SHARE) / 1_000


class Exchange:
    """What one HTTP exchange has done so far: whether a connection stood and bytes may have left."""

    def __init__(self) -> None:
        self.left = False

    async def trace(self, event: str, _info: Mapping[str, Any]) -> None:
        """Hear from httpcore how far the exchange has come."""
        if event.endswith(".send_request_headers.started"):
            self.left = True


async def judged(step_id: int, timeout_ms: int, exchange: Exchange, work: Awaitable[Told]) -> Told | NoAnswer:
    """What the work comes to within its time, and what it means when it comes to nothing."""
    try:
        async with asyncio.timeout(patience_s(timeout_ms)):
            return await work
    except (TimeoutError, httpx.ConnectTimeout):
        return NoAnswer(step_id, exchange.left, "timeout")
    except httpx.ConnectError as exc:
        return NoAnswer(step_id, False, "tls" if _by_tls(exc) else "unreachable")
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL):
        return NoAnswer(step_id, exchange.left, "unreachable")
    except bodies.DiskTrouble:
        return NoAnswer(step_id, exchange.left, "disk")
    except (httpx.HTTPError, httpx.StreamError, OSError):
        return NoAnswer(step_id, exchange.left, "cut")


async def read(step_id: int, response: httpx.Response) -> Answer | NoAnswer:
    """The answer with its whole body; raises what httpx raises."""
    body = await bodies.whole(response)
    return bodies.answer(step_id, response, body) if body is not None else _too_large(step_id)


async def saved(step_id: int, call: Call, response: httpx.Response) -> Answer | NoAnswer:
    """The answer, its body on disk where the call wants it; raises what httpx raises, and DiskTrouble."""
    with bodies.Saving(call.save_to, call.most_bytes) as saving:
        if not await saving.fill(response):
            return _too_large(step_id)
        await response.aclose()  # nothing of the exchange may fail once the file stands
        await saving.keep()
    return bodies.saved_answer(step_id, response)


def _too_large(step_id: int) -> NoAnswer:
    return NoAnswer(step_id, True, "too_large")


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = exc
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _by_tls(exc: BaseException) -> bool:
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(exc))
