"""The lists of the Fakomame platform: chats, then now and then the trips and packages of the whole platform.

The order of the chats is meaningless, and nothing in it says unread: the newest message of each is told, and
what is missing before it is read then. Packages and trips are everybody's; only those of this account, and
those that its chats hang on, are taken. Source: wire specification, sections 6.1 and 6.6.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, NoAnswer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import ConversationSeen, Event, ListsRead, Noticed
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, NoticeCode, OrderKind
from chatdesk.domain.steps import Call
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.fakomame import history, items, limits, requests, translate
from chatdesk.platforms.fakomame.items import Row
from chatdesk.platforms.fakomame.state import own_of, room_of, with_item, with_people, with_room
from chatdesk.platforms.fakomame.translate import Chat
from chatdesk.platforms.memory import at_stage, progress_of, put, with_own
from chatdesk.wire.fakomame import names

NOTE_CHATS = "chats"
NOTE_TRIPS = "trips"
NOTE_PACKAGES = "packages"
_ROUTES = {NOTE_TRIPS: names.ROUTE_TRIPS, NOTE_PACKAGES: names.ROUTE_PACKAGES}


class ItemWalk(msgspec.Struct, frozen=True, kw_only=True):
    """Where the reading of one list of packages or trips stands."""

    page: int = 1
    rows: int = 0


def next_lists(token: int, facts: Facts) -> Call:
    """Chats, then trips, then packages."""
    progress = progress_of(facts, token)
    if progress.stage not in _ROUTES:
        return routes.get(names.ROUTE_CHATS, facts, NOTE_CHATS)
    walk = progress.data if isinstance(progress.data, ItemWalk) else ItemWalk()
    query = () if walk.page == 1 else (("page", str(walk.page)),)
    call = routes.get(_ROUTES[progress.stage], facts, progress.stage, query)
    return put(call, timeout_ms=limits.PAGE_TIMEOUT_MS)


# -- chats -------------------------------------------------------------------------------------------------


def read_chats(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The list of chats, which is never paged."""
    records = requests.data_of(answer)
    if not isinstance(records, list):
        return requests.failed(opened, answer, facts)
    events: list[Event] = []
    here: set[RemoteId] = set()
    for record in records:
        chat = translate.chat(record, facts.account)
        if chat is None:
            events.append(replies.MALFORMED)
            continue
        here.add(chat.seen.remote_id)
        facts, of_chat = told(chat, facts)
        events += of_chat
    for one, room in own_of(facts).rooms.items():
        if room.listed and one not in here:
            facts = with_room(facts, one, listed=False)
            events.append(history.gone(one))
    if facts.now_ms >= own_of(facts).items_due_ms:
        facts = at_stage(facts, opened.goal.token, NOTE_TRIPS)
        return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))
    return replies.done(facts, opened, answer.step_id, *events, ListsRead())


def told(chat: Chat, facts: Facts) -> tuple[Facts, tuple[Event, ...]]:
    """A chat, its order, and its newest message."""
    seen, chat_id = chat.seen, chat.seen.remote_id
    order = seen.order_remote_id or RemoteId("")
    facts = with_room(with_people(facts, chat_id, chat.people), chat_id, listed=True, order=order)
    events: list[Event] = []
    for stub, kind in ((chat.package, OrderKind.PACKAGE), (chat.trip, OrderKind.TRIP)):
        if stub is not None and stub.item == order:
            beside = items.in_words(chat.trip) if kind is OrderKind.PACKAGE else ""
            facts = with_item(facts, order, kind=kind, **({"beside": beside} if beside else {}))
            events.append(items.of_stub(stub, kind))
    events.append(_as_denied(seen, facts))
    if chat.preview is not None:
        facts, _, of_preview = history.told([chat.preview], chat_id, facts)
        events += of_preview
    return facts, tuple(events)


def _as_denied(seen: ConversationSeen, facts: Facts) -> ConversationSeen:
    """The chat as it is; one that this connection was refused stays read-only, whatever the list says."""
    if not facts.online or room_of(facts, seen.remote_id).denied != facts.epoch:
        return seen
    return put(seen, lifecycle=Lifecycle.READ_ONLY, closed_why=ClosedWhy.ACCESS_WITHDRAWN)


# -- trips and packages ------------------------------------------------------------------------------------


