"""Socket events of the marketplace platform as domain events. Whatever a packet holds, nothing raises.

The server tells everybody everything that happens over REST: what names neither our account as sender nor as
recipient is dropped before anything else looks at it. Source: wire specification, sections 5.3, 7 and 8.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatdesk.domain.arrivals import OpenStep, Packet, Reading
from chatdesk.domain.events import Dropped, Event, PresenceSeen, ReadSeen, Stale, TypingSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshLists
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import PresenceState, Source
from chatdesk.platforms import replies
from chatdesk.platforms.marketplace import history, limits, lists, people, relays, sends, translate
from chatdesk.platforms.marketplace.state import Mode, mode_of, own_of, party_of, with_party
from chatdesk.platforms.marketplace.translate import person, remote_id
from chatdesk.platforms.memory import learnt, with_learnt, with_own
from chatdesk.wire.marketplace import names

Open = tuple[OpenStep, ...]
LEARNT_ONLINE = "probe.online_users"
LEARNT_AWAY = "probe.update_status"
_CLIENT_ID_CHARS = 32


def read(packet: Packet, open_steps: Open, facts: Facts) -> Reading:
    """What one event of the socket means."""
    if packet.event == names.EVENT_DELIVERED:
        return sends.delivered(packet, open_steps, facts)
    reader = _READERS.get(packet.event)
    if reader is None:
        return Reading(facts, (Dropped(reason="unknown_event" if packet.event else "malformed"),))
    return reader(packet.args[0] if packet.args else None, open_steps, facts)


def _malformed(facts: Facts) -> Reading:
    return Reading(facts, (replies.MALFORMED,))


# -- messages ----------------------------------------------------------------------------------------------


def _ours(payload: Any, facts: Facts) -> Reading | None:
    """The reading of what is none of our business, or is nothing; None: it is ours."""
    if not isinstance(payload, dict):
        return _malformed(facts)
    sender, recipient = translate.parties(payload)
    me = facts.account.user_id
    if me and me in {sender, recipient}:
        return None
    if sender is None and recipient is None and not translate.remote_id(payload.get("_id")):
        return _malformed(facts)
    return Reading(facts, (replies.FOREIGN,))


def _new_message(payload: Any, open_steps: Open, facts: Facts) -> Reading:
    others = _ours(payload, facts)
    if others is not None:
        return others
    sender, recipient = translate.parties(payload)
    if relays.is_relay(payload):
        if sender is None:
            return _malformed(facts)
        reading = relays.came(payload, sender, recipient, facts)
        return _alive_by(reading, sender)
    record = translate.record(payload, facts.account, Source.PUSH)
    if record is None:
        return _malformed(facts)
    was = mode_of(facts)
    party = record.seen.conversation
    there = people.there(facts, party) if party not in own_of(facts).parties else ()
    facts = sends.stored_seen(facts, record)
    walk = _lists_read_by(open_steps, facts)
    if record.unread and walk is not None:
        facts = with_own(facts, pushed={**own_of(facts).pushed, record.seen.remote_id: walk})
    told: tuple[Event, ...] = people.told_anew(facts) if was is Mode.LIVE_ONLY else ()
    conversation = people.seen(facts, party, activity_at_us=record.seen.sent_at_us)
    shown = Reading(facts, (*told, conversation, record.seen, *there))
    return shown if record.seen.own else _alive_by(shown, record.seen.sender_id)


def _lists_read_by(open_steps: Open, facts: Facts) -> int | None:
    """The goal that is reading the lists: what they number may include what is pushed meanwhile, or not."""
    tokens = [one.goal.token for one in open_steps if isinstance(one.goal.kind, FreshLists)]
    tokens += [token for token, one in own_of(facts).progress.items() if isinstance(one.data, lists.Walk)]
    return tokens[0] if tokens else None


def _updated(payload: Any, _open: Open, facts: Facts) -> Reading:
    """`message_updated`: a stored record, after somebody has read it."""
    others = _ours(payload, facts)
    if others is not None:
        return others
    record = translate.record(payload, facts.account, Source.PUSH)
    if record is None:
        return _malformed(facts)
    seen = record.seen
    party = seen.conversation
    if seen.own:
        return Reading(facts, history.receipts(party, (record,)))
    if record.unread:
        return Reading(facts)
    return Reading(*read_by_us(facts, party, seen.remote_id, seen.cursor))


def read_by_us(
    facts: Facts, party: RemoteId, message: RemoteId, cursor: Any
) -> tuple[Facts, tuple[Event, ...]]:
    """One message was read by this account, here or on another device."""
    unread = {one: at for one, at in party_of(facts, party).unread.items() if one != message}
    facts = with_party(facts, party, unread=unread)
    mark = ReadSeen(conversation=party, person_id=facts.account.user_id, by_self=True, cursor=cursor)
    return facts, (mark,)


def _read(payload: Any, _open: Open, facts: Facts) -> Reading:
    """`message_read` names no parties when the server itself tells it: only our own messages count."""
    if not isinstance(payload, dict):
        return _malformed(facts)
    message, reader, me = payload.get("message_id"), person(payload.get("reader_id")), facts.account.user_id
    if not isinstance(message, str) or not message or reader is None:
        return _malformed(facts)
    own = own_of(facts)
    if reader == me:
        # What we have read ourselves; the record that was updated tells it with its place.
        ours = message in own.theirs or person(payload.get("recipient_id")) == me
        return Reading(facts, () if ours else (replies.FOREIGN,))
    for name in (RemoteId(message), relays.key(me, message)):
        party = own.mine.get(name)
        if party is not None and party == reader:
            return Reading(*_receipt(facts, party, name))
    if person(payload.get("recipient_id")) == me and _is_client_id(message) and reader in own.parties:
        # Of a relay that an earlier run has sent: the store knows whether there is such a message.
        return Reading(*_receipt(facts, reader, relays.key(me, message)))
    return Reading(facts, (replies.FOREIGN,))


def _receipt(facts: Facts, party: RemoteId, message: RemoteId) -> tuple[Facts, tuple[Event, ...]]:
    return facts, (ReadSeen(conversation=party, person_id=party, by_self=False, ids=(message,)),)


def _is_client_id(message: str) -> bool:
    return len(message) == _CLIENT_ID_CHARS and all(one in "0123456789abcdef" for one in message)


# -- typing and presence -----------------------------------------------------------------------------------


def _typing(payload: Any, _open: Open, facts: Facts) -> Reading:
    """Who types is whatever the sender has put in; without it nobody can tell."""
    if not isinstance(payload, dict):
        return _malformed(facts)
    sender, recipient = translate.parties(payload)
    on = payload.get("is_typing")
    if recipient is not None and recipient != facts.account.user_id:
        return Reading(facts, (replies.FOREIGN,))
    if sender is None or not isinstance(on, bool):
        return _malformed(facts)
    if sender == facts.account.user_id:
        return Reading(facts)
    known = party_of(facts, sender)
    name = known.name or known.kind or sender
    seen = TypingSeen(conversation=sender, person_id=sender, name=name, on=on)
    return _alive_by(Reading(facts, (seen,)), sender)


def _alive_by(reading: Reading, who: RemoteId) -> Reading:
    """The reading of something that proves that somebody is there."""
    if who == reading.facts.account.user_id:
        return reading
    facts, seen = _present(reading.facts, who, there=True)
    return Reading(facts, (*reading.events, *seen), reading.verdicts)


def _present(facts: Facts, who: RemoteId, *, there: bool) -> tuple[Facts, tuple[Event, ...]]:
    """Remember in memory; tell only of those we talk to."""
    held = own_of(facts).alive
    if held.get(who) is not there:
        kept = {one: state for one, state in held.items() if one != who}
        if len(kept) >= limits.PEOPLE:
            kept = dict(list(kept.items())[-limits.PEOPLE // 2 :])
        facts = with_own(facts, alive={**kept, who: there})
    return facts, people.there(facts, who) if who in own_of(facts).parties else ()


def _status(payload: Any, _open: Open, facts: Facts) -> Reading:
    """Somebody came or went; of our own id: another device did."""
    if not isinstance(payload, dict):
        return _malformed(facts)
    who, status = person(payload.get("userId")), payload.get("status")
    if who is None or not isinstance(status, str) or status not in names.PRESENT | names.ABSENT:
        return _malformed(facts)
    if who == facts.account.user_id:
        # Relays go to the newest registration only: ours is to be renewed, at the next upkeep at the latest.
        return Reading(with_own(facts, displaced=True), (Stale(),))
    facts, events = _present(facts, who, there=status in names.PRESENT)
    return Reading(_found(facts, LEARNT_AWAY) if status == names.STATUS_AWAY else facts, events)


def _found(facts: Facts, key: str) -> Facts:
    """The facts after something came that was only promised: remembered for a day."""
    return facts if learnt(facts, key) else with_learnt(facts, key, "yes", limits.PROBED_US)


def _online_users(payload: Any, _open: Open, facts: Facts) -> Reading:
    """Promised, never seen: everybody who is there, at any time."""
    if not isinstance(payload, list):
        return _malformed(facts)
    here = {found for one in payload[: limits.PEOPLE] if (found := _whose(one)) is not None}
    before = own_of(facts).alive
    facts = with_own(facts, alive=dict.fromkeys((one for one in before if one not in here), False))
    events: list[Event] = []
    for who in sorted(here - {facts.account.user_id}):
        facts, told = _present(facts, who, there=True)
        events += told
    for who in sorted(one for one in own_of(facts).parties if one not in here):
        state = PresenceState.OFFLINE
        events.append(PresenceSeen(person_id=who, state=state, conversation=who))
    return Reading(_found(facts, LEARNT_ONLINE), tuple(events))


def _whose(value: Any) -> RemoteId | None:
    """An id alone, or in an object under one of the names that the platform uses."""
    if isinstance(value, dict):
        return remote_id(value.get("userId")) or person(value)
    return remote_id(value)


def _came_or_went(payload: Any, facts: Facts, *, there: bool) -> Reading:
    who = _whose(payload)
    if who is None:
        return _malformed(facts)
    if who == facts.account.user_id:
        return Reading(facts)
    facts, events = _present(facts, who, there=there)
    return Reading(facts, events)


def _joined(payload: Any, _open: Open, facts: Facts) -> Reading:
    return _came_or_went(payload, facts, there=True)


def _left(payload: Any, _open: Open, facts: Facts) -> Reading:
    return _came_or_went(payload, facts, there=False)


_READERS: dict[str, Callable[[Any, Open, Facts], Reading]] = {
    names.EVENT_NEW_MESSAGE: _new_message,
    names.EVENT_UPDATED: _updated,
    names.EVENT_READ: _read,
    names.EVENT_TYPING: _typing,
    names.EVENT_STATUS: _status,
    names.EVENT_STATUS_TOLD: _status,
    names.EVENT_ONLINE_USERS: _online_users,
    names.EVENT_USER_JOINED: _joined,
    names.EVENT_USER_LEFT: _left,
}
