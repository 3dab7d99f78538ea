"""What is common to the answers of all routes: ids, and refusals in the words of this platform."""

from __future__ import annotations

from chatdesk.domain.arrivals import Answer, OpenStep, Reading
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.platforms import loose, replies
from chatdesk.platforms.steppergo import auth


def remote_id(value: object) -> RemoteId | None:
    """An id of the platform (25 letters and digits, as a rule), or None."""
    found = loose.identifier(value)
    return None if found is None else RemoteId(found)


def failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What an answer means that a read could not use."""
    return replies.failed_read(opened, answer, auth.said(answer), facts)


def failed_write(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What any answer but success means for a step that may change something."""
    words = auth.said(answer)
    return replies.failed_write(opened, answer, words, facts, unclear=words)
