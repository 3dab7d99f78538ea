"""`make bench`: runs every benchmark of this folder (`bench_*.py`), judges every bar, and writes the report.

A benchmark is a module with `run(rows) -> list[Measured]`. Before and after it the machine is probed; a run
in which it was noisy is repeated, at most MOST_RUNS times in all and not once the time is up. All runs are in
the report; the one in the least noise counts.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from tests.bench import profile, quiet
from tests.bench.bars import BENCHES, Measured, merged
from tests.bench.measure import median
from tests.bench.report import ROOT, all_figures, commit, judge_all, machine, table, told

HERE = Path(__file__).parent
MOST_RUNS = 3
PEERS = "panel"
"""The benchmark that `make bench` leaves out and `make bench-peers` runs."""
TIME_S = 600.0
"""Nothing is repeated that would not be over by then."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one benchmark."""

    bench: str
    took_s: float
    noise: float
    """How many times slower than in quiet the worst probe before or after it was."""
    cpu_factor: float
    before: quiet.Quiet
    after: quiet.Quiet
    measured: tuple[Measured, ...] = ()
    failed: str = ""


def run_once(bench: str, rows: int, reference: quiet.Quiet) -> Run:
    """Probe, measure, probe. A benchmark that fails is a run that says so, not the end of the others."""
    before = quiet.look(profile.OUT)
    began = time.monotonic()
    measured: list[Measured] = []
    failed = ""
    try:
        # One by one: what was measured before a failure counts.
        for one in importlib.import_module(f"tests.bench.bench_{bench}").run(rows):
            measured.append(one)  # noqa: PERF402 - it may fail halfway
    except Exception as exc:  # noqa: BLE001 - said in the report and by the exit status
        failed = f"{type(exc).__name__}: {exc}"
    took_s = time.monotonic() - began
    after = quiet.look(profile.OUT)
    return Run(
        bench=bench,
        took_s=round(took_s, 3),
        noise=round(max(before.noise(reference), after.noise(reference)), 2),
        cpu_factor=median([before.cpu_factor(), after.cpu_factor()]),
        before=before,
        after=after,
        measured=tuple(measured),
        failed=failed,
    )


def run_all(
    benches: Sequence[str], rows: int, reference: quiet.Quiet, end: float, most: int = MOST_RUNS
) -> list[Run]:
    """Every benchmark once, then the noisy ones again, the noisiest first, until `end`."""
    runs: dict[str, list[Run]] = {bench: [] for bench in benches}
    while waiting := [bench for bench in benches if _is_wanted(runs[bench], end, most)]:
        bench = min(waiting, key=lambda one: (len(runs[one]), -_noise(runs[one])))
        again = f", run {len(runs[bench]) + 1}: the machine was noisy" if runs[bench] else ""
        print(f"... {bench}{again}", flush=True)
        one = run_once(bench, rows, reference)
        runs[bench].append(one)
        if one.failed:
            print(f"    {bench} failed: {one.failed}", file=sys.stderr)
    return [one for bench in benches for one in runs[bench]]


def _noise(runs: Sequence[Run]) -> float:
    return min((one.noise for one in runs), default=0.0)


def _is_wanted(runs: Sequence[Run], end: float, most: int) -> bool:
    if not runs:
        return True
    fits = time.monotonic() + runs[-1].took_s <= end
    return fits and len(runs) < most and _noise(runs) > quiet.NOISY


def best(runs: Sequence[Run]) -> dict[str, tuple[Measured, float]]:
    """By bar: what the run of its benchmark in the least noise measured, with that run's processor factor."""
    # A run that failed counts only where none of its benchmark went through.
    quietest = {run.bench: run for run in sorted(runs, key=lambda one: (not one.failed, -one.noise))}
    factors = {one.key: run.cpu_factor for run in quietest.values() for one in run.measured}
    found = merged(one for run in quietest.values() for one in run.measured)
    for run in quietest.values():
        if run.failed:
            reason = f"its benchmark ({run.bench}) failed: {_in_short(run.failed)}"
            lost = [key for key in BENCHES[run.bench] if key not in found]
            found |= {key: Measured(key=key, reason=reason) for key in lost}
    return {key: (one, factors.get(key, 1.0)) for key, one in found.items()}


def _in_short(failure: str) -> str:
    """The first line of it, without the places of this machine."""
    return failure.split("\n", 1)[0].replace(str(ROOT), ".")[:200]


def main() -> int:
    """Run; 1 when a bar does not hold, a benchmark failed, or nothing was measured."""
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the product against its bars.")
    parser.add_argument(
        "names", nargs="*", help="which: start, for example, for bench_start.py; all when none"
    )
    parser.add_argument("--runs", type=int, default=MOST_RUNS, help="most runs of a benchmark in noise")
    parser.add_argument("--peers", action="store_true", help="run the peer beside the product as well")
    parser.add_argument("--rows", type=int, default=profile.ROWS, help="messages of the big conversation")
    parser.add_argument("--out", type=Path, default=profile.OUT / "report.json")
    args = parser.parse_args()

    found = [file.stem.removeprefix("bench_") for file in sorted(HERE.glob("bench_*.py"))]
    if unknown := [name for name in args.names if name not in found]:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(found)}")
    began_at = datetime.now(UTC)
    began = time.monotonic()
    reference = quiet.recorded(profile.OUT)
    print(f"... the profile: {args.rows:,} messages", flush=True)
    _folder, made_s = profile.prepare(args.rows)
    wanted = args.names or [name for name in found if args.peers or name != PEERS]
    runs = run_all(wanted, args.rows, reference, began + TIME_S, args.runs)
    counts = best(runs)
    bars, figures = judge_all(counts), all_figures(counts)
    report: dict[str, Any] = {
        "commit": commit(),
        "machine": machine(),
        "began_at": began_at.isoformat(timespec="seconds"),
        "duration_s": round(time.monotonic() - began, 1),
        "rows": args.rows,
        "profile_made_s": round(made_s, 1),
        "load_1min": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "quiet": reference,
        "bars": bars,
        "figures": figures,
        "runs": runs,
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(msgspec.to_builtins(report), indent=2) + "\n", "utf-8")
    print(table(bars))
    print("\n".join(told(one) for one in figures))
    noisy = [bench for bench in found if _noise([run for run in runs if run.bench == bench]) > quiet.NOISY]
    if noisy:
        print(f"the machine was noisy during: {', '.join(noisy)}")
    print(f"report: {args.out}")
    measured = any(run.measured for run in runs)
    failed = any(run.failed for run in runs) or any(row["holds"] is False for row in bars)
    return int(failed or not measured)


if __name__ == "__main__":
    sys.exit(main())
