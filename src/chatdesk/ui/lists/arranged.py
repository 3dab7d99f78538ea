"""A proxy that shows some rows of a source in an order, by keys worked out beforehand.

Qt's own QSortFilterProxyModel asks Python for every comparison: sorting 10,000 rows, or showing them again
after a filter, takes it over 300 ms. Here one row costs a bisection, and all at once one sort of tuples.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, Protocol

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractProxyModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

Index = QModelIndex | QPersistentModelIndex
Key = tuple[Any, ...]
"""What a row is sorted by, its id last: no two rows have the same."""

ROOT = QModelIndex()
SINGLY = 24
"""Up to so many rows that changed together are placed one by one; more are placed by one rearrangement."""


class Source(Protocol):
    """What the source model offers besides being an item model: rows that are known by an id."""

    def row_id(self, row: int) -> int:
        """The id of a row."""
        ...

    def row_of_id(self, row_id: int) -> int | None:
        """The row of an id."""
        ...


class Arranged(QAbstractProxyModel):
    """Shows the rows that `accepts` in the order of `key`; it never resets, so selection and place hold.

    Subclasses call `refilter` when what `accepts` or `key` depend on has changed for many rows.
    """

    def __init__(
        self, source: QAbstractItemModel, known: Source, parent: QObject | None = None, *, columns: int = 1
    ) -> None:
        """The source model twice: `source` as Qt sees it, `known` as this class does."""
        super().__init__(parent)
        self._columns = columns  # not asked of the source: QAbstractListModel hides its columnCount
        self._known = known
        self._order: list[Key] = []
        self._keys: dict[int, Key] = {}
        self._positions: dict[int, int] | None = None
        """While rows are out of their order, within one rearrangement: where each id is."""
        self.setSourceModel(source)
        source.rowsInserted.connect(self._on_inserted)
        source.rowsAboutToBeRemoved.connect(self._on_removed)
        source.dataChanged.connect(self._on_changed)

    @abstractmethod
    def accepts(self, row_id: int) -> bool:
        """Whether the row is shown."""

    @abstractmethod
    def key(self, row_id: int) -> Key:
        """What the row is sorted by; its last part is `row_id`."""

    def source_changed(self, ids: Iterable[int], *, gone: bool) -> None:
        """Called before these rows are placed anew (or, `gone`, taken out): for counts."""

    # -- what a view asks ------------------------------------------------------------------------------

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else self._columns

    def hasChildren(self, parent: Index = ROOT) -> bool:
        return not parent.isValid() and bool(self._order)

    def index(self, row: int, column: int = 0, parent: Index = ROOT) -> QModelIndex:
        if parent.isValid() or not (0 <= row < len(self._order) and 0 <= column < self._columns):
            return QModelIndex()
        return self.createIndex(row, column)

    def parent(self, _child: Index = ROOT) -> QModelIndex:  # type: ignore[override] # QObject.parent() shares the name
        return QModelIndex()

    def mapToSource(self, proxy_index: Index) -> QModelIndex:
        if not proxy_index.isValid() or proxy_index.row() >= len(self._order):
            return QModelIndex()
        at = self._known.row_of_id(self.id_at(proxy_index.row()))
        return QModelIndex() if at is None else self.sourceModel().index(at, proxy_index.column())

    def mapFromSource(self, source_index: Index) -> QModelIndex:
        if not source_index.isValid():
            return QModelIndex()
        at = self.row_of_id(self._known.row_id(source_index.row()))
        return QModelIndex() if at is None else self.index(at, source_index.column())

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        return self.sourceModel().headerData(section, orientation, role)

    def id_at(self, row: int) -> int:
        """The id of a shown row."""
        row_id: int = self._order[row][-1]
        return row_id

    def row_of_id(self, row_id: int) -> int | None:
        """Where an id is shown; None: not shown."""
        if self._positions is not None:
            return self._positions.get(row_id)
        key = self._keys.get(row_id)
        return None if key is None else bisect_left(self._order, key)

    # -- placing rows ----------------------------------------------------------------------------------

    def refilter(self) -> None:
        """Ask `accepts` and `key` again for every row of the source."""
        known = self._known
        ids = [known.row_id(at) for at in range(self.sourceModel().rowCount())]
        self.show_only(self.key(one) for one in ids if self.accepts(one))

    def narrow(self) -> None:
        """Ask `accepts` again for the rows that are shown: the others have nothing to come back for.

        As `refilter` where what is asked for now is a part of what was asked for before, such as a word with
        one more letter.
        """
        self.show_only([key for key in self._order if self.accepts(key[-1])])

    def show_only(self, keys: Iterable[Key]) -> None:
        """Show exactly the rows of these keys."""
        wanted = sorted(keys)
        if wanted or self._order:
            self._rearrange(wanted)

    def _on_inserted(self, _parent: Index, first: int, last: int) -> None:
        self._place([self._known.row_id(at) for at in range(first, last + 1)])

    def _on_changed(self, first: Index, last: Index, _roles: object = ()) -> None:
        self._place([self._known.row_id(at) for at in range(first.row(), last.row() + 1)])

    def _on_removed(self, _parent: Index, first: int, last: int) -> None:
        # They leave here while the source still has them: nobody can ask for what is gone.
        ids = [self._known.row_id(at) for at in range(first, last + 1)]
        self.source_changed(ids, gone=True)
        if len(ids) <= SINGLY:
            for one in ids:
                self._settle(one, None)
        else:
            lost = set(ids)
            self._rearrange([key for key in self._order if key[-1] not in lost])

    def _place(self, ids: list[int]) -> None:
        self.source_changed(ids, gone=False)
        if len(ids) <= SINGLY:
            for one in ids:
                self._settle(one, self.key(one) if self.accepts(one) else None)
            return
        placed = {one: self.key(one) for one in ids if self.accepts(one)}
        moved = set(ids)
        same = [placed[one] for one in placed if self._keys.get(one) == placed[one]]
        self._rearrange(sorted([*(key for key in self._order if key[-1] not in moved), *placed.values()]))
        for key in same:
            self._announce(bisect_left(self._order, key))

    def _announce(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, self._columns - 1))

    def _settle(self, row_id: int, new: Key | None) -> None:
        """Show one row under its new key, or (None) no longer."""
        old = self._keys.get(row_id)
        at = None if old is None else bisect_left(self._order, old)
        if at is None and new is not None:
            to = bisect_left(self._order, new)
            self.beginInsertRows(ROOT, to, to)
            self._order.insert(to, new)
            self._keys[row_id] = new
            self.endInsertRows()
        elif at is not None and new is None:
            self.beginRemoveRows(ROOT, at, at)
            del self._order[at], self._keys[row_id]
            self.endRemoveRows()
        elif at is not None and new is not None:
            # Position among the others; Qt counts a move's target before the row is taken out.
            to = bisect_left(self._order, new)
            target = to - 1 if to > at else to
            moves = target != at
            if moves:
                self.beginMoveRows(ROOT, at, at, ROOT, to)
            del self._order[at]
            self._order.insert(target, new)
            self._keys[row_id] = new
            if moves:
                self.endMoveRows()
            self._announce(target)

    def _rearrange(self, wanted: list[Key]) -> None:
        """Show exactly these keys, sorted: at most one insertion, one change of order and one removal."""
        wanted_keys = {key[-1]: key for key in wanted}
        gone = [key for key in self._order if key[-1] not in wanted_keys]
        fresh = [key for key in wanted if key[-1] not in self._keys]
        self._positions = {key[-1]: at for at, key in enumerate(self._order)}
        if fresh:
            start = len(self._order)
            self.beginInsertRows(ROOT, start, start + len(fresh) - 1)
            self._order.extend(fresh)
            self._positions.update({key[-1]: start + at for at, key in enumerate(fresh)})
            self.endInsertRows()
        ahead = [*wanted, *gone]
        if [key[-1] for key in ahead] != [key[-1] for key in self._order]:
            self._permute(ahead)
        if gone:
            self.beginRemoveRows(ROOT, len(wanted), len(ahead) - 1)
            self._order = wanted
            for key in gone:
                del self._positions[key[-1]]
            self.endRemoveRows()
        self._order = wanted
        self._keys = wanted_keys
        self._positions = None

    def _permute(self, order: list[Key]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        ids = [self.id_at(index.row()) for index in before]
        self._order = order
        self._positions = {key[-1]: at for at, key in enumerate(order)}
        after = [self.index(self._positions[one], old.column()) for one, old in zip(ids, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
