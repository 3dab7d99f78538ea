"""What happens when in a soak: its phases, its rates and its faults; everything scales with its length."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

FULL_MINUTES = 30.0
SEEDED = 34
"""Conversations that the desk has in the demonstration, over all platforms."""
FAULTS = (
    "cut",
    "blackhole one",
    "restart",
    "delay",
    "offline",
    "blackhole",
    "kill",
    "cut one",
    "deaf",
)
"""In turn: every connection breaks; nothing passes of one platform; the server ends and comes back; every
byte comes late; no connection can be made; nothing passes at all; the server dies and comes back; every
connection of one platform breaks; what the server says does not come."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Begins `at_s` after the events begin, and lasts so long; `place` picks a platform by number."""

    kind: str
    at_s: float
    lasts_s: float
    place: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The run of a soak. Times are seconds since the events began.

    A rest after the first events and one after the last show what the program holds when nothing happens; the
    memory of a sixth of the time in the beginning is compared with that of the last sixth.
    """

    minutes: float
    seed: int = 1
    conversations: int = 50
    events_per_s: float = 20.0
    guests: int = 100
    """At most so many others take part at each platform."""
    own_per_s: float = 0.8
    """Of these the desk itself does so many."""
    rest_s: float = 60.0
    fault_every_s: float = 60.0
    fault_lasts_s: float = 20.0
    sample_every_s: float = 10.0
    grace_s: float = 60.0
    """How much longer the last rest may take, for connections that are kept for a while to be closed."""
    kinds: tuple[str, ...] = FAULTS
    settle_s: float = 120.0
    """How long after the last fault everything may take to be sent, and every account to be reached."""

    @property
    def length_s(self) -> float:
        return self.minutes * 60.0

    @property
    def first_rest_s(self) -> float:
        """When the first rest begins: the fifth minute of thirty begins with its end."""
        return max(0.0, self.length_s * 5 / FULL_MINUTES - self.rest_s)

    @property
    def before(self) -> tuple[float, float]:
        """What the memory is compared with: minutes 5 to 10 of thirty."""
        return self.length_s * 5 / FULL_MINUTES, self.length_s * 10 / FULL_MINUTES

    @property
    def after(self) -> tuple[float, float]:
        """What is compared: the last five minutes of thirty."""
        return self.length_s * 25 / FULL_MINUTES, self.length_s

    def faults(self) -> Iterator[Fault]:
        """One in every stretch of `fault_every_s`; none reaches into a rest."""
        chance = random.Random(self.seed)
        rest = self.first_rest_s, self.first_rest_s + self.rest_s
        at_s, number = 0.0, 0
        while at_s + self.fault_every_s <= self.length_s:
            lasts_s = self.fault_lasts_s * chance.uniform(0.5, 1.0)
            begins_s = at_s + chance.uniform(0.05, 0.3) * self.fault_every_s
            if begins_s + lasts_s + self.fault_every_s / 2 < rest[0] or begins_s > rest[1]:
                yield Fault(self.kinds[number % len(self.kinds)], begins_s, lasts_s, chance.randrange(5))
                number += 1
            at_s += self.fault_every_s


def short() -> Plan:
    """The same in less than half a minute: for what can be told in so short a time."""
    return Plan(
        minutes=14 / 60,
        conversations=SEEDED,
        guests=2,
        own_per_s=1.5,
        rest_s=1.0,
        fault_every_s=4.0,
        kinds=("restart", "cut"),
        fault_lasts_s=1.0,
        sample_every_s=0.5,
        settle_s=60.0,
    )
