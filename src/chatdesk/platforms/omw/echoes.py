"""Pushed copies of a text that is under way: ours, or of another device of the same person.

The server pushes `new_message` to every device and `message_sent` right after it to the sending socket alone.
A matching copy that was not named within 2 s, while the link stood, is another device's: it must never be
taken for a send whose own answer was lost. That the link stood is known by what was heard on it afterwards,
pings included: a half-open one looks as if it stood, and its silence says nothing of what was on the way.
Source: wire specification, section 9.
"""

from __future__ import annotations

import msgspec

from chatdesk.domain.facts import Facts
from chatdesk.platforms.memory import with_own
from chatdesk.platforms.omw import limits
from chatdesk.platforms.omw.state import own_of
from chatdesk.platforms.omw.translate import Record

OTHER_DEVICE = "another device"
"""In the place of a client id: no send of ours has it, so no history can give this message to one."""


def heard(facts: Facts, number: int) -> Facts:
    """A copy was pushed that may be the send under way; it waits to be named."""
    waiting = own_of(facts).unnamed
    return with_own(facts, unnamed={**waiting, number: facts.now_ms})


def named(facts: Facts, number: int | None) -> Facts:
    """`message_sent` has named one as ours. None: it named none that could be read, so it may be any."""
    waiting = own_of(facts).unnamed
    if not waiting:
        return facts
    left = {} if number is None else {one: at for one, at in waiting.items() if one != number}
    return with_own(facts, unnamed=left)


def link_lost(facts: Facts) -> Facts:
    """Nothing is named any more: what was not long ago may have been about to be."""
    if not own_of(facts).unnamed:
        return facts
    settled = sorted(others(facts))[-limits.KNOWN_IDS :]
    return with_own(facts, unnamed={}, others=frozenset(settled))


def others(facts: Facts) -> frozenset[int]:
    """The messages that are known to be of another device."""
    own = own_of(facts)
    over = {number for number, at in own.unnamed.items() if facts.heard_ms - at >= limits.NAMED_WITHIN_MS}
    return own.others | over


def told(record: Record, of_others: frozenset[int]) -> Record:
    """A record of a history, which says so where it is another device's."""
    if record.number not in of_others or record.seen.client_id is not None:
        return record
    return msgspec.structs.replace(record, seen=msgspec.structs.replace(record.seen, client_id=OTHER_DEVICE))
