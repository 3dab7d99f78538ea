"""The message list of the chat pane: reading, selecting, copying, links, keys, marks of reading, history."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QItemSelection, QModelIndex, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAction,
    QContextMenuEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QWidget

from chatdesk.domain.changes import HistoryLoading, MessagesGone, MessagesPut, TypingChanged, UploadMoved
from chatdesk.domain.entities import Conversation, Message
from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import ConversationId, Cursor, MessageId
from chatdesk.ui.context import UiContext
from chatdesk.ui.file_words import moving_words
from chatdesk.ui.i18n import tr
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.timeline.actions import MessageActions
from chatdesk.ui.timeline.announce import Announcer, announce_row
from chatdesk.ui.timeline.caret import Caret
from chatdesk.ui.timeline.copying import Copier
from chatdesk.ui.timeline.flash import Flash
from chatdesk.ui.timeline.grouping import local_day
from chatdesk.ui.timeline.history import History
from chatdesk.ui.timeline.jump import JumpButton
from chatdesk.ui.timeline.jumps import Jumps
from chatdesk.ui.timeline.keys import BY_KEYBOARD, handle_key
from chatdesk.ui.timeline.layout import RowLayout
from chatdesk.ui.timeline.menu import MessageMenu, open_message_menu
from chatdesk.ui.timeline.model import TimelineModel
from chatdesk.ui.timeline.offers import Action
from chatdesk.ui.timeline.opening import LinkOpener
from chatdesk.ui.timeline.painting import Emphasis
from chatdesk.ui.timeline.pointer import Pointer
from chatdesk.ui.timeline.room import Room
from chatdesk.ui.timeline.scroll import Align
from chatdesk.ui.timeline.seen import SeenMarks
from chatdesk.ui.timeline.selection import TextSelection
from chatdesk.ui.timeline.surface import Index, RowSurface
from chatdesk.ui.timeline.typing_row import TypingRow


class TimelineView(RowSurface):
    """Shows one conversation: `open_conversation`, `scroll_to_message`.

    `edit_requested(outgoing id, text)` goes to the composer, and `text_typed(str)` too: letters typed while
    the list has the focus. `elsewhere_requested(text)`: it shall be written in another conversation.
    `told(sentence)`: to be said in the window. All other actions are carried out here.
    """

    edit_requested = Signal(str, str)
    take_back_requested = Signal(str)
    text_typed = Signal(str)
    elsewhere_requested = Signal(str)
    told = Signal(str)
    day_asked = Signal()
    """The plate with the day was pressed: the person wants another one."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__(context, TimelineModel(context.desk.reader), parent)
        self.timeline.setParent(self)
        self.selection = TextSelection()
        self.copier = Copier(self)
        self.caret = Caret(self)
        self.opener = LinkOpener(context.theme, self)
        self.pointer = Pointer(self, self.selection, self.copier.loaded_text)
        self.history = History(context.desk, self.timeline, self)
        # On the viewport itself: what lies over it from elsewhere would forbid to move what is painted.
        self.jump = JumpButton(context, self.viewport())
        self.flash = Flash(self)
        self.room = Room(context, self)
        self._seen = SeenMarks(self)
        self._typing = TypingRow(self)
        self._jumps = Jumps(self)
        self._find: Callable[[str], tuple[tuple[int, int], ...]] | None = None
        self._actions = MessageActions(context, self)
        self._announcer = Announcer(self)
        self._tasks = Tasks(self, context.troubles)
        self.more_entries: tuple[QAction, ...] = ()
        """What the menu of a message offers about the conversation."""
        self._today = 0
        self._ring = False
        """Whether the current row is marked: only for who goes by the keyboard."""
        self.setAccessibleName(tr("Messages"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._connect()

    def _connect(self) -> None:
        context, feed = self.context, self.context.feed
        feed.messages_put.connect(self._on_put)
        feed.messages_gone.connect(self._on_gone)
        feed.typing.connect(self._on_typing)
        feed.history_loading.connect(self._on_loading)
        feed.status.connect(self._on_status)
        feed.upload.connect(self._on_upload)
        context.clock.beat.connect(self._on_beat)
        self.room.online.connect(self._on_online)
        self.timeline.arrived.connect(self._on_arrived)
        self.settled.connect(self._on_settled)
        self.jump.clicked.connect(lambda: self._jumps.to_newest(shown=True))
        self.flash.changed.connect(self._paint_message)
        self.history.busy_changed.connect(self.viewport().update)
        self.history.due.connect(lambda: self.history.look_ahead(self.visible_rows))
        self.history.failed.connect(lambda error: context.troubles.report("read history", error))
        self._seen.seen.connect(self._tell_seen)
        self._typing.moved.connect(self._on_typing_moved)
        self._actions.edit_requested.connect(self.edit_requested)
        self._actions.take_back_requested.connect(self.take_back_requested)
        self._actions.elsewhere_requested.connect(self.elsewhere_requested)
        for teller in (self._actions, self.copier, self.opener):
            teller.told.connect(self.told)
        self._actions.more_requested.connect(self._show_more)
        self.pointer.row_pressed.connect(self._set_current_row)
        self.pointer.action_pressed.connect(self._on_action)
        self.pointer.link_pressed.connect(self.opener.open)
        self.pointer.head_pressed.connect(self.history.ask)

    # ------------------------------------------------------------------------------------- conversations

    @property
    def conversation_id(self) -> ConversationId | None:
        """What is shown."""
        return self.timeline.conversation_id

    def open_conversation(self, conversation_id: ConversationId | None) -> None:
        """Show a conversation from its first unread message, or from its end; None shows nothing.

        Where the disk fails nothing is shown, and the window is told why.
        """
        try:
            self.room.open(conversation_id)
            self._open(self.room.conversation)
        except WorldError as error:
            self.context.troubles.report("open conversation", error)
            self.room.open(None)
            self._open(None)

    def _open(self, known: Conversation | None) -> None:
        self.pointer.forget()
        self._announcer.forget()
        self.flash.stop()
        self._find = None
        self._typing.show_names(())
        self.history.open()
        self.jump.set_count(0)
        self.book.use_conversation(known.title if known else "", self.room.message_fields)
        self._seen.open(known.id if known else None, known.seen_cursor if known else None)
        self._today = local_day(self.context.clock.now_us())
        self.timeline.open(known.id if known else None)
        self._show_unread()

    def scroll_to_message(self, message_id: MessageId) -> bool:
        """Bring a message into the middle, current and highlighted for a moment; False: it is not there."""
        return self._jumps.to_message(message_id)

    def show_moment(self, at_us: int) -> bool:
        """Bring the first message of a moment or later to the top; False where nothing is stored."""
        return self._jumps.to_moment(at_us)

    def moment_in_view(self) -> int:
        """When the first message in view was sent, microseconds since 1970; now, where there is none."""
        rows = self.visible_rows
        return self.timeline.message(rows[0]).sent_at_us if rows else self.context.clock.now_us()

    def show_newest(self) -> None:
        """Go to the end, and follow what arrives."""
        self._jumps.to_newest()

    def show_oldest(self) -> None:
        """Go to the first message stored here; what was asked of the server in vain is asked again."""
        self.history.forgive()
        self._jumps.to_oldest()

    def mark_words(self, find: Callable[[str], tuple[tuple[int, int], ...]] | None) -> None:
        """Mark what `find` finds in the drawn text of a row (UTF-16 ranges); None: nothing."""
        self._find = find
        self.viewport().update()

    @property
    def current_row(self) -> int:
        """The row that the keyboard is on; -1 for none."""
        return self.currentIndex().row() if self.currentIndex().isValid() else -1

    def set_current_row(self, row: int) -> None:
        """Put the keyboard on a row and bring it into view."""
        self._set_current_row(row)
        self.scroller.to_row(row)
        self.moved()

    def copy_selection(self, *, named: bool = False) -> bool:
        """Copy what is selected, else the current message, with names and times where wanted.

        False when there is neither.
        """
        if self.copier.copy(named=named):
            return True
        if self.current_row < 0:
            return False
        action = Action.COPY_WITH_NAME if named else Action.COPY
        self._actions.perform(action, self.timeline.message(self.current_row))
        return True

    def open_menu(self, row: int, at: QPoint | None = None) -> MessageMenu | None:
        """Open the menu of a row at a point of the screen; None where the message offers nothing."""
        return open_message_menu(self, row, at)

    def perform(self, action: Action, message: Message) -> None:
        """Do something with a message."""
        self._actions.perform(action, message)

    # ------------------------------------------------------------------------------------------ painting

    def emphasis(self, row: RowLayout, number: int) -> Emphasis:
        hovered = self.pointer.hovered
        return Emphasis(
            selection=self.selection.span_in(row.message, row.text.length),
            current=self._ring and self.hasFocus() and number == self.current_row,
            hovered=hovered[1] if hovered is not None and hovered[0] == number else None,
            gap=self.history.gap_words(row.message.cursor),
            flash=self.flash.strength(row.message.id),
            found=self._find(row.shown.source) if self._find is not None else (),
        )

    def overlays(self) -> list[QRect]:
        lying = super().overlays()
        return [*lying, self.jump.geometry()] if self.jump.isVisible() else lying

    def paint_head(self, painter: QPainter, area: QRectF) -> None:
        words = self.history.words()
        if words:
            painter.setFont(self.style_now.note)
            painter.setPen(self.style_now.tokens.muted)
            room = area.width() - 2 * self.style_now.side
            words = self.style_now.note_metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)

    def paint_foot(self, painter: QPainter, area: QRectF) -> None:
        # What is painted is seen: also when a minimised window comes back.
        self._typing.look(in_view=True)
        self._typing.paint(painter, area, self.style_now)

    # ------------------------------------------------------------------------------------ mouse and keyboard

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._ring = False
        self.motion.stop()
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        line = self._line_at(event.position())
        if line is not None:
            line()
        else:
            self.pointer.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(event)
        self.day_fade.hold(on=self._is_on_day(event.position()))
        if not event.buttons() and self._line_at(event.position()) is not None:
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.pointer.release(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Leave:
            self.pointer.leave()
            self.day_fade.hold(on=False)
        if event.type() is QEvent.Type.ToolTip:
            # Not by way of the delegate, which knows nothing of what lies inside a row.
            return bool(QAbstractScrollArea.viewportEvent(self, event))
        return bool(super().viewportEvent(event))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() is QContextMenuEvent.Reason.Mouse:
            row = self.scroller.row_at(event.pos().y())
            if row is not None:
                self._set_current_row(row)
                self.open_menu(row, event.globalPos())
        elif self.current_row >= 0:
            self.open_menu(self.current_row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if handle_key(self, event):
            self._ring = True
            event.accept()
            return
        event.ignore()
        text = event.text()
        command = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if text.isprintable() and text and not event.modifiers() & command:
            event.accept()
            self.text_typed.emit(text)

    def moveCursor(
        self, _action: QAbstractItemView.CursorAction, _modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        # Asked for when the focus comes and no row is current: begin with the newest one in view.
        visible = self.visible_rows
        if self.current_row >= 0:
            return self.currentIndex()
        return self.timeline.index(visible[-1], 0) if visible else QModelIndex()

    def currentChanged(self, current: Index, previous: Index) -> None:
        # Not QListView's, which tells a screen reader of places in a layout that it never made.
        QAbstractItemView.currentChanged(self, current, previous)
        self.viewport().update()
        if current.isValid() and self.hasFocus():
            announce_row(self, QAccessible.Event.Focus, current.row())

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        QAbstractItemView.selectionChanged(self, selected, deselected)
        for index in selected.indexes():
            announce_row(self, QAccessible.Event.Selection, index.row())

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring = self._ring or event.reason() in BY_KEYBOARD
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.jump.place_in(self.viewport().rect())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange:
            self._settling.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._typing.look(in_view=False)
        self.flash.stop()
        self.history.rest()

    # -------------------------------------------------------------------------------------- what happens

    def _on_put(self, change: MessagesPut, commit: int) -> None:
        self.timeline.apply_put(change, commit)
        self.selection.follow(change.messages)

    def _on_gone(self, change: MessagesGone, commit: int) -> None:
        self.timeline.apply_gone(change, commit)
        self.selection.forget(change.ids)

    def _on_typing(self, news: TypingChanged) -> None:
        if news.conversation_id == self.conversation_id:
            self._typing.show_names(news.names)

    def _on_status(self, _status: object) -> None:
        """An account has caught up, perhaps without a new message: what was a gap may be none."""
        if self.timeline.gap_rows():
            try:
                self.timeline.look_for_gaps()
            except WorldError as error:
                self.context.troubles.report("read history", error)

    def _on_loading(self, news: HistoryLoading) -> None:
        self.history.on_loading(news)

    def _on_upload(self, news: UploadMoved) -> None:
        """A file of a message has come further."""
        words = moving_words(news.sent_bytes, news.size_bytes) if news.sent_bytes >= 0 else ""
        if self.book.note_upload(news.outgoing_id, words):
            self.touch()

    def _on_beat(self) -> None:
        """Time has passed: expected times, and perhaps the day, read differently now."""
        today = local_day(self.context.clock.now_us())
        if today != self._today:
            self._today = today
            self.book.forget_all()
            self.scroller.rows_changed()
            self._changed()
            return
        waiting = [m.id for m in self.book.kept_messages() if m.expected_at_us is not None]
        for message in waiting:
            self.book.forget(message)
        if waiting:
            self.touch()

    def _on_online(self) -> None:
        self.history.retry()
        self._settling.start()

    def _line_at(self, point: QPointF) -> Callable[[], None] | None:
        """What pressing a point does: another day at the plate with the day, what is missing at a gap."""
        if self._is_on_day(point):
            return self.day_asked.emit
        hit = self.hit(point)
        if hit is None or not self.row_layout(hit[0]).above.gap or hit[1].y() >= self.style_now.gap_height:
            return None
        return partial(self.history.ask_above, hit[0])

    def _is_on_day(self, point: QPointF) -> bool:
        """Whether a point is on the plate with the day, while it shows."""
        pill = self.day_pill()
        return pill is not None and pill.plate.contains(point)

    def _paint_message(self, message: MessageId) -> None:
        row = self.timeline.row_of(message)
        if row is not None and row in self.visible_rows:
            self.viewport().update(self.visualRect(self.timeline.index(row, 0)))

    def _on_arrived(self, messages: tuple[Message, ...]) -> None:
        if not self.scroller.stuck:
            self.jump.set_count(self.jump.count + len(messages))
        if not self.isActiveWindow():
            self.timeline.mark_unread(messages[0].id)
        if self.isVisible():
            self._announcer.arrived(messages)

    def _on_settled(self) -> None:
        self.history.look(self.visible_rows)
        at_end = self.scroller.at_bottom and not self.timeline.has_newer
        if at_end:
            self.jump.set_count(0)
        self.jump.setVisible(not at_end)
        self._look_at_seen()
        self._on_typing_moved()

    def _look_at_seen(self) -> None:
        placed = self.scroller.placed
        height = self.viewport().height()
        read = [
            self.timeline.message(one.row)
            for one in placed
            if one.bottom <= height or (one.top <= 0 and one.bottom >= height)
        ]
        self._seen.look(read, focused=self.isVisible() and self.isActiveWindow())

    def _on_typing_moved(self) -> None:
        area = self.foot_area()
        in_view = area.intersects(QRectF(self.viewport().rect()))
        self._typing.look(in_view=in_view)
        if in_view:
            self.viewport().update(area.toAlignedRect())

    def _tell_seen(self, conversation: ConversationId, cursor: Cursor) -> None:
        self._tasks.start("mark seen", self.context.desk.mark_seen(conversation, cursor), exclusive=False)

    def _show_unread(self) -> None:
        first = self.timeline.unread.message
        row = None if first is None else self.timeline.row_of(first)
        if row is not None and row not in self.visible_rows:
            self.scroller.to_row(row, Align.TOP)
            self.moved()

    def _show_more(self, message: MessageId) -> None:
        self.book.show_more(message)
        self.touch()

    def _set_current_row(self, row: int) -> None:
        self.setCurrentIndex(self.timeline.index(row, 0))

    def _on_action(self, action: Action, row: int) -> None:
        self._actions.perform(action, self.timeline.message(row))
