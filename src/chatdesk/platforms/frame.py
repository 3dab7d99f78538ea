"""The frame of every adapter's `read`: to which step an arrival belongs, and what is the same everywhere."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from chatdesk.domain.arrivals import (
    Accepted,
    Answer,
    Arrived,
    ConnectRefused,
    GoalEnded,
    HandedOver,
    LinkLost,
    NoAnswer,
    OpenStep,
    Packet,
    Reading,
    Verdict,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Dropped
from chatdesk.domain.facts import Facts
from chatdesk.domain.steps import Connect
from chatdesk.platforms import announced, loose
from chatdesk.platforms.memory import ended, without_progress

LATE = Dropped(reason="late_answer")


def handed_over(handed: HandedOver, opened: OpenStep, facts: Facts) -> Reading:
    """An event that waits for nothing is over; one that may have stored something has no outcome."""
    verdict: Verdict = VerdictStored(handed.step_id)
    if opened.step.commits:
        verdict = VerdictUnknown(handed.step_id, "handed over")
    return Reading(ended(facts, opened.goal.token), (), (verdict,))


def unanswered(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    """A step without an answer: unknown where it may have stored something, else to be done later."""
    if lost.left and opened.step.commits:
        return Reading(facts, (), (VerdictUnknown(lost.step_id, lost.reason),))
    return Reading(facts, (), (VerdictLater(lost.step_id, 0, lost.reason),))


def late_answer(answer: Answer, opened: OpenStep, facts: Facts) -> Reading:
    """An HTTP answer to a step that was no request."""
    if opened.step.commits:
        return Reading(facts, (LATE,), (VerdictUnknown(answer.step_id, "late answer"),))
    return Reading(facts, (LATE,), (VerdictLater(answer.step_id, 0),))


class Readers(msgspec.Struct, frozen=True, kw_only=True):
    """How one platform reads each sort of arrival."""

    packet: Callable[[Packet, tuple[OpenStep, ...], Facts], Reading]
    answer: Callable[[Answer, OpenStep, Facts], Reading]
    connect_refused: Callable[[ConnectRefused, OpenStep, Facts], Facts]
    """What a refused handshake changes; its verdict is always 'later', in the server's words."""
    link_lost: Callable[[Facts], Facts]
    """What goes with a socket; a new one begins in the same state."""
    accepted: Callable[[Accepted, OpenStep, Facts], Reading] | None = None
    """Where the acceptance means more than a new socket."""
    handed_over: Callable[[HandedOver, OpenStep, Facts], Reading] = handed_over
    no_answer: Callable[[NoAnswer, OpenStep, Facts], Reading] = unanswered
    goal_ended: Callable[[Facts, int], Facts] = without_progress


def read(readers: Readers, arrived: Arrived, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
    """What something that arrived means; what belongs to no open step is counted and changes nothing."""
    match arrived:
        case Packet():
            return readers.packet(arrived, open_steps, facts)
        case LinkLost():
            return Reading(announced.forgotten(readers.link_lost(facts)))
        case GoalEnded(token=token):
            return Reading(readers.goal_ended(facts, token))
        case Accepted() | ConnectRefused() | HandedOver() | Answer() | NoAnswer():
            opened = next((step for step in open_steps if step.id == arrived.step_id), None)
            if opened is None:
                return Reading(facts, (LATE,))
            return _read_step(readers, arrived, opened, facts)


def _read_step(
    readers: Readers,
    arrived: Accepted | ConnectRefused | HandedOver | Answer | NoAnswer,
    opened: OpenStep,
    facts: Facts,
) -> Reading:
    match arrived:
        case Accepted(step_id=step_id):
            if readers.accepted is not None:
                return readers.accepted(arrived, opened, facts)
            return Reading(readers.link_lost(facts), (), (VerdictStored(step_id),))
        case ConnectRefused(step_id=step_id, server_words=words):
            facts = readers.connect_refused(arrived, opened, facts)
            return Reading(facts, (), (VerdictLater(step_id, 0, loose.words(words) if words else ""),))
        case HandedOver():
            return readers.handed_over(arrived, opened, facts)
        case Answer() if opened.step.note == announced.NOTE:
            return announced.read(opened, arrived, facts)
        case NoAnswer() if opened.step.note == announced.NOTE:
            return announced.unanswered(arrived, facts)
        case Answer():
            return readers.answer(arrived, opened, facts)
        case NoAnswer():
            return readers.no_answer(arrived, opened, facts)


def connected_with(opened: OpenStep, field: str) -> str:
    """What a handshake carried in a field of its payload: the token, as a rule; empty for any other step."""
    payload = loose.mapping(opened.step.auth if isinstance(opened.step, Connect) else None)
    return loose.text(payload.get(field)) or ""
