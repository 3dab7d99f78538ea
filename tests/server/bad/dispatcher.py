"""The dispatcher: good requests and events of a carrier, a moderator and an admin."""

from __future__ import annotations

from typing import Any

from chatdesk.server.demo.cast import ADMIN_EMAIL, CARRIERS, DESK_EMAIL, PASSWORD
from tests.server.bad import SILENT, Answer, Bad, Event, Http, Route, Scene, claim, expired
from tests.server.process import ServerProcess

ME, OTHER = CARRIERS[3].email, CARRIERS[4].email
STATUSES = (
    "pending",
    "processing",
    "requires_invoice",
    "requires_charge",
    "charged",
    "finished",
    "cancelled",
)
ALL_STATUSES = "&".join(f"status[]={status}" for status in STATUSES)

ORDER = {"order_id": "{order}"}
NOTE = {"notification_id": "{notification}"}
PAGES = {"page": "1", "limit": "5"}
FILE = {"file": ("a.txt", b"a", "text/plain")}
NEW_ORDER: dict[str, Any] = {
    "contact": "Desk",
    "permitStartDate": "2026-12-24",
    "truckId": "{truck}",
    "trailerId": "{trailer}",
    "commodity": "Crane",
    "loadDims": "oversize",
    "lengthFt": 90,
    "lengthIn": 1,
    "widthFt": 12,
    "widthIn": 1,
    "heightFt": 15,
    "heightIn": 1,
    "rearOverhangFt": 4,
    "rearOverhangIn": 1,
    "legalWeight": "no",
    "originAddress": "Houston, TX",
    "destinationAddress": "El Paso, TX",
    "makeModel": "m",
    "stops": ["Waco, TX"],
    "axleConfigs": [{"tires": 4, "spacing": "10ft"}],
    "messages": ["Please hurry"],
}
OPTIONAL = {"makeModel", "stops", "axleConfigs", "messages"}

SEND = ("POST", "/api/chat/messages")
HISTORY = ("GET", "/api/chat/orders/{order_id}/messages")
STATUS = ("PUT", "/api/orders/{order_id}/status")
LOGIN = ("POST", "/api/authorization/login")
FILES = ("POST", "/api/orders/{order_id}/files")
MESSAGE = ("DELETE", "/api/chat/messages/{message_id}")
MISSING_FIELDS = (400, "Order ID and message are required")


