"""What an account of a kind can do at this server, now, and why it can't do the rest."""

from __future__ import annotations

from chatdesk.domain.actions import ActionKind, FieldAsked, FieldKind, FindKind, Offer, Subject
from chatdesk.domain.entities import Capabilities
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import Feature, OrderKind, Support, Why
from chatdesk.platforms.marketplace import auth, creation, finds, limits, orders, probes
from chatdesk.platforms.marketplace.state import Mode, mode_of
from chatdesk.wire.marketplace import names

_NOT_ON_PLATFORM = (
    Feature.DELETE_OWN,
    Feature.EDIT_OWN,
    Feature.ATTACHMENTS,
    Feature.ORDER_FILES,
    Feature.TAKE_OVER,
    Feature.REPORT,
    Feature.LAST_SEEN,
    Feature.STATUS_PUSH,
    Feature.LIVE_POSITION,
)
_OF_CHATS = (Feature.TYPING, Feature.PRESENCE, Feature.READ_RECEIPTS, Feature.FIND)
_OF_STORING = (Feature.CHAT_LIST, Feature.STORED_READ, Feature.SERVER_UNREAD)

MESSAGE_FIELDS = (
    FieldAsked(key="subject", default=names.SUBJECT, limit_chars=limits.SUBJECT_LIMIT_CHARS),
    FieldAsked(key="topic", kind=FieldKind.CHOICE, default=names.TOPIC_GENERAL, choices=names.TOPICS),
)
_START = (
    Offer(
        action=ActionKind.START_CHAT,
        on=Subject.HIT,
        find_kinds=(FindKind.PERSON, FindKind.PRODUCT, FindKind.RFQ),
    ),
    Offer(action=ActionKind.START_CHAT, on=Subject.ORDER, order_kinds=(OrderKind.RFQ,)),
)

_CREATE = Offer(
    action=ActionKind.CREATE_ORDER,
    on=Subject.ACCOUNT,
    order_kinds=(OrderKind.RFQ,),
    fields=creation.FIELDS,
)


def capabilities(facts: Facts) -> Capabilities:
    """What works here, now. An employee can sign in and write to nobody."""
    limit = limits.LIMITS.message_limit_chars
    if not auth.may_chat(facts):
        nothing = dict.fromkeys(Feature, Support.NO)
        return Capabilities(
            features=nothing, why=dict.fromkeys(Feature, Why.NOT_FOR_ROLE), message_limit_chars=limit
        )
    role, mode = facts.account.role, mode_of(facts)
    features = dict.fromkeys(Feature, Support.NO)
    why = dict.fromkeys(_NOT_ON_PLATFORM, Why.NOT_ON_PLATFORM)
    features |= dict.fromkeys(_OF_CHATS, Support.YES)
    # `message_delivered` comes whether or not anybody got the message.
    why[Feature.DELIVERED] = Why.OUT_OF_REACH
    if mode is Mode.LIVE_ONLY:
        why |= dict.fromkeys((*_OF_STORING, Feature.STORED_MESSAGES), Why.NOT_ON_SERVER)
    else:
        features |= dict.fromkeys(_OF_STORING, Support.YES)
        features[Feature.STORED_MESSAGES] = Support.YES if mode is Mode.STORED else Support.PROBE
        why[Feature.STORED_MESSAGES] = Why.NOT_ON_SERVER
    if mode is Mode.STORED:
        del why[Feature.STORED_MESSAGES]
    _orders(features, why, facts)
    _promised(features, why, facts)
    return Capabilities(
        features=features,
        why=why,
        statuses=orders.statuses(role),
        message_limit_chars=limit,
        offers=(*_START, _CREATE) if orders.may_change(role) else _START,
        finds=finds.offers(role),
        message_fields=MESSAGE_FIELDS,
    )


def _orders(features: dict[Feature, Support], why: dict[Feature, Why], facts: Facts) -> None:
    """Requests for quotation: a seller's list is there, and never has anything in it."""
    if orders.has_list(facts):
        features[Feature.ORDER_LIST] = Support.YES
    else:
        why[Feature.ORDER_LIST] = Why.OUT_OF_REACH
    if orders.may_change(facts.account.role):
        features[Feature.CHANGE_STATUS] = Support.YES
    else:
        why[Feature.CHANGE_STATUS] = Why.NOT_FOR_ROLE


def _promised(features: dict[Feature, Support], why: dict[Feature, Why], facts: Facts) -> None:
    """What the platform's documents promise: there where probing has found it."""
    if probes.has(facts, probes.LEARNT_NOTES):
        features[Feature.NOTIFICATIONS] = Support.YES
    else:
        why[Feature.NOTIFICATIONS] = Why.NOT_ON_SERVER
    found = probes.has(facts, probes.LEARNT_SEARCH)
    why[Feature.MESSAGE_SEARCH] = Why.OUT_OF_REACH if found else Why.NOT_ON_SERVER
