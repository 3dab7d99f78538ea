"""A window before real servers of all platforms, and what a person does and sees in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.domain.kinds import DeliveryState
from chatdesk.server.dialect import Variant
from chatdesk.store import Store
from tests.roundtrip.post import Post
from tests.roundtrip.stage import Party, Stage


class WindowPost(Post):
    """The same as any other chatdesk of the round trips, with its window before it."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self._app = app
        super().__init__(folder)

    def start(self) -> None:
        self.closed = False
        self.program = program.Program(self._app, Store.open(self.folder), self.plugins, self.vault)
        self.store, self.reader = self.program.store, self.program.reader
        self.host, self.desk = self.program.engines, self.program.desk
        self.host.subscribe_news(self._hear)
        self.window = self.program.window
        self.window.resize(1280, 820)
        self.program.show()
        self.window.activateWindow()

    def close(self) -> None:
        """It was closed by `end`, on the loop of the window."""

    async def end(self) -> None:
        self.closed = True
        await self.program.close()

    # -- hands and eyes

    async def look_at(self, party: Party) -> None:
        """Open the party's talk."""
        self.window.open_conversation(party.talk)
        await hands.until(lambda: self.window.chat.conversation_id() == party.talk, "the talk on the screen")
        await hands.settle(2)

    async def write(self, party: Party, text: str) -> None:
        """Open the talk, type a text and press Enter; returns once the composer has cleared."""
        await self.look_at(party)
        edit = hands.find(self.window.chat, QPlainTextEdit)
        hands.click(edit.viewport())
        hands.write(edit, text)
        hands.key(edit, Qt.Key.Key_Return)
        await hands.until(lambda: not edit.toPlainText(), "the composer letting go")

    def shown(self) -> list[str]:
        """The texts of the rows that the message list has now."""
        model = self.window.chat.timeline.model()
        return [str(model.index(row, 0).data(Qt.ItemDataRole.DisplayRole)) for row in range(model.rowCount())]

    async def sees(self, text: str) -> None:
        """The text is on the screen, once."""
        await hands.until(lambda: text in self.shown(), f"{text!r} on the screen")
        assert self.shown().count(text) == 1

    async def queued(self, party: Party, text: str) -> None:
        def is_queued() -> bool:
            message = party.message(text)
            return message is not None and message.state is DeliveryState.QUEUED

        await hands.until(is_queued, f"{text!r} in the queue")


@contextmanager
def window_stage(app: QApplication, folder: Path) -> Iterator[tuple[Stage, WindowPost]]:
    """Servers of all platforms, a window with the desk's accounts, and customers with a chatdesk."""
    stage = Stage(folder, Variant.PROMISED, ours=partial(WindowPost, app))
    assert isinstance(stage.ours, WindowPost)
    try:
        yield stage, stage.ours
    finally:
        stage.close()
