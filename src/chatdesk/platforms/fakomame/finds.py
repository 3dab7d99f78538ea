"""Looking up packages and trips: the platform's lists are everybody's, and no page of them ends.

A page's number only moves the start, so an answer is cut here. The server's search refuses words that look
like a number or a truth value: for those the rows are looked through here. Source: wire specification,
section 6.6.
"""

from __future__ import annotations

import re
from http import HTTPStatus

import msgspec

from chatdesk.domain.actions import FindKind, FindOffer, FindScope, Hit, Lookup, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Find
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason
from chatdesk.domain.steps import Next, Parked
from chatdesk.platforms import replies, routes
from chatdesk.platforms.fakomame import items, limits, lists, requests
from chatdesk.platforms.fakomame.items import Row
from chatdesk.platforms.memory import at_stage, ended, progress_of
from chatdesk.wire.fakomame import names

NOTE_FIND = "find"
OFFERS = (
    FindOffer(kind=FindKind.PACKAGE, scopes=(FindScope.ALL, FindScope.SENT, FindScope.RECEIVED), words=True),
    FindOffer(kind=FindKind.TRIP, scopes=(FindScope.ALL, FindScope.MINE), words=True),
)
_ROUTES = {FindKind.PACKAGE: names.ROUTE_PACKAGES, FindKind.TRIP: names.ROUTE_TRIPS}
_KINDS = {FindKind.PACKAGE: OrderKind.PACKAGE, FindKind.TRIP: OrderKind.TRIP}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|0[xXbBoO][0-9a-fA-F]+|[+-]?Infinity")
_LITERALS = frozenset({"true", "false", "null", "undefined", "nan"})
_WORDS_CHARS = 200


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """Where a look-up stands. here: the words are looked for here, not by the server."""

    page: int = 1
    rows: int = 0
    here: bool = False
    hits: tuple[Hit, ...] = ()
    seen: frozenset[RemoteId] = frozenset()


def is_refused_by_search(words: str) -> bool:
    """Whether the server's search would take these words for a number or a truth value, and refuse."""
    return words.casefold() in _LITERALS or _NUMBER.fullmatch(words) is not None


def _words(lookup: Lookup) -> str:
    return " ".join(lookup.words.split())[:_WORDS_CHARS]


def _search(token: int, lookup: Lookup, facts: Facts) -> Search:
    data = progress_of(facts, token).data
    return data if isinstance(data, Search) else Search(here=is_refused_by_search(_words(lookup)))


def next_find(goal: Find, token: int, facts: Facts) -> Next:
    """One page of the platform's list, by words where it takes them."""
    lookup = goal.lookup
    offer = next((one for one in OFFERS if one.kind is lookup.kind), None)
    if offer is None or lookup.scope not in offer.scopes or lookup.page < 0:
        return Parked(ParkReason.REFUSED)
    search, words = _search(token, lookup, facts), _words(lookup)
    query = [("page", str(search.page)), ("limit", str(names.ITEMS_PAGE))]
    if words and not search.here:
        query.append(("search", words))
    return routes.get(_ROUTES[lookup.kind], facts, NOTE_FIND, tuple(query))


def read_find(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Rows of the list: what belongs to the scope, cut to the page that was asked for."""
    goal, token, step_id = opened.goal.kind, opened.goal.token, answer.step_id
    if not isinstance(goal, Find) or goal.lookup.kind not in _KINDS:
        return replies.done(facts, opened, step_id, replies.MALFORMED)
    lookup = goal.lookup
    search = _search(token, lookup, facts)
    records = requests.data_of(answer)
    if not isinstance(records, list):
        refused = answer.status in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST}
        if refused and _words(lookup) and not search.here:
            facts = at_stage(facts, token, NOTE_FIND, Search(here=True))
            return Reading(facts, (), (VerdictStored(step_id),))
        return requests.failed(opened, answer, facts)
    search, events = _taken(lookup, search, records, facts)
    total = lists.total_of(answer)
    enough = len(search.hits) > (lookup.page + 1) * limits.FIND_PAGE
    more_rows = bool(records) and total is not None and search.rows < total
    if more_rows and not enough and search.page < limits.FIND_TRIED:
        search = msgspec.structs.replace(search, page=search.page + 1)
        return Reading(at_stage(facts, token, NOTE_FIND, search), events, (VerdictStored(step_id),))
    first = lookup.page * limits.FIND_PAGE
    hits = search.hits[first : first + limits.FIND_PAGE]
    more = len(search.hits) > first + limits.FIND_PAGE or more_rows
    verdict = VerdictStored(step_id, result=Result(hits=hits, more=more and bool(hits)))
    return Reading(ended(facts, token), events, (verdict,))


def _taken(
    lookup: Lookup, search: Search, records: list[object], facts: Facts
) -> tuple[Search, tuple[Event, ...]]:
    hits, seen = list(search.hits), set(search.seen)
    events: list[Event] = []
    words = _words(lookup) if search.here else ""
    for record in records:
        row = lists.read_row(record, _KINDS[lookup.kind], facts)
        if row is None:
            events.append(replies.MALFORMED)
        elif row.seen.remote_id not in seen:  # a page that was moved by a new row repeats one
            seen.add(row.seen.remote_id)
            if _in_scope(row, lookup.scope, facts) and (not words or items.mentions(record, words)):
                hits.append(items.hit(record, row))
    search = msgspec.structs.replace(
        search, rows=search.rows + len(records), hits=tuple(hits), seen=frozenset(seen)
    )
    return search, tuple(events)


def _in_scope(row: Row, scope: FindScope, facts: Facts) -> bool:
    me = facts.account.user_id
    match scope:
        case FindScope.SENT | FindScope.MINE:
            return row.owner == me
        case FindScope.RECEIVED:
            return row.receiver == me
        case _:
            return True
