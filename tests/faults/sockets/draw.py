"""What happens in one schedule over real sockets: a few seconds of presses, and faults near them."""

from __future__ import annotations

import random
from typing import Any

from tests.faults.parts import Case

LENGTH_MS = 5_000
WORDS = ("on my way", "the gate is open", "ok", "ok", "please wait", "invoice follows")
FAULTS = (
    "reset",
    "cut_up",
    "cut_down",
    "cut_up",
    "cut_down",
    "delay",
    "throttle",
    "blackhole",
    "blackhole_up",
    "blackhole_down",
    "end_up",
    "end_down",
    "hang",
    "refuse",
    "held",
    "kill_server",
)
"""As often as they stand here; each is a method of the world."""
NEAR_MS = (-300, -20, -5, 0, 1, 2, 4, 8, 15, 40)
LENGTHS_MS = (300, 1_000, 2_500)
BYTES = (0, 1, 5, 20, 60, 150, 300, 500, 700, 1_000, 1_500)


def draw(seed: int, platform: str, variant: str) -> Case:
    """A case: steps of (at_ms, kind, talk, text, ms, number), the same for the same seed."""
    chance = random.Random(f"sockets {seed} {platform} {variant}")
    steps: list[dict[str, Any]] = []
    for number in range(chance.randint(3, 6)):
        talk = chance.randrange(2)
        word = chance.choice(WORDS)
        text = f"t{talk} {word}" if word == "ok" else f"t{talk} {word} {number}"
        steps.append({"at_ms": chance.randrange(200, LENGTH_MS), "kind": "press", "talk": talk, "text": text})
    moments = [step["at_ms"] for step in steps]
    for _ in range(chance.randint(1, 3)):
        at_ms = max(0, chance.choice(moments) + chance.choice(NEAR_MS))
        kind, ms, number = chance.choice(FAULTS), chance.choice(LENGTHS_MS), chance.choice(BYTES)
        if kind == "held":
            ms = chance.randrange(9_000)
        steps.append({"at_ms": at_ms, "kind": kind, "ms": ms, "number": number})
    return {
        "key": f"{platform} {variant} {seed}",
        "platform": platform,
        "variant": variant,
        "seed": seed,
        "steps": sorted(steps, key=lambda one: one["at_ms"]),
    }
