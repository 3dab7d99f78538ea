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
ERR_JSON: Final = "Invalid JSON in request body"
ERR_EMAIL: Final = "Invalid email address"
ERR_SEND_FIELDS: Final = "Missing required fields: chatId, content"
"""In the servers seen without a `success` beside it."""
ERR_CHAT_PARAMETER: Final = "Missing required parameter: chatId"
ERR_NO_USER: Final = "User not found"
ERR_STATUS: Final = "Invalid status"
ERR_REFRESH_MISSING: Final = "No refresh token provided"
ERR_REFRESH_TYPE: Final = "Invalid token type"
ERR_REFRESH_USER: Final = "User not found or inactive"
ERR_REFRESH: Final = "Invalid or expired refresh token"

# --- successes ---

OK_LOGIN: Final = "Login successful"
OK_LOGOUT: Final = "Logout successful"
OK_CHATS: Final = "Chats fetched successfully"
OK_CHAT: Final = "Chat fetched successfully"
OK_CHAT_CREATED: Final = "Chat created successfully"
OK_HISTORY: Final = "Messages fetched successfully"
OK_SENT: Final = "Message sent successfully"
OK_PACKAGE: Final = "Package updated successfully"
OK_TRIP: Final = "Trip updated successfully"
OK_PACKAGE_STATUS: Final = "Package status updated to {status}"
OK_TRIP_STATUS: Final = "Trip status updated to {status}"
OK_NOTICE_READ: Final = "Notification marked as read"
OK_NOTICES_READ: Final = "{count} notifications marked as read"
OK_NOTICE_DELETED: Final = "Notification deleted successfully"
