"""The adapter on paper: goals, answers and packets by hand, without a loop or a socket."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from chatdesk.domain.events import Event
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.ports import (
    Accepted,
    AccountFacts,
    Answer,
    Arrived,
    Call,
    Connect,
    Emit,
    Facts,
    Goal,
    GoalKind,
    HandedOver,
    Next,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    Secrets,
    Verdict,
)
from chatdesk.platforms.dispatcher.adapter import DispatcherAdapter

NOW_US = 1_795_161_600_000_000
"""2026-11-20T08:00:00Z."""
ME = RemoteId("65a000000000000000000101")
MY_MAIL = "carrier1@example.test"
OTHER = RemoteId("65a000000000000000000103")
OTHER_MAIL = "moderator@example.test"
ORDER = RemoteId("65a000000000000000000201")
NUMBER = "ORD-100001"

put = msgspec.structs.replace


def jwt(
    user_id: str = ME, role: str = "user", email: str = MY_MAIL, *, iat: int, exp: int, salt: str = ""
) -> str:
    """A token as the platform makes them, with a signature of nobody."""
    claims = {"userId": user_id, "id": user_id, "role": role, "email": email, "iat": iat, "exp": exp}
    if salt:
        claims["salt"] = salt
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join(
        [*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJl"]
    )


def fresh_jwt(role: str = "user", salt: str = "", age_s: int = 0, life_s: int = 3_600) -> str:
    """A token issued `age_s` ago."""
    issued = NOW_US // 1_000_000 - age_s
    return jwt(role=role, iat=issued, exp=issued + life_s, salt=salt)


class Paper:
    """One account with good tokens, online, at a moment that stands still until `later` moves it."""

    def __init__(self, role: str = "user", access: str | None = None, refresh: str = "refresh-1") -> None:
        self.adapter = DispatcherAdapter()
        secrets = Secrets(fresh_jwt(role) if access is None else access, refresh)
        account = AccountFacts(
            server_url="http://server.example",
            login=MY_MAIL,
            user_id=ME,
            role=role,
            name=MY_MAIL,
            secrets=secrets,
        )
        facts = self.adapter.facts(account, {})
        self.facts: Facts = put(facts, now_ms=1_000_000, now_us=NOW_US, epoch=1, online=True)
        self.goal = Goal(0, msgspec.NODEFAULT)  # type: ignore[arg-type]
        self.step: Next | None = None
        self.events: list[Event] = []
        self._ids = itertools.count(1)

    def later(self, ms: int) -> None:
        """Let time pass."""
        self.facts = put(self.facts, now_ms=self.facts.now_ms + ms, now_us=self.facts.now_us + ms * 1_000)

    def want(self, kind: GoalKind) -> Next:
        """Begin a goal: its first step."""
        self.goal = Goal(next(self._ids), kind)
        return self.again()

    def again(self) -> Next:
        """Ask for the goal's next step."""
        self.step = self.adapter.next(self.goal, self.facts)
        return self.step

    def read(self, arrived: Arrived) -> Reading:
        """Hand something over."""
        step = self.step
        opened = (OpenStep(1, self.goal, step),) if isinstance(step, Call | Emit | Connect) else ()
        reading = self.adapter.read(arrived, opened, self.facts)
        self.facts = reading.facts
        self.events += reading.events
        return reading

    def answer(
        self, status: int, body: Any = None, *, is_json: bool = True, headers: Mapping[str, str] | None = None
    ) -> Reading:
        """An HTTP answer to the step asked for last."""
        return self.read(Answer(1, status, is_json, body, headers or {}))

    def verdict(self, status: int, body: Any = None, **more: Any) -> Verdict:
        """The one verdict of an HTTP answer."""
        (verdict,) = self.answer(status, body, **more).verdicts
        return verdict

    def nothing(self, reason: str = "cut", *, left: bool = True) -> Verdict:
        """No answer to the step asked for last."""
        (verdict,) = self.read(NoAnswer(1, left, reason)).verdicts
        return verdict

    def handed_over(self) -> Reading:
        """The event was given to the socket."""
        return self.read(HandedOver(1))

    def accepted(self) -> Reading:
        """The server has taken the socket, as the engine tells it."""
        self.facts = put(self.facts, online=True, epoch=self.facts.epoch + 1)
        return self.read(Accepted(1))

    def push(self, event: str, *args: Any) -> list[Event]:
        """One socket event: what it means."""
        return list(self.read(Packet(event, args)).events)


def call_of(step: Next | None) -> Call:
    """The step as the HTTP exchange that it must be."""
    assert isinstance(step, Call), step
    return step


def emit_of(step: Next | None) -> Emit:
    """The step as the socket event that it must be."""
    assert isinstance(step, Emit), step
    return step


def error(status: int, message: str) -> dict[str, Any]:
    """The platform's envelope of an error."""
    return {"status": status, "success": False, "message": message, "data": {}}


def success(data: Any, message: str = "ok") -> dict[str, Any]:
    """The platform's envelope of a success: `status` is 200 whatever HTTP says."""
    return {"status": 200, "success": True, "message": message, "data": data}


def paged(data: list[Any], total: int, page: int = 1, limit: int = 50) -> dict[str, Any]:
    """The platform's envelope of a page."""
    meta = {
        "totalItems": total,
        "totalPages": -(-total // limit),
        "currentPage": page,
        "itemsPerPage": limit,
    }
    return {"status": 200, "success": True, "meta": meta, "data": data}


def iso(at_us: int) -> str:
    """A time as the platform writes it."""
    seconds, rest = divmod(at_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest // 1_000:03d}Z"


def record(
    number: int, text: str = "", *, own: bool = False, order: str = ORDER, **changes: Any
) -> dict[str, Any]:
    """One message record; greater numbers are newer."""
    at = iso(NOW_US + number * 1_000_000)
    user = {"id": ME, "email": MY_MAIL} if own else {"id": OTHER, "email": OTHER_MAIL}
    return {
        "id": f"6b{number:022x}",
        "orderId": order,
        "message": text or f"message {number}",
        "messageType": "text",
        "senderType": "user",
        "isRead": False,
        "createdAt": at,
        "updatedAt": at,
        "user": user,
        **changes,
    }


HTML_404 = "<!DOCTYPE html><html><body><pre>Cannot GET /api/x</pre></body></html>"
