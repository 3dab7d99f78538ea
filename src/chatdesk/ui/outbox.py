"""Every unsettled intention as a table model, shared by status bar, banner and outbox window."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from chatdesk.domain.changes import OutboxGone, OutboxPut, UploadMoved
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import AccountId, ConversationId, OutgoingId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, OutgoingKind, ParkReason
from chatdesk.domain.outbox import WAITING, wants_upload
from chatdesk.domain.text import one_line
from chatdesk.ui.context import UiContext
from chatdesk.ui.file_words import file_parked_sentence, file_parked_word, moving_words
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.row import order_tag
from chatdesk.ui.plain import plain_tooltip
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.words import (
    age_words,
    delivery_word,
    intention_words,
    next_step_words,
    parked_sentence,
    parked_word,
    uncertain_sentence,
)

Index = QModelIndex | QPersistentModelIndex
ITEM_ROLE = Qt.ItemDataRole.UserRole + 1
"""The Outgoing of a row."""
ROOT = QModelIndex()


class Column(IntEnum):
    """The columns of the outbox."""

    WHAT = 0
    TO = 1
    STATE = 2
    AGE = 3
    NEXT = 4


_HEADINGS = {
    Column.WHAT: lambda: tr("What"),
    Column.TO: lambda: tr("To"),
    Column.STATE: lambda: tr("State"),
    Column.AGE: lambda: tr("Age"),
    Column.NEXT: lambda: tr("Next"),
}
_ONLINE = frozenset({ConnectionState.ONLINE, ConnectionState.POLLING})


def asks_first(item: Outgoing) -> bool:
    """Whether it waits for its person's word before it goes."""
    return item.state is DeliveryState.PARKED and item.parked is ParkReason.OLD


