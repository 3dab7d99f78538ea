"""All orders of all accounts as a table, kept up by commits, with who waits and what was said last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from chatdesk.domain.changes import AccountsGone, OrdersGone, OrdersPut
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Order
from chatdesk.domain.ids import AccountId, ConversationId, OrderId
from chatdesk.domain.kinds import PresenceState
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.i18n import span, tr, trn
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.live_rows import LiveRows
from chatdesk.ui.lists.row import ConversationRow
from chatdesk.ui.lists.wording import snippet_line
from chatdesk.ui.orders.row import OrderRow, kind_text, progress_text, row_of, share_done
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.plain import plain_tooltip

Index = QModelIndex | QPersistentModelIndex

ORDER_ROLE = Qt.ItemDataRole.UserRole + 1
"""OrderRow."""
CONVERSATION_ROLE = Qt.ItemDataRole.UserRole + 2
"""ConversationRow of the order's conversation, or None."""
SHARE_ROLE = Qt.ItemDataRole.UserRole + 3
"""How far it has come, a float from 0 to 1."""
PRESENCE_ROLE = Qt.ItemDataRole.UserRole + 4
"""PresenceState of the customer; Qt hands it on as a plain string that equals it."""
LETTERS_ROLE = Qt.ItemDataRole.UserRole + 5
"""Two letters for the account, a str; empty while there is one account only."""

ROOT = QModelIndex()
NOTHING: Snapshot[Order] = Snapshot(0, ())


class Column(IntEnum):
    """Columns of the table, from the reading start."""

    ORDER = 0
    CUSTOMER = 1
    KIND = 2
    STATUS = 3
    PROGRESS = 4
    WAITING = 5
    LAST = 6


_TITLES: dict[Column, Callable[[], str]] = {
    Column.ORDER: lambda: tr("Order"),
    Column.CUSTOMER: lambda: tr("Customer"),
    Column.KIND: lambda: tr("Kind"),
    Column.STATUS: lambda: tr("Status"),
    Column.PROGRESS: lambda: tr("Progress"),
    Column.WAITING: lambda: tr("Waiting"),
    Column.LAST: lambda: tr("Last message"),
}


def column_title(column: Column) -> str:
    """The heading of a column."""
    return _TITLES[column]()


