"""Files that wait for their order: a row each, with its state and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.domain import outbox
from chatdesk.domain.changes import OutboxGone, OutboxPut, UploadMoved
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OrderId, OutgoingId
from chatdesk.domain.kinds import DeliveryState, OutgoingKind, ParkReason
from chatdesk.domain.text import one_line
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton
from chatdesk.ui.file_words import file_parked_sentence, moving_words
from chatdesk.ui.i18n import size_text, tr
from chatdesk.ui.orders.parts import ValueLabel
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole

_NAME_CHARS = 200
_COLOURS = {DeliveryState.PARKED: "bad", DeliveryState.UNCERTAIN: "warn"}


class WaitingFiles(QObject):
    """The unsettled files of every order; `changed` whenever one comes, moves on or is settled."""

    changed = Signal()

    def __init__(self, context: UiContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        self._items: dict[OutgoingId, Outgoing] = {}
        self._commit: int | None = None
        self._early: list[tuple[OutboxPut | OutboxGone, int]] = []
        self._reading = False
        context.feed.outbox_put.connect(self._on_change)
        context.feed.outbox_gone.connect(self._on_change)
        context.feed.upload.connect(self._on_upload)

    def read(self) -> None:
        """Read once what waits already; needs the running loop."""
        if not self._reading:
            self._reading = True
            self._tasks.start("files that wait", self._context.desk.outbox(), on_done=self._take)

    def of(self, order: OrderId) -> list[Outgoing]:
        """The files that wait for an order, in the order of pressing."""
        mine = [item for item in self._items.values() if item.order_id == order]
        return sorted(mine, key=lambda item: item.position)

    def _take(self, snapshot: Snapshot[Outgoing]) -> None:
        self._keep(snapshot.rows)
        self._commit = snapshot.commit
        for change, number in self._early:
            self._on_change(change, number)
        self._early.clear()
        self.changed.emit()

    def _on_change(self, change: OutboxPut | OutboxGone, number: int) -> None:
        if self._commit is None:
            self._early.append((change, number))
        elif number > self._commit:
            if isinstance(change, OutboxPut):
                self._keep(change.items)
            else:
                for gone in change.ids:
                    self._items.pop(gone, None)
            self.changed.emit()

    def _on_upload(self, news: UploadMoved) -> None:
        if news.outgoing_id in self._items:
            self.changed.emit()

    def _keep(self, items: tuple[Outgoing, ...]) -> None:
        for item in items:
            if item.kind is OutgoingKind.UPLOAD and item.staged and item.state in outbox.WAITING:
                self._items[item.id] = item
            else:
                self._items.pop(item.id, None)


class WaitingFileRow(QWidget):
    """One file that waits. What is pressed here is carried out by itself."""

    def __init__(
        self, context: UiContext, tasks: Tasks, item: Outgoing, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = tasks
        self.item = item
        theme = context.theme
        (file, *_) = item.extras.attachments
        self.name = one_line(file.name, _NAME_CHARS)
        text = tr("{name} · {size}", name=self.name, size=size_text(max(0, file.size_bytes or 0)))
        label = ValueLabel(theme, text, role=TextRole.SECONDARY, colour="muted", parent=self)
        self.state = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self.again = IconButton(context, "refresh", tr("Retry {name}", name=self.name), parent=self)
        self.again.clicked.connect(self._retry)
        self.remove = IconButton(context, "trash", tr("Remove {name}", name=self.name), parent=self)
        self.remove.clicked.connect(self._remove)
        row = QHBoxLayout()
        row.setSpacing(theme.metrics.tiny)
        row.addWidget(label, 1)
        row.addWidget(self.again)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.state)
        self.show_item(item)

    def show_item(self, item: Outgoing) -> None:
        """Show how things stand now."""
        self.item = item
        self.state.setText(self._words())
        self.state.set_colour(_COLOURS.get(item.state, "muted"))
        uncertain = item.state is DeliveryState.UNCERTAIN
        hopeless = item.parked is ParkReason.TOO_LONG or item.detail == outbox.COPY_LOST
        retries = item.state is DeliveryState.PARKED and not hopeless
        self.again.set_name(
            tr("Look for {name} now", name=self.name) if uncertain else tr("Retry {name}", name=self.name)
        )
        self.again.setVisible(uncertain or retries)
        self.remove.setVisible(
            outbox.can(item, outbox.PersonCancels()) or outbox.can(item, outbox.PersonDiscards())
        )

    def _words(self) -> str:
        moved = self._context.feed.upload_of(self.item.id)
        match self.item.state:
            case DeliveryState.UNCERTAIN:
                return tr("It may have arrived. The order's list of files is looked at.")
            case DeliveryState.PARKED:
                return file_parked_sentence(self.item.parked or ParkReason.REFUSED, self.item.detail)
            case DeliveryState.IN_FLIGHT if moved is not None:
                return moving_words(moved.sent_bytes, moved.size_bytes)
            case DeliveryState.IN_FLIGHT:
                return tr("on its way")
            case _:
                return tr("Waits here, and goes as soon as the server is there.")

    def _retry(self) -> None:
        desk = self._context.desk
        is_uncertain = self.item.state is DeliveryState.UNCERTAIN
        work = desk.check(self.item.id) if is_uncertain else desk.retry(self.item.id)
        self._tasks.start("retry file", work, exclusive=False)

    def _remove(self) -> None:
        desk = self._context.desk
        waits = outbox.can(self.item, outbox.PersonCancels())
        work = desk.cancel(self.item.id) if waits else desk.discard(self.item.id)
        self._tasks.start("remove file", work, exclusive=False)
