"""One package per platform that the reference server speaks; none knows another.

How one is made (`marketplace` is the smallest to look at):

* `vocabulary`: `Rules` (limits), `Words` (form of ids, `TokenPlan`, number of orders), a `Policy`, and
  a table with an HTTP status and a sentence for every `Reason` of the core.
* `records`: from rows and views of the core (`Shown`, `Chat`, `OrderView`) to what is on the wire.
* `answers`: the envelopes, an `Envelope` among them, and the page for routes that do not exist.
* `context`: what every route needs: who is asking, bodies, ids and pages checked before the core sees them.
* `*_routes`: one function per route; `sends` and the like: what routes and socket do alike.
* `sockets`: a `SocketSide`; `pushes`: one method per event, to rooms of accounts or of conversations.
* `app`: `build(ground, choices, variant)` and the `DIALECT`, which `chatdesk.server.registry` lists.

To be kept in mind. The core's pushes run after the commit and before anybody else's write: they may emit, and
must not write. Whatever belongs into one transaction goes through `Telling.also`, `Conversations.opened`,
`wipe`, `about`. Rows that the core gives out are read only. What somebody may see is a condition in SQL, what
they may do is `check`; no route decides access by itself.
"""
