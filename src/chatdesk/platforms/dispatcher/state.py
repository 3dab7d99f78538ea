"""What the dispatcher adapter knows between two questions: rooms, refused tokens, what lists told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from chatdesk.domain.events import NotificationSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.platforms.dispatcher import limits
from chatdesk.platforms.memory import Memory, with_own


class Own(Memory, frozen=True, kw_only=True):
    """The adapter's part of the facts."""

    epoch: int = 0
    """The connection that `rooms` belong to."""
    rooms: frozenset[RemoteId] = frozenset()
    barred: frozenset[RemoteId] = frozenset()
    """Rooms that the server refused in words on this connection."""
    void_access: str = ""
    """Fingerprint of an access token that the server has refused."""
    unproven_access: str = ""
    """Fingerprint of the newest token until the server has taken it once."""
    dead_refresh: str = ""
    """Fingerprint of a refresh token that mends nothing any more."""
    refresh_not_before_ms: int = 0
    seqs: Mapping[RemoteId, int] = MappingProxyType({})
    """Newest sequence number per conversation, where the server counts."""
    people: Mapping[RemoteId, str] = MappingProxyType({})
    """E-mails by user id, for signals that name an id only."""
    listed: Mapping[RemoteId, tuple[str, str]] = MappingProxyType({})
    """(number, owner's e-mail) of orders by id, as lists and details gave them."""
    vehicles: Mapping[tuple[str, str], str] = MappingProxyType({})
    """Ids of vehicles by (truck or trailer, unit number), as details gave them."""
    notices: Mapping[RemoteId, NotificationSeen] = MappingProxyType({})
    """The newest notifications seen."""
    gone_files: frozenset[str] = frozenset()
    """Stored names whose content the server has lost: their entries may stay behind."""
    sends_barred: frozenset[RemoteId] = frozenset()
    """Conversations that refused a send: reading them proves nothing about writing."""


def own_of(facts: Facts) -> Own:
    """The adapter's own facts; fresh ones where there are none."""
    return facts.own if isinstance(facts.own, Own) else Own()


def with_listed(facts: Facts, seen: Iterable[tuple[RemoteId, str, str]]) -> Facts:
    """The facts with (order, number, owner's e-mail) remembered; what is empty stays as it was."""
    listed = dict(own_of(facts).listed)
    for order, number, owner in seen:
        held = listed.get(order, ("", ""))
        listed[order] = (number or held[0], owner or held[1])
    if len(listed) > limits.ORDERS:
        listed = dict(list(listed.items())[-limits.ORDERS :])
    return with_own(facts, listed=listed)


def with_notices(facts: Facts, seen: Iterable[NotificationSeen]) -> Facts:
    """The facts with notifications remembered, the newest of them: a mark's answer does not repeat them."""
    held = {**own_of(facts).notices, **{one.remote_id: one for one in seen}}
    if len(held) > limits.NOTICES:
        newest = sorted(held.values(), key=lambda one: one.at_us)[-limits.NOTICES :]
        held = {one.remote_id: one for one in newest}
    return with_own(facts, notices=held)
