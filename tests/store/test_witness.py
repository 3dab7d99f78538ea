"""With a key outside the data folder, a ledger that was rewritten together with its anchor is found out."""

from __future__ import annotations

import hashlib
import hmac
import time
from pathlib import Path

import apsw
import msgspec
import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.ports import Vouched
from chatdesk.store import Store, ledger, writer
from chatdesk.store import journal as journal_file
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.inspection import verify
from chatdesk.store.journal import Anchor, Journal
from chatdesk.store.recovery import open_store
from tests.conftest import AllowLog
from tests.store.making import Desk, raw


class Key:
    """A witness in memory: the rules are the store's, the key is any."""

    def __init__(self) -> None:
        self.kept: Vouched | None = Vouched(0, b"")

    def newest(self) -> Vouched | None:
        return self.kept

    def mark(self, number: int, seal: bytes) -> bytes:
        return b"" if self.kept is None else hmac.digest(b"k" * 32, b"%d" % number + seal, "sha256")

    def confirms(self, number: int, seal: bytes, mark: bytes) -> bool:
        return hmac.compare_digest(self.mark(number, seal), mark)

    def keep(self, number: int, seal: bytes) -> None:
        self.kept = Vouched(number, seal)


@pytest.fixture
def key() -> Key:
    return Key()


def work(folder: Path, key: Key | None, text: str = "words") -> None:
    """One run in which a message is sent: three rows."""
    store = open_store(folder, witness=key)
    desk = Desk(store)
    desk.advance(desk.start(desk.press(text)), machine.Stored(RemoteId(f"m-{text}")))
    store.close()


def rewrite(con: apsw.Connection, change: str, *, upto: int | None = None) -> Anchor:
    """Change rows and seal the chain anew, as somebody who knows the program can who may write files."""
    con.execute(change)
    if upto is not None:
        con.execute("DELETE FROM ledger WHERE number > ?", (upto,))
    seal, number = hashlib.sha256(b"chatdesk ledger 1").digest(), 0
    for row in con.execute("SELECT * FROM ledger ORDER BY number").fetchall():
        number += 1
        content = (number, *row[1:-1])
        seal = hashlib.sha256(seal + msgspec.msgpack.encode(content)).digest()
        con.execute("UPDATE ledger SET number = ?, seal = ? WHERE number = ?", (number, seal, row[0]))
    return Anchor(number, seal)


def anchor_anew(folder: Path, anchor: Anchor) -> None:
    journal = Journal(folder / journal_file.FILE_NAME)
    journal.append([anchor])
    journal.compact()
    journal.close()


LIE = "UPDATE ledger SET code = 'discarded' WHERE number = 3"


def test_the_key_stands_for_every_row_at_the_end_of_a_run(profile_dir: Path, key: Key) -> None:
    """The anchor carries a mark, the witness knows it, and verifying says how far it reaches."""
    work(profile_dir, key)
    found = verify(profile_dir, key)
    assert (found.first_bad, found.vouched, found.last) == (None, 3, 3)
    assert key.kept is not None
    assert key.kept.number == 3
    assert verify(profile_dir).vouched is None


@pytest.mark.parametrize("upto", [None, 2])
def test_who_rewrites_ledger_and_anchor_without_the_key_is_found_out(
    profile_dir: Path, key: Key, upto: int | None
) -> None:
    """A chain and an anchor that fit each other are no proof: with the key they are found out."""
    work(profile_dir, key)
    with raw(profile_dir) as con:
        forged = rewrite(con, LIE, upto=upto)
    anchor_anew(profile_dir, forged)
    assert verify(profile_dir).first_bad is None
    found = verify(profile_dir, key)
    assert found.fault == ("replaced" if upto is None else "cut")
    assert found.first_bad == 3


def test_a_made_up_mark_is_found_out(profile_dir: Path, key: Key) -> None:
    """Rows put behind those that the key knows, with an anchor and any mark: the mark is not the key's."""
    work(profile_dir, key)
    work(profile_dir, None, "later")
    with raw(profile_dir) as con:
        forged = rewrite(con, "UPDATE ledger SET code = 'read' WHERE number = 6")
    anchor_anew(profile_dir, Anchor(forged.number, forged.seal, b"m" * 32))
    found = verify(profile_dir, key)
    assert (found.first_bad, found.fault) == (4, "forged")


