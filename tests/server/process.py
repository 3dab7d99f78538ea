"""The reference server as a process of its own: start, stop, kill, restart on the same port."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from chatdesk.server.registry import DIALECTS
from chatdesk.server.run import ALL

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"ready ([a-z]+) (http://[0-9.]+:[0-9]+)")


def quiet_port() -> int:
    """A loopback port that nothing listens on, below those that the kernel hands to outgoing connections.

    A client that knocks at a port of the kernel's own range while the server is down can end up connected to
    itself; here it cannot.
    """
    for _ in range(200):
        port = random.randrange(12_000, 20_000)
        with socket.socket() as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


class ServerProcess:
    """One `chatdesk serve` on loopback, over a data folder that outlives it.

    `opts` become switches: seed="demo" is `--seed demo`, as_is=True is `--as-is`.
    port 0 takes a free one and keeps it over restarts. Usable as a context manager.
    """

    def __init__(
        self, data_dir: Path, port: int = 0, *, platform: str = "dispatcher", **opts: str | int
    ) -> None:
        self.data_dir = data_dir
        self.platform = platform
        self.port = port or quiet_port()
        self.opts = opts
        self.urls: dict[str, str] = {}
        """By platform; more than one where the platform is `all`."""
        self.log = data_dir.parent / f"{data_dir.name}-server.log"
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def command(self) -> list[str]:
        """How the process is called."""
        command = [sys.executable, "-m", "chatdesk.server.run", "--platform", self.platform]
        command += ["--port", "0" if self.platform == ALL else str(self.port), "--data", str(self.data_dir)]
        for name, value in self.opts.items():
            command += ["--" + name.replace("_", "-")]
            if value is not True:
                command += [str(value)]
        return command

    def expected(self) -> int:
        """How many platforms it will say that it is ready for."""
        return len(DIALECTS) if self.platform == ALL else 1

    def start(self, timeout_s: float = 20) -> Self:
        """Start it and wait until it says that it listens; fails with its own words when it does not."""
        assert not self.running, "already running"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = self.command()
        path = os.pathsep.join(p for p in (str(ROOT / "src"), os.environ.get("PYTHONPATH", "")) if p)
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "default"},
            )
        stdout = self._process.stdout
        assert stdout is not None
        lines: list[str] = []
        expected = self.expected()

        def read() -> None:
            lines.extend(stdout.readline() for _ in range(expected))

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        reader.join(timeout_s)
        ready = [found for found in map(READY.match, lines) if found]
        self.urls = {found[1]: found[2] for found in ready}
        if len(ready) != expected:
            self.kill()
            reader.join(2)
            raise AssertionError(f"the server did not start: {lines} {self.log.read_text(encoding='utf-8')}")
        return self

    def stop(self, timeout_s: float = 10) -> int:
        """SIGTERM; returns the exit status. Nothing happens when it is not running."""
        return self._end(signal.SIGTERM, timeout_s)

    def wait(self, timeout_s: float = 10) -> int:
        """Wait until it ends by itself; returns the exit status."""
        assert self._process is not None, "not started"
        try:
            return self._process.wait(timeout_s)
        finally:
            self.stop()

    def kill(self) -> int:
        """SIGKILL, as a power cut would; returns the exit status."""
        return self._end(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM, 10)

    def restart(self) -> Self:
        """Stop and start again on the same port and data."""
        self.stop()
        return self.start()

    def _end(self, sign: signal.Signals, timeout_s: float) -> int:
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(sign)
        try:
            status = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()
            self._process = None
        return status

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()
