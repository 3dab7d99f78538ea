"""Many schedules, on several processes, resumable; every outcome is a line, and the report counts them.

`python -m tests.faults --schedules 10000 --seed 1 --jobs 2 --out build/faults`. What is in the folder from an
earlier run with the same seed is not done again. Status 1 when anything was lost, duplicated or reordered, or
when too few presses arrived by themselves.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chatdesk.server.dialect import Variant
from chatdesk.server.registry import DIALECTS
from tests.faults import lab, script

REPLAYS = 3
"""A schedule that fails is carried out so often again; one that fails less often hangs on threads' timing."""
LIVE_ONLY = frozenset({("marketplace", Variant.AS_IS)})
"""Its server keeps nothing, so nothing can be counted in its database: it is not part of these figures."""
BARS = {Variant.PROMISED: 0.995, Variant.AS_IS: 0.98}
"""Share of the presses that arrive within a minute after the last fault, without a person."""

Result = dict[str, Any]


def places() -> list[tuple[str, Variant]]:
    """Every platform in every variant that schedules are run against."""
    return [
        (name, variant)
        for name, one in DIALECTS.items()
        for variant in one.variants
        if (name, variant) not in LIVE_ONLY
    ]


class Worker:
    """Carries out schedules in one process; the first one at a place prepares it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, Variant], lab.Prepared] = {}

    def run(self, wanted: script.Script) -> Result:
        """The outcome of one schedule; a failure is repeated, and told with how often it came."""
        result = self._once(wanted)
        if _is_bad(result):
            result["failed"] = 1 + sum(_is_bad(self._once(wanted)) for _ in range(REPLAYS))
            result["of"] = 1 + REPLAYS
            result["script"] = wanted.as_json()
        return result

    def _once(self, wanted: script.Script) -> Result:
        place = (wanted.platform, Variant(wanted.variant))
        if place not in self._made:
            made = self._folder / "made" / f"{place[0]}-{place[1].value}"
            self._made[place] = lab.prepare(made, *place)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        began = time.perf_counter()
        result: Result = {"platform": wanted.platform, "variant": wanted.variant, "seed": wanted.seed}
        result["faults"] = [one.kind for one in wanted.steps if one.kind != "press"]
        try:
            found = lab.run_schedule(folder, self._made[place], wanted)
        except Exception as exc:  # noqa: BLE001 -- whatever it is, it is a finding
            result["trouble"] = f"{type(exc).__name__}: {exc}"[:500]
            return result
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        count = asdict(found.count)
        result |= count | {"alive": found.alive, "settled_ms": found.settled_ms}
        result["seconds"] = round(time.perf_counter() - began, 2)
        return result


def _is_bad(result: Result) -> bool:
    return "trouble" in result or any(result[key] for key in ("lost", "duplicated", "reordered"))


_worker: Worker | None = None


def _start(folder: str) -> None:
    global _worker  # noqa: PLW0603 -- one per process of the pool
    logging.disable(logging.CRITICAL)
    _worker = Worker(Path(tempfile.mkdtemp(dir=folder)))


def _work(raw: dict[str, Any]) -> Result:
    assert _worker is not None
    return _worker.run(script.read(raw))


def wanted(seed: int, schedules: int) -> Iterator[script.Script]:
    """The schedules of a seed: every place in turn."""
    found = places()
    for number in range(schedules):
        platform, variant = found[number % len(found)]
        yield script.draw(seed * 1_000_000 + number, platform, variant.value)


def carry_out(out: Path, seed: int, schedules: int, jobs: int) -> list[Result]:
    """Do what is not done yet; returns all outcomes of this seed."""
    out.mkdir(parents=True, exist_ok=True)
    lines = out / f"seed-{seed}.jsonl"
    done = [json.loads(line) for line in lines.read_text("utf-8").splitlines()] if lines.exists() else []
    known = {(one["platform"], one["variant"], one["seed"]) for one in done}
    left = [one for one in wanted(seed, schedules) if (one.platform, one.variant, one.seed) not in known]
    if not left:
        return done
    with tempfile.TemporaryDirectory(prefix="chatdesk-faults-") as folder, lines.open("a") as file:
        context = multiprocessing.get_context("spawn")
        with context.Pool(jobs, _start, (folder,)) as pool:
            for at, result in enumerate(pool.imap_unordered(_work, [one.as_json() for one in left]), 1):
                file.write(json.dumps(result) + "\n")
                file.flush()
                done.append(result)
                if _is_bad(result) or at % 100 == 0:
                    print(f"{at} of {len(left)}", result if _is_bad(result) else "", flush=True)
    return done


def report(results: list[Result]) -> dict[str, Any]:
    """The counts of a run, also per platform and per fault."""
    whole = [one for one in results if "trouble" not in one]
    presses = sum(one["presses"] for one in whole)
    made: dict[str, Any] = {
        key: sum(one[key] for one in whole) for key in ("lost", "duplicated", "reordered")
    }
    made |= {"schedules": len(results), "troubles": len(results) - len(whole), "presses": presses}
    made["alive"] = round(sum(one["alive"] for one in whole) / presses, 5) if presses else 1.0
    made["timing_dependent"] = sum(1 for one in results if one.get("failed", 0) not in {0, 1 + REPLAYS})
    made["faults"] = dict(Counter(kind for one in results for kind in one["faults"]).most_common())
    made["platforms"] = {}
    for platform, variant in places():
        here = [one for one in whole if (one["platform"], one["variant"]) == (platform, variant.value)]
        pressed = sum(one["presses"] for one in here)
        alive = sum(one["alive"] for one in here) / pressed if pressed else 1.0
        made["platforms"][f"{platform} {variant.value}"] = {
            "schedules": len(here),
            "presses": pressed,
            "accepted": sum(one["accepted"] for one in here),
            "alive": round(alive, 5),
            "bar": BARS[variant],
            **{
                key: sum(one[key] for one in here)
                for key in ("lost", "duplicated", "reordered", "uncertain", "parked")
            },
        }
    return made


def holds(made: dict[str, Any]) -> bool:
    """Whether nothing was lost, nothing came twice, and enough arrived by itself."""
    clean = not (made["lost"] or made["duplicated"] or made["reordered"] or made["troubles"])
    return clean and all(one["alive"] >= one["bar"] for one in made["platforms"].values())


def main() -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schedules", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/faults"))
    chosen = parser.parse_args()
    results = carry_out(chosen.out, chosen.seed, chosen.schedules, chosen.jobs)
    made = report(results)
    (chosen.out / "report.json").write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    for place, one in made["platforms"].items():
        print(f"{place:24} {one}")
    whole = {
        key: made[key]
        for key in ("schedules", "presses", "lost", "duplicated", "reordered", "alive", "troubles")
    }
    print(json.dumps(whole))
    return 0 if holds(made) else 1
