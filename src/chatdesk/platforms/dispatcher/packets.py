"""Socket events of the dispatcher platform as domain events. Whatever a packet holds, nothing raises.

Source: wire specification, sections 7, 9 and 10.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatdesk.domain.arrivals import Packet
from chatdesk.domain.events import (
    Dropped,
    Event,
    MessageSeen,
    Noticed,
    PresenceSeen,
    ReadSeen,
    Stale,
    TypingSeen,
)
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, PresenceState, Source
from chatdesk.platforms import loose, replies
from chatdesk.platforms.dispatcher import limits, orders, translate
from chatdesk.platforms.dispatcher.state import own_of, with_notices
from chatdesk.platforms.memory import with_own
from chatdesk.wire.dispatcher import names, texts

Fields = Mapping[str, Any]
Told = tuple[Facts, tuple[Event, ...]]

_NOTES_OF_MESSAGES = frozenset({"new_message"})
_NOTES_OF_LISTS = frozenset({"order_created", "order_deleted"})
_TITLE_MESSAGE = texts.TITLE_NEW_MESSAGE.partition("{")[0]
_TITLE_FILE = texts.TITLE_NEW_FILE.partition("{")[0]


def read(packet: Packet, facts: Facts) -> Told:
    """What one event of the socket means."""
    reader = _READERS.get(packet.event)
    if reader is None:
        reason = "unknown_event" if packet.event else "malformed"
        return facts, (Dropped(reason=reason),)
    fields = loose.mapping(packet.args[0] if packet.args else None)
    return reader(fields, facts)


def known(facts: Facts, seen: MessageSeen) -> Facts:
    """The facts with the author's e-mail remembered: signals of reading and presence name an id only."""
    people = own_of(facts).people
    if not seen.sender_id or not seen.sender_name or people.get(seen.sender_id) == seen.sender_name:
        return facts
    kept = people if len(people) < limits.PEOPLE else {}
    return with_own(facts, people={**kept, seen.sender_id: seen.sender_name})


def counted(facts: Facts, room: RemoteId, number: int | None) -> tuple[Facts, bool]:
    """The facts with a message's number in its conversation, and whether numbers before it are missing."""
    if number is None:
        return facts, False
    seqs = own_of(facts).seqs
    newest = seqs.get(room)
    if newest is not None and number <= newest:
        return facts, False
    return with_own(facts, seqs={**seqs, room: number}), newest is not None and number > newest + 1


# -- one reader per event ----------------------------------------------------------------------------------


def _new_message(fields: Fields, facts: Facts) -> Told:
    record = fields.get("message")
    room = translate.remote_id(fields.get("orderId"))
    seen = translate.message(record, facts.account, Source.PUSH, room)
    if seen is None:
        return facts, (replies.MALFORMED,)
    events: list[Event] = [seen]
    if not seen.own:
        events += _stopped_typing(seen.conversation, seen.sender_id, seen.sender_name)
    if seen.own and translate.is_read(record):
        events.append(read_by_somebody(seen))
    facts, missed = counted(known(facts, seen), seen.conversation, translate.sequence(record))
    if missed:
        events.append(Stale(conversation=seen.conversation))
    return facts, tuple(events)


def read_by_somebody(seen: MessageSeen) -> ReadSeen:
    """An own message says that it was read, not by whom."""
    return ReadSeen(conversation=seen.conversation, person_id=RemoteId(""), by_self=False, cursor=seen.cursor)


def _stopped_typing(room: RemoteId, person: RemoteId, email: str) -> list[Event]:
    """Who has written or left types no longer, under whichever key the typing came (e-mail or id)."""
    keys = [RemoteId(key) for key in dict.fromkeys((email, person)) if key]
    return [TypingSeen(conversation=room, person_id=key, name=email, on=False) for key in keys]


def _order_updated(fields: Fields, facts: Facts) -> Told:
    update = loose.mapping(fields.get("update"))
    room = translate.remote_id(fields.get("orderId"))
    raw = orders.raw(update.get("order"))
    seen = None if raw is None else orders.kept(raw, facts)
    if seen is None:
        return facts, (replies.MALFORMED,) if room is None else (Stale(conversation=room), replies.MALFORMED)
    if update.get("type") == names.UPDATE_CREATED:
        return facts, (seen, Stale())
    # What happened also stands in the history, as a line that is never pushed.
    events: list[Event] = [seen, Stale(conversation=seen.remote_id)]
    if seen.status not in names.STATUS_LABELS:
        events.append(Stale(order_number=seen.number) if seen.number else Stale())
    return facts, tuple(events)


def _user_typing(fields: Fields, facts: Facts) -> Told:
    room = translate.remote_id(fields.get("orderId"))
    email, person = loose.line(fields.get("email")), translate.remote_id(fields.get("userId"))
    on = fields.get("isTyping")
    if room is None or not isinstance(on, bool) or not (email or person):
        return facts, (replies.MALFORMED,)
    if _is_self(facts, person, email):
        return facts, ()
    name = email or own_of(facts).people.get(person or RemoteId(""), "")
    key = RemoteId(email) if email else person or RemoteId("")
    return facts, (TypingSeen(conversation=room, person_id=key, name=name or key, on=on),)


def _is_self(facts: Facts, person: RemoteId | None, email: str) -> bool:
    """Rooms also carry the signals of this account's other devices."""
    account = facts.account
    if person is not None:
        return person == account.user_id
    return email.casefold() in {account.login.casefold(), account.name.casefold()}


