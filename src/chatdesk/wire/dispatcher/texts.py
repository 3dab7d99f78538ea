"""Texts of the dispatcher platform: answers, refusals, notifications, system messages, letter by letter."""

from __future__ import annotations

from typing import Final

# --- successes and errors ---

OK_HEALTH: Final = "Server is running"
OK_LOGIN: Final = "Login successful"
OK_REFRESH: Final = "Refresh token successful"
OK_LOGOUT: Final = "Logout successful"
OK_STATUSES: Final = "Statuses retrieved successfully"
OK_ORDER: Final = "Order retrieved successfully"
OK_ORDER_CREATED: Final = "Order created successfully"
OK_STATUS_UPDATED: Final = "Order status updated successfully to {label}"
OK_FILE_UPLOADED: Final = "File uploaded successfully"
OK_FILES: Final = "Files fetched successfully"
OK_FILE_DELETED: Final = "File deleted successfully"
OK_SENT: Final = "Message sent successfully"
OK_MESSAGE_DELETED: Final = "Message deleted successfully"
OK_NOTIFICATION_STATS: Final = "Notification stats retrieved successfully"
OK_NOTIFICATIONS_READ: Final = "Notifications marked as read successfully"
OK_ALL_NOTIFICATIONS_READ: Final = "All notifications marked as read successfully"
OK_NOTIFICATION_UPDATED: Final = "Notification updated successfully"
OK_NOTIFICATION_DELETED: Final = "Notification deleted successfully"
OK_NOTIFICATION_CREATED: Final = "Notification created successfully"
OK_USERS: Final = "Users fetched successfully"
OK_USERS_ALL: Final = "Users and moderators fetched successfully"

ERR_CREDENTIALS_MISSING: Final = "Email and password are required"
ERR_PASSWORD_POLICY: Final = (
    "Password must contain at least one uppercase letter, one lowercase letter, one number, "
    "one special character and be at least 8 characters long"
)
ERR_NO_ACCOUNT: Final = "You do not have an account, please register"
ERR_UNCONFIRMED: Final = "Please confirm your email address before logging in"
ERR_WRONG_PASSWORD: Final = "Invalid email or password"
ERR_REFRESH_MISSING: Final = "Refresh token is required"
ERR_REFRESH_INVALID: Final = "Invalid refresh token"
ERR_REFRESH_EXPIRED: Final = "Refresh token expired"
ERR_USER_NOT_FOUND: Final = "User not found"
ERR_NO_REFRESH_TOKENS: Final = "No refresh tokens found"
ERR_NO_TOKEN: Final = "No token provided"
ERR_INVALID_TOKEN: Final = "Invalid token"
ERR_INVALID_TOKEN_PAYLOAD: Final = "Invalid token payload"
ERR_ROLE: Final = "Access denied. Required roles: {roles}"
ERR_ORDER_NOT_FOUND: Final = "Order not found"
ERR_CHAT_NOT_FOUND: Final = "Order not found or access denied"
ERR_MISSING_FIELD: Final = "Missing required field: {field}"
ERR_SETTINGS_NOT_FOUND: Final = "User settings not found"
ERR_SEND_FIELDS: Final = "Order ID and message are required"
ERR_MESSAGE_NOT_FOUND: Final = "Message not found"
ERR_ACCESS_DENIED: Final = "Access denied"
ERR_FILE_REQUIRED: Final = "File is required"
ERR_FILE_FIELD: Final = "Unexpected field"
ERR_FILE_TOO_LARGE: Final = "File too large"
ERR_FILE_NOT_FOUND: Final = "File not found or access denied"
ERR_FILE_CONTENT_GONE: Final = "File not found in storage"
ERR_NOTIFICATION_NOT_FOUND: Final = "Notification not found"
ERR_NOTIFICATION_IDS: Final = "Notification IDs array is required"

ERR_DUPLICATE_KEY_PREFIX: Final = "E11000 duplicate key error"
"""Start of a 500 text; after a login it holds a refresh token: never show or log it."""
ERR_CAST_PREFIX: Final = "Cast to ObjectId failed"

# --- internal texts that the recorded servers answer with a 500 ---

