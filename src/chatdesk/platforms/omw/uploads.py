"""Bringing a file to the server for a message: what it would refuse is refused here, in plain words.

Its own refusals are pages of HTML that say why only outside production. An upload by itself tells nobody: the
message with its address does. Source: wire specification, section 6.7.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import PurePath

from chatdesk.domain.actions import Action, Attachment, Result
from chatdesk.domain.arrivals import (
    Answer,
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.kinds import ParkReason
from chatdesk.domain.steps import Call, FilePart, Next, Parked
from chatdesk.domain.text import well_formed
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import ended, parked
from chatdesk.platforms.omw import limits, offers, sessions
from chatdesk.wire.omw import names, texts

NOTE_UPLOAD = "upload"
_OF_OURS = {"disk": ParkReason.REFUSED, "too_large": ParkReason.TOO_LONG}
"""Ends that trying again would not change."""


def content_type_of(name: str, facts: Facts) -> str | None:
    """The type to declare for a file of this name; None: the server would refuse it."""
    return offers.file_rule(facts).types.get(PurePath(name).suffix.lower().lstrip("."))


def next_step(action: Action, facts: Facts) -> Next:
    """The one request of an upload."""
    name = _name_of(action)
    content_type = content_type_of(name, facts)
    if not action.path:
        return Parked(ParkReason.EMPTY)
    if content_type is None:
        return Parked(ParkReason.REFUSED, texts.PAGE_FILE_TYPE)
    if action.size_bytes is not None and action.size_bytes > names.UPLOAD_LIMIT_BYTES:
        return Parked(ParkReason.TOO_LONG, texts.PAGE_FILE_SIZE)
    part = FilePart(field=names.UPLOAD_FIELD, filename=name, content_type=content_type, path=action.path)
    return Call(
        method="POST",
        path=names.ROUTE_UPLOAD,
        headers=routes.bearer(facts),
        file=part,
        timeout_ms=limits.UPLOAD_TIMEOUT_MS,
        note=NOTE_UPLOAD,
    )


def _name_of(action: Action) -> str:
    return well_formed(action.file_name or PurePath(action.path).name)


def read_upload(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The file's address on the server; its name is ours, since the server garbles what is not ASCII."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    if answer.status in {HTTPStatus.OK, HTTPStatus.CREATED} and answer.is_json and isinstance(goal, Act):
        file = loose.mapping(loose.mapping(answer.body).get("file"))
        url = loose.text(file.get("url"), names.FILE_URL_CHARS + 1) or ""
        if not url or len(url) > names.FILE_URL_CHARS:
            facts = parked(facts, token, ParkReason.REFUSED)
            refused = VerdictRefused(step_id, ParkReason.REFUSED)
            return Reading(facts, (replies.MALFORMED,), (refused,))
        name = _name_of(goal.action) or loose.line(file.get("name"))
        attachment = Attachment(
            url=url,
            name=name[: names.FILE_NAME_CHARS],
            content_type=content_type_of(name, facts) or "",
            size_bytes=loose.whole(file.get("size")),
        )
        verdict = VerdictStored(step_id, result=Result(attachment=attachment))
        return Reading(ended(facts, token), (), (verdict,))
    refusal = _refusal(answer)
    if refusal is None:
        return sessions.failed(opened, answer, facts)
    reason, words = refusal
    return replies.refused(opened, step_id, reason, words, facts)


def _refusal(answer: Answer) -> tuple[ParkReason, str] | None:
    """Why the file itself is refused; None where the answer is about something else."""
    page = answer.body if isinstance(answer.body, str) else ""
    if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or texts.PAGE_FILE_SIZE in page:
        return ParkReason.TOO_LONG, texts.PAGE_FILE_SIZE
    if texts.PAGE_FILE_TYPE in page:
        return ParkReason.REFUSED, texts.PAGE_FILE_TYPE
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR and not answer.is_json:
        return ParkReason.REFUSED, ""  # in production the page does not say why
    return None


def unanswered(lost: NoAnswer, opened: OpenStep, facts: Facts) -> Reading:
    """No answer: the file may lie there unused, which harms nobody."""
    reason = _OF_OURS.get(lost.reason)
    if reason is None:
        return Reading(facts, (), (VerdictLater(lost.step_id, 0, lost.reason),))
    return replies.refused(opened, lost.step_id, reason, lost.reason, facts)
