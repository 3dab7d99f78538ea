"""What the OMW adapter knows between two questions: sessions, refused tokens."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.platforms.memory import Memory, put, with_own


class Doubt(StrEnum):
    """After a refusal that may mean 'ended', 'deleted', or something else."""

    NONE = ""
    ASK = "ask"
    """The session is to be read."""
    THERE = "there"
    """It was read after the refusal and is there: a second refusal is meant."""
    GONE = "gone"


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one session. Ids of messages are numbers here."""

    joined: int = 0
    """The connection on which the server has confirmed the join; 0: none."""
    listed: bool = False
    """The list of sessions had it when it was last read."""
    booking: RemoteId = RemoteId("")
    doubt: Doubt = Doubt.NONE
    read_once: bool = False
    """A page of its history was read, so that `theirs` and `mine` mean something."""
    theirs: frozenset[int] = frozenset()
    """Messages of others that are unread."""
    told: frozenset[int] = frozenset()
    """Own messages that were told to be read by the others."""


class FailedSend(msgspec.Struct, frozen=True, kw_only=True):
    """A send that the server has refused with the words of a passing failure."""

    times: int
    not_before_ms: int
    above: int
    """The largest message id that was known before it was first sent."""


NO_ROOM = Room()


class Own(Memory, frozen=True, kw_only=True):
    """The adapter's part of the facts."""

    rooms: Mapping[RemoteId, Room] = MappingProxyType({})
    void_token: str = ""
    """Fingerprint of a token that the server has refused."""
    barred: str = ""
    """The server's words where the account itself is switched off."""
    failed: Mapping[OutgoingId, FailedSend] = MappingProxyType({})
    claimed: frozenset[int] = frozenset()
    """Messages that are known to be one of our sends."""
    unnamed: Mapping[int, int] = MappingProxyType({})
    """Pushed copies of the text under way that nobody has named yet: since when (engine time, ms)."""
    others: frozenset[int] = frozenset()
    """Messages that are known to be of another device of ours."""
    newest: Mapping[RemoteId, int] = MappingProxyType({})
    """Largest message id seen per session."""
    stray_send_until_ms: int = 0
    """Until then an error may belong to a send that was given up."""
    stray_joins: Mapping[RemoteId, int] = MappingProxyType({})
    """Sessions with a join or read mark that was given up: until when its error may come."""
    typers: frozenset[tuple[RemoteId, RemoteId]] = frozenset()
    """(session, person) of those who type."""
    heard: Mapping[int, int] = MappingProxyType({})
    """Moments of pushed messages by id, in microseconds."""
    zone_asked: bool = False
    looked: RemoteId = RemoteId("")
    """The session whose detail the person saw last: only a detail tells who is there."""
    requests: Mapping[RemoteId, int] = MappingProxyType({})
    """Open booking requests by booking."""
    statuses: Mapping[RemoteId, str] = MappingProxyType({})
    """Newest status by booking; whose booking is in it is ours."""


def own_of(facts: Facts) -> Own:
    """The adapter's own facts; fresh ones where there are none."""
    return facts.own if isinstance(facts.own, Own) else Own()


def room_of(facts: Facts, session: RemoteId) -> Room:
    """What is known of a session."""
    return own_of(facts).rooms.get(session, NO_ROOM)


def with_room(facts: Facts, session: RemoteId, **changes: Any) -> Facts:
    """The facts with some of what is known of a session replaced."""
    before = room_of(facts, session)
    after = put(before, **changes)
    if after == before:
        return facts
    return with_own(facts, rooms={**own_of(facts).rooms, session: after})
