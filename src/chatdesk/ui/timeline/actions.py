"""Carries out what a person asks of one message, by the services, and asks back where text would be lost."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from chatdesk.domain.entities import Message
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.text import well_formed
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import Answer, PlainQuestion
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.timeline.offers import Action, brings_file
from chatdesk.ui.timeline.wording import body_text, copied_with_name


class MessageActions(QObject):
    """`edit_requested(outgoing id, text)`: the composer takes the text of what has not left.

    `take_back_requested(outgoing id)`: the composer makes a draft of it again.
    `more_requested(message id)`: show more of a long text.
    `elsewhere_requested(text)`: it shall be written in another conversation.
    """

    edit_requested = Signal(str, str)
    take_back_requested = Signal(str)
    more_requested = Signal(object)
    elsewhere_requested = Signal(str)
    told = Signal(str)
    """Something to be said in the window, as a sentence."""

    def __init__(self, context: UiContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._window = parent
        self._tasks = Tasks(self, context.troubles)

    def perform(self, action: Action, message: Message) -> None:
        """Do it, or ask first. An action that the message's state does not allow any more ends in words."""
        match action:
            case Action.COPY:
                copy_text(body_text(message))
            case Action.COPY_WITH_NAME:
                copy_text(copied_with_name(message, body_text(message)))
            case Action.SHOW_MORE:
                self.more_requested.emit(message.id)
            case Action.INFO:
                from chatdesk.ui.timeline.info import MessageInfo

                MessageInfo(self._context, message, self._window).open()
            case Action.ELSEWHERE:
                self.elsewhere_requested.emit(message.text)
            case Action.REPORT:
                self._ask_reason(message)
            case Action.DELETE:
                self._ask(
                    tr("Delete this message for everyone?"),
                    tr("It disappears for you and for the other side. This can't be undone."),
                    tr("Delete"),
                    lambda: self._start("delete message", self._context.desk.delete_message(message.id)),
                )
            case _ if message.outgoing_id is not None:
                self._of_outgoing(action, message.outgoing_id, message)

    def _of_outgoing(self, action: Action, outgoing: OutgoingId, message: Message) -> None:
        desk = self._context.desk
        match action:
            case Action.CHECK:
                self._start("check", desk.check(outgoing))
            case Action.SEND_AGAIN:
                self._start("send again", desk.send_again(outgoing))
            case Action.RETRY | Action.SEND_NOW:
                self._start("retry", desk.retry(outgoing))
            case Action.TAKE_BACK:
                self.take_back_requested.emit(outgoing)
            case Action.SCHEDULE:
                from chatdesk.ui.dialogs.send_later import SendLaterDialog  # no start needs these

                dialog = SendLaterDialog(self._context, self._window)
                dialog.chosen.connect(lambda at_us: self._start("schedule", desk.schedule(outgoing, at_us)))
                dialog.open()
            case Action.CANCEL:
                self._tasks.start(
                    "cancel", desk.cancel(outgoing), on_error=self._on_too_late, exclusive=False
                )
            case Action.EDIT:
                self.edit_requested.emit(outgoing, message.text)
            case Action.DISCARD:
                self._ask(
                    tr("Let this message go?"),
                    tr(
                        "chatdesk stops looking for it. It may have arrived; "
                        "its text disappears from this list."
                    ),
                    tr("Discard"),
                    lambda: self._start("discard", desk.discard(outgoing)),
                )
            case Action.REMOVE:
                self._ask(
                    tr("Delete this message?"),
                    tr("It was not sent. The copy of the file goes; the original is not touched.")
                    if brings_file(message)
                    else tr("It was not sent. Its text will be gone."),
                    tr("Delete"),
                    lambda: self._start("discard", desk.discard(outgoing)),
                )
            case _:
                return

    def _ask_reason(self, message: Message) -> None:
        from chatdesk.ui.timeline.report import ReportDialog

        dialog = ReportDialog(self._context, message, self._window)
        dialog.given.connect(lambda reason: self._report(message, reason))
        dialog.open()

    def _report(self, message: Message, reason: str) -> None:
        self._tasks.start(
            "report",
            self._context.desk.report(message.id, reason),
            on_done=lambda _item: self.told.emit(
                tr("Your report is queued and goes to the platform's staff. The outbox shows how it stands.")
            ),
            exclusive=False,
        )

    def _on_too_late(self, error: Exception) -> None:
        if isinstance(error, NotPossible):
            self.told.emit(
                tr(
                    "It has left already, so it can't be cancelled. "
                    "Where the platform can delete messages, its menu offers that."
                )
            )
        else:
            self._context.troubles.report("cancel", error)

    def _start(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        self._tasks.start(name, work, exclusive=False)

    def _ask(self, title: str, text: str, yes: str, then: Callable[[], None]) -> None:
        question = PlainQuestion(
            self._context.theme, title, text, yes=yes, no=tr("Cancel"), danger=True, parent=self._window
        )
        question.answered.connect(lambda answer: then() if answer is Answer.YES else None)
        question.open()


def copy_text(text: str) -> None:
    """Put plain text on the clipboard, without what a paste elsewhere could stumble over.

    Not as an object of ours: Qt would let go of it after Python's end, which ends in a segmentation fault.
    """
    QGuiApplication.clipboard().setText(well_formed(text).replace("\x00", "\u2400"))
