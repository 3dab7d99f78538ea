"""What the marketplace adapter knows between two questions: people, modes, each goal's progress."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.actions import NO_EXTRAS, Extras
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.ports import Done, Facts, Learnt, Next, Parked
from chatdesk.platforms.marketplace import limits
from chatdesk.wire.marketplace import names

put = msgspec.structs.replace

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


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one goal has come. `end`: the answer to every further `next`."""

    stage: str = ""
    failures: int = 0
    not_before_ms: int = 0
    end: Next | None = None
    data: Any = None
    """A frozen struct of the goal's own."""


FRESH = Progress()
NOBODY = Party()


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """The adapter's part of the facts."""

    parties: Mapping[RemoteId, Party] = MappingProxyType({})
    progress: Mapping[int, Progress] = MappingProxyType({})
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


def with_own(facts: Facts, **changes: Any) -> Facts:
    """The facts with some of the adapter's own replaced."""
    return put(facts, own=put(own_of(facts), **changes))


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


# -- progress ----------------------------------------------------------------------------------------------


def progress_of(facts: Facts, token: int) -> Progress:
    """How far a goal has come."""
    return own_of(facts).progress.get(token, FRESH)


def with_progress(facts: Facts, token: int, progress: Progress) -> Facts:
    """The facts with one goal's progress replaced."""
    return with_own(facts, progress={**own_of(facts).progress, token: progress})


def without_progress(facts: Facts, token: int) -> Facts:
    """The facts without a goal that the engine has dropped."""
    held, pushed = own_of(facts).progress, own_of(facts).pushed
    if token in pushed.values():
        facts = with_own(facts, pushed={one: by for one, by in pushed.items() if by != token})
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


# -- learnt ------------------------------------------------------------------------------------------------


def learnt(facts: Facts, key: str) -> str | None:
    """A fact learnt of this server, while it holds."""
    found = facts.learnt.get(key)
    return found.value if found is not None and found.expires_at_us > facts.now_us else None


def with_learnt(facts: Facts, key: str, value: str, for_us: int) -> Facts:
    """The facts with something learnt."""
    return put(facts, learnt={**facts.learnt, key: Learnt(value, facts.now_us + for_us)})


def fingerprint(text: str) -> str:
    """A short name for a token or a text, so that facts never hold either twice."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] if text else ""
