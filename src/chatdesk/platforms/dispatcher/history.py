"""Reading a history whose order nobody defined: which page to ask for next, and what the pages prove.

The query of the recorded servers is unsorted: page 1 may be the oldest or the newest page, and borders move
with every new or deleted message. So each reading finds the direction anew, walks without a hole from the end
that it needs, and says whether the totals held still. Source: wire specification, section 5.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

import msgspec

from chatdesk.domain.events import MessageSeen, WindowRead
from chatdesk.domain.goals import FreshHead, OlderPage
from chatdesk.domain.ids import Cursor
from chatdesk.platforms.dispatcher import limits
from chatdesk.platforms.memory import put

LEARNT_KEY = "history_direction"


class Direction(StrEnum):
    """How the pages of one reading are ordered."""

    RISING = "rising"
    """Page 1 is the oldest."""
    FALLING = "falling"
    """Page 1 is the newest."""
    MIXED = "mixed"
    """Neither: only the whole history tells."""


class PageWish(msgspec.Struct, frozen=True):
    """The next page to ask for."""

    page: int
    limit: int


class PageRead(msgspec.Struct, frozen=True, kw_only=True):
    """One page as it came. total and per_page: `meta.totalItems` and `meta.itemsPerPage` of this answer.

    bad: records on it that could not be read.
    """

    messages: tuple[MessageSeen, ...]
    total: int
    per_page: int | None = None
    bad: int = 0


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading has brought so far. Pages count from 1, as the server's do."""

    limit: int
    pages: Mapping[int, tuple[MessageSeen, ...]] = MappingProxyType({})
    first_total: int | None = None
    total: int = 0
    direction: Direction | None = None
    guess: int = 1
    """The page to begin with."""
    anchor: int | None = None
    """A page of the stretch that is wanted; the walk grows from it."""
    bad: int = 0
    """Records that could not be read: such a reading proves nothing."""
    asked: int = 0
    restarts: int = 0
    whole: bool = False
    """One answer is to hold everything."""
    capped: bool = False
    """The server gives smaller pages than it was asked for."""

    @property
    def last_page(self) -> int:
        """Number of the last page by the newest answer; 1 for an empty history."""
        return max(1, -(-self.total // self.limit))

    def run(self) -> list[int]:
        """The unbroken stretch of pages around the anchor."""
        if self.anchor is None or self.anchor not in self.pages:
            return []
        low = high = self.anchor
        while low - 1 in self.pages:
            low -= 1
        while high + 1 in self.pages:
            high += 1
        return list(range(low, high + 1))

    def messages(self) -> list[MessageSeen]:
        """Messages of the stretch, each once, oldest first."""
        found = {message.remote_id: message for page in self.run() for message in self.pages[page]}
        return sorted(found.values(), key=lambda message: message.cursor)

    def reaches_head(self) -> bool:
        """Whether the stretch holds the newest message."""
        run = self.run()
        return bool(run) and (
            run[0] == 1 if self.direction is Direction.FALLING else run[-1] >= self.last_page
        )

    def reaches_start(self) -> bool:
        """Whether the stretch holds the oldest message."""
        run = self.run()
        return bool(run) and (
            run[-1] >= self.last_page if self.direction is Direction.FALLING else run[0] == 1
        )


def begin(goal: FreshHead | OlderPage, hint: str | None) -> Walk:
    """An empty reading. hint: the direction that earlier readings of this server found."""
    many = isinstance(goal, OlderPage) and goal.many
    if isinstance(goal, OlderPage) and hint == Direction.FALLING:
        held = max(goal.held, 1)
        return _most_below(held) if many else _around(held)
    return Walk(limit=limits.MANY_PAGES[-1] if many else limits.LIMITS.head_page)


def _least(goal: OlderPage) -> int:
    """So many older messages a reading brings at least, where there are any."""
    return limits.MANY_LEAST if goal.many else limits.OLDER_LEAST


def _around(held: int) -> Walk:
    """A reading whose first page has the oldest message that is held, and enough that are older."""
    least, most = limits.LIMITS.head_page, 2 * limits.LIMITS.head_page
    for limit in range(least, most):
        page = (held - 1) // limit + 1
        if page * limit - held >= limits.OLDER_LEAST:
            return Walk(limit=limit, guess=page)
    return Walk(limit=least)


def _most_below(held: int) -> Walk:
    """The same with as many that are older as can be: of some page size nearly the whole page is."""
    limit = max(limits.MANY_PAGES, key=lambda size: -held % size)
    return Walk(limit=limit, guess=(held - 1) // limit + 1)


def take(walk: Walk, page: int, answer: PageRead) -> Walk:
    """The reading with one more page."""
    first = walk.first_total if walk.first_total is not None else answer.total
    if answer.per_page is not None and 0 < answer.per_page < walk.limit:
        walk = put(
            walk, limit=answer.per_page, capped=True, whole=False, pages={} if page > 1 else walk.pages
        )
        if page > 1:  # the page number meant another stretch: begin again with the server's own size
            return put(walk, first_total=first, total=answer.total, guess=1, anchor=None)
    messages = answer.messages
    taken = put(
        walk,
        pages={**walk.pages, page: messages},
        first_total=first,
        total=answer.total,
        bad=walk.bad + answer.bad,
    )
    found = _direction(messages)
    if taken.direction is None and found is not None:
        taken = put(taken, direction=found)
    return taken


def _direction(messages: tuple[MessageSeen, ...]) -> Direction | None:
    """How one page is ordered; None where a single record can't tell."""
    cursors = [message.cursor for message in messages]
    if len(cursors) < 2:
        return None
    pairs = list(pairwise(cursors))
    if all(one < other for one, other in pairs):
        return Direction.RISING
    if all(one > other for one, other in pairs):
        return Direction.FALLING
    return Direction.MIXED


# -- which page next ---------------------------------------------------------------------------------------


def advance(goal: FreshHead | OlderPage, walk: Walk) -> tuple[Walk, PageWish | None]:
    """The reading, and the page to ask for next; None: it has what the goal needs, or all it may ask for."""
    if not walk.pages:
        return _ask(walk, walk.guess)
    if walk.whole or walk.total <= len(walk.pages.get(1, ())):
        return _one_answer(walk)
    wants_whole = walk.direction is Direction.MIXED or (isinstance(goal, FreshHead) and goal.complete)
    if wants_whole and not walk.capped:
        if walk.total <= limits.WHOLE_LIMIT:
            return _ask(_again(walk, walk.total + limits.WHOLE_SLACK, whole=True), 1)
        if walk.limit < limits.WALK_PAGE:
            return _ask(_again(walk, limits.WALK_PAGE), 1)
    anchor, page = _older_page(goal, walk) if isinstance(goal, OlderPage) else _head_page(goal, walk)
    walk = put(walk, anchor=anchor)
    if page is not None:
        return _ask(walk, page) if walk.asked < _most_pages(goal) else (walk, None)
    if walk.first_total != walk.total and len(walk.run()) > 1 and walk.restarts < limits.RESTARTS:
        return _ask(put(_again(walk, walk.limit), restarts=walk.restarts + 1), 1)
    return walk, None


def _one_answer(walk: Walk) -> tuple[Walk, PageWish | None]:
    """One answer holds everything, unless more came between the question and the one before it."""
    if walk.whole and walk.total > walk.limit and walk.restarts < limits.RESTARTS:
        again = _again(walk, walk.total + limits.WHOLE_SLACK, whole=True)
        return _ask(put(again, restarts=walk.restarts + 1), 1)
    return put(walk, anchor=1), None


def _most_pages(goal: FreshHead | OlderPage) -> int:
    if isinstance(goal, OlderPage):
        return limits.OLDER_PAGES
    return limits.WALK_PAGES if goal.complete else limits.HEAD_PAGES


def _ask(walk: Walk, page: int) -> tuple[Walk, PageWish]:
    return put(walk, asked=walk.asked + 1), PageWish(page, walk.limit)


def _again(walk: Walk, limit: int, *, whole: bool = False) -> Walk:
    """The reading from the beginning, with another page size or because the history moved."""
    return Walk(limit=limit, whole=whole, asked=walk.asked, restarts=walk.restarts)


def _head_page(goal: FreshHead, walk: Walk) -> tuple[int, int | None]:
    """(anchor, next page) of a walk from the newest message down to what is known."""
    if walk.direction is Direction.MIXED:
        missing = next((page for page in range(1, walk.last_page + 1) if page not in walk.pages), None)
        return 1, missing
    falling = walk.direction is Direction.FALLING
    head = 1 if falling else walk.last_page
    if head not in walk.pages:
        return head, head
    run = put(walk, anchor=head).run()
    held = [message for page in run for message in walk.pages[page]]
    deeper = run[-1] + 1 if falling else run[0] - 1
    if not 1 <= deeper <= walk.last_page:
        return head, None
    met = any(message.remote_id in goal.known for message in held)
    wants_all = goal.complete and not goal.known
    enough = met or (not goal.known and not wants_all and len(held) >= min(walk.limit, walk.total) // 2)
    return head, None if enough else deeper


def _older_page(goal: OlderPage, walk: Walk) -> tuple[int, int | None]:
    """(anchor, next page) of a walk around a cursor toward the start."""
    falling = walk.direction is Direction.FALLING
    anchor = walk.anchor if walk.anchor is not None else _older_target(goal, walk)
    anchor = min(max(anchor, 1), walk.last_page)
    if anchor not in walk.pages:
        return anchor, anchor
    run = put(walk, anchor=anchor).run()
    newer, older = (run[0] - 1, run[-1] + 1) if falling else (run[-1] + 1, run[0] - 1)
    cursors = [message.cursor for page in run for message in walk.pages[page]]
    before = sum(1 for found in cursors if found < goal.before)
    if before == len(cursors) and 1 <= newer <= walk.last_page:
        return anchor, newer
    if before < _least(goal) and 1 <= older <= walk.last_page:
        return anchor, older
    return anchor, None


def _older_target(goal: OlderPage, walk: Walk) -> int:
    """The page on which the newest message older than the cursor should stand."""
    held = max(goal.held, 0)
    if walk.direction is Direction.FALLING:
        return held // walk.limit + 1
    return max(walk.total - held - 1, 0) // walk.limit + 1


# -- what it proves ----------------------------------------------------------------------------------------


def window(goal: FreshHead | OlderPage, walk: Walk) -> WindowRead:
    """The stretch that was read. Complete: no hole, nothing unreadable, and the totals held still.

    A head is complete only if it reaches the newest message.
    """
    messages = walk.messages()
    ids = tuple(message.remote_id for message in messages)
    steady = walk.first_total == walk.total and walk.bad == 0
    run = walk.run()
    # The server's total may be any number: it is compared, never counted through.
    everything = bool(run) and run[0] == 1 and len(run) == walk.last_page
    if everything and len(ids) != walk.total:
        steady = False
    ordered = walk.direction is not Direction.MIXED or everything
    if isinstance(goal, FreshHead) and not walk.reaches_head():
        steady = False
    oldest: Cursor | None = messages[0].cursor if messages else None
    newest: Cursor | None = messages[-1].cursor if messages else None
    return WindowRead(
        conversation=goal.conversation,
        ids=ids,
        oldest=oldest,
        newest=newest,
        complete=steady and ordered,
        reaches_start=ordered and walk.reaches_start(),
        reaches_head=ordered and walk.reaches_head(),
        total=walk.total,
        pages=max(1, len(walk.run())),
    )
