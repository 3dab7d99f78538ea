"""The StepperGO platform on the wire: one trip is one group conversation, sent by socket, read by REST.

`names` has routes, events, values and limits, `texts` the sentences of answers, `shapes` the payloads.
Source: the wire specification of the platform and its recorded traffic (Socket.IO 4.8, Engine.IO protocol 4).
"""
