"""A store on a real disk that is full: run as a process on a small file system that was mounted for it alone.

python -m tests.faults.disk.filled <folder on it>; says what became of everything as one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from chatdesk.domain.errors import StoreProblem
from chatdesk.domain.kinds import OutgoingKind
from chatdesk.store import Store
from chatdesk.store.connection import ill_of
from chatdesk.store.recovery import open_store
from tests.store.making import WAIT_S, Desk, reading

BALLAST_BYTES = 300_000
MOST_PRESSES = 2_000


def main() -> None:
    """Press until there is no room, try again, make room, press once more, close, open and look."""
    folder = Path(sys.argv[1])
    ballast = folder / "ballast"
    ballast.write_bytes(b"\x00" * BALLAST_BYTES)
    home = folder / "profile"
    desk = Desk(Store.open(home))
    pressed: list[str] = []
    trouble: StoreProblem | None = None
    for number in range(MOST_PRESSES):
        text = f"press {number} " + "x" * 1_000
        try:
            desk.press(text)
        except StoreProblem as exc:
            trouble = exc
            break
        pressed.append(text)
    said: dict[str, object] = {"pressed": len(pressed), "ill": trouble and ill_of(trouble)}
    with reading(desk.store) as reader:
        version = reader.draft(desk.conversation).version
    again = desk.store.press_send(desk.conversation, version, "again " + "x" * 1_000)
    said["again"] = type(again.exception(WAIT_S)).__name__
    ballast.unlink()
    desk.store.press_send(desk.conversation, version, "with room").result(WAIT_S)
    pressed.append("with room")
    desk.store.close()
    store = open_store(home)
    rows = store.outbox().result(WAIT_S).rows
    said["kept"] = [one.text for one in rows if one.kind is OutgoingKind.SEND] == pressed
    said["start"] = store.recovery.kind
    said["sound"] = store.check().result(WAIT_S).is_sound
    said["first_bad"] = store.verify_ledger().result(WAIT_S).first_bad
    store.close()
    os.write(1, json.dumps(said).encode() + b"\n")


if __name__ == "__main__":
    main()
