"""Which conversations the list shows and in which order: chips with live counts, search, account, sorting."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import Progress
from chatdesk.ui.lists.arranged import Arranged, Key
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.folding import matches, narrows, words_of
from chatdesk.ui.lists.row import ConversationRow
from chatdesk.ui.lists.tally import Tally


class Chip(StrEnum):
    """The filters above the list; one holds at a time."""

    ALL = "all"
    UNREAD = "unread"
    NEEDS_REPLY = "needs_reply"
    ARCHIVED = "archived"


class SortBy(StrEnum):
    """Orders of the list."""

    ACTIVITY = "activity"
    WAITING = "waiting"
    UNREAD = "unread"
    STATUS = "status"


PROGRESS_ORDER = {progress: at for at, progress in enumerate(Progress)}
"""Orders that need somebody come before those that are done or cancelled."""


class Counts(msgspec.Struct, frozen=True):
    """How many conversations of the chosen account each chip would show, whatever is searched for."""

    all: int = 0
    unread: int = 0
    needs_reply: int = 0
    archived: int = 0

    def of(self, chip: Chip) -> int:
        """The count of one chip."""
        count: int = getattr(self, chip.value)
        return count


def chips_of(row: ConversationRow) -> frozenset[Chip]:
    """The chips under which a conversation is listed."""
    one = row.conversation
    if one.archived:
        return _ARCHIVED
    if one.unread:
        return _UNREAD_WAITING if one.waiting_since_us is not None else _UNREAD
    return _WAITING if one.waiting_since_us is not None else _PLAIN


_ARCHIVED = frozenset({Chip.ARCHIVED})
_PLAIN = frozenset({Chip.ALL})
_UNREAD = _PLAIN | {Chip.UNREAD}
_WAITING = _PLAIN | {Chip.NEEDS_REPLY}
_UNREAD_WAITING = _UNREAD | _WAITING


class ConversationProxy(Arranged):
    """The conversations that the person has asked to see."""

    counts_changed = Signal()

    def __init__(self, model: ConversationModel, parent: QObject | None = None) -> None:
        self._model = model
        self._chip = Chip.ALL
        self._sort = SortBy.ACTIVITY
        self._account: AccountId | None = None
        self._query = ""
        self._words: tuple[str, ...] = ()
        self._kept: ConversationId | None = None
        self._tally: Tally[Chip, AccountId] = Tally(self._account_of, self._tags_of)
        super().__init__(model, model, parent)
        self._count()
        self.refilter()
        self.settle()

    # -- what is asked for -----------------------------------------------------------------------------

    @property
    def chip(self) -> Chip:
        """The filter that holds."""
        return self._chip

    @property
    def sort_by(self) -> SortBy:
        """The order that holds."""
        return self._sort

    @property
    def query(self) -> str:
        """The text that is searched for."""
        return self._query

    @property
    def account(self) -> AccountId | None:
        """The account whose conversations are shown; None: all."""
        return self._account

    def set_chip(self, chip: Chip) -> None:
        """Show what is under another chip."""
        if chip is not self._chip:
            self._chip = chip
            self.refilter()

    def set_sort(self, sort_by: SortBy) -> None:
        """Use another order."""
        if sort_by is not self._sort:
            self._sort = sort_by
            self.refilter()

    def set_query(self, query: str) -> None:
        """Show only conversations that hold every word of `query` in name, order number or last message."""
        self._query = query
        words = words_of(query)
        if words != self._words:
            narrower = narrows(self._words, words)
            self._words = words
            if narrower:
                self.narrow()
            else:
                self.refilter()

    def set_account(self, account: AccountId | None) -> None:
        """Show one account's conversations, or (None) all."""
        if account != self._account:
            self._account = account
            self.counts_changed.emit()
            self.refilter()

    def keep(self, conversation_id: ConversationId | None) -> None:
        """Go on showing a conversation under Unread and Needs reply although it is read or answered.

        What one is looking at does not vanish. None: nothing is kept.
        """
        before, self._kept = self._kept, conversation_id
        for one in {before, conversation_id} - {None}:
            at = self._model.row_of_id(one) if one is not None else None
            if at is not None:
                index = self._model.index(at)
                self._on_changed(index, index)

    # -- counts ----------------------------------------------------------------------------------------

    @property
    def counts(self) -> Counts:
        """Live counts for the chips."""
        return Counts(**{chip.value: self._tally.count(chip, self._is_in_view) for chip in Chip})

    def source_changed(self, ids: Iterable[int], *, gone: bool) -> None:
        if self._tally.update(ids, gone=gone):
            self.counts_changed.emit()

    def _count(self) -> None:
        self._tally.update(self._model.row_id(at) for at in range(self._model.rowCount()))

    def _is_in_view(self, account: AccountId) -> bool:
        return self._account is None or account == self._account

    def _account_of(self, row_id: int) -> AccountId:
        return self._row(row_id).conversation.account_id

    def _tags_of(self, row_id: int) -> frozenset[Chip]:
        return chips_of(self._row(row_id))

    # -- arranging -------------------------------------------------------------------------------------

    def accepts(self, row_id: int) -> bool:
        row = self._row(row_id)
        if self._account is not None and row.conversation.account_id != self._account:
            return False
        tags = self._tally.tags(row_id)
        kept = row_id == self._kept and self._chip in _STICKY and Chip.ALL in tags
        return (self._chip in tags or kept) and matches(row.haystack, self._words)

    def key(self, row_id: int) -> Key:
        one = self._row(row_id).conversation
        match self._sort:
            case SortBy.ACTIVITY:
                return (-one.activity_at_us, row_id)
            case SortBy.UNREAD:
                return (one.unread == 0, -one.activity_at_us, row_id)
            case SortBy.STATUS:
                rank = PROGRESS_ORDER[one.order_progress]
                return (rank, one.order_status_label, -one.activity_at_us, row_id)
            case SortBy.WAITING if one.waiting_since_us is None:
                return (1, -one.activity_at_us, row_id)
            case SortBy.WAITING:
                return (0, one.waiting_since_us, row_id)

    def _row(self, row_id: int) -> ConversationRow:
        row = self._model.find(ConversationId(row_id))
        if row is None:
            raise KeyError(row_id)
        return row


