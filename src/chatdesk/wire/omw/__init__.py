"""The OMW platform on the wire: one session is one conversation, sent by socket, read by REST.

`names` has routes, events, values and limits, `texts` the sentences of answers, `shapes` the payloads.
Source: the wire specification of the platform and its recorded traffic (server: Express 5.1, Socket.IO 4.8,
Engine.IO protocol 4).
"""
