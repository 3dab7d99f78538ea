"""The window over a folder that had an accident: it comes up, says what happened, and restores no trap."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.health import StartKind
from chatdesk.store.connection import FILE_NAME
from chatdesk.store.recovery import open_store
from chatdesk.ui.preferences import LAST_CONVERSATION, THEME
from chatdesk.ui.theme import ThemeMode
from tests.conftest import AllowLog
from tests.store.making import WAIT_S, Desk


def fill(folder: Path) -> None:
    store = open_store(folder)
    desk = Desk(store)
    desk.press("waiting")
    store.put_setting(LAST_CONVERSATION.key, str(desk.conversation)).result(WAIT_S)
    store.put_setting(THEME.key, "dark").result(WAIT_S)
    store.close()


def test_a_damaged_database_is_made_anew_and_told(
    ui: Any, qapp: Any, profile_dir: Path, allow_log: AllowLog
) -> None:
    """The window opens over the new database, with the unsent message, and tells it in one sentence."""
    allow_log("WARNING chatdesk.store.recovery: the database is damaged")
    allow_log("WARNING chatdesk.sync.host: account 1: platform dispatcher is not spoken here")
    fill(profile_dir)
    (profile_dir / FILE_NAME).write_bytes(b"rubbish" * 1_000)

    async def story() -> None:
        store = await program._open_store(qapp, profile_dir)
        assert store is not None
        assert store.recovery.kind is StartKind.REBUILT
        running = program.Program(qapp, store, {}, MemoryVault())
        running.show()
        await hands.until(lambda: "damaged" in running.window.status.told(), "the sentence")
        assert store.recovery.set_aside in running.window.status.told()
        shown = running.window.asks.shown()
        assert shown is not None
        assert "1 message not sent yet: it waits for your word" in shown.text
        assert [one.text for one in store.outbox().result(WAIT_S).rows] == ["waiting"]
        await running.close()

    ui.run(story(), timeout_s=30)


def test_after_two_crashes_only_the_data_is_restored(
    ui: Any, qapp: Any, profile_dir: Path, allow_log: AllowLog
) -> None:
    """The third start opens no conversation by itself; what the person has set stays."""
    allow_log("WARNING chatdesk.sync.host: account 1: platform dispatcher is not spoken here")
    fill(profile_dir)
    killed = profile_dir.with_name("killed")
    for _ in range(2):
        store = open_store(profile_dir)
        shutil.copytree(profile_dir, killed)
        store.close()
        shutil.rmtree(profile_dir)
        killed.rename(profile_dir)

    async def story() -> None:
        store = await program._open_store(qapp, profile_dir)
        assert store is not None
        running = program.Program(qapp, store, {}, MemoryVault())
        assert running.preferences.get(LAST_CONVERSATION) == 0
        assert running.preferences.get(THEME) is ThemeMode.DARK
        running.show()
        await hands.until(lambda: "did not end properly" in running.window.status.told(), "the sentence")
        running._runs_well()
        await running.close()
        again = await program._open_store(qapp, profile_dir)
        assert again is not None
        assert not again.is_careful
        again.close()

    ui.run(story(), timeout_s=30)
