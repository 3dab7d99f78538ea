"""What is far too deep, too late, or secret. Any JSON in any field: test_fuzz.py."""

from __future__ import annotations

from typing import Any

import pytest

from chatdesk.domain.arrivals import Answer
from chatdesk.domain.events import Dropped
from chatdesk.domain.goals import Connected, FreshHead, FreshLists, SignIn
from chatdesk.platforms.omw.adapter import OmwAdapter
from chatdesk.wire.omw import names
from tests.platforms.omw.paper import SESSION, Paper, put

EVENTS = [
    *sorted(value for name, value in vars(names).items() if name.startswith("EVENT_")),
    *names.EVENTS_OF_LISTS,
    *names.EVENTS_OF_TRIPS,
    *names.EVENTS_OF_MOVEMENT,
]


@pytest.mark.parametrize("depth", [100, 900])
def test_deep_nesting_is_only_a_strange_value(depth: int) -> None:
    """The decoder's own limit is met before; what it lets through is not walked."""
    value: Any = {"sessionId": 41}
    for _ in range(depth):
        value = {"message": value, "messages": [value] if depth < 200 else value, "sessionId": 41, "id": 5}
    paper = Paper()
    for event in EVENTS:
        paper.push(event, value)
    paper.want(FreshHead(SESSION))
    assert paper.answer(200, value).verdicts


def test_an_answer_that_came_too_late_is_counted() -> None:
    """The engine has given the step up; nothing is done twice."""
    reading = OmwAdapter().read(Answer(5, 200, True, {}), (), Paper().facts)
    assert reading.events == (Dropped(reason="late_answer"),)
    assert reading.verdicts == ()


def test_facts_never_show_a_token() -> None:
    """What ends up in a traceback or a log names no secret."""
    paper = Paper()
    step = paper.want(FreshLists())
    for shown in (repr(paper.facts), repr(step), repr(paper.want(SignIn("Passw0rd!x", otp="123456")))):
        assert "eyJ" not in shown
        assert "Passw0rd" not in shown
        assert "123456" not in shown
    paper.facts = put(paper.facts, online=False)
    assert "eyJ" not in repr(paper.want(Connected()))
