"""The journal: what is unfinished survives the database, and a copy that is put back asks before it sends."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.domain import outbox as machine
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, ParkReason
from chatdesk.store import Store
from chatdesk.store import journal as journal_module
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.journal import Anchor, Contents, Ended, Journal, Opened, Unfinished, Written, read
from tests.conftest import AllowLog
from tests.domain.items import item
from tests.store.actions import Actor, actions
from tests.store.making import WAIT_S, Desk, message, raw, short_lived_folder, started

ACCOUNT = "dispatcher https://orders.example me"


def unfinished(folder: Path) -> dict[OutgoingId, Unfinished]:
    return read(folder / journal_module.FILE_NAME).unfinished


def text_of(folder: Path) -> str:
    return (folder / journal_module.FILE_NAME).read_text()


# -- what it holds


@settings(max_examples=30)
@given(st.lists(actions, min_size=1, max_size=20))
def test_it_holds_exactly_what_is_unfinished(done: list[tuple[Any, ...]]) -> None:
    """After every commit and every restart the journal names the unsettled items, with text and attempts."""

    def check(store: Store) -> None:
        rows = {one.id: one for one in store.outbox().result(WAIT_S).rows}
        there = unfinished(store.folder)
        assert {key: (one.item.text, one.attempts) for key, one in there.items()} == {
            key: (one.text, one.attempts) for key, one in rows.items()
        }
        assert {one.account for one in there.values()} <= {ACCOUNT}

    with short_lived_folder() as folder:
        store = Store.open(folder)
        try:
            actor = Actor(Desk(store))
            for action in done:
                actor.do(*action)
                check(store)
        finally:
            store.close()
        store = Store.open(folder)
        try:
            assert not store.was_put_back
            check(store)
        finally:
            store.close()


def test_what_was_sent_leaves_no_text(desk: Desk) -> None:
    """When the store is closed the journal holds the texts of unfinished items only."""
    sent = desk.start(desk.press("sent and done"))
    desk.advance(sent, machine.Stored(RemoteId("m1")))
    desk.press("still waiting")
    assert "sent and done" in text_of(desk.store.folder)
    desk.store.close()
    assert "sent and done" not in text_of(desk.store.folder)
    assert "still waiting" in text_of(desk.store.folder)


def test_a_long_journal_is_compacted(desk: Desk) -> None:
    """What is finished goes when the file has grown, while the store is open."""
    for number in range(12):
        item_sent = desk.press(f"{number} " + "long " * 5_000)
        desk.advance(item_sent, machine.PersonCancels())
    desk.press("short")
    desk.apply(3, message(1))
    file = desk.store.folder / journal_module.FILE_NAME
    assert file.stat().st_size < journal_module.COMPACT_BYTES + 50_000
    assert [one.item.text for one in unfinished(desk.store.folder).values()] == ["short"]


class Uncounted(dict[OutgoingId, Unfinished]):
    """Can't be looked through."""

    def __iter__(self) -> Any:
        raise AssertionError("all of them were looked at")

    values = items = keys = __iter__


def test_what_waits_makes_a_press_no_slower(tmp_path: Path) -> None:
    """Thousands are not counted after each transaction; yet once they are settled the file is too long."""
    journal = Journal(tmp_path / journal_module.FILE_NAME)
    many = [item(number) for number in range(1, 2_001)]
    journal.append([Written(ACCOUNT, one) for one in many])
    journal.contents.unfinished = Uncounted(journal.contents.unfinished)
    assert not journal.is_long()
    for one in many:
        journal.append([Ended(one.id, "cancelled")])
    assert journal.is_long()
    journal.close()


@settings(max_examples=30)
@given(st.lists(actions, min_size=1, max_size=20))
def test_it_knows_how_much_is_owed(done: list[tuple[Any, ...]]) -> None:
    """What is kept along with each record is what counting all of it comes to."""
    with short_lived_folder() as folder:
        store = Store.open(folder)
        try:
            actor = Actor(Desk(store))
            for action in done:
                actor.do(*action)
            found = read(folder / journal_module.FILE_NAME)
        finally:
            store.close()
    fresh = Contents()
    for record in found.records():
        fresh.take(record)
    assert found.owed_bytes == fresh.owed_bytes
    assert (found.owed_bytes > 0) == bool(found.unfinished or found.drafts)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_nobody_else_may_read_it(desk: Desk) -> None:
    """The journal holds what is not sent yet: it is for its owner only, also after a compaction."""
    desk.press("private")
    file = desk.store.folder / journal_module.FILE_NAME
    assert file.stat().st_mode & 0o777 == 0o600
    desk.store.close()
    assert file.stat().st_mode & 0o777 == 0o600


# -- before the commit


