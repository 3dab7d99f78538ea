"""The report of a run: what it was measured on, every bar with its verdict, and the same as a table."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.bench.bars import BARS, FIGURES, Measured, judge

ROOT = Path(__file__).parents[2]
KEYS = (
    "bar",
    "part",
    "what",
    "value",
    "unit",
    "reference",
    "reference_value",
    "ratio",
    "limit",
    "scaled_limit",
    "at_least",
    "holds",
    "reason",
    "detail",
)
"""Of every object in the report's `bars`; `quiet` and `cpu_factor` come with those that were measured."""
VERDICTS = {True: "holds", False: "does not hold", None: "not shown"}


def judge_all(found: Mapping[str, tuple[Measured, float]]) -> list[dict[str, Any]]:
    """An object for every bar, in the order of BARS. found: by key, with the processor factor of its run."""
    known = {bar.key for bar in BARS} | {figure.key for figure in FIGURES}
    if strangers := set(found) - known:
        raise KeyError(f"no such bars: {sorted(strangers)}")
    rows = []
    for bar in BARS:
        measured, factor = found.get(bar.key, (None, 1.0))
        row = judge(bar, measured, factor)
        if measured is not None:
            row["cpu_factor"] = round(factor, 3)
        rows.append(row)
    return rows


def all_figures(found: Mapping[str, tuple[Measured, float]]) -> list[dict[str, Any]]:
    """An object for every figure: part, what, value, unit, detail, and `reason` where it can't count."""
    rows = []
    for figure in FIGURES:
        measured, _factor = found.get(figure.key, (Measured(key=figure.key, reason="it was not run"), 1.0))
        rows.append(
            {
                "part": figure.key,
                "what": figure.what,
                "value": measured.value,
                "unit": figure.unit,
                "reason": measured.reason or measured.broken,
                "detail": dict(measured.detail),
            }
        )
    return rows


def told(figure: Mapping[str, Any]) -> str:
    """A figure in one line, with what was measured beside it."""
    parts = [f"{name} {value:,}" for name, value in figure["detail"].items()]
    line = f"{figure['what']}: {shown(figure['value'], figure['unit'])}"
    line += f" ({'; '.join(parts)})" if parts else ""
    return f"{line}; {figure['reason']}" if figure["reason"] else line


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
    """What the figures depend on: processor, number of processors, memory, system, Python, Qt and SQLite."""
    import apsw
    import PySide6

    return {
        "cpu": _first("/proc/cpuinfo", "model name") or platform.processor(),
        "cpus": os.cpu_count(),
        "memory": _first("/proc/meminfo", "MemTotal"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "pyside6": PySide6.__version__,
        "sqlite": apsw.sqlite_lib_version(),
    }


def _first(path: str, name: str) -> str:
    file = Path(path)
    lines = file.read_text().splitlines() if file.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def shown(value: float | None, unit: str) -> str:
    """A value for a person: '3.14 ms', or '-'."""
    if value is None:
        return "-"
    number = f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def cells(row: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    """Bar, what, value, what it is held against, verdict; for one object of `bars`."""
    value = shown(row["value"], row["unit"])
    sign = "≥" if row["at_least"] else "≤"
    if row["reference"]:
        against = f"{sign} {row['limit']:g} × {row['reference']}"
        if row["ratio"] is not None:
            against += f" ({shown(row['reference_value'], row['unit'])})"
            value += f" = {row['ratio']:.3g} ×"
    else:
        against = f"{sign} {shown(row['limit'], row['unit'])}"
        if row["scaled_limit"] != row["limit"]:
            against += f" (here {shown(row['scaled_limit'], row['unit'])})"
    verdict = VERDICTS[row["holds"]]
    if row["reason"]:
        verdict += f": {row['reason']}"
    return str(row["bar"]), row["what"], value, against, verdict


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """The bars as aligned text, one line each."""
    lines = [("bar", "what", "value", "limit", "verdict"), *(cells(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines
    )
