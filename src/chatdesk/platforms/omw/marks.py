"""Who has read what: the platform marks single messages, and so does the desk.

A receipt that names messages means exactly these; one without ids, or with something that is no list, proves
nothing: the history is read again. Source: wire specification, section 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from chatdesk.domain.events import Event, ReadSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.platforms import loose
from chatdesk.platforms.memory import with_own
from chatdesk.platforms.omw import limits, translate
from chatdesk.platforms.omw.state import own_of, room_of, with_room
from chatdesk.platforms.omw.translate import Record


def noted(
    facts: Facts, session: RemoteId, records: Iterable[Record], *, stored: bool, places: bool = True
) -> tuple[Facts, tuple[Event, ...]]:
    """The facts after messages of a session, and which of ours the others have read, where that is news.

    stored: the records are a page of its history. places: they may count as known before a send (what may be
    the echo of a send under way may not).
    """
    room = room_of(facts, session)
    theirs, read = set(room.theirs), set()
    newest = own_of(facts).newest.get(session, 0)
    for record in records:
        newest = max(newest, record.number if places else 0)
        if not record.seen.own:
            (theirs.discard if record.is_read else theirs.add)(record.number)
        elif record.is_read and record.number not in room.told:
            read.add(record.number)
    facts = with_room(
        facts,
        session,
        theirs=_newest(theirs),
        told=_newest(room.told | read) if read else room.told,
        read_once=room.read_once or stored,
    )
    if newest != own_of(facts).newest.get(session, 0):
        facts = with_own(facts, newest={**own_of(facts).newest, session: newest})
    return facts, (_seen(session, RemoteId(""), read),) if read else ()


def _newest(ids: AbstractSet[int]) -> frozenset[int]:
    return frozenset(ids if len(ids) <= limits.KNOWN_IDS else sorted(ids)[-limits.KNOWN_IDS :])


def _seen(session: RemoteId, person: RemoteId, ids: AbstractSet[int], *, by_self: bool = False) -> ReadSeen:
    named = tuple(RemoteId(str(one)) for one in sorted(ids))
    return ReadSeen(conversation=session, person_id=person, by_self=by_self, ids=named)


def read_by_peer(
    facts: Facts, session: RemoteId, person: RemoteId, ids: object
) -> tuple[Facts, tuple[Event, ...]]:
    """What a receipt of somebody else means: exactly what it names, and a look where it can't be read."""
    named, whole = _numbers(ids)
    if not named:
        return facts, (Stale(conversation=session),)
    told = room_of(facts, session).told
    facts = with_room(facts, session, told=_newest(told | named))
    events: tuple[Event, ...] = (_seen(session, person, named),)
    return facts, events if whole else (*events, Stale(conversation=session))


def read_by_self(facts: Facts, session: RemoteId, ids: object) -> tuple[Facts, tuple[Event, ...]]:
    """Another device of ours has read messages of the others; the list has the number of the unread."""
    named, whole = _numbers(ids)
    if not named:
        return facts, (Stale(),)
    facts = with_room(facts, session, theirs=room_of(facts, session).theirs - named)
    events: tuple[Event, ...] = (_seen(session, facts.account.user_id, named, by_self=True),)
    return facts, events if whole else (*events, Stale())


def _numbers(ids: object) -> tuple[frozenset[int], bool]:
    """The ids of a receipt, and whether all of it could be read."""
    given = loose.listing(ids)
    found = [translate.number(one) for one in given[: 2 * limits.KNOWN_IDS]]
    named = frozenset(one for one in found if one is not None)
    return named, len(given) == len(found) and None not in found
