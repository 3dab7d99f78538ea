"""Texts of the OMW platform: refusals, letter by letter. Several have two meanings."""

from __future__ import annotations

from typing import Final

# --- refusals of the socket's handshake ---

CONNECT_NO_TOKEN: Final = "Authentication token required"
CONNECT_INVALID_TOKEN: Final = "Invalid authentication token"
"""Also what a good token meets while the server's database is away."""
CONNECT_BAD_PAYLOAD: Final = "Invalid token payload"
CONNECT_NO_USER: Final = "User not found or inactive"

# --- the `error` event; it names neither event nor session ---

ERR_ACCESS: Final = "Access denied to this chat session"
ERR_REQUIRED: Final = "Session ID and content are required"
ERR_SEND: Final = "Failed to send message"
"""A database deadlock, most of the time: worth a repeat."""
ERR_JOIN: Final = "Failed to join chat"
ERR_LEAVE: Final = "Failed to leave chat"
ERR_MARK: Final = "Failed to mark messages as read"
ERR_HISTORY: Final = "Failed to get chat history"

# --- REST ---

ERR_NO_TOKEN: Final = "Access token required"
ERR_TOKEN: Final = "Invalid or expired token"
ERR_TOKEN_PAYLOAD: Final = "Invalid token payload"
ERR_NO_SESSION: Final = "Chat session not found"
ERR_ROLE_PREFIX: Final = "Access denied for role "
ERR_ROLES: Final = "User has role(s): "
"""Followed by the roles that the account does have, separated by commas."""
ERR_PROCESSED: Final = "Booking request has already been processed"
ERR_ONLY_ACCEPTED: Final = "Only accepted requests can be cancelled"
ERR_BOOKING_ACCESS: Final = "Access denied to this booking"
ERR_OTP_FORMAT: Final = "Please provide a valid 6-digit OTP"

# --- pages of HTML that a refused upload brings, where the server is not in production ---

PAGE_FILE_TYPE: Final = "Only images and documents are allowed"
PAGE_FILE_SIZE: Final = "File too large"

# --- answers and refusals of the routes that only servers make ---

ERR_NO_HEADER: Final = "Authorization header missing"
ERR_NO_TOKEN_IN_HEADER: Final = "Token missing"
ERR_LOGIN_FIELDS: Final = "Email, password, and role are required"
ERR_LOGIN_NO_ACCOUNT: Final = "Invalid email or inactive user"
ERR_LOGIN_PASSWORD: Final = "Invalid password"
ERR_LOGIN_UNVERIFIED: Final = (
    "Please verify your email address before logging in. Check your inbox or request a new link."
)
ERR_LOGIN: Final = "Server error"
ERR_OTP_LOGIN_FORMAT: Final = "Invalid OTP format"
ERR_OTP_LOGIN_PHONE: Final = "Phone number not registered"
ERR_OTP_LOGIN_ROLE: Final = "User role not found"
OK_OTP: Final = "OTP sent successfully"

ERR_SESSIONS: Final = "Failed to get chat sessions"
ERR_UNREAD: Final = "Failed to get unread count"
ERR_CREATE: Final = "Failed to create chat session"
ERR_CONTENT: Final = "Message content is required"
ERR_NO_BOOKING_ID: Final = "Booking ID is required"
ERR_BOOKING_STATE: Final = "Chat can only be created for active bookings"
ERR_NO_FILE: Final = "No file uploaded"
OK_CREATED: Final = "Chat session created successfully"
OK_EXISTS: Final = "Chat session already exists"
OK_READ: Final = "Messages marked as read"
OK_ENDED: Final = "Chat session ended successfully"
OK_DELETED: Final = "Chat data deleted successfully"

OK_REQUESTS: Final = "Booking requests retrieved successfully"
OK_ACCEPTED: Final = "Booking request accepted successfully"
OK_STATUS: Final = "Status updated"
OK_CANCELLED: Final = "Booking cancelled successfully"
OK_STARTED: Final = "OTP verified successfully. Service has started."
ERR_ONLY_WORKERS: Final = "Only workers can update booking status"
ERR_NO_WORKERS_BOOKING: Final = "Booking not found or not assigned to you"
ERR_NOT_ASSIGNED: Final = "You are not assigned to this booking"
ERR_NO_BOOKING: Final = "Booking not found"
ERR_STATUS_PREFIX: Final = "Invalid status. Must be one of: "
"""Followed by what a worker may set, separated by commas."""
ERR_ASSIGNED: Final = "Failed to retrieve assigned bookings"
ERR_ASSIGNED_TABLE: Final = "Table 'omw.categories' doesn't exist"
"""What the published layout of the database lacks."""
ERR_OTP_MAIL: Final = "Failed to send OTP email. Please try again."
OTP_SOON: Final = "Please wait {minutes} minutes before requesting a new OTP"
ERR_OTP_WRONG: Final = "Invalid OTP. Please check and try again."
ERR_OTP_CUSTOMER: Final = "Server error while generating OTP"
OTP_NONE: Final = "No OTP generated yet"
OTP_ACTIVE: Final = "OTP is active and valid"

# --- more pages of HTML ---

PAGE_UNEXPECTED_FIELD: Final = "Unexpected field"
PAGE_ORIGIN: Final = "Not allowed by CORS"
