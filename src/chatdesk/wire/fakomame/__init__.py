"""The Fakomame platform on the wire: chats about packages and trips, sent by socket, read by REST.

`names` has routes, events, values and limits, `texts` the sentences of answers, `shapes` the payloads.
Source: the wire specification of the platform and its recorded traffic (server: Next.js routes, Socket.IO
4.8, Engine.IO protocol 4).
"""
