"""The conversation that is open and its account, as they are now."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chatdesk.domain.actions import FieldAsked
from chatdesk.domain.changes import AccountsPut, AccountStatus, ConversationsPut
from chatdesk.domain.entities import Account, Conversation, FileRule
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import ConnectionState, Feature, Lifecycle, Support
from chatdesk.ui.context import UiContext

CLOSED = frozenset({Lifecycle.READ_ONLY, Lifecycle.ENDED, Lifecycle.DELETED})
"""Conversations that can be read only."""
DEFAULT_LIMIT_CHARS = 4_000


class Room(QObject):
    """Follows one conversation's row and its account. `online`: the server can be reached again."""

    changed = Signal()
    online = Signal()

    def __init__(self, context: UiContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = context.desk.reader
        self.conversation: Conversation | None = None
        self.account: Account | None = None
        context.feed.conversations_put.connect(self._on_conversations)
        context.feed.accounts_put.connect(self._on_accounts)
        context.feed.status.connect(self._on_status)

    @property
    def id(self) -> ConversationId | None:
        """Which conversation it is."""
        return self.conversation.id if self.conversation is not None else None

    @property
    def may_write(self) -> bool:
        """Whether its lifecycle allows writing."""
        return self.conversation is not None and self.conversation.lifecycle not in CLOSED

    @property
    def can_delete(self) -> bool:
        """Whether the platform deletes own messages."""
        return self.account is not None and self.account.capabilities.has(Feature.DELETE_OWN)

    @property
    def can_report(self) -> bool:
        """Whether messages can be reported to the platform's staff."""
        return self.account is not None and self.account.capabilities.has(Feature.REPORT)

    @property
    def can_type(self) -> bool:
        """Whether the others can be told that one is typing, or may be."""
        features = self.account.capabilities.features if self.account is not None else {}
        return features.get(Feature.TYPING, Support.PROBE) is not Support.NO

    @property
    def message_fields(self) -> tuple[FieldAsked, ...]:
        """What a message here carries beside its text."""
        return self.account.capabilities.message_fields if self.account is not None else ()

    @property
    def file_rule(self) -> FileRule | None:
        """Which files a message here may carry; None: none."""
        return self.account.capabilities.message_files if self.account is not None else None

    @property
    def limit_chars(self) -> int:
        """Longest message that the server takes."""
        return self.account.capabilities.message_limit_chars if self.account else DEFAULT_LIMIT_CHARS

    def open(self, conversation: ConversationId | None) -> None:
        """Follow this conversation; None, or one that is gone: none. Raises StoreProblem, following none."""
        self.conversation = self.account = None
        if conversation is not None:
            found = self._reader.conversation(conversation)
            accounts = self._reader.accounts().rows if found is not None else ()
            self.conversation = found
            self.account = next((a for a in accounts if found and a.id == found.account_id), None)

    def _on_conversations(self, change: ConversationsPut, _commit: int) -> None:
        for row in change.conversations:
            if row.id == self.id:
                self.conversation = row
                self.changed.emit()

    def _on_accounts(self, change: AccountsPut, _commit: int) -> None:
        for account in change.accounts:
            if self.conversation is not None and account.id == self.conversation.account_id:
                self.account = account
                self.changed.emit()

    def _on_status(self, status: AccountStatus) -> None:
        mine = self.conversation is not None and status.account_id == self.conversation.account_id
        if mine and status.connection is ConnectionState.ONLINE:
            self.online.emit()
