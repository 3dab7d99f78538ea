"""StepperGO's tempId taken as dedupe: an id that comes back is trusted to keep a second copy away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import KeyGrade
from chatdesk.platforms.steppergo import ids
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """A server that only echoes our id is graded idempotent, so that sends are repeated without looking."""

    def grade(_facts: Facts) -> KeyGrade:
        return KeyGrade.IDEMPOTENT

    with replaced((ids, "grade", grade)):
        yield