ROUTES = {
    ("GET", "/health"): Route(who=""),
    LOGIN: Route(
        who="",
        body={"email": "nobody@example.test", "password": "Passw0rd!x"},
        needs=frozenset({"email", "password"}),
    ),
    ("POST", "/api/authorization/refresh-token"): Route(
        who="", body={"refreshToken": "x"}, needs=frozenset({"refreshToken"})
    ),
    ("POST", "/api/authorization/logout"): Route(spends=True),
    ("GET", "/api/orders/paginated"): Route(query={**PAGES, "search": "x", "status[]": "pending"}),
    ("GET", "/api/orders/statuses/{type}"): Route(path={"type": "active"}, free=frozenset({"type"})),
    ("POST", "/api/orders/create"): Route(
        body=NEW_ORDER,
        needs=frozenset(NEW_ORDER) - OPTIONAL,
        ids=frozenset({"truckId", "trailerId"}),
    ),
    STATUS: Route(who="admin", path=ORDER, body={"status": "pending"}, needs=frozenset({"status"})),
    ("POST", "/api/orders/{order_id}/moderate"): Route(who="desk", path=ORDER),
    FILES: Route(path=ORDER, parts=FILE),
    ("GET", "/api/orders/{order_id}/files"): Route(path=ORDER),
    ("GET", "/api/orders/{order_id}/files/{filename}"): Route(path={**ORDER, "filename": "{file}"}),
    ("DELETE", "/api/orders/{order_id}/files/{filename}"): Route(path={**ORDER, "filename": "{file}"}),
    ("GET", "/api/orders/{order_number}"): Route(path={"order_number": "{number}"}),
    SEND: Route(
        body={"orderId": "{order}", "message": "text", "clientId": None, "attachments": []},
        needs=frozenset({"orderId", "message"}),
        ids=frozenset({"orderId"}),
    ),
    MESSAGE: Route(path={"message_id": "{message}"}),
    ("GET", "/api/chat/orders"): Route(query=PAGES),
    HISTORY: Route(path=ORDER, query={**PAGES, "archived": "true"}),
    ("GET", "/api/chat/orders/{order_id}/messages/search"): Route(path=ORDER, query={**PAGES, "q": "x"}),
    ("PATCH", "/api/chat/orders/{order_id}/read"): Route(path=ORDER),
    ("GET", "/api/chat/orders/{order_id}/unread-count"): Route(path=ORDER),
    ("GET", "/api/chat/orders/{order_id}/presence"): Route(path=ORDER),
    ("GET", "/api/notifications"): Route(
        query={
            **PAGES,
            "unreadOnly": "true",
            "status": "unread",
            "type": "order_updated",
            "startDate": "2026-01-01",
            "endDate": "2027-01-01",
            "search": "x",
        }
    ),
    ("POST", "/api/notifications"): Route(
        who="desk",
        body={
            "recipientId": "{me}",
            "type": "system_announcement",
            "title": "t",
            "message": "m",
            "metadata": {},
            "actionUrl": "u",
            "actionText": "a",
            "expiresAt": "2027-01-01",
        },
        needs=frozenset({"recipientId", "type", "title", "message"}),
        ids=frozenset({"recipientId"}),
    ),
    ("GET", "/api/notifications/stats"): Route(),
    ("PATCH", "/api/notifications/mark-read"): Route(
        body={"notificationIds": ["{notification}"]}, needs=frozenset({"notificationIds"})
    ),
    ("PATCH", "/api/notifications/mark-all-read"): Route(),
    ("PATCH", "/api/notifications/{notification_id}"): Route(
        path=NOTE, body={"status": "read"}, needs=frozenset({"status"})
    ),
    ("DELETE", "/api/notifications/{notification_id}"): Route(path=NOTE),
    ("GET", "/api/users/all"): Route(who="admin", query={**PAGES, "role": "user", "search": "x"}),
    ("GET", "/api/users"): Route(),
}
# As recorded no argument of an event is ever an error.
EVENTS = {
    name: Event(payload="{order}", recorded=dict.fromkeys(("missing", "null", "object", "list"), SILENT))
    for name in ("join-order-room", "leave-order-room", "typing-start", "typing-stop", "mark-read")
}
RECORDED = {
    (*LOGIN, "nothing at all"): (500, "Cannot destructure property 'email' of 'req.body'"),
    (*LOGIN, "password: missing"): (400, "Email and password are required"),
    (*SEND, "no token"): (401, "No token provided"),
    (*SEND, "garbage"): (401, "Invalid token"),
    (*SEND, "expired"): (401, "Invalid token"),
    (*SEND, "body: list"): MISSING_FIELDS,
    (*SEND, "body: broken"): (500, "Expected property name or '}' in JSON at position 1"),
    (*SEND, "orderId: missing"): MISSING_FIELDS,
    (*SEND, "orderId: null"): MISSING_FIELDS,
    (*SEND, "orderId: operator"): (500, "ChatMessage validation failed: orderId: Cast to string failed"),
    (*SEND, "orderId: unknown"): (404, "Order not found or access denied"),
    (*SEND, "orderId: somebody else's"): (201, "Message sent successfully"),
    (*SEND, "orderId: text"): (500, "Cast to ObjectId failed for value"),
    (*SEND, "message: missing"): MISSING_FIELDS,
    (*SEND, "message: null"): MISSING_FIELDS,
    (*SEND, "message: empty"): MISSING_FIELDS,
    (*SEND, "message: object"): (500, "ChatMessage validation failed: message: Cast to string failed"),
    (*SEND, "message: list"): (500, "ChatMessage validation failed: message: Cast to string failed"),
    (*SEND, "message: long"): (201, "Message sent successfully"),
    (*HISTORY, "order_id: not-an-id"): (500, 'Cast to ObjectId failed for value "not-an-id"'),
    (*HISTORY, "order_id: unknown"): (404, "Order not found or access denied"),
    (*HISTORY, "order_id: somebody else's"): (200, ""),
    (*HISTORY, "?page=-1"): (500, "BSON field 'skip' value must be >= 0, actual value '-10'"),
    (*HISTORY, "?page=x"): (200, ""),
    (*HISTORY, "?page=0"): (200, ""),
    (*STATUS, "status: missing"): (500, "Cannot read properties of undefined (reading 'replace')"),
    (*STATUS, "order_id: unknown"): (404, "Order not found"),
    (*MESSAGE, "message_id: not-an-id"): (500, "Internal server error while deleting message"),
    (*MESSAGE, "message_id: unknown"): (404, "Message not found"),
    (*FILES, "no form"): (400, "File is required"),
    (*FILES, "file: oversize"): (500, "File too large"),
    (*FILES, "file: another part"): (500, "Unexpected field"),
    (*FILES, "order_id: somebody else's"): (404, "Order not found"),
}


