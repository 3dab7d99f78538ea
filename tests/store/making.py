"""Short ways to say what happens to a store in a test."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw
import msgspec

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import NO_EXTRAS, Attachment, Extras
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Attempt, Capabilities, Outgoing
from chatdesk.domain.events import (
    ConversationSeen,
    ListsRead,
    MessageSeen,
    OrderSeen,
    Stamped,
    StoredEvent,
    WindowRead,
)
from chatdesk.domain.ids import ConversationId, Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import MessageKind, OrderKind, Platform, Progress, Source
from chatdesk.domain.ordering import Stamp
from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME

ME, CUSTOMER = RemoteId("me"), RemoteId("customer")
CONVERSATION, OTHER = RemoteId("c1"), RemoteId("c2")
ORDER = RemoteId("o1")
WAIT_S = 10.0
EXTRAS = Extras(
    subject="Steel",
    topic="general",
    attachments=(Attachment(url="https://files.example/a.pdf", name="a.pdf", size_bytes=7),),
    place=(52.5, 13.4),
)


def new_account(user: str = ME, name: str = "Dana", **more: Any) -> NewAccount:
    return NewAccount(
        platform=Platform.DISPATCHER,
        server_url="https://orders.example",
        login=f"{user}@example.test",
        user_id=RemoteId(user),
        role="moderator",
        name=name,
        plain_http_consent=False,
        capabilities=Capabilities(),
        **more,
    )


def cursor(number: int) -> Cursor:
    return Cursor(f"{number:06d}")


def message(
    number: int,
    text: str | None = None,
    *,
    own: bool = False,
    source: Source = Source.PUSH,
    conversation: RemoteId = CONVERSATION,
    kind: MessageKind = MessageKind.TEXT,
    **more: Any,
) -> MessageSeen:
    """The message m<number>, written at second <number>, at place <number>."""
    return MessageSeen(
        conversation=conversation,
        remote_id=RemoteId(f"m{number}"),
        cursor=cursor(number),
        sender_id=ME if own else CUSTOMER,
        sender_name="Dana" if own else "Carl",
        own=own,
        kind=kind,
        text=f"text {number}" if text is None else text,
        sent_at_us=number * 1_000_000,
        source=source,
        **more,
    )


def window(
    numbers: Iterable[int], *, conversation: RemoteId = CONVERSATION, **more: Any
) -> tuple[StoredEvent, ...]:
    """A reading of the stretch of these messages, with the messages; complete, and up to the head."""
    there = sorted(numbers)
    values: dict[str, Any] = {"complete": True, "reaches_start": False, "reaches_head": True, **more}
    read = WindowRead(
        conversation=conversation,
        ids=tuple(RemoteId(f"m{n}") for n in there),
        oldest=cursor(there[0]) if there else None,
        newest=cursor(there[-1]) if there else None,
        **values,
    )
    return (*(message(n, source=Source.STORED, conversation=conversation) for n in there), read)


def at(arrival: int, *events: StoredEvent, epoch: int = 1) -> list[Stamped]:
    return [Stamped(Stamp(epoch, arrival), event) for event in events]


class Desk:
    """A store with one account, two conversations (the first on an order), and what it has committed."""

    def __init__(self, store: Store, *, first_sync: bool = True) -> None:
        self.store = store
        self.account: Account = store.add_account(new_account()).result(WAIT_S)
        self.apply(
            1,
            OrderSeen(
                remote_id=ORDER,
                kind=OrderKind.ORDER,
                number="ORD-1",
                status="pending",
                status_label="Pending",
                progress=Progress.OPEN,
            ),
            ConversationSeen(remote_id=CONVERSATION, title="Carl", order_remote_id=ORDER),
            ConversationSeen(remote_id=OTHER, title="Cleo"),
        )
        self.conversation = self.id_of(CONVERSATION)
        self.other = self.id_of(OTHER)
        if first_sync:
            self.apply(2, ListsRead())

    def id_of(self, remote_id: RemoteId) -> ConversationId:
        found = self.store.conversation_of(self.account.id, remote_id).result(WAIT_S)
        assert found is not None
        return found

    def apply(self, arrival: int, *events: StoredEvent, epoch: int = 1) -> int:
        return self.store.apply(self.account.id, at(arrival, *events, epoch=epoch)).result(WAIT_S)

    def press(
        self,
        text: str,
        conversation: ConversationId | None = None,
        kind: MessageKind = MessageKind.TEXT,
        extras: Extras = NO_EXTRAS,
    ) -> Outgoing:
        place = self.conversation if conversation is None else conversation
        with reading(self.store) as reader:
            version = reader.draft(place).version
        return self.store.press_send(place, version, text, kind, extras).result(WAIT_S)

    def advance(self, item: Outgoing | OutgoingId, event: machine.Event) -> Outgoing:
        outgoing = item.id if isinstance(item, Outgoing) else item
        return self.store.advance(outgoing, event).result(WAIT_S)

    def start(self, item: Outgoing, watermark: tuple[str, ...] = (), *, complete: bool = True) -> Outgoing:
        return self.advance(item, started(item, watermark, complete=complete))


def started(item: Outgoing, watermark: tuple[str, ...] = (), *, complete: bool = True) -> machine.Started:
    return machine.Started(
        Attempt(
            outgoing_id=item.id,
            number=item.attempts + 1,
            client_id=item.id,
            epoch=1,
            step="send",
            watermark=tuple(RemoteId(one) for one in watermark),
            watermark_complete=complete,
            started_at_us=1,
        )
    )


@contextmanager
def reading(store: Store) -> Iterator[Any]:
    reader = store.reader()
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def short_lived_folder() -> Iterator[Path]:
    """A folder for one example of a property: in memory where the system has such a place, for its speed."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def raw(folder: Path) -> Iterator[apsw.Connection]:
    """The database file itself, for looking behind the store or spoiling it."""
    con = apsw.Connection(str(folder / FILE_NAME))
    con.set_busy_timeout(5_000)
    try:
        yield con
    finally:
        con.close()


def texts(store: Store, conversation: ConversationId) -> list[str]:
    with reading(store) as reader:
        return [one.text for one in reader.newest_page(conversation).messages]


def without_ids(value: msgspec.Struct) -> dict[str, Any]:
    """Everything of an entity but the local numbers, which depend on the order of arrival."""
    fields = msgspec.structs.asdict(value)
    for name in ("id", "conversation_id", "order_id"):
        fields.pop(name, None)
    return fields
