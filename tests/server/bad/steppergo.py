"""StepperGO: good requests and events of a passenger, a driver and an administrator."""

from __future__ import annotations

import hashlib
from typing import Any

from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.steppergo import ADMIN_EMAIL, DESK_EMAIL, PASSENGER_EMAILS
from tests.server.bad import CRASH, CRASH_TOO, Answer, Bad, Event, Http, Route, Scene, expire_stored
from tests.server.process import ServerProcess

ME, OTHER = PASSENGER_EMAILS[0], PASSENGER_EMAILS[5]
CREDENTIALS = {"email": "nobody@example.test", "password": "Passw0rd!x"}
TRIP = {"trip_id": "{trip}"}
BOOKING = {"booking_id": "{booking}"}
LIST = {"status": "PENDING", "upcoming": "true", "tripType": "SHARED", "limit": "5", "offset": "0"}
SEATS: dict[str, Any] = {
    "tripId": "{trip}",
    "seatsBooked": 1,
    "passengers": [{"name": "Ana"}],
    "notes": "text",
    "paymentMethodType": "CASH_TO_DRIVER",
}

LOGIN = ("POST", "/api/auth/login")
DRIVER_LOGIN = "/api/drivers/login"
SEND = ("POST", "/api/messages/send")
READ = ("POST", "/api/messages/read")
REPORT = ("POST", "/api/messages/report")
HISTORY = ("GET", "/api/messages/{trip_id}")

ROUTES = {
    ("GET", "/api/health"): Route(who=""),
    LOGIN: Route(who="", body=CREDENTIALS, needs=frozenset(CREDENTIALS)),
    ("POST", DRIVER_LOGIN): Route(who="", body=CREDENTIALS, needs=frozenset(CREDENTIALS)),
    ("DELETE", DRIVER_LOGIN): Route(who="driver", spends=True),
    ("POST", "/api/auth/refresh"): Route(who=""),
    ("GET", "/api/socket"): Route(who=""),
    SEND: Route(
        body={"tripId": "{trip}", "content": "text", "type": "TEXT", "metadata": {}, "clientId": None},
        needs=frozenset({"tripId", "content"}),
        ids=frozenset({"tripId"}),
    ),
    READ: Route(
        body={"conversationId": "{conversation}"},
        needs=frozenset({"conversationId"}),
        ids=frozenset({"conversationId"}),
    ),
    REPORT: Route(
        body={"messageId": "{message}", "reason": "rude"},
        needs=frozenset({"messageId", "reason"}),
        ids=frozenset({"messageId"}),
    ),
    HISTORY: Route(path=TRIP),
    **{("GET", f"/api/messages/{word}"): Route(who="") for word in ("send", "read", "report")},
    ("GET", "/api/admin/notifications"): Route(who="admin"),
    ("PATCH", "/api/admin/messages/{message_id}"): Route(
        who="admin",
        path={"message_id": "{message}"},
        body={"isHidden": False},
        needs=frozenset({"isHidden"}),
    ),
    ("GET", "/api/trips"): Route(
        who="",
        query={
            "status": "PUBLISHED",
            "tripType": "SHARED",
            "date": "2027-01-01",
            "origin": "x",
            "destination": "x",
        },
    ),
    ("GET", "/api/trips/{trip_id}"): Route(who="", path=TRIP),
    ("GET", "/api/trips/{trip_id}/availability"): Route(who="", path=TRIP, query={"seats": "1"}),
    ("GET", "/api/realtime/trip-status/{trip_id}"): Route(who="", path=TRIP, endless=True),
    ("POST", "/api/realtime/trip-status/{trip_id}"): Route(who="", path=TRIP),
    ("GET", "/api/bookings"): Route(query=LIST),
    ("GET", "/api/passengers/bookings"): Route(query=LIST),
    ("POST", "/api/bookings/shared"): Route(
        body=SEATS, needs=frozenset({"tripId", "seatsBooked", "passengers"}), ids=frozenset({"tripId"})
    ),
    ("GET", "/api/bookings/{booking_id}"): Route(path=BOOKING),
    ("PATCH", "/api/bookings/{booking_id}"): Route(
        path=BOOKING, body={"status": "CONFIRMED"}, needs=frozenset({"status"})
    ),
    ("GET", "/api/passengers/bookings/{booking_id}"): Route(path=BOOKING),
    ("GET", "/api/passengers/bookings/{booking_id}/track"): Route(path=BOOKING),
    ("POST", "/api/passengers/bookings/{booking_id}/cancel"): Route(path=BOOKING),
    ("GET", "/api/upload"): Route(who=""),
    ("POST", "/api/upload"): Route(parts={"file": ("a.txt", b"a", "text/plain")}, unavailable=True),
    ("GET", "/api/drivers/notifications"): Route(who=""),
    ("GET", "/api/drivers/{driver_id}/trips"): Route(
        who="", path={"driver_id": "{driver}"}, query={"status": "upcoming", "limit": "5"}
    ),
    ("GET", "/api/drivers/trips/{trip_id}/status"): Route(who="driver", path=TRIP),
    ("PUT", "/api/drivers/trips/{trip_id}/status"): Route(
        who="driver",
        path=TRIP,
        body={"status": "DEPARTED", "notes": "text", "location": {"latitude": 1, "longitude": 2}},
        needs=frozenset({"status"}),
    ),
    ("POST", "/api/drivers/trips/accept/{trip_id}"): Route(who="driver", path=TRIP),
}


