"""The profile that is measured: a data folder with one huge conversation among ordinary ones.

Every row goes through `Store.apply`, as it would from a server; nothing is written past the store.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import msgspec

from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, OrderField
from chatdesk.domain.events import (
    ConversationSeen,
    ListsRead,
    MessageSeen,
    OrderSeen,
    Stamped,
    StoredEvent,
    WindowRead,
)
from chatdesk.domain.ids import AccountId, ConversationId, Cursor, MessageId, RemoteId
from chatdesk.domain.kinds import MessageKind, OrderKind, Platform, Progress, Source
from chatdesk.domain.ordering import Stamp
from chatdesk.store import Store, search_terms
from chatdesk.store.connection import FILE_NAME, open_reader
from tests.bench.texts import Texts

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "bench"
ROWS = 1_000_000
SMALL_ROWS = 1_000
OTHERS = 300
OTHER_ROWS = 30
BATCH = 500
UNDER_WAY = 8
"""Batches that wait for the writer while the next ones are made."""
BASE_US = 1_750_000_000_000_000
STEP_US = 37_000_000
BIG, SMALL = RemoteId("big"), RemoteId("small")
ME, THEM = RemoteId("me"), RemoteId("them")
NOWHERE = "http://127.0.0.1:9"
"""The account's server: nobody listens there."""


def cursor(number: int) -> Cursor:
    """Place of message `number` of a conversation."""
    return Cursor(f"{number:012d}")


def remote_id(conversation: RemoteId, number: int) -> RemoteId:
    """Id of message `number` of a conversation."""
    return RemoteId(f"{conversation}-{number}")


