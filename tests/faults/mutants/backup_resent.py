"""Queue resent from a backup: a database that was put back is taken for the one that the journal followed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.store import rejoin
from chatdesk.store.journal import Contents
from chatdesk.store.rejoin import Rejoined, Standing
from chatdesk.store.transaction import Tx
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """Neither the generation nor the journal is looked at: what the old copy has queued just goes."""

    def follows(_self: Contents, _generation: str) -> bool:
        return True

    def nothing(_tx: Tx, _contents: Contents, _standing: Standing) -> Rejoined:
        return Rejoined(0, 0, 0, 0)

    with replaced((Contents, "follows", follows), (rejoin, "rejoin", nothing)):
        yield
