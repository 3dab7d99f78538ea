"""Who has read what: the platform marks single messages, the desk keeps the point up to which all is read.

A receipt moves that point only past own messages none of which, as far as is known, is unread; ids that are
no own message of the session prove nothing, whoever names them. Source: wire specification, section 10.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from chatdesk.domain.events import Event, ReadSeen, Stale
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.ports import Facts
from chatdesk.platforms import loose
from chatdesk.platforms.omw import limits, translate
from chatdesk.platforms.omw.state import own_of, room_of, with_own, with_room
from chatdesk.platforms.omw.translate import Record


def noted(
    facts: Facts, session: RemoteId, records: Iterable[Record], *, stored: bool, places: bool = True
) -> tuple[Facts, tuple[Event, ...]]:
    """The facts after messages of a session, and how far the others have read, if the records move that.

    stored: the records are a page of its history. places: they may count as known before a send (what may be
    the echo of a send under way may not).
    """
    room = room_of(facts, session)
    theirs, mine, read = set(room.theirs), set(room.mine), set()
    newest = own_of(facts).newest.get(session, 0)
    for record in records:
        newest = max(newest, record.number if places else 0)
        if not record.seen.own:
            (theirs.discard if record.is_read else theirs.add)(record.number)
        elif record.is_read:
            mine.discard(record.number)
            read.add(record.number)
        elif record.number > room.read_up_to:
            mine.add(record.number)
    facts = with_room(
        facts, session, theirs=_newest(theirs), mine=_newest(mine), read_once=room.read_once or stored
    )
    if newest != own_of(facts).newest.get(session, 0):
        facts = with_own(facts, newest={**own_of(facts).newest, session: newest})
    return _moved(facts, session, read, RemoteId(""))


def _newest(ids: AbstractSet[int]) -> frozenset[int]:
    return frozenset(ids if len(ids) <= limits.KNOWN_IDS else sorted(ids)[-limits.KNOWN_IDS :])


def _moved(
    facts: Facts, session: RemoteId, read: AbstractSet[int], person: RemoteId
) -> tuple[Facts, tuple[Event, ...]]:
    """Move the point up to which all is read, past `read` as far as nothing unread stands before it."""
    room = room_of(facts, session)
    unread = min(room.mine, default=None)
    covered = [one for one in read if one > room.read_up_to and (unread is None or one < unread)]
    if not covered:
        return facts, ()
    up_to = max(covered)
    event = ReadSeen(conversation=session, person_id=person, by_self=False, cursor=translate.cursor(up_to))
    return with_room(facts, session, read_up_to=up_to), (event,)


def read_by_peer(
    facts: Facts, session: RemoteId, person: RemoteId, ids: object
) -> tuple[Facts, tuple[Event, ...]]:
    """What a receipt of somebody else means. Without ids that we know nothing is proved: read it again."""
    named = _numbers(ids)
    room = room_of(facts, session)
    known = named & room.mine
    unknown = {one for one in named - known if one > room.read_up_to}
    events: tuple[Event, ...] = ()
    if known:
        facts = with_room(facts, session, mine=room.mine - known)
        facts, events = _moved(facts, session, known, person)
    if not named or unknown:
        events = (*events, Stale(conversation=session))
    return facts, events


def read_by_self(facts: Facts, session: RemoteId, ids: object) -> tuple[Facts, tuple[Event, ...]]:
    """Another device of ours has read messages of the others."""
    room = room_of(facts, session)
    named = _numbers(ids)
    known = {one for one in named if one <= own_of(facts).newest.get(session, 0)}
    if not known:
        return facts, (Stale(),)  # the list of sessions has the unread number
    facts = with_room(facts, session, theirs=room.theirs - known)
    event = ReadSeen(
        conversation=session,
        person_id=facts.account.user_id,
        by_self=True,
        cursor=translate.cursor(max(known)),
    )
    return facts, (event,)


def _numbers(ids: object) -> set[int]:
    found = (translate.number(one) for one in loose.listing(ids)[: 2 * limits.KNOWN_IDS])
    return {one for one in found if one is not None}
