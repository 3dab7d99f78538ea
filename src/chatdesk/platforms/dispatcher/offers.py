"""What a dispatcher account may do: features with the reason where one is absent, actions, look-ups.

Source: wire specification, sections 2, 4.5, 8, 9, 12 and 14.
"""

from __future__ import annotations

from chatdesk.domain.actions import ActionKind, FindKind, FindOffer, Offer, Subject
from chatdesk.domain.entities import Capabilities, FileRule, StatusChoice
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import Feature, OrderKind, Support, Why
from chatdesk.platforms import announced
from chatdesk.platforms.dispatcher import creation, limits, reads, translate, writes
from chatdesk.platforms.memory import learnt
from chatdesk.wire.dispatcher import names

_SIDE_EXITS = frozenset({names.STATUS_CANCELLED})

STATUSES = tuple(
    StatusChoice(
        value=value, label=label, progress=translate.PROGRESS[value], on_path=value not in _SIDE_EXITS
    )
    for value, label in names.STATUS_LABELS.items()
    if value not in _SIDE_EXITS
) + tuple(
    StatusChoice(
        value=value, label=names.STATUS_LABELS[value], progress=translate.PROGRESS[value], on_path=False
    )
    for value in sorted(_SIDE_EXITS)
)
"""The platform's statuses in the order in which orders pass them, side exits last."""

_ALWAYS = (
    Feature.TYPING,
    Feature.PRESENCE,
    Feature.READ_RECEIPTS,
    Feature.DELETE_OWN,
    Feature.ORDER_LIST,
    Feature.ORDER_FILES,
    Feature.NOTIFICATIONS,
    Feature.STATUS_PUSH,
    Feature.FIND,
    Feature.STORED_MESSAGES,
)
_NEVER = {
    Feature.EDIT_OWN: Why.NOT_ON_PLATFORM,
    Feature.ATTACHMENTS: Why.NOT_ON_PLATFORM,
    # A search routine exists without a route.
    Feature.MESSAGE_SEARCH: Why.OUT_OF_REACH,
    Feature.REPORT: Why.NOT_ON_PLATFORM,
    Feature.LAST_SEEN: Why.NOT_ON_PLATFORM,
    Feature.DELIVERED: Why.NOT_ON_PLATFORM,
    Feature.LIVE_POSITION: Why.NOT_ON_PLATFORM,
}

FINDS = (FindOffer(kind=FindKind.ORDER, words=True),)

_ORDERS = (OrderKind.ORDER,)
_FOR_EVERYBODY = (
    Offer(action=ActionKind.START_CHAT, on=Subject.ORDER, order_kinds=_ORDERS),
    Offer(action=ActionKind.START_CHAT, on=Subject.HIT, find_kinds=(FindKind.ORDER,)),
    Offer(action=ActionKind.LEAVE_CHAT, on=Subject.CONVERSATION),
    Offer(action=ActionKind.LIST_FILES, on=Subject.ORDER, order_kinds=_ORDERS),
    Offer(action=ActionKind.ADD_FILE, on=Subject.ORDER, order_kinds=_ORDERS),
    Offer(action=ActionKind.SAVE_FILE, on=Subject.FILE, order_kinds=_ORDERS),
    Offer(action=ActionKind.NOTICE_READ, on=Subject.NOTICE),
    Offer(action=ActionKind.NOTICES_READ, on=Subject.ACCOUNT),
    Offer(action=ActionKind.NOTICE_DELETE, on=Subject.NOTICE, confirm=True),
)
_FOR_CARRIERS = (
    Offer(action=ActionKind.REMOVE_FILE, on=Subject.FILE, order_kinds=_ORDERS, confirm=True),
    Offer(action=ActionKind.CREATE_ORDER, on=Subject.ACCOUNT, fields=creation.FIELDS),
)
_FOR_STAFF = (
    # Taking over sets an order to processing, whatever it was: offered where that is no step back.
    Offer(
        action=ActionKind.TAKE_OVER,
        on=Subject.ORDER,
        order_kinds=_ORDERS,
        statuses=(names.STATUS_PENDING, names.STATUS_PROCESSING),
        confirm=True,
    ),
)


def capabilities(facts: Facts) -> Capabilities:
    """What works here, now: by role, by what was probed and by what the server announced."""
    own_server = announced.dedupes(facts)
    features, why = _features(facts)
    return Capabilities(
        features=features,
        statuses=STATUSES,
        message_limit_chars=writes.message_limit_chars(facts),
        sends_per_minute=limits.ANNOUNCED_SENDS_PER_MINUTE if own_server else None,
        why=why,
        offers=_offers(facts.account.role),
        finds=FINDS,
        order_files=FileRule(most_bytes=names.FILE_LIMIT_BYTES),
    )


def _offers(role: str) -> tuple[Offer, ...]:
    if role in {names.ROLE_MODERATOR, names.ROLE_ADMIN}:
        return (*_FOR_EVERYBODY, *_FOR_STAFF)
    return (*_FOR_EVERYBODY, *_FOR_CARRIERS) if role == names.ROLE_USER else _FOR_EVERYBODY


def _features(facts: Facts) -> tuple[dict[Feature, Support], dict[Feature, Why]]:
    features = dict.fromkeys(_ALWAYS, Support.YES) | dict.fromkeys(_NEVER, Support.NO)
    why = dict(_NEVER)
    by_role = (
        (Feature.CHANGE_STATUS, facts.account.role == names.ROLE_ADMIN),
        (Feature.TAKE_OVER, translate.is_staff(facts.account)),
    )
    for feature, may in by_role:
        features[feature] = Support.YES if may else Support.NO
        if not may:
            why[feature] = Why.NOT_FOR_ROLE
    by_server = (
        (Feature.CHAT_LIST, (reads.ROUTE_CHATS,)),
        (Feature.SERVER_UNREAD, (reads.ROUTE_CHATS, reads.ROUTE_UNREAD)),
        (Feature.STORED_READ, (reads.ROUTE_READ,)),
    )
    for feature, routes in by_server:
        features[feature] = _support(facts, routes)
        if features[feature] is not Support.YES:
            why[feature] = Why.NOT_ON_SERVER
    return features, why


def _support(facts: Facts, routes: tuple[str, ...]) -> Support:
    """Yes where one of the routes is known to be there, probe where one may be."""
    found = {learnt(facts, route) for route in routes}
    if reads.YES in found:
        return Support.YES
    return Support.PROBE if None in found else Support.NO