def test_working_on_never_covers_up_a_forgery(profile_dir: Path, key: Key) -> None:
    """Later runs with the key give no mark to a chain that does not go on from what the key has seen."""
    work(profile_dir, key)
    with raw(profile_dir) as con:
        forged = rewrite(con, LIE)
    anchor_anew(profile_dir, forged)
    for number in range(2):
        work(profile_dir, key, f"since {number}")
    assert verify(profile_dir).first_bad is None
    assert verify(profile_dir, key).first_bad == 3


def test_an_older_copy_of_the_whole_folder_is_told(profile_dir: Path, key: Key) -> None:
    """Database and journal of an earlier day fit each other, but the key has seen more."""
    work(profile_dir, key)
    names = (FILE_NAME, journal_file.FILE_NAME)
    before = {name: (profile_dir / name).read_bytes() for name in names}
    work(profile_dir, key, "later")
    for name, content in before.items():
        (profile_dir / name).write_bytes(content)
    assert verify(profile_dir).first_bad is None
    found = verify(profile_dir, key)
    assert (found.first_bad, found.fault) == (4, "cut")


def test_a_run_without_a_keyring_is_no_forgery(profile_dir: Path, key: Key) -> None:
    """Rows of a run in which no keyring answered are sound, only not stood for until the key is back."""
    work(profile_dir, key)
    silent = Key()
    silent.kept = None
    work(profile_dir, silent, "locked")
    found = verify(profile_dir, key)
    assert (found.first_bad, found.vouched, found.last) == (None, 3, 6)
    work(profile_dir, key, "unlocked")
    found = verify(profile_dir, key)
    assert (found.first_bad, found.vouched, found.last) == (None, 9, 9)


def test_a_mark_is_not_lost_in_a_run_without_a_keyring(profile_dir: Path, key: Key) -> None:
    """A run that writes nothing leaves the marked anchor as it is; one with a key marks what has no mark."""
    work(profile_dir, None)
    assert journal_file.read(profile_dir / journal_file.FILE_NAME).anchor == ledger_head(profile_dir)
    Store.open(profile_dir, witness=key).close()
    marked = journal_file.read(profile_dir / journal_file.FILE_NAME).anchor
    assert marked is not None
    assert marked.mark
    Store.open(profile_dir).close()
    assert journal_file.read(profile_dir / journal_file.FILE_NAME).anchor == marked


def test_a_running_program_anchors_too(profile_dir: Path, key: Key, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only at its end: from time to time the newest row is anchored, with the key's mark."""
    monkeypatch.setattr(writer, "_ANCHOR_S", 0.02)
    store = open_store(profile_dir, witness=key)
    try:
        Desk(store).press("while it runs")
        end = time.monotonic() + 20
        while key.newest() == Vouched(0, b""):
            assert time.monotonic() < end
            time.sleep(0.005)
        anchor = journal_file.read(profile_dir / journal_file.FILE_NAME).anchor
        assert anchor is not None
        assert (anchor.number, bool(anchor.mark)) == (1, True)
        assert store.verify_ledger().result(10).vouched == 1
    finally:
        store.close()


def test_only_an_empty_folder_begins_anew(profile_dir: Path, allow_log: AllowLog) -> None:
    """What was vouched for is given up where a folder had nothing; not where it was lost or made anew."""
    allow_log("WARNING chatdesk.store.recovery: the database is damaged")

    def is_new() -> bool:
        store = open_store(profile_dir)
        try:
            return store.is_new
        finally:
            store.close()

    assert is_new()
    assert not is_new()
    work(profile_dir, None)
    (profile_dir / FILE_NAME).write_bytes(b"rubbish" * 1_000)
    assert not is_new()
    (profile_dir / FILE_NAME).unlink()
    assert not is_new()


def ledger_head(folder: Path) -> Anchor | None:
    with raw(folder) as con:
        return ledger.head(con)


def test_a_database_made_anew_goes_on_under_the_key(profile_dir: Path, key: Key, allow_log: AllowLog) -> None:
    """After a rebuild the new segment names the marked anchor: sound, and the key stands for what follows."""
    allow_log("WARNING chatdesk.store.recovery: the database is damaged")
    work(profile_dir, key)
    (profile_dir / FILE_NAME).write_bytes(b"rubbish" * 1_000)
    work(profile_dir, key, "anew")
    found = verify(profile_dir, key)
    assert (found.first_bad, found.segments, found.vouched) == (None, (4,), found.last)
