"""What a search of the messages has found: rows, newest first, and how each of them is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from chatdesk.domain.desk import SearchHit
from chatdesk.domain.entities import Message
from chatdesk.domain.ids import AccountId, ConversationId, MessageId
from chatdesk.domain.text import one_line
from chatdesk.services.search import Words
from chatdesk.ui.i18n import list_time, tr

HIT_ROLE = Qt.ItemDataRole.UserRole + 1
MOST_HITS = 2_000
"""Nobody scrolls further: another word finds it sooner."""
_NAME_CHARS = 120
Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class Where(NamedTuple):
    """Where a hit is: with whom, about which order, and in which account where there are several."""

    title: str = ""
    order_tag: str = ""
    account: str = ""


WhereIs = Callable[[SearchHit], Where]


class HitModel(QAbstractListModel):
    """The hits of one query. What happens to their messages meanwhile happens to the rows."""

    def __init__(self, where_is: WhereIs, now_us: Callable[[], int], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._where_is = where_is
        self._now_us = now_us
        self._hits: list[SearchHit] = []

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self.hit(index.row()) if index.isValid() else None
        if hit is None:
            return None
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return sentence(hit, self._where_is(hit), self._now_us())
        return hit if role == HIT_ROLE else None

    def hit(self, row: int) -> SearchHit | None:
        """The hit of a row."""
        return self._hits[row] if 0 <= row < len(self._hits) else None

    def row_of(self, message: MessageId) -> int | None:
        """The row of a message; None: it is not among the hits so far."""
        return next((row for row, hit in enumerate(self._hits) if hit.message == message), None)

    def where(self, hit: SearchHit) -> Where:
        """Where a hit is."""
        return self._where_is(hit)

    @property
    def is_full(self) -> bool:
        """Whether no more rows are taken."""
        return len(self._hits) >= MOST_HITS

    # -- what is found ---------------------------------------------------------------------------------

    def show(self, hits: Sequence[SearchHit]) -> None:
        """Show these instead; rows that begin both stay, with whatever is selected among them."""
        same = 0
        while same < min(len(hits), len(self._hits)) and hits[same] == self._hits[same]:
            same += 1
        if same < len(self._hits):
            self.beginRemoveRows(ROOT, same, len(self._hits) - 1)
            del self._hits[same:]
            self.endRemoveRows()
        self.add(hits[same:])

    def add(self, hits: Sequence[SearchHit]) -> None:
        """Add a page below, as far as there is room."""
        new = hits[: MOST_HITS - len(self._hits)]
        if new:
            self.beginInsertRows(ROOT, len(self._hits), len(self._hits) + len(new) - 1)
            self._hits += new
            self.endInsertRows()

    # -- what happens meanwhile ------------------------------------------------------------------------

    def reword(self, messages: Iterable[Message], words: Words) -> None:
        """Messages are as they are now: a row shows their words of now, or goes."""
        changed = {message.id: message for message in messages}
        for row in reversed(range(len(self._hits))):
            message = changed.get(self._hits[row].message)
            if message is None:
                continue
            line = None if message.deleted else words.line(message.text)
            if line is None:
                self._remove(row)
            else:
                snippet, marks = line
                hit = msgspec.structs.replace(self._hits[row], snippet=snippet, marks=marks)
                if hit != self._hits[row]:
                    self._hits[row] = hit
                    self.dataChanged.emit(self.index(row), self.index(row))

    def drop(
        self,
        messages: Iterable[MessageId] = (),
        conversations: Iterable[ConversationId] = (),
        accounts: Iterable[AccountId] = (),
    ) -> None:
        """These are gone, and their rows with them."""
        gone, rooms, owners = set(messages), set(conversations), set(accounts)
        for row in reversed(range(len(self._hits))):
            hit = self._hits[row]
            if hit.message in gone or hit.conversation in rooms or hit.account in owners:
                self._remove(row)

    def _remove(self, row: int) -> None:
        self.beginRemoveRows(ROOT, row, row)
        del self._hits[row]
        self.endRemoveRows()


def who_and_where(hit: SearchHit, where: Where) -> str:
    """The small line of a row: who wrote it, in which conversation, about what, in which account."""
    name = tr("You") if hit.own else one_line(hit.sender_name, _NAME_CHARS)
    parts = [name if name != where.title else "", where.title, where.order_tag, where.account]
    return " · ".join(part for part in parts if part)


def sentence(hit: SearchHit, where: Where, now_us: int) -> str:
    """A row as a screen reader speaks it: what, who, where, when."""
    name = tr("You") if hit.own else one_line(hit.sender_name, _NAME_CHARS)
    said = tr("{name}: {text}", name=name, text=hit.snippet) if name else hit.snippet
    parts = [
        said,
        where.title if where.title != name else "",
        tr("order {tag}", tag=where.order_tag) if where.order_tag else "",
        where.account,
        list_time(hit.sent_at_us, now_us),
    ]
    return ", ".join(part for part in parts if part)
