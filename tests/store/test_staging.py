"""Copies of files: whole or not at all, there as long as somebody waits for them, and no longer."""

from __future__ import annotations

import errno
import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import DiskTrouble, FileRefused, NotPossible, StaleDraft
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import DeliveryState, DiskIll, FileWhy, MessageKind, ParkReason
from chatdesk.store import Store, staging
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.export import export
from chatdesk.store.inspection import inspect
from chatdesk.store.staging import FOLDER
from tests.store.make_version import fixture
from tests.store.making import ORDER, WAIT_S, Desk, raw, reading, short_lived_folder, started

FILE = Attachment(name="offer.pdf", content_type="application/pdf", size_bytes=5)
ADDRESS = Attachment(url="/kept/1", name="offer.pdf", size_bytes=5)
ROOT = Path(__file__).parents[2]


def press(desk: Desk, text: str = "offer.pdf") -> Outgoing:
    staged = desk.store.stage(b"bytes", 100).result(WAIT_S)
    pressed = desk.store.press_file(desk.conversation, staged, FILE, MessageKind.FILE, text)
    return pressed.result(WAIT_S)


def copies(folder: Path) -> list[str]:
    place = folder / FOLDER
    return sorted(one.name for one in place.iterdir()) if place.is_dir() else []


def test_a_text_beside_a_file_is_the_draft_and_is_sent_once(desk: Desk) -> None:
    """It is emptied with the press; of two presses of one draft version the second sends nothing."""
    store, talk = desk.store, desk.conversation
    held = store.save_draft(talk, 0, "this is it", "theirs").result(WAIT_S)
    files = [store.stage(b"bytes", 100).result(WAIT_S) for _ in range(3)]
    asked = [
        store.press_file(talk, one, FILE, MessageKind.FILE, "this is it", draft_version=version)
        for one, version in zip(files, (held.version, held.version, held.version + 9), strict=True)
    ]
    assert asked[0].result(WAIT_S).text == "this is it"
    for late in asked[1:]:
        assert isinstance(late.exception(WAIT_S), StaleDraft)
    with reading(store) as reader:
        draft = reader.draft(talk)
        messages = reader.newest_page(talk).messages
    assert (draft.text, draft.other, draft.version) == ("", "theirs", held.version + 1)
    assert [one.text for one in messages] == ["this is it"]
    back = store.take_back(asked[0].result().id).result(WAIT_S)
    assert (back.text, back.other) == ("this is it", "theirs")


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_death_at_any_step_loses_no_file_and_leaves_no_stray() -> None:
    """Killed before and after everything that reaches the disk: copying, journal, commit, removing."""
    with short_lived_folder() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.store.file_points", str(folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    word, _, points = done.stdout.strip().rpartition(" ")
    assert (word, done.stderr) == ("points", ""), done.stdout
    assert int(points) > 60


def test_a_copy_is_private_and_needs_its_original_no_more(profile_dir: Path, tmp_path: Path) -> None:
    """Bytes, name and mode of the copy; the file of the person may go."""
    original = tmp_path / "odd name\n.pdf"
    original.write_bytes(b"12345")
    store = Store.open(profile_dir)
    staged = store.stage(original, 100).result(WAIT_S)
    original.unlink()
    path = store.staged_file(staged.name).result(WAIT_S)
    assert path.parent == profile_dir / FOLDER
    assert path.read_bytes() == b"12345"
    assert (staged.size_bytes, len(staged.sha256)) == (5, 64)
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    store.unstage(staged)
    assert copies(profile_dir) == []
    store.close()


@pytest.mark.parametrize("name", ["../chatdesk.db", "/etc/passwd", "", "a" * 97, "0" * 32 + "-" + "0" * 64])
def test_a_name_that_is_none_of_ours_is_never_a_path(profile_dir: Path, name: str) -> None:
    """Whatever a damaged or foreign row says, nothing outside the folder of copies is read or removed."""
    store = Store.open(profile_dir)
    assert isinstance(store.staged_file(name).exception(WAIT_S), FileRefused)
    store._staging.drop(name)
    assert (profile_dir / FILE_NAME).exists()
    store.close()


