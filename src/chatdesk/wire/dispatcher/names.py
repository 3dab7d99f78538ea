"""Routes, event names, values and limits of the dispatcher platform, as they are on the wire."""

from __future__ import annotations

from typing import Final

PLATFORM: Final = "dispatcher"
DEFAULT_PORT: Final = 3000

# --- accounts ---

ROLE_USER: Final = "user"
ROLE_MODERATOR: Final = "moderator"
ROLE_ADMIN: Final = "admin"
ROLES: Final = (ROLE_USER, ROLE_MODERATOR, ROLE_ADMIN)

TOKEN_ALGORITHM: Final = "HS256"
ACCESS_TOKEN_TTL_S: Final = 3_600
REFRESH_TOKEN_TTL_S: Final = 7 * 24 * 3_600
AUTH_SCHEME: Final = "Bearer"
AUTH_TOKEN_FIELD: Final = "token"
"""Key of the access token in the `auth` object of the socket's handshake."""

# --- REST routes (templates for str.format and for the server's router) ---

ROUTE_HEALTH: Final = "/health"
ROUTE_LOGIN: Final = "/api/authorization/login"
ROUTE_REFRESH: Final = "/api/authorization/refresh-token"
ROUTE_LOGOUT: Final = "/api/authorization/logout"

ROUTE_ORDERS: Final = "/api/orders/paginated"
ROUTE_ORDER_STATUSES: Final = "/api/orders/statuses/{type}"
ROUTE_ORDER_CREATE: Final = "/api/orders/create"
ROUTE_ORDER: Final = "/api/orders/{order_number}"
ROUTE_ORDER_STATUS: Final = "/api/orders/{order_id}/status"
ROUTE_ORDER_MODERATE: Final = "/api/orders/{order_id}/moderate"
ROUTE_ORDER_FILES: Final = "/api/orders/{order_id}/files"
ROUTE_ORDER_FILE: Final = "/api/orders/{order_id}/files/{filename}"

ROUTE_SEND: Final = "/api/chat/messages"
ROUTE_MESSAGE: Final = "/api/chat/messages/{message_id}"
ROUTE_HISTORY: Final = "/api/chat/orders/{order_id}/messages"
ROUTE_CHATS: Final = "/api/chat/orders"
"""Documented, absent from the servers seen: probe (a 404 with an HTML page means absent)."""
ROUTE_READ: Final = "/api/chat/orders/{order_id}/read"
"""Documented, absent from the servers seen: probe."""
ROUTE_UNREAD_COUNT: Final = "/api/chat/orders/{order_id}/unread-count"
"""Documented, absent from the servers seen: probe."""

ROUTE_NOTIFICATIONS: Final = "/api/notifications"
ROUTE_NOTIFICATION_STATS: Final = "/api/notifications/stats"
ROUTE_NOTIFICATIONS_MARK_READ: Final = "/api/notifications/mark-read"
ROUTE_NOTIFICATIONS_MARK_ALL_READ: Final = "/api/notifications/mark-all-read"
ROUTE_NOTIFICATION: Final = "/api/notifications/{notification_id}"

ROUTE_USERS: Final = "/api/users"
ROUTE_USERS_ALL: Final = "/api/users/all"

# --- socket events: the argument of every one from the client is the bare order id ---

SOCKET_PATH: Final = "/socket.io/"
PING_INTERVAL_S: Final = 25
PING_TIMEOUT_S: Final = 20
MAX_PACKET_BYTES: Final = 1_000_000

EMIT_JOIN: Final = "join-order-room"
EMIT_LEAVE: Final = "leave-order-room"
EMIT_TYPING_START: Final = "typing-start"
EMIT_TYPING_STOP: Final = "typing-stop"
EMIT_MARK_READ: Final = "mark-read"

EVENT_NEW_MESSAGE: Final = "new-message"
EVENT_ORDER_UPDATED: Final = "order-updated"
EVENT_USER_TYPING: Final = "user-typing"
EVENT_MESSAGE_READ: Final = "message-read"
EVENT_USER_JOINED: Final = "user-joined-order"
EVENT_USER_LEFT: Final = "user-left-order"
EVENT_NOTIFICATION: Final = "notification"

UPDATE_STATUS: Final = "order_status_updated"
UPDATE_CREATED: Final = "order_created"

# --- values ---

