"""The StepperGO adapter on paper: one account, its trips, and records as its server tells them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chatdesk.domain.actions import NO_EXTRAS, Extras
from chatdesk.domain.arrivals import Verdict
from chatdesk.domain.facts import AccountFacts, Facts, Learnt, Secrets
from chatdesk.domain.goals import FreshLists, SendText
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import MessageKind
from chatdesk.platforms.steppergo.adapter import StepperGoAdapter
from chatdesk.platforms.steppergo.state import DRIVER_ID
from tests.platforms.paper import NOW_US, PaperDesk, call_of, emit_of, put

__all__ = ["NOW_US", "call_of", "emit_of", "put"]

ME = RemoteId("cuser0000000000000000000a")
OTHER = RemoteId("cuser0000000000000000000b")
THIRD = RemoteId("cuser0000000000000000000c")
RECORD_ID = "cdriver00000000000000000a"
TRIP = RemoteId("ctrip0000000000000000001")
TRIP_2 = RemoteId("ctrip0000000000000000002")
FOREIGN_TRIP = RemoteId("ctrip0000000000000000009")
CONVERSATION = "cconv0000000000000000001"
CONVERSATION_2 = "cconv0000000000000000002"
MY_MAIL = "driver.a@example.test"
SESSION = "S" * 64
OUT_ID = OutgoingId("a" * 32)
FOR_EVER = 10**16
BOOKINGS_401 = {"error": "Invalid token", "code": "INVALID_TOKEN"}
SESSION_401 = {"error": "Invalid or expired session"}


def account_of(role: str = "DRIVER", user_id: str = ME, *, seat: str = "") -> AccountFacts:
    """The account with a good session."""
    return AccountFacts(
        server_url="http://server.example",
        login=MY_MAIL,
        user_id=RemoteId(user_id),
        role=role,
        name="Driver Alpha",
        secrets=Secrets(SESSION, ""),
        seat=seat,
    )


class Paper(PaperDesk):
    """One account with a good session, online; a driver knows the record id."""

    def __init__(self, role: str = "DRIVER", user_id: str = ME, *, seat: str = "") -> None:
        known = {DRIVER_ID: Learnt(RECORD_ID, FOR_EVER)} if role == "DRIVER" else {}
        super().__init__(StepperGoAdapter(), account_of(role, user_id, seat=seat), known)

    def offline(self) -> None:
        """There has been no socket yet."""
        self.facts = put(self.facts, online=False)

    def fails(self, words: str) -> Verdict:
        """The one verdict that an `error` event brings."""
        (verdict,) = self.packet("error", {"message": words}).verdicts
        return verdict

    def lists(self, *driven: dict[str, Any], public: Mapping[str, list[Any]] | None = None) -> None:
        """Read the lists: a driver's trips, then the public ones by status (upper case)."""
        step = self.want(FreshLists())
        while hasattr(step, "path"):
            path = call_of(step).path
            query = dict(call_of(step).query)
            if path == f"/api/drivers/{RECORD_ID}/trips":
                self.answer(200, driver_trips(*driven))
            elif path == "/api/trips":
                found = (public or {}).get(query["status"], [])
                self.answer(200, {"success": True, "data": found, "count": len(found)})
            elif path == "/api/passengers/bookings":
                self.answer(401, BOOKINGS_401)
            else:
                self.answer(403, {"error": "Access denied"})
            step = self.again()

    def joined(self, trip: str = TRIP, conversation: str = CONVERSATION, *, known: bool = True) -> None:
        """The server has let us in; without a goal that waits for it, the trip must be one of ours."""
        if known:
            from chatdesk.platforms.steppergo.state import with_trip

            self.facts = with_trip(self.facts, RemoteId(trip), ours=True)
        self.push("conversation:joined", {"conversationId": conversation, "tripId": trip})


def with_facts(paper: Paper, facts: Facts) -> Paper:
    """The same desk with other facts."""
    paper.facts = facts
    return paper


def send(
    text: str = "on my way",
    trip: RemoteId = TRIP,
    *,
    kind: MessageKind = MessageKind.TEXT,
    extras: Extras = NO_EXTRAS,
    out: OutgoingId = OUT_ID,
) -> SendText:
    """A send under way."""
    return SendText(trip, out, out, text, kind, extras)


def moment(number: int) -> str:
    """The time of message `number`: one a second from 07:00 on."""
    at = datetime(2026, 11, 20, 7, tzinfo=UTC) + timedelta(seconds=number)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def message_id(number: int) -> RemoteId:
    """The id of message `number`."""
    return RemoteId(f"cmsg{number:021d}")


def cursor(number: int) -> Cursor:
    """The cursor of message `number`."""
    at = datetime(2026, 11, 20, 7, tzinfo=UTC) + timedelta(seconds=number)
    return Cursor(f"{int(at.timestamp()) * 1_000_000:016d}-{message_id(number)}")