def message(
    conversation: RemoteId, number: int, text: str, source: Source = Source.STORED, *, own: bool | None = None
) -> MessageSeen:
    """Message `number` of a conversation; about a third are our own, in runs as in real talk."""
    mine = (number // 3) % 3 == 0 if own is None else own
    return MessageSeen(
        conversation=conversation,
        remote_id=remote_id(conversation, number),
        cursor=cursor(number),
        sender_id=ME if mine else THEM,
        sender_name="Desk" if mine else "Northline Transport",
        own=mine,
        kind=MessageKind.SYSTEM if number % 97 == 96 else MessageKind.TEXT,
        text=text,
        sent_at_us=BASE_US + number * STEP_US,
        source=source,
    )


class Shape(msgspec.Struct, frozen=True):
    """How much there is in a data folder."""

    rows: int = ROWS
    """Messages of the big conversation, which the first account has."""
    accounts: int = 1
    others: int = OTHERS
    """Conversations beside the big and the small one, shared out among the accounts."""
    other_rows: int = OTHER_ROWS
    """Messages of each of these."""


class Feeder:
    """Has a store apply stamped events, with a bounded number of batches under way."""

    def __init__(self, store: Store, account: AccountId, epoch: int = 1) -> None:
        self._store = store
        self._account = account
        self._epoch = epoch
        self._arrival = 0
        self._waiting: deque[Future[int]] = deque()

    def stamped(self, events: list[StoredEvent]) -> list[Stamped]:
        """The events of one arrival."""
        self._arrival += 1
        stamp = Stamp(self._epoch, self._arrival)
        return [Stamped(stamp, event) for event in events]

    def put(self, batch: list[Stamped]) -> None:
        """Hand over a batch; waits for an older one when enough are under way."""
        self._waiting.append(self._store.apply(self._account, batch))
        if len(self._waiting) > UNDER_WAY:
            self._waiting.popleft().result()

    def finish(self) -> None:
        """Everything handed over is committed."""
        while self._waiting:
            self._waiting.popleft().result()


def _key() -> str:
    """Changes whenever a profile made earlier would differ from one made now."""
    parts = sorted((ROOT / "src" / "chatdesk" / "store" / "migrations").glob("*.sql"))
    seal = hashlib.sha256()
    for part in (*parts, Path(__file__), Path(__file__).with_name("texts.py")):
        seal.update(part.read_bytes())
    seal.update(search_terms.VERSION.encode())  # else the index would be made anew beside a benchmark
    return seal.hexdigest()[:12]


def prepare(rows: int = ROWS) -> tuple[Path, float]:
    """The folder of the profile with `rows` messages in its big conversation; seconds that making it took.

    0.0 s: an earlier run has made the same one. Read it only; `scratch` gives a copy to write to.
    """
    folder = OUT / f"profile-{rows}-{_key()}"
    if (folder / FILE_NAME).exists():
        return folder, 0.0
    OUT.mkdir(parents=True, exist_ok=True)
    for old in OUT.glob("profile-*"):
        shutil.rmtree(old)
    began = time.monotonic()
    making = folder.with_name(f"profile-making-{rows}")
    make(making, Shape(rows))
    making.rename(folder)
    return folder, time.monotonic() - began


@contextmanager
def scratch(rows: int, name: str) -> Iterator[Path]:
    """A copy of the profile that may be written to, and is gone afterwards."""
    source, _took = prepare(rows)
    folder = OUT / f"scratch-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(source / FILE_NAME, folder / FILE_NAME)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def message_id(number: int) -> MessageId:
    """Local id of message `number` of the big conversation."""
    return MessageId(number + 1)


def ids(store: Store) -> tuple[AccountId, ConversationId, ConversationId]:
    """The account, the big conversation and the small one of an open profile."""
    account = store.accounts().result().rows[0].id
    big = store.conversation_of(account, BIG).result()
    small = store.conversation_of(account, SMALL).result()
    if big is None or small is None:
        raise LookupError("not a profile of the benchmarks")
    return account, big, small


def make(folder: Path, shape: Shape) -> None:
    """Make a data folder of a shape, in place of whatever was there."""
    shutil.rmtree(folder, ignore_errors=True)
    store = Store.open(folder)
    try:
        texts = Texts()
        rooms = [RemoteId(f"room{n}") for n in range(shape.others)]
        for number in range(shape.accounts):
            account = _account(store, number)
            conversations = {BIG: shape.rows, SMALL: SMALL_ROWS} if number == 0 else {}
            conversations |= dict.fromkeys(rooms[number :: shape.accounts], shape.other_rows)
            _fill(Feeder(store, account.id), texts, conversations)
        _account_id, big, _small = ids(store)
        store.put_setting("last_conversation", str(big)).result()
        wait_until_indexed(folder)
    finally:
        store.close()


def _fill(feeder: Feeder, texts: Texts, conversations: Mapping[RemoteId, int]) -> None:
    """Have a store learn of an account's conversations, with so many messages each."""
    for number, conversation in enumerate(conversations):
        feeder.put(feeder.stamped(list(_subject(conversation, number))))
    feeder.put(feeder.stamped([ListsRead()]))
    # The big one first: its message `n` gets the id n + 1.
    for place, (conversation, count) in enumerate(conversations.items()):
        for first in range(0, count, BATCH):
            last = min(first + BATCH, count)
            said = [texts[place * 7 + n] for n in range(first, last)]
            feeder.put(feeder.stamped(_stretch(conversation, said, first, count)))
    feeder.finish()


def wait_until_indexed(folder: Path) -> None:
    """Return once the search index of an open store holds every message."""
    con = open_reader(folder / FILE_NAME)
    try:
        while con.execute("SELECT up_to < (SELECT max(id) FROM messages) OR remains FROM search_state").get:
            time.sleep(0.002)
    finally:
        con.close()


def _account(store: Store, number: int) -> Account:
    return store.add_account(
        NewAccount(
            platform=Platform.DISPATCHER,
            server_url=NOWHERE,
            login=f"desk{number or ''}@northline.example",
            user_id=RemoteId(f"{ME}{number or ''}"),
            role="moderator",
            name="Desk",
            plain_http_consent=False,
            capabilities=Capabilities(),
        )
    ).result()


def _subject(conversation: RemoteId, number: int) -> Iterator[StoredEvent]:
    order = RemoteId(f"order-{conversation}")
    yield OrderSeen(
        remote_id=order,
        kind=OrderKind.ORDER,
        number=f"D-{10_000 + number}",
        title=f"Steel beams to city {number}",
        customer=f"Northline Transport {number}",
        status="processing",
        status_label="Processing",
        progress=Progress.ACTIVE,
        created_at_us=BASE_US,
        updated_at_us=BASE_US,
        fields=(OrderField("origin", "Houston, TX"), OrderField("destination", "El Paso, TX")),
    )
    yield ConversationSeen(
        remote_id=conversation, title=f"Northline Transport {number}", order_remote_id=order
    )


def _stretch(conversation: RemoteId, said: Sequence[str], first: int, count: int) -> list[StoredEvent]:
    """Messages from `first` on, of `count` in all, read without a hole, as one page of a server's history."""
    last = first + len(said)
    events: list[StoredEvent] = [message(conversation, first + n, text) for n, text in enumerate(said)]
    # It begins with the last one of the stretch before, so that the two are known to meet.
    begin = max(0, first - 1)
    events.append(
        WindowRead(
            conversation=conversation,
            ids=tuple(remote_id(conversation, n) for n in range(begin, last)),
            oldest=cursor(begin),
            newest=cursor(last - 1),
            complete=True,
            reaches_start=first == 0,
            reaches_head=last == count,
        )
    )
    return events
