"""`make bench-growth`: what the program costs as messages, accounts and conversations grow.

Each row changes one thing and leaves the others as they are. Writes build/bench/growth.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from chatdesk.store.connection import FILE_NAME
from tests.bench import profile, quiet
from tests.bench.bench_view import _open_nothing
from tests.bench.child import Child
from tests.bench.measure import MS, median, pss_mb
from tests.bench.report import commit, machine

STARTS = 5
IDLE_S = 2.0
PATIENCE_S = 120.0
MESSAGES = (1_000, 10_000, 100_000, 1_000_000)
ACCOUNTS = (1, 5, 20)
CONVERSATIONS = (10, 1_000, 10_000)
BASE_ROWS = 10_000
FEW_ROWS = 5
"""Messages of each conversation where many conversations are measured."""
TWO = 2
"""The big and the small conversation are among those that are counted."""


class Step(msgspec.Struct, frozen=True):
    """One row of the table: what grows, how far, and the folder that shows it."""

    what: str
    count: int
    shape: profile.Shape


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one step costs; times in milliseconds, sizes in MB (2**20 bytes)."""

    what: str
    count: int
    messages: int
    """In all conversations together."""
    accounts: int
    conversations: int
    start_ms: float
    """Median of STARTS starts after one that does not count."""
    starts_ms: list[float]
    switch_ms: float
    scroll_ms: float
    update_ms: float
    search_ms: float
    pss_mb: float
    file_mb: float
    noise: float
    """Of the probes before it, as in the report of the bars."""


def steps(most_rows: int) -> list[Step]:
    """All rows of the table, up to so many messages."""
    found = [Step("messages", count, profile.Shape(count)) for count in MESSAGES if count <= most_rows]
    found += [Step("accounts", count, profile.Shape(BASE_ROWS, count)) for count in ACCOUNTS]
    return found + [
        Step("conversations", count, profile.Shape(BASE_ROWS, 1, count - TWO, FEW_ROWS))
        for count in CONVERSATIONS
    ]


@contextmanager
def _folder(shape: profile.Shape) -> Iterator[Path]:
    """A data folder of this shape that may be written to, gone afterwards."""
    if shape == profile.Shape(profile.ROWS):
        with profile.scratch(shape.rows, "growth") as copy:
            yield copy
        return
    folder = profile.OUT / "scratch-growth"
    profile.make(folder, shape)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cost(step: Step, reference: quiet.Quiet) -> Cost:
    """Make its folder and measure it."""
    shape = step.shape
    with _folder(shape) as folder:
        size = (folder / FILE_NAME).stat().st_size
        noise = quiet.look(profile.OUT).noise(reference)
        starts = [_start(folder, IDLE_S if turn else 0.5) for turn in range(STARTS + 1)][1:]
        _open_nothing(folder)
        words = ",".join(str(one) for one in msgspec.structs.astuple(shape))
        with Child("tests.bench.growth_run", "--data", str(folder), "--shape", words) as child:
            found: dict[str, float] = child.answer(PATIENCE_S)
    return Cost(
        what=step.what,
        count=step.count,
        messages=shape.rows + profile.SMALL_ROWS + shape.others * shape.other_rows,
        accounts=shape.accounts,
        conversations=shape.others + TWO,
        start_ms=round(median([ms for ms, _mb in starts]), 1),
        starts_ms=[round(ms, 1) for ms, _mb in starts],
        pss_mb=round(median([mb for _ms, mb in starts]), 1),
        file_mb=round(size / 2**20, 1),
        noise=round(noise, 2),
        **{f"{name}_ms": round(found[name], 2) for name in ("switch", "scroll", "update", "search")},
    )


def _start(folder: Path, idle_s: float) -> tuple[float, float]:
    with Child("tests.bench.start_run", "--data", str(folder)) as child:
        told = child.answer(PATIENCE_S)
        time.sleep(idle_s)
        return (told["painted"] - child.began) * MS, pss_mb(child.pid)


def table(costs: Sequence[Cost]) -> str:
    """As aligned text for a terminal."""
    names = ("start_ms", "switch_ms", "scroll_ms", "update_ms", "search_ms", "pss_mb", "file_mb")
    lines: list[tuple[str, ...]] = [("", *names)]
    lines += [(f"{one.count:,} {one.what}", *(f"{getattr(one, name):g}" for name in names)) for one in costs]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )


def main() -> int:
    """Measure every step; 1 when one could not be measured."""
    parser = argparse.ArgumentParser(prog="make bench-growth", description="Measure what growth costs.")
    parser.add_argument("--rows", type=int, default=profile.ROWS, help="most messages in one conversation")
    parser.add_argument("--out", type=Path, default=profile.OUT / "growth.json")
    args = parser.parse_args()
    began_at = datetime.now(UTC)
    began = time.monotonic()
    profile.OUT.mkdir(parents=True, exist_ok=True)
    reference = quiet.recorded(profile.OUT)
    costs: list[Cost] = []
    failed: dict[str, str] = {}
    for step in steps(args.rows):
        print(f"... {step.count:,} {step.what}", flush=True)
        try:
            costs.append(cost(step, reference))
        except Exception as exc:  # noqa: BLE001 - said in the report and by the exit status
            failed[f"{step.count:,} {step.what}"] = f"{type(exc).__name__}: {exc}"
    report: dict[str, Any] = {
        "commit": commit(),
        "machine": machine(),
        "began_at": began_at.isoformat(timespec="seconds"),
        "duration_s": round(time.monotonic() - began, 1),
        "costs": costs,
        "failed": failed,
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(msgspec.to_builtins(report), indent=2) + "\n", "utf-8")
    print(table(costs))
    for name, reason in failed.items():
        print(f"{name} failed: {reason}", file=sys.stderr)
    print(f"report: {args.out}")
    return int(bool(failed) or not costs)


if __name__ == "__main__":
    sys.exit(main())
