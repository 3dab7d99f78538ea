"""Drafts are versioned and never overwritten: two texts that claim to be the same draft are both kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from chatdesk.domain.entities import Draft
from chatdesk.domain.errors import NotPossible, StaleDraft
from chatdesk.domain.events import ConversationSeen
from chatdesk.domain.health import StartKind, recovery_sentence
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import Lifecycle
from chatdesk.store import Store
from chatdesk.store import journal as journal_file
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.export import export
from chatdesk.store.recovery import open_store
from tests.conftest import AllowLog
from tests.store.making import CONVERSATION, WAIT_S, Desk, reading


def draft_of(store: Store, conversation: ConversationId) -> Draft:
    with reading(store) as reader:
        held: Draft = reader.draft(conversation)
    return held


def write(folder: Path, text: str) -> None:
    """One run in which the draft of the first conversation becomes `text`, or (blank) is emptied."""
    store = open_store(folder)
    desk = Desk(store)
    held = draft_of(store, desk.conversation)
    store.save_draft(desk.conversation, held.version, text).result(WAIT_S)
    store.close()


def journal_of(folder: Path) -> str:
    return (folder / journal_file.FILE_NAME).read_text()


def look(folder: Path) -> tuple[StartKind, str, str]:
    """What the next start finds: its kind, and both texts."""
    store = open_store(folder)
    try:
        held = draft_of(store, Desk(store).conversation)
        return store.recovery.kind, held.text, held.other
    finally:
        store.close()


def test_a_text_that_stands_against_a_draft_is_kept_until_the_person_chooses(desk: Desk) -> None:
    """Saved together, left as it is by later saves and by a send, and gone when it is let go."""
    save = desk.store.save_draft
    first = save(desk.conversation, 0, "mine", "theirs").result(WAIT_S)
    assert (first.version, first.text, first.other) == (1, "mine", "theirs")
    assert save(desk.conversation, 1, "mine", "theirs").result(WAIT_S).version == 1
    second = save(desk.conversation, 1, "mine, longer").result(WAIT_S)
    assert (second.version, second.other) == (2, "theirs")
    with pytest.raises(StaleDraft) as stale:
        save(desk.conversation, 1, "late", "").result(WAIT_S)
    assert stale.value.draft == second
    desk.press("mine, longer")
    held = draft_of(desk.store, desk.conversation)
    assert (held.text, held.other) == ("", "theirs")
    with reading(desk.store) as reader:
        row = reader.conversation(desk.conversation)
    assert row is not None
    assert (row.draft, row.two_drafts) == ("theirs", True)
    assert save(desk.conversation, held.version, "theirs").result(WAIT_S).other == ""


def test_a_conversation_with_another_text_is_not_deleted(desk: Desk) -> None:
    """A copy goes only when nothing of it is drafted, and that is both texts."""
    desk.store.save_draft(desk.conversation, 0, "", "theirs").result(WAIT_S)
    desk.apply(5, ConversationSeen(remote_id=CONVERSATION, lifecycle=Lifecycle.DELETED))
    with pytest.raises(NotPossible):
        desk.store.delete_copy(desk.conversation).result(WAIT_S)
    desk.store.save_draft(desk.conversation, 1, "", "").result(WAIT_S)
    desk.store.delete_copy(desk.conversation).result(WAIT_S)


def test_both_texts_are_exported(desk: Desk, tmp_path: Path) -> None:
    """The export has the draft and what stands against it."""
    desk.store.save_draft(desk.conversation, 0, "mine", "theirs").result(WAIT_S)
    export(desk.store.folder, tmp_path / "out")
    (line,) = (tmp_path / "out" / "drafts.jsonl").read_text().splitlines()
    assert (json.loads(line)["text"], json.loads(line)["other"]) == ("mine", "theirs")


def test_a_restored_database_shows_both_texts(profile_dir: Path, tmp_path: Path) -> None:
    """The backup's text stays, the newer one from the journal stands against it; none is lost."""
    write(profile_dir, "from the backup")
    shutil.copy(profile_dir / FILE_NAME, tmp_path / "backup.db")
    write(profile_dir, "written since")
    shutil.copy(tmp_path / "backup.db", profile_dir / FILE_NAME)
    assert look(profile_dir) == (StartKind.PUT_BACK, "from the backup", "written since")
    store = open_store(profile_dir)
    assert store.recovery.drafts_apart == 1
    told = recovery_sentence(store.recovery)
    store.close()
    assert told.endswith("1 draft is here in two versions: its conversation shows both.")
    assert look(profile_dir)[1:] == ("from the backup", "written since")


