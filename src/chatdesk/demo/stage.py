"""The stage of the demo: the reference server and the customers, each a real process of its own."""

from __future__ import annotations

import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from chatdesk.domain.errors import WorldError
from chatdesk.domain.kinds import Platform

log = logging.getLogger(__name__)

START_S = 20.0
LOOK_S = 0.1
STOP_S = 5.0


class StageTrouble(WorldError):
    """A process of the stage did not start. `words` is what it said."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class StageLeft(WorldError):
    """The demo was told to end while a process was starting; that process is gone again."""


class StageProcess:
    """One child process whose first lines on standard output say that it is ready."""

    def __init__(self, arguments: list[str], folder: Path, name: str, leaving: threading.Event) -> None:
        """arguments: after `chatdesk`. folder: where its error output is kept as <name>.log.

        leaving: set when the demo is to end; a start under way is given up then.
        """
        self._leaving = leaving
        self._command = [*own_command(), *arguments]
        self._log_file = folder / f"{name}.log"
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def start(self, is_ready: Callable[[Sequence[str]], bool] = bool) -> list[str]:
        """Start it; returns what it said until it was ready.

        Blocks up to START_S seconds. Raises StageTrouble, StageLeft.
        """
        with self._log_file.open("a", encoding="utf-8") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own program with arguments of our own
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        self._process = process
        said: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=_pass_on, args=(process, said), name="stage-output")
        self._reader.start()
        lines = self._lines(said, is_ready)
        if self._leaving.is_set():
            self.stop()
            raise StageLeft
        if not is_ready(lines):
            self.stop()
            raise StageTrouble(self.last_words() or f"it said {lines!r}, and no more")
        return lines

    def _lines(self, said: queue.Queue[str], is_ready: Callable[[Sequence[str]], bool]) -> list[str]:
        """Until it is ready, or ends, or takes too long, or the demo is to end."""
        end = time.monotonic() + START_S
        lines: list[str] = []
        while not is_ready(lines) and time.monotonic() < end and not self._leaving.is_set():
            try:
                line = said.get(timeout=LOOK_S)
            except queue.Empty:
                continue
            if not line:
                break
            lines.append(line.strip())
        return lines

    def stop(self) -> None:
        """End it: politely, then by force. Returns once it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join(STOP_S)
        if process.stdout is not None:
            process.stdout.close()

    def alive(self) -> bool:
        """True while it runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """The end of what it wrote to its error output, at most 500 characters."""
        return _end_of(self._log_file)


class Stage:
    """A server of several platforms, and customers on each, over one folder.

    Each platform keeps its port when the server is started again.
    """

    def __init__(self, folder: Path, platforms: Sequence[Platform]) -> None:
        """folder: made if missing; holds the server's data, the logs of both processes and their notes."""
        self.folder = folder
        self.data = folder / "server"
        self.data.mkdir(parents=True, exist_ok=True)
        self.notes = folder / "notes.jsonl"
        """What the customers notice of the desk."""
        self.notes.touch()
        self.urls: dict[Platform, str] = {}
        self._platforms = tuple(platforms)
        self._leaving = threading.Event()
        self._server: StageProcess | None = None
        self._customers: StageProcess | None = None

    def leave(self) -> None:
        """The demo is to end: may be called from a signal handler, at any moment."""
        self._leaving.set()

    @property
    def is_left(self) -> bool:
        """The demo is to end."""
        return self._leaving.is_set()

    def start_server(self) -> None:
        """Start (or restart) the server. Raises StageTrouble."""
        arguments = ["serve", "--platform", "all", "--port", "0", "--data", str(self.data), "--seed", "demo"]
        for platform, url in self.urls.items():
            arguments += ["--at", f"{platform.value}={url.rpartition(':')[2]}"]
        server = StageProcess(arguments, self.folder, "server", self._leaving)
        self.urls = self._told(server.start(lambda lines: len(self._told(lines)) == len(self._platforms)))
        self._server = server

    def _told(self, lines: Sequence[str]) -> dict[Platform, str]:
        """Where the platforms are, of what a server has said: `ready PLATFORM URL`."""
        words = [line.split() for line in lines]
        told = {one[1]: one[2] for one in words if len(one) == 3 and one[0] == "ready"}
        return {one: told[one.value] for one in self._platforms if one.value in told}

    def stop_server(self) -> None:
        """Stop the server cleanly."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def complaints(self) -> str:
        """The end of what the server has written to its error output: empty where all is well."""
        return _end_of(self.folder / "server.log")

    def start_customers(self, lines_per_minute: int) -> None:
        """Let the customers in; the pace is of each platform. Raises StageTrouble."""
        arguments = ["customers", "--pace", str(lines_per_minute), "--notes", str(self.notes)]
        for platform, url in self.urls.items():
            arguments += ["--server", f"{platform.value}={url}"]
        customers = StageProcess(arguments, self.folder, "customers", self._leaving)
        customers.start()
        self._customers = customers

    def close(self) -> None:
        """End both."""
        started = time.monotonic()
        if self._customers is not None:
            self._customers.stop()
        self.stop_server()
        log.info("stage closed in %.1f s", time.monotonic() - started)


def _end_of(log_file: Path) -> str:
    try:
        return log_file.read_text(encoding="utf-8", errors="replace")[-500:].strip()
    except FileNotFoundError:
        return ""


def own_command() -> list[str]:
    """How to start this program once more: the frozen executable, or the interpreter with the package."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    return [sys.executable, "-m", "chatdesk"]


def _pass_on(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    assert process.stdout is not None  # noqa: S101 - opened as a pipe above
    for line in process.stdout:
        lines.put(line)
    lines.put("")
