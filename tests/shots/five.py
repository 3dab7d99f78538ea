"""One desk on all five platforms: orders of every kind, closed and deleted chats, subjects, live-only."""

from __future__ import annotations

import dataclasses

import msgspec

from chatdesk.domain.actions import Attachment, Extras
from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, OrderField, Participant
from chatdesk.domain.events import (
    FORGET_AFTER_US,
    ConversationGone,
    ConversationSeen,
    ListsRead,
    MessageSeen,
    OrderSeen,
    ReadSeen,
    Stamped,
    StoredEvent,
    WindowRead,
)
from chatdesk.domain.facts import AccountFacts
from chatdesk.domain.ids import AccountId, ConversationId, Cursor, RemoteId
from chatdesk.domain.kinds import (
    ClosedWhy,
    ConnectionState,
    Feature,
    Lifecycle,
    MessageKind,
    OrderKind,
    Platform,
    Progress,
    Source,
    Support,
    Why,
)
from chatdesk.domain.ordering import Stamp
from chatdesk.platforms import registry
from chatdesk.store import Store
from tests.shots.scene import MINUTE_US, WAIT_S

ME = RemoteId("u-me")


@dataclasses.dataclass(frozen=True)
class Said:
    """One message: minutes before now, whether own, the text, and what it carries."""

    ago_min: float
    own: bool
    text: str
    extras: Extras = Extras()  # noqa: RUF009 - frozen


@dataclasses.dataclass(frozen=True)
class Case:
    """One conversation of one platform."""

    platform: Platform
    remote: str
    customer: str
    said: tuple[Said, ...]
    kind: OrderKind | None = None
    number: str = ""
    title: str = ""
    status: str = ""
    label: str = ""
    progress: Progress = Progress.UNKNOWN
    lifecycle: Lifecycle = Lifecycle.OPEN
    why: ClosedWhy | None = None
    forgets: bool = False
    live_only: bool = False
    fields: tuple[OrderField, ...] = ()


CASES: tuple[Case, ...] = (
    Case(
        Platform.DISPATCHER,
        "o-10482",
        "Northline Transport",
        (
            Said(70, True, "I have put both permits into the order."),
            Said(12, False, "When can the escort be there?"),
        ),
        OrderKind.ORDER,
        "10482",
        "Gary, IN → Omaha, NE",
        "processing",
        "Processing",
        Progress.ACTIVE,
    ),
    Case(
        Platform.MARKETPLACE,
        "66b0000000000000000001a1",
        "Harbour Beams Ltd",
        (
            Said(
                300,
                False,
                "We need 400 units, delivered to Hamburg.",
                Extras(subject="RFQ: steel brackets", topic="rfq"),
            ),
            Said(
                290,
                True,
                "Price is 4.10 per unit from 300 on. The sheet has all sizes.",
                Extras(
                    subject="RFQ: steel brackets",
                    topic="rfq",
                    attachments=(
                        Attachment(
                            url="https://files.example/price.pdf", name="price-sheet.pdf", size_bytes=184_320
                        ),
                    ),
                ),
            ),
            Said(
                240, False, "Thanks! And the delivery time?", Extras(subject="Chat Message", topic="general")
            ),
            Said(125, False, "Price for 400 units, DAP?", Extras(subject="Chat Message", topic="general")),
        ),
    ),
    Case(
        Platform.STEPPERGO,
        "c-trip-2231",
        "Almaty → Bishkek",
        (
            Said(30, True, "We leave from the east gate at nine."),
            Said(4, False, "Is there room for a bike?"),
        ),
        OrderKind.TRIP,
        "TR-2231",
        "Almaty → Bishkek, 3 seats",
        "PUBLISHED",
        "Published",
        Progress.OPEN,
        fields=(OrderField("from", "Almaty"), OrderField("to", "Bishkek"), OrderField("seats", "3")),
    ),
    Case(
        Platform.STEPPERGO,
        "c-trip-2190",
        "Taraz → Shymkent",
        (Said(2_900, False, "Thank you for the ride!"), Said(2_890, True, "Come again.")),
        OrderKind.TRIP,
        "TR-2190",
        "Taraz → Shymkent",
        "COMPLETED",
        "Completed",
        Progress.DONE,
        Lifecycle.READ_ONLY,
        ClosedWhy.TRIP_OVER,
    ),
    Case(
        Platform.OMW,
        "417",
        "Boiler service",
        (
            Said(55, False, "Please ring twice."),
            Said(50, True, "I am at your door."),
            Said(48, False, "", Extras(place=(42.0039, -87.9703))),
        ),
        OrderKind.BOOKING,
        "BK-417",
        "Boiler service",
        "arrived",
        "Arrived",
        Progress.ACTIVE,
    ),
    Case(
        Platform.OMW,
        "389",
        "Sink repair",
        (Said(1_700, False, "All dry now, thank you."), Said(1_690, True, "Glad to hear it.")),
        OrderKind.BOOKING,
        "BK-389",
        "Sink repair",
        "completed",
        "Completed",
        Progress.DONE,
        Lifecycle.DELETED,
        ClosedWhy.BOOKING_COMPLETED,
        forgets=True,
    ),
    Case(
        Platform.FAKOMAME,
        "c-chat-8810",
        "Aisha Bello",
        (Said(400, True, "I land at 18:20."), Said(380, False, "My brother waits at arrivals.")),
        OrderKind.PACKAGE,
        "PK-8810",
        "Parcel, 2.4 kg",
        "IN_TRANSIT",
        "In transit",
        Progress.ACTIVE,
    ),
    Case(
        Platform.FAKOMAME,
        "c-chat-8777",
        "Harbour Beams",
        (Said(900, False, "Can you also take a letter?"),),
        OrderKind.PACKAGE,
        "PK-8777",
        "Samples, 0.8 kg",
        "POSTED",
        "Posted",
        Progress.OPEN,
    ),
)


