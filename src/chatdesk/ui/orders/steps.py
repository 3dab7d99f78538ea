"""The steps of an order's status timeline: what is done, where it stands, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from chatdesk.domain.entities import Order, StatusChoice
from chatdesk.domain.kinds import OrderKind
from chatdesk.domain.text import one_line

LABEL_CHARS = 60


class StepState(StrEnum):
    """Where the order is, seen from one step."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"


class Step(msgspec.Struct, frozen=True):
    """One line of the timeline. `at_us`: when the order came there; 0 where that is not known."""

    value: str
    label: str
    state: StepState
    at_us: int = 0


def steps(order: Order, statuses: Sequence[StatusChoice]) -> tuple[Step, ...]:
    """The timeline of an order.

    statuses: the platform's own, in the order in which orders usually pass them. The usual path is shown
    whole, except after a side exit such as a cancellation: then only what was reached. Side exits, and
    statuses that the platform's list lacks, are shown where they were reached.
    """
    reached: dict[str, tuple[str, int]] = {}
    for seen in order.history:
        reached[seen.status] = (seen.label, seen.at_us)
    if order.status and order.status not in reached:
        reached[order.status] = (order.status_label, 0)
    path = [choice for choice in statuses if choice.on_path]
    places = {choice.value: at for at, choice in enumerate(path)}
    now_at = places.get(order.status)

    shown: list[Step] = []
    for at, choice in enumerate(path):
        if now_at is not None and at > now_at:
            shown.append(Step(choice.value, _label(choice.label, choice.value), StepState.NEXT))
        elif choice.value in reached or now_at is not None:
            state = StepState.NOW if at == now_at else StepState.DONE
            at_us = reached.get(choice.value, ("", 0))[1]
            shown.append(Step(choice.value, _label(choice.label, choice.value), state, at_us))
    labels = {choice.value: choice.label for choice in statuses}
    before_now = next((at for at, step in enumerate(shown) if step.state is not StepState.DONE), len(shown))
    for value in sorted(reached, key=lambda one: one == order.status):  # the present one comes last
        if value in places:
            continue
        label, at_us = reached[value]
        state = StepState.NOW if value == order.status else StepState.DONE
        shown.insert(before_now, Step(value, _label(label or labels.get(value, ""), value), state, at_us))
        before_now += 1
    return tuple(shown)


def choices(order: Order, statuses: Sequence[StatusChoice]) -> tuple[StatusChoice, ...]:
    """The statuses that a person may set: every selectable one that may follow the present."""
    return tuple(
        choice
        for choice in statuses
        if choice.selectable
        and choice.value != order.status
        and (not choice.after or order.status in choice.after)
    )


def of_kind(statuses: Sequence[StatusChoice], kind: OrderKind) -> tuple[StatusChoice, ...]:
    """The statuses that orders of a kind have, where an account has orders of several."""
    return tuple(choice for choice in statuses if not choice.kinds or kind in choice.kinds)


def label_of(value: str, statuses: Sequence[StatusChoice]) -> str:
    """A status in the platform's words; its bare value where the platform's list lacks it."""
    return next((_label(one.label, value) for one in statuses if one.value == value), _label("", value))


def _label(label: str, value: str) -> str:
    return one_line(label or value, LABEL_CHARS)
