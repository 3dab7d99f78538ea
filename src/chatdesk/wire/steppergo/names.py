"""Routes, event names, values and limits of the StepperGO platform, as they are on the wire."""

from __future__ import annotations

from typing import Final

PLATFORM: Final = "steppergo"
DEFAULT_PORT: Final = 3002

# --- accounts ---

ROLE_DRIVER: Final = "DRIVER"
ROLE_PASSENGER: Final = "PASSENGER"
ROLE_ADMIN: Final = "ADMIN"
ROLE_ACTIVITY_OWNER: Final = "ACTIVITY_OWNER"
SEAT_DRIVER: Final = "driver"
"""Signs in at the drivers' own route, the only place that tells the driver record id."""
SEAT_OTHER: Final = "traveller"
"""Everybody else: passengers, organizers, administrators."""

AUTH_SCHEME: Final = "Bearer"
AUTH_TOKEN_FIELD: Final = "token"
"""Key of the session token in the `auth` object of the socket's handshake; without the scheme."""
SIGNED_AUDIENCE: Final = "steppergo-api"
"""Of the JSON web tokens that bookings and uploads want, and no sign-in gives."""
SIGNED_TTL_S: Final = 900
COOKIE_CHAT: Final = "session"
"""Read by the routes of messages; no answer sets it."""
COOKIE_DRIVER: Final = "driver_session"
COOKIE_ACCESS: Final = "access_token"
CODES_OF_ANOTHER_TOKEN: Final = frozenset({"INVALID_TOKEN", "NO_TOKEN", "TOKEN_EXPIRED"})
"""Refusals of routes that want a JSON web token, which no login gives: the session is as good as before."""

# --- REST routes (templates for str.format) ---

SOCKETIO_PATH: Final = "api/socket"
"""The same path without a slash at its end answers whether or not there is a socket server: never asked."""

SOCKETIO_STATUS: Final = "/api/socket"
SOCKETIO_SLASH: Final = "/api/socket/"

ROUTE_HEALTH: Final = "/api/health"
"""Of our own servers only."""
ROUTE_LOGIN: Final = "/api/auth/login"
ROUTE_DRIVER_LOGIN: Final = "/api/drivers/login"
"""DELETE here ends the session of any role."""

ROUTE_HISTORY: Final = "/api/messages/{trip_id}"
ROUTE_SEND: Final = "/api/messages/send"
ROUTE_READ: Final = "/api/messages/read"
ROUTE_REPORT: Final = "/api/messages/report"

ROUTE_TRIPS: Final = "/api/trips"
ROUTE_TRIP: Final = "/api/trips/{trip_id}"
ROUTE_DRIVER_TRIPS: Final = "/api/drivers/{driver_id}/trips"
ROUTE_DRIVER_STATUS: Final = "/api/drivers/trips/{trip_id}/status"
ROUTE_ACCEPT: Final = "/api/drivers/trips/accept/{trip_id}"
ROUTE_DRIVER_NOTICES: Final = "/api/drivers/notifications"
ROUTE_BOOKINGS: Final = "/api/passengers/bookings"
ROUTE_BOOKING: Final = "/api/passengers/bookings/{booking_id}"
ROUTE_BOOKING_CANCEL: Final = "/api/passengers/bookings/{booking_id}/cancel"
ROUTE_BOOKING_TRACK: Final = "/api/passengers/bookings/{booking_id}/track"
ROUTE_BOOK: Final = "/api/bookings/shared"
ROUTE_ALL_BOOKINGS: Final = "/api/bookings"
ROUTE_ANY_BOOKING: Final = "/api/bookings/{booking_id}"
ROUTE_AVAILABILITY: Final = "/api/trips/{trip_id}/availability"
ROUTE_REFRESH: Final = "/api/auth/refresh"
ROUTE_UPLOAD: Final = "/api/upload"
ROUTE_ADMIN_NOTICES: Final = "/api/admin/notifications"
"""Documented as an interface, with no route in the code seen; so is the next one."""
ROUTE_ADMIN_MESSAGE: Final = "/api/admin/messages/{message_id}"
ROUTE_STREAM: Final = "/api/realtime/trip-status/{trip_id}"

HEADER_DRIVER: Final = "x-driver-id"
HEADER_RETRY_AFTER: Final = "retry-after"
NO_TRIP: Final = "none"
"""A trip id that no trip has: asked for where only the words of the refusal matter."""

# --- socket events from the client; every payload is an object, or the server process may end ---

