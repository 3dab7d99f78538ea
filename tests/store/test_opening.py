"""Opening a data folder: what is made, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import apsw
import pytest

from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, NewerDatabase, ProfileInUse, StoreProblem
from chatdesk.store import Store, connection
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.migrate import newest_version
from tests.store.making import WAIT_S, Desk, new_account, raw, reading


def bytes_in(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.name != "chatdesk.lock"}


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_new_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    """Folder and files are made readable by nobody else."""
    folder = tmp_path / "deep" / "profile"
    store = Store.open(folder)
    try:
        store.add_account(new_account()).result(WAIT_S)
        assert folder.stat().st_mode & 0o077 == 0
        assert {one.name for one in folder.iterdir()} >= {FILE_NAME, f"{FILE_NAME}-wal", "chatdesk.lock"}
        assert all(one.stat().st_mode & 0o077 == 0 for one in folder.iterdir())
    finally:
        store.close()


def test_a_folder_is_open_once(profile_dir: Path) -> None:
    """A second store on the same folder is refused, also in one process."""
    store = Store.open(profile_dir)
    with pytest.raises(ProfileInUse):
        Store.open(profile_dir)
    store.close()
    Store.open(profile_dir).close()


def test_everything_is_there_after_a_restart(profile_dir: Path) -> None:
    """Accounts, drafts and settings outlive the process; a clean end is known."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    store.save_draft(desk.conversation, 0, "half a sen").result(WAIT_S)
    store.put_setting("theme", "dark").result(WAIT_S)
    before = store.conversations().result(WAIT_S)
    store.close()
    store = Store.open(profile_dir)
    try:
        assert store.ended_cleanly
        assert store.conversations().result(WAIT_S) == before
        with reading(store) as reader:
            assert reader.draft(desk.conversation).text == "half a sen"
            assert reader.setting("theme") == "dark"
            assert reader.setting("never") is None
    finally:
        store.close()


def test_a_newer_file_is_left_untouched(profile_dir: Path) -> None:
    """A file that a newer chatdesk wrote is refused, and not a byte of it changes."""
    Store.open(profile_dir).close()
    with raw(profile_dir) as con:
        con.pragma("user_version", newest_version() + 1)
    before = bytes_in(profile_dir)
    with pytest.raises(NewerDatabase):
        Store.open(profile_dir)
    assert bytes_in(profile_dir) == before


def test_a_newer_file_is_known_by_its_log_too(profile_dir: Path) -> None:
    """A newer version that only the write-ahead log holds yet is refused as well; the database stays."""
    Store.open(profile_dir).close()
    con = apsw.Connection(str(profile_dir / FILE_NAME))
    con.wal_autocheckpoint(0)
    con.pragma("user_version", newest_version() + 1)
    kept = bytes_in(profile_dir)
    con.close()
    for name, content in kept.items():  # as if the newer program had been killed
        (profile_dir / name).write_bytes(content)
    with pytest.raises(NewerDatabase):
        Store.open(profile_dir)
    assert (profile_dir / FILE_NAME).read_bytes() == kept[FILE_NAME]
    assert (profile_dir / f"{FILE_NAME}-wal").read_bytes() == kept[f"{FILE_NAME}-wal"]


@pytest.mark.parametrize("content", [b"not a database at all", b"SQLite format 3\x00", b"\x00" * 4096])
def test_what_is_no_database_is_damaged(profile_dir: Path, content: bytes) -> None:
    """Something else under our name is refused and kept."""
    (profile_dir / FILE_NAME).write_bytes(content)
    with pytest.raises(DamagedDatabase):
        Store.open(profile_dir)
    assert (profile_dir / FILE_NAME).read_bytes() == content


def test_a_database_of_another_program_is_not_ours(profile_dir: Path) -> None:
    """A sound database that chatdesk did not write is refused and kept."""
    con = sqlite3.connect(profile_dir / FILE_NAME)
    con.execute("CREATE TABLE accounts (id INTEGER)")
    con.commit()
    con.close()
    before = bytes_in(profile_dir)
    with pytest.raises(DamagedDatabase):
        Store.open(profile_dir)
    assert bytes_in(profile_dir) == before


def test_a_torn_file_is_damaged(profile_dir: Path) -> None:
    """A file of ours that lost its insides is refused, not taken for an empty one."""
    store = Store.open(profile_dir)
    Desk(store)
    store.close()
    file = profile_dir / FILE_NAME
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(bytes(content))
    with pytest.raises(DamagedDatabase):
        Store.open(profile_dir)


def test_an_empty_file_becomes_a_database(profile_dir: Path) -> None:
    """A file that was made and never written is no damage."""
    (profile_dir / FILE_NAME).touch()
    Store.open(profile_dir).close()


def test_a_folder_that_can_not_be_made_is_disk_trouble(tmp_path: Path) -> None:
    """A path through a file is refused in words, not with an OSError."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskTrouble):
        Store.open(tmp_path / "file" / "profile")


def test_an_old_sqlite_is_refused(profile_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a SQLite older than the oldest sound one nothing is opened."""
    monkeypatch.setattr(connection, "OLDEST_SQLITE", apsw.SQLITE_VERSION_NUMBER + 1)
    with pytest.raises(StoreProblem):
        Store.open(profile_dir)
    assert not (profile_dir / FILE_NAME).exists()


def test_a_closed_store_says_so(profile_dir: Path) -> None:
    """What is asked after the end fails with a plain error; closing twice is no fault."""
    store = Store.open(profile_dir)
    store.close()
    store.close()
    with pytest.raises(StoreProblem):
        store.add_account(new_account()).result(WAIT_S)
    with pytest.raises(StoreProblem):
        store.accounts().result(WAIT_S)
