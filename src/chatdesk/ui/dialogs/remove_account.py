"""Removing an account: what will be deleted here, what has not left yet, and a deliberate yes."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from chatdesk.domain.desk import Removal
from chatdesk.domain.entities import Account
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import CheckBox, WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr, trn
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.words import error_sentences

WIDTH_PX = 440


class RemoveAccountDialog(Sheet):
    """Counts what would go, asks for a tick, then removes. `outbox_asked` to look at what waits first."""

    outbox_asked = Signal()

    def __init__(
        self, context: UiContext, account: Account, name: str, parent: QWidget | None = None
    ) -> None:
        """name: the account as the person knows it."""
        super().__init__(context.theme, tr("Remove {name}?", name=name), parent)
        self._context = context
        self._account = account
        self._tasks = Tasks(self, context.troubles)
        theme = context.theme
        self._gone = PlainLabel(
            theme, tr("Counting what is kept here…"), wrap=True, selectable=True, parent=self
        )
        self._unsent = PlainLabel(theme, colour="bad", wrap=True, selectable=True, parent=self)
        self._unsent.hide()
        self.outbox = WordButton(tr("Look at the outbox"), look="flat", parent=self)
        self.outbox.clicked.connect(self._look)
        self.outbox.hide()
        self._stays = PlainLabel(
            theme,
            tr(
                "On the server nothing changes: what the platform stores comes back when you sign in again. "
                "Drafts and what has not left do not."
            ),
            colour="muted",
            wrap=True,
            parent=self,
        )
        self.tick = CheckBox(context, tr("Yes, delete all of this from this computer"), self)
        self.tick.setEnabled(False)
        self._trouble = PlainLabel(theme, colour="bad", wrap=True, selectable=True, parent=self)
        self._trouble.hide()
        for widget in (self._gone, self._unsent):
            self.content.addWidget(widget)
        self.content.addWidget(self.outbox, 0, Qt.AlignmentFlag.AlignLeading)
        self.content.addWidget(self._stays)
        self.content.addWidget(self.tick)
        self.content.addWidget(self._trouble)
        self.content.addStretch(1)
        self.remove = WordButton(tr("Remove account"), look="danger", parent=self)
        self.remove.setEnabled(False)
        self.remove.clicked.connect(self._remove)
        self.keep = WordButton(tr("Keep account"), look="primary", parent=self)
        self.keep.setDefault(True)
        self.keep.clicked.connect(self.reject)
        self.buttons.addWidget(self.remove)
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.keep)
        self.tick.toggled.connect(self._update)
        self.setMinimumWidth(theme.metrics.px(WIDTH_PX))
        self._tasks.start(
            "count", context.desk.removal_of(account.id), on_done=self._show, on_error=self._failed
        )

    def words(self) -> str:
        """What it says will go."""
        parts = (self._gone, self._unsent, self._trouble)
        return "\n".join(part.text() for part in parts if not part.isHidden())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.keep.setFocus(Qt.FocusReason.OtherFocusReason)

    def done(self, result: int) -> None:
        self._tasks.cancel("count")
        super().done(result)

    def _show(self, removal: Removal) -> None:
        parts = [
            trn("1 conversation", "{n} conversations", removal.conversations),
            trn("1 message", "{n} messages", removal.messages),
        ]
        if removal.drafts:
            parts.append(trn("1 draft", "{n} drafts", removal.drafts))
        self._gone.setText(
            tr("Deleted from this computer: {things}. The sign-in is forgotten.", things=", ".join(parts))
        )
        waits: list[str] = []
        if removal.queued:
            waits.append(
                trn(
                    "1 message is still queued and will never be sent.",
                    "{n} messages are still queued and will never be sent.",
                    removal.queued,
                )
            )
        if removal.undecided:
            waits.append(
                trn(
                    "1 message waits for your decision; its text is lost too.",
                    "{n} messages wait for your decision; their texts are lost too.",
                    removal.undecided,
                )
            )
        self._unsent.setText(" ".join(waits))
        self._unsent.setVisible(bool(waits))
        self.outbox.setVisible(bool(waits))
        self.tick.setEnabled(True)

    def _update(self) -> None:
        self.remove.setEnabled(self.tick.isChecked() and not self._tasks.is_running("remove"))

    def _remove(self) -> None:
        self.remove.setEnabled(False)
        self.tick.setEnabled(False)
        self.remove.set_words(tr("Removing…"))
        self._tasks.start(
            "remove",
            self._context.desk.remove_account(self._account.id),
            on_done=lambda _none: self.accept(),
            on_error=self._failed,
        )

    def _failed(self, error: Exception) -> None:
        self._context.troubles.report("remove account", error)
        words = error_sentences(error)
        self._trouble.setText(f"{words.title}. {words.text}")
        self._trouble.show()
        self.remove.set_words(tr("Remove account"))
        self.tick.setChecked(False)
        self.tick.setEnabled(True)

    def _look(self) -> None:
        self.reject()
        self.outbox_asked.emit()
