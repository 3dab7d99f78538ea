"""The window over a folder that can't be written to: it shows what is there, and opens anew once it can."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.store import Store
from chatdesk.ui.preferences import LAST_CONVERSATION, THEME
from chatdesk.ui.theme import ThemeMode
from tests.conftest import AllowLog
from tests.store.making import WAIT_S, Desk, message
from tests.store.sealed import Seal, seal, somebody, unseal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights are taken away another way there")


@pytest.fixture
def folder(allow_log: AllowLog) -> Iterator[Path]:
    """A sealed data folder with a talk that is open, and a message that waits."""
    allow_log("WARNING chatdesk.program: the database can only be read")
    allow_log("WARNING chatdesk.sync.host: account 1: platform dispatcher is not spoken here")
    with somebody() as place:
        made = place / "data"
        store = Store.open(made)
        desk = Desk(store)
        desk.apply(3, message(1, "where is the load?"))
        desk.press("waiting")
        store.put_setting(LAST_CONVERSATION.key, str(desk.conversation)).result(WAIT_S)
        store.close()
        seal(made, Seal.ALL)
        yield made


class Run:
    """The program as it is started, with every window that it makes."""

    def __init__(self, app: Any, folder: Path) -> None:
        self.programs: list[program.Program] = []

        def made(store: Store) -> program.Program:
            self.programs.append(program.Program(app, store, {}, MemoryVault()))
            return self.programs[-1]

        self.task = asyncio.get_running_loop().create_task(
            program._live(app, folder, made, None, None, None), name="program"
        )

    async def window(self, number: int) -> program.Program:
        """The one that comes as this number, once it has begun."""
        await hands.until(
            lambda: len(self.programs) == number and self.programs[-1].network_started.is_set(), "the window"
        )
        return self.programs[-1]


def says(running: program.Program) -> str:
    words = running.window.chat.banner.words()
    return "" if words is None else f"{words.title}. {words.text}"


def test_what_is_there_is_seen_and_nothing_is_sent(ui: Any, qapp: Any, folder: Path) -> None:
    """Lists and messages are there; Enter is refused in words and the text stays; no server is asked."""

    async def story() -> None:
        run = Run(qapp, folder)
        running = await run.window(1)
        window, edit = running.window, running.window.chat.composer.edit
        assert running.store.trouble is not None
        assert says(running).startswith("The data folder is read-only. You can read what is here")
        assert "gone when you close chatdesk" in says(running)
        assert window.chat.banner.isVisible()
        await hands.until(lambda: window.chat.timeline.model().rowCount() >= 2, "the messages")
        edit.setFocus()
        QTest.keyClicks(edit, "on its way")
        QTest.keyClick(edit, Qt.Key.Key_Return)
        await hands.until(window.chat.composer.notice.isVisible, "the refusal")
        assert window.chat.composer.notice.label.text().startswith("Not sent. The data folder is read-only.")
        assert edit.toPlainText() == "on its way"
        edit.selectAll()
        edit.copy()
        assert qapp.clipboard().text() == "on its way"
        assert [one.text for one in running.store.outbox().result(WAIT_S).rows] == ["waiting"]
        assert running.engines._thread._thread is None
        assert says(running).startswith("The data folder is read-only. You can read")
        window.close()
        assert await run.task == 0

    ui.run(story(), timeout_s=30)


def test_try_again_goes_on_with_all_that_was_typed_and_set(ui: Any, qapp: Any, folder: Path) -> None:
    """Still sealed, it says so and stays; then the text is in an ordinary window, and one Enter sends."""

    async def story() -> None:
        run = Run(qapp, folder)
        running = await run.window(1)
        edit = running.window.chat.composer.edit
        edit.setFocus()
        QTest.keyClicks(edit, "on its way")
        running.theme.set_mode(ThemeMode.DARK)
        running.preferences.put(THEME, ThemeMode.DARK)
        button = running.window.chat.banner._button
        assert button.text() == "Try again"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        assert running.window.status.told() == "Nothing has changed: The data folder is read-only."
        assert running.window.isVisible()
        unseal(folder)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        again = await run.window(2)
        assert again.store.trouble is None
        assert again.preferences.get(THEME) is ThemeMode.DARK
        composer = again.window.chat.composer
        assert composer.edit.toPlainText() == "on its way"
        assert says(again) == ""
        composer.edit.setFocus()
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await hands.until(lambda: composer.edit.toPlainText() == "", "the send")
        assert [one.text for one in again.store.outbox().result(WAIT_S).rows] == ["waiting", "on its way"]
        again.window.close()
        assert await run.task == 0

    ui.run(story(), timeout_s=30)
