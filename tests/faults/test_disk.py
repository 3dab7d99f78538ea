"""The disk fails at any call, for a while or for good, also with the end of the process: nothing is lost."""

from __future__ import annotations

import functools
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatdesk.domain.errors import DamagedDatabase, DiskTrouble
from chatdesk.domain.health import StartKind
from chatdesk.domain.kinds import DeliveryState, ParkReason
from chatdesk.store import Store
from chatdesk.store import journal as journal_file
from chatdesk.store.recovery import open_store
from tests.conftest import AllowLog
from tests.faults.disk import bench, damage, life
from tests.faults.disk.life import Event
from tests.faults.disk.shim import FOR_EVER, Fault, Ill, Op, failing_disk
from tests.faults.parts import disk
from tests.store.making import WAIT_S, Desk, raw, short_lived_folder

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""What SQLite passes over as it closes a file, apsw can't raise, and tells in this way."""
ROOT = Path(__file__).parents[2]
LIVES = 7
"""The seed of the lives that belong to every run of the tests."""
STEP = 97
"""Of the calls of a life, every so manieth fails first, another one for each way of failing."""
WAYS = tuple(itertools.product(Ill, (1, 3, FOR_EVER), (False, True)))


@pytest.fixture
def failing(allow_log: AllowLog) -> None:
    """What the store says of a disk that fails."""
    allow_log("WARNING chatdesk.store")


@pytest.fixture(scope="module")
def profile() -> Iterator[Path]:
    with short_lived_folder() as folder:
        bench.template(folder / "made")
        yield folder / "made"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder in memory: hundreds of lives would wait for a real disk."""
    with short_lived_folder() as folder:
        yield folder


def test_a_life_makes_hundreds_of_calls(place: Path, profile: Path) -> None:
    """On a sound disk nothing is refused and all arrives; the faults below have something to strike."""
    found = bench.live(profile, place)
    assert (found.wrong, found.refused, found.struck) == ([], 0, 0)
    assert found.calls > 300


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("ill", Ill)
def test_the_nth_call_fails(place: Path, profile: Path, ill: Ill) -> None:
    """Once, three times or until somebody makes room; the process goes on, or ends in that very call."""
    struck = refused = 0
    for way, (kind, times, dies) in enumerate(WAYS):
        if kind is not ill:
            continue
        for after in itertools.count(way, STEP):
            found = bench.live(
                profile, place / f"{way} {after}", Fault(ill, after=after, times=times, dies=dies)
            )
            assert found.wrong == [], (after, times, dies)
            if not found.struck:
                break
            struck, refused = struck + 1, refused + found.refused
    assert struck > 20
    assert refused or ill is Ill.SHORT


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("times", [1, 3, FOR_EVER])
def test_the_nth_reading_fails(place: Path, profile: Path, times: int) -> None:
    """What can't be read is trouble of the disk, in every thread, and all goes on when it can be."""
    struck = 0
    for after in itertools.count(times % 7, 23):
        fault = Fault(Ill.ERROR, frozenset({Op.READ}), after=after, times=times)
        found = bench.live(profile, place / str(after), fault)
        assert found.wrong == [], after
        if not found.struck:
            break
        struck += 1
    assert struck > 3


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("ops", [{Op.WRITE}, {Op.SYNC}, {Op.SYNC, Op.TRUNCATE}, {Op.WRITE, Op.TRUNCATE}])
def test_the_journal_fails_and_can_not_be_shortened(place: Path, profile: Path, ops: set[Op]) -> None:
    """Where what was refused can't even be taken out of the journal, it is void for whoever reads it next."""
    struck = 0
    for after, times in itertools.product(range(0, 18, 2), (2, FOR_EVER)):
        fault = Fault(Ill.ERROR, frozenset(ops), after=after, times=times, name=journal_file.FILE_NAME)
        death = Fault(Ill.ERROR, after=300 + 17 * after, dies=True)
        found = bench.live(profile, place / f"{after} {times}", fault, death)
        assert found.wrong == [], (after, times)
        struck += found.struck
    assert struck


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("name", damage.NAMES)
def test_what_is_spoilt_after_a_death(place: Path, profile: Path, name: str) -> None:
    """Database or log spoilt, cut, gone or swapped for older ones, or the journal: all arrives, once."""
    struck = 0
    for seed in range(3):
        dice = random.Random(f"{name} {seed}")
        death = Fault(Ill.ERROR, after=dice.randrange(80, 600), times=1, dies=True)
        hurt = functools.partial(_hurt, name, dice)
        found = bench.live(profile, place / str(seed), death, hurt=hurt)
        assert found.wrong == [], seed
        struck += found.struck
    assert struck == 3