STATUS_PENDING: Final = "pending"
STATUS_PROCESSING: Final = "processing"
STATUS_REQUIRES_INVOICE: Final = "requires_invoice"
STATUS_REQUIRES_CHARGE: Final = "requires_charge"
STATUS_CHARGED: Final = "charged"
STATUS_CANCELLED: Final = "cancelled"
STATUS_FINISHED: Final = "finished"
STATUS_ALL: Final = "all"
"""A filter value that the recorded servers also accept and store as a status: read it as unknown."""

STATUS_LABELS: Final = {
    STATUS_PENDING: "Pending",
    STATUS_PROCESSING: "Processing",
    STATUS_REQUIRES_INVOICE: "Requires Invoice",
    STATUS_REQUIRES_CHARGE: "Requires Charge",
    STATUS_CHARGED: "Charged",
    STATUS_CANCELLED: "Cancelled",
    STATUS_FINISHED: "Finished",
}
"""Every real status with the label the platform shows, in the platform's order."""

STATUS_GROUPS: Final = {
    "active": (STATUS_PENDING, STATUS_PROCESSING),
    "completed": (STATUS_REQUIRES_INVOICE, STATUS_REQUIRES_CHARGE),
    "paid": (STATUS_CHARGED,),
    "archived": (STATUS_FINISHED, STATUS_CANCELLED),
}
LABEL_ALL_STATUSES: Final = "All Statuses"
LABEL_ALL: Final = "All"

QUERY_STATUS: Final = "status[]"
"""Repeated once per wanted status; without it the order list is empty."""

MESSAGE_TYPE_TEXT: Final = "text"
MESSAGE_TYPE_SYSTEM: Final = "system"
SENDER_TYPE_USER: Final = "user"
SENDER_TYPE_ADMIN: Final = "admin"
SENDER_TYPE_SYSTEM: Final = "system"

NOTIFICATION_ORDER_CREATED: Final = "order_created"
NOTIFICATION_ORDER_UPDATED: Final = "order_updated"
"""Also the type of the notifications about messages and files."""
NOTIFICATION_TYPES: Final = (
    NOTIFICATION_ORDER_CREATED,
    NOTIFICATION_ORDER_UPDATED,
    "order_deleted",
    "new_message",
    "user_joined",
    "file_uploaded",
    "file_deleted",
    "system_announcement",
    "invoice_created",
)
NOTIFICATION_UNREAD: Final = "unread"
NOTIFICATION_READ: Final = "read"
NOTIFICATION_ARCHIVED: Final = "archived"
NOTIFICATION_STATUSES: Final = (NOTIFICATION_UNREAD, NOTIFICATION_READ, NOTIFICATION_ARCHIVED)

ACTION_VIEW_MESSAGE: Final = "View Message"
ACTION_VIEW_FILE: Final = "View File"
ACTION_VIEW_ORDER: Final = "View Order"
ACTION_URL_ORDER: Final = "/dashboard/orders/{order_number}"

ID_PATTERN: Final = r"[0-9a-f]{24}"
ORDER_NUMBER_PATTERN: Final = r"ORD-[0-9]{6}"

# --- limits ---

HISTORY_PAGE_DEFAULT: Final = 50
NOTIFICATIONS_PAGE_DEFAULT: Final = 20
BODY_LIMIT_BYTES: Final = 50 * 1024 * 1024
FILE_LIMIT_BYTES: Final = 10 * 1024 * 1024
FILE_PART_NAME: Final = "file"
ORDER_FILES_PART_NAME: Final = "files"
NOTIFICATION_TITLE_LIMIT: Final = 200
NOTIFICATION_MESSAGE_LIMIT: Final = 1_000

# --- what chatdesk's own server adds beside what wire/ours.py has; the platform ignores it ---

ATTACHMENTS_FIELD: Final = "attachments"
"""In a send: stored names of files of its order that the message shows; in its record: their entries."""
ATTACHMENTS_LIMIT: Final = 10

ROUTE_MESSAGE_SEARCH: Final = "/api/chat/orders/{order_id}/messages/search"
ROUTE_PRESENCE: Final = "/api/chat/orders/{order_id}/presence"
EVENT_ERROR: Final = "error"
EVENT_USER_PRESENCE: Final = "user-presence"
MESSAGE_LIMIT: Final = 4_000
MESSAGES_PER_MINUTE: Final = 60
EVENTS_PER_MINUTE: Final = 3_000
"""Socket events of one account: room for a desk that rejoins a thousand orders."""
HEADER_RETRY_AFTER: Final = "Retry-After"
