"""The commands that look at a data folder, as processes of their own on real files."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.ids import RemoteId
from chatdesk.store import Store
from chatdesk.store import export as exporting
from chatdesk.store.connection import FILE_NAME
from tests.conftest import AllowLog
from tests.store.make_version import fixture
from tests.store.making import WAIT_S, Desk, message, raw

ROOT = Path(__file__).parents[2]
SECRETS = ("me@example.test", "Dana", "Carl", "text 1", "waiting words", "draft words")


def chatdesk(*arguments: str | Path, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    environment |= {} if home is None else {"HOME": str(home), "USERPROFILE": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "chatdesk", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=60,
        check=False,
    )


def fill(folder: Path) -> Store:
    store = Store.open(folder)
    desk = Desk(store)
    desk.apply(3, message(1), message(2, "two\nlines\r\n2026-01-01 00:00:00  Carl: forged"), message(3))
    done = desk.start(desk.press("sent words"))
    desk.advance(done, machine.Stored(RemoteId("m4")))
    desk.press("waiting words")
    store.save_draft(desk.other, 0, "draft words").result(WAIT_S)
    return store


# -- ledger verify


def test_a_sound_ledger_is_verified(profile_dir: Path) -> None:
    """One sentence, status 0, also while a chatdesk works in the folder; nothing is changed."""
    store = fill(profile_dir)
    try:
        done = chatdesk("--data", profile_dir, "ledger", "verify")
    finally:
        store.close()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("The ledger is sound: 4 rows. No keyring knows it here:")
    # All but the index of the log in shared memory, which SQLite makes anew for every reader.
    before = {one.name: one.read_bytes() for one in profile_dir.iterdir() if not one.name.endswith("-shm")}
    assert chatdesk("--data", profile_dir, "ledger", "verify").returncode == 0
    assert {name: (profile_dir / name).read_bytes() for name in before} == before


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("UPDATE ledger SET code = 'read' WHERE number = 2", "row 2 was changed"),
        ("DELETE FROM ledger WHERE number = 3", "row 3 is missing"),
        ("DELETE FROM ledger WHERE number >= 3", "row 3 and all after it were cut off"),
        ("DELETE FROM ledger", "row 1 and all after it were cut off"),
        ("UPDATE ledger SET number = number + 10", "row 1 is missing"),
    ],
)
def test_a_ledger_that_was_tampered_with_is_told(profile_dir: Path, spoil: str, says: str) -> None:
    """Rows that were changed, removed or cut are named by the first number, with status 1."""
    fill(profile_dir).close()
    with raw(profile_dir) as con:
        con.execute(spoil)
    done = chatdesk("--data", profile_dir, "ledger", "verify")
    assert done.returncode == 1
    assert says in done.stdout


def test_a_cut_is_still_told_after_the_next_starts(profile_dir: Path) -> None:
    """Working on does not cover up what was cut: no newer anchor takes the place of one that is not met."""
    fill(profile_dir).close()
    with raw(profile_dir) as con:
        con.execute("DELETE FROM ledger WHERE number >= 3")
    for number in range(3):
        store = Store.open(profile_dir)
        Desk(store).press(f"since {number}")
        store.close()
    done = chatdesk("--data", profile_dir, "ledger", "verify")
    assert done.returncode == 1, done.stdout


def test_without_a_database_there_is_a_sentence(profile_dir: Path) -> None:
    """No traceback, one sentence on stderr, status 1; wrong use is 2."""
    done = chatdesk("--data", profile_dir, "ledger", "verify")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert chatdesk("ledger").returncode == 2
    assert chatdesk("export").returncode == 2
    (profile_dir / FILE_NAME).write_bytes(b"rubbish" * 100)
    done = chatdesk("--data", profile_dir, "ledger", "verify")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "damaged" in done.stderr


def test_a_folder_of_an_older_chatdesk_is_exported_as_it_is(profile_dir: Path, tmp_path: Path) -> None:
    """Looking changes no file, so the first version's database must do for the export."""
    profile_dir.mkdir(exist_ok=True)
    (profile_dir / FILE_NAME).write_bytes(gzip.decompress(fixture(1).read_bytes()))
    done = exporting.export(profile_dir, tmp_path / "out")
    assert (done.drafts, done.unreadable) == (1, 0)
    (line,) = (tmp_path / "out" / "drafts.jsonl").read_text().splitlines()
    assert (json.loads(line)["text"], json.loads(line)["other"]) == ("a draft", "")


# -- doctor


def test_the_doctor_finds_a_sound_folder_well(profile_dir: Path) -> None:
    """Status 0, a line for each thing, the home not named, and nothing of what people wrote."""
    store = fill(profile_dir)
    try:
        done = chatdesk("--data", profile_dir, "doctor", home=profile_dir.parent)
    finally:
        store.close()
    assert done.returncode == 0, done.stdout
    assert "~/profile" in done.stdout
    assert str(profile_dir.parent) not in done.stdout
    assert "a chatdesk works in it" in done.stdout
    assert "The database is sound." in done.stdout
    assert "The ledger is sound: 4 rows." in done.stdout
    assert "1 unfinished" in done.stdout
    assert [one for one in SECRETS if one in done.stdout] == []
    assert "no chatdesk works in it" in chatdesk("--data", profile_dir, "doctor").stdout


