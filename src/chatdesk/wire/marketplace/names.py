"""Routes, event names, values and limits of the marketplace platform, as they are on the wire."""

from __future__ import annotations

from typing import Final

PLATFORM: Final = "marketplace"
DEFAULT_PORT: Final = 5000

# --- accounts: lower case at the login and in tokens, capitalised in messages ---

ROLE_SELLER: Final = "seller"
ROLE_BUYER: Final = "buyer"
ROLE_EMPLOYEE: Final = "employee"
ROLE_ADMIN: Final = "admin"
ROLES: Final = (ROLE_SELLER, ROLE_BUYER, ROLE_EMPLOYEE, ROLE_ADMIN)

KIND_SELLER: Final = "Seller"
KIND_BUYER: Final = "Buyer"
KIND_ADMIN: Final = "Admin"
KINDS: Final = (KIND_SELLER, KIND_BUYER, KIND_ADMIN)
KIND_OF_ROLE: Final = {ROLE_SELLER: KIND_SELLER, ROLE_BUYER: KIND_BUYER, ROLE_ADMIN: KIND_ADMIN}
"""An employee has no kind: such an account can't write messages."""
KINDS_WRITTEN_TO: Final = (KIND_BUYER, KIND_SELLER)
"""What a send and a conversation take as the other side; `Admin` is refused with 400."""

AUTH_SCHEME: Final = "Bearer"
AUTH_TOKEN_FIELD: Final = "token"
"""Key of the token in the `auth` object of the socket's handshake; the servers seen ignore it."""

# --- REST routes (templates for str.format) ---

ROUTE_HEALTH: Final = "/api/health"
ROUTE_LOGIN: Final = "/api/auth/login"
ROUTE_BUYER_LOGIN: Final = "/api/auth/buyer/login"
"""The same handler."""
ROUTE_PROFILE: Final = "/api/auth/profile"
ROUTE_UNIVERSAL_PROFILE: Final = "/api/universal/profile"
ROUTE_SELLER_PROFILE: Final = "/api/sellers/profile"

ROUTE_SEND: Final = "/api/messages/send"
ROUTE_INBOX: Final = "/api/messages/inbox"
ROUTE_SENT: Final = "/api/messages/sent"
ROUTE_CONVERSATION: Final = "/api/messages/conversation/{party}/{kind}"
ROUTE_MESSAGE: Final = "/api/messages/{message_id}"
ROUTE_READ: Final = "/api/messages/{message_id}/read"
ROUTE_UNREAD_COUNT: Final = "/api/messages/unread/count"
ROUTE_SEARCH: Final = "/api/messages/search"
"""Promised, absent: `search` is taken for an id, so the answer is 500 and not 404."""
ROUTE_NOTIFICATIONS: Final = "/api/notifications"
"""Promised, absent: 404."""

ROUTE_SELLERS: Final = "/api/sellers"
ROUTE_BUYERS: Final = "/api/buyers"
ROUTE_SELLER: Final = "/api/sellers/{person}"
ROUTE_BUYER: Final = "/api/buyers/{person}"

ROUTE_PRODUCTS: Final = "/api/products"
ROUTE_OWN_PRODUCTS: Final = "/api/products/seller"
ROUTE_PRODUCT: Final = "/api/products/{product}"
ROUTE_PRODUCT_IMAGES: Final = "/api/products/{product}/images"
ROUTE_PRODUCT_IMAGE: Final = "/api/products/{product}/images/{name}"
"""Ours: where the recorded servers hand images on to a host of their own."""
IMAGES_PART: Final = "images"
ROUTE_RFQS: Final = "/api/rfqs"
ROUTE_RFQ: Final = "/api/rfqs/{rfq}"
ROUTE_SELLER_RFQS: Final = "/api/rfqs/seller/my-rfqs"
"""Always an empty list at the servers seen: it asks for a status that no request can have."""
ROUTE_BUYER_RFQS: Final = "/api/rfqs/buyer/my-rfqs"
ROUTE_QUOTE: Final = "/api/rfqs/{rfq}/quote"

HEADER_RETRY_AFTER: Final = "retry-after"

# --- socket events from the client ---
# A null or missing payload of the first three ends the server for everybody: always an object.

EMIT_SEND: Final = "send_message"
EMIT_TYPING: Final = "typing"
EMIT_MARK_READ: Final = "mark_as_read"
EMIT_REGISTER: Final = "register_user"
"""The payload is the account id, a bare string."""
EMIT_JOIN: Final = "join_room"
EMIT_LEAVE: Final = "leave_room"
"""The payload of both is the room's name, a bare string."""
EMIT_STATUS: Final = "update_status"
EMIT_ASK_ONLINE: Final = "request_online_users"
"""Both promised and ignored by the servers seen: harmless."""

# --- socket events from the server ---

EVENT_NEW_MESSAGE: Final = "new_message"
EVENT_DELIVERED: Final = "message_delivered"
EVENT_UPDATED: Final = "message_updated"
EVENT_READ: Final = "message_read"
EVENT_TYPING: Final = "user_typing"
EVENT_STATUS: Final = "user_status_changed"
EVENT_ONLINE_USERS: Final = "online_users"
EVENT_USER_JOINED: Final = "user_joined"
EVENT_USER_LEFT: Final = "user_left"
EVENT_STATUS_TOLD: Final = "update_status"
"""The last four are promised, or looked for by the platform's own clients, and were never seen: taken
leniently.
"""

# --- values ---

TOPIC_GENERAL: Final = "general"
TOPICS: Final = (TOPIC_GENERAL, "rfq", "order", "support")
"""What `message_type` may be; anything else is answered with 500."""
SUBJECT: Final = "Chat Message"
"""The subject that the platform's own chat widget sends."""
STATUS_UNREAD: Final = "unread"
STATUS_READ: Final = "read"

STATUS_AWAY: Final = "away"
"""Promised, never seen: there, but not looking."""
PRESENT: Final = frozenset({"online", STATUS_AWAY})
ABSENT: Final = frozenset({"offline"})

RFQ_DRAFT: Final = "draft"
RFQ_OPEN: Final = "open"
RFQ_CLOSED: Final = "closed"
RFQ_CANCELLED: Final = "cancelled"
RFQ_LABELS: Final = {
    RFQ_DRAFT: "Draft",
    RFQ_OPEN: "Open",
    RFQ_CLOSED: "Closed",
    RFQ_CANCELLED: "Cancelled",
}

# --- limits ---

PING_INTERVAL_S: Final = 25
TEXT_LIMIT_CHARS: Final = 20_000
"""The longest text that was seen to be stored; the server itself limits the body only, to 10 MB."""
PRODUCTS_PAGE: Final = 20
MESSAGES_PAGE: Final = 50
BODY_LIMIT_BYTES: Final = 10_000_000
IMAGES_AT_ONCE: Final = 10
IMAGE_LIMIT_BYTES: Final = 5 * 1024 * 1024
