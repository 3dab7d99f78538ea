"""The measuring tools: percentiles, memory and processor time of processes, and a cold page cache."""

from __future__ import annotations

import math
import os
import re
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

MS = 1_000.0
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_READ = re.compile(r"^read_bytes: (\d+)", re.MULTILINE)


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least `percent` of all do not exceed (nearest rank). Raises ValueError."""
    if not samples:
        raise ValueError("no samples")
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def median(samples: Sequence[float]) -> float:
    """The middle one. Raises ValueError without samples."""
    if not samples:
        raise ValueError("no samples")
    return statistics.median(samples)


def summary(samples: Sequence[float]) -> dict[str, Any]:
    """Number, median, 99th percentile and greatest of some samples, rounded to 0.001."""
    return {
        "n": len(samples),
        "p50": round(median(samples), 3),
        "p99": round(percentile(samples, 99), 3),
        "max": round(max(samples), 3),
    }


def timed_ms(work: Callable[[], object]) -> float:
    """Milliseconds that a call takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * MS


def tree(pid: int) -> list[int]:
    """A process and all that descend from it. Linux only."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def pss_mb(pid: int) -> float:
    """Proportional set size of a process and its descendants, in MB (2**20 bytes). Linux only."""
    total_kb = 0
    for one in tree(pid):
        try:
            found = _PSS.search(Path(f"/proc/{one}/smaps_rollup").read_text())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total_kb += int(found[1]) if found else 0
    return total_kb / 1024


def cpu_s(pid: int) -> float:
    """Processor time that a process and its living descendants have used, in seconds. Linux only."""
    ticks = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def read_from_disk_bytes() -> int:
    """Bytes that this process has had fetched from a disk so far. Linux only."""
    found = _READ.search(Path("/proc/self/io").read_text())
    return int(found[1]) if found else 0


def forget_cached(path: Path) -> None:
    """Have the system drop what it keeps of a file in memory, so that the next read goes to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


class RawDisk:
    """Appends blocks to a file of a folder, each followed by fdatasync; a call returns its milliseconds."""

    def __init__(self, folder: Path, size_bytes: int = 4096) -> None:
        self._path = folder / "raw.bin"
        self._block = os.urandom(size_bytes)
        self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_TRUNC, 0o600)

    def __call__(self) -> float:
        began = time.perf_counter()
        os.write(self._file, self._block)
        os.fdatasync(self._file)
        return (time.perf_counter() - began) * MS

    def close(self) -> None:
        """Close and delete the file."""
        os.close(self._file)
        self._path.unlink()
