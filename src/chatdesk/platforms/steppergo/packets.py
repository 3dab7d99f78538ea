"""Socket events of the StepperGO platform as domain events and verdicts. Nothing raises.

Source: wire specification, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatdesk.domain.arrivals import OpenStep, Packet, Reading
from chatdesk.domain.events import Dropped, Event, ReadSeen, Stale, TypingSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.domain.steps import STREAM_ENDED, STREAM_EVENT
from chatdesk.platforms import loose, replies
from chatdesk.platforms.memory import with_own
from chatdesk.platforms.steppergo import answers, ids, lane, limits, notices, sends, translate, watch
from chatdesk.platforms.steppergo.state import Person, own_of, trip_of, with_trip
from chatdesk.wire.steppergo import names

Fields = Mapping[str, Any]
Open = tuple[OpenStep, ...]


def read(packet: Packet, open_steps: Open, facts: Facts) -> Reading:
    """What one event of the socket, or of a stream, means."""
    if packet.event == STREAM_EVENT:
        return watch.streamed(packet.args, facts)
    if packet.event == STREAM_ENDED:
        return watch.stream_ended(packet.args, facts)
    reader = _READERS.get(packet.event)
    if reader is None:
        reason = "unknown_event" if packet.event else "malformed"
        return Reading(facts, (Dropped(reason=reason),))
    return reader(loose.mapping(packet.args[0] if packet.args else None), open_steps, facts)


def _malformed(facts: Facts) -> Reading:
    return Reading(facts, (replies.MALFORMED,))


def _place(fields: Fields, facts: Facts) -> tuple[RemoteId | None, RemoteId | None]:
    """(the platform's conversation, its trip) of an event; None: not said, or not known here."""
    conversation = answers.remote_id(fields.get("conversationId"))
    if conversation is None:
        return None, None
    return conversation, own_of(facts).by_conversation.get(conversation)


# -- messages ----------------------------------------------------------------------------------------------


def _new_message(fields: Fields, _open: Open, facts: Facts) -> Reading:
    conversation, trip = _place(fields, facts)
    if conversation is None or answers.remote_id(fields.get("id")) is None:
        return _malformed(facts)
    if trip is None:  # only rooms that we have joined are pushed, so it is none of ours
        return Reading(facts, (replies.FOREIGN,))
    record = translate.message(fields, facts, Source.PUSH, trip)
    if record is None:
        return _malformed(facts)
    if record.hidden:
        return Reading(facts, (Stale(conversation=trip),))
    seen = record.seen
    facts = ids.pushed(facts, seen)
    events: list[Event] = [seen]
    if not seen.own and seen.sender_id:
        role = loose.line(loose.mapping(fields.get("sender")).get("role"), 40).lower()
        facts = _met(facts, trip, seen.sender_id, Person(seen.sender_name, role))
        facts, stopped = _stopped(facts, seen.sender_id)
        events += stopped
    return Reading(facts, tuple(events))


def _message_sent(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    temp = fields.get("tempId")
    message = answers.remote_id(fields.get("messageId"))
    return sends.sent(message, temp if isinstance(temp, str) else None, open_steps, facts)


def _met(facts: Facts, trip: RemoteId, user: RemoteId, person: Person) -> Facts:
    """Who writes in a conversation takes part in it."""
    people = trip_of(facts, trip).people
    if user in people or len(people) >= limits.MOST_PEOPLE:
        return facts
    return with_trip(facts, trip, people={**people, user: person})


# -- rooms and reading -------------------------------------------------------------------------------------


def _joined(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    trip = answers.remote_id(fields.get("tripId"))
    conversation = answers.remote_id(fields.get("conversationId"))
    if trip is None or conversation is None:
        return _malformed(facts)
    return lane.joined(trip, conversation, open_steps, facts)


def _messages_read(fields: Fields, _open: Open, facts: Facts) -> Reading:
    """X has read everything so far. In a group the first who does makes it read for all; it may repeat."""
    conversation, trip = _place(fields, facts)
    user = answers.remote_id(fields.get("userId"))
    if conversation is None or user is None:
        return _malformed(facts)
    if trip is None:
        return Reading(facts, (replies.FOREIGN,))
    by_self = user == facts.account.user_id  # another device of ours
    return Reading(facts, (ReadSeen(conversation=trip, person_id=user, by_self=by_self),))


# -- typing ------------------------------------------------------------------------------------------------


def _places(user: RemoteId, facts: Facts) -> list[RemoteId]:
    """The joined conversations that have somebody in them."""
    trips = own_of(facts).trips.items()
    return [trip for trip, known in trips if known.joined == facts.epoch and user in known.people]


def _stranger(facts: Facts) -> tuple[Event, ...]:
    """Somebody who is in no joined conversation: somebody else's matter, once it is known who is in each."""
    trips = own_of(facts).trips.values()
    known = all(one.read_epoch == facts.epoch for one in trips if one.joined == facts.epoch)
    return (replies.FOREIGN,) if known else ()


def _typing(fields: Fields, _open: Open, facts: Facts) -> Reading:
    """Somebody types, and no word of where: shown only if one joined conversation alone has them in it.

    Nobody checks who emits it to which conversation, so what has no such place is shown nowhere; of people
    who are in none of ours it is somebody else's.
    """
    user = answers.remote_id(fields.get("userId"))
    if user is None:
        return _malformed(facts)
    if user == facts.account.user_id:
        return Reading(facts)
    places = _places(user, facts)
    if len(places) != 1:
        facts, stopped = _stopped(facts, user)
        return Reading(facts, stopped if places else (*stopped, *_stranger(facts)))
    (trip,) = places
    facts, stopped = (facts, ()) if own_of(facts).typers.get(user) == trip else _stopped(facts, user)
    typers = own_of(facts).typers
    if len(typers) < limits.MOST_PEOPLE or user in typers:
        facts = with_own(facts, typers={**typers, user: trip})
    name = loose.line(fields.get("userName"), 120) or trip_of(facts, trip).people[user].name or user
    return Reading(facts, (*stopped, TypingSeen(conversation=trip, person_id=user, name=name, on=True)))


def _typing_over(fields: Fields, _open: Open, facts: Facts) -> Reading:
    user = answers.remote_id(fields.get("userId"))
    if user is None:
        return _malformed(facts)
    elsewhere = user != facts.account.user_id and not _places(user, facts)
    facts, stopped = _stopped(facts, user)
    return Reading(facts, stopped or (_stranger(facts) if elsewhere else ()))


def _stopped(facts: Facts, user: RemoteId) -> tuple[Facts, tuple[Event, ...]]:
    """Somebody no longer types, wherever it was shown."""
    typers = own_of(facts).typers
    trip = typers.get(user)
    if trip is None:
        return facts, ()
    facts = with_own(facts, typers={key: at for key, at in typers.items() if key != user})
    name = trip_of(facts, trip).people.get(user, Person("", "")).name or user
    return facts, (TypingSeen(conversation=trip, person_id=user, name=name, on=False),)


# -- trips -------------------------------------------------------------------------------------------------


def _trip_changed(fields: Fields, _open: Open, facts: Facts) -> Reading:
    """Seats, bookings, the status: a hint to read the trip; a push may tell what was never stored."""
    trip = answers.remote_id(fields.get("tripId"))
    if trip is None:
        return _malformed(facts)
    return Reading(facts, (watch.hint(trip, facts),))


def _lists(_fields: Fields, _open: Open, facts: Facts) -> Reading:
    return Reading(with_own(facts, all_lists_ms=0), (Stale(),))


def _subscribed(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    return watch.subscribed(fields, open_steps, facts)


def _position(fields: Fields, _open: Open, facts: Facts) -> Reading:
    return watch.position(fields, facts)


def _notified(fields: Fields, _open: Open, facts: Facts) -> Reading:
    return notices.pushed(fields, facts)


def _nothing(_fields: Fields, _open: Open, facts: Facts) -> Reading:
    return Reading(facts)


def _error(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    words = loose.words(fields.get("message"))
    return lane.error(words, open_steps, facts) if words else _malformed(facts)


_READERS: dict[str, Callable[[Fields, Open, Facts], Reading]] = {
    names.EVENT_NEW: _new_message,
    names.EVENT_SENT: _message_sent,
    names.EVENT_JOINED: _joined,
    names.EVENT_READ: _messages_read,
    names.EVENT_TYPING_START: _typing,
    names.EVENT_TYPING_STOP: _typing_over,
    names.EVENT_ERROR: _error,
    names.EVENT_HEARTBEAT: _nothing,
    names.EVENT_SUBSCRIBED: _subscribed,
    names.EVENT_STATUS: _trip_changed,
    names.EVENT_POSITION: _position,
    **dict.fromkeys(names.EVENTS_OF_TRIPS, _trip_changed),
    **dict.fromkeys(names.EVENTS_OF_LISTS, _lists),
    **dict.fromkeys(names.EVENTS_OF_NOTICES, _notified),
    **dict.fromkeys(names.EVENTS_WITHOUT_NEWS, _nothing),
}
