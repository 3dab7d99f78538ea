"""Any JSON in any field: recorded traffic of a platform, damaged at random, into its pure adapter.

How a platform uses it, in `tests/platforms/<platform>/test_fuzz.py`:

    def desk() -> PaperDesk: ...      # an account at work: signed in, lists read, whatever is worth damaging
    GOALS = (SignIn("x"), FreshLists(), FreshHead(CHAT), SendText(...), ...)    # every goal there is
    def test_any_json_in_any_field() -> None:
        frames = [frame for name in captures.NAMES for frame in captures.load(name)["frames"]]
        tally = fuzz.fuzz(desk().adapter, fuzz.samples_of(desk, GOALS, frames), goals=GOALS)
        assert tally.dropped and tally.told          # that the noise reached something

`samples_of` pursues each goal on paper with the recorded answers and events, and makes a sample of every
answer that fits a step, and of every event beside it; more of them are `Sample`s made by hand. `fuzz` takes
one sample after the other, damages it, hands it to `read`, asks `next`, and holds what comes out against the
promises of `domain/ports.py`; `Broken` has a name for each. Some inputs meet the facts that the inputs before
have left.

100,000 inputs, or as many as the environment's CHATDESK_FUZZ says (the seed then is CHATDESK_FUZZ_SEED, else
that of the clock). A failure prints seed, index and the smallest input that still fails in the same way; to
see it again: `fuzz(adapter, samples, count=1, seed=SEED, start=INDEX, goals=GOALS)`.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    GoalEnded,
    LinkLost,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    Verdict,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    Event,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    PositionSeen,
)
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Goal, GoalKind, SendText
from chatdesk.domain.ports import Adapter
from chatdesk.domain.steps import (
    Call,
    Connect,
    Done,
    Emit,
    Listen,
    NeedsPassword,
    Parked,
    Unlisten,
    Wait,
)
from tests.platforms.noise import Noise, with_junk
from tests.platforms.paper import put
from tests.platforms.samples import Sample, samples_of

__all__ = ["Broken", "Sample", "Tally", "fuzz", "holds", "samples_of"]

INPUTS = 100_000
CHAIN = 64
"""So many inputs share a state of the random numbers, and may share facts."""
LAST_US = 9_999_999_999_999_999
DETAIL_CHARS = 300


class Tally(msgspec.Struct):
    """What a run has brought, so that a test can see that the noise reached something."""

    inputs: int = 0
    told: int = 0
    """Events that are no drops."""
    dropped: int = 0
    verdicts: int = 0
    reasons: dict[str, int] = {}
    """Drops by reason."""
    per_s: int = 0


class Broken(AssertionError):
    """A promise of the port that was not kept; its first word is the promise's name."""


# -- what is promised --------------------------------------------------------------------------------------

_RECORDS = (MessageSeen, ConversationSeen, OrderSeen, NotificationSeen)
_NEXT = (Emit, Call, Connect, Listen, Unlisten, Wait, Done, Parked, NeedsPassword)
_encoder = msgspec.json.Encoder()
_told = msgspec.json.Decoder(tuple[tuple[Event, ...], tuple[Verdict, ...]])


def _named(kind: type, *endings: str) -> tuple[str, ...]:
    return tuple(one.name for one in msgspec.structs.fields(kind) if one.name.endswith(endings))


_KINDS: list[type] = list(Event.__args__)
_TIMES = {kind: _named(kind, "_us") for kind in _KINDS}
_IDS = {kind: _named(kind, "remote_id", "conversation", "order", "person_id") for kind in _KINDS}
_CURSORS = {kind: _named(kind, "cursor", "oldest", "newest") for kind in _KINDS}


def holds(
    adapter: Adapter, goals: Sequence[GoalKind], arrived: Arrived, sample: Sample, facts: Facts
) -> Reading:
    """Hand something over and hold the reading against the port; Broken where a promise is not kept."""
    reading = adapter.read(arrived, sample.opened, facts)
    if type(reading) is not Reading:
        raise Broken(f"reading: {reading!r}")
    _verdicts_hold(arrived, sample.opened, reading)
    try:
        again = _told.decode(_encoder.encode((reading.events, reading.verdicts)))
    except (UnicodeError, msgspec.MsgspecError, TypeError, ValueError, OverflowError) as exc:
        raise Broken(f"values: {exc} in {reading.events!r:.2000} {reading.verdicts!r:.500}") from exc
    if again != (reading.events, reading.verdicts):
        raise Broken(f"values: {reading.events!r:.2000} read back as {again[0]!r:.2000}")
    for event in reading.events:
        _event_holds(event)
    if reading.facts.learnt is not facts.learnt:
        for name, learnt in reading.facts.learnt.items():
            (name + learnt.value).encode()
    for goal in (*goals, *sample.opened):
        asked = goal.goal if isinstance(goal, OpenStep) else Goal(99, goal)
        step = adapter.next(asked, reading.facts)
        if type(step) not in _NEXT:
            raise Broken(f"next: {step!r}")
        if type(step) is Call and not (step.path.isascii() and step.path.startswith("/")):
            raise Broken(f"path: {step.path!r}")
    return reading


