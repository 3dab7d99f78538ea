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
ROLE_ALIASES: Final = {"provider": ROLE_WORKER, "service provider": ROLE_WORKER}
"""Other names of the same role, in sign-ins and tokens."""
ROLES: Final = (ROLE_CUSTOMER, ROLE_WORKER, ROLE_ADMIN, ROLE_SUPER_ADMIN)
ROLE_IDS: Final = {ROLE_CUSTOMER: 1, ROLE_WORKER: 2, ROLE_ADMIN: 3, ROLE_SUPER_ADMIN: 4}
ROLE_CLAIM: Final = "role"

AUTH_SCHEME: Final = "Bearer"
AUTH_TOKEN_FIELD: Final = "token"
"""Key of the token in the `auth` object of the socket's handshake; without the scheme."""
USER_ID_CLAIMS: Final = ("userId", "id", "user_id")
"""Claims in which the server looks for the user id, in this order."""
CODE_EMAIL_NOT_VERIFIED: Final = "EMAIL_NOT_VERIFIED"

# --- REST routes (templates for str.format) ---

API_PREFIX: Final = "/api"
"""Where an operator has not moved the interface; every route here begins with it."""

ROUTE_LOGIN: Final = "/api/auth/login"
ROUTE_LOGIN_OTP: Final = "/api/auth/login-otp"
ROUTE_REQUEST_OTP: Final = "/api/auth/request-otp"

ROUTE_SESSIONS: Final = "/api/chat/sessions"
ROUTE_SESSION: Final = "/api/chat/sessions/{session_id}"
ROUTE_SESSION_END: Final = "/api/chat/sessions/{session_id}/end"
ROUTE_UPLOAD: Final = "/api/chat/upload"
ROUTE_MESSAGES: Final = "/api/chat/sessions/{session_id}/messages"

ROUTE_MESSAGES_READ: Final = "/api/chat/sessions/{session_id}/messages/read"
ROUTE_UNREAD_COUNT: Final = "/api/chat/unread-count"
UPLOADS: Final = "/uploads/chat/"
"""What addresses of uploaded files begin with: not under the prefix of the interface."""
PATH_UPLOADED: Final = "/uploads/chat/{name}"
PATH_HEALTH: Final = "/health"
"""Of our own servers alone."""

ROUTE_REQUESTS: Final = "/api/worker-management/worker/booking-requests"
ROUTE_REQUEST: Final = "/api/worker-management/worker/booking-requests/{request_id}"
ROUTE_REQUEST_COUNTS: Final = "/api/worker-management/worker/booking-requests/counts"
ROUTE_RECENT: Final = "/api/worker-management/worker/recent-bookings"
ROUTE_WORKER_CANCEL: Final = "/api/worker-management/worker/bookings/{booking_id}/cancel"
ROUTE_ASSIGNED: Final = "/api/worker-management/worker/assigned-bookings"
"""Fails where a table of the published layout is missing: only asked where the requests can't be read."""
ROUTE_GENERATE_OTP: Final = "/api/worker-management/bookings/{booking_id}/generate-otp"
ROUTE_VERIFY_OTP: Final = "/api/worker-management/bookings/{booking_id}/verify-otp"
ROUTE_SEND_OTP_EMAIL: Final = "/api/worker-management/send-otp-email"
ROUTE_VERIFY_OTP_EMAIL: Final = "/api/worker-management/verify-otp"
"""The same two with the booking in the body; not for rides."""
ROUTE_WORKER_BOOKING: Final = "/api/worker-management/bookings/{booking_id}"
ROUTE_WORKER_STATUS: Final = "/api/worker-management/bookings/{booking_id}/status"
ROUTE_CUSTOMER_BOOKINGS: Final = "/api/customer/bookings/history"
ROUTE_CUSTOMER_SUMMARY: Final = "/api/customer/bookings/summary"
ROUTE_CUSTOMER_BOOKING: Final = "/api/customer/bookings/{booking_id}"
ROUTE_CUSTOMER_CANCEL: Final = "/api/customer/bookings/{booking_id}/cancel"
ROUTE_CUSTOMER_OTP_STATUS: Final = "/api/customer/bookings/{booking_id}/otp-status"
ROUTE_CUSTOMER_OTP: Final = "/api/customer/bookings/{booking_id}/generate-otp"
ROUTE_CUSTOMER_PAYMENT: Final = "/api/customer/bookings/{booking_id}/process-payment"

