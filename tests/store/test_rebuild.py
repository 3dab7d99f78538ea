"""A damaged database is set aside and made anew: nothing that was sent is lost, and nothing goes twice."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.errors import DamagedDatabase, ForeignDatabase, NewerDatabase
from chatdesk.domain.health import StartKind, integrity_sentence, recovery_sentence
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import DeliveryState, KeyGrade, OutgoingKind, ParkReason
from chatdesk.store import Store, rebuild
from chatdesk.store import journal as journal_module
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.integrity import check
from chatdesk.store.migrate import newest_version
from chatdesk.store.recovery import open_store
from tests.conftest import AllowLog
from tests.store.making import CONVERSATION, WAIT_S, Desk, cursor, message, raw, reading, texts, window

LOG = "WARNING chatdesk.store.recovery: the database is damaged"
State = tuple[DeliveryState, ParkReason | None]
ASKS: State = (DeliveryState.PARKED, ParkReason.OLD)
UNSURE: State = (DeliveryState.UNCERTAIN, None)


def states(store: Store) -> dict[str, State]:
    sends = [one for one in store.outbox().result(WAIT_S).rows if one.kind is OutgoingKind.SEND]
    return {one.text: (one.state, one.parked) for one in sends}


def fill(folder: Path, *, clean: bool = True, messages: int = 300) -> None:
    """A profile with history, drafts and sends in every state; closed, or left as a kill leaves it."""
    store = Store.open(folder)
    desk = Desk(store)
    for start in range(1, messages, 50):
        desk.apply(2 + start, *window(range(start, start + 50)))
    store.put_setting("theme", "dark").result(WAIT_S)
    store.set_account_settings(desk.account.id, {"keep_completed": "yes"}).result(WAIT_S)
    store.intend_read(desk.conversation, cursor(200)).result(WAIT_S)
    done = desk.start(desk.press("arrived"), ("m1", "m2"))
    desk.advance(done, machine.Stored(RemoteId("m9001")))
    desk.advance(desk.press("cancelled"), machine.PersonCancels())
    desk.start(desk.press("flying"), ("m298", "m299"))
    desk.press("behind it")
    desk.advance(desk.start(desk.press("unsure", desk.other), ("m7",)), machine.Unknown())
    refused = desk.start(desk.press("refused", desk.other))
    desk.advance(refused, machine.Refused(ParkReason.TOO_LONG))
    store.save_draft(desk.other, 2, "half a thought").result(WAIT_S)
    if clean:
        store.close()
    else:
        copy = folder.with_name("as-killed")
        shutil.copytree(folder, copy)
        store.close()
        shutil.rmtree(folder)
        copy.rename(folder)


EXPECTED = {"flying": UNSURE, "behind it": ASKS, "unsure": UNSURE, "refused": UNSURE}
"""What was attempted may have arrived, whatever the lost database knew; what was not, asks."""


def spoil(path: Path, start: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


def not_a_database(folder: Path) -> None:
    (folder / FILE_NAME).write_bytes(b"this is no database " * 100)


def header_gone(folder: Path) -> None:
    spoil(folder / FILE_NAME, 0, b"\x00" * 100)


def first_page_gone(folder: Path) -> None:
    spoil(folder / FILE_NAME, 100, b"\xa5" * 3900)


def all_but_the_header(folder: Path) -> None:
    size = (folder / FILE_NAME).stat().st_size
    spoil(folder / FILE_NAME, 4096, b"\xa5" * (size - 4096))


def truncated(folder: Path) -> None:
    with (folder / FILE_NAME).open("r+b") as file:
        file.truncate(50)


def version_spoilt(folder: Path) -> None:
    spoil(folder / FILE_NAME, 60, b"\x7f\xff\xff\xff")


def owner_spoilt(folder: Path) -> None:
    spoil(folder / FILE_NAME, 68, b"\x01\x02\x03\x04")


DAMAGES: list[Callable[[Path], None]] = [
    not_a_database,
    header_gone,
    first_page_gone,
    all_but_the_header,
    truncated,
    version_spoilt,
    owner_spoilt,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_waited_comes_back_from_the_journal(
    profile_dir: Path, damage: Callable[[Path], None], allow_log: AllowLog
) -> None:
    """Whatever is left of the file: sends that had not left ask, sends that may have left are uncertain."""
    allow_log(LOG)
    fill(profile_dir)
    damage(profile_dir)
    spoilt = (profile_dir / FILE_NAME).read_bytes()
    with pytest.raises(DamagedDatabase):
        Store.open(profile_dir)
    store = open_store(profile_dir)
    try:
        assert states(store) == EXPECTED
        assert store.recovery.kind is StartKind.REBUILT
        assert (store.recovery.asking, store.recovery.uncertain) == (1, 3)
        assert (profile_dir / store.recovery.set_aside).read_bytes() == spoilt
        (account,) = store.accounts().result(WAIT_S).rows
        assert (account.login, account.name, account.settings) == (
            "me@example.test",
            "Dana",
            {"keep_completed": "yes"},
        )
        kinds = {(one.kind, one.state, one.target) for one in store.outbox().result(WAIT_S).rows}
        assert (OutgoingKind.MARK_READ, DeliveryState.QUEUED, cursor(200)) in kinds
        assert store.check().result(WAIT_S).is_sound
        ledger = store.verify_ledger().result(WAIT_S)
        assert ledger.first_bad is None
        assert len(ledger.segments) == 1
        unsure = [one for one in store.outbox().result(WAIT_S).rows if one.state is DeliveryState.UNCERTAIN]
        assert all(machine.repeat_allowed(one, KeyGrade.NONE) for one in unsure), "one attempt, no repeat yet"
        flying = next(one for one in store.outbox().result(WAIT_S).rows if one.text == "flying")
        ids, complete = store.last_attempt_watermark(flying.id).result(WAIT_S)
        # Also what another send has become since: it is none of this one's candidates.
        assert (ids, complete) == (frozenset(map(RemoteId, ("m298", "m299", "m9001"))), True)
    finally:
        store.close()
    assert not rebuild.is_marked(profile_dir)


def test_what_can_be_read_is_kept(profile_dir: Path, allow_log: AllowLog) -> None:
    """Messages, drafts and settings of readable pages come over; stretches are read again all the same."""
    allow_log(LOG)
    fill(profile_dir)
    rebuild.mark(profile_dir)
    store = open_store(profile_dir)
    try:
        found = store.recovery
        assert (found.accounts, found.conversations, found.messages) == (1, 2, 301)
        assert (found.drafts, found.unread_tables) == (2, ())
        assert states(store) == EXPECTED
        places = {one.remote_id: one for one in store.conversations().result(WAIT_S).rows}
        assert places[RemoteId("c2")].draft == "half a thought"
        shown = texts(store, places[CONVERSATION].id)
        assert shown[-2:] == ["flying", "behind it"]
        assert "text 299" in shown
        assert "arrived" in shown
        with reading(store) as reader:
            assert reader.setting("theme") == "dark"
            assert reader.newest_page(places[CONVERSATION].id).gap_before
        # What the server says now is newer than all that was kept.
        desk = Desk(store)
        desk.apply(5, message(300, "as it is now", updated_at_us=1))
        assert "as it is now" in texts(store, desk.conversation)
    finally:
        store.close()


def test_rebuilding_again_changes_nothing(profile_dir: Path, allow_log: AllowLog) -> None:
    """A second rebuild of the same folder comes to the same sends, and keeps both damaged files."""
    allow_log(LOG)
    fill(profile_dir)
    for _ in range(3):
        header_gone(profile_dir)
        store = open_store(profile_dir)
        try:
            assert states(store) == EXPECTED
            assert store.verify_ledger().result(WAIT_S).first_bad is None
        finally:
            store.close()
    kept = [one for one in profile_dir.iterdir() if one.name.startswith("damaged-") and one.suffix == ".db"]
    assert len(kept) == 3


@pytest.mark.parametrize("step", ["building", "built", "main renamed", "in place"])
def test_a_rebuild_that_was_cut_off_is_finished(
    profile_dir: Path, step: str, monkeypatch: pytest.MonkeyPatch, allow_log: AllowLog
) -> None:
    """Wherever a rebuild dies, the next start comes to the same end, and the damaged file is kept."""
    allow_log(LOG)
    fill(profile_dir, clean=False)
    spoil(profile_dir / FILE_NAME, 0, b"\x00" * 100)
    spoilt = (profile_dir / FILE_NAME).read_bytes()
    log = (profile_dir / f"{FILE_NAME}-wal").read_bytes()
    assert log

    class Died(BaseException):
        pass

    renames = {"building": 0, "built": 1, "main renamed": 2, "in place": 5}[step]
    rename, done = Path.rename, [0]

    def until(self: Path, target: Path) -> Path:
        if done[0] == renames:
            raise Died
        done[0] += 1
        return rename(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", until)
        if step == "in place":  # one file less to rename where there is no -shm: it dies after the swap then
            with pytest.raises((Died, AssertionError)):
                rebuild.rebuild(profile_dir, 1)
                raise AssertionError
        else:
            with pytest.raises(Died):
                rebuild.rebuild(profile_dir, 1)
    store = open_store(profile_dir)
    try:
        assert states(store) == EXPECTED
        aside = store.recovery.set_aside
        assert (profile_dir / aside).read_bytes() == spoilt
        assert (profile_dir / f"{aside}-wal").read_bytes() == log
    finally:
        store.close()
    left = {one.name for one in profile_dir.iterdir()}
    assert not {name for name in left if "built" in name or "building" in name}


def test_damage_anywhere_loses_nothing_that_was_sent(tmp_path: Path, allow_log: AllowLog) -> None:
    """60 spoilt places: the start works, or is made anew; every send that waited is there, none goes alone.

    A spoilt page may go unnoticed at first; then the check after an unclean end finds it, or it holds nothing
    that the check can know.
    """
    allow_log(LOG)
    allow_log("WARNING chatdesk.store")
    allow_log("ERROR chatdesk.store")
    source = tmp_path / "source"
    fill(source, clean=False)
    dice = random.Random(5)
    rebuilt = 0
    for number in range(60):
        folder = tmp_path / "copy"
        shutil.copytree(source, folder)
        name = dice.choice([FILE_NAME, FILE_NAME, f"{FILE_NAME}-wal"])
        size = (folder / name).stat().st_size
        length = dice.choice([1, 16, 512, 4096, 20_000])
        if dice.random() < 0.2:
            with (folder / name).open("r+b") as file:
                file.truncate(dice.randrange(size))
        else:
            spoil(folder / name, dice.randrange(size), dice.randbytes(length))
        store = open_store(folder)
        try:
            if store.check().result(WAIT_S).must_rebuild:
                store.close()
                store = open_store(folder)
            rebuilt += store.recovery.kind in {StartKind.REBUILT, StartKind.BEHIND}
            found = states(store)
            assert found.keys() >= EXPECTED.keys(), number
            # Nothing may go by itself that was tried before, or may have been let go.
            going = {text for text, (state, _) in found.items() if state is DeliveryState.QUEUED}
            assert going <= {"behind it"}, number
            if store.recovery.kind is StartKind.REBUILT:
                assert found == EXPECTED, number
        finally:
            store.close()
        shutil.rmtree(folder)
    assert rebuilt > 15


def test_a_log_that_lost_its_end_is_noticed(profile_dir: Path) -> None:
    """SQLite takes a log with a torn end for a shorter one; the journal knows that more was committed."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    desk.press("before")
    early = {one.name: one.read_bytes() for one in profile_dir.iterdir() if one.name.startswith(FILE_NAME)}
    sent = desk.start(desk.press("sent", desk.other))
    desk.advance(sent, machine.Stored(RemoteId("m5")))
    desk.start(next(one for one in store.outbox().result(WAIT_S).rows if one.text == "before"))
    desk.press("after")
    kept = profile_dir.with_name("journal")
    shutil.copy(profile_dir / journal_module.FILE_NAME, kept)
    store.close()
    for name, content in early.items():
        (profile_dir / name).write_bytes(content)
    shutil.copy(kept, profile_dir / journal_module.FILE_NAME)
    store = Store.open(profile_dir)
    try:
        assert store.recovery.kind is StartKind.BEHIND
        assert states(store) == {"before": UNSURE, "after": ASKS}
        assert store.check().result(WAIT_S).is_sound
        assert recovery_sentence(store.recovery)
    finally:
        store.close()
    store = Store.open(profile_dir)
    try:
        assert states(store) == {"before": UNSURE, "after": ASKS}
        assert store.recovery.kind is StartKind.BEHIND, "told until the person has heard it"
        store.recovery_was_told().result(WAIT_S)
    finally:
        store.close()
    store = Store.open(profile_dir)
    assert store.recovery.kind is StartKind.CLEAN
    store.close()


