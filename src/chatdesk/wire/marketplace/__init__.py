"""The marketplace platform on the wire: one conversation per counterpart, REST that may store nothing.

`names` has routes, events, values and limits, `texts` the sentences of answers, `shapes` the payloads.
Source: the wire specification of the platform and its recorded traffic (server: Express 5.1, Mongoose 9.0,
Socket.IO 4.8, Engine.IO protocol 4).
"""
