"""Bars 3 to 6: scrolling, switching, jumping, resizing and history in the real window over the real store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatdesk.store import Store
from tests.bench import profile
from tests.bench.bars import Measured
from tests.bench.child import Child
from tests.bench.measure import median, percentile, summary

PATIENCE_S = 180.0
FIRST_OPENS = 4
"""Beside the one of the long run: the first opening happens once in a process."""


def run(rows: int) -> list[Measured]:
    """Measure over a profile of `rows` messages, in a process of its own."""
    with profile.scratch(rows, "view") as folder:
        firsts = [_view_run(folder, rows, "--first-open") for _ in range(FIRST_OPENS)]
        found = _view_run(folder, rows)
    firsts.append({name: found[name] for name in firsts[0]})
    where = {"platform": found["platform"], "message list, px": found["viewport_px"]}

    def p99(key: str, *names: str, **more: Any) -> Measured:
        samples = [one for name in names for one in found[name]]
        detail = {**summary(samples), **where, **more}
        if f"{key}_cpu" in found:
            detail["processor time"] = summary(found[f"{key}_cpu"])
        return Measured(key=key, value=percentile(samples, 99), rows=rows, detail=detail)

    big, small = found["switch_big"], found["switch_small"]
    return [
        p99("wheel", "wheel"),
        p99("fling", "fling"),
        p99(
            "any",
            *("wheel", "glide", "fling", "keys", "bar"),
            **{name: summary(found[name]) for name in ("glide", "keys", "bar")},
        ),
        p99("switch", "switch_big", **{"message list alone": summary(found["list_only_big"])}),
        Measured(
            key="switch-growth",
            value=median(big),
            reference=median(small),
            rows=rows,
            detail={"1M": summary(big), "1,000": summary(small), **where},
        ),
        Measured(
            key="first-open",
            value=median([one["first_open"] for one in firsts]),
            rows=rows,
            detail={
                "runs, ms": [round(one["first_open"], 1) for one in firsts],
                "processor time": [round(one["first_open_cpu"], 1) for one in firsts],
                **where,
            },
        ),
        p99("jump", "jump"),
        p99("resize", "resize", **{"times the text in view moved": found["resize_moved"]}),
        Measured(
            key="shift",
            value=found["shift_px"],
            rows=rows,
            detail={"pages": len(found["prepend"]), "rows of a page": found["prepended_rows"]},
        ),
        p99("prepend", "prepend", **{"rows of a page": found["prepended_rows"]}),
    ]


def _view_run(folder: Path, rows: int, *more: str) -> dict[str, Any]:
    _open_nothing(folder)
    with Child("tests.bench.view_run", "--data", str(folder), "--rows", str(rows), *more) as child:
        found: dict[str, Any] = child.answer(PATIENCE_S)
        return found


def _open_nothing(folder: Path) -> None:
    """Let the window start without a conversation, so that the first opening is one."""
    store = Store.open(folder)
    try:
        store.put_setting("last_conversation", "0").result()
    finally:
        store.close()
