"""Writes the fixture of the newest released database version: python -m tests.store.make_version

The fixture is a real file that this version of the program wrote, compressed. It is made once, when a version
is released, and never again: later versions must open exactly what people have.
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment
from chatdesk.domain.events import ConversationSeen, ReadSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, MessageKind, ParkReason
from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.migrate import newest_version
from tests.store.making import CUSTOMER, EXTRAS, OTHER, WAIT_S, Desk, message, window

FOLDER = Path(__file__).parent / "versions"


def fixture(version: int) -> Path:
    """Where the fixture of a version is."""
    return FOLDER / f"{version:04}.db.gz"


def fill(folder: Path) -> None:
    """A little of everything that a profile may hold."""
    store = Store.open(folder, now_us=lambda: 1_795_000_000_000_000)
    try:
        desk = Desk(store)
        desk.apply(3, *window(range(1, 41)))
        desk.apply(4, message(41), message(42, own=True))
        sent = desk.start(desk.press("sent"), ("m42",))
        desk.advance(sent, machine.Stored(RemoteId("m43")))
        desk.start(desk.press("in flight"))
        staged = store.stage(b"a file", 100).result(WAIT_S)
        file = Attachment(name="a.txt", content_type="text/plain", size_bytes=6)
        store.press_file(desk.conversation, staged, file, MessageKind.FILE, "a.txt").result(WAIT_S)
        parked = desk.start(desk.press("parked", desk.other))
        desk.advance(parked, machine.Refused(ParkReason.FORBIDDEN, "no"))
        store.save_draft(desk.other, 1, "a draft").result(WAIT_S)
        desk.apply(
            5,
            ConversationSeen(
                remote_id=OTHER, lifecycle=Lifecycle.READ_ONLY, closed_why=ClosedWhy.ACCESS_WITHDRAWN
            ),
            message(1, conversation=OTHER, kind=MessageKind.FILE, extras=EXTRAS),
            ReadSeen(
                conversation=OTHER, person_id=CUSTOMER, by_self=False, ids=(RemoteId("m77"), RemoteId("m78"))
            ),
        )
        store.set_account_settings(desk.account.id, {"keep_completed": "yes"}).result(WAIT_S)
        store.link_customer(desk.conversation, desk.other).result(WAIT_S)
        store.put_setting("theme", "dark").result(WAIT_S)
    finally:
        store.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder))
        content = (Path(folder) / FILE_NAME).read_bytes()
    FOLDER.mkdir(exist_ok=True)
    fixture(newest_version()).write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    main()
