"""What is common to the answers of all routes: paths, refusals, waits, and the end of a goal."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from chatdesk.domain.actions import Result
from chatdesk.domain.events import Dropped, Event, Noticed
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.ports import (
    Answer,
    Call,
    Facts,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.platforms import loose
from chatdesk.platforms.steppergo import auth, limits
from chatdesk.platforms.steppergo.state import ended, parked, progress_of, put, with_progress

MALFORMED = Dropped(reason="malformed")
FOREIGN = Dropped(reason="foreign")


def remote_id(value: object) -> RemoteId | None:
    """An id of the platform (25 letters and digits, as a rule), or None."""
    found = loose.identifier(value)
    return None if found is None else RemoteId(found)


def route(template: str, **parts: str) -> str:
    """A path with its parts percent-encoded: nothing remote ever adds a segment to it."""
    return template.format(**{name: quote(value, safe="") for name, value in parts.items()})


def get(path: str, facts: Facts, note: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    """A GET with the session."""
    return Call(method="GET", path=path, query=query, headers=auth.bearer(facts), note=note)


def is_page_of_another(answer: Answer) -> bool:
    """A 404 without JSON: the route does not exist here."""
    return answer.status == HTTPStatus.NOT_FOUND and not answer.is_json


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


def failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What an answer means that a read could not use."""
    step_id, token = answer.step_id, opened.goal.token
    words = auth.said(answer)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = auth.retry_after_ms(answer)
        progress = put(progress_of(facts, token), not_before_ms=facts.now_ms + wait_ms)
        notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
        return Reading(with_progress(facts, token, progress), (notice,), (VerdictLater(step_id, wait_ms),))
    if answer.is_json and answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        reason = ParkReason.FORBIDDEN if answer.status == HTTPStatus.FORBIDDEN else ParkReason.NOT_FOUND
        return refused(opened, step_id, reason, words, facts)
    if is_page_of_another(answer):
        return refused(opened, step_id, ParkReason.NOT_FOUND, "", facts, Noticed(code=NoticeCode.NOT_FOUND))
    events: tuple[Event, ...] = (MALFORMED,) if answer.status < 400 else ()
    progress = progress_of(facts, token)
    failures = progress.failures + 1
    if failures >= limits.READ_FAILURES or 400 <= answer.status < 500:
        events = (*events, Noticed(code=NoticeCode.SERVER_ERROR, detail=words))
        return refused(opened, step_id, ParkReason.REFUSED, words, facts, *events)
    wait_ms = limits.READ_AGAIN_MS
    progress = put(progress, failures=failures, not_before_ms=facts.now_ms + wait_ms)
    return Reading(with_progress(facts, token, progress), events, (VerdictLater(step_id, wait_ms),))


def failed_write(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What any answer but success means for a step that may change something."""
    status, step_id, words = answer.status, answer.step_id, auth.said(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
        return Reading(facts, (notice,), (VerdictLater(step_id, auth.retry_after_ms(answer), words),))
    if is_page_of_another(answer):
        later = VerdictLater(step_id, limits.OTHER_SERVER_MS)
        return Reading(facts, (Noticed(code=NoticeCode.NOT_FOUND),), (later,))
    if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:
        reasons = {403: ParkReason.FORBIDDEN, 404: ParkReason.NOT_FOUND, 413: ParkReason.TOO_LONG}
        return refused(opened, step_id, reasons.get(status, ParkReason.REFUSED), words, facts)
    return Reading(facts, (), (VerdictUnknown(step_id, words or f"HTTP {status}"),))
