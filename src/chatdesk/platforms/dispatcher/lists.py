"""Paging through the order list, past pages that the server can't build.

One order whose truck was deleted makes its whole page fail: the page is halved down to that order, which is
then skipped. Source: wire specification, section 4.1.
"""

from __future__ import annotations

import msgspec

from chatdesk.domain.facts import Facts
from chatdesk.domain.steps import Call
from chatdesk.platforms import routes
from chatdesk.platforms.dispatcher import limits
from chatdesk.platforms.memory import put
from chatdesk.wire.dispatcher import names

NOTE_ORDERS = "orders"

FILTER = tuple((names.QUERY_STATUS, status) for status in (*names.STATUS_LABELS, names.STATUS_ALL))
"""Every status by name: left out, none is wanted."""


class ListWalk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reading of the list stands: `offset` orders are behind it, pages of `size` lie ahead."""

    offset: int = 0
    size: int = limits.LIST_PAGE
    most: int = limits.LIST_PAGE
    """Largest page that the server gives."""
    first_total: int | None = None
    total: int | None = None
    skipped: int = 0
    bad_in_a_row: int = 0
    restarts: int = 0
    done: bool = False
    broken: bool = False
    """Nothing but failures: the list can't be read at all now."""


def call(walk: ListWalk, facts: Facts) -> Call:
    """The request for the next page. `search` must be there, and so must every status that is wanted."""
    page = walk.offset // walk.size + 1
    query = (("page", str(page)), ("limit", str(walk.size)), ("search", ""), *FILTER)
    return routes.get(names.ROUTE_ORDERS, facts, NOTE_ORDERS, query)


def page_came(walk: ListWalk, count: int, total: int | None, per_page: int | None) -> ListWalk:
    """The reading after a page of `count` records; total and per_page are its totalItems and itemsPerPage."""
    first = walk.first_total if walk.first_total is not None else total
    if per_page is not None and 0 < per_page < walk.size:  # the server gives less than it was asked for
        capped = put(walk, size=_aligned(walk.offset, per_page), most=per_page)
        if walk.offset:  # the page number meant another stretch: ask again in the server's own size
            return capped
        walk = capped
    offset = walk.offset + walk.size
    end = offset >= total if total is not None else count < walk.size
    moved = total is not None and first is not None and total < first
    if end and moved and walk.restarts < limits.RESTARTS:
        return ListWalk(restarts=walk.restarts + 1)  # orders went away: one may have slipped past a border
    return put(
        walk,
        offset=offset,
        size=_aligned(offset, min(walk.size * 2, walk.most)),
        first_total=first,
        total=total,
        bad_in_a_row=0,
        done=end,
    )


def page_failed(walk: ListWalk) -> ListWalk:
    """The reading after a page that the server could not build: half of it, or past the one bad order."""
    if walk.size > 1:
        return put(walk, size=_aligned(walk.offset, walk.size // 2))
    bad = walk.bad_in_a_row + 1
    if bad >= (limits.LIST_BAD_FIRST if walk.total is None else limits.LIST_BAD_IN_A_ROW):
        return put(walk, done=True, broken=True)
    offset = walk.offset + 1
    return put(
        walk,
        offset=offset,
        skipped=walk.skipped + 1,
        bad_in_a_row=bad,
        done=walk.total is not None and offset >= walk.total,
    )


def _aligned(offset: int, wanted: int) -> int:
    """The largest page size up to `wanted` whose pages have a border at `offset`."""
    size = max(wanted, 1)
    while offset % size:
        size -= 1
    return size
