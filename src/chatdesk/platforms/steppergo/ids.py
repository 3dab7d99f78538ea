"""Our own ids on messages: whether this server gives back what a send carries in its metadata.

Source: wire specification, section 8, and sync rules, section 4: a server that drops metadata is trusted with
no id from then on.
"""

from __future__ import annotations

from collections.abc import Iterable

from chatdesk.domain.events import MessageSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import KeyGrade
from chatdesk.platforms.memory import learnt, with_learnt, with_own
from chatdesk.platforms.steppergo import limits
from chatdesk.platforms.steppergo.state import DROPPED, METADATA, own_of


def grade(facts: Facts) -> KeyGrade:
    """Our id comes back but does not dedupe; where it was seen to be dropped, it is worth nothing."""
    return KeyGrade.NONE if learnt(facts, METADATA) == DROPPED else KeyGrade.FINDABLE


def stored(facts: Facts, message: RemoteId, client_id: str) -> Facts:
    """The server has confirmed that a send of ours became this message."""
    own = own_of(facts)
    if message in own.bare:  # it came before its confirmation, without our id
        return _dropped(facts)
    kept = dict(list(own.sent.items())[-limits.MOST_IDS :])
    return with_own(facts, sent={**kept, message: client_id})


def checked(facts: Facts, seen: Iterable[MessageSeen]) -> Facts:
    """Compare what a reading shows of our messages with what we know to have sent."""
    sent = own_of(facts).sent
    for one in seen:
        if one.own and one.remote_id in sent and one.client_id != sent[one.remote_id]:
            return _dropped(facts)
    return facts


def pushed(facts: Facts, seen: MessageSeen) -> Facts:
    """The same of a push, which comes before the confirmation of its send."""
    if not seen.own:
        return facts
    if seen.client_id is not None:
        return checked(facts, (seen,))
    if seen.remote_id in own_of(facts).sent:
        return _dropped(facts)
    kept = sorted(own_of(facts).bare)[-limits.MOST_IDS :]
    return with_own(facts, bare=frozenset((*kept, seen.remote_id)))


def _dropped(facts: Facts) -> Facts:
    if learnt(facts, METADATA) == DROPPED:
        return facts
    return with_learnt(facts, METADATA, DROPPED, limits.FOR_EVER_US)
