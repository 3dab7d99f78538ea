"""Blind resend on timeout: a send whose outcome nobody knows just goes again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.domain import outbox
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import KeyGrade
from chatdesk.sync import pump
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """No answer is taken for no arrival; history is not asked."""

    async def unclear(self: pump.Pump, item: Outgoing, detail: str, _grade: KeyGrade) -> None:
        await self._record(item.id, outbox.Unknown(detail))
        await self._record(item.id, outbox.SafeToRepeat())
        self._rests.after_setback(item, 0)

    async def before_repeat(_self: pump.Pump, _item: Outgoing) -> None:
        return None

    with replaced((pump.Pump, "_unclear", unclear), (pump.Pump, "_before_repeat", before_repeat)):
        yield