def _hurt(name: str, dice: random.Random, folder: Path, older: Path) -> None:
    damage.inflict(name, folder, dice, older)


@pytest.mark.usefixtures("failing")
def test_the_last_commit_that_the_log_has_lost_comes_back(place: Path) -> None:
    """A press whose future succeeded is in the journal's promise at once, not only with the next one."""
    home, left = place / "home", place / "left"
    store = Store.open(home)
    desk = Desk(store)
    store.close()
    store = Store.open(home)
    desk.store = store
    desk.press("the last word")
    bench.leave(home, left)
    store.close()
    log = left / "chatdesk.db-wal"
    log.write_bytes(log.read_bytes()[: -damage.FRAME_BYTES])
    store = Store.open(left)
    try:
        (waiting,) = store.outbox().result(WAIT_S).rows
        assert (waiting.text, waiting.parked) == ("the last word", ParkReason.OLD)
    finally:
        store.close()


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("spoilt", [b"tarn left now", b"t\xffrn left now"])
def test_a_spoilt_text_is_not_sent(place: Path, spoilt: bytes) -> None:
    """A page that looks sound and holds another text than was pressed: the database is made anew."""
    home = place / "home"
    store = Store.open(home)
    Desk(store).press("turn left now")
    store.close()
    data = (home / "chatdesk.db").read_bytes()
    assert b"turn left now" in data
    (home / "chatdesk.db").write_bytes(data.replace(b"turn left now", spoilt))
    store = open_store(home)
    try:
        assert store.recovery.kind is StartKind.REBUILT
        (waiting,) = store.outbox().result(WAIT_S).rows
        assert (waiting.text, waiting.parked) == ("turn left now", ParkReason.OLD)
    finally:
        store.close()


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("version", [0, 1])
def test_a_version_that_is_not_that_of_the_tables_is_damage(place: Path, version: int) -> None:
    """Migrations that find their work done already don't end the program: the file is set aside."""
    home = place / "home"
    store = Store.open(home)
    Desk(store).press("stays")
    store.close()
    with raw(home) as con:
        con.pragma("user_version", version)
    store = open_store(home)
    try:
        assert store.recovery.kind is StartKind.REBUILT
        assert [one.text for one in store.outbox().result(WAIT_S).rows] == ["stays"]
    finally:
        store.close()


@pytest.mark.usefixtures("failing")
def test_a_row_that_nobody_wrote_does_not_stop_the_writer(place: Path) -> None:
    """What can't be read is told as damage, the check finds it, and the next start makes a new database."""
    home = place / "home"
    store = Store.open(home)
    desk = Desk(store)
    try:
        with raw(home) as con:
            con.execute("UPDATE accounts SET capabilities = 'rubbish'")
        with pytest.raises(DamagedDatabase):
            store.accounts().result(WAIT_S)
        with raw(home) as con:
            con.execute("UPDATE messages SET text = CAST(x'74ff' AS TEXT)")
        desk.press("goes on")
        assert store.check().result(WAIT_S).must_rebuild
    finally:
        store.close()
    store = open_store(home)
    try:
        assert store.recovery.kind is StartKind.REBUILT
        assert [one.text for one in store.outbox().result(WAIT_S).rows] == ["goes on"]
        assert store.accounts().result(WAIT_S).rows
    finally:
        store.close()


@pytest.mark.usefixtures("failing")
def test_a_taking_back_that_is_cut_off_loses_no_text(place: Path) -> None:
    """The end of the item is in the journal, the draft with its text is not on disk yet: then it asks."""
    home, left = place / "home", place / "left"
    store = Store.open(home)
    desk = Desk(store)
    item = desk.press("do not lose me")
    with failing_disk(place) as failing:
        store.close()
        store = Store.open(home)
        failing.on_death = lambda: bench.leave(home, left)
        sync = frozenset({Op.SYNC})
        failing.faults = [Fault(Ill.ERROR, sync, times=1, name="chatdesk.db-wal", dies=True)]
        with pytest.raises(DiskTrouble):
            store.take_back(item.id).result(WAIT_S)
        store.close()
    assert journal_file.read(left / journal_file.FILE_NAME).ended[item.id].how == "cancelled"
    (left / "chatdesk.db-wal").write_bytes(b"")  # what was not synced is gone with the power, too
    store = Store.open(left)
    try:
        (waiting,) = store.outbox().result(WAIT_S).rows
        assert (waiting.text, waiting.state, waiting.parked) == (
            "do not lose me",
            DeliveryState.PARKED,
            ParkReason.OLD,
        )
        assert store.check().result(WAIT_S).is_sound
    finally:
        store.close()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="no way to mount a small disk")
