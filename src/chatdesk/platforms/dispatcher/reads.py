"""Goals that only read: lists, orders, history, what a server offers."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictRefused, VerdictStored
from chatdesk.domain.events import (
    ConversationGone,
    ConversationSeen,
    Dropped,
    Event,
    ListsRead,
    MessageSeen,
    Noticed,
    OrderSeen,
)
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshHead, FreshOrder, OlderPage, Watched
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, NoticeCode, ParkReason, Source
from chatdesk.domain.steps import Call, Done, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.dispatcher import history, limits, lists, orders, packets, translate
from chatdesk.platforms.dispatcher.history import PageRead, PageWish, Walk
from chatdesk.platforms.dispatcher.lists import ListWalk
from chatdesk.platforms.dispatcher.state import own_of, with_listed
from chatdesk.platforms.memory import (
    Progress,
    at_stage,
    ended,
    learnt,
    parked,
    progress_of,
    with_learnt,
)
from chatdesk.wire.dispatcher import names, texts

ROUTE_CHATS = "route:chats"
ROUTE_READ = "route:read"
ROUTE_UNREAD = "route:unread"
YES, NO = "yes", "no"

NOTE_CHATS = "chats"
NOTE_ORDER = "order"
NOTE_HISTORY = "history"
NOTE_UNREAD = "unread"
NOTE_HEALTH = "health"


def failed(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """What an answer means that a read could not use."""
    if answer.is_json and answer.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        said = loose.words(loose.mapping(answer.body).get("message"))
        gone = _gone(opened)
        return replies.refused(opened, answer.step_id, replies.reason_of(answer), said, facts, *gone)
    return replies.failed_read(opened, answer, "", facts)


def _gone(opened: OpenStep) -> tuple[Event, ...]:
    """A history that is refused or unknown: its conversation can't be reached by this account any more."""
    kind = opened.goal.kind
    if isinstance(kind, FreshHead | OlderPage):
        why = ClosedWhy.ACCESS_WITHDRAWN
        return (ConversationGone(remote_id=kind.conversation, lifecycle=Lifecycle.READ_ONLY, why=why),)
    return ()


def _stored(facts: Facts, answer: Answer, *events: Event) -> Reading:
    return Reading(facts, events, (VerdictStored(answer.step_id),))


def paged(answer: Answer) -> tuple[list[object], int | None, int | None] | None:
    """(records, total, page size) of a good page; None when it is none."""
    body = loose.mapping(answer.body)
    if answer.status != HTTPStatus.OK or not answer.is_json or not isinstance(body.get("data"), list):
        return None
    meta = loose.mapping(body.get("meta"))
    return body["data"], loose.whole(meta.get("totalItems")), loose.whole(meta.get("itemsPerPage"))


# -- lists -------------------------------------------------------------------------------------------------


def next_lists(token: int, facts: Facts) -> Next:
    """Orders page by page, then the list of chats where the server may have one."""
    progress = progress_of(facts, token)
    if progress.stage == NOTE_CHATS:
        page = progress.data if isinstance(progress.data, int) else 1
        query = (("page", str(page)), ("limit", str(limits.CHATS_PAGE)))
        return routes.get(names.ROUTE_CHATS, facts, NOTE_CHATS, query)
    walk = progress.data if isinstance(progress.data, ListWalk) else ListWalk()
    return lists.call(walk, facts)


