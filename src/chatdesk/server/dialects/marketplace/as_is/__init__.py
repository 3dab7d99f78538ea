"""The recorded servers of the marketplace, faults included: what differs from what the platform promises.

Sockets are nobody's and relay whatever they get, storing nothing; a payload that is null ends the process.
Routes of messages take a person's kind from a property of their record that most records do not have: then
nothing can be sent and nothing is found, else everybody on the platform hears of everything. Each module
stands beside one of the promised dialect and replaces it; whatever is not here is the same in both.
"""
