"""Rows of a model, read once and then kept up by commits: whose values win, and what is announced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QTimer

from chatdesk.domain.desk import Snapshot
from chatdesk.domain.ids import AccountId

ROOT = QModelIndex()
CHUNK_ROWS = 200
"""Rows of the full read that are taken over in one turn of the event loop: about 5 ms of work."""


class Entity(Protocol):
    """What is kept: a conversation or an order."""

    @property
    def account_id(self) -> AccountId:
        """Whose it is."""
        ...


I = TypeVar("I", bound=int)  # noqa: E741 - the id's type
T = TypeVar("T", bound=Entity)
R = TypeVar("R")


class LiveRows(QObject, Generic[I, T, R]):
    """The rows behind one item model, in no particular order: proxies arrange them.

    Changes of a commit that a snapshot already contains are ignored; a row that a commit changed after the
    snapshot was read keeps the commit's values. The model is never reset. GUI thread only.
    """

    def __init__(
        self,
        host: QAbstractItemModel,
        first: Snapshot[T],
        *,
        id_of: Callable[[T], I],
        make: Callable[[T], R],
        changed: Callable[[frozenset[I]], None],
        completed: Callable[[], None],
    ) -> None:
        """Starts with the rows of `first`; `complete` brings the rest.

        host: the model whose rows these are, and their owner. make: the row of an entity. changed: told which
        rows were put or removed, after views were. completed: told when a full snapshot has been taken over.
        """
        super().__init__(host)
        self._host = host
        self._id_of = id_of
        self._make = make
        self._changed = changed
        self._completed = completed
        self._entities: list[T] = list(first.rows)
        self._rows: list[R] = [make(one) for one in first.rows]
        self._row_of_id: dict[I, int] = {id_of(one): at for at, one in enumerate(first.rows)}
        self._commit = first.commit
        # Until the snapshot is in: which commit last spoke of a row or an account.
        self._spoken: dict[I, int] = {}
        self._gone_accounts: dict[AccountId, int] = {}
        self._whole = False
        self._incoming: list[T] = []
        self._incoming_commit = 0
        self._chunks = QTimer(self)
        self._chunks.setInterval(0)
        self._chunks.timeout.connect(self._take_chunk)

    # -- what is here ----------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def is_whole(self) -> bool:
        """True once a full snapshot is in: only then is an empty list really empty."""
        return self._whole

    def at(self, row: int) -> R:
        """The row at a place. Raises IndexError."""
        return self._rows[row]

    def id_at(self, row: int) -> I:
        """The id of a row. Raises IndexError."""
        return self._id_of(self._entities[row])

    def row_of_id(self, one: I) -> int | None:
        """The place of an id; None: not here."""
        return self._row_of_id.get(one)

    def find(self, one: I) -> R | None:
        """The row of an id; None: not here (yet)."""
        at = self._row_of_id.get(one)
        return None if at is None else self._rows[at]

    # -- the full read ---------------------------------------------------------------------------------

    def complete(self, snapshot: Snapshot[T]) -> None:
        """Take over every row, some at a time; `completed` is told at the end.

        A newer snapshot replaces one that is still being taken over.
        """
        self._incoming = list(reversed(snapshot.rows))
        self._incoming_commit = snapshot.commit
        listed = {self._id_of(one) for one in snapshot.rows}
        self._remove(
            one for one in self._row_of_id if one not in listed and self._spoken_at(one) <= snapshot.commit
        )
        self._chunks.start()

    def _take_chunk(self) -> None:
        chunk: list[T] = []
        while self._incoming and len(chunk) < CHUNK_ROWS:
            one = self._incoming.pop()
            gone_at = self._gone_accounts.get(one.account_id, 0)
            if max(self._spoken_at(self._id_of(one)), gone_at) <= self._incoming_commit:
                chunk.append(one)
        self._put(chunk)
        if not self._incoming:
            self._chunks.stop()
            self._commit = max(self._commit, self._incoming_commit)
            self._spoken.clear()
            self._gone_accounts.clear()
            self._whole = True
            self._completed()

    def _spoken_at(self, one: I) -> int:
        """Newest commit that what is here of a row is known to contain."""
        floor = self._commit if one in self._row_of_id else 0
        return self._spoken.get(one, floor)

    # -- commits ---------------------------------------------------------------------------------------

    def put(self, number: int, entities: Sequence[T]) -> None:
        """Rows as they are since commit `number`, new or changed."""
        if number <= self._commit:
            return
        for one in entities:
            self._speak(self._id_of(one), number)
        self._put(entities)

    def gone(self, number: int, ids: Iterable[I]) -> None:
        """Rows deleted by commit `number`."""
        if number <= self._commit:
            return
        lost = list(ids)
        for one in lost:
            self._speak(one, number)
        self._remove(lost)

    def accounts_gone(self, number: int, ids: Iterable[AccountId]) -> None:
        """Accounts removed by commit `number`: their rows go with them."""
        if number <= self._commit:
            return
        lost = set(ids)
        if not self._whole or self._incoming:
            self._gone_accounts.update(dict.fromkeys(lost, number))
        self.gone(number, [self._id_of(one) for one in self._entities if one.account_id in lost])

    def _speak(self, one: I, number: int) -> None:
        if not self._whole or self._incoming:
            self._spoken[one] = number

    # -- rows ------------------------------------------------------------------------------------------

    def _put(self, entities: Iterable[T]) -> None:
        fresh: dict[I, T] = {}
        known: set[I] = set()
        for one in entities:
            one_id = self._id_of(one)
            at = self._row_of_id.get(one_id)
            if at is None:
                fresh[one_id] = one
            elif self._entities[at] != one:
                self._entities[at] = one
                self._rows[at] = self._make(one)
                known.add(one_id)
        self.announce(known)
        if fresh:
            start = len(self._rows)
            self._host.beginInsertRows(ROOT, start, start + len(fresh) - 1)
            self._entities.extend(fresh.values())
            self._rows.extend(self._make(one) for one in fresh.values())
            self._row_of_id.update({one_id: start + at for at, one_id in enumerate(fresh)})
            self._host.endInsertRows()
        if fresh or known:
            self._changed(frozenset(fresh) | known)

    def announce(self, ids: Iterable[I]) -> None:
        """Tell views that these rows look different; those that are not here are passed over."""
        last_column = self._host.columnCount() - 1
        for first, last in runs(sorted(at for one in ids if (at := self._row_of_id.get(one)) is not None)):
            self._host.dataChanged.emit(self._host.index(first, 0), self._host.index(last, last_column))

    def announce_all(self) -> None:
        """Tell views that every row looks different."""
        if self._rows:
            last = self._host.index(len(self._rows) - 1, self._host.columnCount() - 1)
            self._host.dataChanged.emit(self._host.index(0, 0), last)

    def _remove(self, ids: Iterable[I]) -> None:
        lost = {one for one in ids if one in self._row_of_id}
        if not lost:
            return
        first = self._bring_to_end(lost)
        self._host.beginRemoveRows(ROOT, first, len(self._rows) - 1)
        for one in lost:
            del self._row_of_id[one]
        del self._rows[first:], self._entities[first:]
        self._host.endRemoveRows()
        self._changed(frozenset(lost))

    def _bring_to_end(self, lost: set[I]) -> int:
        """Order the rows so that the lost ones come last, however scattered; the first of them."""
        first = len(self._rows) - len(lost)
        if all(self._row_of_id[one] >= first for one in lost):
            return first
        host = self._host
        host.layoutAboutToBeChanged.emit()
        before = host.persistentIndexList()
        ids = [self.id_at(index.row()) for index in before]
        order = sorted(range(len(self._rows)), key=lambda at: self.id_at(at) in lost)
        self._rows = [self._rows[at] for at in order]
        self._entities = [self._entities[at] for at in order]
        self._row_of_id = {self._id_of(one): at for at, one in enumerate(self._entities)}
        after = [host.index(self._row_of_id[one], old.column()) for one, old in zip(ids, before, strict=True)]
        host.changePersistentIndexList(before, after)
        host.layoutChanged.emit()
        return first


def runs(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Sorted row numbers as (first, last) of each unbroken run."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
