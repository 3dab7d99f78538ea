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