HEADER_DATE: Final = "date"
HEADER_RETRY_AFTER: Final = "retry-after"

# --- socket events from the client; every payload is an object with a `sessionId` ---

EMIT_JOIN: Final = "join_chat"
EMIT_LEAVE: Final = "leave_chat"
EMIT_SEND: Final = "send_message"
EMIT_TYPING_START: Final = "typing_start"
EMIT_TYPING_STOP: Final = "typing_stop"
EMIT_MARK_READ: Final = "mark_read"
EMIT_HISTORY: Final = "get_chat_history"

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
EVENT_ASSIGNED: Final = "bookings:assigned"
EVENT_CANCELLED: Final = "bookings:cancelled"
EVENT_REQUEST_UPDATED: Final = "booking_requests:updated"
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
EVENT_PROGRESS: Final = "trip_progress"
EVENT_POSITION: Final = "trip:location_update"
EVENTS_OF_MOVEMENT: Final = (EVENT_PROGRESS, EVENT_POSITION)
"""A ride under way; the servers seen emit them to rooms in which nobody is."""

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
STATUS_ARRIVED: Final = "arrived"
STATUS_IN_PROGRESS: Final = "in_progress"
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

STATUSES_OF_CHATS: Final = (
    "assigned",
    "accepted",
    "started",
    "en_route",
    "arrived",
    "in_progress",
    "confirmed",
    "booked",
    "pending",
    "pending_worker_assignment",
)
"""Statuses in which the server makes a session; later on they no longer matter."""

REQUEST_ACCEPTED: Final = "accepted"
REQUEST_REJECTED: Final = "rejected"
REQUESTS_OVER: Final = frozenset({"rejected", "timeout"})
"""States of a booking request after which the booking is somebody else's."""
REQUEST_LABELS: Final = {"rejected": "Given back", "timeout": "Request timed out"}

# --- limits ---

PING_INTERVAL_S: Final = 25
PING_TIMEOUT_S: Final = 60
BODY_LIMIT_BYTES: Final = 102_400
"""The framework's 100 kB, of JSON and of forms."""
CONTENT_LIMIT_BYTES: Final = 65_535
"""Of UTF-8: the most that the column of a message's content holds."""
HISTORY_PAGE: Final = 50
"""Messages of a page for which no limit is given."""
CONTENT_LIMIT_CHARS: Final = 1_000
"""What the platform's own web client allows; the server stores up to 65,535 bytes."""
PAGE_LIMIT: Final = 200
"""More messages a page never holds, and `hasMore` is wrong when more are asked for."""
ID_DIGITS: Final = 16
OTP_DIGITS: Final = 6

UPLOAD_FIELD: Final = "file"
UPLOAD_LIMIT_BYTES: Final = 10_485_759
"""The largest file that passes; one byte more fails."""
UPLOAD_TYPES: Final = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "doc": "application/doc",
    "txt": "application/txt",
}
"""Extensions that pass, and the type to declare: the filter wants the extension's letters in it, so the usual
types of .doc and .txt are refused.
"""
UPLOAD_TYPES_AUDIO: Final = {
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "webm": "audio/webm",
}
"""Documented; refused by the servers seen."""
FILE_URL_CHARS: Final = 500
FILE_NAME_CHARS: Final = 255
FILE_SIZE_MOST: Final = 2_147_483_647
