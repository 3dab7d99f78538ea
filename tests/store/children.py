"""What tests run in processes of their own: stores that are killed, and stores that find the folder taken.

python -m tests.store.children <what> <folder>
"""

from __future__ import annotations

import os
import resource
import sys
import time
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import DiskTrouble, ProfileInUse
from chatdesk.store import Store
from chatdesk.store.recovery import open_store
from tests.store.making import WAIT_S, Desk, message, started


def say(line: str) -> None:
    """A line that has left this process when the call returns."""
    os.write(1, line.encode() + b"\n")


def try_open(folder: Path) -> None:
    """Says whether the folder is free."""
    try:
        Store.open(folder).close()
    except ProfileInUse:
        say("in use")
    else:
        say("free")


def press_for_ever(folder: Path) -> None:
    """Presses, starts and receives without end; says each text once its future has completed."""
    desk = Desk(Store.open(folder))
    for number in count(1):
        item = desk.press(f"press {number}")
        say(f"pressed press {number}")
        desk.store.advance(item.id, started(item)).result(WAIT_S)
        say(f"started press {number}")


def receive_for_ever(folder: Path) -> None:
    """Keeps the writer busy with batches, and says each number that is committed."""
    desk = Desk(Store.open(folder))
    say("ready")
    for number in count(1):
        done = desk.apply(10 + number, *(message(number * 100 + n) for n in range(100)))
        say(f"committed {done}")


def fill_the_disk(folder: Path) -> None:
    """Writes until no file may grow any more, then says what became of the last presses."""
    desk = Desk(Store.open(folder))
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
    stored = 0
    for number in range(2_000):
        try:
            desk.press(f"press {number} " + "x" * 2_000)
        except DiskTrouble:
            break
        stored += 1
    futures: list[Future[Outgoing]] = [
        desk.store.press_send(desk.other, 0, "one"),
        desk.store.press_send(desk.conversation, stored, "two " + "y" * 200_000),
    ]
    failures = [type(one.exception(WAIT_S)).__name__ for one in futures]
    say(f"stored {stored} then {' '.join(failures)}")
    os._exit(0)  # the end of the disk is the end of the process, too


def rebuild_slowly(folder: Path) -> None:
    """Makes a damaged database anew, and waits before every renaming; says how far it has come."""
    rename = Path.rename

    def slowly(self: Path, target: Path) -> Path:
        say("begun")
        time.sleep(0.2)
        done = rename(self, target)
        say("renamed")
        return done

    Path.rename = slowly  # type: ignore[method-assign,assignment]
    open_store(folder)


def main() -> None:
    what: dict[str, Any] = {
        one.__name__: one
        for one in (try_open, press_for_ever, receive_for_ever, fill_the_disk, rebuild_slowly)
    }
    what[sys.argv[1]](Path(sys.argv[2]))


if __name__ == "__main__":
    main()