def read_orders(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of the order list."""
    token = opened.goal.token
    progress = progress_of(facts, token)
    walk = progress.data if isinstance(progress.data, ListWalk) else ListWalk()
    page = paged(answer)
    events: list[Event] = []
    if page is not None:
        records, total, per_page = page
        listed: list[tuple[RemoteId, str, str]] = []
        for record in records:
            seen = translate.order_item(record, facts)
            events += seen if seen is not None else (replies.MALFORMED,)
            if seen is not None:
                owner = loose.line(loose.mapping(record).get("createdBy"))
                listed.append((seen[0].remote_id, seen[0].number or "", owner))
        facts = with_listed(facts, listed)
        walk = lists.page_came(walk, len(records), total, per_page)
    elif answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        skipped = walk.skipped
        walk = lists.page_failed(walk)
        if walk.skipped > skipped:
            events.append(Dropped(reason="unreadable_order"))
    else:
        return failed(opened, answer, facts)
    if walk.broken:
        reason = ParkReason.REFUSED
        events.append(Noticed(code=NoticeCode.SERVER_ERROR))
        return Reading(parked(facts, token, reason), tuple(events), (VerdictRefused(answer.step_id, reason),))
    if not walk.done:
        return _stored(at_stage(facts, token, lists.NOTE_ORDERS, walk), answer, *events)
    if learnt(facts, ROUTE_CHATS) == NO:
        return _stored(ended(facts, token), answer, *events, ListsRead())
    return _stored(at_stage(facts, token, NOTE_CHATS), answer, *events)


def read_chats(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The list of chats: documented, absent from the servers seen."""
    token = opened.goal.token
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return failed(opened, answer, facts)
    page = paged(answer)
    if page is None:
        # Absent, or not usable: the order list has told everything that the conversations need.
        facts = with_learnt(facts, ROUTE_CHATS, NO) if answer.status < 500 else facts
        return _stored(ended(facts, token), answer, ListsRead())
    events: list[Event] = []
    for record in page[0]:
        seen = translate.chat_item(record)
        events.append(seen if seen is not None else replies.MALFORMED)
    facts = with_learnt(facts, ROUTE_CHATS, YES)
    number = progress_of(facts, token).data if isinstance(progress_of(facts, token).data, int) else 1
    size = min(limits.CHATS_PAGE, page[2] or limits.CHATS_PAGE)
    if page[0] and page[1] is not None and number * size < page[1] and number < limits.CHATS_PAGES:
        return _stored(at_stage(facts, token, NOTE_CHATS, number + 1), answer, *events)
    return _stored(ended(facts, token), answer, *events, ListsRead())


# -- one order ---------------------------------------------------------------------------------------------


def next_order(goal: FreshOrder, facts: Facts) -> Next:
    """By number: the route does not know ids."""
    if not goal.number:
        return Parked(ParkReason.NOT_FOUND)
    return order_call(goal.number, facts, NOTE_ORDER)


def order_call(number: str, facts: Facts, note: str) -> Call:
    """The request for an order's detail."""
    return routes.get(routes.path(names.ROUTE_ORDER, order_number=number), facts, note)


def detail_of(answer: Answer, facts: Facts) -> tuple[Facts, OrderSeen | None]:
    """The order of a detail, and the facts with what it tells for later; None where it is no detail."""
    if answer.status != HTTPStatus.OK or not answer.is_json:
        return facts, None
    data = loose.mapping(answer.body).get("data")
    seen = orders.detail(data, facts.account)
    if seen is None:
        return facts, None
    return orders.known(data, seen, facts), orders.kept(seen, facts)


def next_watched(goal: Watched, facts: Facts) -> Next:
    """Taking over is pushed to nobody: whoever looks at an order reads it again, once per asking."""
    number = own_of(facts).listed.get(goal.order, ("", ""))[0]
    if not number:
        return Done()
    return order_call(number, facts, NOTE_ORDER)


def read_order(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """An order's detail."""
    facts, seen = detail_of(answer, facts)
    if seen is None:
        return failed(opened, answer, facts)
    events: tuple[Event, ...] = (seen,)
    if seen.customer is not None:  # for staff the conversation is with the customer
        room = seen.remote_id
        events = (seen, ConversationSeen(remote_id=room, title=seen.customer, order_remote_id=room))
    return _stored(ended(facts, opened.goal.token), answer, *events)


# -- history -----------------------------------------------------------------------------------------------


class HistoryData(msgspec.Struct, frozen=True):
    """A reading of history under way: what it has, and the page asked for."""

    walk: Walk
    wish: PageWish


def next_history(token: int, goal: FreshHead | OlderPage, facts: Facts) -> Next:
    """The next page of a reading, or the unread number after it."""
    if translate.remote_id(goal.conversation) is None:
        return Parked(ParkReason.NOT_FOUND)
    progress = progress_of(facts, token)
    if progress.stage == NOTE_UNREAD:
        path = routes.path(names.ROUTE_UNREAD_COUNT, order_id=goal.conversation)
        return routes.get(path, facts, NOTE_UNREAD)
    data = _history_data(goal, progress, facts)
    query = (("page", str(data.wish.page)), ("limit", str(data.wish.limit)))
    return routes.get(
        routes.path(names.ROUTE_HISTORY, order_id=goal.conversation), facts, NOTE_HISTORY, query
    )


def _history_data(goal: FreshHead | OlderPage, progress: Progress, facts: Facts) -> HistoryData:
    if isinstance(progress.data, HistoryData):
        return progress.data
    walk = history.begin(goal, learnt(facts, history.LEARNT_KEY))
    return HistoryData(walk, PageWish(walk.guess, walk.limit))


def read_history(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of a history; at the last one, everything that the reading brought."""
    goal, token = opened.goal.kind, opened.goal.token
    if not isinstance(goal, FreshHead | OlderPage):
        return Reading(facts, (replies.MALFORMED,), (VerdictStored(answer.step_id),))
    page = paged(answer)
    if page is None:
        return failed(opened, answer, facts)
    records, total, per_page = page
    data = _history_data(goal, progress_of(facts, token), facts)
    facts, seen, events = _records(records, goal.conversation, facts)
    read = PageRead(
        messages=seen,
        total=len(records) if total is None else total,
        per_page=per_page,
        bad=sum(1 for event in events if isinstance(event, Dropped)),
    )
    walk, wish = history.advance(goal, history.take(data.walk, data.wish.page, read))
    if wish is not None:
        facts = at_stage(facts, token, NOTE_HISTORY, HistoryData(walk, wish))
        return _stored(facts, answer, *events)
    if walk.direction is not None and walk.last_page > 1:
        facts = with_learnt(facts, history.LEARNT_KEY, walk.direction)
    asks_unread = isinstance(goal, FreshHead) and not goal.complete and _unread_route_wanted(facts)
    facts = at_stage(facts, token, NOTE_UNREAD) if asks_unread else ended(facts, token)
    if isinstance(goal, FreshHead) and goal.conversation not in own_of(facts).sends_barred:
        # Whoever may read may write: access that was withdrawn has come back.
        events.append(ConversationSeen(remote_id=goal.conversation, lifecycle=Lifecycle.OPEN))
    return _stored(facts, answer, *walk.messages(), *events, history.window(goal, walk))


def _unread_route_wanted(facts: Facts) -> bool:
    return learnt(facts, ROUTE_CHATS) != YES and learnt(facts, ROUTE_UNREAD) != NO


def _records(
    records: list[object], room: RemoteId, facts: Facts
) -> tuple[Facts, tuple[MessageSeen, ...], list[Event]]:
    """The messages of one page as they stand, and what else the page tells."""
    seen: list[MessageSeen] = []
    events: list[Event] = []
    read_up_to: MessageSeen | None = None
    for record in records:
        message = translate.message(record, facts.account, Source.STORED, room)
        if message is None:
            events.append(replies.MALFORMED)
            continue
        if message.conversation != room:
            events.append(Dropped(reason="foreign"))
            continue
        seen.append(message)
        facts, _ = packets.counted(packets.known(facts, message), room, translate.sequence(record))
        newer = read_up_to is None or message.cursor > read_up_to.cursor
        if newer and message.own and translate.is_read(record):
            read_up_to = message
    if read_up_to is not None:
        events.append(packets.read_by_somebody(read_up_to))
    return facts, tuple(seen), events


def read_unread(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The unread number of one conversation: documented, absent from the servers seen."""
    goal = opened.goal.kind
    count = _unread_number(answer)
    if count is None or not isinstance(goal, FreshHead):
        facts = with_learnt(facts, ROUTE_UNREAD, NO) if answer.status < 500 else facts
        return _stored(ended(facts, opened.goal.token), answer)
    seen = ConversationSeen(remote_id=goal.conversation, order_remote_id=goal.conversation, unread=count)
    return _stored(ended(with_learnt(facts, ROUTE_UNREAD, YES), opened.goal.token), answer, seen)


def _unread_number(answer: Answer) -> int | None:
    if answer.status != HTTPStatus.OK or not answer.is_json:
        return None
    data = loose.mapping(answer.body).get("data")
    fields = loose.mapping(data)
    found = (loose.whole(value) for value in (data, fields.get("unreadCount"), fields.get("count")))
    return next((count for count in found if count is not None), None)


# -- the server itself -------------------------------------------------------------------------------------


def next_probe() -> Next:
    """Liveness without a token; the answer also says whether the server is chatdesk's own."""
    return Call(method="GET", path=names.ROUTE_HEALTH, note=NOTE_HEALTH)


def read_health(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """Whether a dispatcher server answers there."""
    body = loose.mapping(answer.body)
    ours = answer.status == HTTPStatus.OK and answer.is_json and body.get("message") == texts.OK_HEALTH
    if not ours and answer.status in {HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)}:
        return failed(opened, answer, facts)
    if ours:
        return _stored(ended(facts, opened.goal.token), answer)
    reason = ParkReason.NOT_FOUND
    return replies.refused(opened, answer.step_id, reason, "", facts)
