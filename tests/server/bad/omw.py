"""OMW: good requests and events of a customer and of the worker whom two customers write to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.omw import DESK_EMAIL, MIRA_EMAIL, OWEN_EMAIL
from tests.server.bad import Answer, Bad, Event, Http, Route, Scene, expired
from tests.server.process import ServerProcess

PICTURE = {"file": ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")}
CREDENTIALS = {"email": "nobody@example.test", "password": "Passw0rd!x", "role": "customer"}
SESSION = {"session_id": "{session}"}
BOOKING = {"booking_id": "{booking}"}
PART = {"limit": "5", "offset": "0"}

LOGIN = ("POST", "/api/auth/login")
SESSIONS = "/api/chat/sessions"
ONE = SESSIONS + "/{session_id}"
SEND = ("POST", ONE + "/messages")
CUSTOMER = "/api/customer/bookings"
WORKER = "/api/worker-management"

ROUTES = {
    ("GET", "/health"): Route(who=""),
    LOGIN: Route(who="", body=CREDENTIALS, needs=frozenset(CREDENTIALS)),
    ("POST", "/api/auth/login-otp"): Route(
        who="",
        body={"phone": "5550100999", "otp": "123456", "role": "customer"},
        needs=frozenset({"phone", "otp"}),
    ),
    ("POST", "/api/auth/request-otp"): Route(
        who="", body={"phone": "5550100999"}, needs=frozenset({"phone"})
    ),
    ("GET", SESSIONS): Route(),
    ("POST", SESSIONS): Route(
        body={"bookingId": "{booking}"}, needs=frozenset({"bookingId"}), ids=frozenset({"bookingId"})
    ),
    ("GET", ONE): Route(path=SESSION),
    ("DELETE", ONE): Route(path=SESSION),
    ("PUT", ONE + "/end"): Route(path=SESSION),
    ("GET", ONE + "/messages"): Route(path=SESSION, query=PART),
    SEND: Route(
        path=SESSION,
        body={"content": "text", "messageType": "text", "fileUrl": None, "fileName": None, "clientId": None},
        needs=frozenset({"content"}),
    ),
    ("PUT", ONE + "/messages/read"): Route(path=SESSION, body={"messageIds": []}, bodiless=True),
    ("GET", "/api/chat/unread-count"): Route(),
    ("POST", "/api/chat/upload"): Route(parts=PICTURE),
    ("GET", "/uploads/chat/{name}"): Route(path={"name": "{file}"}),
    ("GET", CUSTOMER + "/history"): Route(query={"limit": "5", "lastId": "9", "status": "assigned"}),
    ("GET", CUSTOMER + "/summary"): Route(),
    ("GET", CUSTOMER + "/{booking_id}"): Route(path=BOOKING),
    ("PUT", CUSTOMER + "/{booking_id}/cancel"): Route(path=BOOKING),
    ("POST", CUSTOMER + "/{booking_id}/process-payment"): Route(path=BOOKING),
    ("GET", CUSTOMER + "/{booking_id}/otp-status"): Route(path=BOOKING),
    ("POST", CUSTOMER + "/{booking_id}/generate-otp"): Route(path=BOOKING),
    ("GET", WORKER + "/worker/booking-requests"): Route(
        who="worker", query={"status": "all", "limit": "5", "page": "1"}
    ),
    ("GET", WORKER + "/worker/booking-requests/counts"): Route(who="worker"),
    ("PUT", WORKER + "/worker/booking-requests/{request_id}"): Route(
        who="worker",
        path={"request_id": "{request}"},
        body={"status": "accepted"},
        needs=frozenset({"status"}),
    ),
    ("GET", WORKER + "/worker/recent-bookings"): Route(who="worker", query={"limit": "5"}),
    ("GET", WORKER + "/worker/assigned-bookings"): Route(
        who="worker", query={"page": "1", "limit": "5", "status": "assigned"}
    ),
    ("GET", WORKER + "/bookings/{booking_id}"): Route(who="worker", path=BOOKING),
    ("PUT", WORKER + "/bookings/{booking_id}/status"): Route(
        who="worker", path=BOOKING, body={"status": "accepted"}, needs=frozenset({"status"})
    ),
    ("PUT", WORKER + "/worker/bookings/{booking_id}/cancel"): Route(who="worker", path=BOOKING),
    ("POST", WORKER + "/bookings/{booking_id}/generate-otp"): Route(who="worker", path=BOOKING),
    ("POST", WORKER + "/bookings/{booking_id}/verify-otp"): Route(
        who="worker", path=BOOKING, body={"otp": "123456"}, needs=frozenset({"otp"})
    ),
    ("POST", WORKER + "/send-otp-email"): Route(
        who="worker",
        body={"booking_id": "{booking}"},
        needs=frozenset({"booking_id"}),
        ids=frozenset({"booking_id"}),
    ),
    ("POST", WORKER + "/verify-otp"): Route(
        who="worker",
        body={"booking_id": "{booking}", "otp_code": "123456"},
        needs=frozenset({"booking_id", "otp_code"}),
        ids=frozenset({"booking_id"}),
    ),
}


NEEDED = "Session ID and content are required"
REFUSED_SENDS = dict.fromkeys(
    ("object", "sessionId: missing", "content: missing", "content: empty", "content: null"), NEEDED
)


def _in_a_session(recorded: Mapping[str, str] | None = None, **more: Any) -> Event:
    """An event about a session; a content is needed too."""
    ids = frozenset({"sessionId"})
    needs = ids | ({"content"} & more.keys())
    return Event(payload={"sessionId": "{session}", **more}, needs=needs, ids=ids, recorded=recorded or {})


EVENTS: Mapping[str, Event] = {
    "join_chat": _in_a_session(),
    "leave_chat": _in_a_session(),
    "typing_start": _in_a_session(),
    "typing_stop": _in_a_session(),
    "send_message": _in_a_session(REFUSED_SENDS, content="text", messageType="text"),
    "mark_read": _in_a_session(messageIds=[]),
    "get_chat_history": _in_a_session(limit=5, offset=0),
}


class Omw(Bad):
    """Two customers of one worker, each with a booking and its session."""

    platform = "omw"
    health = "/api/chat/unread-count"
    unknown = 99_999_999
    malformed = ("not-an-id", "1.5", "-1", "9" * 30, "%00", "%ED%A0%80", "'")
    oversize_bytes = 110_000
    wakes = ("send_message", {})
    routes = ROUTES
    events = EVENTS

    async def scene(self, http: Http, server: ServerProcess) -> Scene:
        """Two customers and their worker."""
        people = {"me": (MIRA_EMAIL, "customer"), "other": (OWEN_EMAIL, "customer")}
        tokens = {}
        for name, (email, role) in {**people, "worker": (DESK_EMAIL, "worker")}.items():
            body = {"email": email, "password": PASSWORD, "role": role}
            tokens[name] = (await http.good("POST", LOGIN[1], body=body))["token"]
        places: dict[str, dict[str, str | int]] = {}
        for name in people:
            session = (await http.good("GET", SESSIONS, token=tokens[name]))["sessions"][0]
            places[name] = {"{session}": session["session_id"], "{booking}": session["booking_id"]}
            stored = await http.good("POST", "/api/chat/upload", token=tokens[name], parts=PICTURE)
            places[name]["{file}"] = stored["file"]["url"].rpartition("/")[2]
        offers = await http.good("GET", WORKER + "/worker/booking-requests", token=tokens["worker"])
        return Scene(
            tokens=tokens,
            own={**places["me"], "{request}": offers["booking_requests"][0]["request_id"]},
            foreign=places["other"],
            expired=expired(server, tokens["me"]),
        )

    def is_error(self, answer: Answer) -> bool:
        """`error` in the chat, `message` elsewhere, never a success; or the page for what is no route."""
        if answer.kind == "text/html":
            return answer.status == 404 and "Cannot " in answer.body
        body = answer.body
        if not isinstance(body, dict) or body.get("success"):
            return False
        return bool(body.get("error") or body.get("message"))


BAD = Omw()