def test_what_was_settled_since_does_not_go_again(profile_dir: Path) -> None:
    """A database that lost the end of a send's story does not send it a second time."""
    store = Store.open(profile_dir)
    desk = Desk(store)
    item = desk.press("one")
    desk.press("two")
    early = {one.name: one.read_bytes() for one in profile_dir.iterdir() if one.name.startswith(FILE_NAME)}
    desk.advance(desk.start(item), machine.Stored(RemoteId("m5")))
    desk.advance(
        next(one for one in store.outbox().result(WAIT_S).rows if one.text == "two"), machine.PersonCancels()
    )
    desk.press("three")
    kept = profile_dir.with_name("journal")
    shutil.copy(profile_dir / journal_module.FILE_NAME, kept)
    store.close()
    for name, content in early.items():
        (profile_dir / name).write_bytes(content)
    shutil.copy(kept, profile_dir / journal_module.FILE_NAME)
    store = Store.open(profile_dir)
    try:
        assert states(store) == {"three": ASKS}
        assert store.recovery.settled == 2
        with reading(store) as reader:
            shown = reader.newest_page(store.conversations().result(WAIT_S).rows[0].id).messages
        assert [(one.text, one.remote_id) for one in shown] == [("one", "m5"), ("three", None)]
    finally:
        store.close()