EMIT_JOIN: Final = "join:conversation"
EMIT_SEND: Final = "message:send"
EMIT_TYPING_START: Final = "typing:start"
EMIT_TYPING_STOP: Final = "typing:stop"
EMIT_MARK_READ: Final = "messages:read"
EMIT_SUBSCRIBE: Final = "passenger:subscribe"
EMIT_DRIVER_SUBSCRIBE: Final = "driver:subscribe"
EMIT_DRIVER_UNSUBSCRIBE: Final = "driver:unsubscribe"
EMIT_OFFER_ACCEPT: Final = "trip:offer:accept"
EMIT_OFFER_DECLINE: Final = "trip:offer:decline"
EMIT_POSITION: Final = "driver:location:update"

# --- socket events from the server ---

EVENT_JOINED: Final = "conversation:joined"
EVENT_NEW: Final = "message:new"
EVENT_SENT: Final = "message:sent"
EVENT_READ: Final = "messages:read"
EVENT_TYPING_START: Final = "typing:start"
EVENT_TYPING_STOP: Final = "typing:stop"
EVENT_ERROR: Final = "error"
EVENT_HEARTBEAT: Final = "heartbeat"
EVENT_SUBSCRIBED: Final = "passenger:subscribed"
EVENT_STATUS: Final = "trip.status.updated"
EVENT_POSITION: Final = "driver.location.updated"

EVENT_BOOKING_CANCELLED: Final = "booking.cancelled"
EVENT_BOOKING_CONFIRMED: Final = "booking.confirmed"
EVENT_SEATS: Final = "trip.seats.updated"
EVENTS_OF_TRIPS: Final = (
    EVENT_BOOKING_CANCELLED,
    EVENT_BOOKING_CONFIRMED,
    EVENT_SEATS,
    "trip.availability.updated",
)
"""Something about a trip changed that only a read tells in full."""
EVENTS_OF_LISTS: Final = ("trip.offer.created", "trip.offer.accepted", "trip.offer.expired", "trip.requested")
EVENT_NOTICE_DRIVER: Final = "notification.driver"
EVENT_NOTICE_PASSENGER: Final = "notification.passenger"
EVENTS_OF_NOTICES: Final = (EVENT_NOTICE_DRIVER, EVENT_NOTICE_PASSENGER)
EVENT_DRIVER_SUBSCRIBED: Final = "driver:subscribed"
EVENT_DRIVER_UNSUBSCRIBED: Final = "driver:unsubscribed"
EVENT_POSITION_STORED: Final = "driver:location:updated"
EVENT_OFFER_ACCEPTED: Final = "trip:offer:preliminary_accepted"
EVENT_OFFER_DECLINED: Final = "trip:offer:declined"
EVENT_OFFER_ERROR: Final = "trip:offer:error"
EVENTS_WITHOUT_NEWS: Final = (
    "connection.established",
    EVENT_DRIVER_SUBSCRIBED,
    EVENT_DRIVER_UNSUBSCRIBED,
    EVENT_POSITION_STORED,
    EVENT_OFFER_ACCEPTED,
    EVENT_OFFER_DECLINED,
    EVENT_OFFER_ERROR,
)
"""Answers to requests that this program never makes, and greetings."""

STREAM_CONNECTED: Final = "connected"
STREAM_STATUS: Final = "status_update"
STREAM_HEARTBEAT: Final = "heartbeat"

# --- values ---

TYPE_TEXT: Final = "TEXT"
TYPE_IMAGE: Final = "IMAGE"
TYPE_FILE: Final = "FILE"
TYPE_LOCATION: Final = "LOCATION"
TYPE_SYSTEM: Final = "SYSTEM"

MESSAGE_SENT: Final = "SENT"
MESSAGE_DELIVERED: Final = "DELIVERED"
MESSAGE_READ: Final = "READ"
MESSAGE_FAILED: Final = "FAILED"

TRIP_SHARED: Final = "SHARED"
TRIP_PRIVATE: Final = "PRIVATE"
BOOKING_PENDING: Final = "PENDING"
BOOKING_CONFIRMED: Final = "CONFIRMED"
BOOKING_CANCELLED: Final = "CANCELLED"
BOOKING_STATUSES: Final = (BOOKING_PENDING, BOOKING_CONFIRMED, BOOKING_CANCELLED, "COMPLETED", "REFUNDED")
PAY_DRIVER: Final = "CASH_TO_DRIVER"
PAY_ONLINE: Final = "ONLINE"

DRIVER_AVAILABLE: Final = "AVAILABLE"
DRIVER_BUSY: Final = "BUSY"
DRIVER_SUSPENDED: Final = "SUSPENDED"
DRIVER_REJECTED: Final = "REJECTED"

