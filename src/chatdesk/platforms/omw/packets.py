"""Socket events of the OMW platform as domain events and verdicts. Whatever a packet holds, nothing raises.

Source: wire specification, section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatdesk.domain.arrivals import OpenStep, Packet, Reading
from chatdesk.domain.events import Dropped, Event, PresenceSeen, Stale, TypingSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import MessageKind, PresenceState, Source
from chatdesk.platforms import loose, replies
from chatdesk.platforms.memory import with_own
from chatdesk.platforms.omw import (
    chats,
    echoes,
    history,
    lane,
    marks,
    offers,
    sends,
    sessions,
    translate,
    zones,
)
from chatdesk.platforms.omw.state import own_of
from chatdesk.wire.omw import names

Fields = Mapping[str, Any]
Open = tuple[OpenStep, ...]
_MOST_TYPERS = 500


def read(packet: Packet, open_steps: Open, facts: Facts) -> Reading:
    """What one event of the socket means."""
    reader = _READERS.get(packet.event)
    if reader is None:
        reason = "unknown_event" if packet.event else "malformed"
        return Reading(facts, (Dropped(reason=reason),))
    return reader(loose.mapping(packet.args[0] if packet.args else None), open_steps, facts)


def _malformed(facts: Facts) -> Reading:
    return Reading(facts, (replies.MALFORMED,))


def _session(fields: Fields) -> RemoteId | None:
    """The session of an event: number or text, as the other client has sent it."""
    return translate.remote_id(fields.get("sessionId"))


# -- messages ----------------------------------------------------------------------------------------------


def _new_message(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    record = translate.message(fields, facts.account, Source.PUSH, zones.offset_us(facts))
    if record is None:
        return _malformed(facts)
    seen = record.seen
    if seen.kind is MessageKind.AUDIO:
        facts = offers.saw(facts, offers.AUDIO)
    facts = zones.heard(facts, record.number, fields.get("created_at"))
    places = not sends.may_be_echo(record, open_steps)
    if not places:
        facts = echoes.heard(facts, record.number)
    facts, told = marks.noted(facts, seen.conversation, [record], stored=False, places=places)
    events: list[Event] = [seen, *told]
    if not seen.own and seen.sender_id:
        facts, stopped = _typed(facts, seen.conversation, seen.sender_id, seen.sender_name, on=False)
        events += stopped
    facts, asks = zones.wanted(facts, seen.conversation)
    if asks:
        events.append(Stale(conversation=seen.conversation))
    return Reading(facts, tuple(events))


def _message_sent(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    return sends.sent(_session(fields), translate.number(fields.get("messageId")), open_steps, facts)


def _chat_history(fields: Fields, _open: Open, facts: Facts) -> Reading:
    session = _session(fields)
    if session is None or not isinstance(fields.get("messages"), list):
        return _malformed(facts)
    facts, _page, events = history.records_of(loose.listing(fields.get("messages")), session, facts)
    return Reading(facts, events)


# -- rooms -------------------------------------------------------------------------------------------------


def _joined(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    session = _session(fields)
    return _malformed(facts) if session is None else lane.joined(session, open_steps, facts)


def _left(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    session = _session(fields)
    return _malformed(facts) if session is None else chats.left(session, open_steps, facts)


def _somebody_joined(fields: Fields, _open: Open, facts: Facts) -> Reading:
    """Every join is announced, each time: it says nothing of presence."""
    return _malformed(facts) if _session(fields) is None else Reading(facts)


def _somebody_left(fields: Fields, _open: Open, facts: Facts) -> Reading:
    session, person = _session(fields), translate.remote_id(fields.get("userId"))
    if session is None or person is None:
        return _malformed(facts)
    facts, stopped = _typed(facts, session, person, loose.line(fields.get("userName"), 120), on=False)
    return Reading(facts, stopped)


# -- typing, reading, presence -----------------------------------------------------------------------------


def _user_typing(fields: Fields, _open: Open, facts: Facts) -> Reading:
    session, person = _session(fields), translate.remote_id(fields.get("userId"))
    on = fields.get("isTyping")
    if session is None or person is None or not isinstance(on, bool):
        return _malformed(facts)
    if person == facts.account.user_id:  # another device of ours
        return Reading(facts)
    facts, events = _typed(facts, session, person, loose.line(fields.get("userName"), 120), on=on)
    return Reading(facts, events)


def _typed(
    facts: Facts, session: RemoteId, person: RemoteId, name: str, *, on: bool
) -> tuple[Facts, tuple[Event, ...]]:
    """Only who has begun can stop: the event of stopping is not checked, and may come from a stranger."""
    held = own_of(facts).typers
    key = (session, person)
    if not on and key not in held:
        return facts, ()
    kept = held if len(held) < _MOST_TYPERS else frozenset()
    facts = with_own(facts, typers=kept | {key} if on else held - {key})
    return facts, (TypingSeen(conversation=session, person_id=person, name=name or person, on=on),)


def _messages_read(fields: Fields, _open: Open, facts: Facts) -> Reading:
    session, person = _session(fields), translate.remote_id(fields.get("readerId"))
    if session is None or person is None:
        return _malformed(facts)
    ids = fields.get("messageIds")
    if person == facts.account.user_id:
        return Reading(*marks.read_by_self(facts, session, ids))
    return Reading(*marks.read_by_peer(facts, session, person, ids))


def _user_status(fields: Fields, _open: Open, facts: Facts) -> Reading:
    """Promised by the documents, never seen: any of the likely shapes will do."""
    person = translate.remote_id(fields.get("userId"))
    online = fields.get("isOnline", fields.get("status"))
    if isinstance(online, str):
        online = {"online": True, "offline": False}.get(online.casefold())
    if person is None or online not in (True, False):
        return _malformed(facts)
    facts = offers.saw(facts, offers.USER_STATUS)
    if person == facts.account.user_id:
        return Reading(facts)
    state = PresenceState.ONLINE if online else PresenceState.OFFLINE
    at_us = zones.moment_us(fields.get("lastSeen"), zones.offset_us(facts))
    seen = PresenceSeen(person_id=person, state=state, conversation=_session(fields), at_us=at_us)
    return Reading(facts, (seen,))


# -- bookings ----------------------------------------------------------------------------------------------


def _booking_status(fields: Fields, _open: Open, facts: Facts) -> Reading:
    booking = translate.remote_id(fields.get("booking_id"))
    if booking is None:
        return _malformed(facts)
    if booking not in own_of(facts).statuses:  # somebody else's, or news: the lists tell
        return Reading(facts, (Stale(),))
    facts = offers.saw(facts, offers.STATUS_PUSH)
    status = translate.status_of(fields.get("status"))
    if status is None:
        return Reading(facts, (Stale(order_number=booking),))
    facts = sessions.with_status(facts, booking, status)
    return Reading(facts, (translate.with_status(booking, status), Stale()))


def _lists(_fields: Fields, _open: Open, facts: Facts) -> Reading:
    return Reading(facts, (Stale(),))


def _movement(fields: Fields, _open: Open, facts: Facts) -> Reading:
    """A ride under way: where the driver is, and when he will be there. Only of bookings that are ours."""
    booking = translate.remote_id(fields.get("booking_id"))
    if booking is None:
        return _malformed(facts)
    if booking not in own_of(facts).statuses:
        return Reading(facts, (Dropped(reason="foreign"),))
    seen = translate.position(fields, booking, facts.now_us)
    if seen is None:  # how far the ride has come, without a place
        return Reading(facts) if "location" not in fields else _malformed(facts)
    return Reading(offers.saw(facts, offers.LIVE_POSITION), (seen,))


def _error(fields: Fields, open_steps: Open, facts: Facts) -> Reading:
    words = loose.words(fields.get("message"))
    return lane.error(words, open_steps, facts) if words else _malformed(facts)


_READERS: dict[str, Callable[[Fields, Open, Facts], Reading]] = {
    names.EVENT_NEW_MESSAGE: _new_message,
    names.EVENT_MESSAGE_SENT: _message_sent,
    names.EVENT_HISTORY: _chat_history,
    names.EVENT_JOINED: _joined,
    names.EVENT_LEFT: _left,
    names.EVENT_USER_JOINED: _somebody_joined,
    names.EVENT_USER_LEFT: _somebody_left,
    names.EVENT_TYPING: _user_typing,
    names.EVENT_READ: _messages_read,
    names.EVENT_USER_STATUS: _user_status,
    names.EVENT_ERROR: _error,
    **dict.fromkeys(names.EVENTS_OF_STATUS, _booking_status),
    **dict.fromkeys((*names.EVENTS_OF_LISTS, *names.EVENTS_OF_TRIPS), _lists),
    **dict.fromkeys(names.EVENTS_OF_MOVEMENT, _movement),
}
