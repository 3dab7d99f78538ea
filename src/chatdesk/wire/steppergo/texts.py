"""Texts of the StepperGO platform: refusals, letter by letter."""

from __future__ import annotations

from typing import Final

# --- refusals of the socket's handshake ---

CONNECT_NO_TOKEN: Final = "Authentication required"
CONNECT_SESSION: Final = "Invalid or expired session"
CONNECT_FAILED: Final = "Authentication failed"
"""A token that is no text, or the server's database is away: says nothing of a token that is a text."""

# --- the `error` event; it names neither event nor conversation ---

ERR_NO_TRIP: Final = "Trip not found"
ERR_ACCESS: Final = "Access denied to this conversation"
ERR_JOIN: Final = "Failed to join conversation"
ERR_NOT_IN: Final = "Not a participant of this conversation"
ERR_SEND: Final = "Failed to send message"
ERR_MARK: Final = "Failed to mark messages as read"
ERR_NO_TRIPS: Final = "No trip IDs provided"
ERR_SUBSCRIBE: Final = "Failed to subscribe to trip updates"

# --- REST ---

ERR_NO_SESSION: Final = "Authentication required"
ERR_SESSION: Final = "Invalid or expired session"
ERR_DENIED: Final = "Access denied"
ERR_STATUS: Final = "Failed to update trip status"
"""With the schema seen every valid change ends so; also what a bad token meets."""
ERR_STATUS_READ: Final = "Failed to retrieve trip status"
"""What a missing or bad token meets on a driver's route, instead of 401."""
ERR_ACCEPT: Final = "Failed to accept trip. Please try again."
ERR_NOT_ASSIGNED: Final = "Driver is not assigned to this trip"
ERR_STATUS_MISSING: Final = "Status is required"
ERR_STATUS_UNKNOWN: Final = "Invalid status. Valid statuses: {statuses}"
ERR_STATUS_STEP: Final = "Invalid status transition from {before} to {after}"
ERR_STATUS_RATE: Final = "Rate limit exceeded. Please try again later."
CODE_STATUS_RATE: Final = "RATE_LIMIT_EXCEEDED"
ERR_NOT_YOUR_TRIP: Final = "You are not assigned to this trip"
ERR_NOT_OPEN: Final = "Trip is not available for acceptance"

# --- sign-in ---

OK_LOGIN: Final = "Login successful!"
OK_DRIVER_LOGIN: Final = "Login successful"
OK_LOGOUT: Final = "Logged out successfully"
ERR_CREDENTIALS: Final = "Invalid email or password"
ERR_VALIDATION: Final = "Validation failed"
ERR_DRIVER_VALIDATION: Final = "Invalid input"
ERR_LOGIN: Final = "Login failed"
ERR_DRIVER_LOGIN: Final = "Login failed. Please try again."
ERR_SUSPENDED: Final = "Account suspended"
MSG_SUSPENDED: Final = "Your account has been temporarily suspended. Please contact support."
ERR_REJECTED: Final = "Account rejected"
MSG_EMAIL: Final = "Invalid email address"
MSG_REQUIRED: Final = "Required"
MSG_EXPECTED: Final = "Expected {expected}, received {received}"
STEP_PHONE: Final = "Verify your phone number"
STEP_ACCOUNT: Final = "Complete account verification"
ERR_REFRESH: Final = "Invalid refresh token"

# --- messages by REST ---

ERR_SEND_FIELDS: Final = "tripId and content are required"
ERR_READ_FIELDS: Final = "conversationId is required"
ERR_REPORT_FIELDS: Final = "messageId and reason are required"
ERR_NO_MESSAGE: Final = "Message not found"
ERR_HISTORY: Final = "Failed to fetch messages"
ERR_REPORT: Final = "Failed to report message"
OK_READ: Final = "Messages marked as read"
OK_REPORT: Final = "Message reported successfully"

# --- trips ---

ERR_TRIPS: Final = "Failed to fetch trips"
ERR_TRIPS_DATABASE: Final = "Invalid `prisma.trip.findMany()` invocation: value refused"
"""The database's own words that stand beside the refusal; the rest of them is long."""
ERR_UNAVAILABLE: Final = "Trip is not available for booking. Current status: {status}"
OK_SEATS: Final = "{seats} seat(s) available"
OK_ACCEPTED: Final = "Trip accepted successfully!"
NOTE_ACCEPTED: Final = "Driver has accepted your trip and will be contacting you shortly"
STEPS_ACCEPTED: Final = (
    "Navigate to pickup location",
    "Contact customer if needed",
    "Update trip status when you arrive",
    "Complete the trip when finished",
)
ERR_STREAM_FIELDS: Final = "Trip ID and status are required"
OK_STREAM: Final = "Connected to trip status updates"
OK_BROADCAST: Final = "Status update broadcasted"
SOCKET_RUNNING: Final = "Socket.IO server running"

# --- the trip side of the socket ---

OK_SUBSCRIBED: Final = "Successfully subscribed to trip updates"
OK_POSITION: Final = "Location updated successfully"
ERR_ONLY_DRIVERS_OFFERS: Final = "Only drivers can subscribe to trip offers"
ERR_ONLY_DRIVERS_POSITION: Final = "Only drivers can update location"
ERR_ONLY_DRIVERS_ACCEPT: Final = "Only drivers can accept trip offers"
ERR_NO_DRIVER: Final = "Driver profile not found"
ERR_POSITION: Final = "Failed to update location"
ERR_OFFER: Final = "Failed to accept trip offer"

# --- bookings and uploads, which want the other sort of token ---

ERR_SIGNED_TOKEN: Final = "Invalid token"
CODE_SIGNED_TOKEN: Final = "INVALID_TOKEN"
CODE_NO_TOKEN: Final = "NO_TOKEN"
CODE_TOKEN_EXPIRED: Final = "TOKEN_EXPIRED"
ERR_INTERNAL: Final = "Internal server error"
ERR_BOOKING_DATABASE: Final = "Invalid `prisma.$executeRaw()` invocation: statement refused"
ERR_NO_UPLOAD: Final = "File upload service is not configured"
