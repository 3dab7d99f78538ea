"""Programs that are measured run as processes of their own: started, listened to, ended by their pid."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).parents[2]
END_S = 15.0


class ChildFailed(Exception):
    """A measured program did not do its part; the text is what it said last."""


def environment(**more: str) -> dict[str, str]:
    """The environment of every measured program: Xvfb's display where there is one, else Qt's offscreen."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    found = {**os.environ, "PYTHONPATH": path, **more}
    # An installed program has its modules compiled; so has this one from its second start on.
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    found["PYTHONPYCACHEPREFIX"] = str(ROOT / "build" / "bench" / "pycache")
    if not os.environ.get("DISPLAY"):
        found.setdefault("QT_QPA_PLATFORM", "offscreen")
    if os.environ.get("CHATDESK_SESSION") != "1":
        # Outside of a private session the keyring of the person who measures is left alone.
        found |= {
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
    return found


class Child:
    """`python -m module arguments`: lines of JSON come from its stdout; closing its stdin asks it to end."""

    def __init__(self, module: str, *arguments: str, **more: str) -> None:
        """more: environment variables."""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._heard: list[str] = []
        self.began = time.clock_gettime(time.CLOCK_MONOTONIC)
        """CLOCK_MONOTONIC, in seconds, just before it was started; the child can read the same clock."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment(**more),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    @property
    def pid(self) -> int:
        return self._process.pid

    def answer(self, timeout_s: float) -> Any:
        """The next line that is JSON. Raises ChildFailed when none comes."""
        end = time.monotonic() + timeout_s
        while True:
            line = self.line(end - time.monotonic())
            try:
                return json.loads(line)
            except json.JSONDecodeError:
                self._heard.append(line)

    def line(self, timeout_s: float) -> str:
        """The next line, whatever it is. Raises ChildFailed when none comes."""
        try:
            line = self._lines.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            raise ChildFailed("no answer in time: " + self._last_words()) from None
        if line is None:
            raise ChildFailed("it ended: " + self._last_words())
        return line

    def _last_words(self) -> str:
        """The last line that it said, for a report; a traceback, which names places, goes to stderr whole."""
        heard = "".join(self._heard)[-2_000:].rstrip()
        sys.stderr.write(heard + "\n" if heard else "")
        return heard.rpartition("\n")[2][:300]

    def tell(self, words: Any) -> None:
        """Send it a line of JSON."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def end(self) -> int:
        """Close its stdin and wait; by force after END_S. Its exit status."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            status = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join(END_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return status

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
