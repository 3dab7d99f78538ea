"""Texts of the Fakomame platform: refusals, letter by letter."""

from __future__ import annotations

from typing import Final

# --- refusals of the socket's handshake ---

CONNECT_NO_TOKEN: Final = "Authentication token required"
CONNECT_INVALID_TOKEN: Final = "Invalid authentication token"
"""Also what a good token meets while the server's database is away."""
CONNECT_NO_USER: Final = "User not found or inactive"

# --- the `error` event; it names neither event nor chat ---

ERR_SEND_ACCESS: Final = "Chat not found or access denied"
ERR_SEND: Final = "Failed to send message"
ERR_JOIN_ACCESS: Final = "Access denied to this chat"
ERR_JOIN: Final = "Failed to join chat"

# --- REST ---

ERR_CREDENTIALS: Final = "Invalid email or password"
ERR_DEACTIVATED: Final = "Account is deactivated. Please contact support."
ERR_LOCKED: Final = "Too many login attempts. Please try again later."
ERR_TOKEN: Final = "Authentication required"
ERR_SERVER: Final = "Internal server error"
"""Also what a bad token meets everywhere but at the check of tokens."""
ERR_NO_CHAT: Final = "Chat not found"
ERR_NO_PACKAGE: Final = "Package not found"
ERR_NO_TRIP: Final = "Trip not found"
ERR_NO_NOTICE: Final = "Notification not found"
ERR_PACKAGE_LOCKED: Final = "Cannot update package that is in transit or delivered"
ERR_PACKAGE_OWNER: Final = "Not authorized to update this package"
ERR_TRIP_OWNER: Final = "Not authorized to update this trip"
