"""Making a database anew on a full disk and between kills: no send is lost, none goes twice."""

from __future__ import annotations

import random
import shutil
import signal
import sys
from pathlib import Path

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.health import StartKind
from chatdesk.domain.kinds import DeliveryState, KeyGrade, ParkReason
from chatdesk.store import Store
from chatdesk.store import journal as journal_module
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.recovery import open_store
from tests.conftest import AllowLog
from tests.faults.disk.shim import Fault, Ill, Op, failing_disk
from tests.store.making import WAIT_S
from tests.store.test_dying import child, lines_until
from tests.store.test_rebuild import EXPECTED, LOG, fill, spoil, states


def test_a_full_disk_leaves_the_damaged_file_in_its_place(tmp_path: Path, allow_log: AllowLog) -> None:
    """Wherever the room ends, the person is told of the disk; with room again all comes back as it should."""
    allow_log(LOG)
    allow_log("WARNING chatdesk.store")
    source = tmp_path / "source"
    fill(source)
    spoil(source / FILE_NAME, 0, b"\x00" * 100)
    spoilt = (source / FILE_NAME).read_bytes()
    writes, failed = 0, 0
    while True:
        folder = tmp_path / "copy"
        shutil.copytree(source, folder)
        with failing_disk(folder) as disk:
            disk.faults = [Fault(Ill.FULL, frozenset({Op.WRITE}), after=writes)]
            try:
                open_store(folder).close()
            except DiskTrouble:
                failed += 1
                kept = [one for one in folder.iterdir() if one.suffix == ".db"]
                assert spoilt in [one.read_bytes() for one in kept], writes
            was_full = disk.struck > 0
        store = open_store(folder)
        try:
            assert states(store) == EXPECTED, writes
            assert store.verify_ledger().result(WAIT_S).first_bad is None
        finally:
            store.close()
        shutil.rmtree(folder)
        if not was_full:
            break
        writes += 1 if writes < 6 else 9
    assert failed > 5


def test_a_folder_without_a_writable_place_is_disk_trouble(profile_dir: Path, allow_log: AllowLog) -> None:
    """Where the new file can't even be made, nothing is renamed."""
    allow_log(LOG)
    fill(profile_dir)
    spoil(profile_dir / FILE_NAME, 0, b"\x00" * 100)
    (profile_dir / f"{FILE_NAME}.building").mkdir()
    before = sorted(one.name for one in profile_dir.iterdir())
    with pytest.raises(DiskTrouble):
        open_store(profile_dir)
    assert sorted(one.name for one in profile_dir.iterdir()) == before
    (profile_dir / f"{FILE_NAME}.building").rmdir()
    store = open_store(profile_dir)
    assert states(store) == EXPECTED
    store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", range(6))
def test_killed_and_then_damaged(profile_dir: Path, number: int, allow_log: AllowLog) -> None:
    """kill -9 at a random moment, then the database is spoilt or gone: what was pressed is all there."""
    allow_log(LOG)
    dice = random.Random(number)
    presses = dice.randrange(1, 25)
    last = dice.choice(["pressed", "started"]) + f" press {presses}"
    with child("press_for_ever", profile_dir) as process:
        said = lines_until(process, lambda line: line == last)
        process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        said += [line.strip() for line in process.stdout]
    pressed = [line.removeprefix("pressed ") for line in said if line.startswith("pressed ")]
    begun = {line.removeprefix("started ") for line in said if line.startswith("started ")}
    match number % 3:
        case 0:
            spoil(profile_dir / FILE_NAME, 0, b"\x00" * 4096)
        case 1:
            for one in list(profile_dir.iterdir()):
                if one.name.startswith(FILE_NAME):
                    one.unlink()
        case _:
            (profile_dir / FILE_NAME).write_bytes(b"rubbish")
    store = open_store(profile_dir)
    try:
        found = states(store)
        assert set(pressed) <= found.keys()
        assert len(found) <= len(pressed) + 1
        assert all(found[one] == (DeliveryState.UNCERTAIN, None) for one in begun)
        rest = [state for text, state in found.items() if text not in begun]
        assert all(
            one in {(DeliveryState.PARKED, ParkReason.OLD), (DeliveryState.UNCERTAIN, None)} for one in rest
        )
        order = [one.text for one in store.outbox().result(WAIT_S).rows]
        assert order[: len(pressed)] == pressed
    finally:
        store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_killed_while_it_is_made_anew(profile_dir: Path) -> None:
    """kill -9 in the middle of making it anew, again and again: the sends are the same in the end."""
    fill(profile_dir, messages=2_000)
    spoil(profile_dir / FILE_NAME, 24, b"\xff" * 20)
    before = {one.name: one.read_bytes() for one in profile_dir.iterdir()}
    (profile_dir / f"{FILE_NAME}.damaged").touch()
    for lines in (0, 0, 1):
        with child("rebuild_slowly", profile_dir) as process:
            lines_until(process, lambda line: line == "begun")
            if lines:
                lines_until(process, lambda line: line == "renamed")
            process.send_signal(signal.SIGKILL)
            process.wait(WAIT_S)
    store = open_store(profile_dir)
    try:
        assert states(store) == EXPECTED
        assert store.recovery.kind is StartKind.REBUILT
        assert (profile_dir / store.recovery.set_aside).read_bytes() == before[FILE_NAME]
        assert store.check().result(WAIT_S).is_sound
    finally:
        store.close()


def test_a_copied_profile_asks_where_the_two_have_parted(tmp_path: Path) -> None:
    """A database beside the journal of another copy: what neither has settled asks, or is uncertain."""
    one, other = tmp_path / "one", tmp_path / "other"
    fill(one)
    shutil.copytree(one, other)
    for folder in (one, other):
        store = Store.open(folder)
        place = next(c for c in store.conversations().result(WAIT_S).rows if c.remote_id == "c2")
        with_version = store.reader()
        version = with_version.draft(place.id).version
        with_version.close()
        store.press_send(place.id, version, f"only in {folder.name}").result(WAIT_S)
        store.close()
    shutil.copy(other / journal_module.FILE_NAME, one / journal_module.FILE_NAME)
    store = Store.open(one)
    try:
        assert store.was_put_back
        found = states(store)
        assert found["only in one"] == found["only in other"] == (DeliveryState.PARKED, ParkReason.OLD)
        assert not [text for text, (state, _) in found.items() if state is DeliveryState.QUEUED]
        unsure = [one for one in store.outbox().result(WAIT_S).rows if one.state is DeliveryState.UNCERTAIN]
        assert unsure
        assert not any(machine.repeat_allowed(one, KeyGrade.FINDABLE, max_repeats=3) for one in unsure)
        check = store.verify_ledger().result(WAIT_S)
        assert (check.first_bad, len(check.segments)) == (None, 1)
    finally:
        store.close()
