"""Routes, event names, values and limits of the Fakomame platform, as they are on the wire."""

from __future__ import annotations

from typing import Final

PLATFORM: Final = "fakomame"
DEFAULT_PORT: Final = 3001

# --- accounts ---

ROLE_SENDER: Final = "SENDER"
ROLE_TRAVELER: Final = "TRAVELER"
ROLE_RECEIVER: Final = "RECEIVER"
ROLE_COURIER: Final = "COURIER"
ROLE_ADMIN: Final = "ADMIN"
ROLES: Final = (ROLE_SENDER, ROLE_TRAVELER, ROLE_RECEIVER, ROLE_COURIER, ROLE_ADMIN)

AUTH_SCHEME: Final = "Bearer"
AUTH_TOKEN_FIELD: Final = "token"
"""Key of the token in the `auth` object of the socket's handshake; without the scheme."""
COOKIE_ACCESS: Final = "accessToken"
"""Where the access token is looked for in a request without the header."""
COOKIE_REFRESH: Final = "refreshToken"
"""The only place in which the refresh token is read; a body is ignored."""

# --- REST routes (templates for str.format) ---

ROUTE_LOGIN: Final = "/api/auth/login"
ROUTE_LOGOUT: Final = "/api/auth/logout"
ROUTE_REFRESH: Final = "/api/auth/refresh"
ROUTE_ME: Final = "/api/auth/me"
"""The only route that answers 401 for a bad token, and so the check of one."""

ROUTE_HEALTH: Final = "/api/health"
"""Of our own servers only."""

ROUTE_CHATS: Final = "/api/chats"
ROUTE_CHAT: Final = "/api/chats/{chat_id}"
ROUTE_MESSAGES: Final = "/api/chats/messages"

ROUTE_PACKAGES: Final = "/api/packages"
ROUTE_PACKAGE: Final = "/api/packages/{item_id}"
ROUTE_TRIPS: Final = "/api/trips"
ROUTE_TRIP: Final = "/api/trips/{item_id}"
ROUTE_ASSIGNMENTS: Final = "/api/assignments"
ROUTE_DASHBOARD_PACKAGES: Final = "/api/dashboard/packages"
"""Of our own servers only, like that of the trips."""
ROUTE_DASHBOARD_TRIPS: Final = "/api/dashboard/trips"
ROUTE_PACKAGE_STATUS: Final = "/api/dashboard/packages/{item_id}/status"
"""PATCH; in the servers seen it asks nobody who they are."""
ROUTE_TRIP_STATUS: Final = "/api/dashboard/trips/{item_id}/status"
"""POST; likewise."""
ROUTE_PROFILE: Final = "/api/users/{user_id}/profile"

ROUTE_NOTIFICATIONS: Final = "/api/notifications"
ROUTE_NOTIFICATION: Final = "/api/notifications/{notice_id}"
ROUTE_NOTIFICATION_READ: Final = "/api/notifications/{notice_id}/read"
ROUTE_NOTIFICATIONS_READ: Final = "/api/notifications/read-all"

NO_TRIP: Final = "none"
"""No id of a trip: asked for, the server says in words of its own that there is none, without a token."""

HEADER_RETRY_AFTER: Final = "retry-after"
HEADER_ERROR_CODE: Final = "x-error-code"
ERROR_CODE_API: Final = "API_ERROR"
ERROR_CODE_VALIDATION: Final = "VALIDATION_ERROR"
HEADER_FORWARDED_FOR: Final = "x-forwarded-for"
"""Sign-ins are counted per value of it."""

# --- socket events from the client; every payload is an object with a `chatId` ---

EMIT_JOIN: Final = "chat:join"
EMIT_LEAVE: Final = "chat:leave"
EMIT_SEND: Final = "message:send"
EMIT_TYPING_START: Final = "typing:start"
EMIT_TYPING_STOP: Final = "typing:stop"

# --- socket events from the server ---

EVENT_JOINED: Final = "chat:joined"
EVENT_MESSAGE: Final = "message:received"
EVENT_TYPING_START: Final = "typing:start"
EVENT_TYPING_STOP: Final = "typing:stop"
EVENT_ONLINE: Final = "user:online"
EVENT_OFFLINE: Final = "user:offline"
EVENT_ERROR: Final = "error"
"""An event of the application like any other; it names no request."""

# --- values ---

CHAT_CHAT: Final = "CHAT"
CHAT_NOTIFICATION: Final = "NOTIFICATION"
CHAT_SUPPORT: Final = "SUPPORT"
CHAT_TYPES: Final = (CHAT_CHAT, CHAT_NOTIFICATION, CHAT_SUPPORT)

