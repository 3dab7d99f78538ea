"""A folder that can't be written to: what it holds is shown, what is asked is refused, nothing is changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk.domain.desk import Search
from chatdesk.domain.errors import DiskTrouble, ProfileInUse, StoreProblem
from chatdesk.domain.kinds import DiskIll
from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.lock import FolderLock
from chatdesk.store.looking import look_store
from chatdesk.store.recovery import open_store
from tests.conftest import AllowLog
from tests.faults.disk.shim import Fault, Ill, failing_disk
from tests.store.making import WAIT_S, Desk, message, raw
from tests.store.sealed import Seal, as_after_a_kill, bytes_of, seal, somebody, unseal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights are taken away another way there")


@pytest.fixture
def place() -> Iterator[Path]:
    with somebody() as folder:
        yield folder


def filled(folder: Path, *, killed: bool) -> Path:
    """A data folder with a talk, a draft and a message that waits, after a clean end or a death."""
    store = Store.open(folder / "data")
    try:
        desk = Desk(store)
        desk.apply(3, message(1, "where is the load?"))
        desk.press("on its way")
        store.save_draft(desk.other, 0, "half a thought").result(WAIT_S)
        if killed:
            return as_after_a_kill(store, folder / "left")
    finally:
        store.close()
    for part in ("-wal", "-shm"):  # as in a copy: they are empty
        (store.folder / (FILE_NAME + part)).unlink(missing_ok=True)
    return store.folder


def look(folder: Path) -> Store:
    """As a start does it."""
    with pytest.raises(DiskTrouble) as refused:
        open_store(folder)
    return look_store(folder, refused.value)


@pytest.mark.parametrize("killed", [False, True], ids=["clean", "killed"])
@pytest.mark.parametrize("what", Seal)
def test_what_is_there_is_shown_and_nothing_is_changed(place: Path, what: Seal, *, killed: bool) -> None:
    """Lists, pages, drafts and what waits are those of the last commit, also of one that only the log has."""
    folder = filled(place, killed=killed)
    seal(folder, what)
    before = bytes_of(folder)
    store = look(folder)
    try:
        assert store.trouble is not None
        assert store.trouble.ill is DiskIll.READ_ONLY
        rows = store.conversations().result(WAIT_S).rows
        assert {row.title for row in rows} == {"Carl", "Cleo"}
        talk = {row.title: row.id for row in rows}
        reader = store.reader()
        page = reader.newest_page(talk["Carl"])
        assert [one.text for one in page.messages] == ["where is the load?", "on its way"]
        assert reader.draft(talk["Cleo"]).text == "half a thought"
        reader.close()
        assert [one.text for one in store.outbox().result(WAIT_S).rows] == ["on its way"]
        assert store.search(Search(text="load")).result(WAIT_S).hits
    finally:
        store.close()
    held = bytes_of(folder)
    # Who has tried to write may have left an empty log, and an index of it.
    index = held.pop(f"{FILE_NAME}-shm", b"")
    assert what is Seal.FILE or not index
    assert {name: held[name] for name in before} == before
    assert not any(held[name] for name in held.keys() - before.keys())


def test_whatever_changes_is_refused_in_words_that_the_window_has(place: Path) -> None:
    """A send, a draft, a setting and what comes in fail as the disk's trouble, and are nowhere."""
    folder = filled(place, killed=False)
    seal(folder, Seal.ALL)
    store = look(folder)
    try:
        talk = store.conversations().result(WAIT_S).rows[0].id
        asked = (
            store.press_send(talk, 0, "on its way"),
            store.save_draft(talk, 0, "hello"),
            store.put_setting("theme", "dark"),
            store.apply(store.accounts().result(WAIT_S).rows[0].id, ()),
            store.stage(b"picture", 100),
        )
        for future in asked:
            error = future.exception(WAIT_S)
            assert isinstance(error, DiskTrouble)
            assert error.ill is DiskIll.READ_ONLY
    finally:
        store.close()


