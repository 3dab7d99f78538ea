"""The adapter on paper: goals, answers and packets by hand, without a loop or a socket."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from chatdesk.domain.events import Event
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.ports import (
    Accepted,
    AccountFacts,
    Answer,
    Arrived,
    Call,
    Connect,
    ConnectRefused,
    Emit,
    Facts,
    Goal,
    GoalKind,
    LinkLost,
    Next,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    Secrets,
    Verdict,
)
from chatdesk.platforms.omw.adapter import OmwAdapter

NOW_US = 1_795_161_600_000_000
"""2026-11-20T08:00:00Z."""
ME = RemoteId("202")
MY_MAIL = "worker1@example.test"
OTHER = RemoteId("201")
SESSION = RemoteId("41")
BOOKING = RemoteId("109")
GATE = "Access denied to this chat session"

put = msgspec.structs.replace


def jwt(claims: Mapping[str, Any]) -> str:
    """A token as the platform makes them, with a signature of nobody."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join(
        [*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2lnbmF0dXJl"]
    )


def fresh_jwt(role: str = "worker", *, age_s: int = 0, life_s: int = 18_000, user_id: int = 202) -> str:
    """A token issued `age_s` ago."""
    issued = NOW_US // 1_000_000 - age_s
    return jwt(
        {"id": user_id, "email": MY_MAIL, "role": role, "role_id": 2, "iat": issued, "exp": issued + life_s}
    )


class Paper:
    """One account with a good token, online, at a moment that stands still until `later` moves it."""

    def __init__(self, role: str = "worker", access: str | None = None, *, user_id: str = ME) -> None:
        self.adapter = OmwAdapter()
        account = AccountFacts(
            server_url="http://server.example",
            login=MY_MAIL,
            user_id=RemoteId(user_id),
            role=role,
            name="Worker One",
            secrets=Secrets(fresh_jwt(role) if access is None else access, ""),
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

    def nothing(self, reason: str = "timeout", *, left: bool = True) -> Verdict:
        """No answer to the step asked for last."""
        (verdict,) = self.read(NoAnswer(1, left, reason)).verdicts
        return verdict

    def refused(self, words: str | None) -> Reading:
        """The handshake asked for last was refused."""
        return self.read(ConnectRefused(1, words))

    def accepted(self) -> Reading:
        """The server has taken the socket, as the engine tells it."""
        self.facts = put(self.facts, online=True, epoch=self.facts.epoch + 1)
        return self.read(Accepted(1))

    def cut(self) -> None:
        """The socket is gone."""
        self.facts = put(self.facts, online=False)
        self.read(LinkLost())

    def packet(self, event: str, *args: Any) -> Reading:
        """One socket event, with the step asked for last still open."""
        return self.read(Packet(event, args))

    def push(self, event: str, *args: Any) -> list[Event]:
        """One socket event that no step waits for: what it means."""
        self.step = None
        return list(self.packet(event, *args).events)

    def fails(self, words: str) -> Verdict:
        """The one verdict that an `error` event brings."""
        (verdict,) = self.packet("error", {"message": words}).verdicts
        return verdict

    def joined(self, session: str = SESSION) -> None:
        """The server has let us in."""
        self.push("joined_chat", {"sessionId": int(session)})


def call_of(step: Next | None) -> Call:
    """The step as the HTTP exchange that it must be."""
    assert isinstance(step, Call), step
    return step


def emit_of(step: Next | None) -> Emit:
    """The step as the socket event that it must be."""
    assert isinstance(step, Emit), step
    return step


def cursor(number: int) -> Cursor:
    """The cursor of a message id."""
    return Cursor(f"{number:016d}")


def zoneless(number: int) -> str:
    """A time as the database writes it: the zone is 5 h 30 ahead, one message a second."""
    minutes, seconds = divmod(number % 3_600, 60)
    return f"2026-11-20 13:{minutes:02d}:{seconds:02d}"


def record(number: int, text: str = "", *, own: bool = False, **changes: Any) -> dict[str, Any]:
    """One message of a history; greater numbers are newer."""
    sender: dict[str, Any] = {"sender_id": 201, "sender_type": "customer", "sender_name": "Customer One"}
    if own:
        sender = {"sender_id": 202, "sender_type": "provider", "sender_name": "Worker One"}
    return {
        "id": number,
        **sender,
        "message_type": "text",
        "content": text or f"message {number}",
        "file_url": None,
        "file_name": None,
        "file_size": None,
        "is_read": 0,
        "read_at": None,
        "created_at": zoneless(number),
        "sender_phone": "5550000202",
        **changes,
    }


def pushed(number: int, text: str = "", *, own: bool = False, **changes: Any) -> dict[str, Any]:
    """The same message as a `new_message`."""
    minutes, seconds = divmod(number % 3_600, 60)
    at = f"2026-11-20T07:{(minutes + 30) % 60:02d}:{seconds:02d}.500Z"
    found = record(number, text, own=own, created_at=at, session_id=41)
    del found["read_at"]
    return {**found, **changes}


def history(*records: dict[str, Any], more: bool = False) -> dict[str, Any]:
    """The answer of a page: the oldest message first."""
    return {"success": True, "messages": list(records), "hasMore": more}


def session(number: int = 41, booking: int = 109, **changes: Any) -> dict[str, Any]:
    """One entry of the list of sessions."""
    return {
        "session_id": number,
        "booking_id": booking,
        "message_count": 5,
        "last_message_at": "2026-11-20 13:10:51",
        "created_at": "2026-11-20 13:10:40",
        "customer_name": "Customer One",
        "customer_phone": "5550000201",
        "provider_name": "Worker One",
        "provider_phone": "5550000202",
        "service_status": "assigned",
        "booking_type": "service",
        "scheduled_time": "2026-11-20 15:00:00",
        "service_name": "Sink repair",
        "service_description": "Fix a leaking sink",
        "user_role": "provider",
        "unread_count": 2,
        **changes,
    }


def sessions(*entries: dict[str, Any]) -> dict[str, Any]:
    """The answer of the list of sessions."""
    return {"success": True, "sessions": list(entries)}


def requests(*entries: dict[str, Any], pages: int = 1) -> dict[str, Any]:
    """The answer of a page of booking requests."""
    return {"message": "ok", "booking_requests": list(entries), "pagination": {"pages": pages}}


HTML_404 = "<!DOCTYPE html><html><body><pre>Cannot GET /api/x</pre></body></html>"
