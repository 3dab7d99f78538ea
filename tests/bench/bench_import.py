"""A whole conversation loaded in the background from a real server process, into the real program."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from tests.bench import profile
from tests.bench.bars import Measured
from tests.bench.child import Child
from tests.bench.measure import cpu_s, pss_mb
from tests.end2end.long_talk import lengthen
from tests.server.process import ServerProcess

ORDER = "ORD-204117"
MESSAGES = 30_000
PATIENCE_S = 300.0
LOOK_S = 0.5
MOST_GAP_MS = 50.0


class Memory:
    """The greatest memory of a process, looked at again and again on a thread of its own."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.first_mb = self.most_mb = pss_mb(pid)
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ends.wait(LOOK_S):
            self.most_mb = max(self.most_mb, pss_mb(self._pid))

    def end(self) -> None:
        self._ends.set()
        self._thread.join()
        self.most_mb = max(self.most_mb, pss_mb(self._pid))


def run(_rows: int) -> list[Measured]:
    """Measure over a conversation of MESSAGES, whatever the big profile has."""
    return [measure(profile.OUT / "scratch-import", MESSAGES)]


def measure(folder: Path, messages: int, patience_s: float = PATIENCE_S) -> Measured:
    """Make server and profile in a folder, load, and take it all away again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    data = folder / "server"
    try:
        with ServerProcess(data, seed="demo"):
            pass  # its tables and its people
        lengthen(data, ORDER, messages)
        with ServerProcess(data, seed="demo") as server:
            arguments = ("--data", str(folder / "desk"), "--server", server.url, "--order", ORDER)
            with Child("tests.bench.import_run", *arguments, "--patience", str(patience_s)) as window:
                window.answer(patience_s)
                memory = Memory(window.pid)
                before = cpu_s(window.pid)
                window.tell({"load": True})
                told = window.answer(patience_s)
                used_s = cpu_s(window.pid) - before
                memory.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    broken = ""
    if told["state"] != "done" or told["messages"] < messages:
        broken = f"{told['messages']:,} of {messages:,} messages came: {told['state']}"
    elif not told["end_in_view"]:
        broken = "the end of the conversation went out of the list"
    return Measured(
        key="import",
        value=told["messages"] / told["took_s"],
        broken=broken,
        rows=messages,
        detail={
            "messages": told["messages"],
            "processor time of the program, ms per 1,000 messages": round(used_s * 1e6 / told["messages"], 1),
            "longest gap of the window's loop, ms": round(max(told["gaps_ms"]), 1),
            "gaps over 50 ms": sum(one > MOST_GAP_MS for one in told["gaps_ms"]),
            "most processor time of its thread in one, ms": round(told["most_busy_ms"], 1),
            "memory (PSS) before, MB": round(memory.first_mb, 1),
            "greatest growth of it, MB": round(memory.most_mb - memory.first_mb, 1),
            "rows in the message list at the end": told["rows_in_the_list"],
        },
    )
