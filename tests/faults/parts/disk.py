"""Disks that fail under a whole client, and files that are spoilt while it is dead; on virtual time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from chatdesk.server.dialect import Variant
from tests.faults.disk import damage, life
from tests.faults.disk.life import Event
from tests.faults.disk.shim import CHANGING, FOR_EVER, Ill, Op
from tests.faults.parts import Case, Result
from tests.faults.parts.schedules import places, template

CALLS = 900
"""About so many calls of the disk one life makes."""
LENGTH_MS = 30_000
_OPS = (
    (CHANGING, 6),
    (frozenset({Op.SYNC}), 2),
    (frozenset({Op.SYNC, Op.TRUNCATE}), 1),
    (frozenset({Op.WRITE}), 2),
    (frozenset({Op.READ}), 2),
    (frozenset({Op.OPEN, Op.RENAME, Op.DELETE}), 1),
)
_FILES = ("", "", "", "outbox.journal", "-wal", ".db")


def draw(seed: int, platform: str, variant: str) -> list[Event]:
    """Presses, lines of a customer, and one to three troubles of the disk, at moments of 30 s."""
    dice = random.Random(f"disk {seed} {platform} {variant}")
    events = []
    for number in range(dice.randint(4, 8)):
        talk = dice.randrange(2)
        events.append(Event(dice.randrange(500, LENGTH_MS), "press", talk, f"t{talk} message {number}"))
    events += [
        Event(dice.randrange(500, LENGTH_MS), "say", text=f"a question {number}")
        for number in range(dice.randint(0, 2))
    ]
    for _ in range(dice.choice([1, 1, 2, 3])):
        events += _trouble(dice)
    if dice.random() < 0.2:
        events.append(Event(dice.randrange(500, LENGTH_MS), "cut"))
    if dice.random() < 0.25:
        events.append(Event(dice.randrange(10_000, LENGTH_MS), "quit"))
    return sorted(events, key=lambda one: one.at_ms)


def _trouble(dice: random.Random) -> list[Event]:
    at_ms = dice.choice([0, dice.randrange(LENGTH_MS)])
    if dice.random() < 0.3:
        return [Event(at_ms + 1_000, "kill", damage=dice.choice([*damage.NAMES, ""]))]
    ops = dice.choices([one for one, _weight in _OPS], [weight for _one, weight in _OPS])[0]
    ill = Event(
        at_ms,
        "ill",
        ill=dice.choice([*Ill]).value,
        ops=tuple(sorted(one.value for one in ops)),
        after=dice.randrange(dice.choice([5, 60, CALLS])),
        times=dice.choice([1, 2, 5, 20, FOR_EVER]),
        name=dice.choice(_FILES),
        dies=dice.random() < 0.4,
    )
    return [ill, Event(at_ms + dice.choice([2_000, 8_000, 20_000]), "heal")]


class Disk:
    """Every place in turn."""

    name = "disk"
    wall_bound = False

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """Lives, drawn from numbers of their own."""
        found = places()
        for number in range(amount):
            platform, variant = found[number % len(found)]
            own = seed * 1_000_000 + number
            events = draw(own, platform, variant.value)
            yield {
                "key": f"disk {platform} {variant.value} {own}",
                "seed": own,
                "platform": platform,
                "variant": variant.value,
                "events": life.as_json(events),
            }

    def carry_out(self, case: Case, folder: Path) -> Result:
        """One life, until everything that was pressed is sent."""
        place = (str(case["platform"]), Variant(case["variant"]))
        events = [Event(**{**one, "ops": tuple(one["ops"])}) for one in case["events"]]
        came = life.live(folder, template(*place), events)
        result: Result = {"platform": place[0], "variant": place[1].value, "seed": case["seed"]}
        result["faults"] = [_named(one) for one in events if one.kind in {"ill", "kill"}]
        result |= asdict(came.count)  # type: ignore[typeddict-item]
        result["alive"], result["kills"] = came.alive, came.kills
        wrong = list(came.wrong)
        if came.behind:
            wrong.append(f"{came.behind} messages of customers are not here")
        if wrong:
            result["trouble"] = "; ".join(wrong)
        return result


def _named(event: Event) -> str:
    if event.kind == "kill":
        return f"spoilt {event.damage}" if event.damage else "kill"
    return f"disk {event.ill}{' at death' if event.dies else ''}"


PART = Disk()
