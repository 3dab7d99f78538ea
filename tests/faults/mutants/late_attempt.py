"""Attempt committed after the emit: bytes leave first, and what says so reaches the disk later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.domain.steps import Step
from chatdesk.sync import runner
from tests.faults.mutants.defect import replaced

BEHIND_S = 0.01
"""As if the disk took this long and nobody waited for it; shorter than any timeout."""


@contextmanager
def plant() -> Iterator[None]:
    """Between the first byte and the attempt's row, a death leaves a send that seems untried."""
    honest = runner._Run._do

    async def do(self: runner._Run, step: Step) -> runner.Ending | None:
        ask, self._before_commit = self._before_commit, None
        if not step.commits or ask is None:
            self._before_commit = ask
            return await honest(self, step)
        under_way = asyncio.ensure_future(honest(self, step))
        try:
            await asyncio.sleep(BEHIND_S)
            wanted = await ask(step)
            ending = await under_way
        finally:
            under_way.cancel()
        return ending if wanted else runner.Vetoed()

    with replaced((runner._Run, "_do", do)):
        yield
