"""Requests of the Fakomame platform: none goes without a token, and what their failures mean.

A request without a token is served as a fixed account of somebody else, with success; so every one carries
it. A bad token is answered 500 almost everywhere: after any 500 the token is checked. Source: wire
specification, sections 3.3 and 6.
"""

from __future__ import annotations

from http import HTTPStatus

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictLater
from chatdesk.domain.events import Event, Noticed
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import Call
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.fakomame.state import own_of
from chatdesk.platforms.memory import fingerprint, with_own


def said(answer: Answer) -> str:
    """A refusal's words; pages of the web framework say nothing."""
    fields = loose.mapping(answer.body) if answer.is_json else loose.NOTHING
    return loose.words(fields.get("error")) or loose.words(fields.get("message"))


def data_of(answer: Answer) -> object:
    """What a success carries; None where it is no success."""
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED} or not answer.is_json:
        return None
    return loose.mapping(answer.body).get("data")


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


def failed(opened: OpenStep, answer: Answer, facts: Facts, *events: Event) -> Reading:
    """What an answer means that a read could not use."""
    step_id, step = answer.step_id, opened.step
    words = said(answer)
    if answer.status == HTTPStatus.UNAUTHORIZED and isinstance(step, Call):
        return Reading(token_void(facts, routes.token_of(step)), events, (VerdictLater(step_id, 0, words),))
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return replies.slow_down(opened, answer, words, facts, *events)
    if denies(answer) or is_page(answer):
        reason = ParkReason.FORBIDDEN if answer.status == HTTPStatus.FORBIDDEN else ParkReason.NOT_FOUND
        if is_page(answer):
            events = (*events, Noticed(code=NoticeCode.NOT_FOUND))
        return replies.refused(opened, step_id, reason, words, facts, *events)
    if answer.status < 400:
        events = (*events, replies.MALFORMED)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        facts = token_doubtful(facts)
    if 400 <= answer.status < 500 or replies.is_last_failure(opened, facts):
        notice = Noticed(code=NoticeCode.SERVER_ERROR, detail=words)
        return replies.refused(opened, step_id, ParkReason.REFUSED, words, facts, *events, notice)
    return replies.again(opened, answer, facts, *events)


def refused_write(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What any answer but success means for a step that may change something."""
    step_id, step, words = answer.step_id, opened.step, said(answer)
    if answer.status == HTTPStatus.UNAUTHORIZED and isinstance(step, Call):
        return Reading(token_void(facts, routes.token_of(step)), (), (VerdictLater(step_id, 0, words),))
    if is_page(answer):
        later = VerdictLater(step_id, replies.OTHER_SERVER_MS)
        return Reading(facts, (Noticed(code=NoticeCode.NOT_FOUND),), (later,))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        facts = token_doubtful(facts)
    return replies.failed_write(opened, answer, words, facts)
