"""What the Fakomame adapter knows between two questions: tokens, rooms, items."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.events import NotificationSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind
from chatdesk.platforms.fakomame import limits
from chatdesk.platforms.memory import Memory, put, with_own


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one chat."""

    joined: int = 0
    """The connection on which the server has let us in; 0: none."""
    denied: int = 0
    """The connection on which it has refused us; 0: none."""
    cuts: int = 0
    """Times in a row that the link went down under a join."""
    shunned_until_ms: int = 0
    """Until then, in engine time, it is not joined: what a join brings is more than a link takes."""
    listed: bool = False
    """The list of chats had it when it was last read."""
    people: frozenset[RemoteId] = frozenset()
    """Who takes part, and who has written there."""
    order: RemoteId = RemoteId("")
    page_size: int = limits.PAGE_SIZES[0]
    """So many messages a page may hold, as far as is known."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one package or trip. owner: its sender or traveler."""

    kind: OrderKind
    owner: RemoteId = RemoteId("")
    person: RemoteId = RemoteId("")
    """Whom to talk to about it: its owner, or of an own package the traveler; empty: not known."""
    beside: str = ""
    """The trip that a chat about this package hangs on as well, in words."""
    detailed: bool = False
    """Its own route was read: the lists have fewer lines."""


NO_ROOM = Room()


class Own(Memory, frozen=True, kw_only=True):
    """The adapter's part of the facts. Tokens stand in it as fingerprints only."""

    rooms: Mapping[RemoteId, Room] = MappingProxyType({})
    names: Mapping[RemoteId, str] = MappingProxyType({})
    """People by id: everybody who takes part in a chat of ours."""
    items: Mapping[RemoteId, Item] = MappingProxyType({})
    items_due_ms: int = 0
    """When the lists of packages and trips are to be read again, in engine time."""
    proven: str = ""
    """The access token that the server has recognised as this account's."""
    proven_ms: int = 0
    proof_not_before_ms: int = 0
    void_access: str = ""
    """An access token that the server has refused."""
    renewed: str = ""
    """The access token that a refresh has brought and nothing has proved yet."""
    dead_refresh: str = ""
    refresh_not_before_ms: int = 0
    barred: str = ""
    """The server's words where the account itself is switched off."""
    stray_send_until_ms: int = 0
    """Until then an error may belong to a send that was given up."""
    stray_joins: Mapping[RemoteId, int] = MappingProxyType({})
    """Chats with a join that was given up: until when its answer may come."""
    typers: frozenset[tuple[RemoteId, RemoteId]] = frozenset()
    """(chat, person) of those who type."""
    here: frozenset[RemoteId] = frozenset()
    """People who were said to be there on this connection."""
    notices: Mapping[RemoteId, NotificationSeen] = MappingProxyType({})
    """The newest notifications, to tell what has become of them."""


def own_of(facts: Facts) -> Own:
    """The adapter's own facts; fresh ones where there are none."""
    return facts.own if isinstance(facts.own, Own) else Own()


def room_of(facts: Facts, chat: RemoteId) -> Room:
    """What is known of a chat."""
    return own_of(facts).rooms.get(chat, NO_ROOM)


def with_room(facts: Facts, chat: RemoteId, **changes: Any) -> Facts:
    """The facts with some of what is known of a chat replaced."""
    before = room_of(facts, chat)
    after = put(before, **changes)
    held = own_of(facts).rooms
    full = chat not in held and len(held) >= limits.MOST_ROOMS
    if full or (after == before and chat in held):
        return facts
    return with_own(facts, rooms={**held, chat: after})


def with_people(facts: Facts, chat: RemoteId, people: Mapping[RemoteId, str]) -> Facts:
    """The facts with people who take part in a chat."""
    known = room_of(facts, chat).people
    if not known >= people.keys() and len(known) < limits.MOST_OF_A_ROOM:
        facts = with_room(facts, chat, people=known | people.keys())
    held = own_of(facts).names
    news = {person: name for person, name in people.items() if name and held.get(person) != name}
    if not news:
        return facts
    kept = held if len(held) < limits.MOST_PEOPLE else {}
    return with_own(facts, names={**kept, **news})


def with_item(facts: Facts, item: RemoteId, **changes: Any) -> Facts:
    """The facts with some of what is known of a package or trip replaced; `kind` is always said."""
    held = own_of(facts).items
    before = held.get(item, Item(kind=changes["kind"]))
    after = put(before, **changes)
    if held.get(item) == after:
        return facts
    kept = held if len(held) < limits.MOST_ITEMS or item in held else {}
    return with_own(facts, items={**kept, item: after})
