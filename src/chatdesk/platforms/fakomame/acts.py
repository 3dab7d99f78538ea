"""What a person does at once: start or leave a chat, and mark or delete notifications.

Starting a chat that exists brings that chat: no harm is done twice. Leaving ends the pushes of a connection.
Notifications are only polled, so their answers are told as what the next reading would say. Source: wire
specification, sections 4, 6.5 and 6.8.
"""

from __future__ import annotations

import msgspec

from chatdesk.domain.actions import Action, ActionKind, FindKind, Offer, Result, Subject
from chatdesk.domain.arrivals import Answer, OpenStep, Reading, VerdictStored
from chatdesk.domain.events import Event, NotificationSeen, Stale
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import Act
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import OrderKind, ParkReason
from chatdesk.domain.steps import Call, Done, Emit, Next, Parked
from chatdesk.platforms import loose, replies, routes
from chatdesk.platforms.fakomame import auth, limits, lists, orders, requests, translate
from chatdesk.platforms.fakomame.state import own_of, room_of, with_room
from chatdesk.platforms.memory import ended, progress_of, put, with_own
from chatdesk.wire.fakomame import names, shapes

NOTE_NOTICES = "notifications"
NOTE_START = "start-chat"
NOTE_LEAVE = "leave-chat"
NOTE_READ = "notice-read"
NOTE_READ_ALL = "notices-read"
NOTE_DELETE = "notice-delete"

OFFERS = (
    Offer(action=ActionKind.START_CHAT, on=Subject.HIT, find_kinds=(FindKind.PACKAGE, FindKind.TRIP)),
    Offer(action=ActionKind.START_CHAT, on=Subject.ORDER, order_kinds=(OrderKind.PACKAGE, OrderKind.TRIP)),
    Offer(action=ActionKind.LEAVE_CHAT, on=Subject.CONVERSATION),
    Offer(action=ActionKind.NOTICE_READ, on=Subject.NOTICE),
    Offer(action=ActionKind.NOTICE_DELETE, on=Subject.NOTICE),
    Offer(action=ActionKind.NOTICES_READ, on=Subject.ACCOUNT),
)
_ITEMS = {OrderKind.PACKAGE: names.ITEM_PACKAGE, OrderKind.TRIP: names.ITEM_TRIP}


def next_act(goal: Act, token: int, facts: Facts) -> Next:
    """The request of an action, with a token that was seen to be good a moment ago."""
    action = goal.action
    if action.kind is ActionKind.LEAVE_CHAT:
        return _leave(action, facts)
    blocked = auth.blocker(facts, limits.PROOF_MS)
    if blocked is not None:
        return blocked
    if action.kind is ActionKind.START_CHAT:
        return _start(action, token, facts)
    if action.kind is ActionKind.NOTICES_READ:
        return _notice("PUT", names.ROUTE_NOTIFICATIONS_READ, NOTE_READ_ALL, facts)
    notice = translate.remote_id(action.target)
    if notice is None or action.kind not in {ActionKind.NOTICE_READ, ActionKind.NOTICE_DELETE}:
        return Parked(ParkReason.REFUSED)
    if action.kind is ActionKind.NOTICE_READ:
        path = routes.path(names.ROUTE_NOTIFICATION_READ, notice_id=notice)
        return _notice("PUT", path, NOTE_READ, facts)
    path = routes.path(names.ROUTE_NOTIFICATION, notice_id=notice)
    return _notice("DELETE", path, NOTE_DELETE, facts)


def _notice(method: str, path: str, note: str, facts: Facts) -> Call:
    return Call(method=method, path=path, headers=routes.bearer(facts), commits=True, note=note)


# -- starting a chat ---------------------------------------------------------------------------------------


def _start(action: Action, token: int, facts: Facts) -> Next:
    """With the person named, or with whom the item itself names: that is read first."""
    item = translate.remote_id(action.order)
    if item is None:
        return Parked(ParkReason.NOT_FOUND)
    known = own_of(facts).items.get(item)
    kind = action.order_kind if known is None else known.kind
    person = translate.remote_id(action.person) or (None if known is None else known.person or None)
    if (person is None or kind not in _ITEMS) and progress_of(facts, token).stage != orders.READ:
        return orders.item_call(item, token, facts, action.order_kind)
    if person is None or kind not in _ITEMS:
        return Parked(ParkReason.NOT_FOUND)  # nobody is on the other side of it yet
    if person == facts.account.user_id:
        return Parked(ParkReason.REFUSED)
    body = shapes.StartBody(participant_id=person, item_type=_ITEMS[kind], item_id=item)
    return Call(
        method="POST",
        path=names.ROUTE_CHATS,
        body=msgspec.to_builtins(body),
        headers=routes.bearer(facts),
        commits=True,
        note=NOTE_START,
    )


