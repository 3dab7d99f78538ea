"""What a soak's samples come to: one line per bar, each with its figure and whether it holds."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chatdesk.desktop.logfile import KEPT, LIMIT_BYTES
from chatdesk.store.journal import COMPACT_BYTES

Sample = dict[str, Any]
Bar = dict[str, Any]
"""name, figure, wanted, holds; words where it does not."""

PSS_RATIO = 1.05
WAL_BYTES = 40_000_000
"""The writer empties the log from 8,000 pages on even while it is busy."""
JOURNAL_BYTES = 2 * COMPACT_BYTES
IDLE_CPU_S = 3.0
"""Processor seconds a minute while nothing happens and every account is connected."""


def ratios(
    samples: Sequence[Sample], before: tuple[float, float], after: tuple[float, float]
) -> tuple[float, float]:
    """Median of the memory in the one stretch of time to that in the other; and the same at constant sharing.

    The part of libraries that a process is charged with grows when others that use them end. So for the
    second figure pages of files are charged throughout at the share that was usual in the first stretch.
    """
    one, other = (
        [sample for sample in samples if begins <= sample["at_s"] <= ends] for begins, ends in (before, after)
    )
    share = statistics.median(sample["pss_files_kb"] / sample["rss_files_kb"] for sample in one)

    def alone(sample: Sample) -> float:
        return float(sample["pss_own_kb"] + share * sample["rss_files_kb"])

    told = statistics.median(s["pss_kb"] for s in other) / statistics.median(s["pss_kb"] for s in one)
    return float(told), statistics.median(map(alone, other)) / statistics.median(map(alone, one))


def leaks(first: Sequence[Sample], last: Sequence[Sample], keys: Iterable[str]) -> list[Bar]:
    """For each key: the last rest holds no more of any kind than the first one."""
    found = []
    for key in keys:
        one, other = least(first, key), least(last, key)
        more = grown(one, other)
        found.append(
            {
                "name": key.replace("_", " "),
                "figure": f"{sum(one.values())} -> {sum(other.values())}",
                "wanted": "no more",
                "holds": not more,
                "words": more,
            }
        )
    return found


def least(samples: Iterable[Sample], key: str) -> dict[str, int]:
    """Of each kind the smallest number in a rest: what comes and goes is not counted."""
    counts = [_kinds(sample[key], key) for sample in samples]
    return {kind: min(one[kind] for one in counts) for kind in set().union(*counts)}


def grown(before: Mapping[str, int], after: Mapping[str, int], least_more: int = 1) -> dict[str, int]:
    """What there is more of, the most first."""
    more = {name: after[name] - before.get(name, 0) for name in after}
    return {
        name: count for name, count in sorted(more.items(), key=lambda one: -one[1]) if count >= least_more
    }


def most(samples: Iterable[Sample], key: str, limit: int) -> Bar:
    """A figure never exceeded a limit."""
    found = max(sample[key] for sample in samples)
    return {
        "name": key.replace("_", " "),
        "figure": f"{found:,}",
        "wanted": f"<= {limit:,}",
        "holds": found <= limit,
    }


def files(samples: Sequence[Sample]) -> list[Bar]:
    """What is written beside the database stays short."""
    return [
        most(samples, "wal_bytes", WAL_BYTES),
        most(samples, "journal_bytes", JOURNAL_BYTES),
        most(samples, "log_bytes", (KEPT + 1) * LIMIT_BYTES),
    ]


def none_of(name: str, found: int, words: Iterable[str] = ()) -> Bar:
    """A count that has to be zero."""
    return {"name": name, "figure": str(found), "wanted": "0", "holds": found == 0, "words": list(words)[:20]}


def at_least(name: str, found: float, wanted: float) -> Bar:
    """A share that must be reached."""
    return {"name": name, "figure": f"{found:.3f}", "wanted": f">= {wanted}", "holds": found >= wanted}


def table(bars: Iterable[Bar]) -> str:
    """The bars as plain lines."""
    lines = []
    for bar in bars:
        sign = "ok  " if bar["holds"] else "FAIL"
        lines.append(f"{sign} {bar['name']:<34} {bar['figure']:>24}   wanted {bar['wanted']}")
        if not bar["holds"]:
            lines += [f"       {word}" for word in _lines(bar.get("words"))]
    return "\n".join(lines)


def _lines(words: Any) -> list[str]:
    if isinstance(words, Mapping):
        return [f"{name}: {count}" for name, count in words.items()]
    return list(words or ())


def _kinds(value: Any, key: str) -> Counter[str]:
    """How many of each kind; of a mere number there is one kind."""
    return Counter(value) if isinstance(value, Mapping | list) else Counter({key: value})
