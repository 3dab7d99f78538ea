"""Puts the figures of the reports into docs/performance.md: `python -m tests.bench.write_docs [report.json]`.

The growth report is read where `make bench-growth` left it beside the other; without one its table stays.
Only what stands between the marks is written; a bar without a run says "not shown".
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.bars import STAGES
from tests.bench.profile import OUT, ROOT
from tests.bench.report import cells, shown, told

PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- figures: written by tests/bench/write_docs.py from a report; do not edit -->"
END = "<!-- end of figures -->"
GROWTH_BEGIN = "<!-- growth: written by tests/bench/write_docs.py from a report; do not edit -->"
GROWTH_END = "<!-- end of growth -->"
GROWTH_HEAD = (
    "what grows",
    "messages in all",
    "accounts",
    "conversations",
    "start, median ms",
    "switch, p99 ms",
    "scroll, p99 ms",
    "list update, p99 ms",
    "search, p99 ms",
    "memory, median MB",
    "file, MB",
)
STAGE_HEAD = ("stage", "clock, ms", "processor, ms", "of it imports, ms")
_HEAD = ("bar", "what", "measured", "limit", "verdict")


def figures(report: Mapping[str, Any]) -> str:
    """Where and when, what of it was noisy, and the table of all bars."""
    noisy: dict[str, float] = {}
    for run in report["runs"]:
        noisy[run["bench"]] = min(run["noise"], noisy.get(run["bench"], run["noise"]))
    noise = ", ".join(f"{bench} {worst:g}" for bench, worst in sorted(noisy.items()))
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
        f"- Machine: {_machine(report)}",
        f"- Run: {run}",
        f"- Noise of the runs that count (1 = this machine at its quietest, over 2 = noisy): {noise}",
        "",
        _row(_HEAD),
        _row(["---"] * len(_HEAD)),
        *(_row(cells(bar)) for bar in report["bars"]),
        *_stages(report["bars"]),
        *_beside(report.get("figures", [])),
    ]
    return "\n".join(lines)


def _beside(figures: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is held against no bar, one line each; nothing for reports that have none."""
    lines = [f"- {told(one)}" for one in figures]
    return ["", "Held against no bar:", "", *lines] if lines else []


def growth(report: Mapping[str, Any]) -> str:
    """Where and when, and the table of what grows."""
    noise = sorted(one["noise"] for one in report["costs"])
    lines = [
        f"- Commit: `{report['commit']}`",
        f"- Machine: {_machine(report)}",
        f"- Run: {report['began_at']}, {report['duration_s']:.0f} s, noise {noise[0]:g} to {noise[-1]:g}",
        *(f"- Not measured: {name}: {reason}" for name, reason in report["failed"].items()),
        "",
        _row(GROWTH_HEAD),
        _row(["---"] * len(GROWTH_HEAD)),
    ]
    for one in report["costs"]:
        sizes = [f"{one[name]:,}" for name in ("messages", "accounts", "conversations")]
        times = [shown(one[f"{name}_ms"], "") for name in ("start", "switch", "scroll", "update", "search")]
        memory = [shown(one[name], "") for name in ("pss_mb", "file_mb")]
        lines.append(_row([f"{one['count']:,} {one['what']}", *sizes, *times, *memory]))
    return "\n".join(lines)


def _stages(bars: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Where one start's time goes, where the report has it."""
    for bar in bars:
        if STAGES in bar["detail"]:
            yield from ("", "Where the time of one start goes, told by `chatdesk --profile-startup`:", "")
            yield from (_row(STAGE_HEAD), _row(["---"] * len(STAGE_HEAD)))
            for stage, taken in bar["detail"][STAGES].items():
                yield _row([stage, *(f"{one:.1f}" for one in taken)])


def _machine(report: Mapping[str, Any]) -> str:
    machine = report["machine"]
    return ", ".join(
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


def with_figures(page: str, written: str, begin: str = BEGIN, end: str = END) -> str:
    """The page with other figures between two marks. Raises ValueError where the marks are missing."""
    before, mark, rest = page.partition(begin)
    _old, last, after = rest.partition(end)
    if not mark or not last:
        raise ValueError("the page has no place for figures")
    return f"{before}{begin}\n\n{written}\n\n{end}{after}"


def _row(values: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(value.replace("|", "\\|") for value in values) + " |"


def main() -> None:
    """Read the report, rewrite the page."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT / "report.json"
    report = json.loads(source.read_text("utf-8"))
    page = with_figures(PAGE.read_text("utf-8"), figures(report))
    beside = source.with_name("growth.json")
    if beside.exists():
        grown = growth(json.loads(beside.read_text("utf-8")))
        page = with_figures(page, grown, GROWTH_BEGIN, GROWTH_END)
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
