"""The Fakomame adapter on paper, and the records that its servers make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chatdesk.domain.arrivals import Verdict
from chatdesk.domain.facts import AccountFacts, Secrets
from chatdesk.domain.goals import FreshLists, GoalKind, Joined, SendText
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.steps import Call, Emit, Next
from chatdesk.platforms.fakomame.adapter import FakomameAdapter
from chatdesk.platforms.fakomame.auth import NOTE_ME
from tests.platforms.paper import HTML_404, NOW_US, PaperDesk, call_of, emit_of, jwt, put

__all__ = ["HTML_404", "NOW_US", "call_of", "emit_of", "jwt", "put"]

ME = RemoteId("cmwoo80un0000e17d3jx9r0wa")
OTHER = RemoteId("cmwoo8528004oe17d0kbcafqg")
STRANGER = RemoteId("cmwoo852h004re17dr6gkusso")
MY_MAIL = "sender.a@example.test"
CHAT = RemoteId("cmwoo853a0052e17dcr867glk")
CHAT_2 = RemoteId("cmwoo853i0055e17djlctudhg")
PACKAGE = RemoteId("cmwoo852w004ze17dsx5anane")
TRIP = RemoteId("cmwoo852p004xe17dk1otuabj")
NOTICE = RemoteId("cmwoo9aya00q2u57dhzw300dn")
SEND = SendText(CHAT, OutgoingId("0"), "0", "hello")
START = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def fresh_jwt(*, age_s: int = 0, life_s: int = 604_800, user_id: str = ME, **claims: Any) -> str:
    """An access token issued `age_s` ago."""
    issued = NOW_US // 1_000_000 - age_s
    return jwt({"userId": user_id, "role": "SENDER", "iat": issued, "exp": issued + life_s, **claims})


def refresh_jwt(mark: str = "r") -> str:
    """A refresh token."""
    return fresh_jwt(type="refresh", mark=mark)


class Paper(PaperDesk):
    """One account, online. known: the server has already said whose the token is."""

    def __init__(
        self,
        role: str = "SENDER",
        access: str | None = None,
        refresh: str = "",
        *,
        user_id: str = ME,
        known: bool = True,
    ) -> None:
        token = fresh_jwt() if access is None else access
        account = AccountFacts(
            server_url="http://server.example",
            login=MY_MAIL,
            user_id=RemoteId(user_id),
            role=role,
            name="Sender Alpha",
            secrets=Secrets(token, refresh),
        )
        super().__init__(FakomameAdapter(), account)
        if known:
            self.prove(FreshLists(), user(user_id, role=role))
            self.events.clear()

    def prove(self, kind: GoalKind, who: dict[str, Any] | None = None) -> None:
        """Begin a goal; the server recognises its token first."""
        assert call_of(self.want(kind)).note == NOTE_ME
        self.answer(200, ok(user() if who is None else who))

    def lists(self, *chats: dict[str, Any], trips: Any = (), packages: Any = ()) -> None:
        """Read the lists to their end."""
        step: Next = self.want(FreshLists())
        bodies = {"chats": ok(list(chats)), "trips": rows(*trips), "packages": rows(*packages)}
        while isinstance(step, Call):
            self.answer(200, bodies[step.note])
            step = self.again()

    def join(self, chat: RemoteId = CHAT, *messages: dict[str, Any]) -> None:
        """The server lets us into a chat."""
        emit_of(self.want(Joined(chat)))
        self.packet("chat:joined", {"chatId": chat, "messages": list(messages)})

    def sending(self, kind: SendText = SEND) -> Emit:
        """A send by socket, under way."""
        return emit_of(self.want(kind))

    def fails(self, words: str) -> Verdict:
        """The one verdict that an `error` event brings."""
        (verdict,) = self.packet("error", {"message": words}).verdicts
        return verdict


def at(seconds: float) -> str:
    """A time as the server writes it."""
    moment = START + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1_000:03d}Z"


def message_id(number: int) -> RemoteId:
    """The id of a message; greater numbers compare greater."""
    return RemoteId(f"cmwoo9000{number:016d}")


def cursor(number: int) -> Cursor:
    """The cursor of a message."""
    at_us = int((START + timedelta(seconds=number)).timestamp()) * 1_000_000
    return Cursor(f"{at_us:016d}:{message_id(number)}")


def user(
    user_id: str = ME, first: str = "Sender", last: str = "Alpha", role: str = "SENDER"
) -> dict[str, Any]:
    """An account as /auth/me and the login show it."""
    return {
        "id": user_id,
        "email": MY_MAIL,
        "phone": "+10000000001",
        "firstName": first,
        "lastName": last,
        "role": role,
        "isActive": True,
    }


def person(own: bool) -> dict[str, Any]:
    """Who has written a message."""
    if own:
        return {"id": ME, "firstName": "Sender", "lastName": "Alpha"}
    return {"id": OTHER, "firstName": "Traveler", "lastName": "Bravo"}


def record(
    number: int, text: str = "", *, own: bool = False, chat: str = CHAT, **changes: Any
) -> dict[str, Any]:
    """One full message; greater numbers are newer, one a second."""
    return {
        "id": message_id(number),
        "chatId": chat,
        "senderId": ME if own else OTHER,
        "content": text or f"message {number}",
        "messageType": "text",
        "attachments": [],
        "isEdited": False,
        "isDeleted": False,
        "readBy": {},
        "createdAt": at(number),
        "updatedAt": at(number),
        "sender": person(own),
        **changes,
    }


def pushed(
    number: int, text: str = "", *, own: bool = False, chat: str = CHAT, **changes: Any
) -> dict[str, Any]:
    """The same message as `message:received`: no sender id, no attachments, no flags."""
    return {
        "id": message_id(number),
        "content": text or f"message {number}",
        "messageType": "text",
        "sender": person(own),
        "createdAt": at(number),
        "chatId": chat,
        **changes,
    }


def ok(data: Any) -> dict[str, Any]:
    """The envelope of a success."""
    return {"success": True, "data": data, "message": "done"}


def no(words: str) -> dict[str, Any]:
    """The envelope of a refusal."""
    return {"success": False, "error": words}


def history(*records: dict[str, Any], total: int | None = None, page: int = 1) -> dict[str, Any]:
    """The answer of a page: the oldest message first, in `data.data`."""
    count = len(records) if total is None else total
    return ok(
        {
            "data": list(records),
            "messages": "Messages fetched successfully",
            "pagination": {"page": page, "limit": 50, "total": count, "pages": -(-count // 50)},
        }
    )


def rows(*records: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    """The answer of a list of packages or trips."""
    count = len(records) if total is None else total
    return {"success": True, "data": list(records), "pagination": {"page": 1, "limit": 20, "total": count}}


def participant(user_id: str, first: str, last: str) -> dict[str, Any]:
    """Somebody in a chat."""
    return {
        "id": f"p{user_id}",
        "userId": user_id,
        "lastReadAt": None,
        "user": {"id": user_id, "firstName": first, "lastName": last, "email": "x@example.test"},
    }


US = [participant(ME, "Sender", "Alpha"), participant(OTHER, "Traveler", "Bravo")]


def chat(chat_id: str = CHAT, *messages: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """One entry of the list of chats: about a package on a trip."""
    return {
        "id": chat_id,
        "type": "CHAT",
        "packageId": PACKAGE,
        "tripId": TRIP,
        "isActive": True,
        "lastMessageAt": None,
        "createdAt": at(0),
        "updatedAt": at(1),
        "participants": US,
        "messages": list(messages),
        "package": {"id": PACKAGE, "title": "Documents box", "status": "MATCHED"},
        "trip": {"id": TRIP, "title": "Nairobi to Kampala", "status": "POSTED"},
        **changes,
    }


def address(city: str) -> dict[str, Any]:
    """An address."""
    return {
        "street": "1 Harbour Road",
        "city": city,
        "country": "Kenya",
        "formattedAddress": f"1 Harbour Road, {city}",
    }


def package(item: str = PACKAGE, owner: str = ME, **changes: Any) -> dict[str, Any]:
    """A package as the lists have it."""
    return {
        "id": item,
        "senderId": owner,
        "receiverId": None,
        "title": "Documents box",
        "description": "Box of printed documents",
        "category": "documents",
        "dimensions": {"width": 20, "height": 10, "length": 30, "weight": 2},
        "pickupAddress": address("Nairobi"),
        "deliveryAddress": address("Kampala"),
        "pickupDate": at(0),
        "offeredPrice": 25,
        "currency": "USD",
        "status": "POSTED",
        "tripId": None,
        "createdAt": at(0),
        "updatedAt": at(0),
        "sender": {"id": owner, "firstName": "Some", "lastName": "Sender", "phone": "+10000000001"},
        "trip": None,
        **changes,
    }


def trip(item: str = TRIP, owner: str = OTHER, **changes: Any) -> dict[str, Any]:
    """A trip as the lists have it."""
    return {
        "id": item,
        "title": "Nairobi to Kampala",
        "travelerId": owner,
        "originAddress": address("Nairobi"),
        "destinationAddress": address("Kampala"),
        "departureDate": at(0),
        "maxWeight": 20,
        "transportMode": "bus",
        "pricePerKg": 4.5,
        "status": "POSTED",
        "verificationCode": "secret-code",
        "createdAt": at(0),
        "updatedAt": at(0),
        "traveler": {"id": owner, "firstName": "Traveler", "lastName": "Bravo"},
        **changes,
    }


def notice(number: str = NOTICE, **changes: Any) -> dict[str, Any]:
    """One notification."""
    return {
        "id": number,
        "type": "TRIP_REQUEST",
        "title": "New Package Assignment",
        "message": "A package has been assigned.",
        "chatId": None,
        "isRead": False,
        "isDeleted": False,
        "sentAt": None,
        "createdAt": at(0),
        **changes,
    }
