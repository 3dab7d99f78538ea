"""Reading a chat's history by REST: pages from the newest, each ascending, told in `data.data`.

There is no cursor: what arrives while pages are read shifts them. So messages are merged by id, and a reading
in which the total changed or a message came twice begins anew. Messages that were hidden by a moderator stay
in the pages, as deleted. Source: wire specification, section 6.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from chatdesk.domain.arrivals import (
    Answer,
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictStored,
)
from chatdesk.domain.events import ConversationGone, Event, MessageDeleted, MessageSeen, WindowRead
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, Source
from chatdesk.domain.steps import Call
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.fakomame import limits, requests, translate
from chatdesk.platforms.fakomame.state import room_of, with_people, with_room
from chatdesk.platforms.memory import at_stage, ended, progress_of, put
from chatdesk.wire.fakomame import names

NOTE_HISTORY = "history"


class Page(msgspec.Struct, frozen=True):
    """One page as it came. bad: records that could not be read."""

    messages: tuple[MessageSeen, ...]
    records: int
    total: int | None
    bad: int


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading has brought so far, and the page that it wants next."""

    page: int
    size: int
    first: int
    """The page to begin with."""
    top: int
    """The newest page read."""
    bottom: int = 0
    """The oldest page read."""
    found: Mapping[RemoteId, MessageSeen] = MappingProxyType({})
    total: int | None = None
    pages: int = 0
    bad: int = 0
    ends: bool = False
    holed: bool = False
    restarts: int = 0

    def messages(self) -> list[MessageSeen]:
        """What was found, oldest first."""
        return sorted(self.found.values(), key=lambda one: one.cursor)


