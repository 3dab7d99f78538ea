"""One search box at work: every key starts anew, pages come as they are wanted, and the newest query wins."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from chatdesk.domain.desk import Search, SearchHit, SearchPage, SearchPlace
from chatdesk.services.search import MessageSearch, Words
from chatdesk.ui.context import UiContext
from chatdesk.ui.tasks import Tasks

LOOK_AGAIN_MS = 700
"""While the index is being made, so long after an answer the same is asked again."""
_TASK = "search messages"


class SearchRun(QObject):
    """Asks the store, on its own thread, page by page.

    paged(page, is_first): hits came; the first page takes the place of what was shown. ended: all hits are
    there. failed: the disk did not allow it, and the window is told why. While the index is still being made
    the same is asked again and again, and answered by as many hits as were there already, in one page.
    """

    paged = Signal(object, bool)
    ended = Signal()
    failed = Signal()

    def __init__(self, context: UiContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._box = MessageSearch(context.desk.store)
        self._tasks = Tasks(self, context.troubles)
        self._wanted: Search | None = None
        self._place: SearchPlace | None = None
        self._needed = 0
        self._found = 0
        self._gathered: list[SearchHit] | None = None
        self.words = Words("")
        self.is_done = True
        self.unread = 0
        self.of = 0
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(LOOK_AGAIN_MS)
        self._again.timeout.connect(self._find_again)

    @property
    def is_busy(self) -> bool:
        """Whether a page is awaited."""
        return self._tasks.is_running(_TASK)

    @property
    def is_first_awaited(self) -> bool:
        """Whether nothing at all is known yet of what was asked last."""
        return not self.is_done and self._place is None and self._gathered is None

    def find(self, wanted: Search, needed: int) -> None:
        """Look for something else from now on, until `needed` hits are there. What was asked before ends."""
        self._gathered = None
        self._begin(wanted, Words(wanted.text), needed)

    def more(self, count: int) -> None:
        """Find so many more."""
        if self._wanted is not None and not self.is_done:
            self._needed = max(self._needed, self._found + count)
            if not self.is_busy:
                self._go_on()

    def end(self) -> None:
        """No more is wanted; the words stay."""
        self._tasks.cancel(_TASK)
        self._box.stop()
        self.is_done = True

    def stop(self) -> None:
        """End what runs, and look for nothing."""
        self._again.stop()
        self._tasks.cancel(_TASK)
        self._box.stop()
        self._wanted, self.words, self.is_done = None, Words(""), True
        self.unread = self.of = 0

    def _begin(self, wanted: Search, words: Words, needed: int) -> None:
        self.stop()
        self._wanted, self.words = wanted, words
        self._place, self._found, self._needed = None, 0, needed
        self.is_done = not words
        if words:
            self._go_on()
        else:
            self.ended.emit()

    def _find_again(self) -> None:
        if self._wanted is not None:
            self._gathered = []
            self._begin(self._wanted, self.words, max(self._found, self._needed))

    def _go_on(self) -> None:
        wanted = self._wanted
        if wanted is not None:
            self._tasks.start(_TASK, self._read(wanted), on_error=self._fail)

    async def _read(self, wanted: Search) -> None:
        while not self.is_done and self._found < self._needed:
            page = await self._box.page(wanted, self._place)
            self._take(page)

    def _take(self, page: SearchPage) -> None:
        is_first = self._place is None
        self._place = page.next
        self.is_done = page.next is None
        self._found += len(page.hits)
        self.unread, self.of = page.unread, page.of
        if page.unread:
            self._again.start()
        if self._gathered is not None:
            self._gathered += page.hits
            if not self.is_done and self._found < self._needed:
                return
            page, is_first = msgspec.structs.replace(page, hits=tuple(self._gathered)), True
            self._gathered = None
        self.paged.emit(page, is_first)
        if self.is_done:
            self.ended.emit()

    def _fail(self, error: Exception) -> None:
        self.is_done = True
        self._context.troubles.report(_TASK, error)
        self.failed.emit()
