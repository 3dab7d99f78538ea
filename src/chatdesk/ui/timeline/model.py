"""A window of rows over the stored messages of one conversation, moved by pages and kept true by changes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from chatdesk.domain.changes import MessagesGone, MessagesPut
from chatdesk.domain.desk import Page, Reader
from chatdesk.domain.entities import Message
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor, MessageId
from chatdesk.domain.ordering import Position, holes, joined, position
from chatdesk.domain.text import one_line
from chatdesk.ui.timeline.unread import UnreadLine
from chatdesk.ui.timeline.wording import body_text, spoken, spoken_more

MESSAGE_ROLE = Qt.ItemDataRole.UserRole + 1
KEPT_ROWS = 256
"""How many rows are kept above and below those in view; what lies farther is read again when needed."""
MOST_ABOVE = 64
"""So many rows that come before the first one are taken; the rest is read when somebody gets there."""
TRIM_ROWS = 128
"""Rows are dropped in lots, so that scrolling back and forth over the edge costs nothing."""
_DISPLAY_CHARS = 200
_ROOT = QModelIndex()


class TimelineModel(QAbstractListModel):
    """Messages in the order of (cursor, id), oldest first. Reads pages with `reader`, on its own thread only.

    Only `open` resets it; everything else is announced row by row.
    """

    arrived = Signal(object)
    """tuple[Message, ...]: messages of others that are newer than all known before, whether in the window or
    not.
    """

    def __init__(self, reader: Reader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = reader
        self._conversation: ConversationId | None = None
        self._rows: list[Message] = []
        self._places: dict[MessageId, Position] = {}
        self._read_at: dict[MessageId, int] = {}
        """Number of the commit that each row is as of: an older change of it is ignored."""
        self._keys: list[Position] = []
        self._opened_at = 0
        self._gaps: set[MessageId] = set()
        self._newest = Position(Cursor(""), MessageId(0))
        self.has_older = False
        self.has_newer = False
        self.rows_below = 0
        """How many stored rows are newer than the window; a lower bound after a jump into the middle."""
        self.is_unread_from_server = False
        """Whether nothing is stored because the server was never asked."""
        self.unread = UnreadLine()

    # ------------------------------------------------------------------------------------------- reading

    @property
    def conversation_id(self) -> ConversationId | None:
        """The conversation shown."""
        return self._conversation

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        # A view may hold an index that is older than the rows.
        if not index.isValid() or not 0 <= index.row() < len(self._rows):
            return None
        message = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return one_line(body_text(message), _DISPLAY_CHARS)
            case Qt.ItemDataRole.AccessibleTextRole:
                return spoken(message)
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return spoken_more(message)
            case _ if role == MESSAGE_ROLE:
                return message
            case _:
                return None

    def message(self, row: int) -> Message:
        """The message of a row. Raises IndexError."""
        if row < 0:
            raise IndexError(row)
        return self._rows[row]

    def neighbours(self, row: int) -> tuple[Message | None, Message | None]:
        """The messages above and below a row."""
        before = self._rows[row - 1] if row > 0 else None
        return before, self._rows[row + 1] if row + 1 < len(self._rows) else None

    def row_of(self, message: MessageId) -> int | None:
        """The row of a message, or None when it is not in the window."""
        key = self._places.get(message)
        return None if key is None else bisect_left(self._keys, key)

    def has_gap_above(self, row: int) -> bool:
        """Whether messages between this row and the one above (or the beginning) were never fetched."""
        return self._rows[row].id in self._gaps

    def gap_rows(self) -> list[int]:
        """The rows above which messages are missing, from top to bottom."""
        return sorted(bisect_left(self._keys, self._places[message]) for message in self._gaps)

    @property
    def at_gap(self) -> bool:
        """Whether the database holds nothing older than the first row, but the server may."""
        return not self.has_older and bool(self._rows) and self.has_gap_above(0)

    # -------------------------------------------------------------------------------------- moving the window

    def open(self, conversation: ConversationId | None) -> None:
        """Show the newest page of a conversation, or nothing. Reads one page and one row.

        Raises StoreProblem where the disk fails; what was shown stays then.
        """
        # Read first: a disk that fails must not leave a model in the middle of its reset.
        page = None if conversation is None else self._reader.newest_page(conversation)
        known = None if conversation is None else self._reader.conversation(conversation)
        self.beginResetModel()
        self._conversation = conversation
        self._forget_rows()
        self.unread = UnreadLine()
        if page is not None:
            self._opened_at = page.commit
            self._take_page(page, 0)
            self.has_older, self.has_newer = page.has_older, page.has_newer
            self.is_unread_from_server = page.gap_before and not page.messages
            self._newest = max((k for k in self._keys if k.cursor != PENDING_CURSOR), default=self._newest)
            if known is not None:
                self.unread = UnreadLine(known.unread, known.seen_cursor)
                self.unread.look_at(self._rows)
        self.endResetModel()
        self.look_for_gaps()

    def load_older(self) -> int:
        """Put the page before the first row above it; returns how many rows came."""
        if self._conversation is None or not self.has_older or not self._keys:
            return 0
        page = self._reader.older_page(self._conversation, self._keys[0])
        self.has_older = page.has_older and bool(page.messages)
        count = self._insert_page(page, 0)
        self.unread.look_at(self._rows)
        return count

    def load_newer(self) -> int:
        """Put the page after the last row below it; returns how many rows came."""
        if self._conversation is None or not self.has_newer or not self._keys:
            return 0
        page = self._reader.newer_page(self._conversation, self._keys[-1])
        self.has_newer = page.has_newer and bool(page.messages)
        count = self._insert_page(page, len(self._rows))
        self.rows_below = max(0, self.rows_below - count) if self.has_newer else 0
        return count

    def show_newest(self) -> None:
        """Put the window over the newest messages, if it is not there."""
        if self._conversation is not None and self.has_newer:
            self._replace(self._reader.newest_page(self._conversation))

    def show_oldest(self) -> None:
        """Put the window over the oldest stored messages, if it is not there."""
        if self._conversation is not None and self.has_older:
            start = Position(Cursor(""), MessageId(0))
            self._replace(self._reader.newer_page(self._conversation, start))

    def show_around(self, message: MessageId) -> bool:
        """Put the window over a message; False when the conversation does not have it."""
        if message in self._places:
            return True
        if self._conversation is None:
            return False
        page = self._reader.page_around(self._conversation, message)
        if all(one.id != message for one in page.messages):
            return False
        self._replace(page)
        return True

    def trim(self, first_visible: int, last_visible: int) -> None:
        """Drop rows that are far from those in view; they are read again when needed."""
        below = len(self._rows) - 1 - last_visible - KEPT_ROWS
        if below >= TRIM_ROWS:
            self.has_newer = True
            self.rows_below += below
            self._remove(len(self._rows) - below, below)
        above = first_visible - KEPT_ROWS
        if above >= TRIM_ROWS:
            self.has_older = True
            self._remove(0, above)

    def refresh_gaps(self) -> None:
        """Ask the database again whether history is missing above the rows where it was."""
        if self._conversation is None:
            return
        for message in tuple(self._gaps):
            key = self._places[message]
            # The page that begins with this very row says whether a gap lies before it.
            page = self._reader.newer_page(self._conversation, Position(key.cursor, MessageId(key.id - 1)), 1)
            if page.messages and page.messages[0].id == message and not page.gap_before:
                self._gaps.discard(message)
                self._announce(bisect_left(self._keys, key))

    def look_for_gaps(self) -> None:
        """Mark the rows inside the window above which messages are missing, and those above which none is."""
        if self._conversation is None or len(self._rows) < 2:
            return
        stretches = self._reader.stretches(self._conversation)
        cursors = [key.cursor for key in self._keys]
        opened = {self._rows[at].id for at in holes(cursors, stretches)} - self._gaps
        inside = [at for at in self.gap_rows() if at > 0]
        healed = {self._rows[at].id for at in inside if joined(cursors[at - 1], cursors[at], stretches)}
        self._gaps = (self._gaps | opened) - healed
        for message in opened | healed:
            self._announce(bisect_left(self._keys, self._places[message]))

    # --------------------------------------------------------------------------------------- what changes

    def apply_put(self, change: MessagesPut, commit: int) -> None:
        """Rows as they are now: insert, update in place, or move."""
        if change.conversation_id != self._conversation or commit <= self._opened_at:
            return
        fresh: list[Message] = []
        for message in change.messages:
            if message.id not in self._places:
                fresh.append(message)
            elif commit > self._read_at[message.id]:
                self._update(message, commit)
        self._insert_fresh(fresh, commit)
        self._refill()
        if fresh:
            self.look_for_gaps()
        self._note_arrivals(fresh)

    def apply_gone(self, change: MessagesGone, commit: int) -> None:
        """Rows that are no longer there."""
        if change.conversation_id != self._conversation:
            return
        for message in change.ids:
            row = self.row_of(message)
            if row is not None and commit > self._read_at[message]:
                self._remove(row, 1)
        self._refill()

    def mark_unread(self, message: MessageId) -> None:
        """Let the unread line stand above this message, if there is none yet."""
        row = self.row_of(message)
        if row is not None and self.unread.message is None:
            self.unread.put_above(message)
            self._announce(row)

    def _update(self, message: Message, commit: int) -> None:
        row = bisect_left(self._keys, self._places[message.id])
        key = position(message)
        if key == self._keys[row]:
            self._rows[row] = message
            self._read_at[message.id] = commit
            self._announce(row)
            return
        if not self._in_window(key):
            self._remove(row, 1)
            return
        target = bisect_left(self._keys, key)
        if target not in {row, row + 1}:
            row = self._move(row, target, message)
        self._rows[row], self._keys[row] = message, key
        self._places[message.id] = key
        self._read_at[message.id] = commit
        self._announce(row)

    def _move(self, row: int, target: int, message: Message) -> int:
        self.beginMoveRows(_ROOT, row, row, _ROOT, target)
        del self._rows[row], self._keys[row]
        to = target - 1 if target > row else target
        self._rows.insert(to, message)
        self._keys.insert(to, position(message))
        self._places[message.id] = position(message)
        self.endMoveRows()
        return to

    def _insert_fresh(self, fresh: list[Message], commit: int) -> None:
        wanted = sorted((m for m in fresh if self._in_window(position(m))), key=position)
        above = bisect_left(wanted, self._keys[0], key=position) if self._keys else 0
        if above > MOST_ABOVE:
            # A whole history that is being loaded must not pass through here because its end is in view.
            del wanted[: above - MOST_ABOVE]
            self.has_older = True
        runs: list[tuple[int, list[Message]]] = []
        for message in wanted:
            at = bisect_left(self._keys, position(message))
            if runs and runs[-1][0] == at:
                runs[-1][1].append(message)
            else:
                runs.append((at, [message]))
        # From the end, so that the places found above stay true.
        for at, messages in reversed(runs):
            self._insert(at, messages, commit)

    def _refill(self) -> None:
        """Where everything in the window is gone but not everything stored, show the end."""
        if not self._rows and (self.has_older or self.has_newer) and self._conversation is not None:
            self._replace(self._reader.newest_page(self._conversation))

    def _note_arrivals(self, fresh: Iterable[Message]) -> None:
        before = self._newest
        news = sorted((m for m in fresh if m.cursor != PENDING_CURSOR and position(m) > before), key=position)
        if news:
            self._newest = position(news[-1])
            self.rows_below += len(news) if self.has_newer else 0
        heard = tuple(m for m in news if not m.own)
        if heard:
            self.arrived.emit(heard)

    def _in_window(self, key: Position) -> bool:
        """Whether a place lies where nothing unknown can stand between it and the rows here."""
        if not self._keys:
            return not (self.has_older or self.has_newer)
        return (not self.has_older or key > self._keys[0]) and (not self.has_newer or key < self._keys[-1])

    # ------------------------------------------------------------------------------------------ plumbing

    def _announce(self, row: int) -> None:
        index = self.index(row, 0)
        self.dataChanged.emit(index, index)

    def _insert(self, at: int, messages: list[Message], commit: int) -> None:
        self.beginInsertRows(_ROOT, at, at + len(messages) - 1)
        self._take(at, messages, commit)
        self.endInsertRows()

    def _insert_page(self, page: Page, at: int) -> int:
        fresh = [m for m in page.messages if m.id not in self._places]
        if page.gap_before and page.messages:
            self._gaps.add(page.messages[0].id)
        if fresh:
            self._insert(at, fresh, page.commit)
        self.look_for_gaps()
        return len(fresh)

    def _replace(self, page: Page) -> None:
        self._remove(0, len(self._rows))
        self._gaps.clear()
        self.has_older, self.has_newer = page.has_older, page.has_newer
        self.rows_below = 0
        self._insert_page(page, 0)
        self.unread.look_at(self._rows)

    def _remove(self, at: int, count: int) -> None:
        if not count:
            return
        self.beginRemoveRows(_ROOT, at, at + count - 1)
        for message in self._rows[at : at + count]:
            del self._places[message.id], self._read_at[message.id]
            self._gaps.discard(message.id)
        del self._rows[at : at + count], self._keys[at : at + count]
        self.endRemoveRows()

    def _take_page(self, page: Page, at: int) -> None:
        self._take(at, list(page.messages), page.commit)
        if page.gap_before and page.messages:
            self._gaps.add(page.messages[0].id)

    def _take(self, at: int, messages: list[Message], commit: int) -> None:
        keys = [position(m) for m in messages]
        self._rows[at:at] = messages
        self._keys[at:at] = keys
        for message, key in zip(messages, keys, strict=True):
            self._places[message.id] = key
            self._read_at[message.id] = commit

    def _forget_rows(self) -> None:
        self._rows.clear()
        self._keys.clear()
        self._places.clear()
        self._read_at.clear()
        self._gaps.clear()
        self._opened_at = self.rows_below = 0
        self._newest = Position(Cursor(""), MessageId(0))
        self.has_older = self.has_newer = self.is_unread_from_server = False
