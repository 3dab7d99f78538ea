"""What answers mean on every platform: waits, refusals, failures, and the end of a goal.

Each function gives the one verdict of its step. `words`: what the server said, as the platform reads it.
"""

from __future__ import annotations

from http import HTTPStatus

from chatdesk.domain.actions import Result
from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Dropped, Event, Noticed, OrderSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import ChangeStatus
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.platforms.memory import at_stage, ended, parked, progress_of, put, with_progress

MALFORMED = Dropped(reason="malformed")
FOREIGN = Dropped(reason="foreign")
"""Of other people: counted, and nothing of it is kept."""

READ_AGAIN_MS = 5_000
READ_FAILURES = 3
"""Failures of the same read by the server itself before it is given up."""
OTHER_SERVER_MS = 60_000
"""A route that must exist answered as something else does (a proxy's page, a server being replaced)."""
RETRY_AFTER_MS = 10_000
"""Where a 429 names no time."""
RETRY_AFTER_MOST_MS = 3_600_000

_REASONS: dict[int, ParkReason] = {
    HTTPStatus.FORBIDDEN: ParkReason.FORBIDDEN,
    HTTPStatus.NOT_FOUND: ParkReason.NOT_FOUND,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ParkReason.TOO_LONG,
}


def is_page_of_another(answer: Answer) -> bool:
    """A 404 without JSON: the route does not exist here."""
    return answer.status == HTTPStatus.NOT_FOUND and not answer.is_json


def retry_after_ms(answer: Answer, otherwise_ms: int = RETRY_AFTER_MS) -> int:
    """How long a 429 wants us to wait; a date instead of seconds counts as not given."""
    seconds = answer.headers.get("retry-after", "").strip()
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 9:
        return otherwise_ms
    return min(max(int(seconds) * 1_000, 1_000), RETRY_AFTER_MOST_MS)


# -- the ends of a goal ------------------------------------------------------------------------------------


def done(
    facts: Facts, opened: OpenStep, step_id: int, *events: Event, result: Result | None = None
) -> Reading:
    """The goal is reached with this answer."""
    return Reading(ended(facts, opened.goal.token), events, (VerdictStored(step_id, result=result),))


def refused(
    opened: OpenStep, step_id: int, reason: ParkReason, words: str, facts: Facts, *events: Event
) -> Reading:
    """The goal can't be reached: the server will not."""
    facts = parked(facts, opened.goal.token, reason, words)
    return Reading(facts, events, (VerdictRefused(step_id, reason, words),))


def reason_of(answer: Answer) -> ParkReason:
    """Why a goal is parked that this refusal ends."""
    return _REASONS.get(answer.status, ParkReason.REFUSED)


# -- reads -------------------------------------------------------------------------------------------------


def slow_down(opened: OpenStep, answer: Answer, words: str, facts: Facts, *events: Event) -> Reading:
    """A 429 to a read: its goal rests for as long as the server wants."""
    wait_ms, token = retry_after_ms(answer), opened.goal.token
    progress = put(progress_of(facts, token), not_before_ms=facts.now_ms + wait_ms)
    notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
    verdict = VerdictLater(answer.step_id, wait_ms)
    return Reading(with_progress(facts, token, progress), (*events, notice), (verdict,))


def is_last_failure(opened: OpenStep, facts: Facts) -> bool:
    """Whether a goal that has failed again has failed often enough."""
    return progress_of(facts, opened.goal.token).failures + 1 >= READ_FAILURES


def again(opened: OpenStep, answer: Answer, facts: Facts, *events: Event) -> Reading:
    """A read that the server could not do this time: a little later, and the failure counts."""
    progress = progress_of(facts, opened.goal.token)
    progress = put(progress, failures=progress.failures + 1, not_before_ms=facts.now_ms + READ_AGAIN_MS)
    facts = with_progress(facts, opened.goal.token, progress)
    return Reading(facts, events, (VerdictLater(answer.step_id, READ_AGAIN_MS),))


def failed_read(opened: OpenStep, answer: Answer, words: str, facts: Facts) -> Reading:
    """What an answer means that a read could not use."""
    step_id = answer.step_id
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return slow_down(opened, answer, words, facts)
    if answer.is_json and answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return refused(opened, step_id, reason_of(answer), words, facts)
    if is_page_of_another(answer):
        return refused(opened, step_id, ParkReason.NOT_FOUND, "", facts, Noticed(code=NoticeCode.NOT_FOUND))
    events: tuple[Event, ...] = (MALFORMED,) if answer.status < 400 else ()
    if 400 <= answer.status < 500 or is_last_failure(opened, facts):
        notice = Noticed(code=NoticeCode.SERVER_ERROR, detail=words)
        return refused(opened, step_id, ParkReason.REFUSED, words, facts, *events, notice)
    return again(opened, answer, facts, *events)


def probed(opened: OpenStep, answer: Answer, words: str, facts: Facts, *events: Event, ours: bool) -> Reading:
    """What the answer of a probe's first step means. ours: only this platform answers so.

    A server that is starting or under load is asked again; anything else is no server of this platform.
    """
    if ours:
        return done(facts, opened, answer.step_id)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reading(facts, (), (VerdictLater(answer.step_id, READ_AGAIN_MS, words),))
    return refused(opened, answer.step_id, ParkReason.NOT_FOUND, words, facts, *events)


def compared(facts: Facts, token: int, goal: ChangeStatus, seen: OrderSeen, stage: str) -> Facts:
    """The facts after a look before a change of status.

    Changed already: the goal is reached; as expected: `stage` is next; else somebody else was faster.
    """
    if seen.status == goal.new:
        return ended(facts, token)
    if seen.status == goal.old:
        return at_stage(facts, token, stage)
    return parked(facts, token, ParkReason.CHANGED_MEANWHILE, seen.status_label or "")


# -- what may have changed something -----------------------------------------------------------------------


def failed_write(opened: OpenStep, answer: Answer, words: str, facts: Facts, unclear: str = "") -> Reading:
    """What any answer but success means for a step that may change something.

    A 500 can mean "stored", and a success that is no JSON came from something in between. unclear: what is
    said of such a one; else its status.
    """
    status, step_id = answer.status, answer.step_id
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
        return Reading(facts, (notice,), (VerdictLater(step_id, retry_after_ms(answer), words),))
    if is_page_of_another(answer):
        later = VerdictLater(step_id, OTHER_SERVER_MS)
        return Reading(facts, (Noticed(code=NoticeCode.NOT_FOUND),), (later,))
    if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:
        return refused(opened, step_id, reason_of(answer), words, facts)
    return Reading(facts, (), (VerdictUnknown(step_id, unclear or f"HTTP {status}"),))
