"""All conversations as a list model: the first screen at once, then the full read, then commit by commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from chatdesk.domain.changes import (
    AccountsGone,
    ConversationsGone,
    ConversationsPut,
    DraftPut,
    PresenceChanged,
    TypingChanged,
)
from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import SNIPPET_CHARS, Conversation, Draft
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import PresenceState
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.lists.live_rows import LiveRows
from chatdesk.ui.lists.row import ConversationRow, row_of
from chatdesk.ui.lists.wording import sentence, title_text
from chatdesk.ui.plain import plain_tooltip

Index = QModelIndex | QPersistentModelIndex

ROW_ROLE = Qt.ItemDataRole.UserRole + 1
"""ConversationRow."""
TYPING_ROLE = Qt.ItemDataRole.UserRole + 2
"""Names of those who are typing, a tuple of str."""
PRESENCE_ROLE = Qt.ItemDataRole.UserRole + 3
"""PresenceState of the other side; Qt hands it on as a plain string that equals it."""

ROOT = QModelIndex()


class ConversationModel(QAbstractListModel):
    """One row per conversation of every account, in no particular order: the proxy arranges them.

    It never resets; which values win while the full read is under way is told in LiveRows.
    """

    changed = Signal(object)
    """frozenset of ConversationId: rows that were put, removed, or whose typing or presence changed."""
    completed = Signal()
    """Every row of the full snapshot has been taken over."""

    def __init__(
        self, first: Snapshot[Conversation], now_us: Callable[[], int], parent: QObject | None = None
    ) -> None:
        """Starts with the newest conversations, for the first paint; `complete` brings the rest.

        now_us: wall clock, for the words of a row.
        """
        super().__init__(parent)
        self._now_us = now_us
        self._account_label: Callable[[AccountId], str] = lambda _account: ""
        self._typing: dict[ConversationId, tuple[str, ...]] = {}
        self._presence: dict[ConversationId, PresenceState] = {}
        self._live: LiveRows[ConversationId, Conversation, ConversationRow] = LiveRows(
            self,
            first,
            id_of=lambda one: one.id,
            make=row_of,
            changed=self.changed.emit,
            completed=self.completed.emit,
        )

    def follow(self, feed: ChangeFeed) -> None:
        """Apply what the feed tells from now on."""
        feed.conversations_put.connect(self._on_put)
        feed.conversations_gone.connect(self._on_gone)
        feed.accounts_gone.connect(self._on_accounts_gone)
        feed.draft_put.connect(self._on_draft_put)
        feed.typing.connect(self._on_typing)
        feed.presence.connect(self._on_presence)

    # -- what others ask -------------------------------------------------------------------------------

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._live)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self._live):
            return None
        read = _READERS.get(role)
        return None if read is None else read(self, self._live.at(index.row()))

    def row_id(self, row: int) -> int:
        """The conversation at a row of this model."""
        return self._live.id_at(row)

    def row_of_id(self, row_id: int) -> int | None:
        """The row of a conversation in this model; None: not here."""
        return self._live.row_of_id(ConversationId(row_id))

    def find(self, conversation_id: ConversationId) -> ConversationRow | None:
        """A conversation's row; None: not here (yet)."""
        return self._live.find(conversation_id)

    def typing(self, conversation_id: ConversationId) -> tuple[str, ...]:
        """Who is typing there now."""
        return self._typing.get(conversation_id, ())

    def presence(self, conversation_id: ConversationId) -> PresenceState:
        """Whether the other side is there."""
        return self._presence.get(conversation_id, PresenceState.UNKNOWN)

    def sentence(self, row: ConversationRow) -> str:
        """A row as a screen reader speaks it."""
        return sentence(
            row,
            typing=self.typing(row.id),
            presence=self.presence(row.id),
            now_us=self._now_us(),
            account=self._account_label(row.conversation.account_id),
        )

    def name_accounts(self, label_of: Callable[[AccountId], str]) -> None:
        """Say whose each conversation is; `label_of` gives empty text where that needs no word."""
        self._account_label = label_of

    @property
    def is_whole(self) -> bool:
        """True once the full snapshot is in: only then is an empty list really empty."""
        return self._live.is_whole

    # -- what changes ----------------------------------------------------------------------------------

    def complete(self, snapshot: Snapshot[Conversation]) -> None:
        """Take over every conversation, some rows at a time; `completed` follows."""
        self._live.complete(snapshot)

    def put(self, number: int, conversations: Sequence[Conversation]) -> None:
        """Rows as they are since commit `number`, new or changed."""
        self._live.put(number, conversations)

    def put_draft(self, number: int, draft: Draft) -> None:
        """A draft as it is since commit `number`."""
        row = self.find(draft.conversation_id)
        text, two = (draft.text or draft.other)[:SNIPPET_CHARS], bool(draft.other)
        if row is None or (row.conversation.draft, row.conversation.two_drafts) == (text, two):
            return
        self._live.put(number, [msgspec.structs.replace(row.conversation, draft=text, two_drafts=two)])

    def gone(self, number: int, ids: Iterable[ConversationId]) -> None:
        """Rows deleted by commit `number`."""
        self._live.gone(number, ids)

    def accounts_gone(self, number: int, ids: Iterable[AccountId]) -> None:
        """Accounts removed by commit `number`: their conversations go with them."""
        self._live.accounts_gone(number, ids)

    def set_typing(self, conversation_id: ConversationId, names: tuple[str, ...]) -> None:
        """Who is typing now; empty when nobody is."""
        if names == self.typing(conversation_id):
            return
        if names:
            self._typing[conversation_id] = names
        else:
            del self._typing[conversation_id]
        self._look_again(conversation_id)

    def set_presence(self, conversation_id: ConversationId, state: PresenceState) -> None:
        """Whether the other side is there."""
        if state is not self.presence(conversation_id):
            self._presence[conversation_id] = state
            self._look_again(conversation_id)

    # Methods and no lambdas: Qt ends their connections together with this object.

    def _on_put(self, change: ConversationsPut, number: int) -> None:
        self.put(number, change.conversations)

    def _on_gone(self, change: ConversationsGone, number: int) -> None:
        self.gone(number, change.ids)

    def _on_accounts_gone(self, change: AccountsGone, number: int) -> None:
        self.accounts_gone(number, change.ids)

    def _on_draft_put(self, change: DraftPut, number: int) -> None:
        self.put_draft(number, change.draft)

    def _on_typing(self, news: TypingChanged) -> None:
        self.set_typing(news.conversation_id, news.names)

    def _on_presence(self, news: PresenceChanged) -> None:
        self.set_presence(news.conversation_id, news.state)

    def _look_again(self, conversation_id: ConversationId) -> None:
        self._live.announce((conversation_id,))
        self.changed.emit(frozenset((conversation_id,)))


_READERS: dict[int, Callable[[ConversationModel, ConversationRow], object]] = {
    Qt.ItemDataRole.DisplayRole: lambda _model, row: title_text(row),
    Qt.ItemDataRole.AccessibleTextRole: lambda model, row: model.sentence(row),
    Qt.ItemDataRole.ToolTipRole: lambda _model, row: plain_tooltip(title_text(row)),
    ROW_ROLE: lambda _model, row: row,
    TYPING_ROLE: lambda model, row: model.typing(row.id),
    PRESENCE_ROLE: lambda model, row: model.presence(row.id),
}
