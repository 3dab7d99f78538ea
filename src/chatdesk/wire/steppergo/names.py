"""Routes, event names, values and limits of the StepperGO platform, as they are on the wire."""

from __future__ import annotations

from typing import Final

DEFAULT_PORT: Final = 3002

# --- accounts ---

ROLE_DRIVER: Final = "DRIVER"
ROLE_PASSENGER: Final = "PASSENGER"
SEAT_DRIVER: Final = "driver"
"""Signs in at the drivers' own route, the only place that tells the driver record id."""
SEAT_OTHER: Final = "traveller"
"""Everybody else: passengers, organizers, administrators."""

AUTH_SCHEME: Final = "Bearer"
AUTH_TOKEN_FIELD: Final = "token"
"""Key of the session token in the `auth` object of the socket's handshake; without the scheme."""
CODES_OF_ANOTHER_TOKEN: Final = frozenset({"INVALID_TOKEN", "NO_TOKEN", "TOKEN_EXPIRED"})
"""Refusals of routes that want a JSON web token, which no login gives: the session is as good as before."""

# --- REST routes (templates for str.format) ---

SOCKETIO_PATH: Final = "api/socket"
"""The same path without a slash at its end answers whether or not there is a socket server: never asked."""

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

EVENTS_OF_TRIPS: Final = (
    "booking.cancelled",
    "booking.confirmed",
    "trip.seats.updated",
    "trip.availability.updated",
)
"""Something about a trip changed that only a read tells in full."""
EVENTS_OF_LISTS: Final = ("trip.offer.created", "trip.offer.accepted", "trip.offer.expired", "trip.requested")
EVENTS_OF_NOTICES: Final = ("notification.driver", "notification.passenger")
EVENTS_WITHOUT_NEWS: Final = (
    "connection.established",
    "driver:subscribed",
    "driver:unsubscribed",
    "driver:location:updated",
    "trip:offer:preliminary_accepted",
    "trip:offer:declined",
    "trip:offer:error",
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

MESSAGE_READ: Final = "READ"

STATUS_PUBLISHED: Final = "PUBLISHED"
STATUS_OFFERED: Final = "OFFERED"
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
STATUSES_SETTABLE: Final = frozenset(
    {
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
    }
)
"""What the route of a change takes at all."""
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
CONTENT_LIMIT_CHARS: Final = 1_000
"""What the platform's own web client allows; the server itself has no limit."""
DRIVER_TRIPS_LIMIT: Final = 50
