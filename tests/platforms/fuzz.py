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

import json
import math
import os
import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from chatdesk.domain.events import (
    ConversationSeen,
    Dropped,
    Event,
    MessageSeen,
    NotificationSeen,
    OrderSeen,
    PositionSeen,
)
from chatdesk.domain.ports import (
    Accepted,
    Adapter,
    Answer,
    Arrived,
    Call,
    Connect,
    ConnectRefused,
    Done,
    Emit,
    Facts,
    Goal,
    GoalEnded,
    GoalKind,
    HandedOver,
    LinkLost,
    Listen,
    NeedsPassword,
    NoAnswer,
    OpenStep,
    Packet,
    Parked,
    Reading,
    SendText,
    Unlisten,
    Verdict,
    VerdictStored,
    VerdictUnknown,
    Wait,
)
from tests.platforms.paper import PaperDesk, put

INPUTS = 100_000
CHAIN = 64
"""So many inputs share a state of the random numbers, and may share facts."""
MOST_ITEMS = 4
MOST_CHARS = 600
"""Recorded lists and texts are cut to this: what is damaged is the shape, and speed is wanted."""
LAST_US = 9_999_999_999_999_999
DETAIL_CHARS = 300


T = TypeVar("T")


class Sample(msgspec.Struct, frozen=True):
    """Something recorded, with the facts and open steps that it met. The open step has id 1."""

    facts: Facts
    opened: tuple[OpenStep, ...]
    arrived: Arrived


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


# -- samples out of recordings -----------------------------------------------------------------------------

_WITH_DIGIT = re.compile(r"/[^/]*\d[^/]*")


def _shape(method: str, path: str) -> tuple[str, str]:
    return method, _WITH_DIGIT.sub("/*", path)


