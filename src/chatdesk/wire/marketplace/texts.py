"""Texts of the marketplace platform: refusals, letter by letter."""

from __future__ import annotations

from typing import Final

# --- login ---

ERR_MISSING: Final = "Please provide email and password"
ERR_CREDENTIALS: Final = "Invalid email or password"
ERR_PENDING: Final = "Your account is pending admin approval"
ERR_REJECTED: Final = "Your account has been rejected"
ERR_SUSPENDED: Final = "Your account has been suspended"
ERR_EMPLOYEE_INACTIVE: Final = "Your employee account is inactive"
ERR_EMPLOYEE_SUSPENDED: Final = "Your employee account is suspended"
ERR_LOGIN: Final = "Error logging in"
"""500, beside `error` with an internal text."""
OK_LOGIN: Final = "Login successful"
OK_SELLER_PROFILE: Final = "Seller Profile"
OK_PROFILE: Final = "User Profile"
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

ERR_ORIGIN: Final = "Not allowed by CORS"
"""500, to web pages of other addresses."""

# --- messages ---

ERR_INTERNAL: Final = "Internal server error"
ERR_RECIPIENT: Final = "Recipient not found"
ERR_TOO_LARGE: Final = "request entity too large"
ERR_PARTY_KIND: Final = "Invalid participant type"
ERR_NO_MESSAGE: Final = "Message not found or unauthorized"

ERR_VALIDATION: Final = "Validation failed"
MSG_RECIPIENT: Final = "Recipient ID is required"
MSG_SUBJECT: Final = "Subject is required"
MSG_CONTENT: Final = "Message content is required"
MSG_KIND: Final = "Invalid recipient type"
OK_SENT: Final = "Message sent successfully"
OK_INBOX: Final = "Inbox messages retrieved successfully"
OK_SENT_LIST: Final = "Sent messages retrieved successfully"
OK_CONVERSATION: Final = "Conversation retrieved successfully"
OK_MESSAGE: Final = "Message retrieved successfully"
OK_READ: Final = "Message marked as read"
OK_UNREAD_COUNT: Final = "Unread count retrieved successfully"

# --- requests for quotation, products, people ---

ERR_SERVER: Final = "Server error"
ERR_QUOTE: Final = "You are not authorized to respond to this RFQ"
ERR_PRODUCT_ID: Final = "Invalid product ID format"
ERR_SELLER_NOT_FOUND: Final = "Seller not found"
ERR_IMAGE_TYPE: Final = "Only images allowed"
ERR_IMAGE_FIELD: Final = "Unexpected field"
ERR_IMAGE_TOO_LARGE: Final = "File too large"
OK_RFQ_UPDATED: Final = "RFQ updated successfully"
OK_QUOTE: Final = "Quote submitted successfully"

# --- health ---

HEALTHY: Final = "healthy"