def test_it_is_written_before_the_commit(desk: Desk, allow_log: AllowLog) -> None:
    """A press whose transaction fails was in the journal already, and is voided by the next one."""
    allow_log("ERROR chatdesk.store.writer: an operation failed: ConstraintError")
    store = desk.store
    with raw(store.folder) as con:
        con.execute("CREATE TABLE fault (a INTEGER REFERENCES accounts (id) DEFERRABLE INITIALLY DEFERRED)")
        con.execute(
            "CREATE TRIGGER fails AFTER INSERT ON outbox WHEN NEW.text = 'fails'"
            " BEGIN INSERT INTO fault VALUES (12345); END"
        )
    with pytest.raises(Exception, match="FOREIGN KEY"):
        desk.press("fails")
    assert [one.item.text for one in unfinished(store.folder).values()] == ["fails"]
    desk.press("works")
    assert [one.item.text for one in unfinished(store.folder).values()] == ["works"]


def test_a_settled_item_whose_commit_failed_is_taken_up_again(tmp_path: Path) -> None:
    """The journal follows the database, not the other way round: what still waits there is recorded anew."""
    journal = Journal(tmp_path / "j")
    one, two = item(1), item(2)
    journal.append([Written(ACCOUNT, one), Ended(one.id, "accepted"), Written(ACCOUNT, two)])
    journal.reconcile([(ACCOUNT, one)])
    journal.close()
    assert read(tmp_path / "j").unfinished == {one.id: Unfinished(ACCOUNT, one, 0)}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_no_press_without_a_journal(desk: Desk, allow_log: AllowLog) -> None:
    """Where the journal can't be written a press fails as disk trouble, and nothing is queued."""
    allow_log("WARNING chatdesk.store.writer: the journal")
    desk.press("before")
    journal = desk.store._journal
    journal.close()
    journal._open_file = os.open("/dev/full", os.O_RDWR)
    with pytest.raises(DiskTrouble):
        desk.press("lost")
    desk.apply(3, message(1))  # what comes in needs no journal
    journal.close()
    assert [one.text for one in desk.store.outbox().result(WAIT_S).rows] == ["before"]
    desk.press("after")
    assert sorted(one.item.text for one in unfinished(desk.store.folder).values()) == ["after", "before"]


# -- torn and spoilt files


def test_a_torn_end_is_passed_over(tmp_path: Path) -> None:
    """A record that was cut by a crash does not spoil those before it, nor those after it."""
    file = tmp_path / "j"
    journal = Journal(file)
    journal.append([Written(ACCOUNT, item(1)), Written(ACCOUNT, item(2))])
    journal.close()
    file.write_bytes(file.read_bytes()[:-20])
    journal = Journal(file)
    assert list(journal.contents.unfinished) == [item(1).id]
    journal.append([Written(ACCOUNT, item(3))])
    journal.close()
    assert list(read(file).unfinished) == [item(1).id, item(3).id]


@given(st.binary(max_size=200), st.integers(0, 3))
def test_rubbish_is_passed_over(rubbish: bytes, place: int) -> None:
    """Whatever bytes stand between the lines, every whole record is read."""
    lines = [journal_module._encode(Written(ACCOUNT, item(number))) for number in (1, 2, 3)]
    lines.insert(place, rubbish + b"\n")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "j"
        file.write_bytes(b"".join(lines))
        assert list(read(file).unfinished) == [item(1).id, item(2).id, item(3).id]


def test_a_compaction_keeps_what_counts(tmp_path: Path) -> None:
    """Unfinished items with their attempts, the last anchor and the last opening outlive it."""
    journal = Journal(tmp_path / "j")
    flying = item(2, state=DeliveryState.IN_FLIGHT)
    journal.append([Opened("a", "b"), Written(ACCOUNT, item(1)), Written(ACCOUNT, flying)])
    journal.append(
        [journal_module.Attempted(flying.id, 2), Anchor(7, b"seal"), Ended(item(1).id, "accepted")]
    )
    before = journal.contents
    journal.compact()
    journal.close()
    after = read(tmp_path / "j")
    assert {key: one.attempts for key, one in after.unfinished.items()} == {flying.id: 2}
    assert after.anchor == before.anchor
    assert after.follows("b")
    assert not after.follows("a")  # items were recorded since


# -- copies that are put back


def aged(store: Store) -> dict[str, tuple[DeliveryState, ParkReason | None]]:
    return {one.text: (one.state, one.parked) for one in store.outbox().result(WAIT_S).rows}