class OutboxModel(QAbstractTableModel):
    """Rows in the order of pressing, account by account. `counts_changed`: a count below may be another now.

    Never resets but for the first read. GUI thread only.
    """

    counts_changed = Signal()

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        self._rows: list[Outgoing] = []
        self._read_at: int | None = None
        self._early: list[tuple[OutboxPut | OutboxGone, int]] = []
        self._titles: dict[ConversationId, str] = {}
        context.feed.outbox_put.connect(self._on_change)
        context.feed.outbox_gone.connect(self._on_change)
        context.feed.status.connect(self._refresh_words)
        context.feed.upload.connect(self._on_upload)
        context.clock.beat.connect(self._refresh_words)

    def start(self) -> None:
        """Read what is there; needs the running loop."""
        self._tasks.start("outbox", self._context.desk.outbox(), on_done=self._take)

    # -- for the other regions

    def items(self) -> tuple[Outgoing, ...]:
        """Every unsettled item."""
        return tuple(self._rows)

    def waiting(self, account: AccountId | None = None) -> int:
        """Items that are not settled; read marks do not count: they go by themselves, unasked."""
        return sum(1 for item in self._of(account) if item.kind is not OutgoingKind.MARK_READ)

    def queued_messages(self, account: AccountId | None = None) -> int:
        """Messages that will go by themselves."""
        going = {DeliveryState.QUEUED, DeliveryState.IN_FLIGHT}
        return sum(1 for i in self._of(account) if i.kind is OutgoingKind.SEND and i.state in going)

    def undecided(self, account: AccountId | None = None) -> int:
        """Items that wait for the person: parked, or uncertain."""
        asking = {DeliveryState.PARKED, DeliveryState.UNCERTAIN}
        return sum(1 for item in self._of(account) if item.state in asking)

    def item_at(self, row: int) -> Outgoing | None:
        """The item of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def row_of(self, outgoing: OutgoingId) -> int | None:
        """The row of an item."""
        return next((row for row, item in enumerate(self._rows) if item.id == outgoing), None)

    # -- QAbstractTableModel

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADINGS[Column(section)]()
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self.item_at(index.row()) if index.isValid() else None
        if item is None:
            return None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(item, Column(index.column()))
            case Qt.ItemDataRole.ForegroundRole if index.column() == Column.STATE:
                return self._context.theme.current.colour(_STATE_COLOUR.get(item.state, "text"))
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(self.explanation(item))
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{_HEADINGS[Column(index.column())]()}: {self._text(item, Column(index.column()))}"
            case _ if role == ITEM_ROLE:
                return item
        return None

    def explanation(self, item: Outgoing) -> str:
        """The state of an item in a full sentence; the whole text where there is nothing to explain."""
        if item.state is DeliveryState.PARKED and item.parked is not None:
            words = file_parked_sentence if _is_of_file(item) else parked_sentence
            return words(item.parked, item.detail)
        if item.state is DeliveryState.UNCERTAIN:
            return uncertain_sentence()
        return self._intention(item)

    def _intention(self, item: Outgoing) -> str:
        if item.kind is not OutgoingKind.CHANGE_STATUS:
            return intention_words(item)
        accounts = self._context.desk.reader.accounts().rows
        statuses = [a.capabilities.statuses for a in accounts if a.id == item.account_id]
        return intention_words(item, {choice.value: choice.label for one in statuses for choice in one})

    def _text(self, item: Outgoing, column: Column) -> str:
        now_us = self._context.clock.now_us()
        match column:
            case Column.WHAT:
                return self._intention(item)
            case Column.TO:
                return self._target(item)
            case Column.STATE:
                if item.state is DeliveryState.PARKED and item.parked is not None:
                    of_file = _is_of_file(item)
                    why = file_parked_word(item.parked, item.detail) if of_file else parked_word(item.parked)
                    return tr("! {reason}", reason=why)
                mark = _STATE_MARK.get(item.state, "")
                return f"{mark} {delivery_word(item.state)}".strip()
            case Column.AGE:
                return age_words(item.created_at_us, now_us)
            case Column.NEXT:
                moved = self._context.feed.upload_of(item.id)
                if moved is not None:
                    return moving_words(moved.sent_bytes, moved.size_bytes)
                return next_step_words(item, now_us, online=self._is_online(item.account_id))

    def _target(self, item: Outgoing) -> str:
        tag = order_tag(item.order_number)
        return " · ".join(part for part in (self._title(item.conversation_id), tag) if part)

    def _title(self, conversation: ConversationId | None) -> str:
        if conversation is None:
            return ""
        if conversation not in self._titles:
            row = self._context.desk.reader.conversation(conversation)
            self._titles[conversation] = one_line(row.title, 80) if row else ""
        return self._titles[conversation]

    def _is_online(self, account: AccountId) -> bool:
        status = self._context.feed.status_of(account)
        return status is not None and status.connection in _ONLINE

    def _of(self, account: AccountId | None) -> list[Outgoing]:
        return [item for item in self._rows if account is None or item.account_id == account]

    # -- following the store

    def _take(self, snapshot: Snapshot[Outgoing]) -> None:
        self.beginResetModel()
        self._rows = sorted((i for i in snapshot.rows if i.state in WAITING), key=_turn)
        self._read_at = snapshot.commit
        self.endResetModel()
        for change, commit in self._early:
            self._on_change(change, commit)
        self._early.clear()
        self.counts_changed.emit()

    def _on_change(self, change: OutboxPut | OutboxGone, commit: int) -> None:
        if self._read_at is None:
            self._early.append((change, commit))
            return
        if commit <= self._read_at:
            return
        if isinstance(change, OutboxPut):
            for item in change.items:
                self._put(item)
        else:
            for gone in change.ids:
                self._remove(gone)
        self.counts_changed.emit()

    def _put(self, item: Outgoing) -> None:
        if item.state not in WAITING:
            self._remove(item.id)
            return
        at = self.row_of(item.id)
        if at is not None and _turn(self._rows[at]) == _turn(item):
            self._rows[at] = item
            self.dataChanged.emit(self.index(at, 0), self.index(at, len(Column) - 1))
            return
        self._remove(item.id)
        at = sum(1 for other in self._rows if _turn(other) < _turn(item))
        self.beginInsertRows(ROOT, at, at)
        self._rows.insert(at, item)
        self.endInsertRows()

    def _remove(self, outgoing: OutgoingId) -> None:
        at = self.row_of(outgoing)
        if at is not None:
            self.beginRemoveRows(ROOT, at, at)
            del self._rows[at]
            self.endRemoveRows()

    def _on_upload(self, news: UploadMoved) -> None:
        at = self.row_of(news.outgoing_id)
        if at is not None:
            self.dataChanged.emit(self.index(at, Column.NEXT), self.index(at, Column.NEXT))

    def _refresh_words(self, _status: object = None) -> None:
        """Ages and next steps have changed although no row has."""
        if self._rows:
            last = len(self._rows) - 1
            self.dataChanged.emit(self.index(0, Column.AGE), self.index(last, Column.NEXT))


_STATE_COLOUR = {DeliveryState.PARKED: "bad", DeliveryState.UNCERTAIN: "warn"}
_STATE_MARK = {DeliveryState.QUEUED: "◷", DeliveryState.IN_FLIGHT: "↑", DeliveryState.UNCERTAIN: "?"}


def _is_of_file(item: Outgoing) -> bool:
    """Whether it is the file, and no text, that has not gone."""
    return item.kind is OutgoingKind.UPLOAD or wants_upload(item)


def _turn(item: Outgoing) -> tuple[int, int]:
    return (item.account_id, item.position)
