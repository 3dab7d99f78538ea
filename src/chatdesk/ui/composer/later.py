"""Sends by the person's own time: taken back within a moment, or asked for later."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from chatdesk.domain.entities import Draft, Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import ConversationId, OutgoingId
from chatdesk.domain.kinds import OutgoingKind
from chatdesk.domain.outbox import is_held
from chatdesk.services.desk import Desk
from chatdesk.ui.composer.drafts import DraftKeeper
from chatdesk.ui.context import UiContext
from chatdesk.ui.preferences import UNDO_SEND_S
from chatdesk.ui.tasks import Tasks

if TYPE_CHECKING:
    from chatdesk.ui.dialogs.send_later import SendLaterDialog


class Later(QObject):
    """`too_late`: what should be taken back is on its way. `back(conversation id)`: a draft has its text."""

    too_late = Signal()
    back = Signal(int)

    def __init__(self, context: UiContext, tasks: Tasks, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = tasks
        self._window = parent

    @property
    def hold_us(self) -> int:
        """For how long what is pressed now may be taken back."""
        return self._context.preferences.get(UNDO_SEND_S) * 1_000_000

    def ask(self) -> SendLaterDialog:
        """Open the question; whoever asked listens to its answer."""
        from chatdesk.ui.dialogs.send_later import SendLaterDialog  # not needed before somebody asks

        dialog = SendLaterDialog(self._context, self._window)
        dialog.open()
        return dialog

    def take_back(self, outgoing: OutgoingId, keeper: DraftKeeper) -> None:
        """Make a draft again of what has not left; what is typed meanwhile stands below it."""
        self._start(keeper, _taken_back(self._context.desk, keeper, outgoing))

    def take_back_last(self, keeper: DraftKeeper) -> None:
        """The same with the newest one of the conversation that is still held; nothing where none is."""
        self._start(keeper, _last_taken_back(self._context.desk, keeper))

    def _start(self, keeper: DraftKeeper, work: Coroutine[Any, Any, Draft | None]) -> None:
        self._tasks.start(
            "take back",
            work,
            on_done=lambda draft: self._on_back(keeper.conversation_id, draft),
            on_error=self._on_error,
        )

    def _on_back(self, conversation: ConversationId, draft: Draft | None) -> None:
        if draft is not None:
            self.back.emit(conversation)

    def _on_error(self, error: Exception) -> None:
        if isinstance(error, NotPossible):
            self.too_late.emit()
        else:
            self._context.troubles.report("take back", error)


async def _taken_back(desk: Desk, keeper: DraftKeeper, outgoing: OutgoingId) -> Draft:
    await keeper.settle()
    return await desk.take_back(outgoing)


async def _last_taken_back(desk: Desk, keeper: DraftKeeper) -> Draft | None:
    held = [
        item
        for item in (await desk.outbox()).rows
        if item.conversation_id == keeper.conversation_id and _is_held(item)
    ]
    last = max(held, key=lambda item: item.position, default=None)
    return None if last is None else await _taken_back(desk, keeper, last.id)


def _is_held(item: Outgoing) -> bool:
    return item.kind is OutgoingKind.SEND and is_held(item)