ITEM_PACKAGE: Final = "package"
ITEM_TRIP: Final = "trip"

TYPE_TEXT: Final = "text"
TYPE_IMAGE: Final = "image"
TYPE_FILE: Final = "file"
TYPE_LOCATION: Final = "location"
TYPE_SYSTEM: Final = "system"
TYPES_WRITTEN: Final = (TYPE_TEXT, TYPE_IMAGE, TYPE_FILE, TYPE_LOCATION)
"""What people may send; the server alone speaks as `system`."""

CONFIRM_ASSIGNMENT: Final = "ASSIGNMENT"
CONFIRM_PICKUP: Final = "PICKUP"
CONFIRM_DELIVERY: Final = "DELIVERY"
CONFIRMATIONS: Final = (CONFIRM_ASSIGNMENT, CONFIRM_PICKUP, CONFIRM_DELIVERY)
NOTIFY_TRIP: Final = "TO_TRIP"
NOTIFY_PACKAGE: Final = "TO_PACKAGE"

NOTICE_MATCH: Final = "PACKAGE_MATCH"
NOTICE_TRIP_REQUEST: Final = "TRIP_REQUEST"
NOTICE_DELIVERY: Final = "DELIVERY_CONFIRMATION"
NOTICE_ALERT: Final = "SYSTEM_ALERT"

PACKAGE_POSTED: Final = "POSTED"
PACKAGE_MATCHED: Final = "MATCHED"
PACKAGE_IN_TRANSIT: Final = "IN_TRANSIT"
PACKAGE_DELIVERED: Final = "DELIVERED"
PACKAGE_LOCKED: Final = frozenset({PACKAGE_IN_TRANSIT, PACKAGE_DELIVERED})
"""A package in one of these is not changed any more."""
PACKAGE_STATUSES: Final = (
    "DRAFT",
    "POSTED",
    "MATCHED",
    "IN_TRANSIT",
    "DELIVERED",
    "CANCELLED",
    "DISPUTED",
)
"""In the order in which a refusal lists them."""
TRIP_POSTED: Final = "POSTED"
TRIP_ACTIVE: Final = "ACTIVE"
TRIP_COMPLETED: Final = "COMPLETED"
TRIP_STATUSES: Final = ("POSTED", "ACTIVE", "COMPLETED", "CANCELLED")
TRIP_LOCKED: Final = frozenset({TRIP_COMPLETED})
PACKAGE_LABELS: Final = {
    "DRAFT": "Draft",
    "POSTED": "Posted",
    "MATCHED": "Matched",
    "IN_TRANSIT": "In transit",
    "DELIVERED": "Delivered",
    "DISPUTED": "Disputed",
    "CANCELLED": "Cancelled",
}
"""Statuses of a package in the usual order."""
TRIP_LABELS: Final = {
    "POSTED": "Posted",
    "ACTIVE": "Active",
    "COMPLETED": "Completed",
    "CANCELLED": "Cancelled",
}
"""Statuses of a trip in the usual order."""
TRACKING_LABELS: Final = {
    "MATCHED": "Matched",
    "ASSIGNED": "Assigned",
    "PENDING": "Pending",
    "PICKED_UP": "Picked up",
    "IN_TRANSIT": "In transit",
    "DELIVERED": "Delivered",
    "EXCEPTION": "Exception",
}

# --- limits ---

PING_INTERVAL_MS: Final = 25_000
PING_TIMEOUT_MS: Final = 20_000
MAX_PACKET_BYTES: Final = 1_000_000
TOKEN_TTL_S: Final = 7 * 24 * 3_600
"""Of access and refresh tokens."""
ISSUER: Final = "amenade"
AUDIENCE: Final = "amenade-users"
LOGIN_ATTEMPTS: Final = 5
CONTENT_LIMIT_CHARS: Final = 1_000
"""Of a validation schema that the servers seen don't apply: kept to all the same."""
SNAPSHOT: Final = 50
"""Messages that a join brings at most."""
LOGIN_LOCK_MS: Final = 60_000
"""More than five attempts to sign in within a minute lock it until the minute is over."""
HISTORY_PAGE: Final = 50
"""Messages of a page where no `limit` is asked for."""
ITEMS_PAGE_USUAL: Final = 20
NOBODY: Final = "admin_001"
"""The account as which the servers seen serve a request without any token."""
ITEMS_PAGE: Final = 100
"""Largest `limit` that the lists of packages and trips take."""
