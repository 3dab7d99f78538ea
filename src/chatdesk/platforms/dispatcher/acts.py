"""Actions and look-ups of the person on the dispatcher platform: which request each is, and what it brought.

Source: wire specification, sections 4.1, 4.5, 5.5, 8 and 9.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from chatdesk.domain.actions import Action, ActionKind, FindKind, Hit, Result
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import ConversationSeen, Event, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act, Find
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason
from chatdesk.domain.steps import Call, Done, Emit, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.dispatcher import (
    creation,
    files,
    limits,
    lists,
    notices,
    orders,
    reads,
    translate,
    writes,
)
from chatdesk.platforms.dispatcher.state import own_of
from chatdesk.platforms.memory import ended, with_own
from chatdesk.wire.dispatcher import names

NOTE_START = "start-chat"
NOTE_LEAVE = "leave-chat"
NOTE_TAKE_OVER = "take-over"
NOTE_FIND = "find"

_ON_FILES = {ActionKind.LIST_FILES, ActionKind.ADD_FILE, ActionKind.SAVE_FILE, ActionKind.REMOVE_FILE}
_ON_NOTICES = {ActionKind.NOTICE_READ, ActionKind.NOTICES_READ, ActionKind.NOTICE_DELETE}
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}/-]")


def next_act(goal: Act, token: int, facts: Facts) -> Next:
    """The next request of an action."""
    action = goal.action
    if action.kind in _ON_FILES:
        return files.next_step(action, facts)
    if action.kind in _ON_NOTICES:
        return notices.next_step(action, facts)
    match action.kind:
        case ActionKind.START_CHAT:
            return _start(action, facts)
        case ActionKind.LEAVE_CHAT:
            return _leave(action, facts)
        case ActionKind.TAKE_OVER:
            return _take_over(action, facts)
        case ActionKind.CREATE_ORDER:
            return creation.next_step(action, token, facts)
        case _:
            return Parked(ParkReason.REFUSED, action.kind.value)


def _subject(action: Action) -> RemoteId | None:
    """One order is one conversation."""
    return translate.remote_id(action.order) or translate.remote_id(action.conversation)


# -- starting a conversation -------------------------------------------------------------------------------


def _start(action: Action, facts: Facts) -> Next:
    """Reading the history once makes the chat's record, so that its first messages are safe to send."""
    order = _subject(action)
    if order is None:
        return Parked(ParkReason.NOT_FOUND)
    query = (("page", "1"), ("limit", "1"))
    return routes.get(routes.path(names.ROUTE_HISTORY, order_id=order), facts, NOTE_START, query)


def read_start(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The conversation of an order is there as soon as its history can be read."""
    kind = opened.goal.kind
    order = _subject(kind.action) if isinstance(kind, Act) else None
    if reads.paged(answer) is None or order is None:
        return reads.failed(opened, answer, facts)
    seen = ConversationSeen(remote_id=order, order_remote_id=order)
    verdict = VerdictStored(answer.step_id, result=Result(conversation=order, order=order))
    return Reading(ended(facts, opened.goal.token), (seen,), (verdict,))


def _leave(action: Action, facts: Facts) -> Next:
    """Said to the room, which answers nothing; without a socket there is no room to leave."""
    order = _subject(action)
    if order is None:
        return Parked(ParkReason.NOT_FOUND)
    if not facts.online:
        return Done()
    return Emit(event=names.EMIT_LEAVE, args=(order,), note=NOTE_LEAVE)


def left(goal: Act, token: int, facts: Facts) -> Facts:
    """The room was left: it has to be joined again before its pushes come."""
    room = _subject(goal.action)
    rooms = frozenset(joined for joined in own_of(facts).rooms if joined != room)
    return ended(with_own(facts, rooms=rooms), token)


# -- taking over -------------------------------------------------------------------------------------------


def _take_over(action: Action, facts: Facts) -> Next:
    order = _subject(action)
    if order is None:
        return Parked(ParkReason.NOT_FOUND)
    return Call(
        method="POST",
        path=routes.path(names.ROUTE_ORDER_MODERATE, order_id=order),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_TAKE_OVER,
    )


def read_take_over(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The order is ours. Its record comes with hollow people and vehicles, so the detail is read again."""
    kind = opened.goal.kind
    order = _subject(kind.action) if isinstance(kind, Act) else None
    if answer.status not in {HTTPStatus.OK, HTTPStatus.CREATED} or not answer.is_json or order is None:
        return writes.failed(opened, answer, facts)
    seen = orders.raw(loose.mapping(answer.body).get("data"))
    number = kind.action.order_number if isinstance(kind, Act) else ""
    number = number or (seen.number if seen is not None and seen.number else "")
    events: list[Event] = [] if seen is None else [orders.kept(seen, facts)]
    # Taking over is pushed to nobody.
    events.append(Stale(order_number=number) if number else Stale())
    verdict = VerdictStored(answer.step_id, result=Result(order=order, conversation=order))
    return Reading(ended(facts, opened.goal.token), tuple(events), (verdict,))


# -- looking up --------------------------------------------------------------------------------------------


def next_find(goal: Find, facts: Facts) -> Next:
    """Orders by number or address; the words are a regular expression there, so they are escaped."""
    lookup = goal.lookup
    if lookup.kind is not FindKind.ORDER:
        return Parked(ParkReason.REFUSED, lookup.kind.value)
    words = _SPECIAL.sub(r"\\\g<0>", loose.line(lookup.words, limits.FIND_CHARS))
    query = (
        ("page", str(max(lookup.page, 0) + 1)),
        ("limit", str(limits.FIND_PAGE)),
        ("search", words),
        *lists.FILTER,
    )
    return routes.get(names.ROUTE_ORDERS, facts, NOTE_FIND, query)


def read_find(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """One page of orders found."""
    page = reads.paged(answer)
    kind = opened.goal.kind
    if page is None or not isinstance(kind, Find):
        return reads.failed(opened, answer, facts)
    records, total, _ = page
    hits: list[Hit] = []
    events: list[Event] = []
    for record in records[: limits.FIND_PAGE]:
        found = translate.order_item(record, facts)
        if found is None:
            events.append(replies.MALFORMED)
            continue
        order, _conversation = found
        hits.append(
            Hit(
                kind=FindKind.ORDER,
                remote_id=order.remote_id,
                title=order.number or order.title or order.remote_id,
                detail=" · ".join(part for part in (order.customer, order.title) if part),
                status_label=order.status_label or "",
                at_us=order.created_at_us or 0,
                order_kind=OrderKind.ORDER,
            )
        )
    behind = (max(kind.lookup.page, 0) + 1) * limits.FIND_PAGE
    more = bool(records) and total is not None and behind < total
    verdict = VerdictStored(answer.step_id, result=Result(hits=tuple(hits), more=more))
    return Reading(ended(facts, opened.goal.token), tuple(events), (verdict,))