def test_an_account_of_which_only_the_name_is_known_waits_for_its_sign_in(
    profile_dir: Path, allow_log: AllowLog
) -> None:
    """A journal without accounts still brings its sends back; who signs in again finds them."""
    allow_log(LOG)
    fill(profile_dir)
    file = profile_dir / journal_module.FILE_NAME
    lines = [line for line in file.read_bytes().split(b"\n") if b'"type":"account"' not in line]
    assert len(lines) < file.read_bytes().count(b"\n") + 1
    file.write_bytes(b"\n".join(lines))
    not_a_database(profile_dir)
    store = open_store(profile_dir)
    try:
        assert states(store) == EXPECTED
        (account,) = store.accounts().result(WAIT_S).rows
        assert (account.login, account.user_id) == ("", "me")
        desk = Desk(store)
        assert desk.account.id == account.id
        assert desk.account.login == "me@example.test"
        assert states(store) == EXPECTED
    finally:
        store.close()


def test_a_database_of_another_program_is_left_alone(profile_dir: Path) -> None:
    """What is not ours is not set aside either."""
    con = apsw.Connection(str(profile_dir / FILE_NAME))
    con.execute("CREATE TABLE notes (id INTEGER)")
    con.close()
    before = (profile_dir / FILE_NAME).read_bytes()
    with pytest.raises(ForeignDatabase):
        open_store(profile_dir)
    assert (profile_dir / FILE_NAME).read_bytes() == before


