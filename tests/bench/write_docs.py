"""Puts the figures of a report into docs/performance.md: `python -m tests.bench.write_docs [report.json]`.

Only what stands between the two marks is written; a bar without a run says "not shown".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.profile import OUT, ROOT
from tests.bench.report import cells

PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- figures: written by tests/bench/write_docs.py from a report; do not edit -->"
END = "<!-- end of figures -->"
_HEAD = ("bar", "what", "measured", "limit", "verdict")


def figures(report: Mapping[str, Any]) -> str:
    """Where and when, what of it was noisy, and the table of all bars."""
    machine = report["machine"]
    noisy: dict[str, float] = {}
    for run in report["runs"]:
        noisy[run["bench"]] = min(run["noise"], noisy.get(run["bench"], run["noise"]))
    noise = ", ".join(f"{bench} {worst:g}" for bench, worst in sorted(noisy.items()))
    where = ", ".join(
        [
            str(machine["cpu"]),
            f"{machine['cpus']} processors",
            f"{machine['memory']} of memory",
            str(machine["system"]),
            f"Python {machine['python']}",
            f"PySide6 {machine['pyside6']}",
            f"SQLite {machine['sqlite']}",
        ]
    )
    run = ", ".join(
        [
            report["began_at"],
            f"{report['duration_s']:.0f} s",
            f"{report['rows']:,} messages in the big conversation",
            f"load {report['load_1min'] or 0:.1f} at its end",
        ]
    )
    lines = [
        f"- Commit: `{report['commit']}`",
        f"- Machine: {where}",
        f"- Run: {run}",
        f"- Noise of the runs that count (1 = this machine at its quietest, over 2 = noisy): {noise}",
        "",
        _row(_HEAD),
        _row(["---"] * len(_HEAD)),
        *(_row(cells(bar)) for bar in report["bars"]),
    ]
    return "\n".join(lines)


def with_figures(page: str, written: str) -> str:
    """The page with other figures. Raises ValueError where the marks are missing."""
    before, mark, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError("the page has no place for figures")
    return f"{before}{BEGIN}\n\n{written}\n\n{END}{after}"


def _row(values: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(value.replace("|", "\\|") for value in values) + " |"


def main() -> None:
    """Read the report, rewrite the page."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT / "report.json"
    report = json.loads(source.read_text("utf-8"))
    PAGE.write_text(with_figures(PAGE.read_text("utf-8"), figures(report)), "utf-8")


if __name__ == "__main__":
    main()
