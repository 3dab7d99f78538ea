"""The one-time code at arrival: sent to the customer, told to the worker, and entered here.

The code is in one request and nowhere else: no detail, no event, no log has it. Source: wire specification,
section 7.
"""

from __future__ import annotations

import re
from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictLater, VerdictStored
from chatdesk.domain.events import Noticed, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import ended
from chatdesk.platforms.omw import auth, bookings, limits, offers, sessions, translate
from chatdesk.wire.omw import names, shapes, texts

NOTE_REQUEST = "request-code"
NOTE_CONFIRM = "confirm-code"
_CODE = re.compile(rf"\d{{{names.OTP_DIGITS}}}\Z", re.ASCII)
_MINUTES = re.compile(r"\b(\d{1,4}) minute", re.ASCII)


def next_step(action: Action, facts: Facts) -> Next:
    """The one request of either action."""
    booking = bookings.booking_of(action)
    if facts.account.role != names.ROLE_WORKER:
        return Parked(ParkReason.FORBIDDEN)
    if booking is None:
        return Parked(ParkReason.NOT_FOUND)
    if action.kind is ActionKind.REQUEST_CODE:
        return Call(
            method="POST",
            path=routes.path(names.ROUTE_GENERATE_OTP, booking_id=booking),
            body={},
            headers=routes.bearer(facts),
            timeout_ms=limits.CODE_TIMEOUT_MS,
            commits=True,
            note=NOTE_REQUEST,
        )
    code = action.fields.get(offers.CODE_FIELD.key, "").strip()
    if not _CODE.match(code):
        return Parked(ParkReason.REFUSED, texts.ERR_OTP_FORMAT)
    return Call(
        method="POST",
        path=routes.path(names.ROUTE_VERIFY_OTP, booking_id=booking),
        body=msgspec.to_builtins(shapes.CodeBody(code)),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_CONFIRM,
    )


def read_request(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Sent, too soon after the last one, or not to be sent at all: each in the server's words."""
    goal, step_id = opened.goal.kind, answer.step_id
    words = _words(answer, goal)
    if answer.status == HTTPStatus.OK and answer.is_json and isinstance(goal, Act):
        until_us = loose.moment_us(loose.mapping(answer.body).get("expires_at"))
        result = Result(order=bookings.booking_of(goal.action), text=words, until_us=until_us)
        return replies.done(facts, opened, step_id, result=result)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
        return Reading(facts, (notice,), (VerdictLater(step_id, _wait_ms(answer, words), words),))
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and answer.is_json and words:
        # It has a code and could not send it: nothing is with the customer, and it says so itself.
        return replies.refused(opened, step_id, ParkReason.REFUSED, words, facts)
    return replies.failed_write(opened, answer, words, facts)


def _wait_ms(answer: Answer, words: str) -> int:
    """How long the server wants us to wait: by header, or in words ("wait 10 minutes")."""
    told = _MINUTES.search(words)
    if names.HEADER_RETRY_AFTER in answer.headers:
        return replies.retry_after_ms(answer)
    if told is None:
        return limits.CODE_WAIT_MS
    return min(max(int(told[1]), 1) * 60_000, replies.RETRY_AFTER_MOST_MS)


def read_confirm(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Right: the work has begun. Wrong, expired, or not the time for it: in the server's words."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    words = _words(answer, goal)
    if answer.status == HTTPStatus.OK and answer.is_json and isinstance(goal, Act):
        booking = bookings.booking_of(goal.action)
        status = translate.status_of(loose.mapping(answer.body).get("status")) or names.STATUS_IN_PROGRESS
        verdict = VerdictStored(step_id, result=Result(order=booking, text=words))
        if booking is None:
            return Reading(ended(facts, token), (Stale(),), (verdict,))
        facts = sessions.with_status(facts, booking, status)
        events = (translate.with_status(booking, status), Stale())
        return Reading(ended(facts, token), events, (verdict,))
    return replies.failed_write(opened, answer, words, facts)


def _words(answer: Answer, goal: object) -> str:
    """The server's words without the code, should it repeat it."""
    words = auth.said(answer)
    code = goal.action.fields.get(offers.CODE_FIELD.key, "").strip() if isinstance(goal, Act) else ""
    return words.replace(code, "…") if code else words
