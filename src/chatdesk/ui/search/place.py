"""Where one was before a search: the keyboard, the conversation, and what was read in it to the pixel."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from chatdesk.domain.ids import ConversationId, MessageId
from chatdesk.ui.timeline.view import TimelineView


@dataclasses.dataclass(frozen=True, slots=True)
class ReadingPlace:
    """A place in the message list.

    message None: there was nothing to read. at_end: the end was in view, and whatever comes is followed.
    """

    conversation: ConversationId | None = None
    message: MessageId | None = None
    top_px: int = 0
    at_end: bool = True

    @classmethod
    def of(cls, view: TimelineView) -> ReadingPlace:
        """What is being read now: the first row whose beginning is in view, and where it stands."""
        rows = view.visible_rows
        if not rows:
            return cls(view.conversation_id)
        row = next((one for one in rows if view.scroller.top_of(one) >= 0), rows[0])
        return cls(
            view.conversation_id,
            view.timeline.message(row).id,
            view.scroller.top_of(row),
            at_end=view.scroller.at_bottom and not view.timeline.has_newer,
        )

    def restore(self, view: TimelineView) -> None:
        """Read on there; where that message is gone meanwhile, everything stays as it is."""
        if self.message is None or view.conversation_id != self.conversation:
            return
        if self.at_end:
            view.show_newest()
        elif view.scroll_to_message(self.message):
            row = view.timeline.row_of(self.message)
            if row is not None:
                view.scroll_by(view.scroller.top_of(row) - self.top_px)


def focused_widget() -> QWidget | None:
    """What has the keyboard."""
    return QApplication.focusWidget()


def give_back(widget: QWidget | None) -> bool:
    """Give the keyboard back to what had it. False: it is no longer there to take it."""
    try:
        there = widget is not None and widget.isVisible() and widget.isEnabled()
    except RuntimeError:  # Qt has deleted it
        return False
    if there and widget is not None:
        widget.setFocus(Qt.FocusReason.OtherFocusReason)
    return there
