"""A proxy that shows some rows of a source in an order, by keys worked out beforehand.

Qt's own QSortFilterProxyModel asks Python for every comparison: sorting 10,000 rows, or showing them again
after a filter, takes it over 300 ms. Here one row costs a bisection, and all at once one sort of tuples. Many
rows are looked at in slices, one in each turn of the event loop, and then shown at once: until that the view
has what it had.
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractProxyModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

Index = QModelIndex | QPersistentModelIndex
Key = tuple[Any, ...]
"""What a row is sorted by, its id last: no two rows have the same."""

T = TypeVar("T")
ROOT = QModelIndex()
SINGLY = 24
"""Up to so many rows that changed together are placed one by one; more are placed by one rearrangement."""

SLICE_ROWS = 500
"""So many rows are looked at in one turn of the event loop: 1 to 3 ms."""


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

    Subclasses call `refilter` when what `accepts` or `key` depend on has changed for many rows. With more
    rows than a slice has, that is done a little later; who must have it now calls `settle`.
    """

    settled = Signal()
    """What is shown is what was asked for, also where that has changed nothing."""
    in_slices = True
    """False: everything is always done at once."""

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
        self._work: Iterator[None] | None = None
        """Looks at the rows, a slice each time; shows the result with the last one."""
        self._touched: set[int] = set()
        """Rows that have changed, come or gone meanwhile: they are looked at with the last slice."""
        self._untold: set[int] = set()
        """Rows that have changed, so many at once that `source_changed` is told of them slice by slice."""
        self._turns = QTimer(self)
        self._turns.setInterval(0)
        self._turns.timeout.connect(self._take_turn)
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
        known, count = self._known, self.sourceModel().rowCount()
        self._begin(self._looking([known.row_id(at) for at in range(count)]), count)

    def narrow(self) -> None:
        """Ask `accepts` again for the rows that are shown: the others have nothing to come back for.

        As `refilter` where what is asked for now is a part of what was asked for before, such as a word with
        one more letter.
        """
        if self._work is not None:  # what is shown is not yet what was asked for before
            self.refilter()
        else:
            self._begin(self._looking_again(list(self._order)), len(self._order))

    def show_none(self) -> None:
        """Show nothing, until asked for something else."""
        self._begin(self._looking([]), 0)

    @property
    def is_settled(self) -> bool:
        """Whether what is shown is what was asked for."""
        return self._work is None

    def settle(self) -> None:
        """Show now what was asked for."""
        while self._work is not None:
            self._take_turn()

    def _begin(self, work: Iterator[None], rows: int) -> None:
        """Take this up instead of whatever is under way. rows: so many are to be looked at."""
        self._work = work
        self._touched.clear()
        if self.in_slices and rows > SLICE_ROWS:
            self._turns.start()
        else:
            self.settle()

    def _take_turn(self) -> None:
        work, is_over = self._work, True
        try:
            is_over = work is None or next(work, self) is self
        finally:
            if is_over and self._work is work:  # whoever was told of the result may have asked for another
                self._work = None
            if self._work is None:
                self._turns.stop()

    def _looking(self, ids: list[int]) -> Iterator[None]:
        """Look at rows of the source."""
        wanted: list[Key] = []
        for part in _slices(ids):
            if not self._untold.isdisjoint(part):
                self.source_changed([one for one in part if one in self._untold], gone=False)
                self._untold.difference_update(part)
            wanted.extend([self.key(one) for one in part if self._is_there(one) and self.accepts(one)])
            wanted.sort()  # two runs by now, or one: that is quick
            if len(ids) > len(part):  # the result has a turn of its own
                yield
        self._show(wanted)

    def _looking_again(self, shown: list[Key]) -> Iterator[None]:
        """Look at rows that are shown."""
        wanted: list[Key] = []
        for part in _slices(shown):
            wanted.extend([key for key in part if self._is_there(key[-1]) and self.accepts(key[-1])])
            if len(shown) > len(part):
                yield
        self._show(wanted)

    def _is_there(self, row_id: int) -> bool:
        return self._known.row_of_id(row_id) is not None

    def _show(self, wanted: list[Key]) -> None:
        """Show exactly these keys, but for the rows that were touched meanwhile."""
        touched = self._touched
        if touched:
            wanted = [key for key in wanted if key[-1] not in touched]
            wanted.extend([self.key(one) for one in touched if self._is_there(one) and self.accepts(one)])
            wanted.sort()
        self._work = None
        if wanted or self._order:
            self._rearrange(wanted)
        self.settled.emit()

    def _on_inserted(self, _parent: Index, first: int, last: int) -> None:
        self._place([self._known.row_id(at) for at in range(first, last + 1)])

    def _on_changed(self, first: Index, last: Index, _roles: object = ()) -> None:
        self._place([self._known.row_id(at) for at in range(first.row(), last.row() + 1)])

    def _on_removed(self, _parent: Index, first: int, last: int) -> None:
        # They leave here while the source still has them: nobody can ask for what is gone.
        ids = [self._known.row_id(at) for at in range(first, last + 1)]
        self.source_changed(ids, gone=True)
        self._untold.difference_update(ids)
        if self._work is not None:
            self._touched.update(ids)
        if len(ids) <= SINGLY:
            for one in ids:
                self._settle(one, None)
        else:
            lost = set(ids)
            self._rearrange([key for key in self._order if key[-1] not in lost])

    def _place(self, ids: list[int]) -> None:
        if self.in_slices and len(ids) > SLICE_ROWS:
            self._untold.update(ids)
            self.refilter()
            if self._order:
                self.dataChanged.emit(self.index(0, 0), self.index(len(self._order) - 1, self._columns - 1))
            return
        self._untold.difference_update(ids)
        self.source_changed(ids, gone=False)
        if self._work is not None:
            # Their new keys are of another order than what is shown: they are painted anew where they are.
            self._touched.update(ids)
            for at in {self.row_of_id(one) for one in ids if one in self._keys} - {None}:
                self._announce(at or 0)
            return
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
        keys = self._keys
        gone = [key for key in self._order if key[-1] not in wanted_keys]
        fresh = [key for key in wanted if key[-1] not in keys]
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


def _slices(rows: list[T]) -> Iterator[list[T]]:
    """The rows, some at a time."""
    for start in range(0, len(rows), SLICE_ROWS):
        yield rows[start : start + SLICE_ROWS]
