"""Runs every benchmark of this folder (`bench_*.py`) and writes one report that says what it is worth.

A benchmark is a module with `run() -> list[dict]`; each dict is one figure: `what` (str), `value` (number),
`unit` (str), `bar` (str: the limit or the peer it is held against) and `holds` (True, False, or None with a
`reason`).
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def commit() -> str:
    """The commit that is measured, with "+changes" when the checkout differs from it."""
    git = ["git", "-c", f"safe.directory={ROOT}"]
    try:
        head = subprocess.run(
            [*git, "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        status = subprocess.run(
            [*git, "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown (no git)"
    return head.stdout.strip() + ("+changes" if status.stdout.strip() else "")


def machine() -> dict[str, Any]:
    """What the figures depend on: processor, number of processors, system, Python and Qt."""
    import PySide6

    cpu = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line
        ]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "pyside6": PySide6.__version__,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The figures as aligned text, one line each."""
    verdicts = {True: "holds", False: "BROKEN", None: "not shown"}
    head = ["what", "value", "bar", "verdict"]
    lines = [head]
    for row in rows:
        value = row.get("value")
        shown = "-" if value is None else f"{value:g}" if isinstance(value, int | float) else str(value)
        verdict = verdicts[row.get("holds")] + (f" ({row['reason']})" if row.get("reason") else "")
        lines.append(
            [row["what"], f"{shown} {row.get('unit', '')}".strip(), str(row.get("bar", "")), verdict]
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def main() -> int:
    """Run the benchmarks whose names were given, or all; 1 when a bar is broken or nothing was measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="which: start, for example, for bench_start.py; all when none"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench" / "report.json")
    args = parser.parse_args()

    found = {file.stem.removeprefix("bench_"): file for file in sorted(HERE.glob("bench_*.py"))}
    if unknown := [name for name in args.names if name not in found]:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(found) or 'none'}")
    began_at = datetime.now(UTC)
    began = time.monotonic()
    figures: list[dict[str, Any]] = []
    for name in args.names or found:
        print(f"... {name}", flush=True)
        started = time.monotonic()
        rows: list[dict[str, Any]] = importlib.import_module(f"tests.bench.bench_{name}").run()
        took_s = round(time.monotonic() - started, 3)
        figures += [{"bench": name, "bench_took_s": took_s, **row} for row in rows]

    report = {
        "commit": commit(),
        "machine": machine(),
        "began_at": began_at.isoformat(timespec="seconds"),
        "duration_s": round(time.monotonic() - began, 3),
        "load_1min": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "figures": figures,
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    if not figures:
        print("nothing was measured", file=sys.stderr)
        return 1
    print(table(figures))
    print(f"report: {args.out}")
    return int(any(row.get("holds") is False for row in figures))


if __name__ == "__main__":
    sys.exit(main())