def relayed() -> tuple[Case, ...]:
    """The cases with a marketplace that only passes messages on."""
    return tuple(
        dataclasses.replace(case, live_only=True) if case.platform is Platform.MARKETPLACE else case
        for case in CASES
    )


_ROLES = {
    Platform.DISPATCHER: "admin",
    Platform.MARKETPLACE: "seller",
    Platform.STEPPERGO: "DRIVER",
    Platform.OMW: "worker",
    Platform.FAKOMAME: "TRAVELER",
}
_ORDER = (
    Platform.DISPATCHER,
    Platform.MARKETPLACE,
    Platform.STEPPERGO,
    Platform.OMW,
    Platform.FAKOMAME,
)


@dataclasses.dataclass(frozen=True)
class Five:
    """Accounts by platform, conversations by remote id."""

    accounts: dict[Platform, Account]
    conversations: dict[str, ConversationId]
    now_us: int

    def status(self, platform: Platform, connection: ConnectionState, **more: object) -> AccountStatus:
        known = {"account_id": self.accounts[platform].id, "synced_at_us": self.now_us, **more}
        return AccountStatus(connection=connection, **known)  # type: ignore[arg-type]

    def all_well(self) -> tuple[AccountStatus, ...]:
        """Four connected; StepperGO has no socket server and is polled."""
        return tuple(
            self.status(one, ConnectionState.POLLING)
            if one is Platform.STEPPERGO
            else self.status(one, ConnectionState.ONLINE, latency_ms=38)
            for one in self.accounts
        )


def capabilities_of(platform: Platform, role: str = "") -> Capabilities:
    """What the platform's own adapter says of a fresh account."""
    adapter = registry.plugin(platform).adapter
    facts = AccountFacts(
        server_url=f"https://{platform.value}.example.com",
        login="desk@northline.example",
        user_id=ME,
        role=role or _ROLES[platform],
        name="Dana Moderator",
    )
    return adapter.capabilities(adapter.facts(facts, {}))


def live_only(capabilities: Capabilities) -> Capabilities:
    """As a server that keeps no messages leaves them."""
    return msgspec.structs.replace(
        capabilities,
        features={**capabilities.features, Feature.STORED_MESSAGES: Support.NO},
        why={**capabilities.why, Feature.STORED_MESSAGES: Why.NOT_ON_SERVER},
    )


def add(store: Store, platform: Platform, *, login: str = "", role: str = "", seat: str = "") -> Account:
    """An account of a platform as its adapter would have it."""
    return store.add_account(
        NewAccount(
            platform=platform,
            server_url=f"https://{platform.value}.example.com",
            login=login or "desk@northline.example",
            user_id=RemoteId(f"{ME}{login}"),
            role=role or _ROLES[platform],
            name="Dana Moderator" if not login else login.partition("@")[0].title(),
            plain_http_consent=False,
            capabilities=capabilities_of(platform, role),
            seat=seat,
        )
    ).result(WAIT_S)


