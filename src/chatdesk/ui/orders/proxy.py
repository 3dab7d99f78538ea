"""Which orders are listed and in which order: chips with counts, search, account, sorting by column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal

from chatdesk.domain.ids import AccountId, OrderId
from chatdesk.domain.kinds import OrderKind
from chatdesk.ui.lists.arranged import Arranged, Key
from chatdesk.ui.lists.folding import fold, matches, narrows, words_of
from chatdesk.ui.lists.proxy import PROGRESS_ORDER
from chatdesk.ui.lists.tally import Tally
from chatdesk.ui.orders.model import Column, OrderModel
from chatdesk.ui.orders.row import OrderRow


class OrderChip(StrEnum):
    """The filters above the orders; one holds at a time."""

    OPEN = "open"
    NEEDS_REPLY = "needs_reply"
    CLOSED = "closed"
    ALL = "all"


class Group(NamedTuple):
    """What the list is narrowed to beside the chips."""

    account_id: AccountId
    kind: OrderKind


class OrderProxy(Arranged):
    """The orders that the person has asked to see. Unsorted means: what happened last comes first."""

    counts_changed = Signal()

    def __init__(self, model: OrderModel, parent: QObject | None = None) -> None:
        self._model = model
        self._chip = OrderChip.OPEN
        self._column: Column | None = None
        self._descending = False
        self._account: AccountId | None = None
        self._kind: OrderKind | None = None
        self._words: tuple[str, ...] = ()
        self._tally: Tally[OrderChip, Group] = Tally(self._group_of, self._tags_of)
        super().__init__(model, model, parent, columns=len(Column))
        self._tally.update(model.row_id(at) for at in range(model.rowCount()))
        self.refilter()
        self.settle()

    # -- what is asked for -----------------------------------------------------------------------------

    @property
    def chip(self) -> OrderChip:
        """The filter that holds."""
        return self._chip

    @property
    def is_searching(self) -> bool:
        """Whether a search narrows the list."""
        return bool(self._words)

    @property
    def sort_column(self) -> Column | None:
        """The column that sorts; None: what happened last comes first."""
        return self._column

    def set_chip(self, chip: OrderChip) -> None:
        """Show what is under another chip."""
        if chip is not self._chip:
            self._chip = chip
            self.refilter()

    @property
    def kind(self) -> OrderKind | None:
        """The kind of order that is shown; None: all."""
        return self._kind

    def set_kind(self, kind: OrderKind | None) -> None:
        """Show one kind of order, or (None) all."""
        if kind is not self._kind:
            self._kind = kind
            self.counts_changed.emit()
            self.refilter()

    def count_of_kind(self, kind: OrderKind) -> int:
        """How many orders of a kind the chosen account has."""
        return self._tally.count(OrderChip.ALL, lambda one: one.kind is kind and self._is_of_account(one))

    def set_query(self, query: str) -> None:
        """Show only orders that hold every word of `query`, in their own words or the last message's."""
        words = words_of(query)
        if words != self._words:
            narrower = narrows(self._words, words)
            self._words = words
            if narrower:
                self.narrow()
            else:
                self.refilter()

    def set_account(self, account: AccountId | None) -> None:
        """Show one account's orders, or (None) all."""
        if account != self._account:
            self._account = account
            self.counts_changed.emit()
            self.refilter()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._column = Column(column) if 0 <= column < len(Column) else None
        self._descending = order is Qt.SortOrder.DescendingOrder
        self.refilter()

    def count(self, chip: OrderChip) -> int:
        """How many orders of the chosen account a chip would show, whatever is searched for."""
        return self._tally.count(chip, self._is_in_view)

    # -- counts ----------------------------------------------------------------------------------------

    def source_changed(self, ids: Iterable[int], *, gone: bool) -> None:
        if self._tally.update(ids, gone=gone):
            self.counts_changed.emit()

    def _is_of_account(self, group: Group) -> bool:
        return self._account is None or group.account_id == self._account

    def _is_in_view(self, group: Group) -> bool:
        return self._is_of_account(group) and (self._kind is None or group.kind is self._kind)

    def _group_of(self, row_id: int) -> Group:
        order = self._row(row_id).order
        return Group(order.account_id, order.kind)

    def _tags_of(self, row_id: int) -> frozenset[OrderChip]:
        row = self._row(row_id)
        tags = {OrderChip.ALL, OrderChip.OPEN if row.is_open else OrderChip.CLOSED}
        if self._model.waiting_since_us(row) is not None:
            tags.add(OrderChip.NEEDS_REPLY)
        return frozenset(tags)

    # -- arranging -------------------------------------------------------------------------------------

    def accepts(self, row_id: int) -> bool:
        if self._chip not in self._tally.tags(row_id):
            return False
        row = self._row(row_id)
        if self._account is not None and row.order.account_id != self._account:
            return False
        if self._kind is not None and row.order.kind is not self._kind:
            return False
        if not self._words:
            return True
        conversation = self._model.conversation(row)
        said = conversation.haystack if conversation is not None else ""
        return matches(f"{row.haystack}\n{said}", self._words)

    def key(self, row_id: int) -> Key:
        row = self._row(row_id)
        newest = -self._model.activity_at_us(row)
        if self._column is None:
            return (newest, row_id)
        return (*self._sorted_by(row, self._column), newest, row_id)

    def _sorted_by(self, row: OrderRow, column: Column) -> tuple[object, ...]:
        sign = -1 if self._descending else 1
        match column:
            case Column.PROGRESS:
                return (sign * self._model.share(row),)
            case Column.WAITING:
                since = self._model.waiting_since_us(row)
                # Who waits longest first; who does not wait comes last, whichever way it is sorted.
                return (True, 0) if since is None else (False, sign * since)
            case Column.LAST:
                return (sign * -self._model.activity_at_us(row),)
            case Column.STATUS:
                text = fold(self._model.text(row, column))
                said = reversed_text(text) if self._descending else text
                return (sign * PROGRESS_ORDER[row.order.progress], said)
            case _:
                text = natural(fold(self._model.text(row, column)))
                return (reversed_text(text),) if self._descending else (text,)

    def _row(self, row_id: int) -> OrderRow:
        row = self._model.find(OrderId(row_id))
        if row is None:
            raise KeyError(row_id)
        return row


def natural(text: str) -> str:
    """The text such that numbers in it sort by value: `TR-9` before `TR-10`."""
    return _DIGITS.sub(lambda found: found[0].zfill(_DIGITS_WIDE), text)


def reversed_text(text: str) -> bytes:
    """A key that sorts texts the other way round."""
    # UTF-8 sorts as its text does. What a text begins with comes after it: so does the end, above all bytes.
    return text[:_SORTED_CHARS].encode("utf-8", "surrogatepass").translate(_INVERTED) + b"\xff"


_DIGITS = re.compile("[0-9]{1,12}")
_DIGITS_WIDE = 12
_SORTED_CHARS = 60
_INVERTED = bytes(range(255, -1, -1))