def trimmed(value: Any) -> Any:
    """A recorded value with long lists and texts cut."""
    if isinstance(value, dict):
        return {key: trimmed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [trimmed(one) for one in value[:MOST_ITEMS]]
    return value[:MOST_CHARS] if isinstance(value, str) else value


def recorded_answer(frame: Mapping[str, Any]) -> Answer:
    """A recorded HTTP exchange as the answer to step 1."""
    headers = {name.lower(): str(value) for name, value in (frame.get("response_headers") or {}).items()}
    is_json = "json" in headers.get("content-type", "")
    return Answer(1, frame["status"], is_json, trimmed(frame.get("response_body")), headers)


class _Recorded:
    """What the frames hold, each thing once."""

    def __init__(self, frames: Iterable[Mapping[str, Any]]) -> None:
        self.answers: dict[tuple[str, str], dict[str, Answer]] = {}
        self.packets: dict[str, Packet] = {}
        for frame in frames:
            if frame["channel"] == "http" and frame.get("status") is not None:
                answer = recorded_answer(frame)
                key = json.dumps([answer.status, answer.body])
                self.answers.setdefault(_shape(frame["method"], frame["path"]), {})[key] = answer
            if frame["channel"] == "socket" and frame["dir"] == "in":
                args = trimmed(frame.get("args") or [])
                self.packets[json.dumps([frame["event"], args])] = Packet(frame["event"], tuple(args))

    def of(self, call: Call, most: int) -> list[Answer]:
        """Answers to such a request: successes first, then every other status once before any twice."""
        found = list(self.answers.get(_shape(call.method, call.path), {}).values())
        seen: dict[int, int] = {}
        ranks = []
        for answer in found:
            seen[answer.status] = seen.get(answer.status, 0) + 1
            ranks.append((answer.status // 100 != 2, seen[answer.status]))
        order = sorted(range(len(found)), key=lambda at: (ranks[at][1] > 3, ranks[at]))
        return [found[at] for at in order][:most]


def samples_of(
    make: Callable[[], PaperDesk],
    goals: Sequence[GoalKind],
    frames: Iterable[Mapping[str, Any]],
    *,
    most_steps: int = 12,
    most_answers: int = 10,
) -> list[Sample]:
    """Samples of every goal's steps under the recorded answers, and of every recorded event."""
    recorded = _Recorded(frames)
    packets = list(recorded.packets.values())
    samples = [Sample(make().facts, (), packet) for packet in packets]
    for goal in goals:
        desk = make()
        step = desk.want(goal)
        for turn in range(most_steps):
            opened = desk.opened()
            match step:
                case Call():
                    answers = recorded.of(step, most_answers) or [Answer(1, 200, True, {})]
                    samples += [Sample(desk.facts, opened, answer) for answer in answers]
                    desk.read(answers[0])
                case Emit():
                    beside = packets if turn == 0 else packets[turn % 7 :: 7]
                    samples += [Sample(desk.facts, opened, packet) for packet in beside]
                    desk.read(_answering(desk, packets) or _silence(step))
                case Connect() | Listen():
                    samples.append(Sample(desk.facts, opened, Accepted(1)))
                    desk.accepted() if isinstance(step, Connect) else desk.streams()
                case Unlisten():
                    desk.handed_over()
                case Wait(ms=ms):
                    desk.later(ms)
                case _:
                    break
            step = desk.again()
    return samples


def _answering(desk: PaperDesk, packets: list[Packet]) -> Packet | None:
    """An event that the open step has waited for."""
    for packet in packets:
        verdicts = desk.adapter.read(packet, desk.opened(), desk.facts).verdicts
        if any(isinstance(verdict, VerdictStored) for verdict in verdicts):
            return packet
    return None


def _silence(step: Emit) -> Arrived:
    return NoAnswer(1, True, "timeout") if step.timeout_ms else HandedOver(1)


# -- noise -------------------------------------------------------------------------------------------------


def _nested(depth: int, leaf: Any = None) -> Any:
    value: Any = leaf
    for level in range(depth):
        value = [value] if level % 2 else {"id": level, ("message", "data", "id")[level % 3]: value}
    return value


_STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -0.0, 1, -1, 2, 41, 0.1, 1.5, -7.25, 2**31, 2**53, 2**53 + 1, 2**64, -(2**63)),
    *(10**30, int("9" * 99), 1e15, 1e308, -1e308, 5e-324, math.nan, math.inf, -math.inf),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "a\udfff",
        "\udbff\ud800 x",
        "\u202e",
        "\u2028\n\t",
        "\ufeff",
        "\u0664\u0661",
    ),
    *("NaN", "Infinity", "-0", "null", "undefined", "true", "0", "1", "-1", "1e3", "0x1f", "041", "41abc"),
    *("9" * 16, "9" * 17, "9" * 400, "x" * 64, "x" * 65, "x" * 5_000, "../..", "a/b?c#d%2e", "%s{0}"),
    *("<img src=x onerror=1>", "javascript:1", "file:///etc/passwd", "eyJhbGciOiJIUzI1NiJ9.e30.x", "a.b.c"),
    *("2026-11-20", "2026-11-20 13:10:51", "2026-11-20T07:40:51.906Z", "2026-11-20T07:40:51+99:99"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-13-45 99:99:99", "12:00", "1795161600000"),
    *([], {}, [None], [[]], [{}], {"": None}, {"id": None}, [1, "1", True], ["\ud800"], {"\ud800": "\ud800"}),
    *({"length": 10**9}, {"$oid": "65a000000000000000000101"}, {"toString": 1}, [0] * 50),
)
_STATUSES = (
    *(200,) * 8,
    *(201, 204, 206, 302, 304, 400, 400, 401, 402, 403, 404, 408, 409, 413, 422, 423, 429, 429, 500, 500),
    *(502, 503, 504, 0, 100, 999, -1),
)
_HEADER_VALUES = ("", "5", "-1", "x", "1e9", "\xb2", "9" * 50, "Fri, 20 Nov 2026 08:00:01 GMT", "Fri, 99 X")
_WORDS = (None, "", "x" * 9_999, "\ud800", "jwt expired", "Unauthorized", "{}", "\x00\n")
_NESTED = (_nested(6, 1), _nested(40, "\ud800"), _nested(80))
_VERY_NESTED = _nested(400)
_HUGE = "x" * 1_200_000


class _Noise:
    """Damage, decided by one stream of random numbers."""

    def __init__(self, rng: random.Random, samples: Sequence[Sample]) -> None:
        self.random = rng.random
        bodies = [one.arrived.body for one in samples if isinstance(one.arrived, Answer)]
        self.bodies = bodies or [None]
        args = [arg for one in samples if isinstance(one.arrived, Packet) for arg in one.arrived.args]
        self.events = sorted({one.arrived.event for one in samples if isinstance(one.arrived, Packet)}) or [
            ""
        ]
        donors = {json.dumps(part): part for whole in (*bodies, *args) for part in _parts(whole)}
        self.donors = list(donors.values()) or [None]

    def one_of(self, many: Sequence[T]) -> T:
        return many[int(self.random() * len(many))]

    def strange(self, value: Any) -> Any:
        """Something else in the place of a value."""
        chance = self.random()
        if chance < 0.5:
            return self.one_of(_STRANGE)
        if chance < 0.68:
            return self.one_of(self.donors)
        if chance < 0.74:
            return [value]
        if chance < 0.79:
            return {self.one_of(("id", "data", "$numberLong", "0")): value}
        if chance < 0.86:
            if isinstance(value, str):
                return int(value) if value.isascii() and value.isdigit() and len(value) < 99 else [*value[:9]]
            return str(value) if isinstance(value, int | float) else None
        if chance < 0.93:
            text = value if isinstance(value, str) else "text"
            return text + self.one_of(("\ud800", "\udfff\ud800", "\x00", " \u202e", "\U0001f600"))
        if chance < 0.995:
            return self.one_of(_NESTED)
        return _HUGE if chance > 0.999 else _VERY_NESTED

    def damaged(self, value: Any, depth: int = 0) -> Any:
        """The value with one place replaced, dropped or doubled; shares all the rest with it."""
        chance = self.random()
        if isinstance(value, dict) and value and (chance < 0.86 or (not depth and chance < 0.98)):
            keys = list(value)
            key = self.one_of(keys)
            how = self.random()
            copy = value.copy()
            if how < 0.1:
                del copy[key]
            elif how < 0.16:
                copy[self.one_of(keys)] = value[key]
            else:
                copy[key] = self.damaged(value[key], depth + 1)
            return copy
        if isinstance(value, list) and value and (chance < 0.86 or (not depth and chance < 0.98)):
            at = int(self.random() * len(value))
            how = self.random()
            whole = value.copy()
            if how < 0.08:
                del whole[at]
            elif how < 0.16:
                whole.insert(at, value[at])
            elif how < 0.2:
                whole.reverse()
            else:
                whole[at] = self.damaged(value[at], depth + 1)
            return whole
        return self.strange(value)

    def often(self, value: Any) -> Any:
        """Damaged once, or up to three times."""
        value = self.damaged(value)
        while self.random() < 0.3:
            value = self.damaged(value)
        return value

    def arrival(self, sample: Sample) -> Arrived:
        """What arrives instead of the sample."""
        arrived = sample.arrived
        chance = self.random()
        if chance < 0.04:
            return self.something_else(sample)
        if isinstance(arrived, Answer):
            body = arrived.body if chance < 0.9 else self.one_of(self.bodies)
            body = self.often(body)
            status = arrived.status if self.random() < 0.85 else self.one_of(_STATUSES)
            is_json = arrived.is_json if self.random() < 0.97 else not arrived.is_json
            if not is_json and not isinstance(body, str):
                body = str(body)[:2_000]
            headers = arrived.headers
            if self.random() < 0.05:
                name = self.one_of(("retry-after", "date", "content-type", "x-ratelimit-reset"))
                headers = {**headers, name: self.one_of(_HEADER_VALUES)}
            return Answer(1, status, is_json, body, headers)
        if isinstance(arrived, Packet):
            event = arrived.event if chance < 0.95 else self.one_of(self.events)
            args = self.often(list(arrived.args))
            return Packet(event, tuple(args) if isinstance(args, list) else (args,))
        return arrived

    def something_else(self, sample: Sample) -> Arrived:
        """An arrival of another sort: silence, a lost link, what nobody waits for."""
        step = sample.opened[0].step if sample.opened else None
        others: list[Arrived] = [
            LinkLost(),
            GoalEnded(int(self.random() * 40)),
            Answer(77, 200, True, self.one_of(self.bodies)),
            Packet(self.one_of(("", "x", "\ud800")), (self.one_of(_STRANGE),)),
        ]
        if step is not None and self.random() < 0.75:
            reason = self.one_of(
                ("timeout", "cut", "unreachable", "tls", "redirect", "cancelled", "too_large")
            )
            others = [NoAnswer(1, self.random() < 0.7, reason)]
            if isinstance(step, Connect):
                others += [Accepted(1), ConnectRefused(1, self.one_of(_WORDS))]
            elif isinstance(step, Listen):
                others += [Accepted(1), Answer(1, self.one_of(_STATUSES), False, "x")]
        return self.one_of(others)


def _parts(value: Any) -> Iterator[Any]:
    yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(one)


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
    noise = _Noise(rng, samples)
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
        arrived = _with_junk(sample.arrived, noise) if lost else noise.arrival(sample)
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


def _with_junk(arrived: Arrived, noise: _Noise) -> Arrived:
    """The arrival with one record of a list (an event: its payload) replaced by what is no record at all."""
    junk: Any = noise.one_of((None, 7, "x", True, [], "\ud800", 1.5, [[]]))
    if isinstance(arrived, Packet):
        return put(arrived, args=(junk, *arrived.args[1:]))
    if isinstance(arrived, Answer):
        return put(arrived, body=_junk_in(arrived.body, junk, noise))
    return arrived


def _junk_in(value: Any, junk: Any, noise: _Noise) -> Any:
    if isinstance(value, list) and value:
        at = int(noise.random() * len(value))
        return [*value[:at], junk if isinstance(value[at], dict) else value[at], *value[at + 1 :]]
    if isinstance(value, dict):
        places = [key for key, one in value.items() if isinstance(one, dict | list)]
        if places:
            key = noise.one_of(places)
            return {**value, key: _junk_in(value[key], junk, noise)}
    return value


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