def read_items(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One answer of a list: in the servers seen all rows of the platform, whatever page was asked for."""
    stage = opened.step.note
    records = requests.data_of(answer)
    if not isinstance(records, list):
        return _without(opened, answer, facts)
    kind = OrderKind.TRIP if stage == NOTE_TRIPS else OrderKind.PACKAGE
    events: list[Event] = []
    for record in records:
        row = read_row(record, kind, facts)
        if row is None:
            events.append(replies.MALFORMED)
        elif is_ours(row, facts):
            known = own_of(facts).items.get(row.seen.remote_id)
            facts = with_row(facts, row)
            # The detail has more lines than a row of the list.
            detailed = known is not None and known.detailed
            events.append(put(row.seen, fields=None, participants=None) if detailed else row.seen)
    progress = progress_of(facts, opened.goal.token)
    walk = progress.data if isinstance(progress.data, ItemWalk) else ItemWalk()
    rows = walk.rows + len(records)
    total = total_of(answer)
    if records and total is not None and rows < total and walk.page < limits.ITEM_PAGES:
        facts = at_stage(facts, opened.goal.token, stage, ItemWalk(page=walk.page + 1, rows=rows))
        return Reading(facts, tuple(events), (VerdictStored(answer.step_id),))
    return _next_list(opened, answer.step_id, facts, *events)


def _next_list(opened: OpenStep, step_id: int, facts: Facts, *events: Event) -> Reading:
    if opened.step.note == NOTE_TRIPS:
        facts = at_stage(facts, opened.goal.token, NOTE_PACKAGES)
        return Reading(facts, events, (VerdictStored(step_id),))
    facts = with_own(facts, items_due_ms=facts.now_ms + limits.ITEMS_MS)
    return replies.done(facts, opened, step_id, *events, ListsRead())


def _without(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The chats are here; a list of items that can't be read is asked for again with the next round."""
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return requests.failed(opened, answer, facts)
    events: tuple[Event, ...] = (replies.MALFORMED,) if answer.status < 400 else ()
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        due_ms = facts.now_ms + replies.retry_after_ms(answer)
        facts = with_own(facts, items_due_ms=due_ms)
        events = (Noticed(code=NoticeCode.RATE_LIMITED, detail=requests.said(answer)),)
    elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        facts = requests.token_doubtful(facts)
    return replies.done(facts, opened, answer.step_id, *events, ListsRead())


def items_unanswered(opened: OpenStep, lost: NoAnswer, facts: Facts) -> Reading:
    """A list of the whole platform that did not come: the chats alone have to do.

    One that is more than is taken, or takes too long, is left alone for a while.
    """
    if lost.reason in {"too_large", "timeout"}:
        facts = with_own(facts, items_due_ms=facts.now_ms + limits.ITEMS_MS)
    return replies.done(facts, opened, lost.step_id, ListsRead())


# -- rows, for the lists, one order, and look-ups ----------------------------------------------------------

_READERS: dict[OrderKind, Callable[[object, Facts], Row | None]] = {
    OrderKind.TRIP: lambda record, facts: items.trip(record, facts.account.user_id),
    OrderKind.PACKAGE: lambda record, facts: items.package(
        record, facts.account.user_id, _beside(record, facts)
    ),
}


def _beside(record: object, facts: Facts) -> str:
    item = translate.remote_id(loose.mapping(record).get("id"))
    known = None if item is None else own_of(facts).items.get(item)
    return "" if known is None else known.beside


def read_row(record: object, kind: OrderKind, facts: Facts) -> Row | None:
    """A package or trip; None where the record is none."""
    return _READERS[kind](record, facts)


def total_of(answer: Answer) -> int | None:
    """How many rows a list says that there are."""
    return loose.whole(loose.mapping(loose.mapping(answer.body).get("pagination")).get("total"))


def is_ours(row: Row, facts: Facts) -> bool:
    """Whether a row of the platform's list concerns this account: own, for it, on its trip, or in a chat."""
    me, known = facts.account.user_id, own_of(facts).items
    if me in {row.owner, row.receiver} or row.seen.remote_id in known:
        return True
    trip = known.get(row.trip)
    return trip is not None and trip.owner == me


def with_row(facts: Facts, row: Row, **more: bool) -> Facts:
    """The facts with whose a package or trip is, and whom to talk to about it."""
    seen = row.seen
    return with_item(facts, seen.remote_id, kind=seen.kind, owner=row.owner, person=row.person, **more)
