"""What the marketplace's requirement document promises of its server, and the platform's business beside it.

The document also names wss in production (the server speaks plain HTTP to whatever stands before it), and as
plans for the future encryption, files in messages, calls, reactions, groups, search and push notifications.
"""

from __future__ import annotations

PROMISES: dict[str, str] = {
    # real-time messaging
    "instant delivery": "What one writes reaches every connection of the other at once, and nobody else.",
    "persistence": "A message that was accepted is still there after a restart of the server.",
    # presence
    "online and offline": "Others are told when somebody comes, and when their last connection has ended.",
    "online users": "`online_users` tells a newcomer, and whoever asks, who is there.",
    "user status changed": "`user_status_changed` goes to everybody but the person it is about.",
    "update status": "`update_status` says away, offline or online of oneself, as long as one is connected.",
    # typing
    "typing": "`typing` reaches the recipient as `user_typing`, in the name of whoever is signed in.",
    "typing ends": "Typing ends by itself, and with the connection.",
    # status of a message
    "delivery receipts": "`message_delivered` comes when the message has reached the other side, not before.",
    "read receipts": "`message_read` and `message_updated` tell both sides that a message was read.",
    "sent delivered read": "A record tells whether its message was sent, delivered or read, and when.",
    "delivered later": "What waited for somebody is delivered when they come, and its senders are told.",
    # history
    "conversation history": "The talk with somebody is kept and given back as a whole.",
    "sorted by time": "A talk is oldest first, inbox and sent are newest first.",
    "lazy history": "A talk is given back in parts, from its newest end, to whoever asks for parts.",
    # events of clients
    "register user": "`register_user` takes one's own id and nobody else's.",
    "send message": "`send_message` stores a message once, and its id comes back.",
    "mark as read": "`mark_as_read` stores that a message was read by its recipient.",
    "join room": "`join_room` takes a talk of one's own; in it a message needs no recipient.",
    "leave room": "`leave_room` ends that.",
    "new message": "`new_message` brings sender and recipient the record that the routes show.",
    # routes
    "send route": "`POST /api/messages/send` stores a message and answers its record.",
    "inbox": "`GET /api/messages/inbox` lists what others wrote, in pages, with how many there are.",
    "sent": "`GET /api/messages/sent` lists what one wrote, in pages, with how many there are.",
    "one message": "`GET /api/messages/:id` shows a message to its two people only.",
    "read route": "`PUT /api/messages/:id/read` marks a message read, for its recipient, again and again.",
    "unread count": "`GET /api/messages/unread/count` counts what one has not read.",
    "conversation route": "`GET /api/messages/conversation/:id/:type` is one talk; other types are refused.",
    # security
    "socket sign-in": "No connection without a token that is good now.",
    "validation": "Every field of a message is checked, and each bad one is named.",
    "sanitising": "Texts are trimmed, and control characters but line ends and tabs are taken out.",
    "rate limit": "Whoever sends too much is told for how long to wait; others are not slowed down.",
    "robust": "Whatever a client sends, it gets an error for it and the server goes on.",
    # performance
    "batching": "Of typing that is repeated within a second one event is passed on.",
    "clean-up": "Nothing of a connection is left when it ends: no typing, no status, no room.",
    "pooling": "Many may read at once, over a pool of connections to the database.",
    # the platform's business
    "who may write": "Buyers and sellers write each other, administrators everybody.",
    "requests": "A buyer asks sellers for quotations, changes, closes and deletes requests; sellers quote.",
    "products": "Products are public, in pages, by seller, category, price and words.",
    "product images": "A seller adds images to an own product, which are then public.",
}