def _verdicts_hold(arrived: Arrived, opened: tuple[OpenStep, ...], reading: Reading) -> None:
    told = [verdict.step_id for verdict in reading.verdicts]
    known = [one.id for one in opened]
    if isinstance(arrived, Packet):
        good = len(set(told)) == len(told) and set(told) <= set(known)
    elif isinstance(arrived, LinkLost | GoalEnded) or arrived.step_id not in known:
        good = not told
    else:
        good = told == [arrived.step_id]
        if isinstance(arrived, NoAnswer) and arrived.left and good:
            sends = [one for one in opened if one.step.commits and isinstance(one.goal.kind, SendText)]
            good = not sends or isinstance(reading.verdicts[0], VerdictUnknown)
    if not good:
        raise Broken(f"verdicts: {reading.verdicts!r} for {arrived!r:.500} with {known} open")


def _event_holds(event: Event) -> None:
    kind = type(event)
    for name in _TIMES[kind]:
        at_us = getattr(event, name)
        if at_us is not None and not 0 <= at_us <= LAST_US:
            raise Broken(f"time: {name} of {event!r:.1000}")
    for name in _CURSORS[kind]:
        cursor = getattr(event, name)
        if cursor is not None and not (cursor and "0" <= cursor[0] <= "9"):
            raise Broken(f"cursor: {name} of {event!r:.1000}")
    for name in _IDS[kind]:
        if getattr(event, name) == "" and name != "person_id":
            raise Broken(f"id: {name} of {event!r:.1000}")
    if len(getattr(event, "detail", "")) > DETAIL_CHARS:
        raise Broken(f"detail: {event!r:.1000}")
    place = event.extras.place if isinstance(event, MessageSeen) else None
    if isinstance(event, PositionSeen):
        place = (event.latitude, event.longitude)
    if place is not None and not (-90 <= place[0] <= 90 and -180 <= place[1] <= 180):
        raise Broken(f"place: {event!r:.1000}")


# -- the run -----------------------------------------------------------------------------------------------


def inputs() -> int:
    """How many inputs a run takes."""
    return int(os.environ.get("CHATDESK_FUZZ") or INPUTS)