def message(number: int, text: str = "", *, own: bool = False, **changes: Any) -> dict[str, Any]:
    """One message as push, history and REST have it."""
    sender: str = ME if own else OTHER
    name, role = ("Driver Alpha", "DRIVER") if own else ("Passenger Bravo", "PASSENGER")
    return {
        "id": message_id(number),
        "conversationId": CONVERSATION,
        "senderId": sender,
        "content": text or f"message {number}",
        "type": "TEXT",
        "metadata": None,
        "status": "SENT",
        "isReported": False,
        "reportReason": None,
        "isHidden": False,
        "sentAt": moment(number),
        "deliveredAt": None,
        "readAt": None,
        "editedAt": None,
        "sender": {"id": sender, "name": name, "avatar": None, "role": role},
        **changes,
    }


def person(user: str, name: str, role: str, unread: int | None = None) -> dict[str, Any]:
    """One entry of a history's participants."""
    return {
        "userId": user,
        "user": {"id": user, "name": name, "avatar": None, "role": role},
        "unreadCount": unread,
        "lastReadAt": None,
    }


def history(
    *messages: dict[str, Any], unread: int | None = 0, conversation: str | None = CONVERSATION
) -> dict[str, Any]:
    """The answer with a history: the oldest message first."""
    people = [person(ME, "Driver Alpha", "DRIVER", unread), person(OTHER, "Passenger Bravo", "PASSENGER")]
    data: dict[str, Any] = {
        "conversationId": conversation,
        "messages": list(messages),
        "participants": people,
    }
    if unread is not None:
        data |= {"unreadCount": unread, "lastReadAt": None}
    return {"success": True, "data": data}


def end(name: str) -> dict[str, Any]:
    """One end of a trip."""
    return {"name": name, "address": "Station square 1", "coordinates": {"lat": 43.24, "lng": 76.89}}


def public_trip(trip: str = TRIP, organizer: str = ME, **changes: Any) -> dict[str, Any]:
    """A trip of the public list or detail: status in lower case, money as numbers."""
    return {
        "id": trip,
        "title": "Almaty to Taldykorgan",
        "description": "Shared intercity ride",
        "departureTime": "2026-11-22T07:47:58.983Z",
        "returnTime": "2026-11-22T12:47:58.983Z",
        "timezone": "Asia/Almaty",
        "status": "in_progress",
        "tripType": "SHARED",
        "location": {"origin": end("Almaty"), "destination": end("Taldykorgan")},
        "capacity": {"total": 4, "booked": 1, "available": 3},
        "pricing": {"basePrice": 5000, "currency": "KZT", "pricePerPerson": 5000, "platformFee": 500},
        "organizer": {"id": organizer, "name": "Organizer", "role": "DRIVER", "rating": 0},
        "createdAt": "2026-11-20T07:00:00.000Z",
        "updatedAt": "2026-11-20T07:00:00.000Z",
        **changes,
    }


def driven_trip(trip: str = TRIP, **changes: Any) -> dict[str, Any]:
    """A trip of a driver's own list: no organizer, status in upper case."""
    return {
        "id": trip,
        "title": "Almaty to Taldykorgan",
        "fromLocation": end("Almaty"),
        "toLocation": end("Taldykorgan"),
        "schedule": {"departureDate": "2026-11-22T07:47:59.780Z", "returnDate": "2026-11-22T12:47:59.780Z"},
        "pricing": {"basePrice": 5000, "currency": "KZT"},
        "capacity": {"totalSeats": 4, "availableSeats": 3, "bookedSeats": 1},
        "status": "IN_PROGRESS",
        "createdAt": "2026-11-20T07:00:00.000Z",
        **changes,
    }


def driver_trips(*trips: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    """The answer of a driver's list."""
    return {"trips": list(trips), "total": len(trips) if total is None else total, "showing": len(trips)}


def driver_detail(status: str = "IN_PROGRESS", trip: str = TRIP) -> dict[str, Any]:
    """The answer of a driver's status route: money as texts, people with addresses and numbers."""
    who = {
        "id": OTHER,
        "name": "Passenger Bravo",
        "email": "passenger.b@example.test",
        "phone": "5550001",
        "avatar": None,
    }
    data = {
        "trip": {
            "id": trip,
            "title": "Almaty to Taldykorgan",
            "status": status,
            "originName": "Almaty",
            "destName": "Taldykorgan",
            "totalSeats": 4,
            "basePrice": "5000",
            "platformFee": "500",
            "estimatedEarnings": 4675,
            "organizer": {"id": THIRD, "name": "Organizer", "email": "o@example.test", "phone": "5550002"},
        },
        "bookings": [{"id": "cbooking1", "seatsBooked": 1, "status": "CONFIRMED", "user": who}],
        "timeline": [],
    }
    return {"success": True, "data": data}