def fill_five(store: Store, now_us: int, *, cases: tuple[Case, ...] = CASES) -> Five:
    """Five accounts with their orders and conversations."""
    accounts = {platform: add(store, platform) for platform in _ORDER}
    found: dict[str, ConversationId] = {}
    for platform, account in accounts.items():
        mine = [case for case in cases if case.platform is platform]
        put(store, account.id, mine, now_us)
        for case in mine:
            number = store.conversation_of(account.id, RemoteId(case.remote)).result(WAIT_S)
            assert number is not None, case.remote
            found[case.remote] = number
    return Five(accounts, found, now_us)


def put(
    store: Store,
    account: AccountId,
    cases: list[Case],
    now_us: int,
    *,
    arrival: int = 1,
    live: bool = False,
) -> None:
    """Apply the cases as one read of an account's lists and histories; `live`: as pushes that are new."""
    events: list[StoredEvent] = []
    for case in cases:
        events += _case(case, now_us)
    if live:
        events = [_pushed(one) for one in events if not isinstance(one, WindowRead)]
    else:
        events.append(ListsRead())
    for case in cases:
        if case.lifecycle is not Lifecycle.OPEN:
            events.append(
                ConversationGone(
                    remote_id=RemoteId(case.remote),
                    lifecycle=case.lifecycle,
                    why=case.why,
                    delete_after_us=FORGET_AFTER_US if case.forgets else None,
                )
            )
    stamped = [Stamped(Stamp(1, 1_000 * arrival + n), event) for n, event in enumerate(events)]
    store.apply(account, stamped).result(WAIT_S)


def _pushed(event: StoredEvent) -> StoredEvent:
    pushed = isinstance(event, MessageSeen)
    return msgspec.structs.replace(event, source=Source.PUSH) if pushed else event


def _case(case: Case, now_us: int) -> list[StoredEvent]:
    here = RemoteId(case.remote)
    events: list[StoredEvent] = []
    order = RemoteId(f"order-{case.remote}") if case.kind is not None else None
    began_us = now_us - round(case.said[0].ago_min * MINUTE_US) - MINUTE_US
    if case.kind is not None and order is not None:
        events.append(
            OrderSeen(
                remote_id=order,
                kind=case.kind,
                number=case.number,
                title=case.title,
                customer=case.customer,
                status=case.status,
                status_label=case.label,
                progress=case.progress,
                created_at_us=began_us,
                updated_at_us=began_us,
                fields=case.fields,
                participants=(Participant(remote_id=ME, name="Dana Moderator", role="driver"),),
            )
        )
    events.append(
        ConversationSeen(
            remote_id=here,
            title=case.customer,
            order_remote_id=order,
            live_only=case.live_only,
            activity_at_us=began_us,
        )
    )
    events += [_message(case, n, one, now_us) for n, one in enumerate(case.said)]
    first, last = (events[-len(case.said)], events[-1])
    assert isinstance(first, MessageSeen)
    assert isinstance(last, MessageSeen)
    events.append(
        WindowRead(
            conversation=here,
            ids=tuple(RemoteId(f"m-{case.remote}-{n}") for n in range(len(case.said))),
            oldest=first.cursor,
            newest=last.cursor,
            complete=True,
            reaches_start=True,
            reaches_head=True,
            total=len(case.said),
        )
    )
    if case.said[-1].own or case.lifecycle is not Lifecycle.OPEN:
        events.append(ReadSeen(conversation=here, person_id=ME, by_self=True))
    return events


def _message(case: Case, number: int, said: Said, now_us: int) -> MessageSeen:
    at_us = now_us - round(said.ago_min * MINUTE_US)
    return MessageSeen(
        conversation=RemoteId(case.remote),
        remote_id=RemoteId(f"m-{case.remote}-{number}"),
        cursor=Cursor(f"{at_us:017d}-{number:04d}"),
        sender_id=ME if said.own else RemoteId(f"u-{case.remote}"),
        sender_name="Dana Moderator" if said.own else case.customer,
        own=said.own,
        kind=MessageKind.LOCATION if said.extras.place is not None else MessageKind.TEXT,
        text=said.text,
        sent_at_us=at_us,
        source=Source.STORED,
        extras=said.extras,
    )
