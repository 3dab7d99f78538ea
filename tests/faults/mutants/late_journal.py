"""Journal after commit: what is promised to the person is in the database first, and in the journal later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from chatdesk.store import ledger
from chatdesk.store.journal import Reaches, Record
from chatdesk.store.transaction import Tx
from chatdesk.store.writer import Writer
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """A transaction is committed and answered; then its records are written beside the database."""
    owed: WeakKeyDictionary[Writer, list[Record]] = WeakKeyDictionary()
    attempt, answer = Writer._attempt, Writer._answer

    def fresh_attempt(self: Writer, batch: list[Any]) -> None:
        owed.pop(self, None)  # of a transaction that was rolled back
        attempt(self, batch)

    def record(self: Writer, tx: Tx) -> None:
        head = ledger.head(tx.con)
        owed[self] = [*tx.records, Reaches(0 if head is None else head.number)]

    def answer_first(self: Writer, batch: list[Any], number: int) -> None:
        answer(batch, number)
        try:
            self._journal.append(owed.pop(self, []))
        except OSError:
            self._journal_strayed = True  # it is put right before the next transaction

    with replaced(
        (Writer, "_attempt", fresh_attempt), (Writer, "_record", record), (Writer, "_answer", answer_first)
    ):
        yield
