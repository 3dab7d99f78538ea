"""Copies what is selected, also messages that are not loaded: their texts are read when they are copied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from chatdesk.domain.entities import Message
from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import ConversationId, MessageId
from chatdesk.domain.ordering import Position, position
from chatdesk.ui.i18n import number, tr
from chatdesk.ui.timeline.actions import copy_text
from chatdesk.ui.timeline.selection import BEGINNING, TEXT_END, Place
from chatdesk.ui.timeline.shown import source_text, utf16_slice
from chatdesk.ui.timeline.wording import copied_with_name, shown_words

if TYPE_CHECKING:
    from chatdesk.ui.timeline.view import TimelineView

MOST_MESSAGES = 20_000
MOST_CHARS = 8_000_000
"""More than this no program that it is pasted into would bear; the person is told."""
_PAGES_AT_ONCE = 8
"""So many pages are read before the window gets a turn."""


def excerpt(message: Message, low: Place, high: Place) -> str:
    """What of a message lies between two places, as it was written; all of it where both lie outside."""
    key = position(message)
    start = low.at if key == low.key else 0
    end = high.at if key == high.key else TEXT_END
    text = source_text(shown_words(message))
    return utf16_slice(text, start, end) if start or end < TEXT_END else text


def joined(messages: Iterable[Message], low: Place, high: Place, *, named: bool) -> list[str]:
    """The excerpts of messages in reading order, with names and times where wanted; none that is empty."""
    found: list[str] = []
    for message in messages:
        text = excerpt(message, low, high)
        if text:
            found.append(copied_with_name(message, text) if named else text)
    return found


class Copier(QObject):
    """Puts selections of one view on the clipboard. `told(sentence)`: where not everything was taken."""

    told = Signal(str)

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self._task: _Reading | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._read_on)

    @property
    def is_busy(self) -> bool:
        """Whether a long selection is still being read."""
        return self._task is not None

    def loaded_text(self, *, named: bool = False) -> str | None:
        """The selected text where all of it is loaded; None where it has to be read."""
        messages = self._loaded()
        ends = self._view.selection.ends
        if messages is None or ends is None:
            return None
        return "\n".join(joined(messages, *ends, named=named))

    def copy(self, *, named: bool = False) -> bool:
        """Copy what is selected; False where that is nothing. A long selection is there a moment later."""
        selection = self._view.selection
        ends, conversation = selection.ends, selection.conversation
        self._stop()
        if ends is None or conversation is None:
            return False
        text = self.loaded_text(named=named)
        if text is not None:
            if text:
                copy_text(text)
            return bool(text)
        self._task = _Reading(conversation, *ends, named=named)
        self._read_on()
        if self._task is not None:
            self._timer.start()
        return True

    def _loaded(self) -> list[Message] | None:
        ends, timeline = self._view.selection.ends, self._view.timeline
        if ends is None or self._view.selection.conversation != timeline.conversation_id:
            return None
        first, last = timeline.row_of(ends[0].message), timeline.row_of(ends[1].message)
        if ends[0] == BEGINNING and not timeline.has_older:
            first = 0
        if first is None or last is None or last - first >= MOST_MESSAGES:
            return None
        return [timeline.message(row) for row in range(first, last + 1)]

    def _read_on(self) -> None:
        task = self._task
        if task is None:
            return
        try:
            for _ in range(_PAGES_AT_ONCE):
                if task.is_done:
                    break
                task.read(self._view)
        except WorldError as error:
            self._stop()
            self._view.context.troubles.report("copy messages", error)
            return
        if task.is_done:
            self._stop()
            if task.texts:
                copy_text("\n".join(task.texts))
            if task.is_cut:
                self.told.emit(
                    tr(
                        "Copied the first {n} of the selected messages: no clipboard bears more at once.",
                        n=number(task.count),
                    )
                )

    def _stop(self) -> None:
        self._timer.stop()
        self._task = None


class _Reading:
    """A selection that is read page by page."""

    def __init__(self, conversation: ConversationId, low: Place, high: Place, *, named: bool) -> None:
        self._conversation = conversation
        self._low, self._high, self._named = low, high, named
        # The page after a place that is just before the first message begins with it.
        self._after = Position(low.key.cursor, MessageId(low.key.id - 1))
        self._chars = 0
        self.texts: list[str] = []
        self.count = 0
        self.is_done = False
        self.is_cut = False

    def read(self, view: TimelineView) -> None:
        """Take one more page."""
        page = view.context.desk.reader.newer_page(self._conversation, self._after)
        wanted = [message for message in page.messages if position(message) <= self._high.key]
        room = MOST_MESSAGES - self.count
        texts = joined(wanted[:room], self._low, self._high, named=self._named)
        self.texts += texts
        self.count += min(len(wanted), room)
        self._chars += sum(map(len, texts))
        more = page.has_newer and len(wanted) == len(page.messages) > 0
        self.is_cut = len(wanted) > room or (more and self._chars >= MOST_CHARS)
        self.is_done = self.is_cut or not more
        if wanted:
            self._after = position(wanted[-1])
