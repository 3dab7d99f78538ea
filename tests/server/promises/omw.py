"""What the requirement document of OMW promises of its server, and the platform's business beside it.

The document also describes pages of the two web apps (chat buttons, a modal window, bubbles, a drop zone) and
their settings, which no server shows; and as plans for the future encryption, push notifications, search,
analytics, translation and calls.
"""

from __future__ import annotations

PROMISES: dict[str, str] = {
    # core functionality
    "real-time messaging": "What one of the two writes reaches all connections of both, nobody else.",
    "persistence": "A message that was confirmed is still there after the server has died and come back.",
    "file sharing": "Pictures, documents and voice messages are sent to a session as messages with a file.",
    "typing": "`user_typing` tells the other side that somebody types, and that they no longer do.",
    "typing ends": "Typing ends by itself, and with the connection.",
    "read receipts": "`messages_read` tells the other side which messages were read, by socket and by REST.",
    "message history": "The history of a session comes by socket and by REST, the same, oldest first.",
    "user status": "`user_status_update` tells those who share a session when somebody comes or has gone.",
    "last seen": "A session's detail has who is there, and when who is not there was seen last.",
    # life of a chat
    "automatic creation": "When a worker accepts a booking its session is there, and both hear it unasked.",
    "active service only": "A session can be begun while its booking is active, and ends with a cancelling.",
    "automatic deletion": "A completed booking takes its session with it, messages, marks and files.",
    "status-based access": "What has ended is closed to both: no list, history, message, mark or typing.",
    # security
    "socket sign-in": "No connection without a token that is good now and names an active account.",
    "roles": "One signs in as customer or as worker, and does what that role may.",
    "own bookings only": "Sessions, histories and files are for the two of the booking and nobody else.",
    "session validation": "Every event and route checks the session that it names.",
    "secure upload": "Files are taken by extension and type together, and given out as what they are.",
    "data privacy": "What was deleted is gone from the database; bytes of files go with the next sweep.",
    "rate limit": "Whoever sends too much is told for how long to wait; others are not slowed down.",
    "robust": "Whatever a client sends, it gets an error for it and the server goes on.",
    # services
    "rest fallback": "What is sent by REST is stored like what came by socket, and pushed to both.",
    "session management": "Sessions are begun, ended and deleted by either side over REST.",
    "sessions list": "The list of sessions has bookings, people, unread counts, the latest message first.",
    "unread count": "Unread messages are counted per session and over all of them, for either role.",
    # types of messages
    "text": "`text` is what a message is unless it says otherwise.",
    "image": "`image` is a picture with its file.",
    "file": "`file` is a document with its file.",
    "audio": "`audio` is a voice message with its file.",
    "system": "`system` are notifications of the server, and only of the server.",
    # files
    "ten megabytes": "A file of 10 MB passes, one byte more does not.",
    "formats": "Images, PDFs and documents pass; programs, pages and files without a kind do not.",
    "file address": "An upload answers the address at which both sides then find the file.",
    # performance
    "lazy loading": "A history is given in parts from its newest end, to whoever asks for them.",
    "pagination": "Pages do not overlap, have no holes, and say rightly whether more is behind them.",
    "pooling": "Many may read at once, over a pool of connections to the database.",
    "caching": "Who is there is kept in memory, right at once, and forgotten when the server dies.",
    "session caching": "The sessions of a connection are looked up when it begins: nobody has to join.",
    "compression": "Long answers are compressed for clients that can read it.",
    # the platform's business
    "booking requests": "A worker sees what is offered in pages and counts, accepts it or gives it back.",
    "booking status": "A worker moves a booking on, both hear of it, and what is over stays over.",
    "customer bookings": "A customer sees own bookings in pages, sums and details, and cancels them.",
    "code at the door": "The customer's code starts the work; it is short-lived and not to be guessed.",
    "sign-in by code": "A code sent to a telephone number signs in, once, for some minutes.",
    "client id": "The same client id twice is one message; health and sign-in announce it.",
    "sequence": "Messages are numbered without holes within their session.",
}