def test_a_restored_database_without_a_draft_takes_the_journals(profile_dir: Path, tmp_path: Path) -> None:
    """Where the backup has no text there is nothing to choose: what was written since is the draft."""
    write(profile_dir, "")
    shutil.copy(profile_dir / FILE_NAME, tmp_path / "backup.db")
    write(profile_dir, "written since")
    shutil.copy(tmp_path / "backup.db", profile_dir / FILE_NAME)
    assert look(profile_dir) == (StartKind.PUT_BACK, "written since", "")


def test_the_same_text_is_no_conflict(profile_dir: Path, tmp_path: Path) -> None:
    """A backup that has the same text shows it once."""
    write(profile_dir, "the same")
    shutil.copy(profile_dir / FILE_NAME, tmp_path / "backup.db")
    store = open_store(profile_dir)
    Desk(store).press("something else", Desk(store).other)
    store.close()
    shutil.copy(tmp_path / "backup.db", profile_dir / FILE_NAME)
    assert look(profile_dir) == (StartKind.PUT_BACK, "the same", "")


def test_a_destroyed_database_costs_no_draft(profile_dir: Path, allow_log: AllowLog) -> None:
    """Nothing can be read of the database: the draft is back from the journal, in its conversation."""
    allow_log("WARNING chatdesk.store.recovery: the database is damaged")
    write(profile_dir, "before the accident")
    write(profile_dir, "written last")
    (profile_dir / FILE_NAME).write_bytes(b"rubbish" * 1_000)
    assert look(profile_dir) == (StartKind.REBUILT, "written last", "")


def test_after_a_kill_the_draft_is_simply_there(profile_dir: Path, tmp_path: Path) -> None:
    """Database and journal of a run that was killed agree: one text, and no question."""
    write(profile_dir, "before")
    store = open_store(profile_dir)
    desk = Desk(store)
    held = draft_of(store, desk.conversation)
    store.save_draft(desk.conversation, held.version, "typed last").result(WAIT_S)
    killed = tmp_path / "killed"
    shutil.copytree(profile_dir, killed)
    store.close()
    assert look(killed) == (StartKind.UNCLEAN, "typed last", "")


def test_what_was_sent_or_removed_leaves_no_text_in_the_journal(profile_dir: Path) -> None:
    """A draft that was emptied, or whose account was removed, is gone from the journal after a run."""
    write(profile_dir, "secret words")
    assert "secret words" in journal_of(profile_dir)
    write(profile_dir, "")
    assert "secret words" not in journal_of(profile_dir)
    write(profile_dir, "other words")
    store = open_store(profile_dir)
    store.remove_account(Desk(store).account.id).result(WAIT_S)
    store.close()
    assert "other words" not in journal_of(profile_dir)


def test_drafts_of_an_older_version_come_into_the_journal(profile_dir: Path) -> None:
    """A journal without drafts (an older program wrote it) is filled at the first write of a run."""
    write(profile_dir, "kept")
    path = profile_dir / journal_file.FILE_NAME
    lines = [line for line in path.read_text().splitlines(keepends=True) if '"type":"draft"' not in line]
    path.write_text("".join(lines))
    store = open_store(profile_dir)
    assert store.recovery.kind is StartKind.CLEAN
    store.put_setting("theme", "dark").result(WAIT_S)
    store.close()
    found = journal_file.read(path).drafts
    assert [(one.conversation, one.text) for one in found.values()] == [(RemoteId("c1"), "kept")]