def test_the_doctor_tells_what_is_wrong(profile_dir: Path) -> None:
    """Damage, a cut ledger and a file that is no database are marked, with status 1; also for programs."""
    fill(profile_dir).close()
    with raw(profile_dir) as con:
        con.execute("DELETE FROM ledger WHERE number = 4")
        con.execute("DELETE FROM outbox WHERE state = 'queued'")
    done = chatdesk("--data", profile_dir, "doctor", "--json")
    assert done.returncode == 1
    wrong = {one["name"] for one in json.loads(done.stdout) if not one["well"]}
    assert wrong == {"integrity", "ledger"}
    (profile_dir / FILE_NAME).write_bytes(b"rubbish" * 100)
    done = chatdesk("--data", profile_dir, "doctor")
    assert done.returncode == 1
    assert "The database is damaged" in done.stdout


def test_the_doctor_looks_at_nothing_that_is_not_there(tmp_path: Path) -> None:
    """A folder that is missing is no trouble, and is not made."""
    done = chatdesk("--data", tmp_path / "nowhere", "doctor")
    assert done.returncode == 0
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_can_not_be_written_to_is_looked_at(profile_dir: Path, tmp_path: Path) -> None:
    """Where SQLite can't make its files beside the database, it is verified and exported all the same."""
    fill(profile_dir).close()
    (profile_dir / f"{FILE_NAME}-wal").unlink(missing_ok=True)
    (profile_dir / f"{FILE_NAME}-shm").unlink(missing_ok=True)
    (profile_dir / f"{FILE_NAME}-shm").mkdir()  # as on a read-only disk, but so for root, too
    assert chatdesk("--data", profile_dir, "ledger", "verify").returncode == 0
    assert chatdesk("--data", profile_dir, "doctor").returncode == 0
    assert chatdesk("--data", profile_dir, "export", "--to", tmp_path / "out").returncode == 0


# -- export


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_everything_is_exported(profile_dir: Path, tmp_path: Path) -> None:
    """Conversations, orders, messages, drafts and what waits, as lines and as transcripts."""
    store = fill(profile_dir)
    out = tmp_path / "out"
    try:
        done = chatdesk("--data", profile_dir, "export", "--to", out)
    finally:
        store.close()
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["remote_id"] for one in lines(out / "conversations.jsonl")] == ["c1", "c2"]
    assert [one["number"] for one in lines(out / "orders.jsonl")] == ["ORD-1"]
    assert [one["text"] for one in lines(out / "drafts.jsonl")] == ["draft words"]
    assert [one["text"] for one in lines(out / "outbox.jsonl")] == ["waiting words"]
    assert len(lines(out / "messages.jsonl")) == 5
    assert json.loads((out / "contents.json").read_text())["messages"] == 5
    (first, second) = sorted((out / "transcripts").iterdir())
    assert first.name.endswith("-Carl.txt")
    told = first.read_text("utf-8").splitlines()
    assert told[0] == "Carl (order ORD-1)"
    assert any(line.endswith("  Dana (not sent yet): waiting words") for line in told)
    forged = next(line for line in told if "forged" in line)
    assert forged.startswith("    2026-01-01")
    assert second.read_text("utf-8").startswith("Cleo\n")
    if sys.platform != "win32":
        assert all(one.stat().st_mode & 0o077 == 0 for one in out.rglob("*"))


def test_nothing_is_overwritten(profile_dir: Path, tmp_path: Path) -> None:
    """A folder with something in it is left alone, whatever it is."""
    fill(profile_dir).close()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    done = chatdesk("--data", profile_dir, "export", "--to", tmp_path / "out")
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["mine"]
    done = chatdesk("--data", profile_dir, "export", "--to", tmp_path / "out" / "mine" / "below")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    "title",
    ["../../etc/passwd", "con", "a/b\\c:d*e?f", "x" * 500, "", "..", "\u202etxt.exe", "-rf ~", "ＮＵＬ"],
)
def test_titles_make_safe_names(profile_dir: Path, tmp_path: Path, title: str) -> None:
    """Whatever a server calls a conversation, its file lies in the folder, under a name for every system."""
    from chatdesk.domain.events import ConversationSeen
    from chatdesk.store.export import NAME_CHARS, export

    store = Store.open(profile_dir)
    desk = Desk(store)
    desk.apply(3, ConversationSeen(remote_id=RemoteId("c9"), title=title))
    store.close()
    assert export(profile_dir, tmp_path / "out").conversations == 3
    names = [one.name for one in (tmp_path / "out" / "transcripts").iterdir()]
    assert len(names) == 3
    assert all(len(name) <= NAME_CHARS + 12 and name[:5].isdigit() for name in names)
    assert not any(set(name) & set('/\\:*?"<>|~\u202e') for name in names)


def test_a_damaged_folder_is_exported_after_it_was_made_anew(
    profile_dir: Path, tmp_path: Path, allow_log: AllowLog
) -> None:
    """What came back from the journal is exported as any other."""
    from chatdesk.store.recovery import open_store

    allow_log("WARNING chatdesk.store.recovery: the database is damaged")
    fill(profile_dir).close()
    (profile_dir / FILE_NAME).write_bytes(b"rubbish" * 100)
    open_store(profile_dir).close()
    assert chatdesk("--data", profile_dir, "export", "--to", tmp_path / "out").returncode == 0
    assert [one["text"] for one in lines(tmp_path / "out" / "outbox.jsonl")] == ["waiting words"]
