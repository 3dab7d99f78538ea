"""What the dispatcher adapter knows between two questions: rooms, refused tokens, each goal's progress."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.events import NotificationSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.ports import Done, Facts, Learnt, Next, Parked
from chatdesk.platforms.dispatcher import limits

put = msgspec.structs.replace


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one goal has come. `end`: the answer to every further `next`."""

    stage: str = ""
    failures: int = 0
    not_before_ms: int = 0
    end: Next | None = None
    data: Any = None
    """A frozen struct of the goal's own (a reading of history or lists)."""


FRESH = Progress()


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The adapter's part of the facts."""

    epoch: int = 0
    """The connection that `rooms` belong to."""
    rooms: frozenset[RemoteId] = frozenset()
    barred: frozenset[RemoteId] = frozenset()
    """Rooms that the server refused in words on this connection."""
    progress: Mapping[int, Progress] = MappingProxyType({})
    void_access: str = ""
    """Fingerprint of an access token that the server has refused."""
    unproven_access: str = ""
    """Fingerprint of the newest token until the server has taken it once."""
    dead_refresh: str = ""
    """Fingerprint of a refresh token that mends nothing any more."""
    refresh_not_before_ms: int = 0
    announced: frozenset[str] | None = None
    """Features that this server announced since the link was last lost; None: nobody has asked yet."""
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


def with_own(facts: Facts, **changes: Any) -> Facts:
    """The facts with some of the adapter's own replaced."""
    return put(facts, own=put(own_of(facts), **changes))


def progress_of(facts: Facts, token: int) -> Progress:
    """How far a goal has come."""
    return own_of(facts).progress.get(token, FRESH)


def with_progress(facts: Facts, token: int, progress: Progress) -> Facts:
    """The facts with one goal's progress replaced."""
    return with_own(facts, progress={**own_of(facts).progress, token: progress})


def without_progress(facts: Facts, token: int) -> Facts:
    """The facts without a goal that the engine has dropped."""
    held = own_of(facts).progress
    if token not in held:
        return facts
    return with_own(facts, progress={key: value for key, value in held.items() if key != token})


def at_stage(facts: Facts, token: int, stage: str, data: Any = None) -> Facts:
    """The facts with a goal moved on to its next stage, failures forgotten."""
    return with_progress(facts, token, Progress(stage=stage, data=data))


def ended(facts: Facts, token: int, end: Next | None = None) -> Facts:
    """The facts with a goal at its end (Done, unless said otherwise)."""
    return with_progress(facts, token, Progress(end=end or Done()))


def parked(facts: Facts, token: int, reason: ParkReason, detail: str = "") -> Facts:
    """The facts with a goal that can't be reached."""
    return ended(facts, token, Parked(reason, detail))


def learnt(facts: Facts, key: str) -> str | None:
    """A fact learnt of this server, while it holds."""
    found = facts.learnt.get(key)
    return found.value if found is not None and found.expires_at_us > facts.now_us else None


def with_learnt(facts: Facts, key: str, value: str) -> Facts:
    """The facts with something learnt, for a day."""
    fact = Learnt(value, facts.now_us + limits.LEARNT_US)
    return put(facts, learnt={**facts.learnt, key: fact})


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


def fingerprint(token: str) -> str:
    """A short name for a token, so that facts never hold one twice."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:16] if token else ""
