"""`python -m tests.soak --minutes 30 --seed 1 --out build/soak`: the report as JSON, its bars on stdout.

Status 1 when a bar fails.
"""

from __future__ import annotations

import argparse
import json
import logging
import shutil
import sys
import tempfile
from pathlib import Path

from tests.soak import run, verdict
from tests.soak.plan import FULL_MINUTES, Plan

MEMORY_MINUTES = 6.0
"""A shorter run is all beginning: its memory says nothing."""


def main() -> int:
    """Run it, write the report, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=FULL_MINUTES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/soak"))
    parser.add_argument(
        "--keep", action="store_true", help="leave databases and logs in the folder even if all holds"
    )
    chosen = parser.parse_args()
    # The crowd's sockets find a server gone again and again: that is what this is about.
    for name in ("engineio.client", "socketio.client", "chatdesk.server.demo"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    plan = Plan(minutes=chosen.minutes, seed=chosen.seed)
    chosen.out.mkdir(parents=True, exist_ok=True)
    folder = chosen.out / "last"
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="chatdesk-soak-") as made:
        place = folder if chosen.keep else Path(made)
        report = run.carry_out(plan, place.absolute())
        bars = [run.idling(report), *report["bars"]]
        if plan.minutes >= MEMORY_MINUTES:
            bars = [run.memory(report, plan), *bars]
        if place is not folder and not all(bar["holds"] for bar in bars):
            # What went wrong half an hour ago is told by the databases, or by nothing.
            shutil.copytree(place, folder, ignore_dangling_symlinks=True)
    report["bars"] = bars
    (chosen.out / "report.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(
        f"{plan.minutes:g} minutes, {report['conversations']} conversations, "
        f"{report['events_per_s']} events/s, {len(report['faults'])} faults, "
        f"{report['presses']} presses, {report['accepted']} accepted"
    )
    print(verdict.table(bars))
    return 0 if all(bar["holds"] for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
