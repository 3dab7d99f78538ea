"""Texts of the marketplace platform: refusals, letter by letter."""

from __future__ import annotations

from typing import Final

# --- login ---

ERR_MISSING: Final = "Please provide email and password"
ERR_CREDENTIALS: Final = "Invalid email or password"
ERR_PENDING: Final = "Your account is pending admin approval"
ERR_REJECTED: Final = "Your account has been rejected"
ERR_SUSPENDED: Final = "Your account has been suspended"
ERR_LOCKED: Final = "Too many failed login attempts. Please try again later."
"""A lock of one hour on the address of the e-mail or of the whole client."""

# --- a token that no longer serves ---

ERR_NO_TOKEN: Final = "Not authorized, no token provided"
ERR_TOKEN: Final = "Not authorized, token failed"
ERR_NO_USER: Final = "User not found"
ERR_USER_TYPE: Final = "Invalid user type"
ERR_NOT_APPROVED: Final = "Your seller account is not approved yet"
ERR_NOT_ACTIVE: Final = "Your employee account is not active"
BARRED: Final = frozenset({ERR_USER_TYPE, ERR_NOT_APPROVED, ERR_NOT_ACTIVE})
"""Refusals (403) that concern the account, not the route."""
ERR_ROLE: Final = "Access denied. Insufficient permissions."

# --- messages ---

ERR_INTERNAL: Final = "Internal server error"
ERR_RECIPIENT: Final = "Recipient not found"
ERR_TOO_LARGE: Final = "request entity too large"
ERR_PARTY_KIND: Final = "Invalid participant type"
ERR_NO_MESSAGE: Final = "Message not found or unauthorized"

# --- health ---

HEALTHY: Final = "healthy"
