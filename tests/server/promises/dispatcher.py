"""What the requirement document of the dispatcher promises of its server."""

from __future__ import annotations

PROMISES: dict[str, str] = {
    # Features
    "instant messages": "A message is pushed to everybody in the order's room as soon as it is stored.",
    "typing": "Others in the room see who types and when they stop, by userId, orderId and isTyping.",
    "read receipts": "Marking read is stored, and told to the others in the room with time and reader.",
    "online status": "Who is online is told when it changes, and can be asked for per order.",
    "order rooms": "Each order has a room of its own; what is said there reaches nobody outside of it.",
    "file attachments": "A chat message may carry files, which those who see the order can fetch.",
    "system messages": "Changes of an order write a system message into its chat, and push it.",
    "history paging": "Older messages are read page by page, in one order, each once.",
    "message search": "Messages of an order are found by what they say.",
    "unread counts": "Messages of others that somebody has not read are counted per order.",
    "notifications": "Who is not in the room hears of a new message by a notification, which is stored.",
    "notification upkeep": "People list, count, mark, archive and delete their own notifications.",
    "order updates": "A changed status is pushed to the order's room at once.",
    "archiving": "Old messages are archived by themselves, and can still be read when asked for.",
    # Routes
    "route send": "POST /api/chat/messages stores a message and answers its record.",
    "route history": "GET /api/chat/orders/:orderId/messages answers a page of the order's messages.",
    "route chats": "GET /api/chat/orders answers all order chats of the person.",
    "route read": "PATCH /api/chat/orders/:orderId/read marks everything so far as read.",
    "route unread count": "GET /api/chat/orders/:orderId/unread-count answers how much is unread.",
    "route delete": "DELETE /api/chat/messages/:messageId deletes a message.",
    # Events of clients
    "event join-order-room": "Joining lets a connection hear what happens in the order's room.",
    "event leave-order-room": "After leaving a connection hears nothing of the room any more.",
    "event typing-start": "Typing is announced to the others.",
    "event typing-stop": "The end of typing is announced to the others.",
    "event mark-read": "Everything so far is marked as read, as by the route.",
    # Events of the server
    "push new-message": "Carries orderId, message and timestamp.",
    "push order-updated": "Carries orderId, update and timestamp.",
    "push user-typing": "Carries userId, orderId and isTyping.",
    "push message-read": "Carries userId, orderId and timestamp.",
    "push user-joined-order": "Tells the others in the room who came.",
    "push user-left-order": "Tells the others in the room who went, also when the connection was lost.",
    "push notification": "Reaches all connections of its recipient, in a room or not.",
    # Security
    "token for sockets": "A socket connects with a valid JWT and with nothing else.",
    "token expiry": "An expired token opens nothing, and can be renewed.",
    "own orders only": "People reach the chats of their own orders only, in lists and by id.",
    "checked every time": "Each route and each event asks whether the person may do this here.",
    "send to own orders": "Nobody writes into the chat of somebody else's order.",
    "delete by owner": "Only who wrote a message can delete it.",
    # Performance, error handling, best practices
    "room broadcasting": "Messages go to the room of their order, not to everybody.",
    "connection limits": "One account has a bounded number of connections.",
    "message size": "A message above the limit is refused with a sentence that names it.",
    "rate limit": "Too many messages are refused with the time after which they pass again.",
    "connection errors": "A refused connection says why.",
    "message errors": "A send that fails says why, and nothing is stored.",
    "rest operations": "Everything that the chat needs also works without a socket.",
}
