"""What happens in one schedule: presses and faults at moments of virtual time, all drawn from one seed."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from typing import Any

LENGTH_MS = 40_000
"""Presses and faults happen within this; then everything heals."""
WORDS = (
    "on my way",
    "the gate is open",
    "ok",
    "ok",
    "please wait",
    "invoice follows",
    "arrived",
    "thank you",
)


@dataclass(frozen=True, slots=True)
class Step:
    """At `at_ms` something happens. kind: press, or the name of a fault; the numbers are that fault's."""

    at_ms: int
    kind: str
    talk: int = 0
    text: str = ""
    ms: int = 0
    number: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """One schedule."""

    seed: int
    platform: str
    variant: str
    steps: tuple[Step, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read(raw: dict[str, Any]) -> Script:
    """A schedule from its JSON."""
    steps = tuple(Step(**one) for one in raw["steps"])
    return Script(int(raw["seed"]), str(raw["platform"]), str(raw["variant"]), steps)


LINK_FAULTS = ("cut", "cut_answers", "cut_requests", "stall", "slow", "held_then_cut", "away")
SERVER_FAULTS = (
    "restart",
    "outage",
    "server_error_after",
    "too_many",
    "late_events",
    "double_events",
    "lost_events",
)
CLIENT_FAULTS = ("kill_client",)
FAULTS = (*LINK_FAULTS, *SERVER_FAULTS, *CLIENT_FAULTS)


def draw(seed: int, platform: str, variant: str, *, talks: int = 2) -> Script:
    """A schedule from a seed: 4 to 10 presses in up to `talks` talks, 1 to 4 faults near them."""
    chance = random.Random(f"{seed} {platform} {variant}")
    steps: list[Step] = []
    for number in range(chance.randint(4, 10)):
        talk = chance.randrange(talks)
        word = chance.choice(WORDS)
        text = f"t{talk} {word}" if word == "ok" else f"t{talk} {word} {number}"
        steps.append(Step(chance.randrange(500, LENGTH_MS - 5_000), "press", talk, text))
    presses = [one.at_ms for one in steps]
    for _ in range(chance.randint(1, 4)):
        near = chance.choice(presses) + chance.choice([-200, -20, -3, 0, 1, 2, 4, 8, 15, 60, 500, 3_000])
        kind = chance.choice(FAULTS)
        ms = chance.choice([200, 1_000, 3_000, 9_000, 12_000])
        steps.append(Step(max(0, near), kind, ms=ms, number=chance.choice([0, 1, 10, 40, 150, 400, 1_500])))
    return Script(seed, platform, variant, tuple(sorted(steps, key=lambda one: one.at_ms)))
