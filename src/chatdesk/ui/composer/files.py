"""Files that were chosen, dropped or pasted: copied and queued one after the other, or refused in words."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QObject, Signal
from PySide6.QtGui import QImage

from chatdesk.domain.entities import FileRule
from chatdesk.domain.errors import FileRefused, StaleDraft
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import FileWhy
from chatdesk.ui.composer.drafts import Carrier
from chatdesk.ui.context import UiContext
from chatdesk.ui.file_words import not_taken
from chatdesk.ui.i18n import tr
from chatdesk.ui.tasks import Tasks

MOST_GIVEN = 20
"""Of one drop: more is most likely a mistake."""


class GivenFile(NamedTuple):
    """What is to be sent: a file of this machine, or a picture, and what it is called."""

    source: Path | QImage
    name: str


class FilesToSend(QObject):
    """`changed`: something began or ended. `pressed(conversation id)`: a file is on disk and queued.

    `refused(conversation id, sentence)`: one was not taken; nothing of it was kept.
    """

    changed = Signal()
    pressed = Signal(int)
    refused = Signal(int, str)

    def __init__(self, context: UiContext, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = tasks
        self._waiting: dict[ConversationId, deque[tuple[GivenFile, FileRule | None, int]]] = {}
        self._idle: dict[ConversationId, asyncio.Event] = {}

    def copying(self, conversation: ConversationId | None) -> int:
        """How many files of a conversation are not on disk yet."""
        return len(self._waiting.get(conversation, ())) if conversation is not None else 0

    def give(
        self, conversation: ConversationId, given: Iterable[GivenFile], rule: FileRule | None, hold_us: int
    ) -> None:
        """Queue files for a conversation, in this order. hold_us: for so long each may be taken back."""
        files = list(given)
        if rule is None and files:
            refused = not_taken(files[0].name, FileRefused(FileWhy.NOT_HERE), None)
            self.refused.emit(conversation, refused)
            return
        queue = self._waiting.setdefault(conversation, deque())
        is_idle = not queue
        queue.extend((one, rule, hold_us) for one in files[:MOST_GIVEN])
        if len(files) > MOST_GIVEN:
            words = tr("Only the first {n} files were taken. Drop the others after them.", n=MOST_GIVEN)
            self.refused.emit(conversation, words)
        if is_idle and queue:
            self._idle[conversation] = asyncio.Event()
            name = f"files {conversation}"
            self._tasks.start(name, self._work_off(conversation), exclusive=False)
            if not self._tasks.is_running(name):  # the program is going down: nothing was begun
                self._end(conversation)
        self.changed.emit()

    def carrier(
        self, conversation: ConversationId, one: GivenFile, rule: FileRule | None, hold_us: int
    ) -> Carrier:
        """How a draft is sent beside this file. It fails with StaleDraft; all else is told as `refused`."""

        async def carry(version: int, text: str) -> bool:
            try:
                await self._send(conversation, one, text, hold_us=hold_us, draft_version=version)
            except StaleDraft:
                raise
            except Exception as error:  # noqa: BLE001 - whatever a service raises is told
                self.refused.emit(conversation, not_taken(one.name, error, rule))
                return False
            return True

        return carry

    async def settled(self, conversation: ConversationId) -> None:
        """Return once every file of a conversation is on disk and queued, or was refused."""
        idle = self._idle.get(conversation)
        if idle is not None:
            await idle.wait()

    async def settle(self) -> None:
        """The same for all conversations."""
        for conversation in tuple(self._idle):
            await self.settled(conversation)

    async def _work_off(self, conversation: ConversationId) -> None:
        queue = self._waiting[conversation]
        try:
            while queue:
                one, rule, hold_us = queue[0]
                try:
                    await self._send(conversation, one, "", hold_us=hold_us)
                except Exception as error:  # noqa: BLE001 - whatever a service raises is told
                    self.refused.emit(conversation, not_taken(one.name, error, rule))
                else:
                    self.pressed.emit(conversation)
                queue.popleft()
                self.changed.emit()
        finally:
            self._end(conversation)
        self.changed.emit()

    async def _send(
        self,
        conversation: ConversationId,
        one: GivenFile,
        text: str,
        *,
        hold_us: int,
        draft_version: int | None = None,
    ) -> None:
        source = one.source
        content = source if isinstance(source, Path) else await asyncio.to_thread(_png, source)
        await self._context.desk.send_file(
            conversation, content, one.name, text, hold_us=hold_us, draft_version=draft_version
        )

    def _end(self, conversation: ConversationId) -> None:
        self._waiting.pop(conversation, None)
        idle = self._idle.pop(conversation, None)
        if idle is not None:
            idle.set()


def holds_files(source: QMimeData) -> bool:
    """Whether what is dropped or pasted are files, or a picture without a text."""
    return any(url.isLocalFile() for url in source.urls()) or (source.hasImage() and not source.hasText())


def files_in(source: QMimeData) -> list[GivenFile]:
    """The files that are dropped or pasted; a picture becomes a file of its own."""
    paths = [Path(url.toLocalFile()) for url in source.urls() if url.isLocalFile()]
    if paths:
        return [given(path) for path in paths]
    picture = source.imageData()
    if not isinstance(picture, QImage) or picture.isNull():
        return []
    return [GivenFile(picture, tr("picture") + ".png")]


def _png(picture: QImage) -> bytes:
    """A picture as a file; a large one takes long, so it is not for the window's thread."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    from PySide6.QtGui import QImageWriter  # not needed before somebody pastes a picture

    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    return bytes(buffer.data().data())


def given(path: Path) -> GivenFile:
    """A file of this machine."""
    return GivenFile(path, path.name)