class Dispatcher(Bad):
    """Carriers own orders, staff see them all."""

    platform = "dispatcher"
    health = "/health"
    routes = ROUTES
    events = EVENTS
    recorded = RECORDED

    async def scene(self, http: Http, server: ServerProcess) -> Scene:
        """Two carriers, each with an order, a message, a file and a notification."""
        people = {"me": ME, "other": OTHER, "desk": DESK_EMAIL, "admin": ADMIN_EMAIL}
        tokens = {}
        for name, email in people.items():
            body = {"email": email, "password": PASSWORD}
            signed_in = await http.good("POST", LOGIN[1], body=body)
            tokens[name] = signed_in["data"]["accessToken"]
        own = await _things(http, tokens["me"], tokens["desk"], "me")
        foreign = await _things(http, tokens["other"], tokens["desk"], "other")
        # A notification may be sent to whomever staff choose.
        del foreign["{me}"]
        return Scene(tokens=tokens, own=own, foreign=foreign, expired=expired(server, tokens["me"]))

    def is_error(self, answer: Answer) -> bool:
        """The error envelope with its own status, or the page for what is no route."""
        if answer.kind == "text/html":
            return answer.status == 404 and "<pre>Cannot " in answer.body
        body = answer.body
        return (
            isinstance(body, dict)
            and set(body) == {"status", "success", "message", "data"}
            and (body["status"], body["success"], body["data"]) == (answer.status, False, {})
            and bool(body["message"])
        )

    def is_error_event(self, payload: Any) -> bool:
        """A sentence, and which event it is about."""
        return isinstance(payload, dict) and bool(payload.get("message")) and bool(payload.get("event"))


async def _things(http: Http, token: str, desk: str, name: str) -> dict[str, str]:
    page = "/api/orders/paginated?page=1&limit=1&search=&" + ALL_STATUSES
    item = (await http.good("GET", page, token=token))["data"][0]
    order = item["id"]
    detail = (await http.good("GET", f"/api/orders/{item['orderNumber']}", token=token))["data"]
    sent = {"orderId": order, "message": "good"}
    message = (await http.good("POST", SEND[1], token=token, body=sent))["data"]["id"]
    await http.good("POST", SEND[1], token=desk, body=sent)
    files = (await http.good("POST", f"/api/orders/{order}/files", token=token, parts=FILE))["data"]["files"]
    note = (await http.good("GET", "/api/notifications?limit=1", token=token))["data"][0]["id"]
    return {
        "{order}": order,
        "{number}": item["orderNumber"],
        "{truck}": detail["truck"]["id"],
        "{trailer}": detail["trailer"]["id"],
        "{message}": message,
        "{file}": files[-1]["filename"],
        "{notification}": note,
        "{" + ("me" if name == "other" else name) + "}": claim(token, "userId"),
    }


BAD = Dispatcher()
