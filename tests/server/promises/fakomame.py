"""What Fakomame's requirement document promises of its server.

Left out are what the document says of clients (hooks, components, caches), and what it plans for the future:
file sharing, voice, push notifications, read receipts, moderation, languages, scaling. Encryption in transit
is the business of whatever stands before the server, which speaks plain HTTP; cookies are for https alone.
"""

from __future__ import annotations

PROMISES: dict[str, str] = {
    # Socket.IO server
    "verified tokens": "A socket connects with a valid JWT of an active account and with nothing else.",
    "automatic joining": "A connection is in the rooms of its person's chats from the start.",
    "broadcasting": "A message reaches every connection of all participants at once.",
    "persistence": "A message that was accepted is still there after a restart of the server.",
    "room isolation": "What is said, typed or done in a chat reaches nobody outside of it.",
    # Typing
    "typing": "The others in a chat see who types and when they stop; several may type at once.",
    "typing ends": "Typing ends by itself, with a message, and with the connection.",
    # Connections
    "reconnection": "Who comes back is in all rooms again and misses nothing that was said meanwhile.",
    "connection cleanup": "With a connection end its rooms, its typing, and the presence of its person.",
    "without a socket": "Lists, histories and sends work by request, and those on sockets hear of them.",
    # Presence
    "online and offline": "Partners are told when somebody comes, and when their last connection has ended.",
    "last seen": "When somebody was last there is told with their going, and stands in their profile.",
    "active users": "A newcomer is told who of their partners is there; a profile says so too.",
    # Chats and deliveries
    "chat on a match": "A match of a package with a trip gives its sender and traveller a chat.",
    "one room per pair": "A sender and a traveller have one chat, however many packages they share.",
    "lasting history": "The history of a chat stays whole through all of a delivery, in pages and in order.",
    "context": "A chat shows its package and its trip with their statuses.",
    "status in the chat": "A change of a package or trip stands in its chats as a system line, pushed live.",
    "milestones": "Matched, picked up, in transit and delivered are noted, and told in the chat.",
    # Security
    "access control": "Nobody reads, joins, writes into or types in a chat that is not theirs.",
    "one token": "One JWT serves routes and socket, says who and what somebody is, and ends.",
    "token refresh": "A refresh token gives a new access token, and nothing else does.",
    # Dashboards
    "package dashboard": "People list the packages that they send, receive or carry, by status and words.",
    "trip dashboard": "People list their trips, and find those on offer, by status and words.",
    "package management": "People put up, change and cancel their packages and trips, and nobody else's.",
    "status badges": "Lists say where everything stands and how many stand where; a package shows its way.",
    "details": "A package or trip shows its people, and telephone numbers only to those it concerns.",
    "notifications": "Matches and milestones are noted for the others, who list, mark and delete them.",
    # Performance
    "room broadcasting": "An event costs one push to its room, not one to everybody on the platform.",
    "connection pooling": "Requests share a few connections to the database, however many come at once.",
    "batching": "A burst on one connection is stored in batches, and delivered in order without a loss.",
    # What our servers add
    "client ids": "A send with an id that was used before answers the first message, and stores nothing.",
    "numbered messages": "Messages of a chat are numbered without a gap, on every way that they come.",
}