def test_a_folder_that_can_be_written_again_opens_as_ever(place: Path) -> None:
    """From the store that looked: first refused, which keeps it looking; then open, with all that waited."""
    folder = filled(place, killed=True)
    seal(folder, Seal.FOLDER)
    looked = look(folder)
    try:
        with pytest.raises(StoreProblem):
            looked.yield_to(lambda: open_store(folder))
        with pytest.raises(ProfileInUse):
            FolderLock(folder)
        assert len(looked.conversations().result(WAIT_S).rows) == 2
        unseal(folder)
        opened = looked.yield_to(lambda: open_store(folder))
    finally:
        looked.close()
    try:
        assert opened.trouble is None
        assert [one.text for one in opened.outbox().result(WAIT_S).rows] == ["on its way"]
        assert opened.put_setting("theme", "dark").exception(WAIT_S) is None
    finally:
        opened.close()


def test_two_may_look_but_not_beside_one_who_writes(place: Path) -> None:
    """Without locks of SQLite's: a process that works in the folder keeps everybody out who would read it."""
    folder = filled(place, killed=False)
    writing = Store.open(folder)
    try:
        with pytest.raises(ProfileInUse):
            look_store(folder, DiskTrouble("x", DiskIll.READ_ONLY))
    finally:
        writing.close()
    seal(folder, Seal.ALL)
    one = look(folder)
    other = look(folder)
    assert other.conversations().result(WAIT_S) == one.conversations().result(WAIT_S)
    other.close()
    one.close()


@pytest.mark.parametrize("spoil", ["nothing there", "older", "marked", "torn"])
def test_what_can_not_be_shown_is_told_as_before(place: Path, spoil: str) -> None:
    """No database, one that would have to be changed first, or none that reads: the start's own trouble."""
    folder = filled(place, killed=False)
    file = folder / FILE_NAME
    match spoil:
        case "nothing there":
            file.unlink()
        case "older":
            with raw(folder) as con:
                con.pragma("user_version", 1)
                con.wal_checkpoint()
        case "marked":
            (folder / f"{FILE_NAME}.damaged").touch()
        case _:
            file.write_bytes(file.read_bytes()[:5_000])
    seal(folder, Seal.ALL)
    with pytest.raises(StoreProblem) as told:
        look_store(folder, DiskTrouble("x", DiskIll.READ_ONLY))
    assert str(told.value) == "x"


def test_a_disk_that_reports_errors_is_not_looked_at(place: Path) -> None:
    """Folder and file could be written to: what failed is not the rights, and may be what reads, too."""
    folder = filled(place, killed=False)
    with pytest.raises(DiskTrouble) as told:
        look_store(folder, DiskTrouble("IOError", DiskIll.FAILING))
    assert told.value.ill is DiskIll.FAILING


def test_a_start_that_only_looks_counts_as_none(place: Path, allow_log: AllowLog) -> None:
    """It leaves the count of crashes as it is, and so does its end."""
    folder = filled(place, killed=False)
    (folder / "starts").write_text("1\n")
    seal(folder, Seal.FILE)
    look(folder).close()
    assert (folder / "starts").read_text() == "1\n"
    assert not allow_log("WARNING .*")


@pytest.mark.parametrize("killed", [False, True], ids=["clean", "killed"])
def test_a_disk_without_room_is_looked_at_too(tmp_path: Path, allow_log: AllowLog, *, killed: bool) -> None:
    """What is there is shown, the trouble is told as it is, and with room it opens as ever."""
    allow_log("WARNING chatdesk.store")
    folder = filled(tmp_path, killed=killed)
    with failing_disk(tmp_path) as disk:
        disk.faults = [Fault(Ill.FULL)]
        looked = look(folder)
        try:
            assert looked.trouble is not None
            assert looked.trouble.ill is DiskIll.FULL
            assert {row.title for row in looked.conversations().result(WAIT_S).rows} == {"Carl", "Cleo"}
            assert [one.text for one in looked.outbox().result(WAIT_S).rows] == ["on its way"]
            disk.heal()
            opened = looked.yield_to(lambda: open_store(folder))
        finally:
            looked.close()
        assert [one.text for one in opened.outbox().result(WAIT_S).rows] == ["on its way"]
        opened.close()
