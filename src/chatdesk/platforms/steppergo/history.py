"""Reading a trip's history: one unpaged answer with every visible message, people and our unread number.

What the answer lacks was hidden by an administrator, and nothing else ever says so. Since every reading is
whole, messages of which nothing has changed are not told again, but for the newest. Source: wire
specification, section 6.2.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, MessageSeen, ReadSeen, WindowRead
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshHead, MarkRead, OlderPage
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason, Source
from chatdesk.domain.steps import Call, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import ended
from chatdesk.platforms.steppergo import access, answers, auth, ids, limits, translate
from chatdesk.platforms.steppergo.state import Person, trip_of, with_conversation, with_trip
from chatdesk.platforms.steppergo.translate import Record
from chatdesk.wire.steppergo import names

NOTE_HISTORY = "history"


def call(trip: RemoteId, facts: Facts) -> Call:
    """The request for a trip's history. It makes no conversation where there is none."""
    return routes.get(routes.path(names.ROUTE_HISTORY, trip_id=trip), facts, NOTE_HISTORY)


def next_history(goal: FreshHead | OlderPage, facts: Facts) -> Next:
    """One request reads everything, whatever was asked for."""
    if answers.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    return access.closed(goal.conversation, facts) or auth.blocker(facts) or call(goal.conversation, facts)


class Page(msgspec.Struct, frozen=True):
    """What an answer holds. bad: records that could not be read."""

    conversation: str
    records: tuple[Record, ...]
    bad: int
    unread: int | None
    people: dict[RemoteId, Person]


def page_of(answer: Answer, trip: RemoteId, facts: Facts) -> Page | None:
    """The history that an answer holds; None where it holds none."""
    data = loose.mapping(loose.mapping(answer.body).get("data"))
    raw = data.get("messages")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return None
    conversation = answers.remote_id(data.get("conversationId")) or ""
    found: list[Record] = []
    bad = 0
    for one in raw:
        record = translate.message(one, facts, Source.STORED, trip)
        if record is None or record.platform_conversation not in {"", conversation}:
            bad += 1
        elif not record.hidden:
            found.append(record)
    people: dict[RemoteId, Person] = {}
    unread = loose.whole(data.get("unreadCount"))
    for one in loose.listing(data.get("participants"))[: limits.MOST_PEOPLE]:
        fields = loose.mapping(one)
        user = loose.mapping(fields.get("user"))
        user_id = answers.remote_id(fields.get("userId")) or answers.remote_id(user.get("id"))
        if user_id is None:
            continue
        people[user_id] = Person(loose.line(user.get("name"), 120), loose.line(user.get("role"), 40).lower())
        if unread is None and user_id == facts.account.user_id:
            unread = loose.whole(fields.get("unreadCount"))
    found.sort(key=lambda record: record.seen.cursor)
    return Page(conversation, tuple(found), bad, unread, people)


def read_history(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What the answer with a history means."""
    goal, step_id = opened.goal.kind, answer.step_id
    if not isinstance(goal, FreshHead | OlderPage | MarkRead):
        return Reading(facts, (replies.MALFORMED,), (VerdictStored(step_id),))
    trip = goal.conversation
    if access.denies(answer):
        facts, events = access.refused(facts, trip)
        denied = answer.status == HTTPStatus.FORBIDDEN
        reason = ParkReason.FORBIDDEN if denied else ParkReason.NOT_FOUND
        return replies.refused(opened, step_id, reason, auth.said(answer), facts, *events)
    page = page_of(answer, trip, facts)
    if page is None:
        return answers.failed(opened, answer, facts)
    facts, events = taken(page, trip, facts, whole=isinstance(goal, FreshHead) and goal.complete)
    if not isinstance(goal, MarkRead) or not page.conversation:  # nothing to be read where nobody has written
        facts = ended(facts, opened.goal.token)
    return Reading(facts, events, (VerdictStored(step_id),))


def taken(page: Page, trip: RemoteId, facts: Facts, *, whole: bool) -> tuple[Facts, tuple[Event, ...]]:
    """A history as events. whole: tell every message, also those of which nothing has changed."""
    known = trip_of(facts, trip)
    facts = with_conversation(facts, trip, page.conversation)
    seen = [record.seen for record in page.records]
    hashes = {one.remote_id: hash(msgspec.json.encode(one)) for one in seen}
    told = known.told if known.read_epoch == facts.epoch else {}
    newest = frozenset(one.remote_id for one in seen[-limits.ALWAYS_TOLD :])
    fresh = [
        one
        for one in seen
        if whole or one.remote_id in newest or told.get(one.remote_id) != hashes[one.remote_id]
    ]
    facts = with_trip(
        facts, trip, people=page.people, read_ms=facts.now_ms, read_epoch=facts.epoch, told=hashes
    )
    facts = ids.checked(facts, seen)
    facts, opening = access.let_in(facts, trip, unread=page.unread)
    events: list[Event] = [*opening, *fresh, *((replies.MALFORMED,) * page.bad)]
    mark = _read_mark(page, trip, facts)
    if mark is not None:
        events.append(mark)
    events.append(_window(page, trip, seen))
    return facts, tuple(events)


def _window(page: Page, trip: RemoteId, seen: list[MessageSeen]) -> WindowRead:
    """Everything that there is, in one answer."""
    return WindowRead(
        conversation=trip,
        ids=tuple(one.remote_id for one in seen),
        oldest=seen[0].cursor if seen else None,
        newest=seen[-1].cursor if seen else None,
        complete=page.bad == 0,
        reaches_start=True,
        reaches_head=True,
        total=len(seen) if page.bad == 0 else None,
    )


def _read_mark(page: Page, trip: RemoteId, facts: Facts) -> ReadSeen | None:
    """Up to which own message somebody has read; whoever it was read everything before it as well."""
    read = [record.seen for record in page.records if record.seen.own and record.is_read]
    if not read:
        return None
    others = [user for user in page.people if user != facts.account.user_id]
    reader = others[0] if len(others) == 1 else RemoteId("")
    return ReadSeen(conversation=trip, person_id=reader, by_self=False, cursor=read[-1].cursor)
