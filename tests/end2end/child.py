"""A whole program in a process of its own, for tests that kill it: writes, drafts, says so, and waits."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop import logfile
from tests.end2end.seat import Seat


def main(folder: Path, url: str, order: str, written: str, draft: str) -> int:
    """Sign in, write `written`, type `draft`, wait half a second, print `typed`, and stay until killed."""
    logfile.start(folder / "log")
    app = program.make_app(["chatdesk"])

    async def script() -> None:
        seat = Seat(app, folder)
        await seat.sign_in(url)
        await seat.open(order)
        await seat.write(written)
        await seat.accepted(order, written)
        await seat.type(draft)
        await asyncio.sleep(0.5)  # the promise: a draft is on disk within 500 ms of the last key
        print("typed", flush=True)
        await hands.until(lambda: False, "being killed", 60)

    import qasync

    with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
        runner.run(script())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
