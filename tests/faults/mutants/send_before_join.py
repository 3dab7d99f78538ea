"""Send before join (Fakomame): a message is emitted into a chat that has not let this connection in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import SendText
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.steps import Next
from chatdesk.platforms.fakomame import lane, sends
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """The server stores it and tells its room, where we are not: no echo comes."""
    honest = sends.next_send

    def nothing_first(_chat: RemoteId, _facts: Facts) -> None:
        return None

    def next_send(goal: SendText, facts: Facts) -> Next:
        with replaced((lane, "join_first", nothing_first)):
            return honest(goal, facts)

    with replaced((sends, "next_send", next_send)):
        yield
