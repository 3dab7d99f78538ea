"""A believable dispatcher's day in a real store: what pictures and window tests show."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from chatdesk.domain.changes import AccountStatus, PresenceChanged, TypingChanged
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import (
    Account,
    Attempt,
    Capabilities,
    OrderField,
    OrderFile,
    Outgoing,
    Participant,
)
from chatdesk.domain.events import (
    ConversationSeen,
    ListsRead,
    MessageSeen,
    OrderSeen,
    ReadSeen,
    Stamped,
    StoredEvent,
    WindowRead,
)
from chatdesk.domain.ids import AccountId, ConversationId, Cursor, RemoteId
from chatdesk.domain.kinds import (
    Assurance,
    ConnectionState,
    Feature,
    MessageKind,
    OrderKind,
    ParkReason,
    Platform,
    PresenceState,
    Progress,
    Source,
    Support,
)
from chatdesk.domain.ordering import Stamp
from chatdesk.domain.outbox import Refused, Started, Stored, Unknown
from chatdesk.platforms.dispatcher.offers import STATUSES
from chatdesk.store import Store

WAIT_S = 20.0
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
ME = RemoteId("u-moderator")


@dataclasses.dataclass(frozen=True)
class Line:
    """One message of the scene: minutes before now, who, and what."""

    ago_min: float
    own: bool
    text: str
    kind: MessageKind = MessageKind.TEXT


@dataclasses.dataclass(frozen=True)
class Talk:
    """One order with its conversation."""

    number: str
    customer: str
    status: str
    lines: Sequence[Line]
    origin: str
    destination: str
    read_by_them: bool = True
    read_ago_min: float = 0
    seen: bool = True


SYSTEM = MessageKind.SYSTEM
TALKS: tuple[Talk, ...] = (
    Talk(
        "10482",
        "Northline Transport",
        "processing",
        (
            Line(2_920, True, "Your permit for Iowa is in. Nebraska answers tomorrow morning."),
            Line(2_914, False, "Good. Driver starts from Gary on Friday at six."),
            Line(92, False, "Morning! Load is 13'6\" high, is the route via I-80 still fine?"),
            Line(89, True, "Checking with the state now. Could you send a photo of the tie-downs?"),
            Line(84, False, "tie-downs.jpg", MessageKind.IMAGE),
            Line(83, False, "Chains on all four corners, straps over the radiator bank."),
            Line(73, True, "Order #10482 moved from Pending to Processing", SYSTEM),
            Line(
                71, True, "Thank you, that is what they want to see. I-80 is fine up to exit 440, then US-34."
            ),
            Line(70, True, "I have put both permits into the order. Please print them, an escort will ask."),
            Line(12, False, "When can the escort be there?"),
            Line(
                11,
                False,
                "Our driver would like to leave the scale before three, if that is possible at all.",
            ),
        ),
        "Gary, IN",
        "Omaha, NE",
        seen=False,
    ),
    Talk(
        "10479",
        "Harbour Beams Ltd",
        "requires_invoice",
        (
            Line(300, True, "The last leg is booked, Ohio is on its way."),
            Line(40, False, "Thanks. Our office needs it for the insurance."),
            Line(23, False, "Can you send the permit copy for Ohio?"),
        ),
        "Toledo, OH",
        "Erie, PA",
        seen=False,
    ),
    Talk(
        "10471",
        "Quarry & Stone",
        "pending",
        (
            Line(120, False, "We could also start on Monday."),
            Line(58, True, "Monday works better, the bridge at Joliet is open again."),
            Line(56, False, "Thanks, that works"),
            Line(55, True, "Good, I have moved it to Monday 07:00."),
        ),
        "Joliet, IL",
        "Peoria, IL",
    ),
    Talk(
        "10466",
        "Lakeside Cranes",
        "charged",
        (
            Line(1_500, False, "axle-config.pdf", MessageKind.FILE),
            Line(1_490, True, "Received, thank you."),
        ),
        "Duluth, MN",
        "Fargo, ND",
    ),
    Talk(
        "10452",
        "Midland Farm Supply",
        "finished",
        (
            Line(4_400, False, "Unloaded without a scratch. See you at harvest time!"),
            Line(4_390, True, "Order #10452 is now Finished", SYSTEM),
        ),
        "Salina, KS",
        "Lincoln, NE",
    ),
    Talk(
        "10450",
        "Prairie Wind",
        "processing",
        (
            Line(4_500, True, "The blade needs two escorts in South Dakota."),
            Line(4_420, False, "Understood. We pay for both."),
        ),
        "Sioux Falls, SD",
        "Minot, ND",
        read_by_them=False,
    ),
    Talk(
        "10447",
        "Ironbridge Fabrication",
        "pending",
        (
            Line(
                5_900, False, "The tank is two inches wider than on the drawing. Does that change the permit?"
            ),
        ),
        "Akron, OH",
        "Wheeling, WV",
    ),
    Talk(
        "10441",
        "Delta Modular Homes",
        "cancelled",
        (
            Line(8_700, False, "The buyer has stepped back, please cancel."),
            Line(8_690, True, "Cancelled. Nothing is charged."),
        ),
        "Elkhart, IN",
        "Dayton, OH",
    ),
)


@dataclasses.dataclass(frozen=True)
class Scene:
    """What was put into the store."""

    account: Account
    conversations: dict[str, ConversationId]
    now_us: int

    def talk(self, number: str) -> ConversationId:
        return self.conversations[number]

    def online(self, latency_ms: int = 38) -> AccountStatus:
        return AccountStatus(
            account_id=self.account.id,
            connection=ConnectionState.ONLINE,
            latency_ms=latency_ms,
            synced_at_us=self.now_us,
        )

    def offline(self, retry_s: float | None = 4) -> AccountStatus:
        return AccountStatus(
            account_id=self.account.id,
            connection=ConnectionState.OFFLINE,
            retry_at_us=None if retry_s is None else self.now_us + round(retry_s * 1_000_000),
            synced_at_us=self.now_us - 4 * MINUTE_US,
        )

    def presence(self, number: str, state: PresenceState = PresenceState.ONLINE) -> PresenceChanged:
        return PresenceChanged(self.talk(number), RemoteId(f"u-{number}"), state, self.now_us)

    def typing(self, number: str) -> TypingChanged:
        name = next(talk.customer for talk in TALKS if talk.number == number)
        return TypingChanged(self.talk(number), (name,))


def capabilities() -> Capabilities:
    """As an administrator of a dispatcher server has them."""
    yes = (
        Feature.TYPING,
        Feature.PRESENCE,
        Feature.READ_RECEIPTS,
        Feature.DELETE_OWN,
        Feature.ORDER_LIST,
        Feature.ORDER_FILES,
        Feature.CHANGE_STATUS,
    )
    return Capabilities(features=dict.fromkeys(yes, Support.YES), statuses=STATUSES)


def add_account(
    store: Store,
    *,
    user_id: RemoteId = ME,
    login: str = "desk@northline.example",
    name: str = "Dana Moderator",
    server_url: str = "https://dispatch.example.com",
    plain_http_consent: bool = False,
) -> Account:
    return store.add_account(
        NewAccount(
            platform=Platform.DISPATCHER,
            server_url=server_url,
            login=login,
            user_id=user_id,
            role="admin",
            name=name,
            plain_http_consent=plain_http_consent,
            capabilities=capabilities(),
        )
    ).result(WAIT_S)


def add_night_desk(store: Store) -> Account:
    """A second account at the same server."""
    return add_account(store, user_id=RemoteId("u-night"), login="night@northline.example", name="Night Desk")


def fill(
    store: Store, now_us: int, *, account: Account | None = None, talks: Sequence[Talk] = TALKS
) -> Scene:
    """An account with orders and conversations, as a first sync and some live messages leave them."""
    owner = account or add_account(store)
    events: list[StoredEvent] = []
    for talk in talks:
        events += _order(talk, now_us)
    live = [event for talk in talks for event in _messages(talk, now_us, live=True)]
    stored = [
        event for talk in talks for event in (*_messages(talk, now_us, live=False), _window(talk, now_us))
    ]
    _apply(store, owner.id, 1, [*events, *stored, ListsRead()])
    _apply(store, owner.id, 2, live)
    _apply(store, owner.id, 3, [e for talk in talks for e in _reads(talk, now_us)])
    found = {talk.number: _id_of(store, owner.id, talk) for talk in talks}
    return Scene(owner, found, now_us)


def press(store: Store, scene: Scene, number: str, text: str) -> Outgoing:
    """Press Send, with nobody there to send it."""
    reader = store.reader()
    version = reader.draft(scene.talk(number)).version
    reader.close()
    return store.press_send(scene.talk(number), version, text).result(WAIT_S)


def make_uncertain(store: Store, scene: Scene, number: str, text: str) -> Outgoing:
    """A message whose link dropped after sending."""
    item = _start(store, scene, press(store, scene, number, text))
    return store.advance(item.id, Unknown("link lost")).result(WAIT_S)


def make_parked(
    store: Store, scene: Scene, number: str, text: str, reason: ParkReason = ParkReason.CLOSED
) -> Outgoing:
    """A message that the server has refused."""
    item = _start(store, scene, press(store, scene, number, text))
    return store.advance(item.id, Refused(reason, "This order does not take messages")).result(WAIT_S)


def relay(store: Store, item: Outgoing, now_us: int) -> Outgoing:
    """Let the server pass a message on that was pressed elsewhere, without keeping it."""
    store.advance(item.id, Started(_attempt(item, now_us))).result(WAIT_S)
    return store.advance(item.id, Stored(None, Assurance.RELAYED)).result(WAIT_S)


def _attempt(item: Outgoing, now_us: int) -> Attempt:
    return Attempt(
        outgoing_id=item.id,
        number=1,
        client_id=item.id,
        epoch=1,
        step="send",
        watermark=(),
        watermark_complete=True,
        started_at_us=now_us,
    )


def park(store: Store, item: Outgoing, now_us: int, reason: ParkReason) -> Outgoing:
    """Let the server refuse a message that was pressed elsewhere."""
    store.advance(item.id, Started(_attempt(item, now_us))).result(WAIT_S)
    return store.advance(item.id, Refused(reason)).result(WAIT_S)


def draft(store: Store, scene: Scene, number: str, text: str) -> None:
    """Something that is being written."""
    store.save_draft(scene.talk(number), 0, text).result(WAIT_S)


def _start(store: Store, scene: Scene, item: Outgoing) -> Outgoing:
    return store.advance(item.id, Started(_attempt(item, scene.now_us))).result(WAIT_S)


def _apply(store: Store, account: AccountId, arrival: int, events: Sequence[StoredEvent]) -> None:
    if events:
        stamped = [Stamped(Stamp(1, arrival * 1_000 + n), event) for n, event in enumerate(events)]
        store.apply(account, stamped).result(WAIT_S)


def _id_of(store: Store, account: AccountId, talk: Talk) -> ConversationId:
    found = store.conversation_of(account, RemoteId(f"o-{talk.number}")).result(WAIT_S)
    assert found is not None
    return found


def _order(talk: Talk, now_us: int) -> list[StoredEvent]:
    label = next(choice.label for choice in STATUSES if choice.value == talk.status)
    progress: Progress = next(choice.progress for choice in STATUSES if choice.value == talk.status)
    remote = RemoteId(f"o-{talk.number}")
    began = now_us - round(talk.lines[0].ago_min * MINUTE_US) - HOUR_US
    order = OrderSeen(
        remote_id=remote,
        kind=OrderKind.ORDER,
        number=talk.number,
        title=f"{talk.origin} → {talk.destination}",
        customer=talk.customer,
        status=talk.status,
        status_label=label,
        progress=progress,
        created_at_us=began,
        updated_at_us=began + MINUTE_US,
        fields=(
            OrderField("from", talk.origin),
            OrderField("to", talk.destination),
            OrderField("start", "2026-11-21"),
            OrderField("load", "Transformer"),
            OrderField("size", "62' × 14' × 13'6\""),
        ),
        participants=(
            Participant(remote_id=RemoteId(f"u-{talk.number}"), name=talk.customer, role="customer"),
            Participant(remote_id=ME, name="Dana Moderator", role="moderator"),
        ),
        files=(
            OrderFile(
                remote_name="f1", name="tie-downs.jpg", content_type="image/jpeg", size_bytes=1_887_437
            ),
            OrderFile(
                remote_name="f2", name="axle-config.pdf", content_type="application/pdf", size_bytes=94_208
            ),
        ),
    )
    conversation = ConversationSeen(
        remote_id=remote, title=talk.customer, order_remote_id=remote, activity_at_us=began
    )
    return [order, conversation]


def _messages(talk: Talk, now_us: int, *, live: bool) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    for index, line in enumerate(talk.lines):
        at_us = now_us - round(line.ago_min * MINUTE_US)
        if live is not (line.ago_min < 60 and not line.own):
            continue
        found.append(
            MessageSeen(
                conversation=RemoteId(f"o-{talk.number}"),
                remote_id=RemoteId(f"m-{talk.number}-{index}"),
                cursor=Cursor(f"{at_us:017d}-{index:04d}"),
                sender_id=ME if line.own else RemoteId(f"u-{talk.number}"),
                sender_name="Dana Moderator" if line.own else talk.customer,
                own=line.own and line.kind is not SYSTEM,
                kind=line.kind,
                text=line.text,
                sent_at_us=at_us,
                source=Source.PUSH if live else Source.STORED,
            )
        )
    return found


def _window(talk: Talk, now_us: int) -> WindowRead:
    there = [event for event in _messages(talk, now_us, live=False) if isinstance(event, MessageSeen)]
    return WindowRead(
        conversation=RemoteId(f"o-{talk.number}"),
        ids=tuple(message.remote_id for message in there),
        oldest=there[0].cursor if there else None,
        newest=there[-1].cursor if there else None,
        complete=True,
        reaches_start=True,
        reaches_head=True,
        total=len(there),
    )


def _reads(talk: Talk, now_us: int) -> list[StoredEvent]:
    here = RemoteId(f"o-{talk.number}")
    reads: list[StoredEvent] = []
    if talk.read_by_them:
        reads.append(
            ReadSeen(
                conversation=here,
                person_id=RemoteId(f"u-{talk.number}"),
                by_self=False,
                up_to_us=now_us - round(talk.read_ago_min * MINUTE_US),
            )
        )
    if talk.seen:
        reads.append(ReadSeen(conversation=here, person_id=ME, by_self=True))
    return reads
