"""No watermark: an attempt names no message that was there before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.domain.entities import Outgoing
from chatdesk.sync import pump
from chatdesk.sync.heads import Watermark
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """Whatever the conversation holds of the same text may be the send, however old it is."""

    async def watermark(_self: pump.Pump, _item: Outgoing) -> Watermark:
        return Watermark((), complete=True)

    with replaced((pump.Pump, "_watermark", watermark)):
        yield