def test_what_can_not_be_read_whole_is_not_kept(profile_dir: Path, tmp_path: Path) -> None:
    """A folder, a pipe, a file that is gone, one that is too large: each says what it is."""
    store = Store.open(profile_dir)
    large = tmp_path / "large"
    large.write_bytes(b"x" * 101)
    refused: list[tuple[Path, FileWhy]] = [
        (tmp_path / "gone", FileWhy.UNREADABLE),
        (large, FileWhy.TOO_LARGE),
    ]
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe")
        refused += [(tmp_path, FileWhy.NO_FILE), (tmp_path / "pipe", FileWhy.NO_FILE)]
    for path, why in refused:
        error = store.stage(path, 100).exception(WAIT_S)
        assert isinstance(error, FileRefused)
        assert error.why is why
    assert copies(profile_dir) == []
    store.close()


def test_a_file_that_changes_while_it_is_copied_is_not_taken(
    profile_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an old and half a new version would be neither."""
    original = tmp_path / "growing.log"
    original.write_bytes(b"x" * 10)
    store = Store.open(profile_dir)
    real = os.read

    def growing(file: int, size: int) -> bytes:
        found = real(file, size)
        with original.open("ab") as more:
            more.write(b"y")
        monkeypatch.setattr(os, "read", real)
        return found

    monkeypatch.setattr(os, "read", growing)
    error = store.stage(original, 1_000).exception(WAIT_S)
    assert isinstance(error, FileRefused)
    assert error.why is FileWhy.CHANGED
    assert copies(profile_dir) == []
    store.close()


@pytest.mark.parametrize("step", ["write", "sync", "rename"])
def test_a_full_disk_leaves_nothing_half_made(
    profile_dir: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The person is told that the disk is full, and the next try works."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    full = OSError(errno.ENOSPC, "no space")

    def refuse(*_values: Any, **_named: Any) -> Any:
        raise full

    with monkeypatch.context() as patch:
        if step == "write":
            real = os.write
            patch.setattr(os, "write", lambda file, data: refuse() if data == b"bytes" else real(file, data))
        elif step == "sync":
            patch.setattr(staging, "sync", refuse)
        else:
            patch.setattr(Path, "rename", refuse)
        error = store.stage(b"bytes", 100).exception(WAIT_S)
    assert isinstance(error, DiskTrouble)
    assert error.ill is DiskIll.FULL
    assert copies(profile_dir) == []
    press(desk)
    assert len(copies(profile_dir)) == 1
    store.close()


def test_copies_go_with_what_settles_them_and_never_before(profile_dir: Path) -> None:
    """Queued, uploaded, under way, uncertain and parked keep it; accepted, cancelled and discarded do not."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    sent, cancelled, dropped = press(desk, "sent"), press(desk, "cancelled"), press(desk, "dropped")
    desk.advance(sent, machine.Uploaded(ADDRESS))
    desk.advance(sent, started(sent))
    desk.advance(sent, machine.Unknown("cut"))
    desk.advance(dropped, machine.Refused(ParkReason.REFUSED))
    assert copies(profile_dir) == sorted([sent.staged, cancelled.staged, dropped.staged])
    desk.advance(sent, machine.Found(RemoteId("m900")))
    assert copies(profile_dir) == sorted([cancelled.staged, dropped.staged])
    desk.advance(cancelled, machine.PersonCancels())
    desk.advance(dropped, machine.PersonDiscards())
    assert copies(profile_dir) == []
    store.close()


def test_removing_an_account_removes_its_copies(profile_dir: Path) -> None:
    """Of messages and of orders; the question before counts them among what is queued."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    press(desk)
    order = next(one.id for one in store.orders().result(WAIT_S).rows if one.remote_id == ORDER)
    store.intend_file(order, store.stage(b"bytes", 100).result(WAIT_S), FILE).result(WAIT_S)
    assert len(copies(profile_dir)) == 2
    assert store.removal_of(desk.account.id).result(WAIT_S).queued == 2
    store.remove_account(desk.account.id).result(WAIT_S)
    assert copies(profile_dir) == []
    store.close()


def test_a_closed_conversation_takes_no_file(profile_dir: Path) -> None:
    """It is refused before a row is made."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    with raw(profile_dir) as con:
        con.execute("UPDATE conversations SET lifecycle = 'ended' WHERE id = ?", (desk.conversation,))
    staged = store.stage(b"bytes", 100).result(WAIT_S)
    pressed = store.press_file(desk.conversation, staged, FILE, MessageKind.FILE, "x")
    assert isinstance(pressed.exception(WAIT_S), NotPossible)
    store.close()


def test_the_same_copy_is_pressed_once(profile_dir: Path) -> None:
    """A second press of it is refused: one file, one message."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    staged = store.stage(b"bytes", 100).result(WAIT_S)
    store.press_file(desk.conversation, staged, FILE, MessageKind.FILE, "x").result(WAIT_S)
    again = store.press_file(desk.conversation, staged, FILE, MessageKind.FILE, "x")
    assert isinstance(again.exception(WAIT_S), NotPossible)
    assert len(store.outbox().result(WAIT_S).rows) == 1
    store.close()


def test_a_rebuilt_database_has_its_files_again(profile_dir: Path) -> None:
    """The journal brings the intentions back, with the copies that lie beside it; they ask before they go."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    item = press(desk)
    store.close()
    (profile_dir / FILE_NAME).unlink()
    for part in ("-wal", "-shm"):
        (profile_dir / (FILE_NAME + part)).unlink(missing_ok=True)
    store = Store.open(profile_dir)
    (back,) = store.outbox().result(WAIT_S).rows
    assert (back.id, back.staged, back.state) == (item.id, item.staged, DeliveryState.PARKED)
    assert store.staged_file(back.staged).result(WAIT_S).read_bytes() == b"bytes"
    store.close()


def test_an_address_in_the_journal_outlives_the_rows_that_lost_it(profile_dir: Path) -> None:
    """A database behind its journal: the attempt named its file by the address, so it must be known again."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    item = press(desk)
    store.close()
    before = (profile_dir / FILE_NAME).read_bytes()
    store = Store.open(profile_dir)
    desk = Desk(store, first_sync=False)
    desk.advance(item, machine.Uploaded(ADDRESS))
    desk.start(item)
    store.close()
    (profile_dir / FILE_NAME).write_bytes(before)
    store = Store.open(profile_dir)
    (back,) = store.outbox().result(WAIT_S).rows
    assert back.state in {DeliveryState.UNCERTAIN, DeliveryState.IN_FLIGHT}
    assert back.extras.attachments[0].url == "/kept/1"
    with reading(store) as reader:
        (row,) = [one for one in reader.newest_page(desk.conversation).messages if one.own]
    assert row.extras.attachments[0].url == "/kept/1"
    store.close()


def test_the_ledger_tells_the_story_of_a_file(profile_dir: Path) -> None:
    """Pressed, copied, uploaded, tried, stored: in order, without its name."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    item = press(desk)
    desk.advance(item, machine.Uploaded(ADDRESS))
    desk.advance(item, started(item))
    desk.advance(item, machine.Stored(RemoteId("m900")))
    assert item.message_id is not None
    story = [code for _, code in store.message_info(item.message_id).result(WAIT_S)]
    assert story == ["pressed", "file copied", "file uploaded", "attempt 1", "stored"]
    assert store.verify_ledger().result(WAIT_S).first_bad is None
    store.close()


def test_the_export_holds_the_files_that_wait(profile_dir: Path, tmp_path: Path) -> None:
    """Their bytes, under a name that any system takes; a copy that is gone is counted, and stops nothing."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    name = 'of/fer: "x"\n.pdf'
    staged = store.stage(b"bytes", 100).result(WAIT_S)
    file = Attachment(name=name, size_bytes=5)
    item = store.press_file(desk.conversation, staged, file, MessageKind.FILE, name).result(WAIT_S)
    lost = press(desk)
    (profile_dir / FOLDER / lost.staged).unlink()
    store.close()
    done = export(profile_dir, tmp_path / "out")
    assert (done.files, done.unreadable, done.outbox) == (1, 1, 2)
    (found,) = (tmp_path / "out" / "files").iterdir()
    assert found.name.startswith(item.id)
    assert found.suffix == ".pdf"
    assert found.read_bytes() == b"bytes"


def test_the_doctor_counts_copies_and_tells_of_those_that_are_gone(profile_dir: Path) -> None:
    """How many, how large, and how many items have lost theirs."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    press(desk)
    lost = press(desk, "lost")
    store.close()
    found = inspect(profile_dir)
    assert (found.files, found.file_bytes, found.files_lost, found.is_well) == (2, 10, 0, True)
    (profile_dir / FOLDER / lost.staged).unlink()
    found = inspect(profile_dir)
    assert (found.files, found.files_lost, found.is_well) == (1, 1, False)


@pytest.mark.parametrize("version", [1, 2])
def test_a_folder_of_a_chatdesk_without_files_is_sound(profile_dir: Path, version: int) -> None:
    """Looked at as it is, before any migration: no column is missed."""
    profile_dir.mkdir(exist_ok=True)
    (profile_dir / FILE_NAME).write_bytes(gzip.decompress(fixture(version).read_bytes()))
    found = inspect(profile_dir)
    assert found.version == version
    assert found.integrity is not None
    assert found.integrity.pages == ""
    assert found.files == 0
