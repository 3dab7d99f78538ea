"""Is the machine quiet enough to measure on, and how fast is it? Asked before and after each benchmark."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from tests.bench.measure import MS, RawDisk, median, percentile

NOISY = 2.0
"""A machine is noisy when a probe takes this many times as long as at its quietest."""
MOST_SCALED = 2.0
_SLEEPS = 300
_SLEEP_S = 0.001
_LOOPS = 15
_LOOP_TURNS = 200_000
_WRITES = 150


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """What three probes found, in milliseconds."""

    timer_jitter_ms: float
    """99th percentile of how late a sleep of 1 ms ends."""
    cpu_loop_ms: float
    """Median of a fixed loop of arithmetic."""
    fdatasync_ms: float
    """Median of appending 4 KiB and fdatasync."""

    def noise(self, reference: Quiet) -> float:
        """How many times as long as in `reference` the worst of the three takes."""
        return max(
            self.timer_jitter_ms / reference.timer_jitter_ms,
            self.cpu_loop_ms / reference.cpu_loop_ms,
            self.fdatasync_ms / reference.fdatasync_ms,
        )

    def cpu_factor(self) -> float:
        """How much slower this processor is than the one that the limits were set on: 1 to MOST_SCALED."""
        return max(1.0, min(self.cpu_loop_ms / REFERENCE_CPU_LOOP_MS, MOST_SCALED))


REFERENCE_CPU_LOOP_MS = 11.6
"""The loop on the quiet two-core x86-64 machine that the limits were set on, 2026-11-20."""
_FLOOR = Quiet(timer_jitter_ms=0.1, cpu_loop_ms=1.0, fdatasync_ms=0.1)
"""Below this a probe's difference is no noise."""
_RECORD = "quiet.json"
_LOOKS = 3


def recorded(folder: Path) -> Quiet:
    """The quietest that this machine was ever seen at, kept beside the reports; looks anew and updates it."""
    file = folder / _RECORD
    looks = [look(folder) for _ in range(_LOOKS)]
    if file.exists():
        looks.append(msgspec.json.decode(file.read_bytes(), type=Quiet))
    names = Quiet.__struct_fields__
    quietest = Quiet(
        **{name: max(getattr(_FLOOR, name), min(getattr(one, name) for one in looks)) for name in names}
    )
    file.write_bytes(msgspec.json.encode(quietest))
    return quietest


def look(folder: Path) -> Quiet:
    """Probe for about two seconds. folder: on the disk that the benchmarks use."""
    folder.mkdir(parents=True, exist_ok=True)
    late = []
    for _ in range(_SLEEPS):
        began = time.perf_counter()
        time.sleep(_SLEEP_S)
        late.append((time.perf_counter() - began - _SLEEP_S) * MS)
    loops = [_loop_ms() for _ in range(_LOOPS)]
    disk = RawDisk(folder)
    try:
        writes = [disk() for _ in range(_WRITES)]
    finally:
        disk.close()
    return Quiet(
        timer_jitter_ms=round(percentile(late, 99), 3),
        cpu_loop_ms=round(median(loops), 3),
        fdatasync_ms=round(median(writes), 3),
    )


def _loop_ms() -> float:
    began = time.perf_counter()
    total = 0
    for n in range(_LOOP_TURNS):
        total = (total + n * n) % 1_000_003
    return (time.perf_counter() - began) * MS
