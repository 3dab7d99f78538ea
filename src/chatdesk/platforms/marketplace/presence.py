"""Making ourselves known on a connection: the registration that relays need, and what is asked for with it.

The newest registration of an id gets its relays; it is lost at every reconnect, and whenever another device
of the account comes or goes. An employee is never registered: under the seller's id it would cut the seller
off, under its own nobody writes to it. Source: wire specification, sections 6 and 8.
"""

from __future__ import annotations

import msgspec

from chatdesk.domain.facts import Facts
from chatdesk.domain.steps import Emit
from chatdesk.platforms.marketplace import auth, limits
from chatdesk.platforms.marketplace.state import own_of
from chatdesk.platforms.memory import with_own
from chatdesk.wire.marketplace import names, shapes

NOTE_REGISTER = "register"
NOTE_HERE = "here"
NOTE_ASK = "ask-online"
NOTE_TYPING = "typing"


def registration(facts: Facts) -> Emit | None:
    """The registration, where it is missing, or lost and due again; None where there is nothing to do."""
    if not facts.online or not auth.may_chat(facts) or not facts.account.user_id:
        return None
    own = own_of(facts)
    lost = own.displaced and facts.now_ms - own.registered_ms >= _pause_ms(own.again)
    if own.registered == facts.epoch and not lost:
        return None
    return Emit(event=names.EMIT_REGISTER, args=(facts.account.user_id,), note=NOTE_REGISTER)


def _pause_ms(again: int) -> int:
    """Each time that it has to be renewed takes twice as long: another client may be doing the same."""
    return limits.REGISTER_AGAIN_MS << min(again, limits.REGISTER_DOUBLINGS)


def greeting(facts: Facts) -> Emit | None:
    """What the platform's documents promise and its servers ignore: once per connection, harmless."""
    own = own_of(facts)
    if not auth.may_chat(facts) or own.asked_online == facts.epoch:
        return None
    if own.told_here != facts.epoch:
        here = msgspec.to_builtins(shapes.StatusArgs("online"))
        return Emit(event=names.EMIT_STATUS, args=(here,), note=NOTE_HERE)
    return Emit(event=names.EMIT_ASK_ONLINE, args=({},), note=NOTE_ASK)


def handed_over(note: str, facts: Facts) -> Facts:
    """The facts after one of these has left."""
    own = own_of(facts)
    if note == NOTE_REGISTER:
        again = own.again + 1 if own.registered == facts.epoch else 0
        return with_own(
            facts, registered=facts.epoch, registered_ms=facts.now_ms, again=again, displaced=False
        )
    if note == NOTE_HERE:
        return with_own(facts, told_here=facts.epoch)
    return with_own(facts, asked_online=facts.epoch)


def typing(recipient: str, on: bool, facts: Facts) -> Emit:
    """That we type, or no longer do; the server adds no sender."""
    args = shapes.TypingArgs(recipient, facts.account.user_id, on)
    return Emit(event=names.EMIT_TYPING, args=(msgspec.to_builtins(args),), note=NOTE_TYPING)
