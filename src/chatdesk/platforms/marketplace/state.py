"""What the marketplace adapter knows between two questions: people, modes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Extras
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.platforms.marketplace import limits
from chatdesk.platforms.memory import (
    Memory,
    fingerprint,
    learnt,
    put,
    with_learnt,
    with_own,
    without_progress,
)
from chatdesk.wire.marketplace import names

NOTHING: Mapping[RemoteId, RemoteId] = MappingProxyType({})
_LIVE_ONLY = "live_only"
_PARTY = "party."


class Mode(StrEnum):
    """Whether this server keeps messages, as far as this sign-in has shown."""

    UNPROVEN = "unproven"
    STORED = "stored"
    LIVE_ONLY = "live_only"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one counterpart. Its account id is the conversation's id."""

    kind: str = ""
    """`Buyer`, `Seller` or `Admin`, as messages name it; empty: not known yet."""
    name: str = ""
    newest: RemoteId = RemoteId("")
    newest_at: Cursor = Cursor("")
    """The newest stored message that the lists, a reading or a push have shown."""
    unread: Mapping[RemoteId, Cursor] = MappingProxyType({})
    """Messages of theirs that are unread: each is marked by itself."""
    read_epoch: int = 0
    """The connection on which the conversation was read last."""
    asked: int = 0
    """The connection on which the directory was asked for the name."""


class Relayed(msgspec.Struct, frozen=True):
    """A relayed message that came in: what a further copy is known by."""

    remote_id: RemoteId
    words: str
    """Fingerprint of what it said."""
    at_ms: int


class Handed(msgspec.Struct, frozen=True):
    """A message of ours on its way by relay: its acceptance may come after its time was up."""

    party: RemoteId
    text: str
    extras: Extras = NO_EXTRAS


NOBODY = Party()


class Own(Memory, frozen=True, kw_only=True):
    """The adapter's part of the facts."""

    parties: Mapping[RemoteId, Party] = MappingProxyType({})
    void_token: str = ""
    """Fingerprint of a token that the server has refused."""
    barred: str = ""
    """The server's words where the account itself is switched off."""
    proven: str = ""
    """Fingerprint of the token under which a stored record of ours was seen."""
    mine: Mapping[RemoteId, RemoteId] = MappingProxyType({})
    """Own messages: id to conversation. Only of these a receipt means anything."""
    theirs: Mapping[RemoteId, RemoteId] = MappingProxyType({})
    """Stored messages of others to us: id to conversation."""
    alive: Mapping[RemoteId, bool] = MappingProxyType({})
    """Who is there, as this connection has told; in memory only."""
    registered: int = 0
    """The connection on which our id was registered."""
    registered_ms: int = 0
    again: int = 0
    """Registrations on this connection after the first."""
    displaced: bool = False
    """Somebody else took our registration, or left with it."""
    told_here: int = 0
    asked_online: int = 0
    """The connections on which we said that we are here, and asked who else is."""
    pushed: Mapping[RemoteId, int] = MappingProxyType({})
    """Messages that were pushed while the lists were being read, and by which goal: no number counts them."""
    relays: Mapping[tuple[RemoteId, str], Relayed] = MappingProxyType({})
    handed: Mapping[str, Handed] = MappingProxyType({})
    last_us: int = 0
    """The moment of the newest relay: each gets one of its own, so that they stay in order."""
    strangers: int = 0
    full_epoch: int = 0
    """The connection on which the lists were read to their end."""
    rfqs: Mapping[RemoteId, RemoteId] = MappingProxyType({})
    """Requests for quotation: id to whom to talk to about it ("" for nobody)."""


def own_of(facts: Facts) -> Own:
    """The adapter's own facts; fresh ones where there are none."""
    return facts.own if isinstance(facts.own, Own) else Own()


# -- people ------------------------------------------------------------------------------------------------


def party_of(facts: Facts, party: RemoteId) -> Party:
    """What is known of a counterpart; the kind may have been learnt by an earlier run.

    One may write to oneself: nothing forbids it, and notes are kept like that.
    """
    found = own_of(facts).parties.get(party, NOBODY)
    if found.kind:
        return found
    if party == facts.account.user_id:
        kind = names.KIND_OF_ROLE.get(facts.account.role, "")
        return put(found, kind=kind, name=found.name or facts.account.name)
    return put(found, kind=learnt(facts, _PARTY + party) or "")


def with_party(facts: Facts, party: RemoteId, **changes: Any) -> Facts:
    """The facts with some of what is known of a counterpart replaced."""
    held = own_of(facts).parties
    before = party_of(facts, party)
    after = put(before, **changes)
    if party in held and after == held[party]:
        return facts
    return with_own(facts, parties={**held, party: after})


def with_kind_kept(facts: Facts, party: RemoteId, kind: str) -> Facts:
    """The facts with a kind that outlives the run: no message will tell it again."""
    facts = with_party(facts, party, kind=kind)
    key = _PARTY + party
    return facts if learnt(facts, key) == kind else with_learnt(facts, key, kind, limits.PARTY_US)


def remembered(
    facts: Facts,
    *,
    mine: Mapping[RemoteId, RemoteId] = NOTHING,
    theirs: Mapping[RemoteId, RemoteId] = NOTHING,
) -> Facts:
    """The facts with further ids of messages known; the oldest are forgotten."""
    own = own_of(facts)
    new_mine = {one: party for one, party in mine.items() if one not in own.mine}
    new_theirs = {one: party for one, party in theirs.items() if one not in own.theirs}
    if new_mine:
        facts = with_own(facts, mine=_newest({**own.mine, **new_mine}))
    if new_theirs:
        facts = with_own(facts, theirs=_newest({**own.theirs, **new_theirs}))
    return facts


def _newest(held: dict[RemoteId, RemoteId]) -> dict[RemoteId, RemoteId]:
    if len(held) <= limits.KNOWN_IDS:
        return held
    return dict(list(held.items())[-limits.KNOWN_IDS * 9 // 10 :])


# -- modes -------------------------------------------------------------------------------------------------


def mode_of(facts: Facts) -> Mode:
    """What this sign-in has shown of the server: a stored record of ours beats everything."""
    token = fingerprint(facts.account.secrets.access)
    if token and own_of(facts).proven == token:
        return Mode.STORED
    return Mode.LIVE_ONLY if token and learnt(facts, _LIVE_ONLY) == token else Mode.UNPROVEN


def proven(facts: Facts) -> Facts:
    """The facts after a stored record of ours was seen."""
    if mode_of(facts) is Mode.STORED:
        return facts
    if learnt(facts, _LIVE_ONLY):
        facts = with_learnt(facts, _LIVE_ONLY, "", 0)
    return with_own(facts, proven=fingerprint(facts.account.secrets.access))


def live_only(facts: Facts) -> Facts:
    """The facts after the server has shown that it stores nothing.

    Learnt under the name of the token, so that it holds until the next sign-in, over restarts too: asking
    anew at every start would cost a failed send each time.
    """
    token = fingerprint(facts.account.secrets.access)
    return with_learnt(facts, _LIVE_ONLY, token, limits.LIVE_ONLY_US)


def without_goal(facts: Facts, token: int) -> Facts:
    """The facts without a goal that the engine has dropped, and without what was pushed meanwhile."""
    pushed = own_of(facts).pushed
    if token in pushed.values():
        facts = with_own(facts, pushed={one: by for one, by in pushed.items() if by != token})
    return without_progress(facts, token)
