"""Carries out the parts of the fault lab on several processes; resumable, and every outcome is a line.

`python -m tests.faults --seed 1 --schedules 10000 --jobs 2 --out build/faults`. What is in the folder from an
earlier run with the same seed is not done again. Status 1 when anything was lost, duplicated or reordered, or
when too few presses arrived by themselves.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib
import json
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

import pytest

from tests.faults.crew import Crew
from tests.faults.parts import Case, Part, Result, Shrinks, is_bad
from tests.faults.parts.schedules import places
from tests.faults.report import holds, report, table

__all__ = ["carry_out", "main", "places"]
REPLAYS = 3
"""A case that fails is carried out so often again; one that fails less often hangs on threads' timing."""
PARTS = {
    "schedules": 9_500,
    "sockets": 500,
    "kills": 850,
    "kills_alone": 60,
    "sweeps": 641,
    "disk": 300,
    "live_only": 300,
}
"""How many cases a full run has: all of the sweeps; and a case of kills has one to four of them."""
FULL = PARTS["schedules"] + PARTS["sockets"]
WORLDS_AT_ONCE = 3
"""Where a part waits more than it computes, so many processes share one processor."""
GARBAGE = 20_000
"""New objects before a worker looks for cycles: with Python's own 700 that is a twentieth of its work."""
ROOT = Path(__file__).parents[2]


def part(name: str) -> Part:
    """The part of this name."""
    found: Part = importlib.import_module(f"tests.faults.parts.{name}").PART
    return found


def digest() -> str:
    """Short name of the sources as they are now; outcomes of other sources are told apart by it."""
    made = hashlib.sha256()
    for folder in ("src/chatdesk", "tests/faults"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            made.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return made.hexdigest()[:12]


def carry_out(name: str, case: Case) -> Result:
    """One case in this process; a failure is repeated, made smaller, and told with how often it came."""
    one = part(name)
    result = _once(one, case)
    if is_bad(result):
        again = [is_bad(_once(one, case)) for _ in range(REPLAYS)]
        result["failed"], result["of"] = 1 + sum(again), 1 + REPLAYS
        result["case"] = case
        if all(again) and "trouble" not in result and (shrunk := getattr(one, "shrunk", None)):
            shrinks: Callable[[Case, Callable[[Case], bool]], Case] = shrunk
            result["case"] = shrinks(case, lambda smaller: is_bad(_once(one, smaller)))
    return result


def _once(one: Part | Shrinks, case: Case) -> Result:
    folder = Path(tempfile.mkdtemp(prefix="world-"))
    began = time.perf_counter()
    result: Result
    try:
        result = one.carry_out(case, folder)
    except (Exception, pytest.fail.Exception) as exc:  # noqa: BLE001 -- whatever it is, it is a finding
        known = {key: case.get(key, "") for key in ("platform", "variant")}
        result = {"platform": known["platform"], "variant": known["variant"], "faults": []}
        result["trouble"] = f"{type(exc).__name__}: {exc}"[:500]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result |= {"part": one.name, "key": case["key"], "seconds": round(time.perf_counter() - began, 2)}
    return result


def _start(folder: str) -> None:
    logging.disable(logging.CRITICAL)
    gc.set_threshold(GARBAGE, 20, 20)
    tempfile.tempdir = tempfile.mkdtemp(dir=folder)
    # httpcore looks for a module that is not installed at each of its turns: a twentieth of a schedule.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


class Run:
    """All cases of a seed: those that were carried out earlier, and those that are left."""

    def __init__(self, out: Path, seed: int, amounts: dict[str, int]) -> None:
        out.mkdir(parents=True, exist_ok=True)
        self._lines = out / f"seed-{seed}.jsonl"
        self._seed = seed
        self._source = digest()
        self._amounts = amounts
        self.results: list[Result] = [json.loads(line) for line in self._earlier()]

    def _earlier(self) -> Iterator[str]:
        if not self._lines.exists():
            return
        text = self._lines.read_text("utf-8")
        whole = text[: text.rfind("\n") + 1]
        if whole != text:  # the last line of a run that was killed
            self._lines.write_text(whole, "utf-8")
        yield from whole.splitlines()

    def left(self) -> dict[str, list[Case]]:
        """Cases by part, in their order, that have no outcome yet."""
        done = {(one["part"], one["key"]) for one in self.results}
        return {
            name: [case for case in part(name).cases(self._seed, amount) if (name, case["key"]) not in done]
            for name, amount in self._amounts.items()
        }

    def finish(self, jobs: int, patience_s: float | None = None) -> bool:
        """Carry out what is left; returns False when the time was over before."""
        left = self.left()
        total = sum(len(cases) for cases in left.values())
        if not total:
            return True
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="chatdesk-faults-") as folder:
            busy = {name: cases for name, cases in left.items() if not part(name).wall_bound}
            idle = {name: cases for name, cases in left.items() if part(name).wall_bound}
            crews = [
                Crew(workers, _mixed(share), carry_out, _start, folder)
                for workers, share in ((jobs, busy), (jobs * WORLDS_AT_ONCE, idle))
            ]
            under_way: dict[Future[Result], Crew] = {}
            at = 0
            with self._lines.open("a", encoding="utf-8") as file:
                while True:
                    for crew in crews:
                        under_way |= dict.fromkeys(crew.begun(), crew)
                    if not under_way:
                        break
                    spare = None if patience_s is None else max(0.0, patience_s - (time.monotonic() - began))
                    done, _rest = wait(under_way, timeout=spare, return_when=FIRST_COMPLETED)
                    for future in done:
                        under_way.pop(future).ended()
                        at += 1
                        self._note(future.result(), file.write)
                        file.flush()
                        if at % 100 == 0:
                            print(f"{at} of {total}, {time.monotonic() - began:.0f} s", flush=True)
                    if not done:
                        break
            for crew in crews:
                crew.close()
            return at == total

    def _note(self, result: Result, write: Callable[[str], int]) -> None:
        result["source"] = self._source
        write(json.dumps(result) + "\n")
        self.results.append(result)
        if is_bad(result):
            print(json.dumps(result), flush=True)