def _seed() -> int:
    if not os.environ.get("CHATDESK_FUZZ"):
        return 1
    return int(os.environ.get("CHATDESK_FUZZ_SEED") or time.time_ns() // 1_000 % 10**9)


def fuzz(
    adapter: Adapter,
    samples: Sequence[Sample],
    count: int | None = None,
    seed: int | None = None,
    *,
    start: int = 0,
    goals: Sequence[GoalKind] = (),
) -> Tally:
    """Damage samples and hold what the adapter makes of them against the port; the first breach fails."""
    count, seed = inputs() if count is None else count, _seed() if seed is None else seed
    assert samples, "nothing to damage"
    rng = random.Random()
    noise = Noise(rng, samples)
    answers = [sample for sample in samples if isinstance(sample.arrived, Answer)]
    others = [sample for sample in samples if not isinstance(sample.arrived, Answer)]
    sorts = [sort for sort in (answers, others) if sort]
    junk = [sample for sample in samples if _records(_base(adapter, sample))]
    tally, begun = Tally(), time.perf_counter()
    carried: Facts | None = None
    last = start + count
    for index in range(start - start % CHAIN, last):
        if index % CHAIN == 0:
            rng.seed(seed * 1_000_003 + index)
            carried = None
        lost = rng.random() < 0.04 and bool(junk)
        sample = noise.one_of(junk if lost else noise.one_of(sorts))
        facts = sample.facts
        if not lost and carried is not None and rng.random() < 0.4:
            facts = put(carried, now_ms=carried.now_ms + noise.one_of((0, 0, 40, 3_000, 60_000)))
        arrived = with_junk(sample.arrived, noise) if lost else noise.arrival(sample)
        if isinstance(arrived, Accepted):
            facts = put(facts, online=True, epoch=facts.epoch + 1)
        elif isinstance(arrived, LinkLost):
            facts = put(facts, online=False)
        asked = goals[index % len(goals) :][:1] if goals else ()
        check = _Check(adapter, asked, sample, facts, lost)
        try:
            reading = check(arrived)
        except Exception as exc:
            raise AssertionError(_report(adapter, seed, index, check, arrived, exc)) from exc
        carried = reading.facts
        tally.inputs += 1
        tally.verdicts += len(reading.verdicts)
        for event in reading.events:
            if isinstance(event, Dropped):
                tally.dropped += 1
                tally.reasons[event.reason] = tally.reasons.get(event.reason, 0) + 1
            else:
                tally.told += 1
    tally.per_s = int(tally.inputs / max(time.perf_counter() - begun, 1e-6))
    return tally


class _Check(msgspec.Struct):
    """One input's surroundings: calling it with the input gives the reading, or raises."""

    adapter: Adapter
    goals: Sequence[GoalKind]
    sample: Sample
    facts: Facts
    lost: bool
    """A record of the sample became junk: it must not vanish without a word."""

    def __call__(self, arrived: Arrived) -> Reading:
        reading = holds(self.adapter, self.goals, arrived, self.sample, self.facts)
        if self.lost and not any(isinstance(event, Dropped) for event in reading.events):
            stored = all(isinstance(verdict, VerdictStored) for verdict in reading.verdicts)
            if stored and _records(reading) < _records(_base(self.adapter, self.sample)):
                raise Broken(f"silent: a record was lost, {reading.events!r:.1000}")
        return reading


def _base(adapter: Adapter, sample: Sample) -> Reading:
    return adapter.read(sample.arrived, sample.opened, sample.facts)


def _records(reading: Reading) -> int:
    return sum(isinstance(event, _RECORDS) for event in reading.events)


# -- a failure, made small ---------------------------------------------------------------------------------


def _way(exc: BaseException) -> tuple[str, str]:
    """How something failed, to tell whether a smaller input fails in the same way."""
    if isinstance(exc, Broken):
        return "Broken", str(exc).partition(":")[0]
    at = exc.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = "" if at is None else f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}"
    return type(exc).__name__, where


def shrunken(fails: Callable[[Any], bool], value: Any, most_tries: int = 3_000) -> Any:
    """A smaller JSON value that fails still."""
    tries = 0
    smaller = True
    while smaller and tries < most_tries:
        smaller = False
        for candidate in _smaller(value):
            tries += 1
            if fails(candidate):
                value, smaller = candidate, True
                break
            if tries >= most_tries:
                break
    return value


def _smaller(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key in value:
            yield {other: one for other, one in value.items() if other != key}
        for key, one in value.items():
            yield from ({**value, key: less} for less in _smaller(one))
    elif isinstance(value, list):
        for at in range(len(value)):
            yield [*value[:at], *value[at + 1 :]]
        for at, one in enumerate(value):
            yield from ([*value[:at], less, *value[at + 1 :]] for less in _smaller(one))
    elif isinstance(value, str) and value:
        yield from (value[: len(value) // 2], value[len(value) // 2 :])


def _report(
    adapter: Adapter, seed: int, index: int, check: _Check, arrived: Arrived, exc: BaseException
) -> str:
    way = _way(exc)

    def fails(candidate: Arrived) -> bool:
        try:
            check(candidate)
        except Exception as again:  # noqa: BLE001 - whatever it is, it is compared
            return _way(again) == way
        return False

    if check.facts is not check.sample.facts:
        plain = put(check, facts=check.sample.facts)
        kept, check = check, plain
        check = plain if fails(arrived) else kept
    if isinstance(arrived, Answer):
        whole = arrived
        arrived = put(whole, body=shrunken(lambda body: fails(put(whole, body=body)), whole.body))
    elif isinstance(arrived, Packet):
        event = arrived
        args = shrunken(lambda some: fails(put(event, args=tuple(some))), list(event.args))
        arrived = put(event, args=tuple(args))
    carried = (
        "" if check.facts is check.sample.facts else f"\nfacts of earlier inputs: {check.facts.own!r:.3000}"
    )
    return (
        f"{adapter.platform.value}: fuzz seed={seed} index={index}\n{type(exc).__name__}: {exc!s:.2000}\n"
        f"arrived (shrunken): {arrived!r:.3000}\nopen: {check.sample.opened!r:.1000}\n"
        f"goals asked: {check.goals!r:.500}{carried}"
    )