def test_a_newer_database_is_no_damage(profile_dir: Path) -> None:
    """A file of a newer chatdesk is refused, not made anew."""
    Store.open(profile_dir).close()
    with raw(profile_dir) as con:
        con.pragma("user_version", newest_version() + 1)
    with pytest.raises(NewerDatabase):
        open_store(profile_dir)


def test_a_log_without_its_file_is_kept(profile_dir: Path, allow_log: AllowLog) -> None:
    """SQLite deletes a log whose database is gone; here it is set aside, and the sends come back."""
    allow_log(LOG)
    fill(profile_dir, clean=False)
    log = (profile_dir / f"{FILE_NAME}-wal").read_bytes()
    (profile_dir / FILE_NAME).unlink()
    store = open_store(profile_dir)
    try:
        assert states(store) == EXPECTED
        assert (profile_dir / f"{store.recovery.set_aside}-wal").read_bytes() == log
    finally:
        store.close()


def test_the_check_finds_a_spoilt_page_and_the_next_start_makes_it_anew(
    profile_dir: Path, allow_log: AllowLog
) -> None:
    """A page that nobody has touched yet is found off every other thread; it is mended at the next start."""
    allow_log(LOG)
    allow_log("WARNING chatdesk.store.integrity: the database is not sound")
    fill(profile_dir)
    with raw(profile_dir) as con:
        page = int(con.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'messages_reading'").get)
    spoil(profile_dir / FILE_NAME, (page - 1) * 4096, b"\xa5" * 4096)
    store = Store.open(profile_dir)
    found = store.check().result(WAIT_S)
    store.close()
    assert not found.is_sound
    assert "damaged" in integrity_sentence(found)
    assert check(profile_dir).must_rebuild
    store = open_store(profile_dir)
    try:
        assert store.recovery.kind is StartKind.REBUILT
        assert states(store) == EXPECTED
        assert check(profile_dir).is_sound
    finally:
        store.close()


def test_the_check_sees_what_outbox_and_journal_do_not_agree_on(profile_dir: Path) -> None:
    """A send that the journal does not know, or knows otherwise, is counted."""
    fill(profile_dir)
    assert check(profile_dir).is_sound
    with raw(profile_dir) as con:
        con.execute("UPDATE outbox SET text = 'other' WHERE text = 'flying'")
        con.execute("DELETE FROM outbox WHERE text = 'behind it'")
    found = check(profile_dir)
    assert (found.astray, found.must_rebuild) == (2, False)
    assert "2 messages" in integrity_sentence(found)


def test_a_check_that_is_cut_short_ends_with_the_store(profile_dir: Path) -> None:
    """Closing does not wait for a long check, and no thread is left."""
    fill(profile_dir)
    store = Store.open(profile_dir)
    futures = [store.check() for _ in range(5)]
    store.close()
    assert all(one.done() for one in futures)
    assert store.check().cancelled()


def test_crashes_in_a_row_are_counted(profile_dir: Path) -> None:
    """Two starts that crashed make the third a careful one; a clean end, or a minute, and it is forgotten."""
    Store.open(profile_dir).close()
    killed = profile_dir.with_name("killed")
    for crashes in range(3):
        store = Store.open(profile_dir)
        assert store.crashes_before == crashes
        assert store.is_careful is (crashes >= 2)
        shutil.copytree(profile_dir, killed)
        store.close()
        shutil.rmtree(profile_dir)
        killed.rename(profile_dir)
    store = Store.open(profile_dir)
    assert store.is_careful
    store.runs_well()
    shutil.copytree(profile_dir, killed)
    store.close()
    again = Store.open(killed)
    assert (again.crashes_before, again.ended_cleanly) == (0, False)
    again.close()
    store = Store.open(profile_dir)
    assert store.crashes_before == 0
    store.close()