class ElseProxy(ConversationProxy):
    """Every conversation, archived ones too, that may be said to be with the same customer as one of them."""

    in_slices = False

    def __init__(
        self, model: ConversationModel, about: ConversationId, parent: QObject | None = None
    ) -> None:
        self._about = about
        row = model.find(about)
        self._group = row.conversation.group if row is not None else None
        super().__init__(model, parent)

    def accepts(self, row_id: int) -> bool:
        row = self._row(row_id)
        linked = self._group is not None and row.conversation.group == self._group
        return row_id != self._about and not linked and matches(row.haystack, self._words)


class GroupProxy(ConversationProxy):
    """The other conversations with the customer of one of them."""

    in_slices = False

    def __init__(self, model: ConversationModel, parent: QObject | None = None) -> None:
        self._about: ConversationId | None = None
        self._known_group: int | None = None
        super().__init__(model, parent)

    def show_those_with(self, about: ConversationId | None) -> None:
        """Show the others of this conversation's group; None: nothing."""
        self._about = about
        self.refilter()

    def accepts(self, row_id: int) -> bool:
        group = self._group()
        return group is not None and row_id != self._about and self._row(row_id).conversation.group == group

    def source_changed(self, ids: Iterable[int], *, gone: bool) -> None:  # noqa: ARG002 - any row may matter
        """The row that it is about may have joined or left a group: then all others are looked at again."""
        group = self._group()
        if group != self._known_group:
            self._known_group = group
            QTimer.singleShot(0, self, self.refilter)

    def refilter(self) -> None:
        self._known_group = self._group()
        if self._known_group is None:
            self.show_none()  # as for almost every conversation, each time that one is opened
        else:
            super().refilter()

    def _count(self) -> None:
        """Nobody asks for its counts, and it lives as long as the window."""

    def _group(self) -> int | None:
        row = self._model.find(self._about) if self._about is not None else None
        return row.conversation.group if row is not None else None


_STICKY = frozenset({Chip.UNREAD, Chip.NEEDS_REPLY})