def two_sessions(folder: Path) -> None:
    """A queued and an uncertain send; a copy of the database; then the queued one is sent after all."""
    store = Store.open(folder)
    desk = Desk(store)
    desk.press("queued")
    desk.advance(desk.start(desk.press("unsure", desk.other)), machine.Unknown())
    store.close()
    shutil.copy(folder / FILE_NAME, folder / "copy")
    store = Store.open(folder)
    (queued, _) = store.outbox().result(WAIT_S).rows
    store.advance(queued.id, started(queued)).result(WAIT_S)
    store.advance(queued.id, machine.Stored(RemoteId("m9"))).result(WAIT_S)
    store.close()


def test_a_database_that_is_put_back_asks(profile_dir: Path) -> None:
    """With an older copy of the database nothing goes by itself: what waits there may be sent already."""
    two_sessions(profile_dir)
    file = profile_dir / journal_module.FILE_NAME
    file.write_bytes(b"\n".join(one for one in file.read_bytes().split(b"\n") if b'"end"' not in one))
    shutil.move(profile_dir / "copy", profile_dir / FILE_NAME)
    store = Store.open(profile_dir)
    try:
        assert store.was_put_back
        assert aged(store) == {
            "queued": (DeliveryState.PARKED, ParkReason.OLD),
            "unsure": (DeliveryState.UNCERTAIN, None),
        }
        assert (profile_dir / "outbox-1.journal").exists()
    finally:
        store.close()
    store = Store.open(profile_dir)
    assert not store.was_put_back
    store.close()


def test_what_was_sent_since_a_copy_is_known(profile_dir: Path) -> None:
    """Where the journal still names the end of what waits in an older copy, it neither goes nor asks."""
    two_sessions(profile_dir)
    shutil.move(profile_dir / "copy", profile_dir / FILE_NAME)
    store = Store.open(profile_dir)
    try:
        assert store.was_put_back
        assert aged(store) == {"unsure": (DeliveryState.UNCERTAIN, None)}
        assert store.recovery.settled == 1
    finally:
        store.close()


def test_a_lost_journal_asks(profile_dir: Path) -> None:
    """Without its journal the database can't know whether it is the newest copy."""
    two_sessions(profile_dir)
    store = Store.open(profile_dir)
    Desk(store).press("new")
    store.close()
    (profile_dir / journal_module.FILE_NAME).unlink()
    store = Store.open(profile_dir)
    try:
        assert store.was_put_back
        assert aged(store)["new"] == (DeliveryState.PARKED, ParkReason.OLD)
    finally:
        store.close()


def test_a_lost_database_leaves_its_journal(profile_dir: Path) -> None:
    """When the database is gone what was unfinished comes back from the journal, and a copy of it is kept."""
    two_sessions(profile_dir)
    (profile_dir / FILE_NAME).unlink()
    store = Store.open(profile_dir)
    try:
        assert aged(store) == {"unsure": (DeliveryState.UNCERTAIN, None)}
        kept = read(profile_dir / "outbox-1.journal").unfinished
        assert [one.item.text for one in kept.values()] == ["unsure"]
    finally:
        store.close()


def test_an_opening_that_died_is_no_copy(profile_dir: Path) -> None:
    """A crash between the journal's record of an opening and the database's leaves both in agreement."""
    store = Store.open(profile_dir)
    Desk(store).press("queued")
    store.close()
    generation = read(profile_dir / journal_module.FILE_NAME).opened
    assert generation is not None
    journal = Journal(profile_dir / journal_module.FILE_NAME)
    journal.append([Opened(generation.now, "never committed")])
    journal.close()
    store = Store.open(profile_dir)
    try:
        assert not store.was_put_back
        assert aged(store) == {"queued": (DeliveryState.QUEUED, None)}
    finally:
        store.close()


# -- the ledger's anchor


def test_a_ledger_that_was_cut_is_found(desk: Desk) -> None:
    """Rows that are missing at the end are missed, because the journal knows how long the ledger was."""
    for number in range(4):
        desk.press(f"text {number}")
    desk.store.close()
    with raw(desk.store.folder) as con:
        con.execute("DELETE FROM ledger WHERE number > 2")
    store = Store.open(desk.store.folder)
    try:
        check = store.verify_ledger().result(WAIT_S)
        assert (check.rows, check.first_bad) == (2, 3)
    finally:
        store.close()


def test_a_ledger_that_was_written_anew_is_found(desk: Desk) -> None:
    """A chain that is sound in itself is still another one than was anchored."""
    desk.press("text")
    desk.store.close()
    file = desk.store.folder / journal_module.FILE_NAME
    journal = Journal(file)
    assert journal.contents.anchor is not None
    journal.append([Anchor(journal.contents.anchor.number, b"another seal")])
    journal.close()
    store = Store.open(desk.store.folder)
    try:
        assert store.verify_ledger().result(WAIT_S).first_bad == 1
    finally:
        store.close()