STATUS_PUBLISHED: Final = "PUBLISHED"
STATUS_OFFERED: Final = "OFFERED"
STATUS_FULL: Final = "FULL"
STATUS_IN_PROGRESS: Final = "IN_PROGRESS"
STATUS_COMPLETED: Final = "COMPLETED"
STATUS_CANCELLED: Final = "CANCELLED"
STATUS_LABELS: Final = {
    "DRAFT": "Draft",
    "PUBLISHED": "Published",
    "OFFERED": "Offered",
    "FULL": "Full",
    "IN_PROGRESS": "Trip Accepted",
    "DEPARTED": "Departed",
    "EN_ROUTE": "En Route to Pickup",
    "DRIVER_ARRIVED": "Arrived at Pickup",
    "PASSENGERS_BOARDED": "Passengers Boarded",
    "IN_TRANSIT": "Trip in Progress",
    "DELAYED": "Delayed",
    "ARRIVED": "Arrived at Destination",
    "COMPLETED": "Trip Completed",
    "CANCELLED": "Cancelled",
}
"""Statuses of a trip in the usual order; labels as the platform's own timeline has them."""
STATUSES_OPEN_FOR_DRIVERS: Final = frozenset({STATUS_PUBLISHED, STATUS_OFFERED})
STATUSES_OVER: Final = frozenset({STATUS_COMPLETED, STATUS_CANCELLED})
STATUSES_SETTABLE_IN_ORDER: Final = (
    "IN_PROGRESS",
    "DEPARTED",
    "EN_ROUTE",
    "DRIVER_ARRIVED",
    "PASSENGERS_BOARDED",
    "IN_TRANSIT",
    "DELAYED",
    "ARRIVED",
    "COMPLETED",
    "CANCELLED",
)
"""What the route of a change takes at all, as its refusal names them."""
STATUSES_SETTABLE: Final = frozenset(STATUSES_SETTABLE_IN_ORDER)
STATUSES_ON_TIMELINE: Final = (
    "IN_PROGRESS",
    "DEPARTED",
    "EN_ROUTE",
    "DRIVER_ARRIVED",
    "PASSENGERS_BOARDED",
    "IN_TRANSIT",
    "ARRIVED",
    "COMPLETED",
)
"""The steps of a trip that goes as planned."""
TRANSITIONS: Final = {
    "IN_PROGRESS": ("DEPARTED", "EN_ROUTE", "DRIVER_ARRIVED", "DELAYED", "CANCELLED"),
    "DEPARTED": ("EN_ROUTE", "DRIVER_ARRIVED", "DELAYED", "CANCELLED"),
    "EN_ROUTE": ("DRIVER_ARRIVED", "DELAYED", "CANCELLED"),
    "DRIVER_ARRIVED": ("PASSENGERS_BOARDED", "DELAYED", "CANCELLED"),
    "PASSENGERS_BOARDED": ("IN_TRANSIT", "DELAYED", "CANCELLED"),
    "IN_TRANSIT": ("ARRIVED", "DELAYED", "CANCELLED"),
    "DELAYED": ("DEPARTED", "EN_ROUTE", "DRIVER_ARRIVED", "PASSENGERS_BOARDED", "IN_TRANSIT", "CANCELLED"),
    "ARRIVED": ("COMPLETED", "CANCELLED"),
}
"""What a driver may set, by the status before. The server also refuses COMPLETED before the departure."""

CURRENCY_DEFAULT: Final = "KZT"

# --- limits ---

PING_INTERVAL_S: Final = 25
PING_TIMEOUT_S: Final = 20
MAX_PACKET_BYTES: Final = 1_000_000
HEARTBEAT_S: Final = 30
"""Between two `heartbeat` events of a connection, and two of a stream."""
STREAM_LIFE_S: Final = 2 * 3_600
POSITION_LIFE_S: Final = 300
"""How long a driver's position is told to those who subscribe later."""
SESSION_TTL_S: Final = 24 * 3_600
REMEMBERED_DAYS: Final = 30
TYPING_TIMEOUT_S: Final = 3.0
"""After which the platform's own client no longer shows that somebody types."""
MESSAGES_PER_MINUTE: Final = 10
"""What the document suggests; no server seen holds anybody to it."""
STATUS_CHANGES_PER_MINUTE: Final = 10
RATE_WINDOW_S: Final = 60
NOTICES_LIMIT: Final = 50
CONTENT_LIMIT_CHARS: Final = 1_000
"""What the platform's own web client allows; the server itself has no limit."""
DRIVER_TRIPS_LIMIT: Final = 50
