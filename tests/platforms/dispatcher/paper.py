"""The dispatcher adapter on paper, and the records that its servers make."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from chatdesk.domain.arrivals import Packet, Verdict
from chatdesk.domain.events import Event
from chatdesk.domain.facts import AccountFacts, Secrets
from chatdesk.domain.ids import RemoteId
from chatdesk.platforms.dispatcher.adapter import DispatcherAdapter
from tests.platforms import paper
from tests.platforms.paper import HTML_404, NOW_US, PaperDesk, call_of, emit_of, put

__all__ = ["HTML_404", "NOW_US", "call_of", "emit_of", "put"]

ME = RemoteId("65a000000000000000000101")
MY_MAIL = "carrier1@example.test"
OTHER = RemoteId("65a000000000000000000103")
OTHER_MAIL = "moderator@example.test"
ORDER = RemoteId("65a000000000000000000201")
NUMBER = "ORD-100001"


def jwt(
    user_id: str = ME, role: str = "user", email: str = MY_MAIL, *, iat: int, exp: int, salt: str = ""
) -> str:
    """A token as the platform makes them, with a signature of nobody."""
    claims = {"userId": user_id, "id": user_id, "role": role, "email": email, "iat": iat, "exp": exp}
    if salt:
        claims["salt"] = salt
    return paper.jwt(claims)


def fresh_jwt(role: str = "user", salt: str = "", age_s: int = 0, life_s: int = 3_600) -> str:
    """A token issued `age_s` ago."""
    issued = NOW_US // 1_000_000 - age_s
    return jwt(role=role, iat=issued, exp=issued + life_s, salt=salt)


class Paper(PaperDesk):
    """One account with good tokens, online."""

    def __init__(self, role: str = "user", access: str | None = None, refresh: str = "refresh-1") -> None:
        secrets = Secrets(fresh_jwt(role) if access is None else access, refresh)
        account = AccountFacts(
            server_url="http://server.example",
            login=MY_MAIL,
            user_id=ME,
            role=role,
            name=MY_MAIL,
            secrets=secrets,
        )
        super().__init__(DispatcherAdapter(), account)

    def nothing(self, reason: str = "cut", *, left: bool = True) -> Verdict:
        """No answer to the step asked for last."""
        return super().nothing(reason, left=left)

    def push(self, event: str, *args: Any) -> list[Event]:
        """One socket event: what it means, whatever step is open."""
        return list(self.read(Packet(event, args)).events)


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
