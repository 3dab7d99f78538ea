"""What StepperGO's requirement document promises of its server, and the platform's business beside it.

The document also promises things of its web client (optimistic lists, auto-scroll, badges, a queue while
there is no connection), and names as plans for the future uploads, voice, search, editing, deletion,
archives, push and e-mail notifications, encryption and export.
"""

from __future__ import annotations

PROMISES: dict[str, str] = {
    # features
    "real-time messaging": "What one writes reaches everybody at once who has joined.",
    "persistence": "A message that was accepted is still there after a restart of the server.",
    "typing indicators": "Others who have joined hear that somebody types, and that it ends.",
    "read receipts": "Reading is told to the others, and shows in every message that was read.",
    "delivery confirmations": "A message says when it has reached somebody else.",
    "session tokens": "A sign-in gives an opaque token, which routes and socket take, until it is ended.",
    "trip isolation": "What is said about one trip is heard and read nowhere else.",
    "reporting": "A participant reports a message; the newest reason counts.",
    "optimistic ids": "The sender's own name for a message comes back in confirmation, push and history.",
    "unread counters": "Everybody has a counter of their own, from joining until they read.",
    "reconnection": "After a lost connection one joins again, and the history has what was missed.",
    # architecture
    "conversation": "There is one conversation for a trip, begun by whoever comes first.",
    "conversation participant": "A history names who takes part, with one's own counter only.",
    # routes
    "history route": "`GET /api/messages/[tripId]` gives the whole conversation of a trip, oldest first.",
    "send route": "`POST /api/messages/send` stores a message by trip, and those on a socket hear it.",
    "read route": "`POST /api/messages/read` marks everything as read, and the others hear it.",
    "report route": "`POST /api/messages/report` reports a message.",
    # access control
    "driver access": "The assigned driver takes part, whoever organizes the trip.",
    "organizer access": "The organizer takes part.",
    "confirmed bookings": "Passengers take part with a confirmed booking, not before it and not after it.",
    "enforced at both levels": "Socket and routes refuse the same people.",
    # types
    "text": "TEXT is what a message is by itself.",
    "image": "IMAGE carries an address in its metadata.",
    "file": "FILE carries an address in its metadata.",
    "location": "LOCATION carries coordinates in its metadata.",
    "system messages": "SYSTEM is said by the platform alone: changes of status, seats taken and given back.",
    # statuses
    "sent": "SENT: the server has it.",
    "delivered": "DELIVERED: somebody else has got it, on a connection or with a history.",
    "read": "READ: somebody else has read it.",
    "failed": "FAILED: it was not stored, and the sender is told which one.",
    # security and moderation
    "expired sessions": "A session ends with its time: routes, handshakes and living connections.",
    "involved trips only": "Nobody gets at a conversation of a trip that is not theirs.",
    "participant verification": "Only who has joined writes, reads and reports.",
    "admin notifications": "Administrators are told of every report, with the message.",
    "admin hiding": "Administrators take a message out of everybody's history, and put it back.",
    "rate limiting": "Ten messages a minute per person, then a refusal that says how long to wait.",
    # events of clients
    "join:conversation": "`join:conversation` lets one in, and can be repeated.",
    "message:send": "`message:send` stores a message.",
    "typing:start": "`typing:start` says that one types.",
    "typing:stop": "`typing:stop` says that one has stopped.",
    "messages:read": "`messages:read` marks everything as read.",
    # events of the server
    "conversation:joined": "`conversation:joined` names conversation and trip.",
    "message:new": "`message:new` brings the record that a history has.",
    "message:sent": "`message:sent` confirms to the sending connection alone.",
    "messages:read (server)": "`messages:read` names who has read which conversation.",
    "typing:start (server)": "`typing:start` names who types.",
    "typing:stop (server)": "`typing:stop` names who has stopped.",
    "error": "`error` says what is wrong, and the connection stays.",
    # beside the document
    "trips": "Trips are listed by status, with their seats; a driver sees those that are driven.",
    "trip status": "The driver brings a trip from status to status; passengers are told and notified.",
    "acceptance": "A driver takes an open trip, once.",
    "status stream": "Whoever looks at a trip gets its status as server-sent events.",
    "bookings": "Seats are asked for, confirmed and cancelled, and everybody concerned is told.",
    "positions": "The driver's position reaches subscribers with the minutes that are left.",
    "heartbeat": "Every connection hears a heartbeat twice a minute.",
    "client ids": "The same client id twice stores one message.",
    "numbers": "Messages of a conversation are numbered, each one more than the last.",
}
