"""Fakomame: good requests and events of a traveller, of the shop that sends packages, and of a stranger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.fakomame_cast import DESK_EMAIL, NOOR_EMAIL, TIAGO_EMAIL
from tests.server.bad import CRASH, CRASH_TOO, Answer, Bad, Event, Http, Route, Scene, expired
from tests.server.process import ServerProcess

PAGE = {"page": "1", "limit": "5"}
LIST = {**PAGE, "search": "x", "status": "POSTED", "sortBy": "title", "sortOrder": "asc"}
CREDENTIALS = {"email": "nobody@example.test", "password": "Passw0rd!x"}
DUTIES = ("legalCompliance", "damageInspection", "accurateDescription", "safetyMeasures", "termsAcceptance")
CHAT = {"participantId": "{desk}", "itemType": "package", "itemId": "{package}", "chatType": "CHAT"}
ASSIGNMENT: dict[str, Any] = {
    "packageId": "{package}",
    "tripId": "{trip}",
    "confirmationType": "ASSIGNMENT",
    "confirmations": dict.fromkeys(DUTIES, True),
    "notification": "TO_TRIP",
}
PACKAGE = {
    "title": "Lamps",
    "description": "Two of them",
    "category": "other",
    "offeredPrice": 5,
    "isFragile": True,
    "priority": "normal",
    "pickupAddress": {"city": "Porto", "latitude": 41},
    "dimensions": {"weight": 2},
    "pickupDate": "2027-01-01",
}
TRIP = {
    "title": "Porto to Vienna",
    "pricePerKg": 4,
    "flexibleDates": True,
    "transportMode": "train",
    "originAddress": {"city": "Porto"},
    "departureDate": "2027-01-01",
}

LOGIN = ("POST", "/api/auth/login")
SEND = ("POST", "/api/chats/messages")
HISTORY = ("GET", "/api/chats/messages")
ONE_PACKAGE = "/api/packages/{item_id}"
ONE_TRIP = "/api/trips/{item_id}"
NOTICE = "/api/notifications/{notice_id}"

ROUTES = {
    ("GET", "/api/health"): Route(who=""),
    LOGIN: Route(who="", body=CREDENTIALS, needs=frozenset(CREDENTIALS)),
    ("POST", "/api/auth/logout"): Route(who=""),
    ("POST", "/api/auth/refresh"): Route(who=""),
    ("GET", "/api/auth/me"): Route(),
    ("GET", "/api/chats"): Route(),
    ("POST", "/api/chats"): Route(
        body=CHAT, needs=frozenset(CHAT), ids=frozenset({"participantId", "itemId"})
    ),
    ("GET", "/api/chats/{chat_id}"): Route(path={"chat_id": "{chat}"}),
    HISTORY: Route(query={"chatId": "{chat}", **PAGE}),
    SEND: Route(
        body={"chatId": "{chat}", "content": "text", "type": "TEXT", "attachments": [], "clientId": None},
        needs=frozenset({"chatId", "content"}),
        ids=frozenset({"chatId"}),
    ),
    ("GET", "/api/packages"): Route(who="", query={**LIST, "pickupCity": "x"}),
    ("POST", "/api/packages"): Route(who="desk", body=PACKAGE, needs=frozenset({"title"})),
    ("GET", ONE_PACKAGE): Route(path={"item_id": "{package}"}),
    ("PUT", ONE_PACKAGE): Route(
        who="desk", path={"item_id": "{package}"}, body={"title": "Lamps", "offeredPrice": 5}
    ),
    ("GET", "/api/trips"): Route(who="", query={**LIST, "originCity": "x"}),
    ("POST", "/api/trips"): Route(body=TRIP, needs=frozenset({"title"})),
    ("GET", ONE_TRIP): Route(who="", path={"item_id": "{trip}"}),
    ("PUT", ONE_TRIP): Route(path={"item_id": "{trip}"}, body={"title": "Lisbon to Lyon", "pricePerKg": 4}),
    ("GET", "/api/dashboard/packages"): Route(query={**LIST, "view": "sent"}),
    ("GET", "/api/dashboard/trips"): Route(query=LIST),
    ("PATCH", "/api/dashboard/packages/{item_id}/status"): Route(
        path={"item_id": "{package}"}, body={"status": "MATCHED"}, needs=frozenset({"status"})
    ),
    ("POST", "/api/dashboard/trips/{item_id}/status"): Route(
        path={"item_id": "{trip}"}, body={"status": "ACTIVE"}, needs=frozenset({"status"})
    ),
    ("POST", "/api/assignments"): Route(
        body=ASSIGNMENT,
        needs=frozenset(ASSIGNMENT) - {"notification"},
        ids=frozenset({"packageId", "tripId"}),
    ),
    ("GET", "/api/users/{user_id}/profile"): Route(path={"user_id": "{desk}"}),
    ("GET", "/api/notifications"): Route(who="desk", query={**PAGE, "unreadOnly": "true"}),
    ("PUT", "/api/notifications/read-all"): Route(who="desk"),
    ("PUT", NOTICE + "/read"): Route(who="desk", path={"notice_id": "{notice}"}),
    ("DELETE", NOTICE): Route(who="desk", path={"notice_id": "{notice}"}),
}
ENDS = {"null": CRASH, "missing": CRASH_TOO}
ENDS_TOO = dict.fromkeys(ENDS, CRASH_TOO)
NO_ACCESS = "Access denied to this chat"
NOT_FOUND = "Chat not found or access denied"


def _about_a_chat(recorded: Mapping[str, str]) -> Event:
    ids = frozenset({"chatId"})
    return Event(payload={"chatId": "{chat}"}, needs=ids, ids=ids, recorded=recorded)


EVENTS = {
    "chat:join": _about_a_chat(
        {
            "null": "Failed to join chat",
            "missing": "Failed to join chat",
            "chatId: unknown": NO_ACCESS,
            "chatId: somebody else's": NO_ACCESS,
        }
    ),
    "chat:leave": _about_a_chat(ENDS_TOO),
    "typing:start": _about_a_chat(ENDS),
    "typing:stop": _about_a_chat(ENDS_TOO),
    "message:send": Event(
        payload={"chatId": "{chat}", "content": "text", "type": "TEXT"},
        needs=frozenset({"chatId", "content"}),
        ids=frozenset({"chatId"}),
        recorded={
            "null": "Failed to send message",
            "chatId: unknown": NOT_FOUND,
            "chatId: somebody else's": NOT_FOUND,
        },
    ),
}
FIELDS = (400, "Missing required fields: chatId, content")
BROKEN = (500, "Internal server error")
RECORDED = {
    (*SEND, "chatId: missing"): FIELDS,
    (*SEND, "content: missing"): FIELDS,
    (*SEND, "content: empty"): FIELDS,
    (*SEND, "content: null"): FIELDS,
    (*SEND, "content: zero"): FIELDS,
    (*SEND, "content: true"): BROKEN,
    (*SEND, "chatId: object"): BROKEN,
    (*SEND, "attachments: text"): BROKEN,
    (*SEND, "type: true"): BROKEN,
    (*SEND, "body: null"): BROKEN,
    (*SEND, "body: broken"): BROKEN,
    (*SEND, "body: no body"): BROKEN,
    (*SEND, "content: long"): (200, ""),
    ("GET", "/api/trips", "?page=x"): (422, "Expected number, received string"),
}


class Fakomame(Bad):
    """A traveller with a trip, a package on it and the chat about both; another one has the same."""

    platform = "fakomame"
    health = "/api/trips"
    unknown = "c" + "0" * 24
    oversize_bytes = 10_500_000
    routes = ROUTES
    events = EVENTS
    recorded = RECORDED

    async def scene(self, http: Http, server: ServerProcess) -> Scene:
        """Two travellers and the shop; each of the two has one chat with it."""
        tokens, ids = {}, {}
        for name, email in (("me", NOOR_EMAIL), ("other", TIAGO_EMAIL), ("desk", DESK_EMAIL)):
            body = {"email": email, "password": PASSWORD}
            signed_in = (await http.good("POST", LOGIN[1], body=body))["data"]
            tokens[name], ids[name] = signed_in["accessToken"], signed_in["user"]["id"]
        places = {}
        for name in ("me", "other"):
            chat = (await http.good("GET", "/api/chats", token=tokens[name]))["data"][0]
            places[name] = {
                "{chat}": chat["id"],
                "{package}": chat["packageId"],
                "{trip}": chat["tripId"],
            }
        notices = await http.good("GET", "/api/notifications", token=tokens["desk"])
        return Scene(
            tokens=tokens,
            own={
                **places["me"],
                "{desk}": ids["desk"],
                "{notice}": notices["data"]["notifications"][0]["id"],
            },
            foreign=places["other"],
            expired=expired(server, tokens["me"]),
        )

    def is_error(self, answer: Answer) -> bool:
        """`error` with a sentence, marked or not; the framework's page, or nothing for a method."""
        if answer.kind == "text/html":
            return answer.status == 404 and "could not be found" in answer.body
        if answer.status == 405:
            return not answer.body
        body = answer.body
        return isinstance(body, dict) and body.get("success") in {None, False} and bool(body.get("error"))


BAD = Fakomame()
