"""Finding out whether this is such a server, and whether it has what is promised and was never seen.

A route that is absent answers 404, or 500 where its last word is taken for an id. What was found holds for a
day. Source: wire specification, sections 1 and 11.
"""

from __future__ import annotations

from http import HTTPStatus

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictLater, VerdictStored
from chatdesk.domain.events import Event, Noticed, NotificationSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode
from chatdesk.domain.steps import Call, Done, Next
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.marketplace import auth, calls, limits
from chatdesk.platforms.memory import at_stage, ended, learnt, progress_of, with_learnt
from chatdesk.wire.marketplace import names

NOTE_HEALTH = "health"
NOTE_PROBE_SEARCH = "probe-search"
NOTE_PROBE_NOTES = "probe-notifications"
NOTE_NOTES = "notifications"
LEARNT_SEARCH = "probe.search"
LEARNT_NOTES = "probe.notifications"
_LEARNT = {NOTE_PROBE_SEARCH: LEARNT_SEARCH, NOTE_PROBE_NOTES: LEARNT_NOTES}
_KEPT_NOTES = 100


def has(facts: Facts, key: str) -> bool:
    """Whether a promised thing was found within the day."""
    return learnt(facts, key) == "yes"


# -- probing -----------------------------------------------------------------------------------------------


def next_probe(token: int, facts: Facts) -> Next:
    """The health of the server, then what it may have beyond what was seen."""
    if progress_of(facts, token).stage != NOTE_PROBE_SEARCH:
        return Call(method="GET", path=names.ROUTE_HEALTH, note=NOTE_HEALTH)
    if auth.blocker(facts) is not None:  # asked without an account, or with one that is over
        return Done()
    if learnt(facts, LEARNT_SEARCH) is None:
        return routes.get(names.ROUTE_SEARCH, facts, NOTE_PROBE_SEARCH, (("q", "a"),))
    if learnt(facts, LEARNT_NOTES) is None:
        return routes.get(names.ROUTE_NOTIFICATIONS, facts, NOTE_PROBE_NOTES)
    return Done()


def read_health(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """This platform tells of its database, healthy or not; nothing else does."""
    fields = loose.mapping(answer.body)
    told = answer.is_json and isinstance(fields.get("status"), str) and "database" in fields
    if told and answer.status in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}:
        facts = at_stage(facts, opened.goal.token, NOTE_PROBE_SEARCH)
        return Reading(facts, (), (VerdictStored(answer.step_id),))
    words = auth.said(answer)
    notice = Noticed(code=NoticeCode.NOT_FOUND, detail=words)
    return replies.probed(opened, answer, words, facts, notice, ours=False)


def read_probe(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Present only where it answers with success and JSON; 404 and 500 both mean absent."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_ms = replies.retry_after_ms(answer)
        return Reading(ended(facts, opened.goal.token), (), (VerdictLater(answer.step_id, wait_ms),))
    present = answer.status == HTTPStatus.OK and answer.is_json
    key = _LEARNT.get(opened.step.note, LEARNT_SEARCH)
    facts = with_learnt(facts, key, "yes" if present else "no", limits.PROBED_US)
    return Reading(facts, (), (VerdictStored(answer.step_id),))


# -- notifications, where a server has them ----------------------------------------------------------------


def next_notes(facts: Facts) -> Next:
    """The list, where probing has found one."""
    if not has(facts, LEARNT_NOTES):
        return Done()
    return routes.get(names.ROUTE_NOTIFICATIONS, facts, NOTE_NOTES)


def read_notes(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Promised and never seen: read as leniently as can be."""
    raw = answer.body if isinstance(answer.body, list) else loose.mapping(answer.body).get("data")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return calls.failed(opened, answer, facts)
    events: list[Event] = []
    for one in raw[:_KEPT_NOTES]:
        fields = loose.mapping(one)
        found = loose.identifier(fields.get("_id")) or loose.identifier(fields.get("id"))
        if found is None:
            events.append(replies.MALFORMED)
            continue
        read = fields.get("read", fields.get("isRead"))
        events.append(
            NotificationSeen(
                remote_id=RemoteId(found),
                title=loose.line(fields.get("title"), 120),
                text=loose.line(fields.get("message"), 500),
                at_us=loose.moment_us(fields.get("createdAt")) or 0,
                unread=read is not True and fields.get("status") != names.STATUS_READ,
            )
        )
    return replies.done(facts, opened, answer.step_id, *events)
