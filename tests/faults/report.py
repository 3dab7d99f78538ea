"""What the outcomes of the fault lab come to: counts in all, by part, by place and by fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.faults.parts import FAILURES, Result

BARS = {"promised": 0.995, "as-is": 0.98}
"""Share of the presses that arrive within a minute after the last fault, without a person."""
RESOLVED = 0.99
"""Share of the uncertain ones that are resolved without a person, where history can be read."""
CLEAN = FAILURES


def report(results: list[Result]) -> dict[str, Any]:
    """The figures of a run; what is counted apart has a table of its own."""
    own = [one for one in results if not one.get("apart")]
    schedules = [one for one in own if one["part"] in {"schedules", "sockets"}]
    made = _counts(own)
    made["schedules"] = len(schedules)
    made["cases"] = len(results)
    made["timing_dependent"] = sum(1 for one in results if 0 < one.get("failed", 0) < one.get("of", 0))
    made["sources"] = dict(Counter(one.get("source", "") for one in results))
    made["seconds"] = round(sum(one.get("seconds", 0.0) for one in results))
    made["faults"] = dict(Counter(kind for one in results for kind in one["faults"]).most_common())
    made["points"] = dict(
        Counter(point for one in results for point in one.get("point", "").split(", ") if point).most_common()
    )
    made["parts"] = {name: _counts(ones) for name, ones in _by(own, lambda one: one["part"])}
    made["platforms"] = {
        place: _counts(ones) | {"bar": BARS[ones[0]["variant"]]}
        for place, ones in _by(own, lambda one: f"{one['platform']} {one['variant']}")
    }
    apart = [one for one in results if one.get("apart")]
    made["apart"] = {name: _counts(ones) for name, ones in _by(apart, lambda one: one["apart"])}
    return made


def _by(results: list[Result], key: Any) -> Iterable[tuple[str, list[Result]]]:
    for name in dict.fromkeys(key(one) for one in results):
        yield name, [one for one in results if key(one) == name]


def _counts(results: list[Result]) -> dict[str, Any]:
    def whole(key: str) -> int:
        return sum(int(one.get(key, 0)) for one in results)  # type: ignore[call-overload]

    owed = sum(one.get("owed", one.get("presses", 0)) for one in results if "trouble" not in one)
    made: dict[str, Any] = {"cases": len(results)}
    counted = (
        "presses",
        "accepted",
        *CLEAN,
        "excused",
        "uncertain",
        "parked",
        "kills",
        "doubted",
        "resolved",
    )
    made |= {key: whole(key) for key in counted}
    made["alive"] = round(whole("alive") / owed, 5) if owed else 1.0
    made["troubles"] = sum(1 for one in results if "trouble" in one)
    return made


def holds(made: dict[str, Any]) -> bool:
    """Whether nothing was lost, nothing came twice, and enough arrived by itself."""
    tables = [made, *made["apart"].values()]
    clean = not any(one[key] for one in tables for key in (*CLEAN, "troubles"))
    alive = all(one["alive"] >= one["bar"] for one in made["platforms"].values())
    return clean and alive and made["resolved"] >= RESOLVED * made["doubted"]


def table(made: dict[str, Any]) -> str:
    """The figures for a terminal."""
    columns = ("cases", "presses", "accepted", *CLEAN, "kills", "uncertain", "parked", "alive", "troubles")
    rows: list[tuple[str, ...]] = [("", *columns)]
    for group in ("platforms", "parts", "apart"):
        rows += [(name, *(str(one[key]) for key in columns)) for name, one in made[group].items()]
    rows.append(("in all", *(str(made[key]) for key in columns)))
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns) + 1)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