class OrderModel(QAbstractTableModel):
    """One row per order, in no particular order; it never resets. GUI thread only.

    What it says of the conversation (waiting, last message, presence) comes from the ConversationModel and
    changes with it.
    """

    completed = Signal()
    """Every order of the full snapshot has been taken over."""

    def __init__(
        self,
        conversations: ConversationModel,
        facts: AccountFacts,
        now_us: Callable[[], int],
        parent: QObject | None = None,
    ) -> None:
        """Empty until `complete`. now_us: wall clock, for how long somebody has waited."""
        super().__init__(parent)
        self._conversations = conversations
        self._facts = facts
        self._now_us = now_us
        self._by_conversation: dict[ConversationId, OrderId] = {}
        self._live: LiveRows[OrderId, Order, OrderRow] = LiveRows(
            self,
            NOTHING,
            id_of=lambda one: one.id,
            make=row_of,
            changed=self._on_rows,
            completed=self.completed.emit,
        )
        conversations.changed.connect(self._on_conversations)
        facts.changed.connect(self._on_facts)

    def follow(self, feed: ChangeFeed) -> None:
        """Apply what the feed tells from now on."""
        feed.orders_put.connect(self._on_put)
        feed.orders_gone.connect(self._on_gone)
        feed.accounts_gone.connect(self._on_accounts_gone)

    # -- what others ask -------------------------------------------------------------------------------

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._live)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Horizontal and 0 <= section < len(Column):
            if role == Qt.ItemDataRole.DisplayRole:
                return column_title(Column(section))
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._live):
            return None
        row, column = self._live.at(index.row()), Column(index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole and column is Column.ORDER:
            return self.sentence(row)
        read = _READERS.get(role)
        return None if read is None else read(self, row, column)

    def row_id(self, row: int) -> int:
        """The order at a row of this model."""
        return self._live.id_at(row)

    def row_of_id(self, row_id: int) -> int | None:
        """The row of an order in this model; None: not here."""
        return self._live.row_of_id(OrderId(row_id))

    def find(self, order_id: OrderId) -> OrderRow | None:
        """An order's row; None: not here (yet)."""
        return self._live.find(order_id)

    def conversation(self, row: OrderRow) -> ConversationRow | None:
        """The row of the order's conversation; None: it has none here."""
        where = row.order.conversation_id
        return None if where is None else self._conversations.find(where)

    def waiting_since_us(self, row: OrderRow) -> int | None:
        """Since when the customer waits for an answer; None: nobody waits."""
        conversation = self.conversation(row)
        return None if conversation is None else conversation.conversation.waiting_since_us

    def activity_at_us(self, row: OrderRow) -> int:
        """When something last happened to the order or in its conversation."""
        conversation = self.conversation(row)
        said_us = conversation.conversation.activity_at_us if conversation is not None else 0
        return max(row.order.updated_at_us, said_us)

    def letters(self, row: OrderRow) -> str:
        """Two letters for the order's account; empty while there is one account only."""
        return self._facts.letters(row.order.account_id)

    def share(self, row: OrderRow) -> float:
        """How far it has come, from 0 to 1."""
        return share_done(row.order, self._facts.capabilities(row.order.account_id).statuses)

    def presence(self, row: OrderRow) -> PresenceState:
        """Whether the customer is there."""
        where = row.order.conversation_id
        return PresenceState.UNKNOWN if where is None else self._conversations.presence(where)

    def text(self, row: OrderRow, column: Column) -> str:
        """What a cell says, in words even where it is painted as a bar."""
        match column:
            case Column.ORDER:
                return row.tag
            case Column.CUSTOMER:
                return row.customer or row.title
            case Column.KIND:
                return kind_text(row.order.kind)
            case Column.STATUS:
                return row.status
            case Column.PROGRESS:
                return progress_text(row.order.progress)
            case Column.WAITING:
                since = self.waiting_since_us(row)
                return "" if since is None else span(max(0, self._now_us() - since))
            case Column.LAST:
                conversation = self.conversation(row)
                return "" if conversation is None else snippet_line(conversation).text

    def sentence(self, row: OrderRow) -> str:
        """The whole row as one plain sentence, as a screen reader speaks it."""
        conversation = self.conversation(row)
        waiting = self.text(row, Column.WAITING)
        unread = conversation.conversation.unread if conversation is not None else 0
        parts = (
            tr("{kind} {tag}", kind=kind_text(row.order.kind), tag=row.tag),
            self._facts.label(row.order.account_id),
            row.customer or row.title,
            row.status,
            progress_text(row.order.progress),
            tr("online") if self.presence(row) is PresenceState.ONLINE else "",
            trn("{n} unread message", "{n} unread messages", unread) if unread else "",
            tr("waiting for a reply: {span}", span=waiting) if waiting else "",
            self.text(row, Column.LAST),
        )
        return ", ".join(part for part in parts if part)

    @property
    def is_whole(self) -> bool:
        """True once the full snapshot is in: only then is an empty table really empty."""
        return self._live.is_whole

    # -- what changes ----------------------------------------------------------------------------------

    def complete(self, snapshot: Snapshot[Order]) -> None:
        """Take over every order, some rows at a time; `completed` follows."""
        self._live.complete(snapshot)

    def put(self, number: int, orders: Sequence[Order]) -> None:
        """Orders as they are since commit `number`, new or changed."""
        self._live.put(number, orders)

    def gone(self, number: int, ids: Iterable[OrderId]) -> None:
        """Orders deleted by commit `number`."""
        self._live.gone(number, ids)

    def accounts_gone(self, number: int, ids: Iterable[AccountId]) -> None:
        """Accounts removed by commit `number`: their orders go with them."""
        self._live.accounts_gone(number, ids)

    def _on_put(self, change: OrdersPut, number: int) -> None:
        self.put(number, change.orders)

    def _on_gone(self, change: OrdersGone, number: int) -> None:
        self.gone(number, change.ids)

    def _on_accounts_gone(self, change: AccountsGone, number: int) -> None:
        self.accounts_gone(number, change.ids)

    def _on_rows(self, ids: frozenset[OrderId]) -> None:
        for one in ids:
            row = self._live.find(one)
            if row is not None and row.order.conversation_id is not None:
                self._by_conversation[row.order.conversation_id] = one

    def _on_conversations(self, ids: frozenset[ConversationId]) -> None:
        self._live.announce(self._by_conversation[one] for one in ids if one in self._by_conversation)

    def _on_facts(self) -> None:
        self._live.announce_all()


_READERS: dict[int, Callable[[OrderModel, OrderRow, Column], object]] = {
    Qt.ItemDataRole.DisplayRole: OrderModel.text,
    Qt.ItemDataRole.AccessibleTextRole: OrderModel.text,
    Qt.ItemDataRole.ToolTipRole: lambda model, row, column: plain_tooltip(model.text(row, column)),
    ORDER_ROLE: lambda _model, row, _column: row,
    CONVERSATION_ROLE: lambda model, row, _column: model.conversation(row),
    SHARE_ROLE: lambda model, row, _column: model.share(row),
    PRESENCE_ROLE: lambda model, row, _column: model.presence(row),
    LETTERS_ROLE: lambda model, row, _column: model.letters(row),
}
