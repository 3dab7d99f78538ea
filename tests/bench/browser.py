"""A Chromium of our own: started, asked over its DevTools socket, measured, ended by its pids."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import simple_websocket  # type: ignore[import-untyped]

from tests.bench.measure import MS, tree

PROGRAMS = ("/usr/lib/chromium/chromium", "chromium", "chromium-browser")
"""Debian's own binary first: the script in front of it takes a while to start it."""
WINDOW_PX = 1280, 820
ATTACH_S = 20.0
END_S = 8.0
_FLAGS = (
    # It may speak to this machine and nothing else, and asks nobody about anything.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--disable-breakpad",
    "--no-default-browser-check",
    "--no-first-run",
    "--password-store=basic",
    # Without a graphics processor its software drawing is faster than an emulated one.
    "--disable-gpu",
    "--remote-debugging-port=0",
)


class BrowserFailed(Exception):
    """Chromium is not there, did not start, or did not answer; the text says which."""


def program() -> str:
    """Chromium's path. Raises BrowserFailed where there is none."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    raise BrowserFailed("Chromium is not installed")


class Browser:
    """One page in a window of its own (headless where there is no display)."""

    def __init__(self, url: str, folder: Path) -> None:
        """folder: what it keeps between its starts, its settings and its caches."""
        self._port_file = folder / "profile" / "DevToolsActivePort"
        self._port_file.unlink(missing_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
        command = [program(), *_FLAGS, f"--user-data-dir={folder / 'profile'}"]
        command.append(f"--window-size={WINDOW_PX[0]},{WINDOW_PX[1]}")
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # it refuses to run as root otherwise; without one it needs less
        command += [f"--app={url}"] if os.environ.get("DISPLAY") else ["--headless=new", url]
        self._socket: simple_websocket.Client | None = None
        self._numbers = count(1)
        self.offset_ms = 0.0
        """What turns the page's clock (`panel.now()`) into CLOCK_MONOTONIC in ms, once attached."""
        self.began = time.clock_gettime(time.CLOCK_MONOTONIC)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "LANG": "C.UTF-8"},
        )

    @property
    def pid(self) -> int:
        """Of its first process; all others descend from it."""
        return self._process.pid

    def processes(self) -> list[int]:
        """Pids of all its processes."""
        return tree(self.pid)

    def attach(self) -> None:
        """Open the page's DevTools socket and compare the clocks. Raises BrowserFailed."""
        end = time.monotonic() + ATTACH_S
        while self._socket is None:
            if self._process.poll() is not None:
                raise BrowserFailed(f"Chromium ended with {self._process.returncode}")
            if time.monotonic() > end:
                raise BrowserFailed("Chromium did not open its page in time")
            address = self._page()
            if address:
                self._socket = simple_websocket.Client(address)
            else:
                time.sleep(0.05)
        self.offset_ms = min(self._compared() for _ in range(15))[1]

    def _page(self) -> str | None:
        try:
            port = int(self._port_file.read_text().split("\n", 1)[0])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
                pages = json.load(answer)
        except (OSError, ValueError):
            return None
        return next((str(one["webSocketDebuggerUrl"]) for one in pages if one["type"] == "page"), None)

    def _compared(self) -> tuple[float, float]:
        """How long asking the page's clock took, and by how much ours is ahead of it then."""
        before = time.clock_gettime(time.CLOCK_MONOTONIC) * MS
        theirs = float(self.ask("performance.timeOrigin + performance.now()"))
        after = time.clock_gettime(time.CLOCK_MONOTONIC) * MS
        return after - before, (before + after) / 2 - theirs

    def ask(self, expression: str, patience_s: float = 30.0) -> Any:
        """The value of a JavaScript expression in the page, promises awaited. Raises BrowserFailed."""
        return (
            self.command(
                "Runtime.evaluate",
                {"expression": expression, "awaitPromise": True, "returnByValue": True},
                patience_s,
            )
            .get("result", {})
            .get("value")
        )

    def command(self, method: str, params: dict[str, Any], patience_s: float = 30.0) -> dict[str, Any]:
        """The answer to a DevTools command. Raises BrowserFailed."""
        if self._socket is None:
            raise BrowserFailed("not attached")
        number = next(self._numbers)
        end = time.monotonic() + patience_s
        try:
            self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
            while (left := end - time.monotonic()) > 0:
                line = self._socket.receive(timeout=left)
                answer = json.loads(line) if line is not None else {}
                if answer.get("id") != number:
                    continue
                problem = answer.get("error") or answer["result"].get("exceptionDetails")
                if problem:
                    raise BrowserFailed(f"{method}: {json.dumps(problem)[:500]}")
                result: dict[str, Any] = answer["result"]
                return result
        except simple_websocket.ConnectionClosed:
            raise BrowserFailed(f"{method}: the page is gone") from None
        raise BrowserFailed(f"{method}: no answer in {patience_s:.0f} s")

    def end(self) -> None:
        """Close its socket and end its processes: asked first, then by force."""
        if self._socket is not None and self._socket.connected:
            self._socket.close()
        pids = tree(self.pid) if self._process.poll() is None else []
        self._process.terminate()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
