"""Late mark-read: everything is marked as read although newer messages are unseen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.domain.entities import Outgoing
from chatdesk.sync import pump
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """A mark that has waited goes as soon as the link is back, without catching up first."""

    def may_mark(_self: pump.Pump, _item: Outgoing) -> bool:
        return True

    with replaced((pump.Pump, "_may_mark", may_mark)):
        yield
