"""Changing a message that has not left: its text is in the field, the draft waits until that is done."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import ConversationId, OutgoingId
from chatdesk.domain.kinds import DeliveryState, OutgoingKind
from chatdesk.services.desk import Desk
from chatdesk.ui.tasks import Tasks

_EDITABLE = frozenset({DeliveryState.QUEUED, DeliveryState.PARKED})


class Editing(QObject):
    """The change of one queued or parked message of one conversation."""

    changed = Signal()
    done = Signal()
    """The change is on disk."""
    too_late = Signal(str)
    """It has left meanwhile; carries the changed text."""

    def __init__(
        self,
        desk: Desk,
        tasks: Tasks,
        outgoing: OutgoingId,
        text: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = tasks
        self._name = f"edit {outgoing}"
        self._before = text
        self._idle = asyncio.Event()
        self._idle.set()
        self.outgoing = outgoing
        self.text = text
        self.trouble: Exception | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a press of Save is not on disk yet."""
        return self._tasks.is_running(self._name)

    @property
    def is_changed(self) -> bool:
        """Whether cancelling would lose something."""
        return self.text != self._before

    async def settle(self) -> None:
        """Return once a press of Save is on disk, or could not be put there."""
        await self._idle.wait()

    def press_save(self) -> None:
        """Put the changed text in the place of the old one."""
        if self.is_busy:
            return
        self.trouble = None
        self._idle.clear()
        self._tasks.start(
            self._name,
            self._desk.edit(self.outgoing, self.text),
            on_done=lambda _item: self._on_done(),
            on_error=self._on_error,
        )
        if not self.is_busy:
            self._idle.set()
        self.changed.emit()

    def _on_done(self) -> None:
        self._idle.set()
        self.done.emit()

    def _on_error(self, error: Exception) -> None:
        self._idle.set()
        if isinstance(error, NotPossible):
            self.too_late.emit(self.text)
            return
        self.trouble = error
        self.changed.emit()


async def last_editable(desk: Desk, conversation: ConversationId) -> Outgoing | None:
    """The message pressed last of a conversation that has not left; None where there is none."""
    rows = (await desk.outbox()).rows
    waiting = [
        item
        for item in rows
        if item.conversation_id == conversation
        and item.kind is OutgoingKind.SEND
        and item.state in _EDITABLE
        and not item.staged
    ]
    return max(waiting, key=lambda item: item.position, default=None)
