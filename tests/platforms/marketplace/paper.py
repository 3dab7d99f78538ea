"""The marketplace adapter on paper, and the records of its server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatdesk.domain.arrivals import Packet, Reading
from chatdesk.domain.events import Event
from chatdesk.domain.facts import AccountFacts, Learnt, Secrets
from chatdesk.domain.goals import SendText
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.platforms.marketplace.adapter import MarketplaceAdapter
from chatdesk.platforms.marketplace.state import Own, own_of
from tests.platforms.paper import NOW_US, PaperDesk, call_of, emit_of, jwt, put

__all__ = ["call_of", "emit_of", "jwt", "put"]

ME = RemoteId("66b000000000000000000101")
OTHER = RemoteId("66b000000000000000000103")
STRANGER = RemoteId("66b000000000000000000104")
THIRD = RemoteId("66b000000000000000000199")
RFQ = RemoteId("66b000000000000000000401")
MY_MAIL = "seller1@example.test"
OUTGOING = OutgoingId("0123456789abcdef0123456789abcdef")
SEND = SendText(OTHER, OUTGOING, OUTGOING, "hello")
EVERYTHING = Cursor("9" * 16)
WEEK_S = 7 * 24 * 3600
INTERNAL = {"success": False, "message": "Internal server error"}
PEOPLE = {ME: ("Seller One", "Seller"), OTHER: ("Buyer One", "Buyer"), STRANGER: ("Buyer Two", "Buyer")}


def fresh_jwt(role: str = "seller", *, age_s: int = 0, user_id: str = ME) -> str:
    """A token issued `age_s` ago."""
    issued = NOW_US // 1_000_000 - age_s
    return jwt({"id": user_id, "userType": role, "iat": issued, "exp": issued + WEEK_S})


class Paper(PaperDesk):
    """One account with a good token, online, at a moment that stands still until `later` moves it."""

    def __init__(
        self,
        role: str = "seller",
        access: str | None = None,
        *,
        user_id: str = ME,
        learnt: Mapping[str, Learnt] | None = None,
    ) -> None:
        account = AccountFacts(
            server_url="http://server.example",
            login=MY_MAIL,
            user_id=RemoteId(user_id),
            role=role,
            name="Seller One",
            secrets=Secrets(fresh_jwt(role, user_id=user_id) if access is None else access, ""),
        )
        super().__init__(MarketplaceAdapter(), account, learnt)
        self.facts = put(
            self.facts,
            own=put(self.own, registered=1, registered_ms=self.facts.now_ms, told_here=1, asked_online=1),
        )

    @property
    def own(self) -> Own:
        """What the adapter knows."""
        return own_of(self.facts)

    def knows(self, *parties: RemoteId) -> None:
        """Stored messages of these people were seen: what they are is known, and that the server stores."""
        for number, party in enumerate(parties or (OTHER,)):
            self.push("new_message", record(900 + number, "known", sender=party))
        self.events.clear()

    def live(self, *, there: bool = True) -> None:
        """The server has shown that it stores nothing; the counterpart is a buyer, and there or not."""
        self.want(SEND)
        if "GET" == getattr(self.step, "method", ""):
            self.answer(200, person(OTHER))
            self.again()
        self.answer(500, INTERNAL)
        if there:
            self.push("user_status_changed", {"userId": OTHER, "status": "online"})
        self.events.clear()

    def hear(self, event: str, *args: Any) -> Reading:
        """One socket event that no step waits for, with all that it brings."""
        self.step = None
        return self.read(Packet(event, args))

    def told(self, kind: type[Event]) -> list[Any]:
        """All events of a kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


def message_id(number: int) -> RemoteId:
    """The id of a stored message; greater numbers are newer."""
    return RemoteId(f"6afffad4{number:016x}")


def moment(number: int) -> str:
    """When a message was made: one a second."""
    minutes, seconds = divmod(number % 3_600, 60)
    return f"2026-11-20T07:{minutes:02d}:{seconds:02d}.000Z"


def cursor(number: int) -> Cursor:
    """The cursor of a stored message."""
    at_us = 1_795_158_000_000_000 + number % 3_600 * 1_000_000
    return Cursor(f"{at_us:016d}-{message_id(number)}")


def party(who: RemoteId) -> dict[str, Any]:
    """A party as an object."""
    return {"_id": who, "name": PEOPLE[who][0], "email": f"{who[-3:]}@example.test"}


def record(
    number: int,
    text: str = "",
    *,
    sender: RemoteId = OTHER,
    recipient: RemoteId | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A stored message as the server pushes it: both parties are objects."""
    to = recipient or (OTHER if sender == ME else ME)
    return {
        "_id": message_id(number),
        "sender_id": party(sender),
        "recipient_id": party(to),
        "sender_type": PEOPLE[sender][1],
        "recipient_type": PEOPLE[to][1],
        "subject": "Chat Message",
        "message": text or f"message {number}",
        "message_type": "general",
        "status": "unread",
        "createdAt": moment(number),
        "updatedAt": moment(number),
        "__v": 0,
        **changes,
    }


def boxed(number: int, text: str = "", *, sender: RemoteId = OTHER, **changes: Any) -> dict[str, Any]:
    """The same as a record of inbox (the recipient is a string) or of sent (the sender is)."""
    found = record(number, text, sender=sender)
    side = "sender_id" if sender == ME else "recipient_id"
    return {**found, side: ME, **changes}


def relay(message: str | None = "local-1", text: str = "Hello", **changes: Any) -> dict[str, Any]:
    """A message that another client hands over."""
    found: dict[str, Any] = {
        "sender_id": OTHER,
        "sender_type": "Buyer",
        "recipient_id": ME,
        "recipient_type": "Seller",
        "subject": "Chat Message",
        "message": text,
        "message_type": "general",
        **changes,
    }
    return found if message is None else {"id": message, **found}


def listing(*records: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    """The answer of a block of inbox or sent."""
    return {
        "success": True,
        "data": list(records),
        "totalCount": len(records) if total is None else total,
        "message": "ok",
    }


def talk(*records: dict[str, Any]) -> dict[str, Any]:
    """The answer of a conversation."""
    return {"success": True, "data": list(records), "message": "Conversation retrieved successfully"}


def sent(number: int, text: str = "hello", **changes: Any) -> dict[str, Any]:
    """The answer of a send."""
    return {
        "success": True,
        "message": "Message sent successfully",
        "data": record(number, text, sender=ME, **changes),
    }


def person(who: RemoteId, **changes: Any) -> dict[str, Any]:
    """A record of the public directory, with what nobody should keep."""
    name = PEOPLE.get(who, ("Somebody", ""))[0]
    return {
        "_id": who,
        "name": name,
        "email": f"{who[-3:]}@example.test",
        "phone": "+100200300",
        "isVerified": True,
        **changes,
    }


def rfq(number: int = 401, status: str = "open", **changes: Any) -> dict[str, Any]:
    """A request for quotation."""
    return {
        "_id": f"66b000000000000000000{number}",
        "title": "Need 100 drills",
        "description": "Bulk purchase",
        "quantity": 100,
        "buyerId": OTHER,
        "status": status,
        "distributionType": "all",
        "targetSellerIds": [],
        "responses": [],
        "attachments": [],
        "createdAt": "2026-11-19T07:46:28.284Z",
        "updatedAt": "2026-11-19T07:46:28.284Z",
        "__v": 0,
        **changes,
    }