def _about(**payload: Any) -> Event:
    fields = frozenset(payload)
    return Event(payload=payload, needs=fields, ids=fields)


def _typing(recorded: str) -> Event:
    ids = frozenset({"conversationId"})
    return Event(
        payload={"conversationId": "{conversation}"},
        needs=ids,
        ids=ids,
        recorded={"null": recorded, "missing": CRASH_TOO},
    )


EVENTS = {
    "join:conversation": _about(tripId="{trip}"),
    "message:send": Event(
        payload={
            "conversationId": "{conversation}",
            "content": "text",
            "type": "TEXT",
            "metadata": {"tempId": "t-1"},
        },
        needs=frozenset({"conversationId", "content"}),
        ids=frozenset({"conversationId"}),
    ),
    "typing:start": _typing(CRASH),
    "typing:stop": _typing(CRASH_TOO),
    "messages:read": _about(conversationId="{conversation}"),
    "passenger:subscribe": Event(payload={"tripIds": ["{trip}"]}, needs=frozenset({"tripIds"})),
    "driver:subscribe": Event(payload={}, who="driver", lenient=True),
    "driver:unsubscribe": Event(payload={}, who="driver", lenient=True),
    "trip:offer:accept": Event(
        payload={"tripId": "{trip}"}, who="driver", needs=frozenset({"tripId"}), ids=frozenset({"tripId"})
    ),
    "trip:offer:decline": Event(payload={"tripId": "{trip}"}, needs=frozenset({"tripId"})),
    "driver:location:update": Event(
        payload={"latitude": 43.2, "longitude": 76.9, "speed": 3, "tripId": "{trip}"},
        who="driver",
        needs=frozenset({"latitude", "longitude"}),
    ),
}
RECORDED = {
    (*SEND, "no token"): (401, ""),
    (*SEND, "tripId: missing"): (400, ""),
    (*SEND, "content: missing"): (400, ""),
    (*SEND, "content: empty"): (400, ""),
    (*SEND, "content: object"): (500, ""),
    (*SEND, "body: null"): (500, ""),
    (*SEND, "body: broken"): (500, ""),
    (*SEND, "tripId: somebody else's"): (403, "Access denied"),
    (*HISTORY, "trip_id: somebody else's"): (403, "Access denied"),
    (*REPORT, "reason: missing"): (400, ""),
}


class StepperGo(Bad):
    """Two passengers of two trips under way; the driver drives the first."""

    platform = "steppergo"
    health = "/api/upload"
    socket_path = "/api/socket/"
    unknown = "c" + "0" * 24
    routes = ROUTES
    events = EVENTS
    recorded = RECORDED
    error_events = ("error", "trip:offer:error")

    async def scene(self, http: Http, server: ServerProcess) -> Scene:
        """Sign everybody in; whose trip is whose shows where they may write."""
        people = {"me": ME, "other": OTHER, "admin": ADMIN_EMAIL, "old": ME}
        tokens = {}
        for name, email in people.items():
            body = {"email": email, "password": PASSWORD}
            tokens[name] = (await http.good("POST", LOGIN[1], body=body))["session"]["token"]
        body = {"email": DESK_EMAIL, "password": PASSWORD}
        driver = await http.good("POST", DRIVER_LOGIN, body=body)
        tokens["driver"] = driver["session"]["token"]
        expire_stored(server, hashlib.sha256(tokens["old"].encode()).hexdigest())
        own, foreign = [await self._things(http, tokens[name]) for name in ("me", "other")]
        return Scene(
            tokens=tokens,
            own={**own, "{driver}": driver["driver"]["id"]},
            foreign=foreign,
            expired=tokens["old"],
        )

    async def _things(self, http: Http, token: str) -> dict[str, str]:
        for trip in (await http.good("GET", "/api/trips?status=IN_PROGRESS"))["data"]:
            body = {"tripId": trip["id"], "content": "good"}
            sent = await http.ask("POST", SEND[1], token=token, body=body)
            if sent.status == 200:
                # As recorded nobody's bookings are found by their token.
                listed = await http.ask("GET", "/api/passengers/bookings", token=token)
                found = listed.body["data"] if listed.status == 200 else []
                return {
                    "{trip}": trip["id"],
                    "{conversation}": sent.body["data"]["conversationId"],
                    "{message}": sent.body["data"]["id"],
                    "{booking}": found[0]["id"] if found else str(self.unknown),
                }
        raise AssertionError("no trip to write about")

    def is_error(self, answer: Answer) -> bool:
        """`error` with a sentence; a page for no route, nothing for a method."""
        if answer.kind == "text/html":
            return answer.status == 404 and "could not be found" in answer.body
        if answer.status == 405:
            return not answer.body
        body = answer.body
        return isinstance(body, dict) and body.get("success") in {None, False} and bool(body.get("error"))


BAD = StepperGo()
