"""What every adapter keeps between two questions: how far each goal has come, what servers have taught."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from chatdesk.domain.facts import Facts, Learnt
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Done, Next, Parked, Wait

put = msgspec.structs.replace

DAY_US = 24 * 3_600 * 1_000_000
"""How long a fact learnt of a server holds, unless said otherwise."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far one goal has come. `end`: the answer to every further `next`."""

    stage: str = ""
    failures: int = 0
    not_before_ms: int = 0
    end: Next | None = None
    data: Any = None
    """Of the goal's own: a frozen struct, a text or a number."""


FRESH = Progress()


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What `Facts.own` has on all platforms; each adds to it, and puts one into its first facts."""

    progress: Mapping[int, Progress] = MappingProxyType({})
    """By the goals' tokens."""
    announced: frozenset[str] | None = None
    """Features that this server announced since the link was last lost; None: it was not asked yet."""


def with_own(facts: Facts, **changes: Any) -> Facts:
    """The facts with some of the adapter's own replaced."""
    return put(facts, own=put(facts.own, **changes))


# -- progress ----------------------------------------------------------------------------------------------


def _progress(facts: Facts) -> Mapping[int, Progress]:
    return facts.own.progress if isinstance(facts.own, Memory) else {}


def progress_of(facts: Facts, token: int) -> Progress:
    """How far a goal has come."""
    return _progress(facts).get(token, FRESH)


def settled(facts: Facts, token: int) -> Next | None:
    """What `next` says of a goal that is at its end or must wait; None: its next step is to be named."""
    progress = progress_of(facts, token)
    if progress.end is not None:
        return progress.end
    pause_ms = progress.not_before_ms - facts.now_ms
    return Wait(pause_ms) if pause_ms > 0 else None


def with_progress(facts: Facts, token: int, progress: Progress) -> Facts:
    """The facts with one goal's progress replaced."""
    return with_own(facts, progress={**_progress(facts), token: progress})


def without_progress(facts: Facts, token: int) -> Facts:
    """The facts without a goal that the engine has dropped."""
    held = _progress(facts)
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


def with_learnt(facts: Facts, key: str, value: str, for_us: int = DAY_US) -> Facts:
    """The facts with something learnt."""
    return put(facts, learnt={**facts.learnt, key: Learnt(value, facts.now_us + for_us)})


def fingerprint(text: str) -> str:
    """A short name for a token or a text, so that facts never hold either twice; empty for an empty one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16] if text else ""
