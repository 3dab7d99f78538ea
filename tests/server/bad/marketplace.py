"""The marketplace: good requests and events of a buyer, a seller and an admin."""

from __future__ import annotations

from typing import Any

from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.market import ADMIN_EMAIL, BUYER_EMAIL, OTHER_BUYER_EMAIL, SELLER_EMAIL
from tests.server.bad import CRASH, CRASH_TOO, SILENT, Answer, Bad, Event, Http, Route, Scene, expired
from tests.server.process import ServerProcess

PICTURE = {"images": ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")}
CREDENTIALS = {"email": "nobody@example.test", "password": "Passw0rd!x"}
PART = {"limit": "5", "offset": "0"}
PAGE = {"page": "1", "limit": "5"}
LETTER = {
    "recipient_id": "{seller}",
    "recipient_type": "Seller",
    "subject": "Drills",
    "message": "text",
    "message_type": "general",
}
REQUEST = {
    "title": "Drills",
    "description": "800 W",
    "quantity": 5,
    "budget_min": 1,
    "budget_max": 9,
    "deadline": "2027-01-01",
    "targetSellerIds": ["{seller}"],
}

LOGIN = ("POST", "/api/auth/login")
SEND = ("POST", "/api/messages/send")
TALK = ("GET", "/api/messages/conversation/{party}/{kind}")
READ = ("PUT", "/api/messages/{message_id}/read")
INBOX = ("GET", "/api/messages/inbox")
RFQS = ("POST", "/api/rfqs")
RFQ = "/api/rfqs/{rfq}"
IMAGES = ("POST", "/api/products/{product}/images")

ROUTES = {
    ("GET", "/api/health"): Route(who=""),
    LOGIN: Route(who="", body=CREDENTIALS, needs=frozenset(CREDENTIALS)),
    ("POST", "/api/auth/buyer/login"): Route(who="", body=CREDENTIALS, needs=frozenset(CREDENTIALS)),
    ("GET", "/api/auth/profile"): Route(),
    ("GET", "/api/universal/profile"): Route(),
    ("GET", "/api/sellers/profile"): Route(who="seller"),
    ("GET", "/api/sellers"): Route(who=""),
    ("GET", "/api/sellers/{person}"): Route(who="", path={"person": "{seller}"}),
    ("GET", "/api/buyers"): Route(),
    ("GET", "/api/buyers/{person}"): Route(who="", path={"person": "{me}"}),
    SEND: Route(
        body={**LETTER, "clientId": None},
        needs=frozenset(LETTER) - {"message_type"},
        ids=frozenset({"recipient_id"}),
    ),
    INBOX: Route(query=PART),
    ("GET", "/api/messages/sent"): Route(query=PART),
    TALK: Route(path={"party": "{seller}", "kind": "Seller"}, free=frozenset({"party"}), query=PART),
    ("GET", "/api/messages/{message_id}"): Route(path={"message_id": "{message}"}),
    READ: Route(path={"message_id": "{message}"}),
    ("GET", "/api/messages/unread/count"): Route(),
    ("GET", "/api/products"): Route(
        who="",
        query={**PAGE, "search": "x", "seller_id": "{seller}", "category": "x", "min_price": "1"},
    ),
    ("GET", "/api/products/seller"): Route(who="seller", query=PAGE),
    ("GET", "/api/products/{product}"): Route(who="", path={"product": "{product}"}),
    IMAGES: Route(who="seller", path={"product": "{product}"}, parts=PICTURE),
    ("GET", "/api/products/{product}/images/{name}"): Route(
        who="", path={"product": "{product}", "name": "a.png"}
    ),
    ("GET", "/api/rfqs"): Route(who="admin", query={"status": "open"}),
    RFQS: Route(body=REQUEST, needs=frozenset({"title"})),
    ("GET", RFQ): Route(who="admin", path={"rfq": "{rfq}"}),
    ("PUT", RFQ): Route(path={"rfq": "{rfq}"}, body={"title": "Drills", "status": "open"}, bodiless=True),
    ("DELETE", RFQ): Route(path={"rfq": "{rfq}"}),
    ("GET", "/api/rfqs/seller/my-rfqs"): Route(who="seller", query={"status": "open"}),
    ("GET", "/api/rfqs/buyer/my-rfqs"): Route(query={"status": "open"}),
    ("POST", RFQ + "/quote"): Route(
        who="seller",
        path={"rfq": "{rfq}"},
        body={"quotePrice": 5, "deliveryTime": 3, "quoteQuantity": 2, "message": "text"},
        needs=frozenset({"quotePrice", "deliveryTime"}),
    ),
}
ENDS = {"null": CRASH, "missing": CRASH_TOO}
IGNORED = dict.fromkeys(("null", "missing", "object", "list"), SILENT)
EVENTS = {
    "register_user": Event(payload="{me}", recorded=IGNORED),
    "send_message": Event(
        payload={**LETTER, "id": "c-1", "sender_id": "{me}"},
        needs=frozenset(LETTER) - {"message_type"},
        ids=frozenset({"recipient_id"}),
        recorded={**ENDS, "object": SILENT, "message: null": SILENT},
    ),
    "typing": Event(
        payload={"recipient_id": "{seller}", "sender_id": "{me}", "is_typing": True},
        needs=frozenset({"is_typing"}),
        ids=frozenset({"recipient_id"}),
        recorded={**ENDS, "object": SILENT},
    ),
    "mark_as_read": Event(
        payload={"message_id": "{message}", "recipient_id": "{seller}", "reader_id": "{me}"},
        ids=frozenset({"message_id"}),
        recorded={**ENDS, "object": SILENT},
    ),
    "join_room": Event(payload="{room}", recorded=IGNORED),
    "leave_room": Event(payload="{room}", recorded=IGNORED),
    "update_status": Event(payload={"status": "online"}, needs=frozenset({"status"})),
    "request_online_users": Event(payload=None, lenient=True),
}
RECORDED = {
    (*LOGIN, "nothing at all"): (500, "Error logging in"),
    (*INBOX, "no token"): (401, ""),
    (*SEND, "recipient_id: missing"): (400, "Recipient ID is required"),
    (*SEND, "recipient_id: empty"): (400, "Recipient ID is required"),
    (*SEND, "recipient_type: text"): (400, "Invalid recipient type"),
    (*SEND, "subject: empty"): (400, "Subject is required"),
    (*SEND, "message: missing"): (400, "Message content is required"),
    (*SEND, "body: broken"): (500, ""),
    (*SEND, "body: oversize"): (500, "request entity too large"),
    (*TALK, "kind: not-an-id"): (400, "Invalid participant type"),
    (*TALK, "party: not-an-id"): (500, ""),
    (*READ, "message_id: not-an-id"): (500, ""),
    (*READ, "message_id: unknown"): (404, "Message not found or unauthorized"),
    (*IMAGES, "file: another part"): (500, "Unexpected field"),
    (*IMAGES, "file: oversize"): (500, "File too large"),
}


class Marketplace(Bad):
    """Buyers write to sellers; only the two of them see it."""

    platform = "marketplace"
    health = "/api/health"
    oversize_bytes = 10_000_100
    file_limit_bytes = 5 * 1024 * 1024
    routes = ROUTES
    events = EVENTS
    recorded = RECORDED

    async def scene(self, http: Http, server: ServerProcess) -> Scene:
        """A buyer with a message of the seller and a request, and another buyer with the same."""
        people = {"me": BUYER_EMAIL, "other": OTHER_BUYER_EMAIL, "seller": SELLER_EMAIL, "admin": ADMIN_EMAIL}
        tokens, ids = {}, {}
        for name, email in people.items():
            signed_in = await http.good("POST", LOGIN[1], body={"email": email, "password": PASSWORD})
            tokens[name], ids[name] = signed_in["token"], signed_in["data"]["id"]
        products = (await http.good("GET", "/api/products?limit=1"))["data"]
        own, foreign = [await self._things(http, tokens, ids, name) for name in ("me", "other")]
        shared = {"{seller}": ids["seller"], "{product}": products[0]["_id"]}
        return Scene(
            tokens=tokens,
            own={**own, **shared, "{me}": ids["me"]},
            foreign={**foreign, "{me}": ids["other"]},
            expired=expired(server, tokens["me"]),
        )

    async def _things(
        self, http: Http, tokens: dict[str, str], ids: dict[str, str], name: str
    ) -> dict[str, str]:
        requests = await http.good("GET", "/api/rfqs/buyer/my-rfqs", token=tokens[name])
        return {
            "{message}": await self._letter(http, tokens["seller"], ids[name]),
            "{rfq}": requests[0]["_id"],
            "{room}": f"{ids[name]}_{ids['seller']}",
        }

    async def _letter(self, http: Http, token: str, buyer: str) -> str:
        """The id of a message to a buyer; where the server stores none, one that there is not."""
        letter: dict[str, Any] = {**LETTER, "recipient_id": buyer, "recipient_type": "Buyer"}
        sent = await http.ask("POST", SEND[1], token=token, body=letter)
        return str(sent.body["data"]["_id"]) if sent.status == 201 else str(self.unknown)

    def is_error(self, answer: Answer) -> bool:
        """`success` and a sentence, a sentence alone, or the page for what is no route."""
        if answer.kind == "text/html":
            return answer.status == 404 and "<pre>Cannot " in answer.body
        body = answer.body
        return isinstance(body, dict) and body.get("success") in {None, False} and bool(body.get("message"))

    def is_error_event(self, payload: Any) -> bool:
        """A sentence, and which event it is about."""
        return isinstance(payload, dict) and bool(payload.get("message")) and bool(payload.get("event"))


BAD = Marketplace()