def _message_read(fields: Fields, facts: Facts) -> Told:
    room, person = translate.remote_id(fields.get("orderId")), translate.remote_id(fields.get("userId"))
    if room is None or person is None:
        return facts, (replies.MALFORMED,)
    seen = ReadSeen(
        conversation=room,
        person_id=person,
        by_self=person == facts.account.user_id,
        up_to_us=loose.moment_us(fields.get("timestamp")),
    )
    return facts, (seen,)


def _user_joined(fields: Fields, facts: Facts) -> Told:
    return _presence(fields, facts, PresenceState.ONLINE)


def _user_left(fields: Fields, facts: Facts) -> Told:
    return _presence(fields, facts, PresenceState.OFFLINE)


def _presence(fields: Fields, facts: Facts, state: PresenceState) -> Told:
    room, person = translate.remote_id(fields.get("orderId")), translate.remote_id(fields.get("userId"))
    if room is None or person is None:
        return facts, (replies.MALFORMED,)
    if person == facts.account.user_id:
        return facts, ()
    at_us = loose.moment_us(fields.get("timestamp"))
    events: list[Event] = [PresenceSeen(person_id=person, state=state, conversation=room, at_us=at_us)]
    if state is PresenceState.OFFLINE:
        events += _stopped_typing(room, person, own_of(facts).people.get(person, ""))
    return facts, tuple(events)


def _user_presence(fields: Fields, facts: Facts) -> Told:
    """Of chatdesk's own server: somebody connected or went, wherever they are joined."""
    person, online = translate.remote_id(fields.get("userId")), fields.get("online")
    if person is None or not isinstance(online, bool):
        return facts, (replies.MALFORMED,)
    if person == facts.account.user_id:
        return facts, ()
    state = PresenceState.ONLINE if online else PresenceState.OFFLINE
    at_us = loose.moment_us(fields.get("lastSeen"))
    room = translate.remote_id(fields.get("orderId"))
    return facts, (PresenceSeen(person_id=person, state=state, conversation=room, at_us=at_us),)


def _notification(fields: Fields, facts: Facts) -> Told:
    seen = translate.notification(fields, pushed=True)
    if seen is None:
        return facts, (replies.MALFORMED,)
    stale = _meant(fields, seen.conversation, facts)
    facts = with_notices(facts, [seen])
    return facts, (seen,) if stale is None else (seen, stale)


def _meant(fields: Fields, room: RemoteId | None, facts: Facts) -> Stale | None:
    """What a notification says to have changed. Messages, files and takeovers all have one type."""
    kind, action = fields.get("type"), fields.get("actionText")
    title = loose.line(fields.get("title"), 200)
    number = order_number(fields)
    if isinstance(kind, str) and kind in _NOTES_OF_LISTS:
        return Stale()
    message_meant = isinstance(kind, str) and kind in _NOTES_OF_MESSAGES
    if message_meant or action == names.ACTION_VIEW_MESSAGE or title.startswith(_TITLE_MESSAGE):
        joined = room is not None and own_of(facts).epoch == facts.epoch and room in own_of(facts).rooms
        # In a joined room the message itself was pushed before its notification.
        return None if room is None or joined else Stale(conversation=room)
    if kind == "file_uploaded" or action == names.ACTION_VIEW_FILE or title.startswith(_TITLE_FILE):
        return Stale(order_number=number) if number else Stale()
    if action == names.ACTION_VIEW_ORDER or room is not None:
        return Stale(order_number=number) if number else Stale()
    return None


def order_number(fields: Fields) -> str:
    """The order's number: in the metadata, or the tail of the link."""
    told = loose.line(loose.mapping(fields.get("metadata")).get("orderNumber"), 60)
    if told:
        return told
    link = loose.line(fields.get("actionUrl"))
    prefix = names.ACTION_URL_ORDER.partition("{")[0]
    tail = link.removeprefix(prefix)
    return tail if tail != link and loose.identifier(tail) else ""


_ERROR_CODES = {
    texts.ERR_CHAT_NOT_FOUND: NoticeCode.FORBIDDEN,
    texts.ERR_ORDER_NOT_FOUND: NoticeCode.NOT_FOUND,
    texts.ERR_ACCESS_DENIED: NoticeCode.FORBIDDEN,
}


def _error(fields: Fields, facts: Facts) -> Told:
    """Of chatdesk's own server: something that we asked by socket was refused, in words."""
    said = loose.words(fields.get("message"))
    if not said:
        return facts, (replies.MALFORMED,)
    code = _ERROR_CODES.get(said, NoticeCode.SERVER_ERROR)
    if "retryAfter" in fields or said.startswith("Too many"):
        code = NoticeCode.RATE_LIMITED
    room = translate.remote_id(fields.get("orderId"))
    own = own_of(facts)
    if fields.get("event") == names.EMIT_JOIN:
        if room is None:  # which one it was is not said: none counts as joined any more
            facts = with_own(facts, rooms=frozenset())
        elif code is NoticeCode.RATE_LIMITED:
            facts = with_own(facts, rooms=own.rooms - {room})
        else:
            facts = with_own(facts, rooms=own.rooms - {room}, barred=own.barred | {room})
    return facts, (Noticed(code=code, detail=said),)


_READERS: dict[str, Callable[[Fields, Facts], Told]] = {
    names.EVENT_NEW_MESSAGE: _new_message,
    names.EVENT_ORDER_UPDATED: _order_updated,
    names.EVENT_USER_TYPING: _user_typing,
    names.EVENT_MESSAGE_READ: _message_read,
    names.EVENT_USER_JOINED: _user_joined,
    names.EVENT_USER_LEFT: _user_left,
    names.EVENT_NOTIFICATION: _notification,
    names.EVENT_USER_PRESENCE: _user_presence,
    names.EVENT_ERROR: _error,
}
