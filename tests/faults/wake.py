"""How soon after a wake, and after the network's return, an account is live and has everything: measured.

`python -m tests.faults.wake --seed 1 --each 200 --out build/faults/wake.json`: so many wakes and so many
returns of the network, over every place, each with the system's hint and without it, on virtual time.
Status 1 when one kind of them needs more than BAR_MS at the 95th percentile, or one does not catch up at all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatdesk.server.dialect import Variant
from chatdesk.server.registry import DIALECTS
from tests.faults.lab import Prepared, prepare, run_lab
from tests.faults.time.away import Away

BAR_MS = 3_000
PATIENCE_MS = 120_000
LIVE_ONLY = frozenset({("marketplace", Variant.AS_IS)})
"""Its server keeps nothing: what others wrote meanwhile is nowhere to be read."""
KINDS = ("wake hinted", "wake untold", "network hinted", "network untold")
"""Untold: neither the bus nor anybody else says so; clocks and the way to the network must do."""
BLIND = "network unseen"
"""Counted, without a bar: a router far away lost the network and found it; this machine can't see that."""


@dataclass(frozen=True, slots=True)
class Spell:
    """One time away."""

    kind: str
    place: str
    took_ms: int
    missing: int
    """Messages that were still missing at the end of all patience."""


def places() -> list[tuple[str, Variant]]:
    """Every platform in every variant that stores what is written."""
    return [
        (name, variant)
        for name, one in DIALECTS.items()
        for variant in one.variants
        if (name, variant) not in LIVE_ONLY
    ]


async def spell(away: Away, kind: str) -> Spell:
    """Away for a while; then from the wake, or the network's return, until live and caught up."""
    chance = away.chance
    # Longer than a hint's row, so that each spell stands for one of many days.
    await asyncio.sleep(65 + chance.random() * 5)
    event, _, told = kind.partition(" ")
    away.desk.tells_way = told == "untold"
    if event == "wake":
        away.fall_asleep()
        talks = await away.others_write(chance.randint(1, 4), into=chance.randint(1, 2))
        away.wake_up(chance.choice([90, 1_200, 9 * 3_600]), counted=chance.random() < 0.25)
    else:
        away.lose_network(cut=chance.random() < 0.5)
        talks = await away.others_write(chance.randint(1, 4), into=chance.randint(1, 2))
        await asyncio.sleep(chance.choice([3, 20, 70, 400]) + chance.random())
        away.regain_network()
    since_us, since_ms = away.desk.clock.now_us(), away.desk.clock.now_ms()
    if told == "hinted":
        await asyncio.sleep(chance.choice([0.01, 0.1, 0.5]))
        assert away.desk.engine is not None
        away.desk.engine.shaken()
    while not (away.desk.caught_up_since(since_us) and not away.missing(talks)):
        if away.desk.clock.now_ms() - since_ms > PATIENCE_MS:
            break
        await asyncio.sleep(0.02)
    place = f"{away.made.platform} {away.made.variant.value}"
    return Spell(kind, place, away.desk.clock.now_ms() - since_ms, len(away.missing(talks)))


def carry_out(folder: Path, made: Prepared, seed: int, kinds: Sequence[str]) -> list[Spell]:
    """These spells, one after the other, in a new copy of one place."""

    async def story() -> list[Spell]:
        away = Away(folder, made, seed)
        await away.begin()
        found = [await spell(away, kind) for kind in kinds]
        await away.end()
        return found

    return run_lab(story())


def percentile(values: Sequence[int], share: float) -> int:
    """The smallest value that at least this share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def report(spells: Sequence[Spell]) -> dict[str, Any]:
    """Counts and percentiles in milliseconds, by kind and by kind at each place."""
    made: dict[str, Any] = {"bar_ms": BAR_MS, "kinds": {}, "places": {}}
    for kind in (*KINDS, BLIND):
        here = [one for one in spells if one.kind == kind]
        if not here:
            continue
        made["kinds"][kind] = _figures(here)
        for place in sorted({one.place for one in here}):
            found = [one for one in here if one.place == place]
            made["places"].setdefault(place, {})[kind] = _figures(found)
    return made


def _figures(spells: Sequence[Spell]) -> dict[str, int]:
    took = [one.took_ms for one in spells]
    missing = sum(one.missing > 0 for one in spells)
    figures = {f"p{share}_ms": percentile(took, share / 100) for share in (50, 95)}
    return {"times": len(took), **figures, "most_ms": max(took), "never_caught_up": missing}


def holds(made: dict[str, Any]) -> bool:
    """Whether every kind that has a bar keeps it, and nothing stayed missing."""
    kinds = made["kinds"]
    soon = all(kinds[kind]["p95_ms"] <= BAR_MS for kind in KINDS if kind in kinds)
    return soon and not any(one["never_caught_up"] for one in kinds.values())


def main() -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.wake", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=200, help="times of each kind, over all places")
    parser.add_argument("--out", type=Path, default=Path("build/faults/wake.json"))
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    spells: list[Spell] = []
    made_report: dict[str, Any] = {}
    found = places()
    for number, (platform, variant) in enumerate(found):
        times = len(range(number, chosen.each, len(found)))
        kinds = [*KINDS * times, *[BLIND] * max(1, times // 5)]
        with tempfile.TemporaryDirectory(prefix="chatdesk-wake-") as folder:
            made = prepare(Path(folder) / "made", platform, variant)
            spells += carry_out(Path(folder) / "run", made, chosen.seed, kinds)
        # After each place: a run that is cut short leaves what it has found.
        made_report = report(spells) | {"seed": chosen.seed, "complete": number + 1 == len(found)}
        chosen.out.write_text(json.dumps(made_report, indent=2) + "\n", "utf-8")
        print(f"{platform} {variant.value}: {len(kinds)}", flush=True)
    for kind, figures in made_report["kinds"].items():
        print(f"{kind:16} {figures}")
    return 0 if holds(made_report) else 1


if __name__ == "__main__":
    sys.exit(main())
