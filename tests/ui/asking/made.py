"""Accounts that may do everything, hits and notifications, and a window over them."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec

from chatdesk.domain.actions import (
    ActionKind,
    FieldAsked,
    FieldKind,
    FindKind,
    FindOffer,
    FindScope,
    Hit,
    Offer,
    Subject,
)
from chatdesk.domain.entities import Account, Capabilities, FileRule
from chatdesk.domain.events import ConversationSeen, NotificationSeen, OrderSeen, Stamped, StoredEvent
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.domain.kinds import Feature, Lifecycle, OrderKind, Progress, Support
from chatdesk.domain.ordering import Stamp
from tests.shots.seat import NOON_US, Seat

WAIT_S = 20.0
MINUTE_US = 60_000_000
MOST_BYTES = 100_000
_ARRIVALS = itertools.count(200_000)
CODE = FieldAsked(key="code", kind=FieldKind.CODE, limit_chars=6)
OFFERS: tuple[Offer, ...] = (
    Offer(action=ActionKind.START_CHAT, on=Subject.ORDER),
    Offer(action=ActionKind.START_CHAT, on=Subject.HIT, find_kinds=(FindKind.PACKAGE, FindKind.PERSON)),
    Offer(action=ActionKind.TAKE_OVER, on=Subject.ORDER, statuses=("pending", "processing"), confirm=True),
    Offer(action=ActionKind.REQUEST_CODE, on=Subject.ORDER, statuses=("processing",)),
    Offer(action=ActionKind.CONFIRM_CODE, on=Subject.ORDER, statuses=("processing",), fields=(CODE,)),
    Offer(action=ActionKind.LIST_FILES, on=Subject.ORDER),
    Offer(action=ActionKind.ADD_FILE, on=Subject.ORDER),
    Offer(action=ActionKind.SAVE_FILE, on=Subject.FILE),
    Offer(action=ActionKind.REMOVE_FILE, on=Subject.FILE, confirm=True),
    Offer(action=ActionKind.UPLOAD, on=Subject.CONVERSATION),
    Offer(action=ActionKind.LEAVE_CHAT, on=Subject.CONVERSATION),
    Offer(action=ActionKind.END_CHAT, on=Subject.CONVERSATION, lifecycles=(Lifecycle.OPEN,), confirm=True),
    Offer(action=ActionKind.NOTICE_READ, on=Subject.NOTICE),
    Offer(action=ActionKind.NOTICE_DELETE, on=Subject.NOTICE, confirm=True),
    Offer(action=ActionKind.NOTICES_READ, on=Subject.ACCOUNT),
    Offer(
        action=ActionKind.CREATE_ORDER,
        on=Subject.ACCOUNT,
        fields=(
            FieldAsked(key="contact", limit_chars=40),
            FieldAsked(key="start", kind=FieldKind.DATE),
            FieldAsked(key="from"),
            FieldAsked(key="to"),
            FieldAsked(key="length_ft", kind=FieldKind.NUMBER, limit_chars=6),
            FieldAsked(key="legal_weight", kind=FieldKind.CHOICE, choices=("yes", "no"), default="yes"),
            FieldAsked(key="message", kind=FieldKind.LONG_TEXT, required=False),
        ),
    ),
)
SCOPES = (FindScope.ALL, FindScope.SENT, FindScope.RECEIVED)
FINDS = (
    FindOffer(kind=FindKind.PACKAGE, scopes=SCOPES, words=True),
    FindOffer(kind=FindKind.TRIP, scopes=(FindScope.ALL, FindScope.MINE)),
    FindOffer(kind=FindKind.PERSON, words=True),
)


def equip(
    seat: Seat,
    account: Account,
    *,
    offers: tuple[Offer, ...] = OFFERS,
    finds: tuple[FindOffer, ...] = FINDS,
    features: tuple[Feature, ...] = (Feature.NOTIFICATIONS, Feature.ORDER_FILES, Feature.LIVE_POSITION),
) -> Account:
    """Let an account do all this."""
    can = msgspec.structs.replace(
        account.capabilities,
        offers=offers,
        finds=finds,
        order_files=FileRule(most_bytes=MOST_BYTES),
        features=account.capabilities.features | dict.fromkeys(features, Support.YES),
    )
    seat.store.put_capabilities(account.id, can).result(WAIT_S)
    return msgspec.structs.replace(account, capabilities=can)


def able(**capabilities: Any) -> Account:
    """An account by itself, for what is worked out without a store."""
    from chatdesk.domain.kinds import Platform

    return Account(
        id=AccountId(1),
        platform=Platform.OMW,
        server_url="https://omw.example",
        login="me",
        user_id=RemoteId("u-me"),
        role="worker",
        name="Me",
        added_at_us=1,
        capabilities=Capabilities(**capabilities),
    )


def tell(seat: Seat, *events: StoredEvent) -> int:
    """Apply events to the scene's account as if they had just arrived; the number of the commit."""
    stamped = [Stamped(Stamp(9, next(_ARRIVALS)), event) for event in events]
    return seat.store.apply(seat.account.id, stamped).result(WAIT_S)


def a_lonely_order(number: str = "20001", status: str = "pending") -> OrderSeen:
    """An order nobody has written about yet."""
    return OrderSeen(
        remote_id=RemoteId(f"o-{number}"),
        kind=OrderKind.ORDER,
        number=number,
        title="Gary, IN → Ames, IA",
        customer="Summit Rigging",
        status=status,
        status_label=status.title(),
        progress=Progress.OPEN,
        created_at_us=NOON_US - 5 * MINUTE_US,
        updated_at_us=NOON_US - 5 * MINUTE_US,
    )


def its_conversation(number: str = "20001") -> ConversationSeen:
    """The conversation that a server makes for it."""
    remote = RemoteId(f"o-{number}")
    return ConversationSeen(
        remote_id=remote, title="Summit Rigging", order_remote_id=remote, activity_at_us=NOON_US
    )


def a_notice(name: str, *, ago_min: int = 1, unread: bool = True, about: str = "") -> NotificationSeen:
    """Something that the platform says."""
    return NotificationSeen(
        remote_id=RemoteId(f"n-{name}"),
        title=f"Notice {name}",
        text=f"What {name} says",
        at_us=NOON_US - ago_min * MINUTE_US,
        unread=unread,
        conversation=RemoteId(f"o-{about}") if about else None,
    )


def a_hit(name: str, kind: FindKind = FindKind.PACKAGE, **parts: Any) -> Hit:
    """Something that a server found."""
    given: dict[str, Any] = {
        "title": f"Parcel {name}",
        "detail": "Almaty → Berlin · 2.4 kg",
        "status_label": "Open",
        "at_us": NOON_US - 60 * MINUTE_US,
        "order_kind": OrderKind.PACKAGE if kind is FindKind.PACKAGE else None,
        "person": RemoteId(f"u-{name}"),
        "person_name": f"Person {name}",
    }
    return Hit(kind=kind, remote_id=RemoteId(f"h-{name}"), **(given | parts))
