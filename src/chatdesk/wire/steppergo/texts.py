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
