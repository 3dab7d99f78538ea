"""The recorded servers of the dispatcher, faults included: what differs from what the platform promises.

Each module stands beside one of the promised dialect and replaces it; whatever is not here is the same in
both. Texts of the databases and of the language that the recorded servers are written in are their answers,
so `script` and `casts` know both. Where nothing was recorded, the answer is a 500 in the platform's envelope.
"""
