"""A process that has imported everything, runs one thread, and forks: each child is a life that may die.

`python -m tests.faults.kills.zygote`: an order per line on stdin, as JSON; an answer per line on stdout:
{"status": of the child, as os.waitstatus_to_exitcode has it, "words": the end of what it wrote on stderr}.
Templates are made here, too, between the forks: what that has compiled and cached no child has to do again.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PATIENCE_S = 900.0


class Zygote:
    """One for each process that carries out kills; it ends with it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._turn = threading.Lock()
        atexit.register(self.close)

    @property
    def is_alive(self) -> bool:
        """Whether it takes orders."""
        return self._process.poll() is None

    def prepare(self, folder: Path, platform: str, variant: str) -> None:
        """Make the template of a place, with `life.MADE`. Raises RuntimeError."""
        status, words = self.live({"prepare": str(folder), "platform": platform, "variant": variant})
        if status:
            raise RuntimeError(words)

    def live(self, order: dict[str, Any]) -> tuple[int, str]:
        """Status and last words of a life."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        with self._turn:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        if not line:
            process.wait(PATIENCE_S)
            raise RuntimeError("nobody is there to start a life")
        answer = json.loads(line)
        return answer["status"], answer["words"]

    def close(self) -> None:
        """End it; its lives have ended."""
        atexit.unregister(self.close)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait(PATIENCE_S)

    def serve(self, order: dict[str, Any]) -> int:
        """Start the server of a world; returns its pid."""
        return self.live({"serve": True} | order)[0]

    def stop(self, pid: int) -> None:
        """Kill a server that was started here."""
        self.live({"stop": pid})


def _child(order: dict[str, Any], words: Path) -> None:
    file = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(file, 1)
    os.dup2(file, 2)
    status = 1
    try:
        from tests.faults.kills import life

        what = life.serve if "serve" in order else life.live_alone if "url" in order else life.live
        what(order)
        status = 0
    except BaseException:  # noqa: BLE001 - told by its parent
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _wait(pid: int, kill_after_s: float) -> int:
    began = time.monotonic()
    end = began + (kill_after_s or PATIENCE_S)
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            return status if kill_after_s else 124  # it hung
        time.sleep(0.001)


def _alone() -> None:
    """Wait until no other thread runs here: a fork would break what it was about."""
    tasks = Path("/proc/self/task")
    for _ in range(1_000):
        if threading.active_count() == 1 and (not tasks.exists() or len(list(tasks.iterdir())) == 1):
            return
        time.sleep(0.01)
    raise RuntimeError("forking beside other threads is not safe")


def _forked(order: dict[str, Any]) -> tuple[int, str]:
    if "stop" in order:
        os.kill(order["stop"], signal.SIGKILL)
        os.waitpid(order["stop"], 0)
        return 0, ""
    words = Path(order["folder"]) / ("served.txt" if "serve" in order else "words.txt")
    _alone()
    pid = os.fork()
    if pid == 0:
        _child(order, words)
    if "serve" in order:
        return pid, ""
    status = _wait(pid, order.get("kill_after_s", 0.0))
    return status, words.read_text("utf-8", "replace")[-2_000:] if words.exists() else ""


def main() -> None:
    """Carry out orders until there are no more."""
    from tests.faults.kills.life import prepare

    for line in sys.stdin:
        order = json.loads(line)
        if "prepare" in order:
            try:
                prepare(Path(order["prepare"]), order["platform"], order["variant"])
                status, words = 0, ""
            except Exception:  # noqa: BLE001 - whoever asked is told
                status, words = 1, traceback.format_exc()
        else:
            status, words = _forked(order)
        try:
            print(json.dumps({"status": status, "words": words}), flush=True)
        except BrokenPipeError:  # whoever asked is gone
            os._exit(0)


if __name__ == "__main__":
    main()
