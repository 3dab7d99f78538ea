"""Changes of an order's status that the platform has not confirmed yet."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.changes import OutboxGone, OutboxPut
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OrderId, OutgoingId
from chatdesk.domain.kinds import DeliveryState, OutgoingKind, ParkReason
from chatdesk.domain.outbox import WAITING
from chatdesk.ui.context import UiContext
from chatdesk.ui.i18n import tr
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.words import parked_word


class PendingChanges(QObject):
    """The unsettled status changes of every order; `changed` whenever one comes, moves on or is settled."""

    changed = Signal()

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        self._items: dict[OutgoingId, Outgoing] = {}
        self._commit: int | None = None
        self._told_at: dict[OutgoingId, int] = {}
        context.feed.outbox_put.connect(self._on_put)
        context.feed.outbox_gone.connect(self._on_gone)

    def read(self) -> None:
        """Read what waits already; needs the running loop."""
        self._tasks.start("status changes", self._context.desk.outbox(), on_done=self._take)

    def of(self, order_id: OrderId) -> Outgoing | None:
        """The newest change of an order that is not settled; None: none waits."""
        mine = [item for item in self._items.values() if item.order_id == order_id]
        return max(mine, key=lambda item: item.position, default=None)

    def _take(self, snapshot: Snapshot[Outgoing]) -> None:
        for item in snapshot.rows:
            if self._told_at.get(item.id, 0) <= snapshot.commit:
                self._keep(item)
        self._commit = snapshot.commit
        self._told_at.clear()
        self.changed.emit()

    def _on_put(self, change: OutboxPut, number: int) -> None:
        if self._commit is not None and number <= self._commit:
            return
        for item in change.items:
            if self._commit is None:
                self._told_at[item.id] = number
            self._keep(item)
        if any(item.kind is OutgoingKind.CHANGE_STATUS for item in change.items):
            self.changed.emit()

    def _on_gone(self, change: OutboxGone, _number: int) -> None:
        for one in change.ids:
            self._items.pop(one, None)
        self.changed.emit()

    def _keep(self, item: Outgoing) -> None:
        if item.kind is OutgoingKind.CHANGE_STATUS and item.state in WAITING:
            self._items[item.id] = item
        else:
            self._items.pop(item.id, None)


def wanted_status(item: Outgoing) -> str:
    """The status that a change asks for."""
    return item.target.partition(">")[2]


def pending_sentence(item: Outgoing, label: str) -> str:
    """How a change to the status `label` stands, and what happens next."""
    match item.state:
        case DeliveryState.IN_FLIGHT:
            return tr("Changing to {status}…", status=label)
        case DeliveryState.UNCERTAIN:
            return tr(
                "It is not known whether the change to {status} arrived. Check reads the order again.",
                status=label,
            )
        case DeliveryState.PARKED if item.parked is ParkReason.CHANGED_MEANWHILE:
            return tr(
                "Not changed to {status}: somebody else changed it meanwhile. Look, then decide again.",
                status=label,
            )
        case DeliveryState.PARKED:
            why = parked_word(item.parked or ParkReason.REFUSED)
            return tr("Not changed to {status}: {why}. The order is as it was.", status=label, why=why)
        case _:
            return tr("Waiting to change to {status}: goes as soon as the account is online.", status=label)
