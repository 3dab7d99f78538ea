"""Routes, event names, values and limits of the OMW platform, as they are on the wire."""

from __future__ import annotations

from typing import Final

PLATFORM: Final = "omw"
DEFAULT_PORT: Final = 5001

# --- accounts ---

ROLE_CUSTOMER: Final = "customer"
ROLE_WORKER: Final = "worker"
ROLE_ADMIN: Final = "admin"
ROLE_SUPER_ADMIN: Final = "super admin"
ROLES: Final = (ROLE_CUSTOMER, ROLE_WORKER, ROLE_ADMIN, ROLE_SUPER_ADMIN)

AUTH_SCHEME: Final = "Bearer"
AUTH_TOKEN_FIELD: Final = "token"
"""Key of the token in the `auth` object of the socket's handshake; without the scheme."""
USER_ID_CLAIMS: Final = ("userId", "id", "user_id")
"""Claims in which the server looks for the user id, in this order."""
CODE_EMAIL_NOT_VERIFIED: Final = "EMAIL_NOT_VERIFIED"

# --- REST routes (templates for str.format) ---

ROUTE_LOGIN: Final = "/api/auth/login"
ROUTE_LOGIN_OTP: Final = "/api/auth/login-otp"

ROUTE_SESSIONS: Final = "/api/chat/sessions"
ROUTE_SESSION: Final = "/api/chat/sessions/{session_id}"
ROUTE_MESSAGES: Final = "/api/chat/sessions/{session_id}/messages"

ROUTE_MESSAGES_READ: Final = "/api/chat/sessions/{session_id}/messages/read"

ROUTE_REQUESTS: Final = "/api/worker-management/worker/booking-requests"
ROUTE_REQUEST: Final = "/api/worker-management/worker/booking-requests/{request_id}"
ROUTE_WORKER_BOOKING: Final = "/api/worker-management/bookings/{booking_id}"
ROUTE_WORKER_STATUS: Final = "/api/worker-management/bookings/{booking_id}/status"
ROUTE_CUSTOMER_BOOKINGS: Final = "/api/customer/bookings/history"
ROUTE_CUSTOMER_BOOKING: Final = "/api/customer/bookings/{booking_id}"
ROUTE_CUSTOMER_CANCEL: Final = "/api/customer/bookings/{booking_id}/cancel"

HEADER_DATE: Final = "date"
HEADER_RETRY_AFTER: Final = "retry-after"

# --- socket events from the client; every payload is an object with a `sessionId` ---

EMIT_JOIN: Final = "join_chat"
EMIT_SEND: Final = "send_message"
EMIT_TYPING_START: Final = "typing_start"
EMIT_TYPING_STOP: Final = "typing_stop"
EMIT_MARK_READ: Final = "mark_read"

# --- socket events from the server ---

EVENT_NEW_MESSAGE: Final = "new_message"
EVENT_MESSAGE_SENT: Final = "message_sent"
EVENT_JOINED: Final = "joined_chat"
EVENT_LEFT: Final = "left_chat"
EVENT_USER_JOINED: Final = "user_joined"
EVENT_USER_LEFT: Final = "user_left"
EVENT_TYPING: Final = "user_typing"
EVENT_READ: Final = "messages_read"
EVENT_HISTORY: Final = "chat_history"
EVENT_ERROR: Final = "error"
EVENT_USER_STATUS: Final = "user_status_update"
"""Documented, never seen: taken leniently."""

EVENT_STATUS_UPDATE: Final = "status_update"
EVENT_BOOKING_STATUS: Final = "booking_status_updated"
EVENT_OTP_VERIFIED: Final = "otp_verified"
EVENT_PAYMENT: Final = "payment_update"
EVENTS_OF_STATUS: Final = (EVENT_STATUS_UPDATE, EVENT_BOOKING_STATUS, EVENT_OTP_VERIFIED, EVENT_PAYMENT)
"""Booking events that carry a status; the servers seen emit them to rooms in which nobody is."""
EVENTS_OF_LISTS: Final = (
    "bookings:created",
    "bookings:assigned",
    "bookings:cancelled",
    "booking_requests:new",
    "booking_requests:updated",
    "booking_requests:available",
    "booking:unavailable",
)
EVENTS_OF_TRIPS: Final = (
    "trip_started",
    "driver_arrived",
    "trip_completed",
    "trip:started",
    "trip:completed",
    "trip:earnings",
)
EVENTS_OF_MOVEMENT: Final = ("trip_progress", "trip:location_update")
"""Positions under way: nothing of them is kept."""

# --- values ---

TYPE_TEXT: Final = "text"
TYPE_IMAGE: Final = "image"
TYPE_FILE: Final = "file"
TYPE_SYSTEM: Final = "system"
TYPE_AUDIO: Final = "audio"
"""Documented; the database of the servers seen refuses it."""

SIDE_CUSTOMER: Final = "customer"
SIDE_PROVIDER: Final = "provider"
"""The worker of a booking, as a chat's side."""

STATUS_COMPLETED: Final = "completed"
STATUS_CANCELLED: Final = "cancelled"
STATUS_PENDING: Final = "pending"
STATUS_ASSIGNED: Final = "assigned"
STATUS_ACCEPTED: Final = "accepted"
STATUS_LABELS: Final = {
    "pending": "Pending",
    "pending_worker_assignment": "Waiting for a worker",
    "booked": "Booked",
    "confirmed": "Confirmed",
    "assigned": "Assigned",
    "accepted": "Accepted",
    "started": "Started",
    "en_route": "On the way",
    "arrived": "Arrived",
    "in_progress": "In progress",
    "payment_required": "Payment required",
    "pending_review": "Waiting for review",
    "completed": "Completed",
    "cancelled": "Cancelled",
}
"""Statuses of a booking in the usual order. The column is free text: new values will come."""
STATUSES_SET_BY_WORKER: Final = frozenset(
    {"accepted", "started", "arrived", "in_progress", "completed", "cancelled"}
)
"""What the status route takes; no order is enforced."""

REQUEST_ACCEPTED: Final = "accepted"
REQUESTS_OVER: Final = frozenset({"rejected", "timeout"})
"""States of a booking request after which the booking is somebody else's."""

# --- limits ---

PING_INTERVAL_S: Final = 25
CONTENT_LIMIT_CHARS: Final = 1_000
"""What the platform's own web client allows; the server stores up to 65,535 bytes."""
PAGE_LIMIT: Final = 200
"""More messages a page never holds, and `hasMore` is wrong when more are asked for."""
ID_DIGITS: Final = 16
OTP_DIGITS: Final = 6
