"""Goes to a message, to a day and to the ends, wherever in the conversation they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import MessageId
from chatdesk.ui.timeline.scroll import Align

if TYPE_CHECKING:
    from chatdesk.ui.timeline.view import TimelineView


class Jumps:
    """The ways of one view. Where the disk fails the rows stay as they are, and the window is told why."""

    def __init__(self, view: TimelineView) -> None:
        self._view = view

    def to_message(self, message: MessageId, align: Align = Align.CENTRE) -> bool:
        """Bring a message into the middle, current and highlighted for a moment; False: it is not there."""
        view = self._view
        with self._reading():
            view.timeline.show_around(message)
        row = view.timeline.row_of(message)
        if row is None:
            return False
        view.motion.stop()
        view.scroller.may_stick = not view.timeline.has_newer
        view.scroller.to_row(row, align)
        view.setCurrentIndex(view.timeline.index(row, 0))
        view.moved()
        view.flash.show(message)
        return True

    def to_moment(self, at_us: int) -> bool:
        """Bring the first message sent then or later to the top; the newest, where none was."""
        view, conversation = self._view, self._view.conversation_id
        message = None
        if conversation is not None:
            with self._reading():
                message = view.context.desk.reader.first_since(conversation, at_us)
        return message is not None and self.to_message(message, Align.TOP)

    def to_newest(self, *, shown: bool = False) -> None:
        """Go to the end, and follow what arrives. shown: highlight the newest message for a moment."""
        view = self._view
        with self._reading():
            view.timeline.show_newest()
        view.motion.stop()
        view.scroller.may_stick = not view.timeline.has_newer
        view.scroller.to_bottom()
        view.moved()
        if shown and view.timeline.rowCount():
            view.flash.show(view.timeline.message(view.timeline.rowCount() - 1).id)

    def to_oldest(self) -> None:
        """Go to the first message stored here."""
        view = self._view
        with self._reading():
            view.timeline.show_oldest()
        view.motion.stop()
        view.scroller.to_top()
        view.moved()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except WorldError as error:
            self._view.context.troubles.report("read messages", error)
