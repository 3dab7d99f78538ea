"""The dispatcher platform on the wire: one order is one conversation, sent by REST, pushed by Socket.IO.

`names` has routes, events, values and limits, `texts` the sentences of answers, `shapes` the payloads.
Source: the wire specification of the platform and its recorded traffic (server: Express 5.1, Socket.IO 4.8,
Engine.IO protocol 4). What chatdesk's own server adds stands at the end of each module.
"""
