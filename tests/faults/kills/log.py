"""What outlives a kill beside the world's own files: the press log, fsynced line by line, and the clock."""

from __future__ import annotations

import json
import mmap
import os
import struct
import threading
from pathlib import Path
from typing import Any

LOG = "presses.jsonl"
CLOCK = "clock"
Line = dict[str, Any]


class Log:
    """The driver's own log. A line is on disk when `write` returns."""

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        self._file = os.open(folder / LOG, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, **line: Any) -> None:
        """One line; any thread."""
        with self._lock:
            os.write(self._file, json.dumps(line).encode() + b"\n")
            os.fsync(self._file)

    def close(self) -> None:
        os.close(self._file)


def read(folder: Path) -> list[Line]:
    """Every whole line; a missing log is an empty one."""
    path = folder / LOG
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


class SharedTime:
    """A number of seconds in a file that is mapped, so that a kill leaves it as it was at that moment."""

    def __init__(self, folder: Path) -> None:
        path = folder / CLOCK
        if not path.exists():
            path.write_bytes(struct.pack("d", 0.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    def get(self) -> float:
        found: float = struct.unpack("d", self._map[:8])[0]
        return found

    def put(self, seconds: float) -> None:
        self._map[:8] = struct.pack("d", seconds)
