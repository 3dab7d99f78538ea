"""Requests with a token, and what every answer means that its own reader could not use."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from chatdesk.domain.events import Dropped, Event, Noticed
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
from chatdesk.platforms.marketplace import auth, limits
from chatdesk.platforms.marketplace.state import ended, parked, progress_of, put, with_progress

MALFORMED = Dropped(reason="malformed")
FOREIGN = Dropped(reason="foreign")
"""Of other people: this platform tells everybody everything. Counted, and nothing of it is kept."""


def route(template: str, **parts: str) -> str:
    """A path with its parts percent-encoded: nothing remote ever adds a segment to it."""
    return template.format(**{name: quote(value, safe="") for name, value in parts.items()})


def get(path: str, facts: Facts, note: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    """A GET with the token."""
    return Call(method="GET", path=path, query=query, headers=auth.bearer(facts), note=note)


def is_page_of_another(answer: Answer) -> bool:
    """A 404 without JSON: the route does not exist here."""
    return answer.status == HTTPStatus.NOT_FOUND and not answer.is_json


def done(facts: Facts, opened: OpenStep, step_id: int, *events: Event) -> Reading:
    """The goal is reached with this answer."""
    return Reading(ended(facts, opened.goal.token), events, (VerdictStored(step_id),))


def misread(opened: OpenStep, step_id: int, facts: Facts) -> Reading:
    """An answer to a step that its goal does not make: only a fault can lead here."""
    if opened.step.commits:
        return Reading(facts, (MALFORMED,), (VerdictUnknown(step_id, "misread"),))
    return Reading(facts, (MALFORMED,), (VerdictStored(step_id),))


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
        verdict = VerdictRefused(step_id, reason, words)
        return Reading(parked(facts, token, reason, words), (), (verdict,))
    if is_page_of_another(answer):
        reason = ParkReason.NOT_FOUND
        notice = Noticed(code=NoticeCode.NOT_FOUND)
        return Reading(parked(facts, token, reason), (notice,), (VerdictRefused(step_id, reason),))
    events: tuple[Event, ...] = (MALFORMED,) if answer.status < 400 else ()
    notice = Noticed(code=NoticeCode.SERVER_ERROR, detail=words)
    if 400 <= answer.status < 500:
        verdict = VerdictRefused(step_id, ParkReason.REFUSED, words)
        return Reading(parked(facts, token, ParkReason.REFUSED, words), (notice,), (verdict,))
    progress = progress_of(facts, token)
    failures = progress.failures + 1
    if failures >= limits.READ_FAILURES:  # for this time; whoever asked decides when to ask again
        return Reading(facts, (*events, notice), (VerdictLater(step_id, 0, words),))
    wait_ms = limits.READ_AGAIN_MS
    progress = put(progress, failures=failures, not_before_ms=facts.now_ms + wait_ms)
    return Reading(with_progress(facts, token, progress), events, (VerdictLater(step_id, wait_ms),))


def refused_write(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What any answer but success means for a step that may have changed something."""
    status, step_id = answer.status, answer.step_id
    words = auth.said(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
        return Reading(facts, (notice,), (VerdictLater(step_id, auth.retry_after_ms(answer), words),))
    if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:
        reasons = {403: ParkReason.FORBIDDEN, 404: ParkReason.NOT_FOUND, 413: ParkReason.TOO_LONG}
        reason = reasons.get(status, ParkReason.REFUSED)
        facts = parked(facts, opened.goal.token, reason, words)
        return Reading(facts, (), (VerdictRefused(step_id, reason, words),))
    return Reading(facts, (), (VerdictUnknown(step_id, f"HTTP {status}"),))
