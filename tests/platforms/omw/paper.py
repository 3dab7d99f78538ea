"""The OMW adapter on paper, and the records that its servers make."""

from __future__ import annotations

from typing import Any

from chatdesk.domain.arrivals import Verdict
from chatdesk.domain.facts import AccountFacts, Secrets
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.platforms.omw.adapter import OmwAdapter
from tests.platforms.paper import HTML_404, NOW_US, PaperDesk, call_of, emit_of, jwt, put

__all__ = ["HTML_404", "NOW_US", "call_of", "emit_of", "jwt", "put"]

ME = RemoteId("202")
MY_MAIL = "worker1@example.test"
OTHER = RemoteId("201")
SESSION = RemoteId("41")
BOOKING = RemoteId("109")
GATE = "Access denied to this chat session"


def fresh_jwt(role: str = "worker", *, age_s: int = 0, life_s: int = 18_000, user_id: int = 202) -> str:
    """A token issued `age_s` ago."""
    issued = NOW_US // 1_000_000 - age_s
    return jwt(
        {"id": user_id, "email": MY_MAIL, "role": role, "role_id": 2, "iat": issued, "exp": issued + life_s}
    )


class Paper(PaperDesk):
    """One account with a good token, online."""

    def __init__(self, role: str = "worker", access: str | None = None, *, user_id: str = ME) -> None:
        account = AccountFacts(
            server_url="http://server.example",
            login=MY_MAIL,
            user_id=RemoteId(user_id),
            role=role,
            name="Worker One",
            secrets=Secrets(fresh_jwt(role) if access is None else access, ""),
        )
        super().__init__(OmwAdapter(), account)

    def fails(self, words: str) -> Verdict:
        """The one verdict that an `error` event brings."""
        (verdict,) = self.packet("error", {"message": words}).verdicts
        return verdict

    def joined(self, session: str = SESSION) -> None:
        """The server has let us in."""
        self.push("joined_chat", {"sessionId": int(session)})


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
