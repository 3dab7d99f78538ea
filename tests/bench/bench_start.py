"""Bars 1 and 2: from exec to painted content of the real command line, and the memory it idles with."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from tests.bench import profile
from tests.bench.bars import NO_PEER, STAGES, Measured
from tests.bench.child import Child, environment
from tests.bench.measure import MS, median, pss_mb

RUNS = 7
IDLE_S = 3.0
"""After the first paint the network stack loads; by then it has."""
PATIENCE_S = 30.0
_STAGE = re.compile(r"^(\S.*?) +([\d.]+) +([\d.]+) +([\d.]+)$", re.MULTILINE)


class _Start(msgspec.Struct, frozen=True):
    """One start: wall clock and processor time up to the paint, and memory a while later."""

    painted_ms: float
    cpu_ms: float
    pss_mb: float


def run(rows: int) -> list[Measured]:
    """Start program and bare window in turn, to meet the same noise; the first pair does not count."""
    program: list[_Start] = []
    bare: list[_Start] = []
    with profile.scratch(rows, "start") as folder:
        for turn in range(RUNS + 1):
            one = _start("tests.bench.start_run", "--data", str(folder), idle_s=IDLE_S if turn else 0.5)
            other = _start("tests.bench.bare_window", idle_s=0.5)
            if turn:
                program.append(one)
                bare.append(other)
        where = stages(folder)
    start = Measured(
        key="start",
        value=median([one.painted_ms for one in program]),
        reference=median([one.painted_ms for one in bare]),
        rows=rows,
        detail={**_detail(program, bare, ("painted_ms", "cpu_ms")), STAGES: where},
    )
    memory = Measured(
        key="idle-pss",
        value=median([one.pss_mb for one in program]),
        reason=NO_PEER,
        rows=rows,
        detail=_detail(program, bare, ("pss_mb",)),
    )
    return [Measured(key="start-peer", value=start.value, reason=NO_PEER, rows=rows), start, memory]


def stages(folder: Path) -> dict[str, list[float]]:
    """Where a start's time goes, as `chatdesk --profile-startup` tells: clock, processor, imports in ms."""
    told = subprocess.run(
        [sys.executable, "-m", "chatdesk", "--data", str(folder), "--profile-startup"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=environment(),
        check=True,
    ).stdout
    return {match[1]: [float(match[part]) for part in (2, 3, 4)] for match in _STAGE.finditer(told)}


def _start(module: str, *arguments: str, idle_s: float) -> _Start:
    with Child(module, *arguments) as child:
        told = child.answer(PATIENCE_S)
        time.sleep(idle_s)
        return _Start((told["painted"] - child.began) * MS, told["cpu"] * MS, pss_mb(child.pid))


def _detail(program: list[_Start], bare: list[_Start], names: tuple[str, ...]) -> dict[str, list[float]]:
    return {
        f"{who} {name}": [round(getattr(one, name), 1) for one in starts]
        for name in names
        for who, starts in (("program", program), ("bare window", bare))
    }
