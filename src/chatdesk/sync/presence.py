"""Who is typing and who is there: in memory, of this connection only, gone by themselves."""

from __future__ import annotations

import msgspec

from chatdesk.domain.events import MessageSeen, PresenceSeen, TypingSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import PresenceState
from chatdesk.domain.ports import Limits

MOST_TYPISTS = 20
MOST_PEOPLE = 500
"""Per conversation and in all; a hostile server can't fill the memory with names."""


class TypingNow(msgspec.Struct, frozen=True):
    """Who is typing in a conversation now; names sorted."""

    conversation: RemoteId
    names: tuple[str, ...]


class PresenceNow(msgspec.Struct, frozen=True):
    """Whether somebody of a conversation is there; as_of_us: the last sign of life."""

    conversation: RemoteId
    person: RemoteId
    state: PresenceState
    as_of_us: int


Whereabouts = TypingNow | PresenceNow


class _Sign(msgspec.Struct):
    state: PresenceState
    as_of_us: int
    ends_ms: int


class _Typist(msgspec.Struct):
    name: str
    ends_ms: int


class Presence:
    """Typing and presence of one account. Every method returns what changed, to be announced."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._typists: dict[RemoteId, dict[RemoteId, _Typist]] = {}
        self._people: dict[tuple[RemoteId, RemoteId], _Sign] = {}

    def typing(self, event: TypingSeen, now_ms: int, now_us: int) -> list[Whereabouts]:
        """Somebody has begun or stopped typing; either is a sign of life."""
        if not event.on and event.person_id not in self._typists.get(event.conversation, {}):
            return self._alive(event.conversation, event.person_id, now_ms, now_us)
        typists = self._typists.setdefault(event.conversation, {})
        before = _names(typists)
        if not event.on:
            typists.pop(event.person_id, None)
        elif event.person_id in typists or len(typists) < MOST_TYPISTS:
            typists[event.person_id] = _Typist(event.name, now_ms + self._limits.typing_expire_ms)
        changes = self._typing_changes(event.conversation, before)
        return changes + self._alive(event.conversation, event.person_id, now_ms, now_us)

    def message(self, event: MessageSeen, now_ms: int, now_us: int) -> list[Whereabouts]:
        """A message has just come: its author no longer types, and is there."""
        if event.own:
            return []
        typists = self._typists.get(event.conversation)
        if not typists:
            return self._alive(event.conversation, event.sender_id, now_ms, now_us)
        before = _names(typists)
        for person, typist in list(typists.items()):
            # Some servers name the typist by another id than the author: then the name tells.
            if person == event.sender_id or typist.name == event.sender_name:
                del typists[person]
        changes = self._typing_changes(event.conversation, before)
        return changes + self._alive(event.conversation, event.sender_id, now_ms, now_us)

    def presence(self, event: PresenceSeen, now_ms: int, now_us: int) -> list[Whereabouts]:
        """A sign of presence; without a conversation it holds in each in which the person was seen."""
        if event.conversation is not None:
            places = [event.conversation]
        else:
            places = [place for place, person in self._people if person == event.person_id]
        changes: list[Whereabouts] = []
        for place in places:
            if event.state is PresenceState.OFFLINE:
                typists = self._typists.get(place, {})
                before = _names(typists)
                typists.pop(event.person_id, None)
                changes += self._typing_changes(place, before)
            as_of_us = now_us if event.at_us is None else event.at_us
            changes += self._put(place, event.person_id, event.state, as_of_us, now_ms)
        return changes

    def expire(self, now_ms: int) -> tuple[list[Whereabouts], int | None]:
        """What has ended by itself, and when to ask again (engine time; None: nothing is left)."""
        changes: list[Whereabouts] = []
        ends: list[int] = []
        for place, typists in list(self._typists.items()):
            before = _names(typists)
            for person in [one for one, typist in typists.items() if typist.ends_ms <= now_ms]:
                del typists[person]
            changes += self._typing_changes(place, before)
            ends += [typist.ends_ms for typist in typists.values()]
            if not typists:
                del self._typists[place]
        for (place, person), sign in self._people.items():
            if sign.state is not PresenceState.ONLINE:
                continue
            if sign.ends_ms <= now_ms:
                sign.state = PresenceState.UNKNOWN
                changes.append(PresenceNow(place, person, sign.state, sign.as_of_us))
            else:
                ends.append(sign.ends_ms)
        return changes, min(ends, default=None)

    def link_lost(self) -> list[Whereabouts]:
        """Nothing is known any more."""
        changes: list[Whereabouts] = [TypingNow(place, ()) for place, who in self._typists.items() if who]
        for (place, person), sign in self._people.items():
            if sign.state is not PresenceState.UNKNOWN:
                changes.append(PresenceNow(place, person, PresenceState.UNKNOWN, sign.as_of_us))
        self._typists.clear()
        self._people.clear()
        return changes

    def _alive(self, place: RemoteId, person: RemoteId, now_ms: int, now_us: int) -> list[Whereabouts]:
        """A sign of life renews a presence that is known; by itself it makes none."""
        if (place, person) not in self._people:
            return []
        return self._put(place, person, PresenceState.ONLINE, now_us, now_ms)

    def _put(
        self, place: RemoteId, person: RemoteId, state: PresenceState, as_of_us: int, now_ms: int
    ) -> list[Whereabouts]:
        old = self._people.get((place, person))
        if old is not None and old.state is PresenceState.OFFLINE and state is PresenceState.UNKNOWN:
            # Who was seen to go is gone until the next sign of life; a profile read late knows less.
            state, as_of_us = old.state, max(old.as_of_us, as_of_us)
        if old is None and len(self._people) >= MOST_PEOPLE:
            del self._people[next(iter(self._people))]
        self._people[place, person] = _Sign(state, as_of_us, now_ms + self._limits.presence_expire_ms)
        if old is not None and old.state is state:
            return []
        return [PresenceNow(place, person, state, as_of_us)]

    def _typing_changes(self, place: RemoteId, before: tuple[str, ...]) -> list[Whereabouts]:
        after = _names(self._typists.get(place, {}))
        return [] if after == before else [TypingNow(place, after)]


def _names(typists: dict[RemoteId, _Typist]) -> tuple[str, ...]:
    return tuple(sorted({typist.name for typist in typists.values()}))
