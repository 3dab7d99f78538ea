"""The process may die anywhere, and the disk may end: what was promised is there, the rest is not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import ConversationId, Cursor, MessageId
from chatdesk.domain.kinds import DeliveryState
from chatdesk.store import Store
from tests.store.making import WAIT_S, raw

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")
ROOT = Path(__file__).parents[2]


@contextmanager
def child(what: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.children", what, str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(WAIT_S)
        if process.stdout is not None:
            process.stdout.close()


def lines_until(process: subprocess.Popen[str], enough: Callable[[str], bool]) -> list[str]:
    assert process.stdout is not None
    found: list[str] = []
    for line in process.stdout:
        found.append(line.strip())
        if enough(found[-1]):
            break
    return found


def all_messages(store: Store, conversation: ConversationId) -> list[Message]:
    reader = store.reader()
    found: list[Message] = []
    try:
        page = reader.newest_page(conversation)
        while page.messages:
            found = [*page.messages, *found]
            first = found[0]
            page = reader.older_page(conversation, (Cursor(first.cursor), MessageId(first.id)))
    finally:
        reader.close()
    return found


@pytest.mark.parametrize("presses", [1, 7, 30])
def test_what_was_pressed_outlives_a_kill(profile_dir: Path, presses: int) -> None:
    """Every send whose future completed is there after kill -9, its attempt too, and nothing twice."""
    with child("press_for_ever", profile_dir) as process:
        said = lines_until(process, lambda line: line == f"started press {presses}")
        process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        said += [line.strip() for line in process.stdout]
    pressed = [line.removeprefix("pressed ") for line in said if line.startswith("pressed ")]
    begun = {line.removeprefix("started ") for line in said if line.startswith("started ")}
    assert len(pressed) >= presses
    store = Store.open(profile_dir)
    try:
        assert not store.ended_cleanly
        account = store.accounts().result(WAIT_S).rows[0]
        conversation = store.conversation_of(account.id, "c1").result(WAIT_S)  # type: ignore[arg-type]
        assert conversation is not None
        there = [one.text for one in all_messages(store, conversation)]
        assert there[: len(pressed)] == pressed
        assert len(there) <= len(pressed) + 1  # the one whose future had not completed, at most
        items = {one.text: one for one in store.restart(account.id).result(WAIT_S)}
        assert sorted(items) == sorted(there)
        assert all(items[one].state is DeliveryState.UNCERTAIN for one in begun)
        assert store.verify_ledger().result(WAIT_S).first_bad is None
    finally:
        store.close()
    again = Store.open(profile_dir)
    assert again.ended_cleanly
    again.close()


def test_a_kill_in_mid_stream_leaves_whole_batches(profile_dir: Path) -> None:
    """After a kill amid batches every committed batch is whole, and the file is sound."""
    with child("receive_for_ever", profile_dir) as process:
        said = lines_until(process, lambda line: line.startswith("committed") and int(line.split()[1]) > 20)
        process.send_signal(signal.SIGKILL)
        assert process.stdout is not None
        said += [line.strip() for line in process.stdout if line.endswith("\n")]
    committed = [int(line.split()[1]) for line in said if line.startswith("committed")]
    Store.open(profile_dir).close()
    with raw(profile_dir) as con:
        assert con.execute("PRAGMA integrity_check").get == "ok"
        number = int(con.execute("SELECT number FROM commits").get)
        rows = int(con.execute("SELECT count(*) FROM messages").get)
        listed = con.execute("SELECT unread FROM conversations WHERE remote_id = 'c1'").get
    assert number >= committed[-1]
    assert rows % 100 == 0
    assert rows >= 100 * len(committed)
    assert listed == rows


def test_a_full_disk_changes_nothing(profile_dir: Path) -> None:
    """When the disk is full a press fails as such, the composer keeps its text, nothing half is stored."""
    with child("fill_the_disk", profile_dir) as process:
        (said,) = lines_until(process, lambda line: line.startswith("stored"))
        process.wait(WAIT_S)
    match = re.fullmatch(r"stored (\d+) then (\w+) DiskTrouble", said)
    assert match is not None, said
    stored = int(match[1])
    assert stored > 3
    small = match[2] == "NoneType"  # it may still have found room
    store = Store.open(profile_dir)
    try:
        texts = [item.text.split()[1] for item in store.outbox().result(WAIT_S).rows if "press" in item.text]
        assert texts == [str(number) for number in range(stored)]
        other = [item.text for item in store.outbox().result(WAIT_S).rows if item.text == "one"]
        assert other == (["one"] if small else [])
        reader = store.reader()
        try:
            conversation = store.conversations().result(WAIT_S).rows
            place = next(one for one in conversation if one.remote_id == "c1")
            assert reader.draft(place.id).version == stored
        finally:
            reader.close()
        assert store.verify_ledger().result(WAIT_S).first_bad is None
    finally:
        store.close()


def test_a_second_process_is_kept_out(profile_dir: Path) -> None:
    """One process per data folder: a second one is told so, and let in when the first has gone."""
    store = Store.open(profile_dir)
    try:
        with child("try_open", profile_dir) as process:
            assert lines_until(process, lambda _: True) == ["in use"]
            process.wait(WAIT_S)
    finally:
        store.close()
    with child("try_open", profile_dir) as process:
        assert lines_until(process, lambda _: True) == ["free"]
        process.wait(WAIT_S)


def test_the_folder_of_a_killed_process_is_free(profile_dir: Path) -> None:
    """The lock goes with the process that held it, however it ended."""
    with child("receive_for_ever", profile_dir) as process:
        lines_until(process, lambda line: line == "ready")
        with child("try_open", profile_dir) as second:
            assert lines_until(second, lambda _: True) == ["in use"]
            second.wait(WAIT_S)
        process.send_signal(signal.SIGKILL)
        process.wait(WAIT_S)
    Store.open(profile_dir).close()
