"""Changes and news reach the window in order, in frames, and not one is lost."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication

from chatdesk.domain.changes import (
    AccountsGone,
    AccountsPut,
    AccountStatus,
    Commit,
    ConversationsGone,
    ConversationsPut,
    DraftPut,
    HistoryLoading,
    MessagesGone,
    MessagesPut,
    News,
    NoticeRaised,
    NotificationsPut,
    OrdersGone,
    OrdersPut,
    OutboxGone,
    OutboxPut,
    PresenceChanged,
    StoredChange,
    TypingChanged,
)
from chatdesk.domain.entities import Conversation, Draft, Message
from chatdesk.domain.ids import AccountId, ConversationId, Cursor, MessageId, OrderId, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, MessageKind, NoticeCode, PresenceState
from chatdesk.ui.feed import FRAME_MS, FRAME_ROWS, ChangeFeed
from tests.conftest import Ui

A, B = ConversationId(1), ConversationId(2)


class Source:
    """Store and engines as far as the feed sees them: something that calls a listener from its threads."""

    def __init__(self) -> None:
        self.commit: Callable[[Commit], None] | None = None
        self.news: Callable[[News], None] | None = None

    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:
        self.commit = listener

        def end() -> None:
            self.commit = None

        return end

    def subscribe_news(self, listener: Callable[[News], None]) -> Callable[[], None]:
        self.news = listener

        def end() -> None:
            self.news = None

        return end


def message(number: int, conversation: ConversationId = A, text: str = "") -> Message:
    return Message(
        id=MessageId(number),
        conversation_id=conversation,
        remote_id=RemoteId(str(number)),
        cursor=Cursor(f"{number:09d}"),
        sender_id=RemoteId("u"),
        sender_name="U",
        own=False,
        kind=MessageKind.TEXT,
        text=text or str(number),
        sent_at_us=number,
    )


def row(number: int, unread: int = 0) -> Conversation:
    return Conversation(
        id=ConversationId(number),
        account_id=AccountId(1),
        remote_id=RemoteId(str(number)),
        title=f"c{number}",
        unread=unread,
    )


class Heard:
    """Everything that the feed's signals said, in order."""

    STORED = (
        "messages_put",
        "messages_gone",
        "conversations_put",
        "conversations_gone",
        "orders_put",
        "orders_gone",
        "outbox_put",
        "outbox_gone",
        "draft_put",
        "accounts_put",
        "accounts_gone",
        "notifications_put",
    )
    NEWS = ("typing", "presence", "status", "notice", "history_loading")

    def __init__(self, feed: ChangeFeed) -> None:
        self.stored: list[tuple[str, StoredChange, int]] = []
        self.news: list[tuple[str, News]] = []
        self.all: list[object] = []
        for name in self.STORED:
            getattr(feed, name).connect(
                lambda change, commit, name=name: self._on_stored(name, change, commit)
            )
        for name in self.NEWS:
            getattr(feed, name).connect(lambda news, name=name: self._on_news(name, news))

    def _on_stored(self, name: str, change: StoredChange, commit: int) -> None:
        self.stored.append((name, change, commit))
        self.all.append(change)

    def _on_news(self, name: str, news: News) -> None:
        self.news.append((name, news))
        self.all.append(news)


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def feed(qapp: QCoreApplication, source: Source) -> ChangeFeed:
    return ChangeFeed(source, source)


ONE_OF_EACH: list[StoredChange] = [
    MessagesPut(A, (message(1),)),
    MessagesGone(A, (MessageId(1),)),
    ConversationsPut((row(1),)),
    ConversationsGone((A,)),
    OrdersPut(()),
    OrdersGone((OrderId(1),)),
    OutboxPut(()),
    OutboxGone((OutgoingId("x"),)),
    DraftPut(Draft(conversation_id=A, version=1, text="t", saved_at_us=0)),
    AccountsPut(()),
    AccountsGone((AccountId(1),)),
    NotificationsPut(()),
]


