"""Actions on paper, and the recorded exchanges that they stand for."""

from __future__ import annotations

from typing import Any

from chatdesk.domain.actions import Action, ActionKind
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind
from chatdesk.domain.steps import Next
from tests.platforms.dispatcher import captures
from tests.platforms.dispatcher.paper import (
    NUMBER,
    ORDER,
    Paper,
)

ROLES = ("user", "moderator", "admin")
NOTE_ID = RemoteId("6afffad76b94d13b6ec339b9")


def act(paper: Paper, kind: ActionKind, **more: Any) -> Next:
    return paper.want(Act(Action(kind=kind, **more)))


def on_order(paper: Paper, kind: ActionKind, **more: Any) -> Next:
    return act(paper, kind, order=ORDER, order_number=NUMBER, order_kind=OrderKind.ORDER, **more)


def given(paper: Paper, frame: captures.Frame) -> Any:
    return paper.verdict(frame["status"], frame["response_body"], is_json=captures.says_json(frame))


def frames(name: str, method: str, path: str, actor: str | None = None) -> list[captures.Frame]:
    found = captures.exchanges(captures.load(name), actor)
    return [frame for frame in found if frame["method"] == method and frame["path"].startswith(path)]


FORM = {
    "contact": "Desk",
    "start": "2026-12-24",
    "truck": "65a000000000000000000301",
    "trailer": "65a000000000000000000302",
    "commodity": "Crane",
    "load": "oversize",
    "length_ft": "90",
    "length_in": "1",
    "width_ft": "12",
    "width_in": "1",
    "height_ft": "15",
    "height_in": "1",
    "rear_overhang_ft": "4",
    "rear_overhang_in": "1",
    "legal_weight": "no",
    "from": "Houston, TX",
    "to": "El Paso, TX",
    "stops": "",
    "message": "Please hurry",
}
