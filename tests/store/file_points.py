"""A file's life, killed at every step that reaches the disk: python -m tests.store.file_points <folder>

Each run is a process of its own that dies before or after the n-th step; the next one looks at what is left.
Prints the number of points, or what was wrong at the first bad one.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.store import Store, staging
from chatdesk.store.journal import Journal
from chatdesk.store.staging import FOLDER
from tests.store.making import WAIT_S, Desk, message, reading, started, window

FILE = Attachment(name="offer.pdf", content_type="application/pdf", size_bytes=3_000)
ADDRESS = Attachment(url="/kept/1", name="offer.pdf", size_bytes=3_000)
MOST_POINTS = 400


class Steps:
    """Counts the steps, and ends the process at the wanted one."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.done = 0

    def step(self) -> None:
        self.done += 1
        if self.done == self.wanted:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, real: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, with a step before and one after it."""

        def call(*values: Any, **named: Any) -> Any:
            self.step()
            result = real(*values, **named)
            self.step()
            return result

        return call


def arm(steps: Steps) -> None:
    """Whatever reaches the disk is a step: copying, renaming, the journal, the commit, removing."""
    for owner, name in (
        (os, "write"),
        (staging, "sync"),
        (staging, "sync_folder"),
        (Path, "rename"),
        (Path, "unlink"),
        (Journal, "append"),
        (Journal, "confirm"),
    ):
        setattr(owner, name, steps.around(getattr(owner, name)))


def live(folder: Path, told: Path, wanted: int) -> int:
    """Three files: one that is sent, one that is let go, one that waits. Returns the number of steps."""
    store = Store.open(folder)
    desk = Desk(store, first_sync=False)
    steps = Steps(wanted)
    arm(steps)

    def say(word: str) -> None:
        with told.open("a") as file:
            file.write(f"{word}\n")

    def press(name: str) -> Outgoing:
        source = folder.parent / name
        source.write_bytes(name.encode() * 300)
        staged = store.stage(source, 1_000_000).result(WAIT_S)
        pressed = store.press_file(desk.conversation, staged, FILE, MessageKind.FILE, name).result(WAIT_S)
        say(f"pressed {name}")
        return pressed

    sent = press("sent")
    desk.advance(sent, machine.Uploaded(ADDRESS))
    desk.advance(sent, started(sent))
    desk.advance(sent, machine.Stored(RemoteId("m900")))
    say("settled sent")
    desk.advance(press("let go"), machine.PersonCancels())
    say("settled let go")
    press("waits")
    store.close()
    return steps.done


def look(folder: Path, told: Path) -> str:
    """What is wrong with what a death has left; '' for nothing."""
    words = told.read_text().splitlines() if told.exists() else []
    # What only the journal named is given up by the first start, and swept by the second.
    return _look_once(folder, words, swept=False) or _look_once(folder, words, swept=True)


def _look_once(folder: Path, words: list[str], *, swept: bool) -> str:
    store = Store.open(folder)
    try:
        waiting = store.outbox().result(WAIT_S).rows
        broken = [item.text for item in waiting if store.staged_file(item.staged).exception(WAIT_S)]
        held = sorted(one.name for one in (folder / FOLDER).iterdir()) if (folder / FOLDER).is_dir() else []
        account = store.accounts().result(WAIT_S).rows[0].id
        place = store.conversation_of(account, RemoteId("c1")).result(WAIT_S)
        assert place is not None
        with reading(store) as reader:
            rows = [one for one in reader.newest_page(place).messages if one.own]
        sound = store.verify_ledger().result(WAIT_S).first_bad is None
        apart = store.was_put_back
    finally:
        store.close()
    if broken:
        return f"no copy for {broken}"
    if not sound or apart:
        return "the ledger or the journal is wrong"
    if swept and held != sorted(item.staged for item in waiting):
        return f"copies {held} for {[item.text for item in waiting]}"
    texts = [one.text for one in rows]
    if len(set(texts)) != len(texts):
        return f"twice: {texts}"
    there = {item.text for item in waiting} | {
        one.text for one in rows if one.state is DeliveryState.ACCEPTED
    }
    for word, _, name in (line.partition(" ") for line in words):
        if word == "pressed" and name not in there and f"settled {name}" not in words and name != "let go":
            return f"lost: {name}"
        if word == "settled" and name in {item.text for item in waiting}:
            return f"back: {name}"
    return ""


def in_a_process(work: Callable[[], int]) -> int:
    """Run it in a fork; its exit status, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        os._exit(work())
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def main(folder: Path) -> None:
    first = folder / "first" / "profile"
    (first.parent).mkdir()
    store = Store.open(first)
    Desk(store).apply(3, *window(range(1, 5)), message(5))
    store.close()
    for point in range(1, MOST_POINTS):
        place = folder / str(point)
        shutil.copytree(first.parent, place)
        told = place / "told"
        profile = place / "profile"

        def act(profile: Path = profile, told: Path = told, point: int = point) -> int:
            live(profile, told, point)
            return 0

        def check(profile: Path = profile, told: Path = told) -> int:
            wrong = look(profile, told)
            if wrong:
                os.write(1, f"{wrong}\n".encode())
            return bool(wrong)

        ended = in_a_process(act)
        if in_a_process(check):
            print("at point", point)
            return
        shutil.rmtree(place)
        if ended == 0:
            print("points", point - 1)
            return
        if ended != -signal.SIGKILL:
            print("an error at point", point)
            return
    print("no end")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
