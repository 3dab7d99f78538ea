"""Server processes that are there at once: one process has imported everything, and forks.

python -m tests.faults.sockets.nursery: reads a line of JSON for each server that is wanted, answers with its
process id. The server itself is what `chatdesk serve` runs; all of them end with the nursery's input.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.run import ServeOptions, serve

ROOT = Path(__file__).parents[3]
READY_S = 30.0
CHOICES = Choices(messages_per_minute=100_000, events_per_minute=100_000)


class Nursery:
    """Starts server processes; may be asked by any thread."""

    def __init__(self) -> None:
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.sockets.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
        )

    def bear(self, **wanted: Any) -> int:
        """The process id of a new server; it does not listen yet."""
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(wanted) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def close(self) -> None:
        """End it, and all servers with it."""
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.close()
            self._process.wait(10)
            self._process.stdout.close()


class Server:
    """One server over a folder that outlives its processes."""

    def __init__(
        self, nursery: Nursery, folder: Path, platform: str, variant: Variant, port: int, seed: str = "none"
    ) -> None:
        self.folder = folder
        self.port = port
        self.log = folder.parent / f"{folder.name}-server.log"
        self.kills = 0
        self._nursery = nursery
        self._wanted = {"platform": platform, "variant": variant.value, "seed": seed, "port": port}
        self._pid = 0

    def start(self) -> None:
        """Start a process and wait until it listens."""
        assert not self._pid
        self._pid = self._nursery.bear(folder=str(self.folder), log=str(self.log), **self._wanted)
        _within(READY_S, self._listens, "listening")

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if not self._pid:
            return
        pid, self._pid = self._pid, 0
        self.kills += 1
        with contextlib.suppress(ProcessLookupError):  # a recorded fault may have ended it
            os.kill(pid, signal.SIGKILL)
        _within(READY_S, lambda: not _lives(pid), "dead")

    def complaints(self) -> str:
        """What it has written to stderr."""
        return self.log.read_text("utf-8") if self.log.exists() else ""

    def _listens(self) -> bool:
        if not _lives(self._pid):
            raise AssertionError(f"the server did not start: {self.complaints()}")
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _within(seconds: float, reached: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > until:
            raise AssertionError(f"the server is not {what} within {seconds:.0f} s")
        time.sleep(0.02)


# -- the process of its own


def main() -> None:
    """Serve until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever dies is gone at once, and not kept as a zombie
    born: list[int] = []
    for line in sys.stdin:
        wanted = json.loads(line)
        pid = os.fork()
        if not pid:
            _live(wanted)
        born.append(pid)
        os.write(1, f"{pid}\n".encode())
    for pid in born:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _live(wanted: dict[str, Any]) -> None:
    """The life of a server; never returns."""
    status = 1
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for ours, theirs in ((nothing, 0), (nothing, 1), (log, 2)):
            os.dup2(ours, theirs)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        options = ServeOptions(
            data_dir=Path(wanted["folder"]),
            platform=wanted["platform"],
            port=wanted["port"],
            seed=wanted["seed"],
            variant=Variant(wanted["variant"]),
            choices=CHOICES,
        )
        status = serve(options)
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
