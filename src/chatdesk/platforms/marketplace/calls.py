"""What answers mean that their own readers could not use, as far as this platform differs from others."""

from __future__ import annotations

from chatdesk.domain.arrivals import (
    Answer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
    VerdictUnknown,
)
from chatdesk.domain.events import Event, Noticed
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.platforms import replies
from chatdesk.platforms.marketplace import auth


def misread(opened: OpenStep, step_id: int, facts: Facts) -> Reading:
    """An answer to a step that its goal does not make: only a fault can lead here."""
    if opened.step.commits:
        return Reading(facts, (replies.MALFORMED,), (VerdictUnknown(step_id, "misread"),))
    return Reading(facts, (replies.MALFORMED,), (VerdictStored(step_id),))


def failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What an answer means that a read could not use; whoever asked decides when to ask again."""
    words = auth.said(answer)
    if not 400 <= answer.status < 500 and replies.is_last_failure(opened, facts):
        events: tuple[Event, ...] = (replies.MALFORMED,) if answer.status < 400 else ()
        notice = Noticed(code=NoticeCode.SERVER_ERROR, detail=words)
        return Reading(facts, (*events, notice), (VerdictLater(answer.step_id, 0, words),))
    return replies.failed_read(opened, answer, words, facts)


def refused_write(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What any answer but success means for a step that may have changed something."""
    if replies.is_page_of_another(answer):
        return replies.refused(opened, answer.step_id, ParkReason.NOT_FOUND, "", facts)
    return replies.failed_write(opened, answer, auth.said(answer), facts)
