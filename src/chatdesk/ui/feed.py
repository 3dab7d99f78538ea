"""Commits and news from the store's and the network's threads, handed to the window in frames.

The other threads only append to a queue and wake the GUI once; the GUI takes at most 400 rows per 16 ms.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Protocol

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from chatdesk.domain.changes import (
    AccountsGone,
    AccountsPut,
    AccountStatus,
    Commit,
    ConversationsGone,
    ConversationsPut,
    DiskChanged,
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
    PositionChanged,
    PresenceChanged,
    StoredChange,
    TypingChanged,
    UploadMoved,
    WholeHistoryMoved,
)
from chatdesk.domain.ids import AccountId, ConversationId, OutgoingId

FRAME_MS = 16
FRAME_ROWS = 400


class CommitSource(Protocol):
    """The store, as far as the feed needs it."""

    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:
        """As DeskStore.subscribe."""
        ...


class NewsSource(Protocol):
    """The engines, as far as the feed needs them."""

    def subscribe_news(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """As Engines.subscribe_news."""
        ...


class _Stored(msgspec.Struct, frozen=True):
    """A change and the number of its commit."""

    commit: int
    change: StoredChange
    rows: int


class _Told(msgspec.Struct, frozen=True):
    """A piece of news; `turn` tells the newest of a subject from those that it has overtaken."""

    subject: Hashable
    turn: int
    news: News


class ChangeFeed(QObject):
    """One signal per kind of change, on the GUI thread, in the order in which things happened.

    Signals of stored changes carry (change, commit number): a model that read its rows at commit n ignores
    those up to n. A big change may come in several pieces with the same number. News carry (news); of news
    that wait at the same time about the same subject only the last is told, in the last one's place.
    """

    messages_put = Signal(object, int)
    messages_gone = Signal(object, int)
    conversations_put = Signal(object, int)
    conversations_gone = Signal(object, int)
    orders_put = Signal(object, int)
    orders_gone = Signal(object, int)
    outbox_put = Signal(object, int)
    outbox_gone = Signal(object, int)
    draft_put = Signal(object, int)
    accounts_put = Signal(object, int)
    accounts_gone = Signal(object, int)
    notifications_put = Signal(object, int)
    disk_changed = Signal(object, int)
    typing = Signal(object)
    presence = Signal(object)
    position = Signal(object)
    status = Signal(object)
    notice = Signal(object)
    history_loading = Signal(object)
    whole_history = Signal(object)
    upload = Signal(object)
    _wake = Signal()

    def __init__(self, store: CommitSource, engines: NewsSource, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._queue: deque[_Stored | _Told] = deque()
        self._turns: dict[Hashable, int] = {}
        self._turn = 0
        self._woken = False
        self._statuses: dict[AccountId, AccountStatus] = {}
        self._presences: dict[ConversationId, PresenceChanged] = {}
        self._typing: dict[ConversationId, TypingChanged] = {}
        self._uploads: dict[OutgoingId, UploadMoved] = {}
        self._whole: dict[ConversationId, WholeHistoryMoved] = {}
        self._stored_signals = {
            MessagesPut: self.messages_put,
            MessagesGone: self.messages_gone,
            ConversationsPut: self.conversations_put,
            ConversationsGone: self.conversations_gone,
            OrdersPut: self.orders_put,
            OrdersGone: self.orders_gone,
            OutboxPut: self.outbox_put,
            OutboxGone: self.outbox_gone,
            DraftPut: self.draft_put,
            AccountsPut: self.accounts_put,
            AccountsGone: self.accounts_gone,
            NotificationsPut: self.notifications_put,
            DiskChanged: self.disk_changed,
        }
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._drain)
        self._wake.connect(self._drain, Qt.ConnectionType.QueuedConnection)
        self._ends = [store.subscribe(self.add_commit), engines.subscribe_news(self.add_news)]

    # -- from any thread

    def add_commit(self, commit: Commit) -> None:
        """Queue what a commit changed."""
        pieces = [_Stored(commit.number, piece, _rows(piece)) for c in commit.changes for piece in _cut(c)]
        if not pieces:
            return
        with self._lock:
            self._queue.extend(pieces)
            wake = not self._woken
            self._woken = True
        if wake:
            self._wake.emit()

    def add_news(self, news: News) -> None:
        """Queue a piece of news in the place of older news about the same subject."""
        with self._lock:
            self._turn += 1
            subject = _subject(news, self._turn)
            self._turns[subject] = self._turn
            self._queue.append(_Told(subject, self._turn, news))
            wake = not self._woken
            self._woken = True
        if wake:
            self._wake.emit()

    # -- on the GUI thread

    def status_of(self, account: AccountId) -> AccountStatus | None:
        """The newest status told of an account."""
        return self._statuses.get(account)

    def presence_in(self, conversation: ConversationId) -> PresenceChanged | None:
        """The newest presence told of the other side of a conversation."""
        return self._presences.get(conversation)

    def typing_in(self, conversation: ConversationId) -> tuple[str, ...]:
        """Who was last told to be typing in a conversation."""
        told = self._typing.get(conversation)
        return told.names if told else ()

    def upload_of(self, outgoing: OutgoingId) -> UploadMoved | None:
        """How far the file of an intention has come; None where none of it is under way."""
        return self._uploads.get(outgoing)

    def whole_history_of(self, conversation: ConversationId) -> WholeHistoryMoved | None:
        """How the loading of a whole conversation was last told to stand; None where none was asked for."""
        return self._whole.get(conversation)

    def close(self) -> None:
        """Stop listening; what still waits is not told."""
        for end in self._ends:
            end()
        self._ends.clear()
        self._timer.stop()
        with self._lock:
            self._queue.clear()
            self._turns.clear()

    def _drain(self) -> None:
        if self._timer.isActive():
            return
        with self._lock:
            frame = self._take()
            self._woken = bool(frame)
        if not frame:
            return
        # The frame that follows also ends the idle state, so the pace holds under a steady stream.
        self._timer.start()
        for entry in _merged(frame):
            if isinstance(entry, _Stored):
                self._stored_signals[type(entry.change)].emit(entry.change, entry.commit)
            else:
                self._tell(entry.news)

    def _take(self) -> list[_Stored | _Told]:
        frame: list[_Stored | _Told] = []
        rows = 0
        while self._queue:
            entry = self._queue[0]
            if isinstance(entry, _Told):
                self._queue.popleft()
                if self._turns.get(entry.subject) == entry.turn:
                    del self._turns[entry.subject]
                    frame.append(entry)
                continue
            if frame and rows + entry.rows > FRAME_ROWS:
                break
            rows += entry.rows
            frame.append(self._queue.popleft())
        return frame

    def _tell(self, news: News) -> None:
        match news:
            case TypingChanged():
                self._typing[news.conversation_id] = news
                self.typing.emit(news)
            case PresenceChanged():
                self._presences[news.conversation_id] = news
                self.presence.emit(news)
            case PositionChanged():
                self.position.emit(news)
            case AccountStatus():
                self._statuses[news.account_id] = news
                self.status.emit(news)
            case NoticeRaised():
                self.notice.emit(news)
            case HistoryLoading():
                self.history_loading.emit(news)
            case WholeHistoryMoved():
                self._whole[news.conversation_id] = news
                self.whole_history.emit(news)
            case UploadMoved():
                self._uploads[news.outgoing_id] = news
                if news.sent_bytes < 0:
                    del self._uploads[news.outgoing_id]
                self.upload.emit(news)


def _subject(news: News, turn: int) -> Hashable:
    match news:
        case TypingChanged() | HistoryLoading() | WholeHistoryMoved():
            return (type(news), news.conversation_id)
        case PresenceChanged():
            return (type(news), news.conversation_id, news.person_id)
        case PositionChanged():
            return (type(news), news.account_id, news.order_remote_id)
        case AccountStatus():
            return (type(news), news.account_id)
        case UploadMoved():
            return (type(news), news.outgoing_id)
        case NoticeRaised():
            return (type(news), turn)  # each was raised once and is told once


def _rows(change: StoredChange) -> int:
    return Commit(0, (change,)).rows()


def _cut(change: StoredChange) -> list[StoredChange]:
    """A change in pieces of at most FRAME_ROWS rows."""
    if _rows(change) <= FRAME_ROWS:
        return [change]
    starts = range(0, _rows(change), FRAME_ROWS)
    match change:
        case MessagesPut(conversation_id=where, messages=rows):
            return [MessagesPut(where, rows[at : at + FRAME_ROWS]) for at in starts]
        case ConversationsPut(conversations=listed):
            return [ConversationsPut(listed[at : at + FRAME_ROWS]) for at in starts]
        case OrdersPut(orders=orders):
            return [OrdersPut(orders[at : at + FRAME_ROWS]) for at in starts]
        case OutboxPut(items=items):
            return [OutboxPut(items[at : at + FRAME_ROWS]) for at in starts]
        case _:
            return [change]


def _merged(frame: list[_Stored | _Told]) -> list[_Stored | _Told]:
    """The frame with messages of one conversation, and list rows, that follow each other put into one change.

    Only across changes of other kinds, which no listener of theirs hears: a MessagesGone of a conversation
    ends the run of its MessagesPut. The result carries the newest of the merged numbers; as a run holds every
    commit between its first and its last, a model that knows one of them loses nothing by applying all.
    """
    result: list[_Stored | _Told] = []
    open_runs: dict[Hashable, int] = {}
    for entry in frame:
        run = _run_of(entry)
        if run is None:
            if isinstance(entry, _Stored) and isinstance(entry.change, MessagesGone):
                open_runs.pop((MessagesPut, entry.change.conversation_id), None)
            elif isinstance(entry, _Stored) and isinstance(entry.change, ConversationsGone):
                open_runs.pop(ConversationsPut, None)
            result.append(entry)
        elif run in open_runs and isinstance(entry, _Stored):
            at = open_runs[run]
            earlier = result[at]
            if isinstance(earlier, _Stored):
                result[at] = _joined(earlier, entry)
        else:
            open_runs[run] = len(result)
            result.append(entry)
    return result


def _run_of(entry: _Stored | _Told) -> Hashable:
    if isinstance(entry, _Stored):
        if isinstance(entry.change, MessagesPut):
            return (MessagesPut, entry.change.conversation_id)
        if isinstance(entry.change, ConversationsPut):
            return ConversationsPut
    return None


def _joined(earlier: _Stored, later: _Stored) -> _Stored:
    rows = earlier.rows + later.rows
    match earlier.change, later.change:
        case MessagesPut(conversation_id=where, messages=one), MessagesPut(messages=two):
            messages = {m.id: m for m in (*one, *two)}
            ordered = sorted(messages.values(), key=lambda m: (m.cursor, m.id))
            return _Stored(later.commit, MessagesPut(where, tuple(ordered)), rows)
        case ConversationsPut(conversations=old), ConversationsPut(conversations=new):
            newest = {c.id: c for c in (*old, *new)}
            return _Stored(later.commit, ConversationsPut(tuple(newest.values())), rows)
        case _:
            raise AssertionError("a run has one kind")
