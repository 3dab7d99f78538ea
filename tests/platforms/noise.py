"""Damage for the fuzz harness: any JSON value in any place of what was recorded."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    GoalEnded,
    LinkLost,
    NoAnswer,
    Packet,
)
from chatdesk.domain.steps import Connect, Listen
from tests.platforms.paper import put
from tests.platforms.samples import Sample

T = TypeVar("T")


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


class Noise:
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
        if chance < 0.05:
            return self.something_else(sample)
        if chance < 0.12:
            return arrived  # so that later inputs meet facts that have moved on
        if isinstance(arrived, Answer):
            body = arrived.body if chance < 0.92 else self.one_of(self.bodies)
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


def with_junk(arrived: Arrived, noise: Noise) -> Arrived:
    """The arrival with one record of a list (an event: its payload) replaced by what is no record at all."""
    junk: Any = noise.one_of((None, 7, "x", True, [], "\ud800", 1.5, [[]]))
    if isinstance(arrived, Packet):
        return put(arrived, args=(junk, *arrived.args[1:]))
    if isinstance(arrived, Answer):
        return put(arrived, body=_junk_in(arrived.body, junk, noise))
    return arrived


def _junk_in(value: Any, junk: Any, noise: Noise) -> Any:
    if isinstance(value, list) and value:
        at = int(noise.random() * len(value))
        return [*value[:at], junk if isinstance(value[at], dict) else value[at], *value[at + 1 :]]
    if isinstance(value, dict):
        places = [key for key, one in value.items() if isinstance(one, dict | list)]
        if places:
            key = noise.one_of(places)
            return {**value, key: _junk_in(value[key], junk, noise)}
    return value
