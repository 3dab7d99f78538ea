"""Moves the end of a selection by the keyboard: by letters, words, lines, messages and pages, across rows."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from chatdesk.domain.errors import WorldError
from chatdesk.domain.ordering import position
from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import tr
from chatdesk.ui.timeline.announce import speak
from chatdesk.ui.timeline.copying import excerpt
from chatdesk.ui.timeline.selection import BEGINNING, TEXT_END, Place

if TYPE_CHECKING:
    from chatdesk.ui.timeline.view import TimelineView

SPOKEN_CHARS = 200
"""Most of a selection that is spoken at a step of it."""


class Step(Enum):
    """How far a key takes the end of a selection."""

    LETTER = "letter"
    WORD = "word"
    LINE = "line"
    LINE_END = "line_end"
    MESSAGE = "message"
    PAGE = "page"
    ALL = "all"
    """To the beginning or the end of the conversation."""


class Caret:
    """The moving end of the selection of a view. `column_px`: where going up and down by lines began."""

    def __init__(self, view: TimelineView) -> None:
        self._view = view
        self._column_px: float | None = None

    def select_all(self) -> bool:
        """All of the conversation that is stored here; False where there is nothing."""
        view = self._view
        conversation = view.conversation_id
        if conversation is None:
            return False
        try:
            newest = view.context.desk.reader.newest_page(conversation, 1).messages
        except WorldError as error:
            view.context.troubles.report("read messages", error)
            return False
        if not newest:
            return False
        view.selection.begin(conversation, BEGINNING, Place(position(newest[-1]), TEXT_END))
        view.viewport().update()
        speak(view, tr("The whole conversation is selected"))
        return True

    def extend(self, step: Step, *, forward: bool) -> bool:
        """Select from where the selection began (or the current message begins or ends) a step on."""
        view = self._view
        if step is not Step.LINE:
            self._column_px = None
        where = self._where(forward=forward)
        if where is None:
            return False
        if step is Step.ALL:
            (view.show_newest if forward else view.show_oldest)()
            row = view.scroller.rows - 1 if forward else 0
            at = view.row_layout(row).text.length if forward else 0
        else:
            row, at = self._moved(*where, step, forward=forward)
        before, there = view.selection.cursor, self._place(row, at)
        view.selection.reach(there)
        self._bring_into_view(row, at)
        view.viewport().update()
        if before is not None:
            self._speak(before, there)
        return True

    def _speak(self, before: Place, after: Place) -> None:
        """Tell a screen reader what has come to the selection or left it: a row has no caret to follow."""
        view = self._view
        ends, row = view.selection.ends, view.timeline.row_of(after.message)
        if row is None:
            return
        low, high = min(before, after), max(before, after)
        words = one_line(excerpt(view.timeline.message(row), low, high), SPOKEN_CHARS)
        came = ends is not None and ends[0] <= low and high <= ends[1]
        if words:
            speak(view, tr("{text} selected", text=words) if came else tr("{text} unselected", text=words))

    # ---------------------------------------------------------------------------------------------- moving

    def _where(self, *, forward: bool) -> tuple[int, int] | None:
        """Row and place of the moving end; a new selection begins at the current message."""
        view = self._view
        row = view.current_row
        if row < 0:
            if not view.visible_rows:
                return None
            row = view.visible_rows[-1]
        cursor, message = view.selection.cursor, view.timeline.message(row)
        # Who has gone on to another message begins anew there.
        if cursor is not None and cursor.message == message.id:
            view.selection.by_letters()
            return row, min(cursor.at, view.row_layout(row).text.length)
        at = 0 if forward else view.row_layout(row).text.length
        view.selection.begin(view.conversation_id, Place(position(message), at))
        return row, at

    def _place(self, row: int, at: int) -> Place:
        return Place(position(self._view.timeline.message(row)), at)

    def _moved(self, row: int, at: int, step: Step, *, forward: bool) -> tuple[int, int]:
        text = self._view.row_layout(row).text
        edge = text.length if forward else 0
        match step:
            case Step.LETTER | Step.WORD:
                if at == edge:
                    return self._next(row, at, forward=forward)
                return row, text.stepped(at, forward=forward, words=step is Step.WORD)
            case Step.LINE_END:
                return row, text.line_ends(at)[1 if forward else 0]
            case Step.MESSAGE:
                if at != edge:
                    return row, edge
                row, at = self._next(row, at, forward=forward)
                return row, (self._view.row_layout(row).text.length if forward else 0)
            case Step.LINE:
                return self._by_line(row, at, forward=forward)
            case _:
                return self._by_page(row, at, forward=forward)

    def _next(self, row: int, at: int, *, forward: bool) -> tuple[int, int]:
        """The beginning of the next row, or the end of the one before; where there is none, no change."""
        view = self._view
        try:
            if not forward and row == 0:
                row = view.timeline.load_older()
            elif forward and row == view.scroller.rows - 1:
                view.timeline.load_newer()
        except WorldError as error:
            view.context.troubles.report("read messages", error)
        target = row + 1 if forward else row - 1
        if not 0 <= target < view.scroller.rows:
            return row, at
        return target, 0 if forward else view.row_layout(target).text.length

    def _by_line(self, row: int, at: int, *, forward: bool) -> tuple[int, int]:
        text = self._view.row_layout(row).text
        caret = text.caret(at)
        if self._column_px is None:
            self._column_px = caret.x()
        y = caret.bottom() + 1 if forward else caret.top() - 1
        if text.rect.top() <= y < text.rect.bottom():
            return row, text.position_at(QPointF(self._column_px, y))
        edge = text.length if forward else 0
        target, _ = self._next(row, at, forward=forward)
        if target == row:
            return row, edge
        text = self._view.row_layout(target).text
        y = text.rect.top() + 1 if forward else text.rect.bottom() - 1
        return target, text.position_at(QPointF(self._column_px, y))

    def _by_page(self, row: int, at: int, *, forward: bool) -> tuple[int, int]:
        view = self._view
        self._bring_into_view(row, at)
        caret = view.row_layout(row).text.caret(at)
        y = view.scroller.top_of(row) + caret.center().y()
        page = view.page_px() if forward else -view.page_px()
        there = y + page - view.scroll_by(page)
        placed = view.scroller.placed
        there = max(float(placed[0].top), min(there, placed[-1].bottom - 1.0))
        found = view.scroller.row_at(int(there))
        if found is None:
            return row, at
        inside = QPointF(caret.x(), there - view.scroller.top_of(found))
        return found, view.row_layout(found).text.position_at(inside)

    # ------------------------------------------------------------------------------------------- in view

    def _bring_into_view(self, row: int, at: int) -> None:
        view = self._view
        view.set_current_row(row)
        line: QRectF = view.row_layout(row).text.caret(at)
        top = view.scroller.top_of(row) + round(line.top())
        bottom = view.scroller.top_of(row) + round(line.bottom())
        room = view.viewport().height() - view.scroller.foot_px
        if top < 0:
            view.scroll_by(top)
        elif bottom > room:
            view.scroll_by(bottom - room)
