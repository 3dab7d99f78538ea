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
    """At `at_ms` something happens. kind: of PRESSES, or the name of a fault; the numbers are its own."""

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

    @property
    def faults(self) -> list[str]:
        """What goes wrong in it, in this order."""
        return [one.kind for one in self.steps if one.kind not in PRESSES]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read(raw: dict[str, Any]) -> Script:
    """A schedule from its JSON."""
    steps = tuple(Step(**one) for one in raw["steps"])
    return Script(int(raw["seed"]), str(raw["platform"]), str(raw["variant"]), steps)


PRESSES = (
    "press",
    "press_twice",
    "press_held",
    "press_later",
    "press_file",
    "elsewhere",
    "take_back",
    "edit",
    "urge",
    "delete",
    "incoming",
    "read",
    "back_up",
)
"""What people do. press: a text; twice: the same once more; held: with time to undo (ms); later: due in ms;
file: with a picture, where the platform takes any; elsewhere: from another device of the same account.
take_back, edit, urge: the newest that still waits in the talk. delete: the newest own one that has arrived.
incoming: the customer writes; read: the person has seen what the window shows. back_up: of the data folder.
"""

LINK_FAULTS = (
    "cut",
    "cut_answers",
    "cut_requests",
    "stall",
    "half_open_up",
    "half_open_down",
    "slow",
    "held_then_cut",
    "stored_late",
    "away",
)
SERVER_FAULTS = (
    "restart",
    "outage",
    "server_error_after",
    "drop_answers",
    "late_answers",
    "too_many",
    "late_events",
    "double_events",
    "lost_events",
    "reordered_events",
)
TOKEN_FAULTS = ("revoked", "revoked_at_send", "refresh_lost")
CLIENT_FAULTS = ("kill_client", "put_back", "clock_forward", "clock_back", "clock_2038", "sleep", "suspend")
FAULTS = (*LINK_FAULTS, *SERVER_FAULTS, *TOKEN_FAULTS, *CLIENT_FAULTS)

APART = ("stored_late", "elsewhere")
"""What may come to a copy or a gap that the documents name: counted apart, and never in place of others."""

_OFTEN = (
    *("cut", "cut_answers", "cut_requests", "stall", "slow", "held_then_cut", "away") * 3,
    *("restart", "outage", "server_error_after", "too_many", "late_events", "double_events", "lost_events")
    * 3,
    *("half_open_up", "half_open_down", "drop_answers", "late_answers", "reordered_events") * 2,
    *("kill_client",) * 3,
    *("revoked", "revoked_at_send", "refresh_lost"),
    *("clock_forward", "clock_back", "sleep", "suspend"),
)
"""How often each fault comes, but for the rare ones, which are drawn by themselves."""
_NEAR_MS = (-200, -20, -3, 0, 1, 2, 4, 8, 15, 60, 500, 3_000)


def draw(
    seed: int, platform: str, variant: str, *, talks: int = 2, most: int = 10, short: bool = False
) -> Script:
    """A schedule from a seed: 4 to `most` presses in up to `talks` talks, 1 to 4 faults near them.

    short: 2 to 4 presses, at most two faults, and seldom more, for runs that must end soon.
    """
    chance = random.Random(f"{seed} {platform} {variant}" + " short" * short)
    presses = chance.randint(2, 4) if short else chance.randint(4, most)
    steps = [_press(chance, number, talks) for number in range(presses)]
    pressed = list(steps)
    steps += [
        _fault(chance, chance.choice(pressed), chance.choice(_OFTEN))
        for _ in range(chance.randint(1, 2 if short else 4))
    ]
    often = 0.4 if short else 1.0
    if chance.random() < 0.35 * often:
        steps += _second_thoughts(chance, pressed)
    if chance.random() < 0.12 * often:
        steps += _elsewhere(chance, pressed)
    if chance.random() < 0.15 * often:
        steps += _visitors(chance, talks)
    rare = chance.random()
    if rare < 0.03:
        steps.append(_fault(chance, chance.choice(pressed), "stored_late"))
    elif rare < 0.06:
        begun = chance.randrange(LENGTH_MS // 2)
        put_back = begun + chance.randrange(1_000, LENGTH_MS // 2)
        steps.append(Step(begun, "back_up"))
        steps.append(Step(put_back, "put_back", ms=chance.choice([200, 3_000]), number=chance.randrange(2)))
    elif rare < 0.07:
        steps.append(Step(chance.randrange(LENGTH_MS), "clock_2038"))
    return Script(seed, platform, variant, tuple(sorted(steps, key=lambda one: one.at_ms)))


def _press(chance: random.Random, number: int, talks: int) -> Step:
    talk, word = chance.randrange(talks), chance.choice(WORDS)
    text = f"t{talk} {word}" if word == "ok" else f"t{talk} {word} {number}"
    at_ms = chance.randrange(500, LENGTH_MS - 5_000)
    luck = chance.random()
    if luck < 0.78:
        return Step(at_ms, "press", talk, text)
    if luck < 0.84:
        return Step(at_ms, "press_twice", talk, text)
    if luck < 0.90:
        return Step(at_ms, "press_held", talk, text, ms=chance.choice([1_000, 5_000, 10_000]))
    if luck < 0.95:
        return Step(at_ms, "press_later", talk, text, ms=chance.choice([500, 5_000, 20_000]))
    return Step(at_ms, "press_file", talk, text)


def _fault(chance: random.Random, near: Step, kind: str) -> Step:
    return Step(
        max(0, near.at_ms + chance.choice(_NEAR_MS)),
        kind,
        talk=near.talk,
        ms=chance.choice([200, 1_000, 3_000, 9_000, 12_000]),
        number=chance.choice([0, 1, 10, 40, 150, 400, 1_500]),
    )


def _second_thoughts(chance: random.Random, pressed: list[Step]) -> list[Step]:
    """The person takes back, changes, hurries or deletes something soon after it was pressed."""
    made = []
    for number in range(chance.randint(1, 2)):
        near = chance.choice(pressed)
        kind = chance.choice(("take_back", "edit", "urge", "delete"))
        at_ms = near.at_ms + chance.choice([0, 1, 5, 30, 300, 900, 4_000, 8_000])
        made.append(Step(at_ms, kind, near.talk, f"t{near.talk} edited {number}" if kind == "edit" else ""))
    return made


def _elsewhere(chance: random.Random, pressed: list[Step]) -> list[Step]:
    """Another device of the same account writes the same text, at about the same time or long before."""
    near = chance.choice(pressed)
    away_ms = chance.choice([-15_000, -5_000, -500, 0, 300, 2_000, 6_000, 15_000])
    return [Step(max(0, near.at_ms + away_ms), "elsewhere", near.talk, near.text)]


def _visitors(chance: random.Random, talks: int) -> list[Step]:
    """Customers write, and the person reads now and then."""
    made = []
    for number in range(chance.randint(1, 3)):
        talk, at_ms = chance.randrange(talks), chance.randrange(1_000, LENGTH_MS - 2_000)
        made.append(Step(at_ms, "incoming", talk, f"t{talk} from there {number}"))
        made.append(Step(at_ms + chance.choice([0, 100, 1_500, 6_000]), "read", talk))
    return made