ERR_DUPLICATE_LOGIN: Final = (
    ERR_DUPLICATE_KEY_PREFIX
    + ' collection: test.refreshtokens index: token_1 dup key: {{ token: "{token}" }}'
)
ERR_DUPLICATE_CHAT: Final = (
    ERR_DUPLICATE_KEY_PREFIX
    + " collection: test.orderchats index: orderId_1 dup key: {{ orderId: ObjectId('{order_id}') }}"
)
ERR_CAST_ID: Final = (
    ERR_CAST_PREFIX + ' for value "{value}" (type {type}) at path "{path}" for model "{model}"'
)
ERR_CAST_TEXT: Final = 'Cast to string failed for value "{value}" (type {type}) at path "{path}"'
ERR_VALIDATION: Final = "{model} validation failed: {path}: {problem}"
ERR_ENUM: Final = "`{value}` is not a valid enum value for path `{path}`."
ERR_PATH_REQUIRED: Final = "Path `{path}` is required."
ERR_PATH_INVALID: Final = "Cast failed at path `{path}`"
ERR_NEGATIVE: Final = "BSON field '{field}' value must be >= 0, actual value '{value}'"
ERR_NO_PAGE: Final = 'Cast to number failed for value "NaN" (type number) at path "skip"'
ERR_REGEX_TYPE: Final = "$regex has to be a string"
ERR_REGEX: Final = "Regular expression is invalid: Invalid regular expression: /{pattern}/i: {problem}"
ERR_NO_BODY: Final = "Cannot destructure property '{field}' of 'req.body' as it is undefined."
ERR_READ_PROPERTY: Final = "Cannot read properties of {value} (reading '{name}')"
ERR_NO_FUNCTION: Final = "{name} is not a function"
ERR_JSON_NAME: Final = "Expected property name or '}}' in JSON at position {position}"
ERR_JSON_TOKEN: Final = "Unexpected token '{token}', \"{start}\"... is not valid JSON"
ERR_JSON_END: Final = "Unexpected end of JSON input"
ERR_ENTITY_TOO_LARGE: Final = "request entity too large"
ERR_TOO_MANY_PARAMETERS: Final = "too many parameters"
ERR_FORM_END: Final = "Unexpected end of form"
ERR_DELETE_BROKEN: Final = "Internal server error while deleting message"

# --- refusals of the socket handshake ---

CONNECT_NO_TOKEN: Final = "Authentication error: No token provided"
CONNECT_INVALID_TOKEN: Final = "Authentication error: Invalid token"

# --- notifications and system messages ---

TITLE_NEW_MESSAGE: Final = "New message from {email}"
TITLE_NEW_ORDER: Final = "New Order Created"
TITLE_NEW_FILE: Final = "New file uploaded to order #{order_number}"
BODY_NEW_ORDER: Final = "A new order #{order_number} has been created."
BODY_NEW_FILE: Final = "A new file has been uploaded to your order #{order_number}."
SYSTEM_STATUS_CHANGED: Final = "Order #{order_number} status has been updated to {label}"
SYSTEM_ORDER_CREATED: Final = "New order #{order_number} has been created. Status: {label}"

# --- what chatdesk's own server adds ---

OK_CHATS: Final = "Chats retrieved successfully"
OK_READ: Final = "Messages marked as read successfully"
OK_UNREAD_COUNT: Final = "Unread count retrieved successfully"
OK_PRESENCE: Final = "Presence retrieved successfully"
OK_MODERATED: Final = "Order moderated successfully"
TITLE_MODERATED: Final = "Order #{order_number} is now moderated"
BODY_MODERATED: Final = "Your order #{order_number} is now moderated by {email}."

ERR_MESSAGE_TOO_LONG: Final = "Message is too long: at most {limit} characters"
ERR_RATE_LIMITED: Final = "Too many messages: try again in {seconds} s"
ERR_TOO_MANY_LOGINS: Final = "Too many failed logins: try again in {seconds} s"
ERR_TOO_MANY_EVENTS: Final = "Too many events: try again in {seconds} s"
ERR_TOO_MANY_CONNECTIONS: Final = "Too many connections of one account"
ERR_CLIENT_ID_INVALID: Final = "clientId must be a text of 1 to {limit} characters"
ERR_CLIENT_ID_REUSED: Final = "clientId was already used for another order"
ERR_INVALID_JSON: Final = "Request body is not valid JSON"
ERR_INVALID_BODY: Final = "Request body must be an object"
ERR_INVALID_FORM: Final = "Request body is not a valid form"
ERR_BODY_TOO_LARGE: Final = "Request body is too large"
ERR_INVALID_FIELD: Final = "Invalid value for {field}"
ERR_INVALID_STATUS: Final = "Invalid order status"
ERR_STATUS_REQUIRED: Final = "Status is required"
ERR_EVENT_ARGUMENT: Final = "{event} needs one order id"
ERR_INTERNAL: Final = "Internal server error"
