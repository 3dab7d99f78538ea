"""Socket events of the Fakomame platform as domain events and verdicts; nothing that a packet holds raises.

Presence is told of the whole platform and per socket: only people of our chats count, and only as a hint.
Typing is told by anybody of any chat: only those who take part in it are believed. Source: wire
specification, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatdesk.domain.arrivals import OpenStep, Packet, Reading
from chatdesk.domain.events import Dropped, Event, PresenceSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import MessageKind, PresenceState, Source
from chatdesk.platforms import loose, replies
from chatdesk.platforms.fakomame import history, lane, orders, sends, translate
from chatdesk.platforms.fakomame.state import own_of, room_of, with_people
from chatdesk.platforms.memory import with_own
from chatdesk.wire.fakomame import names

Fields = Mapping[str, Any]
Open = tuple[OpenStep, ...]


def read(packet: Packet, open_steps: Open, facts: Facts) -> Reading:
    """What one event of the socket means."""
    reader = _READERS.get(packet.event)
    if reader is None:
        reason = "unknown_event" if packet.event else "malformed"
        return Reading(facts, (Dropped(reason=reason),))
    return reader(loose.mapping(packet.args[0] if packet.args else None), open_steps, facts)


def _joined(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    """The newest messages of a chat. Without an id, or unasked, they are other people's."""
    chat = translate.remote_id(fields.get("chatId"))
    records = fields.get("messages")
    if chat is None:
        return Reading(facts, (replies.FOREIGN if isinstance(records, list) else replies.MALFORMED,))
    if not lane.is_asked_for(chat, open_steps, facts):
        return Reading(facts, (replies.FOREIGN,))
    facts, verdicts = lane.joined(chat, open_steps, facts)
    events: tuple[Event, ...] = (replies.MALFORMED,)
    if isinstance(records, list):
        facts, _, events = history.told(records, chat, facts)
    return Reading(facts, events, verdicts)


def _message(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    """A message in its short form: no file comes with it, so what is no text is read again."""
    seen = translate.message(fields, facts.account, Source.PUSH)
    if seen is None:
        return Reading(facts, (replies.MALFORMED,))
    facts, verdicts = sends.echoed(seen, open_steps, facts)
    events: list[Event] = list(history.as_events(seen))
    if not seen.own and seen.sender_id:
        facts = with_people(facts, seen.conversation, {seen.sender_id: seen.sender_name})
        facts, stopped = lane.typed(facts, seen.conversation, seen.sender_id, on=False)
        events += stopped
    if seen.kind is not MessageKind.TEXT:
        events.append(Stale(conversation=seen.conversation))
    return Reading(facts, tuple(events), verdicts)


def _typing(fields: Fields, facts: Facts, *, on: bool) -> Reading:
    chat, person = translate.remote_id(fields.get("chatId")), translate.remote_id(fields.get("userId"))
    if chat is None or person is None:
        return Reading(facts, (replies.MALFORMED,))
    if person == facts.account.user_id:  # another device of ours
        return Reading(facts)
    if person not in room_of(facts, chat).people:
        return Reading(facts, (replies.FOREIGN,))
    return Reading(*lane.typed(facts, chat, person, on=on))


def _typing_start(fields: Fields, _open: Open, facts: Facts) -> Reading:
    return _typing(fields, facts, on=True)


def _typing_stop(fields: Fields, _open: Open, facts: Facts) -> Reading:
    return _typing(fields, facts, on=False)


def _online(fields: Fields, _open: Open, facts: Facts) -> Reading:
    return _presence(fields, facts, PresenceState.ONLINE)


def _offline(fields: Fields, _open: Open, facts: Facts) -> Reading:
    return _presence(fields, facts, PresenceState.OFFLINE)


def _presence(fields: Fields, facts: Facts, state: PresenceState) -> Reading:
    """One socket of somebody came or went. Strangers and our own other devices are no news."""
    person = translate.remote_id(fields.get("userId"))
    if person is None:
        return Reading(facts, (replies.MALFORMED,))
    chats = orders.rooms_of(person, facts)
    if person == facts.account.user_id or not chats:
        return Reading(facts)
    here = own_of(facts).here
    there = state is PresenceState.ONLINE
    facts = with_own(facts, here=here | {person} if there else here - {person})
    events: list[Event] = []
    for chat in chats:
        if not there:  # who goes says no more that the typing has ended; told first, as it is a sign of life
            facts, stopped = lane.typed(facts, chat, person, on=False)
            events += stopped
        events.append(PresenceSeen(person_id=person, state=state, conversation=chat))
    return Reading(facts, tuple(events))


def _error(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    words = loose.words(fields.get("message"))
    return lane.error(words, open_steps, facts) if words else Reading(facts, (replies.MALFORMED,))


_READERS: dict[str, Callable[[Fields, Open, Facts], Reading]] = {
    names.EVENT_JOINED: _joined,
    names.EVENT_MESSAGE: _message,
    names.EVENT_TYPING_START: _typing_start,
    names.EVENT_TYPING_STOP: _typing_stop,
    names.EVENT_ONLINE: _online,
    names.EVENT_OFFLINE: _offline,
    names.EVENT_ERROR: _error,
}