def read_start(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The chat, new or as it was; its messages are read when it is opened."""
    chat = translate.chat(requests.data_of(answer), facts.account)
    if chat is None:
        if requests.data_of(answer) is not None:  # there is one, but the answer does not say which
            return replies.done(facts, opened, answer.step_id, replies.MALFORMED, Stale())
        return requests.refused_write(opened, answer, facts)
    goal = opened.goal.kind
    item = translate.remote_id(goal.action.order) if isinstance(goal, Act) else None
    if chat.seen.order_remote_id is None and item is not None:
        chat = put(chat, seen=put(chat.seen, order_remote_id=item))
    facts, events = lists.told(chat, facts)
    result = Result(conversation=chat.seen.remote_id, order=chat.seen.order_remote_id)
    verdict = VerdictStored(answer.step_id, result=result)
    return Reading(ended(facts, opened.goal.token), events, (verdict,))


# -- leaving one ------------------------------------------------------------------------------------------


def _leave(action: Action, facts: Facts) -> Next:
    """Said to the server, which answers nothing; where we are in no room there is none to leave."""
    chat = translate.remote_id(action.conversation)
    if chat is None:
        return Parked(ParkReason.NOT_FOUND)
    if not facts.online or room_of(facts, chat).joined != facts.epoch:
        return Done()
    args = msgspec.to_builtins(shapes.ChatArgs(chat))
    return Emit(event=names.EMIT_LEAVE, args=(args,), commits=True, note=NOTE_LEAVE)


def left(opened: OpenStep, step_id: int, facts: Facts) -> Reading:
    """We are out, until the chat is opened, or written to."""
    goal = opened.goal.kind
    chat = translate.remote_id(goal.action.conversation) if isinstance(goal, Act) else None
    if chat is not None:
        facts = with_room(facts, chat, joined=0)
    verdict = VerdictStored(step_id, result=Result(conversation=chat))
    return Reading(ended(facts, opened.goal.token), (), (verdict,))


# -- notifications -----------------------------------------------------------------------------------------


def next_notices(facts: Facts) -> Call:
    """All of them: paging has no effect."""
    return routes.get(names.ROUTE_NOTIFICATIONS, facts, NOTE_NOTICES)


def read_notices(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """The notifications, newest first; those that were deleted are left out."""
    records = loose.mapping(requests.data_of(answer)).get("notifications")
    if not isinstance(records, list):
        return requests.failed(opened, answer, facts)
    events: list[Event] = []
    notices: dict[RemoteId, NotificationSeen] = {}
    for record in records:
        seen = translate.notification(record)
        if seen is None:
            events.append(replies.MALFORMED)
        elif loose.mapping(record).get("isDeleted") is not True:
            events.append(seen)
            if len(notices) < limits.MOST_NOTICES:
                notices[seen.remote_id] = seen
    return replies.done(with_own(facts, notices=notices), opened, answer.step_id, *events)


def read_marked(opened: OpenStep, answer: Answer, facts: Facts) -> Reading:
    """A notification, or all, were marked as read, or one was deleted; gone already is as good."""
    goal, note = opened.goal.kind, opened.step.note
    gone = note == NOTE_DELETE and requests.denies(answer)
    if not gone and not (answer.status == 200 and answer.is_json):
        return requests.refused_write(opened, answer, facts)
    target = RemoteId(goal.action.target) if isinstance(goal, Act) else RemoteId("")
    known = own_of(facts).notices
    meant = known if note == NOTE_READ_ALL else {target: known[target]} if target in known else {}
    deleted = note == NOTE_DELETE
    read = {one: put(seen, unread=False, gone=deleted) for one, seen in meant.items()}
    told = tuple(seen for one, seen in read.items() if seen != known[one])
    kept = {**known, **read}
    if deleted:
        kept.pop(target, None)
    facts = with_own(facts, notices=kept)
    verdict = VerdictStored(answer.step_id, result=Result())
    return Reading(ended(facts, opened.goal.token), told, (verdict,))
