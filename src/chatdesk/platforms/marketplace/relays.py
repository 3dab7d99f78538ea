"""Messages that another client hands over by the socket: unproven, stored nowhere, of any shape at all.

The server passes on whatever it is given, so nothing in it is more than a claim. A relay is known by who
claims to have sent it and by the id that it gives itself; one that names a stored record is a copy of that.
The moment of arrival places it: its own time is whatever the sender wrote. Source: wire specification,
sections 2.4, 6.1 and 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatdesk.domain.arrivals import Reading
from chatdesk.domain.events import Dropped, Event, MessageSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, Source
from chatdesk.platforms import loose, replies
from chatdesk.platforms.marketplace import limits, people, translate
from chatdesk.platforms.marketplace.state import (
    Relayed,
    own_of,
    party_of,
    remembered,
    with_kind_kept,
    with_party,
)
from chatdesk.platforms.marketplace.translate import kind_of, remote_id
from chatdesk.platforms.memory import fingerprint, with_own

Fields = Mapping[str, Any]
CONFLICT = Dropped(reason="changed_copy")
CROWD = Dropped(reason="too_many_strangers")


def key(sender: RemoteId, message: str) -> RemoteId:
    """The id of a relayed message here: who sends may only ever name messages of their own."""
    return RemoteId(f"{sender}/{message}")


def is_relay(fields: Fields) -> bool:
    """Whether a `new_message` was handed over by a client.

    What the server itself tells everybody names its recipient as an object (or null); a relay with an object
    there finds nobody.
    """
    recipient = fields.get("recipient_id")
    return not (recipient is None or isinstance(recipient, dict)) or remote_id(fields.get("_id")) is None


def next_us(facts: Facts) -> tuple[Facts, int]:
    """A moment for one relayed message: later than that of the one before."""
    at_us = max(facts.now_us, own_of(facts).last_us + 1)
    return with_own(facts, last_us=at_us), at_us


def came(fields: Fields, sender: RemoteId, recipient: RemoteId | None, facts: Facts) -> Reading:
    """One relayed message that names us as sender or recipient."""
    me = facts.account.user_id
    own = sender == me
    party = recipient if own else sender
    text = loose.text(fields.get("message"))
    if party is None or not text:  # to a room, or nothing that could be shown
        return Reading(facts, (replies.MALFORMED,))
    name, words = _identity(fields, text)
    before = own_of(facts).relays.get((sender, name))
    again = before is not None and (
        not name.startswith("~") or facts.now_ms - before.at_ms <= limits.TWICE_MS
    )
    if before is not None and again:
        return Reading(facts, () if before.words == words else (CONFLICT,))
    stored = remote_id(fields.get("_id")) or (remote_id(name) if _is_known(facts, name) else None)
    if stored is not None and _is_known(facts, stored):
        return Reading(facts)  # a copy of what is here, from somebody who sends twice
    if party not in own_of(facts).parties:
        if own_of(facts).strangers >= limits.STRANGERS:
            return Reading(facts, (CROWD,))
        facts = with_own(facts, strangers=own_of(facts).strangers + 1)
    facts, at_us = next_us(facts)
    found = stored or key(sender, f"~{at_us}" if name.startswith("~") else name)
    held = dict(list(own_of(facts).relays.items())[-limits.RELAYS :])
    facts = with_own(facts, relays={**held, (sender, name): Relayed(found, words, facts.now_ms)})
    return _shown(fields, party, found, at_us, facts)


def _shown(fields: Fields, party: RemoteId, found: RemoteId, at_us: int, facts: Facts) -> Reading:
    sender, _recipient = translate.parties(fields)
    me = facts.account.user_id
    own = sender == me
    cursor = Cursor(f"{at_us:016d}")
    kind = kind_of(fields.get("recipient_type" if own else "sender_type"))
    news: tuple[Event, ...] = people.there(facts, party) if party not in own_of(facts).parties else ()
    if kind and not party_of(facts, party).kind:
        facts = with_kind_kept(facts, party, kind)
    known = party_of(facts, party)
    unread = known.unread if own else {**known.unread, found: cursor}
    facts = with_party(facts, party, unread=dict(list(unread.items())[-limits.UNREAD_IDS :]))
    if own:
        facts = remembered(facts, mine={found: party})
    seen = MessageSeen(
        conversation=party,
        remote_id=found,
        cursor=cursor,
        sender_id=me if own else party,
        sender_name=facts.account.name if own else known.name,
        own=own,
        kind=MessageKind.TEXT,
        text=loose.text(fields.get("message")) or "",
        sent_at_us=at_us,
        source=Source.RELAY,
        extras=translate.extras(fields),
    )
    named = known.name or known.asked == facts.epoch
    if not named:
        news = (*news, Stale())  # the lists look the name up
    return Reading(facts, (people.seen(facts, party, activity_at_us=at_us), seen, *news))


def _identity(fields: Fields, text: str) -> tuple[str, str]:
    """Under which name a relay is known, and what it said. Without an id its words are all there is."""
    subject = loose.text(fields.get("subject"), 1_000) or ""
    words = fingerprint(f"{subject}\x00{text}")
    given = fields.get("_id") if remote_id(fields.get("_id")) else fields.get("id")
    name = loose.identifier(given)
    if name is None:
        written = loose.text(given, 1_000)
        name = f"x{fingerprint(written)}" if written else f"~{words}"
    return name, words


def _is_known(facts: Facts, message: str) -> bool:
    own = own_of(facts)
    return RemoteId(message) in own.theirs or RemoteId(message) in own.mine
