"""Reading a session's history by REST: offsets from the newest, overlapping pages, order by id.

Pages are ordered by whole seconds only, so inside the oldest second of a page messages may be missing and
others stand in their place: what counts as read without a hole ends above that second. Offsets move as
messages arrive: pages overlap, and are merged by id. Source: wire specification, section 6.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, Stale, WindowRead
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import MessageKind, Source
from chatdesk.domain.steps import Call, Next
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.memory import at_stage, progress_of, put
from chatdesk.platforms.omw import auth, echoes, limits, marks, offers, sessions, translate, zones
from chatdesk.platforms.omw.translate import Record
from chatdesk.wire.omw import names, texts

NOTE_HISTORY = "history"
OLDER_LEAST = 25
"""So many older messages a scroll upward brings at least, where there are any."""


class Page(msgspec.Struct, frozen=True):
    """One page as it came. ends: nothing older is behind it. bad: records that could not be read."""

    records: tuple[Record, ...]
    ends: bool
    bad: int


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading has brought so far, and the page that it wants next."""

    offset: int
    limit: int
    step: int
    top: int
    """Offset of the newest page read."""
    bottom: int = 0
    """Offset behind the oldest page read."""
    records: Mapping[int, Record] = MappingProxyType({})
    pages: int = 0
    bad: int = 0
    ends: bool = False
    holed: bool = False
    restarts: int = 0

    def certain(self) -> list[Record]:
        """The records of which none is missing in between, oldest first."""
        if not self.records:
            return []
        found = [self.records[one] for one in sorted(self.records)]
        seconds = [record.seen.sent_at_us // 1_000_000 for record in found]
        low, high = 0, found[-1].number + 1
        if not self.ends:
            oldest = min(seconds)
            low = max(one.number for one, second in zip(found, seconds, strict=True) if second == oldest)
        if self.top > 0:
            newest = max(seconds)
            high = min(one.number for one, second in zip(found, seconds, strict=True) if second == newest)
        return [record for record in found if low < record.number < high]


def begin(goal: FreshHead | OlderPage) -> Walk:
    """An empty reading."""
    if isinstance(goal, OlderPage):
        top = max(min(goal.held, 10**9) - limits.OLDER_OVERLAP, 0)
        size = limits.WINDOW_PAGE if goal.many else limits.OLDER_PAGE
        return Walk(offset=top, limit=size, step=size - limits.OLDER_OVERLAP, top=top)
    if goal.complete:
        return Walk(offset=0, limit=limits.WINDOW_PAGE, step=limits.WINDOW_STEP, top=0)
    return Walk(offset=0, limit=limits.HEAD_PAGE, step=limits.HEAD_STEP, top=0)


def next_history(token: int, goal: FreshHead | OlderPage, facts: Facts) -> Next:
    """The next page of a reading, or what must be cleared up before."""
    first = sessions.to_clear_up(goal.conversation, facts) or auth.blocker(facts)
    if first is not None:
        return first
    walk = _walk(token, goal, facts)
    return call(goal.conversation, walk.offset, walk.limit, facts, NOTE_HISTORY)


def call(session: RemoteId, offset: int, limit: int, facts: Facts, note: str) -> Call:
    """The request for a page."""
    path = routes.path(names.ROUTE_MESSAGES, session_id=session)
    return routes.get(path, facts, note, (("limit", str(limit)), ("offset", str(offset))))


def _walk(token: int, goal: FreshHead | OlderPage, facts: Facts) -> Walk:
    data = progress_of(facts, token).data
    return data if isinstance(data, Walk) else begin(goal)


def records_of(raw: list[object], session: RemoteId, facts: Facts) -> tuple[Facts, Page, tuple[Event, ...]]:
    """A page's records; the first that is known from a push as well tells the zone of all."""
    news = False
    for record in raw:
        fields = loose.mapping(record)
        message_id = translate.number(fields.get("id"))
        if message_id is not None:
            facts, told = zones.compared(facts, message_id, fields.get("created_at"))
            news = news or told
    offset = zones.offset_us(facts)
    found = [translate.message(one, facts.account, Source.STORED, offset, session) for one in raw]
    of_others = echoes.others(facts)
    records = tuple(
        echoes.told(one, of_others) for one in found if one is not None and one.seen.conversation == session
    )
    bad = len(raw) - len(records)
    if any(one.seen.kind is MessageKind.AUDIO for one in records):
        facts = offers.saw(facts, offers.AUDIO)
    facts, events = marks.noted(facts, session, records, stored=True)
    events = (*(record.seen for record in records), *events, *((replies.MALFORMED,) * bad))
    if news:  # what was read before was told in the wrong zone
        events = (*events, Stale(conversation=session), Stale())
    return facts, Page(records, ends=False, bad=bad), events


def page_of(
    answer: Answer, session: RemoteId, limit: int, facts: Facts
) -> tuple[Facts, Page, tuple[Event, ...]] | None:
    """The page that an answer holds; None where it holds none."""
    body = loose.mapping(answer.body)
    raw = body.get("messages")
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(raw, list):
        return None
    facts, page, events = records_of(raw, session, facts)
    more = body.get("hasMore")
    ends = not raw or (more is False) or (not isinstance(more, bool) and len(raw) < limit)
    return facts, put(page, ends=ends), events


def read_history(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of a history; with the last one, what the whole reading proves."""
    goal, token = opened.goal.kind, opened.goal.token
    if not isinstance(goal, FreshHead | OlderPage):
        return Reading(facts, (replies.MALFORMED,), (VerdictStored(answer.step_id),))
    if denies(answer):
        return sessions.denied(facts, goal.conversation, token, answer.step_id, auth.said(answer))
    before = _walk(token, goal, facts)
    read = page_of(answer, goal.conversation, before.limit, facts)
    if read is None:
        return sessions.failed(opened, answer, facts)
    facts, page, events = read
    facts = sessions.reached(facts, goal.conversation)
    walk, more = advance(goal, before, page)
    if more:
        facts = at_stage(facts, token, NOTE_HISTORY, walk)
        return Reading(facts, events, (VerdictStored(answer.step_id),))
    told = (*events, window(goal, walk))
    return replies.done(facts, opened, answer.step_id, *told)


def denies(answer: Answer) -> bool:
    """Whether an answer says that the session is not ours, or is over."""
    denying = answer.is_json and answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    return denying and auth.said(answer) in {texts.ERR_ACCESS, texts.ERR_NO_SESSION}


# -- which page next ---------------------------------------------------------------------------------------


def advance(goal: FreshHead | OlderPage, walk: Walk, page: Page) -> tuple[Walk, bool]:
    """The reading with one more page, and whether it wants another."""
    numbers = {record.number: record for record in page.records}
    hole = bool(walk.records and numbers) and not (walk.records.keys() & numbers.keys())
    if hole:
        if walk.restarts < limits.RESTARTS:
            return put(begin(goal), restarts=walk.restarts + 1), True
        return put(walk, holed=True, pages=walk.pages + 1), False
    if isinstance(goal, OlderPage) and not walk.records and not numbers and walk.offset > 0:
        # The hint was too great: behind the end every page is empty, and says nothing.
        half = walk.offset // 2
        walk = put(walk, offset=half, top=half, pages=walk.pages + 1)
        return walk, walk.pages < limits.OLDER_PAGES
    newer = walk.offset < walk.top
    walk = put(
        walk,
        records={**walk.records, **numbers},
        pages=walk.pages + 1,
        bad=walk.bad + page.bad,
        ends=walk.ends or (page.ends and not newer),
        top=min(walk.top, walk.offset),
        bottom=max(walk.bottom, walk.offset + walk.limit),
    )
    if isinstance(goal, OlderPage):
        return _older(goal, walk)
    if walk.ends or _met(goal, walk):
        return walk, False
    most = limits.WINDOW_PAGES if goal.complete else limits.HEAD_PAGES
    if walk.pages >= most:
        return put(walk, holed=goal.complete), False
    return _deeper(walk), True


def _deeper(walk: Walk) -> Walk:
    return put(walk, offset=walk.bottom - (walk.limit - walk.step))


def _met(goal: FreshHead, walk: Walk) -> bool:
    """Whether the stretch reaches down to what is known, or far enough where nothing is."""
    certain = walk.certain()
    if not goal.known:
        return not goal.complete
    if any(record.seen.remote_id in goal.known for record in certain):
        return True
    marks_known = [one for one in map(translate.number, goal.known) if one is not None]
    return bool(certain and marks_known) and certain[0].number < min(marks_known)


def _older(goal: OlderPage, walk: Walk) -> tuple[Walk, bool]:
    """Toward the start until enough is there; toward the head first, where the stretch hangs in the air."""
    certain = walk.certain()
    if walk.pages >= limits.OLDER_PAGES:
        return walk, False
    if walk.top > 0 and not any(record.seen.cursor >= goal.before for record in certain):
        return put(walk, offset=max(walk.top - walk.step, 0)), True
    older = sum(record.seen.cursor < goal.before for record in certain)
    if walk.ends or older >= OLDER_LEAST:
        return walk, False
    return _deeper(walk), True


# -- what it proves ----------------------------------------------------------------------------------------


def window(goal: FreshHead | OlderPage, walk: Walk) -> WindowRead:
    """The stretch that was read, less the seconds at its ends of which something may be missing."""
    certain = walk.certain()
    return WindowRead(
        conversation=goal.conversation,
        ids=tuple(record.seen.remote_id for record in certain),
        oldest=certain[0].seen.cursor if certain else None,
        newest=certain[-1].seen.cursor if certain else None,
        complete=walk.bad == 0 and not walk.holed and (bool(certain) or walk.ends),
        reaches_start=walk.ends and not walk.holed,
        reaches_head=walk.top == 0,
        pages=max(1, walk.pages),
    )
