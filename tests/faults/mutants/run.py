"""Looks for every planted defect on several processes, and tells what the lab saw of each."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.faults.mutants.defects import DEFECTS
from tests.faults.mutants.search import Hunted, hunt, own_scratch


def look_for(name: str, seed: int) -> Hunted:
    """Hunt one defect in this process."""
    (defect,) = (one for one in DEFECTS if one.name == name)
    with own_scratch():
        return hunt(defect, seed)


def table(hunted: Iterable[Hunted]) -> str:
    """One line per defect, and below it what the checker said."""
    lines = [f"{'defect':18} {'rule':18} {'found as':22} {'cases':>5} {'CPU s':>7}  in"]
    for one in hunted:
        found = one.found or "NOT FOUND"
        if not one.clean:
            found += " (NOT CLEAN WITHOUT IT)"
        lines.append(f"{one.name:18} {one.rule:18} {found:22} {one.cases:5} {one.cpu_s:7.1f}  {one.key}")
        lines += [f"{'':18} {words[:160]}" for words in one.words[:1]]
    return "\n".join(lines)


def main() -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make faults-mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--only", nargs="*", default=[], choices=[one.name for one in DEFECTS])
    parser.add_argument("--out", type=Path, default=Path("build/faults"))
    chosen = parser.parse_args()
    names = [one.name for one in DEFECTS if not chosen.only or one.name in chosen.only]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(chosen.jobs, context, max_tasks_per_child=1) as pool:
        hunted = list(pool.map(look_for, names, [chosen.seed] * len(names)))
    chosen.out.mkdir(parents=True, exist_ok=True)
    told = json.dumps([one.as_json() for one in hunted], indent=2)
    (chosen.out / "mutants.json").write_text(told + "\n", "utf-8")
    print(table(hunted))
    return 0 if all(one.holds for one in hunted) else 1