def test_each_kind_has_its_signal(ui: Ui, feed: ChangeFeed) -> None:
    """Every kind of change and of news comes out of the signal of its name, with its commit number."""
    heard = Heard(feed)
    for number, change in enumerate(ONE_OF_EACH, 5):
        feed.add_commit(Commit(number, (change,)))
    news: list[News] = [
        TypingChanged(A, ("Ann",)),
        PresenceChanged(A, RemoteId("u"), PresenceState.ONLINE, 7),
        AccountStatus(account_id=AccountId(1), connection=ConnectionState.ONLINE),
        NoticeRaised(AccountId(1), NoticeCode.OFFLINE),
        HistoryLoading(A, busy=True),
    ]
    for piece in news:
        feed.add_news(piece)
    ui.run(ui.until(lambda: len(heard.all) == len(ONE_OF_EACH) + len(news)))
    assert [name for name, _change, _commit in heard.stored] == list(Heard.STORED)
    assert [commit for _name, _change, commit in heard.stored] == list(range(5, 5 + len(ONE_OF_EACH)))
    assert [change for _name, change, _commit in heard.stored] == ONE_OF_EACH
    assert [name for name, _news in heard.news] == list(Heard.NEWS)
    assert feed.typing_in(A) == ("Ann",)
    assert feed.typing_in(B) == ()
    assert feed.presence_in(A) == news[1]
    assert feed.status_of(AccountId(1)) == news[2]
    assert feed.status_of(AccountId(2)) is None


def test_the_first_change_after_silence_comes_at_once(ui: Ui, feed: ChangeFeed) -> None:
    """An idle feed does not wait for a frame."""
    heard = Heard(feed)

    async def main() -> float:
        began = time.perf_counter()
        feed.add_commit(Commit(1, (MessagesPut(A, (message(1),)),)))
        while not heard.stored:
            await asyncio.sleep(0)
        return time.perf_counter() - began

    assert min(ui.run(main()), 1) * 1_000 < FRAME_MS


def test_a_frame_has_at_most_its_rows(ui: Ui, feed: ChangeFeed) -> None:
    """A flood is paced: at most 400 rows at once, and every row arrives, in order."""
    heard = Heard(feed)
    frames: list[int] = []
    feed.messages_put.connect(lambda change, _commit: frames.append(len(change.messages)))
    total = 5_000
    for number in range(1, total + 1):
        feed.add_commit(Commit(number, (MessagesPut(A, (message(number),)),)))
    ui.run(ui.until(lambda: sum(frames) == total))
    assert max(frames) <= FRAME_ROWS
    assert len(frames) <= total / FRAME_ROWS + 2, "one insert per conversation and frame"
    seen = [m.id for _name, change, _commit in heard.stored for m in change.messages]  # type: ignore[union-attr]
    assert seen == list(range(1, total + 1))
    numbers = [commit for _name, _change, commit in heard.stored]
    assert numbers == sorted(numbers)


def test_a_huge_commit_comes_in_pieces(ui: Ui, feed: ChangeFeed) -> None:
    """One commit of 1,000 rows is cut into pieces that carry the same number."""
    heard = Heard(feed)
    feed.add_commit(Commit(9, (MessagesPut(A, tuple(message(n) for n in range(1, 1_001))),)))
    feed.add_commit(Commit(10, (ConversationsPut(tuple(row(n) for n in range(1, 901))),)))
    ui.run(ui.until(lambda: sum(commit == 10 for _n, _c, commit in heard.stored) == 3))
    assert [commit for _n, _c, commit in heard.stored].count(9) == 3
    assert all(len(c.messages) <= FRAME_ROWS for _n, c, k in heard.stored if k == 9)  # type: ignore[union-attr]


def test_merging_keeps_the_newest_and_respects_removal(ui: Ui, feed: ChangeFeed) -> None:
    """Messages that follow each other become one change with the newest of each; a removal is not crossed."""
    heard = Heard(feed)
    feed.add_commit(Commit(1, (MessagesPut(A, (message(1, text="old"), message(2))),)))
    feed.add_commit(Commit(2, (ConversationsPut((row(1, unread=1),)),)))
    feed.add_commit(Commit(3, (MessagesPut(A, (message(1, text="new"),)), MessagesPut(B, (message(7, B),)))))
    feed.add_commit(Commit(4, (MessagesGone(A, (MessageId(2),)),)))
    feed.add_commit(Commit(5, (MessagesPut(A, (message(3),)), ConversationsPut((row(1, unread=2), row(2))))))
    ui.run(ui.until(lambda: len(heard.stored) == 5))
    assert heard.stored == [
        ("messages_put", MessagesPut(A, (message(1, text="new"), message(2))), 3),
        ("conversations_put", ConversationsPut((row(1, unread=2), row(2))), 5),
        ("messages_put", MessagesPut(B, (message(7, B),)), 3),
        ("messages_gone", MessagesGone(A, (MessageId(2),)), 4),
        ("messages_put", MessagesPut(A, (message(3),)), 5),
    ]


