"""Marketplace's empty window taken as absence: where nothing is stored, it counts as evidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.domain.events import WindowRead
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.platforms.marketplace import history
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """Every empty answer reads as the whole conversation, whether or not this server keeps messages."""

    def nothing(goal: FreshHead | OlderPage, _facts: Facts, *, bad: int) -> tuple[WindowRead, ...]:
        return (history._window(goal, start=True, head=True, complete=not bad),)

    with replaced((history, "_nothing", nothing)):
        yield
