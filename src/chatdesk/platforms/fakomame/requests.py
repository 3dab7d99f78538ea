"""Requests of the Fakomame platform: paths, the token that none goes without, and what failures mean.

A request without a token is served as a fixed account of somebody else, with success; so every one carries
it. A bad token is answered 500 almost everywhere: after any 500 the token is checked. Source: wire
specification, sections 3.3 and 6.
"""

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
from chatdesk.platforms import loose
from chatdesk.platforms.fakomame import limits
from chatdesk.platforms.fakomame.state import (
    ended,
    fingerprint,
    own_of,
    parked,
    progress_of,
    put,
    with_own,
    with_progress,
)
from chatdesk.wire.fakomame import names

MALFORMED = Dropped(reason="malformed")
FOREIGN = Dropped(reason="foreign")
AUTHORIZATION = "Authorization"


def route(template: str, **parts: str) -> str:
    """A path with its parts percent-encoded: nothing remote ever adds a segment to it."""
    return template.format(**{name: quote(value, safe="") for name, value in parts.items()})


def bearer(facts: Facts) -> tuple[tuple[str, str], ...]:
    """The header that carries the access token."""
    return ((AUTHORIZATION, f"{names.AUTH_SCHEME} {facts.account.secrets.access}"),)


def get(path: str, facts: Facts, note: str, query: tuple[tuple[str, str], ...] = ()) -> Call:
    """A GET with the token."""
    return Call(method="GET", path=path, query=query, headers=bearer(facts), note=note)


def token_of(call: Call) -> str:
    """The access token that a request carries; empty: none."""
    for name, value in call.headers:
        if name == AUTHORIZATION:
            scheme, _, token = value.partition(" ")
            return token if scheme == names.AUTH_SCHEME else ""
    return ""


# -- what is common to every answer ------------------------------------------------------------------------


def said(answer: Answer) -> str:
    """A refusal's words; pages of the web framework say nothing."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    return loose.words(fields.get("error")) or loose.words(fields.get("message"))


def data_of(answer: Answer) -> object:
    """What a success carries; None where it is no success."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED} or not answer.is_json:
        return None
    return loose.mapping(answer.body).get("data")


def retry_after_ms(answer: Answer, otherwise_ms: int = limits.RETRY_AFTER_MS) -> int:
    """How long a 429 wants us to wait; a date instead of seconds counts as not given."""
    seconds = answer.headers.get(names.HEADER_RETRY_AFTER, "").strip()
    if not seconds.isascii() or not seconds.isdigit() or len(seconds) > 9:
        return otherwise_ms
    return min(max(int(seconds) * 1_000, 1_000), limits.RETRY_AFTER_MOST_MS)


def is_page(answer: Answer) -> bool:
    """A 404 or 405 without JSON: the route does not exist here."""
    absent = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
    return answer.status in absent and not loose.mapping(answer.body if answer.is_json else None)


def denies(answer: Answer) -> bool:
    """Whether an answer says in the server's own words that there is no such thing for this account."""
    return answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND} and not is_page(answer)


def token_void(facts: Facts, token: str) -> Facts:
    """The server has refused an access token (a newer one stays good).

    One that a refresh has just brought and that is refused at once shows that refreshing mends nothing.
    """
    mark = fingerprint(token)
    dead = own_of(facts).dead_refresh
    if mark and mark == own_of(facts).renewed:
        dead = fingerprint(facts.account.secrets.refresh)
    return with_own(facts, void_access=mark, dead_refresh=dead, proven="")


def token_doubtful(facts: Facts) -> Facts:
    """A 500 may mean that the token is bad: it counts as good again once the server has said so."""
    return with_own(facts, proven="") if own_of(facts).proven else facts


def done(facts: Facts, opened: OpenStep, step_id: int, *events: Event) -> Reading:
    """The goal is reached with this answer."""
    return Reading(ended(facts, opened.goal.token), events, (VerdictStored(step_id),))


def failed(opened: OpenStep, answer: Answer, facts: Facts, *events: Event) -> Reading:
    """What an answer means that a read could not use."""
    step_id, token, step = answer.step_id, opened.goal.token, opened.step
    words = said(answer)
    if answer.status == HTTPStatus.UNAUTHORIZED and isinstance(step, Call):
        return Reading(token_void(facts, token_of(step)), events, (VerdictLater(step_id, 0, words),))
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = retry_after_ms(answer)
        progress = put(progress_of(facts, token), not_before_ms=facts.now_ms + wait_ms)
        told = (*events, Noticed(code=NoticeCode.RATE_LIMITED, detail=words))
        return Reading(with_progress(facts, token, progress), told, (VerdictLater(step_id, wait_ms),))
    if denies(answer) or is_page(answer):
        reason = ParkReason.FORBIDDEN if answer.status == HTTPStatus.FORBIDDEN else ParkReason.NOT_FOUND
        if is_page(answer):
            events = (*events, Noticed(code=NoticeCode.NOT_FOUND))
        verdict = VerdictRefused(step_id, reason, words)
        return Reading(parked(facts, token, reason, words), events, (verdict,))
    if answer.status < 400:
        events = (*events, MALFORMED)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        facts = token_doubtful(facts)
    progress = progress_of(facts, token)
    failures = progress.failures + 1
    if failures >= limits.READ_FAILURES or 400 <= answer.status < 500:
        told = (*events, Noticed(code=NoticeCode.SERVER_ERROR, detail=words))
        verdict = VerdictRefused(step_id, ParkReason.REFUSED, words)
        return Reading(parked(facts, token, ParkReason.REFUSED, words), told, (verdict,))
    wait_ms = limits.READ_AGAIN_MS
    progress = put(progress, failures=failures, not_before_ms=facts.now_ms + wait_ms)
    return Reading(with_progress(facts, token, progress), events, (VerdictLater(step_id, wait_ms),))


def refused_write(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What any answer but success means for a step that may change something."""
    status, step_id, step, words = answer.status, answer.step_id, opened.step, said(answer)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
        return Reading(facts, (notice,), (VerdictLater(step_id, retry_after_ms(answer), words),))
    if status == HTTPStatus.UNAUTHORIZED and isinstance(step, Call):
        return Reading(token_void(facts, token_of(step)), (), (VerdictLater(step_id, 0, words),))
    if is_page(answer):
        later = VerdictLater(step_id, limits.OTHER_SERVER_MS)
        return Reading(facts, (Noticed(code=NoticeCode.NOT_FOUND),), (later,))
    if 400 <= status < 500 and status != HTTPStatus.REQUEST_TIMEOUT:
        reasons = {403: ParkReason.FORBIDDEN, 404: ParkReason.NOT_FOUND, 413: ParkReason.TOO_LONG}
        reason = reasons.get(status, ParkReason.REFUSED)
        verdict = VerdictRefused(step_id, reason, words)
        return Reading(parked(facts, opened.goal.token, reason, words), (), (verdict,))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        facts = token_doubtful(facts)
    return Reading(facts, (), (VerdictUnknown(step_id, f"HTTP {status}"),))