def _mixed(share: dict[str, list[Case]]) -> Iterator[tuple[str, Case]]:
    """All cases of some parts, evenly mixed: a run that is cut off has something of each."""
    placed = [
        ((at + 0.5) / len(cases), name, case)
        for name, cases in share.items()
        for at, case in enumerate(cases)
    ]
    for _place, name, case in sorted(placed, key=lambda one: one[:2]):
        yield name, case


def amounts(schedules: int, only: list[str]) -> dict[str, int]:
    """How many cases of each part belong to a run of so many schedules; one of twenty on real sockets."""
    scale = schedules / FULL
    found = {name: round(amount * scale) for name, amount in PARTS.items()}
    found["sockets"] = -(-schedules // 20)
    found["schedules"] = schedules - found["sockets"]
    return {name: amount for name, amount in found.items() if not only or name in only}


def main() -> int:
    """The command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schedules", type=int, default=FULL)
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="one waits for its disk")
    parser.add_argument("--only", nargs="*", default=[], choices=list(PARTS), help="only these parts")
    parser.add_argument("--minutes", type=float, help="stop then; another run goes on")
    parser.add_argument("--out", type=Path, default=Path("build/faults"))
    chosen = parser.parse_args()
    run = Run(chosen.out, chosen.seed, amounts(chosen.schedules, chosen.only))
    complete = run.finish(chosen.jobs, chosen.minutes and chosen.minutes * 60)
    made = report(run.results)
    made["seed"], made["complete"] = chosen.seed, complete
    (chosen.out / "report.json").write_text(json.dumps(made, indent=2) + "\n", "utf-8")
    print(table(made))
    if not complete:
        print("Not all was carried out: the same command goes on.", file=sys.stderr)
    return 0 if complete and holds(made) else 1