def test_a_real_disk_that_is_full(place: Path) -> None:
    """On a file system of 2 MB: refused as full, nothing half stored, and with room the same draft goes."""
    mounted = place / "small"
    mounted.mkdir()
    mount = f"mount -t tmpfs -o size=2m small {mounted} || exit 77"
    run = f"exec {sys.executable} -m tests.faults.disk.filled {mounted}"
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", f"{mount}; {run}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("nobody may mount anything here")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.pop("pressed") > 5
    assert said == {
        "ill": "full",
        "again": "DiskTrouble",
        "kept": True,
        "start": "clean",
        "sound": True,
        "first_bad": None,
    }


@pytest.mark.parametrize("number", range(6))
def test_a_whole_client_on_a_failing_disk(number: int, allow_log: AllowLog) -> None:
    """Engine, store, server and person: what the disk refused is pressed again, and all arrives, once."""
    allow_log("")
    case = next(itertools.islice(disk.PART.cases(LIVES, 6), number, None))
    with short_lived_folder() as folder:
        result = disk.PART.carry_out(case, folder)
    assert result.get("trouble") is None, result
    assert (result["lost"], result["duplicated"], result["reordered"]) == (0, 0, 0), result["words"]
    assert result["presses"] == result["alive"] > 3, result["words"]


def test_a_process_that_dies_as_the_window_opens_a_file_is_started_again(allow_log: AllowLog) -> None:
    """Also in the thread that has to notice: what was pressed in vain is pressed in the next one."""
    allow_log("")
    ill = Event(1_000, "ill", ill="read_only", ops=tuple(Op), times=2, name="-wal", dies=True)
    presses = [Event(at_ms, "press", text=f"t0 at {at_ms}") for at_ms in (500, 2_000, 3_000)]
    events = [presses[0], ill, *presses[1:], Event(20_000, "heal")]
    case = {"key": "opens", "seed": 0, "platform": "omw", "variant": "as-is", "events": life.as_json(events)}
    with short_lived_folder() as folder:
        result = disk.PART.carry_out(case, folder)
    assert result.get("trouble") is None, result
    assert (result["kills"], result["presses"], result["alive"], result["lost"]) == (1, 3, 3, 0), result


@pytest.mark.usefixtures("failing")
@pytest.mark.parametrize("after", range(4))
def test_a_read_that_failed_holds_nobody_in_the_past(place: Path, after: int) -> None:
    """After an error amid a list both readers see what is committed later, whoever still keeps the error."""
    bench.template(place / "profile")
    with failing_disk(place) as failing:
        store = Store.open(place / "profile")
        reader = store.reader()
        failing.faults = [Fault(Ill.ERROR, frozenset({Op.READ}), after=after, times=3)]
        kept: list[BaseException | None] = [store.accounts().exception(WAIT_S) for _ in range(3)]
        for _ in range(3):
            try:
                reader.first_conversations()
            except DiskTrouble as exc:
                kept.append(exc)
        failing.heal()
        try:
            talk = store.conversations().result(WAIT_S).rows[0].id
            store.press_send(talk, reader.draft(talk).version, "now").result(WAIT_S)
            assert [one.text for one in store.outbox().result(WAIT_S).rows] == ["now"]
            assert [one.text for one in reader.newest_page(talk).messages][-1] == "now"
            assert any(kept)
        finally:
            reader.close()
            store.close()


@pytest.mark.usefixtures("failing")
def test_a_window_that_can_not_read_is_told_of_the_disk(place: Path, profile: Path) -> None:
    """A reader that can't be opened raises what the window has words for."""
    with failing_disk(profile.parent) as failing:
        store = Store.open(profile)
        try:
            failing.faults = [Fault(Ill.ERROR, frozenset({Op.OPEN, Op.READ}))]
            with pytest.raises(DiskTrouble):
                store.reader()
            failing.heal()
            store.reader().close()
        finally:
            store.close()