def begin(goal: FreshHead | OlderPage, facts: Facts) -> Walk:
    """An empty reading."""
    size = room_of(facts, goal.conversation).page_size
    page = 1
    if isinstance(goal, OlderPage):
        page = max(min(goal.held, 10**9) // size, 1)
    return Walk(page=page, size=size, first=page, top=page)


def next_history(token: int, goal: FreshHead | OlderPage, facts: Facts) -> Call:
    """The next page of a reading."""
    walk = _walk(token, goal, facts)
    query = (("chatId", goal.conversation), ("page", str(walk.page)), ("limit", str(walk.size)))
    call = routes.get(names.ROUTE_MESSAGES, facts, NOTE_HISTORY, query)
    return put(call, timeout_ms=limits.PAGE_TIMEOUT_MS)


def _walk(token: int, goal: FreshHead | OlderPage, facts: Facts) -> Walk:
    data = progress_of(facts, token).data
    return data if isinstance(data, Walk) else begin(goal, facts)


# -- reading -----------------------------------------------------------------------------------------------


def told(
    records: list[object], chat: RemoteId, facts: Facts
) -> tuple[Facts, tuple[MessageSeen, ...], tuple[Event, ...]]:
    """Stored messages of a chat as events; what belongs to another chat, or to none, is dropped."""
    found: list[MessageSeen] = []
    events: list[Event] = []
    for record in records:
        seen = translate.message(record, facts.account, Source.STORED, chat)
        if seen is None:
            events.append(replies.MALFORMED)
        elif seen.conversation != chat:
            events.append(replies.FOREIGN)
        else:
            found.append(seen)
            events += as_events(seen)
    people = {one.sender_id: one.sender_name for one in found if one.sender_id}
    return with_people(facts, chat, people), tuple(found), tuple(events)


def as_events(seen: MessageSeen) -> tuple[Event, ...]:
    """A message as it is; one that a moderator has hidden is a deletion as well, final."""
    if not seen.deleted:
        return (seen,)
    return seen, MessageDeleted(conversation=seen.conversation, remote_id=seen.remote_id)


def read_history(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of a history; with the last one, what the whole reading proves."""
    goal, token = opened.goal.kind, opened.goal.token
    if not isinstance(goal, FreshHead | OlderPage):
        return Reading(facts, (replies.MALFORMED,), (VerdictStored(answer.step_id),))
    data = loose.mapping(requests.data_of(answer))
    records = data.get("data")
    if not isinstance(records, list):
        return requests.failed(opened, answer, facts, *withdrawn(goal.conversation, answer))
    facts, found, events = told(records, goal.conversation, facts)
    total = loose.whole(loose.mapping(data.get("pagination")).get("total"))
    page = Page(found, len(records), total, len(records) - len(found))
    walk, more = advance(goal, _walk(token, goal, facts), page)
    if more:
        return Reading(at_stage(facts, token, NOTE_HISTORY, walk), events, (VerdictStored(answer.step_id),))
    return replies.done(facts, opened, answer.step_id, *events, window(goal, walk))


def withdrawn(chat: RemoteId, answer: Answer) -> tuple[Event, ...]:
    """A chat that is not ours any more."""
    return (gone(chat),) if requests.denies(answer) else ()


def gone(chat: RemoteId) -> ConversationGone:
    """The chat becomes read-only here, with the reason."""
    return ConversationGone(remote_id=chat, lifecycle=Lifecycle.READ_ONLY, why=ClosedWhy.ACCESS_WITHDRAWN)


def too_large(opened: OpenStep, lost: NoAnswer, facts: Facts) -> Reading:
    """A page whose files are more than is taken: smaller pages from here on, and at last one less."""
    goal, token = opened.goal.kind, opened.goal.token
    later = (VerdictLater(lost.step_id, 0, lost.reason),)
    if not isinstance(goal, FreshHead | OlderPage):
        return Reading(facts, (), later)
    walk = _walk(token, goal, facts)
    smaller = [size for size in limits.PAGE_SIZES if size < walk.size]
    if smaller:
        facts = with_room(facts, goal.conversation, page_size=smaller[0])
        return Reading(at_stage(facts, token, NOTE_HISTORY, begin(goal, facts)), (), later)
    walk = put(walk, page=walk.page + 1, bottom=walk.page, pages=walk.pages + 1, bad=walk.bad + 1)
    if walk.pages < limits.HEAD_PAGES:
        return Reading(at_stage(facts, token, NOTE_HISTORY, walk), (replies.MALFORMED,), later)
    return Reading(ended(facts, token), (replies.MALFORMED, window(goal, walk)), later)


# -- which page next ---------------------------------------------------------------------------------------


def advance(goal: FreshHead | OlderPage, walk: Walk, page: Page) -> tuple[Walk, bool]:
    """The reading with one more page, and whether it wants another."""
    news = {one.remote_id: one for one in page.messages}
    shifted = bool(walk.found.keys() & news.keys()) or (walk.total is not None and page.total != walk.total)
    if shifted and walk.restarts < limits.RESTARTS:
        again = Walk(page=walk.first, size=walk.size, first=walk.first, top=walk.first)
        return put(again, restarts=walk.restarts + 1), True
    if isinstance(goal, OlderPage) and not page.records and not walk.found and walk.page > 1:
        # Behind the end: the hint was too great.
        last = max(-(-(page.total or 0) // walk.size), 1)
        walk = put(walk, page=min(last, walk.page - 1), pages=walk.pages + 1, total=page.total)
        return put(walk, top=walk.page), walk.pages < limits.OLDER_PAGES
    ends = page.records < walk.size or (page.total is not None and walk.page * walk.size >= page.total)
    walk = put(
        walk,
        found={**walk.found, **news},
        total=page.total,
        pages=walk.pages + 1,
        bad=walk.bad + page.bad,
        ends=walk.ends or (ends and walk.page >= walk.bottom),
        holed=walk.holed or shifted,
        top=min(walk.top, walk.page),
        bottom=max(walk.bottom, walk.page),
    )
    if isinstance(goal, OlderPage):
        return _older(goal, walk)
    if walk.ends or _met(goal, walk):
        return walk, False
    if walk.pages >= (limits.WINDOW_PAGES if goal.complete else limits.HEAD_PAGES):
        return put(walk, holed=goal.complete), False
    return put(walk, page=walk.bottom + 1), True


def _met(goal: FreshHead, walk: Walk) -> bool:
    """Whether the reading reaches down to what is known, or far enough where nothing is.

    What a join or the list of chats has brought is known too, and may stand above a hole: so a head is read
    until its oldest message is known, or all that is known has been met.
    """
    if not goal.known:
        return not goal.complete and len(walk.found) + walk.bad >= limits.LIMITS.head_page
    met = goal.known & walk.found.keys()
    if goal.complete:
        return bool(met)
    oldest = min(walk.found.values(), key=lambda one: one.cursor, default=None)
    return met == goal.known or (oldest is not None and oldest.remote_id in goal.known)


def _older(goal: OlderPage, walk: Walk) -> tuple[Walk, bool]:
    """Toward the start until enough is there; toward the head first, where the stretch hangs in the air."""
    if walk.pages >= limits.OLDER_PAGES:
        return walk, False
    if walk.top > 1 and not any(one.cursor >= goal.before for one in walk.found.values()):
        return put(walk, page=walk.top - 1), True
    older = sum(one.cursor < goal.before for one in walk.found.values())
    if walk.ends or older >= (limits.MANY_LEAST if goal.many else limits.OLDER_LEAST):
        return walk, False
    return put(walk, page=walk.bottom + 1), True


def window(goal: FreshHead | OlderPage, walk: Walk) -> WindowRead:
    """The stretch that was read, and what it proves."""
    found = walk.messages()
    return WindowRead(
        conversation=goal.conversation,
        ids=tuple(one.remote_id for one in found),
        oldest=found[0].cursor if found else None,
        newest=found[-1].cursor if found else None,
        complete=walk.bad == 0 and not walk.holed and (bool(found) or walk.ends),
        reaches_start=walk.ends and not walk.holed,
        reaches_head=walk.top == 1,
        total=walk.total,
        pages=max(1, walk.pages),
    )