def test_only_the_last_news_of_a_subject_is_told(ui: Ui, feed: ChangeFeed) -> None:
    """Of news that wait, the last of each subject is told, in its own place; notices are all told."""
    heard = Heard(feed)
    for ms in range(50):
        feed.add_news(
            AccountStatus(account_id=AccountId(1), connection=ConnectionState.ONLINE, latency_ms=ms)
        )
    feed.add_news(HistoryLoading(A, busy=True))
    feed.add_commit(Commit(1, (MessagesPut(A, (message(1),)),)))
    feed.add_news(HistoryLoading(A, busy=False, reaches_start=True))
    feed.add_news(NoticeRaised(AccountId(1), NoticeCode.OFFLINE))
    feed.add_news(NoticeRaised(AccountId(1), NoticeCode.OFFLINE))
    ui.run(ui.until(lambda: len(heard.all) == 5))
    status, put, loading, *notices = heard.all
    assert isinstance(status, AccountStatus)
    assert status.latency_ms == 49
    assert isinstance(put, MessagesPut)
    assert loading == HistoryLoading(A, busy=False, reaches_start=True), (
        "not before the rows that it speaks of"
    )
    assert len(notices) == 2


def test_two_threads_lose_nothing(ui: Ui, feed: ChangeFeed, source: Source) -> None:
    """Writer and network thread feed at the same time; every row and the last news arrive."""
    heard = Heard(feed)
    total = 3_000

    def write() -> None:
        assert source.commit is not None
        for number in range(1, total + 1):
            source.commit(Commit(number, (MessagesPut(A, (message(number),)),)))

    def tell() -> None:
        assert source.news is not None
        for ms in range(total):
            source.news(
                AccountStatus(account_id=AccountId(1), connection=ConnectionState.ONLINE, latency_ms=ms)
            )

    threads = [threading.Thread(target=write), threading.Thread(target=tell)]
    for thread in threads:
        thread.start()

    def complete() -> bool:
        last = feed.status_of(AccountId(1))
        rows = sum(len(c.messages) for _n, c, _k in heard.stored if isinstance(c, MessagesPut))
        return rows == total and last is not None and last.latency_ms == total - 1

    ui.run(ui.until(complete))
    for thread in threads:
        thread.join()
    seen = [m.id for _n, c, _k in heard.stored if isinstance(c, MessagesPut) for m in c.messages]
    assert seen == list(range(1, total + 1))
    told = [news.latency_ms for _n, news in heard.news if isinstance(news, AccountStatus)]
    assert told == sorted(told, key=lambda ms: ms or 0)


def test_a_closed_feed_is_silent(ui: Ui, feed: ChangeFeed, source: Source) -> None:
    """After close nothing is told, and nobody listens any more."""
    heard = Heard(feed)
    feed.add_commit(Commit(1, (MessagesPut(A, (message(1),)),)))
    feed.close()
    ui.run(asyncio.sleep(0.05))
    assert heard.all == []
    assert source.commit is None
    assert source.news is None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "gone"]), st.sampled_from([1, 2]), st.integers(1, 6)),
        max_size=40,
    )
)
def test_merged_changes_end_where_the_single_ones_do(steps: list[tuple[str, int, int]]) -> None:
    """Whatever is merged, a model that applies what the feed tells holds what the store holds."""
    source = Source()
    feed = ChangeFeed(source, source)
    model: dict[tuple[int, int], str] = {}
    truth: dict[tuple[int, int], str] = {}

    def put(change: MessagesPut, _commit: int) -> None:
        for m in change.messages:
            model[change.conversation_id, m.id] = m.text

    def gone(change: MessagesGone, _commit: int) -> None:
        for one in change.ids:
            model.pop((change.conversation_id, one), None)

    feed.messages_put.connect(put)
    feed.messages_gone.connect(gone)
    for number, (kind, where, which) in enumerate(steps, 1):
        conversation = ConversationId(where)
        if kind == "put":
            truth[where, which] = f"v{number}"
            change: StoredChange = MessagesPut(conversation, (message(which, conversation, f"v{number}"),))
        else:
            truth.pop((where, which), None)
            change = MessagesGone(conversation, (MessageId(which),))
        feed.add_commit(Commit(number, (change,)))
    feed._drain()
    assert model == truth
    feed.close()
