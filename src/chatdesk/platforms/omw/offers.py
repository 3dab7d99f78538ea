"""What an OMW account can do, by its role and by what this server was seen to do.

Promised by the platform's documents and missing in the servers seen: voice messages, and events of bookings
and rides that reach somebody. Whoever meets one remembers it for a day. Source: wire specification, sections
5.1, 5.2, 7, 8 and 12.
"""

from __future__ import annotations

from chatdesk.domain.actions import ActionKind, FieldAsked, FieldKind, Offer, Subject
from chatdesk.domain.entities import Capabilities, FileRule
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import Feature, Lifecycle, OrderKind, Support, Why
from chatdesk.platforms.memory import learnt, with_learnt
from chatdesk.platforms.omw import bookings, limits
from chatdesk.wire.omw import names

AUDIO = "audio"
STATUS_PUSH = "status_push"
LIVE_POSITION = "live_position"
USER_STATUS = "user_status"
"""Keys of what is remembered of a server."""
CODE_FIELD = FieldAsked(key="code", kind=FieldKind.CODE, limit_chars=names.OTP_DIGITS)

_BOOKINGS = (OrderKind.BOOKING,)
_OPEN = (Lifecycle.OPEN,)
_ALWAYS = (
    Feature.TYPING,
    Feature.PRESENCE,
    Feature.LAST_SEEN,
    Feature.READ_RECEIPTS,
    Feature.STORED_READ,
    Feature.STORED_MESSAGES,
    Feature.CHAT_LIST,
    Feature.SERVER_UNREAD,
    Feature.ATTACHMENTS,
)
_BY_ROLE = (Feature.ORDER_LIST, Feature.CHANGE_STATUS)
_IF_SEEN = {Feature.STATUS_PUSH: STATUS_PUSH, Feature.LIVE_POSITION: LIVE_POSITION}
_OF_WORKERS_CHATS = ("assigned", "accepted", "started", "en_route", "arrived", "in_progress")
"""Statuses in which the platform's own app offers a worker the chat; customers are offered it in all."""
_ON_CHATS = (
    Offer(action=ActionKind.UPLOAD, on=Subject.CONVERSATION, lifecycles=_OPEN),
    Offer(action=ActionKind.LEAVE_CHAT, on=Subject.CONVERSATION, lifecycles=_OPEN),
    Offer(action=ActionKind.END_CHAT, on=Subject.CONVERSATION, lifecycles=_OPEN, confirm=True),
    Offer(action=ActionKind.DELETE_CHAT, on=Subject.CONVERSATION, lifecycles=_OPEN, confirm=True),
)
_OF_WORKERS = (
    Offer(
        action=ActionKind.ACCEPT,
        on=Subject.ORDER,
        order_kinds=_BOOKINGS,
        statuses=(names.STATUS_PENDING, "pending_worker_assignment"),
    ),
    Offer(
        action=ActionKind.REJECT,
        on=Subject.ORDER,
        order_kinds=_BOOKINGS,
        statuses=(names.STATUS_ASSIGNED, names.STATUS_ACCEPTED),
        confirm=True,
    ),
    Offer(
        action=ActionKind.REQUEST_CODE,
        on=Subject.ORDER,
        order_kinds=_BOOKINGS,
        statuses=(names.STATUS_ARRIVED,),
    ),
    Offer(
        action=ActionKind.CONFIRM_CODE,
        on=Subject.ORDER,
        order_kinds=_BOOKINGS,
        statuses=(names.STATUS_ARRIVED,),
        fields=(CODE_FIELD,),
    ),
)


def saw(facts: Facts, what: str) -> Facts:
    """The facts with something promised that this server was seen to do."""
    if learnt(facts, what) is not None:
        return facts
    return with_learnt(facts, what, "yes")


def takes_audio(facts: Facts) -> bool:
    """Whether a voice message was seen here: the servers recorded refuse them."""
    return learnt(facts, AUDIO) is not None


def file_rule(facts: Facts) -> FileRule:
    """Which files this server takes, and what it wants declared for each."""
    audio = names.UPLOAD_TYPES_AUDIO if takes_audio(facts) else {}
    types = {**names.UPLOAD_TYPES, **audio}
    return FileRule(most_bytes=names.UPLOAD_LIMIT_BYTES, types=types, with_text=True)


def capabilities(facts: Facts) -> Capabilities:
    """What works here, now."""
    role = facts.account.role
    has_bookings = role in {names.ROLE_WORKER, names.ROLE_CUSTOMER}
    features = dict.fromkeys(Feature, Support.NO)
    why = dict.fromkeys(Feature, Why.NOT_ON_PLATFORM)
    for feature in _ALWAYS:
        features[feature] = Support.YES
    for feature in _BY_ROLE:
        features[feature] = Support.YES if has_bookings else Support.NO
        why[feature] = Why.NOT_FOR_ROLE
    for feature, key in _IF_SEEN.items():
        features[feature] = Support.NO if learnt(facts, key) is None else Support.YES
        why[feature] = Why.OUT_OF_REACH
    return Capabilities(
        features=features,
        statuses=bookings.statuses(role),
        message_limit_chars=limits.LIMITS.message_limit_chars,
        why={one: reason for one, reason in why.items() if features[one] is not Support.YES},
        offers=_offers(role) if has_bookings else _ON_CHATS,
        message_files=file_rule(facts),
    )


def _offers(role: str) -> tuple[Offer, ...]:
    statuses = _OF_WORKERS_CHATS if role == names.ROLE_WORKER else names.STATUSES_OF_CHATS
    start = Offer(action=ActionKind.START_CHAT, on=Subject.ORDER, order_kinds=_BOOKINGS, statuses=statuses)
    return (start, *_ON_CHATS, *(_OF_WORKERS if role == names.ROLE_WORKER else ()))
