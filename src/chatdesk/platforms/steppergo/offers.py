"""What works for an account at a StepperGO server, and why the rest does not."""

from __future__ import annotations

from chatdesk.domain.actions import ActionKind, FindKind, FindOffer, Offer, Subject
from chatdesk.domain.entities import Capabilities, StatusChoice
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import Feature, OrderKind, Progress, Support, Why
from chatdesk.platforms.steppergo import auth, limits, trips
from chatdesk.wire.steppergo import names

_ALWAYS = (
    Feature.TYPING,
    Feature.READ_RECEIPTS,
    Feature.STORED_READ,
    Feature.SERVER_UNREAD,
    Feature.CHAT_LIST,
    Feature.ORDER_LIST,
    Feature.REPORT,
    Feature.STATUS_PUSH,
    Feature.LIVE_POSITION,
    Feature.FIND,
    Feature.STORED_MESSAGES,
)
_NEVER = {
    Feature.PRESENCE: Why.NOT_ON_PLATFORM,
    Feature.LAST_SEEN: Why.NOT_ON_PLATFORM,
    Feature.DELIVERED: Why.NOT_ON_PLATFORM,
    Feature.DELETE_OWN: Why.NOT_ON_PLATFORM,
    Feature.EDIT_OWN: Why.NOT_ON_PLATFORM,
    Feature.ORDER_FILES: Why.NOT_ON_PLATFORM,
    Feature.TAKE_OVER: Why.NOT_ON_PLATFORM,
    Feature.MESSAGE_SEARCH: Why.NOT_ON_PLATFORM,
    # The upload wants a token that no login gives.
    Feature.ATTACHMENTS: Why.OUT_OF_REACH,
}
_OF_DRIVERS = (Feature.CHANGE_STATUS, Feature.NOTIFICATIONS)


def capabilities(facts: Facts) -> Capabilities:
    """What works here, now; what may be done with trips depends on the role."""
    driver = auth.is_driver(facts)
    features = dict.fromkeys(_ALWAYS, Support.YES) | dict.fromkeys(_NEVER, Support.NO)
    why = dict(_NEVER)
    for feature in _OF_DRIVERS:
        features[feature] = Support.YES if driver else Support.NO
        if not driver:
            why[feature] = Why.NOT_FOR_ROLE
    if driver and not auth.driver_id(facts):
        # Notifications are asked for by the record id, which only the drivers' sign-in tells.
        features[Feature.NOTIFICATIONS] = Support.NO
        why[Feature.NOTIFICATIONS] = Why.OUT_OF_REACH
    if not driver:
        # Bookings want the other sort of token: a passenger's list is made of what can be found without.
        why[Feature.CHAT_LIST] = Why.OUT_OF_REACH
        features[Feature.CHAT_LIST] = Support.NO
    return Capabilities(
        features=features,
        statuses=statuses(driver=driver),
        message_limit_chars=limits.LIMITS.message_limit_chars,
        sends_per_minute=limits.LIMITS.sends_per_minute,
        why=why,
        offers=_offers(driver=driver),
        finds=(FindOffer(kind=FindKind.TRIP, words=True),),
    )


def statuses(*, driver: bool) -> tuple[StatusChoice, ...]:
    """The list of a trip's statuses, each with those after which a driver may set it."""
    found = []
    for status, label in names.STATUS_LABELS.items():
        after = tuple(old for old, new in names.TRANSITIONS.items() if status in new) if driver else ()
        found.append(
            StatusChoice(
                value=status,
                label=label,
                progress=trips.PROGRESS.get(status, Progress.UNKNOWN),
                selectable=bool(after),
                on_path=status not in {"DRAFT", "OFFERED", "FULL", "DELAYED", "CANCELLED"},
                after=after,
            )
        )
    return tuple(found)


def _offers(*, driver: bool) -> tuple[Offer, ...]:
    # Every trip of ours has its conversation already: a chat is started about what was looked up.
    chat = (Offer(action=ActionKind.START_CHAT, on=Subject.HIT, find_kinds=(FindKind.TRIP,)),)
    if not driver:
        return chat
    open_ones = tuple(sorted(names.STATUSES_OPEN_FOR_DRIVERS))
    return (
        *chat,
        Offer(
            action=ActionKind.ACCEPT,
            on=Subject.ORDER,
            order_kinds=(OrderKind.TRIP,),
            statuses=open_ones,
            confirm=True,
        ),
        Offer(action=ActionKind.ACCEPT, on=Subject.HIT, find_kinds=(FindKind.TRIP,), confirm=True),
    )
