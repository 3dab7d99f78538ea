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
COOKIE_REFRESH: Final = "refreshToken"
"""The only place in which the refresh token is read; a body is ignored."""

# --- REST routes (templates for str.format) ---

ROUTE_LOGIN: Final = "/api/auth/login"
ROUTE_LOGOUT: Final = "/api/auth/logout"
ROUTE_REFRESH: Final = "/api/auth/refresh"
ROUTE_ME: Final = "/api/auth/me"
"""The only route that answers 401 for a bad token, and so the check of one."""

ROUTE_CHATS: Final = "/api/chats"
ROUTE_CHAT: Final = "/api/chats/{chat_id}"
ROUTE_MESSAGES: Final = "/api/chats/messages"

ROUTE_PACKAGES: Final = "/api/packages"
ROUTE_PACKAGE: Final = "/api/packages/{item_id}"
ROUTE_TRIPS: Final = "/api/trips"
ROUTE_TRIP: Final = "/api/trips/{item_id}"
ROUTE_PROFILE: Final = "/api/users/{user_id}/profile"

ROUTE_NOTIFICATIONS: Final = "/api/notifications"
ROUTE_NOTIFICATION: Final = "/api/notifications/{notice_id}"
ROUTE_NOTIFICATION_READ: Final = "/api/notifications/{notice_id}/read"
ROUTE_NOTIFICATIONS_READ: Final = "/api/notifications/read-all"

NO_TRIP: Final = "none"
"""No id of a trip: asked for, the server says in words of its own that there is none, without a token."""

HEADER_RETRY_AFTER: Final = "retry-after"

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

ITEM_PACKAGE: Final = "package"
ITEM_TRIP: Final = "trip"

TYPE_TEXT: Final = "text"
TYPE_IMAGE: Final = "image"
TYPE_FILE: Final = "file"
TYPE_LOCATION: Final = "location"
TYPE_SYSTEM: Final = "system"

PACKAGE_IN_TRANSIT: Final = "IN_TRANSIT"
PACKAGE_DELIVERED: Final = "DELIVERED"
PACKAGE_LOCKED: Final = frozenset({PACKAGE_IN_TRANSIT, PACKAGE_DELIVERED})
"""A package in one of these is not changed any more."""
TRIP_COMPLETED: Final = "COMPLETED"
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
CONTENT_LIMIT_CHARS: Final = 1_000
"""Of a validation schema that the servers seen don't apply: kept to all the same."""
SNAPSHOT: Final = 50
"""Messages that a join brings at most."""
LOGIN_LOCK_MS: Final = 60_000
"""More than five attempts to sign in within a minute lock it until the minute is over."""
ITEMS_PAGE: Final = 100
"""Largest `limit` that the lists of packages and trips take."""
