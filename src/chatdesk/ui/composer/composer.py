"""Where a person writes: field, draft, Send, and every reason why something is not possible now, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.domain.changes import DraftPut
from chatdesk.domain.entities import FileRule, Outgoing
from chatdesk.domain.errors import WorldError
from chatdesk.domain.ids import ConversationId, OutgoingId
from chatdesk.domain.text import is_blank, one_line
from chatdesk.services.unsaved import Unsaved
from chatdesk.ui.chat.lifecycle import closed_words
from chatdesk.ui.composer.drafts import DraftKeeper, Saved
from chatdesk.ui.composer.editing import Editing, last_editable
from chatdesk.ui.composer.editor import MessageEdit
from chatdesk.ui.composer.extras import ExtrasLine
from chatdesk.ui.composer.files import MOST_GIVEN, FilesToSend, GivenFile, files_in, given, holds_files
from chatdesk.ui.composer.later import Later
from chatdesk.ui.composer.strips import ConflictStrip, Strip
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Panel, WordButton
from chatdesk.ui.i18n import number, tr, trn
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog
from chatdesk.ui.timeline.actions import copy_text
from chatdesk.ui.timeline.room import Room
from chatdesk.ui.words import error_sentences

COUNTER_SHARE = 0.9
"""The counter is there from this share of the limit on."""
_NAME_CHARS = 60


class Composer(Panel):
    """The composer of whichever conversation is open; drafts and sends go on when another one is opened.

    `sent(conversation id)`: a message is on disk and queued.
    """

    sent = Signal(int)

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        self._keepers: dict[ConversationId, DraftKeeper] = {}
        self._edits: dict[ConversationId, Editing] = {}
        self.room = Room(context, self)
        self.later = Later(context, self._tasks, self)
        self.files = FilesToSend(context, self._tasks, self)
        self._refusal = ""
        self._unsaid: dict[ConversationId, str] = {}
        """What was refused in conversations that were not open then."""
        self.setAcceptDrops(True)
        self.setAccessibleName(tr("Write"))
        self._build()
        self._connect()
        self.open_conversation(None)

    def _build(self) -> None:
        theme, metrics = self._context.theme, self._context.theme.metrics
        self.edit = MessageEdit(self._context, self)
        self.conflict = ConflictStrip(self._context, self)
        self.editing_strip = Strip(self._context, colour="accent_text", parent=self)
        self._stop_editing_button = self.editing_strip.add_button(tr("Cancel"))
        self.notice = Strip(self._context, colour="bad", parent=self)
        self._again_button = self.notice.add_button(tr("Try again"))
        self.closed = Strip(self._context, colour="muted", parent=self)
        self.copy_draft = self.closed.add_button(tr("Copy draft"))
        self.extras = ExtrasLine(self._context, self)
        self.state_label = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", parent=self)
        self.counter = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", parent=self)
        self.later_button = WordButton(tr("Later…"), look="flat", parent=self)
        self.send_button = WordButton(tr("Send"), look="primary", parent=self)
        self.clip_button = IconButton(self._context, "clip", tr("Send a file…"), parent=self)
        row = QHBoxLayout()
        row.setSpacing(metrics.medium)
        row.addWidget(self.clip_button)
        row.addWidget(self.state_label, 1)
        row.addWidget(self.counter)
        row.addWidget(self.later_button)
        row.addWidget(self.send_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(metrics.px(14), metrics.px(10), metrics.px(14), metrics.px(10))
        column.setSpacing(metrics.small)
        strips = (self.editing_strip, self.conflict, self.notice, self.closed)
        for widget in (*strips, self.extras, self.edit):
            column.addWidget(widget)
        column.addLayout(row)
        self.setFocusProxy(self.edit)

    def _connect(self) -> None:
        feed = self._context.feed
        feed.draft_put.connect(self._on_draft)
        self.room.changed.connect(self._on_room)
        self.edit.textChanged.connect(self._on_text)
        self.edit.send_pressed.connect(self.press_send)
        self.edit.last_asked.connect(self.edit_last)
        self.edit.undo_asked.connect(self._take_back_last)
        self.edit.later_pressed.connect(self.ask_when)
        self.later_button.clicked.connect(self.ask_when)
        self.later.too_late.connect(
            lambda: self._refuse(tr("It has left already. Delete it where the platform can, or write again."))
        )
        self.later.back.connect(lambda _conversation: self.edit.setFocus())
        self.edit.left.connect(self._on_left)
        self.edit.refused.connect(self._refuse)
        self.edit.files_given.connect(self.take_files)
        self.clip_button.clicked.connect(self.choose_files)
        self.files.changed.connect(self._refresh)
        self.files.pressed.connect(self.sent)
        self.files.refused.connect(self._on_file_refused)
        self.send_button.clicked.connect(self.press_send)
        self.copy_draft.clicked.connect(self._copy_draft)
        self.extras.left.connect(self.edit.setFocus)
        self._again_button.clicked.connect(self.press_send)
        self._stop_editing_button.clicked.connect(self.stop_editing)
        self.conflict.mine.clicked.connect(lambda: self._choose(DraftKeeper.keep_mine))
        self.conflict.take.clicked.connect(lambda: self._choose(DraftKeeper.take_other))
        self.conflict.both.clicked.connect(lambda: self._choose(DraftKeeper.keep_both))
        self.conflict.copy.clicked.connect(lambda: self._choose(_copy_other))

    # ------------------------------------------------------------------------------------- conversations

    @property
    def conversation_id(self) -> ConversationId | None:
        """Where what is typed goes."""
        return self.room.id

    def open_conversation(self, conversation_id: ConversationId | None) -> None:
        """Write to this conversation; its draft is in the field. None: nothing can be written."""
        self._leave()
        self._refusal = self._unsaid.pop(conversation_id, "") if conversation_id is not None else ""
        try:
            self.room.open(conversation_id)
            if self.room.id is not None and self.room.id not in self._keepers:
                self._keepers[self.room.id] = self._new_keeper(self.room.id)
        except WorldError as error:
            # Without its draft nothing may be written, or the draft would be overwritten.
            self.room.open(None)
            self._context.troubles.report("read draft", error)
        self._name_field()
        self.extras.open(self.room.id, self.room.message_fields)
        self._show_text()
        self._refresh()

    def _new_keeper(self, conversation: ConversationId) -> DraftKeeper:
        keeper = DraftKeeper(
            self._context.desk,
            self._tasks,
            self._context.desk.reader.draft(conversation),
            self,
            goes_first=self.files.settled,
        )
        keeper.text_replaced.connect(lambda _text: self._on_keeper_text(conversation))
        keeper.changed.connect(lambda: self._on_keeper_changed(conversation))
        keeper.sent.connect(lambda: self.sent.emit(conversation))
        return keeper

    def _leave(self) -> None:
        """Another conversation is opened: what is not saved is saved now, and who is settled is forgotten."""
        keeper = self._keeper()
        if keeper is None:
            return
        self._on_left()
        for conversation in [c for c, k in self._keepers.items() if k.is_settled and c not in self._edits]:
            self._keepers.pop(conversation).deleteLater()

    async def flush(self) -> None:
        """Return once all that was typed or pressed is on disk, or could not be; for the end of the run."""
        await self.files.settle()
        for change in tuple(self._edits.values()):
            await change.settle()
        for keeper in tuple(self._keepers.values()):
            await keeper.settle()

    def unsaved(self) -> list[Unsaved]:
        """What was typed anywhere and is not on disk; a change of a message that waits is under its draft."""
        found = []
        for conversation, keeper in self._keepers.items():
            change = self._edits.get(conversation)
            found.append(keeper.unsaved(change.text if change is not None and change.is_changed else ""))
        return [one for one in found if one is not None]

    # ------------------------------------------------------------------------------------------- writing

    def press_send(self) -> None:
        """Send what is in the field, or save the changed message; says why not, where it can't be."""
        self.send_at(0)

    def send_at(self, due_us: int) -> None:
        """The same at this wall time; 0: now."""
        keeper, change = self._keeper(), self._editing()
        text = self.edit.toPlainText()
        if keeper is None or not self.room.may_write or is_blank(text):
            return
        over = self._length(text) - self.room.limit_chars
        if over > 0:
            self._refuse(
                trn(
                    "This is {n} character too long for the server. Shorten it, then send it.",
                    "This is {n} characters too long for the server. Shorten it, then send it.",
                    over,
                )
            )
            return
        self._refusal = ""
        if change is not None:
            change.press_save()
        else:
            if self.extras.problem():
                self._refuse(self.extras.problem())
                return
            keeper.press_send(self.extras.extras(), hold_us=self.later.hold_us, due_us=due_us)
            self._type(keeper.conversation_id, typing=False)

    def choose_files(self) -> QFileDialog | None:
        """Let the person choose files to send; None where none can be sent."""
        conversation, rule = self.room.id, self.room.file_rule
        if conversation is None or rule is None or not self.room.may_write:
            return None
        from PySide6.QtCore import QStandardPaths  # not needed before somebody asks
        from PySide6.QtWidgets import QFileDialog

        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        dialog = QFileDialog(self, tr("Send a file"), folder)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        if rule.types:
            endings = " ".join(f"*.{ending}" for ending in rule.types)
            dialog.setNameFilters([tr("Files that can be sent ({types})", types=endings)])
        # What was chosen for one conversation never goes to another that is open by now.
        dialog.filesSelected.connect(
            lambda paths: self.give_files(conversation, [given(Path(path)) for path in paths], rule)
        )
        dialog.open()
        return dialog

    def take_files(self, source: QMimeData) -> None:
        """Send what was dropped or pasted, to the conversation that is open; says why not."""
        if self.room.id is not None and self.room.may_write:
            self.give_files(self.room.id, files_in(source), self.room.file_rule)

    def give_files(self, conversation: ConversationId, files: list[GivenFile], rule: FileRule | None) -> None:
        """Send files to a conversation, after what was given before. rule: what its server takes.

        What is written goes beside the last of them, in one message, where the server's messages have room
        for both.
        """
        self._refusal = ""
        hold_us, beside = self.later.hold_us, None
        if files and len(files) <= MOST_GIVEN and rule is not None and rule.with_text:
            beside = self._text_beside(conversation)
        if beside is None:
            self.files.give(conversation, files, rule, hold_us)
            return
        if len(files) > 1:
            self.files.give(conversation, files[:-1], rule, hold_us)
        beside.press_send(hold_us=hold_us, carrier=self.files.carrier(conversation, files[-1], rule, hold_us))
        self._refresh()

    def _text_beside(self, conversation: ConversationId) -> DraftKeeper | None:
        """Whose text may go beside a file: written, not on its way, no choice open, and not too long."""
        keeper = self._keepers.get(conversation)
        if keeper is None or keeper.conflict is not None or keeper.is_sending or is_blank(keeper.text):
            return None
        is_open = conversation == self.conversation_id
        if not is_open or conversation in self._edits or self.extras.is_wanted:
            return None
        return keeper if self._length(keeper.text) <= self.room.limit_chars else None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self.room.may_write and holds_files(event.mimeData()):
            self.set_look("banner")
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.set_look("panel")
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self.set_look("panel")
        event.acceptProposedAction()
        self.take_files(event.mimeData())

    def _on_file_refused(self, conversation: int, words: str) -> None:
        if conversation == self.conversation_id:
            self._refuse(words)
        else:
            self._unsaid[ConversationId(conversation)] = words

    def ask_when(self) -> None:
        """Ask at what time what is in the field shall go."""
        if self.later_button.isEnabled() and self.later_button.isVisible():
            self.later.ask().chosen.connect(self.send_at)

    def take_back(self, outgoing: str) -> None:
        """Make a draft again of a message of this conversation that has not left."""
        keeper = self._keeper()
        if keeper is not None and self._editing() is None:
            self.later.take_back(OutgoingId(outgoing), keeper)

    def _take_back_last(self) -> None:
        keeper = self._keeper()
        if keeper is not None and self._editing() is None:
            self.later.take_back_last(keeper)

    def edit_last(self) -> None:
        """Take the message that was pressed last and has not left into the field."""
        conversation = self.conversation_id
        if conversation is None or self._editing() is not None:
            return

        def begin(item: Outgoing | None) -> None:
            if item is not None and conversation == self.conversation_id and not self.edit.toPlainText():
                self.edit_outgoing(item.id, item.text)

        self._tasks.start("last", last_editable(self._context.desk, conversation), on_done=begin)

    def edit_outgoing(self, outgoing: str, text: str) -> None:
        """Take a message of this conversation that has not left into the field; the draft waits meanwhile."""
        conversation = self.conversation_id
        if conversation is None:
            return
        if not self.room.may_write:
            self._refuse(
                tr("This conversation takes no more messages. Copy the text, or write it elsewhere.")
            )
            return
        earlier, keeper = self._editing(), self._keeper()
        if earlier is not None and earlier.is_changed:
            self._refuse(tr("First save or cancel the change that you are making here."))
            return
        if earlier is not None:
            self.stop_editing()
        if keeper is not None:
            keeper.flush()
        change = Editing(self._context.desk, self._tasks, OutgoingId(outgoing), text, self)
        change.changed.connect(self._refresh)
        change.done.connect(lambda: self._end_editing(conversation, change))
        change.too_late.connect(lambda changed: self._too_late(conversation, change, changed))
        self._edits[conversation] = change
        self._show_text()
        self._refresh()
        self.edit.setFocus()

    def stop_editing(self) -> None:
        """Leave the message as it was, and go back to the draft."""
        change = self._editing()
        if change is not None and self.conversation_id is not None:
            self._end_editing(self.conversation_id, change)

    def type_text(self, text: str) -> None:
        """Letters that were typed elsewhere: they go in at the cursor."""
        if self.room.may_write:
            self.edit.setFocus()
            self.edit.textCursor().insertText(text)

    # ------------------------------------------------------------------------------------------- plumbing

    def _keeper(self) -> DraftKeeper | None:
        return None if self.room.id is None else self._keepers.get(self.room.id)

    def _editing(self) -> Editing | None:
        return None if self.room.id is None else self._edits.get(self.room.id)

    @staticmethod
    def _length(text: str) -> int:
        """As the strictest servers count: in UTF-16 units."""
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def _end_editing(self, conversation: ConversationId, change: Editing) -> None:
        if self._edits.get(conversation) is change:
            del self._edits[conversation]
        change.deleteLater()
        if conversation == self.conversation_id:
            self._show_text()
            self._refresh()

    def _too_late(self, conversation: ConversationId, change: Editing, text: str) -> None:
        """The changed text is kept as the draft, below what was there."""
        keeper = self._keepers.get(conversation)
        if keeper is not None:
            keeper.put(f"{keeper.text}\n{text}" if keeper.text else text)
        self._end_editing(conversation, change)
        if conversation == self.conversation_id:
            self._refuse(
                tr("The message has left meanwhile, as it was. Your change is kept here as a draft.")
            )

    def _show_text(self) -> None:
        keeper, change = self._keeper(), self._editing()
        text = change.text if change else keeper.text if keeper else ""
        if text != self.edit.toPlainText():
            blocked = self.edit.blockSignals(True)
            self.edit.show_text(text)
            self.edit.blockSignals(blocked)

    def _name_field(self) -> None:
        name = one_line(self.room.conversation.title, _NAME_CHARS) if self.room.conversation else ""
        self.edit.setAccessibleName(tr("Message to {name}", name=name) if name else tr("Message"))

    def _type(self, conversation: ConversationId, *, typing: bool) -> None:
        """Tell the others, where the platform has a way to tell them."""
        if self.room.can_type:
            self._context.desk.typing(conversation, typing)

    def _copy_draft(self) -> None:
        copy_text(self.edit.toPlainText())

    def _choose(self, how: object) -> None:
        keeper = self._keeper()
        if keeper is not None and callable(how):
            how(keeper)
            self.edit.setFocus()

    def _refuse(self, words: str) -> None:
        self._refusal = words
        self._refresh()

    # -------------------------------------------------------------------------------------- what happens

    def _on_text(self) -> None:
        keeper, change = self._keeper(), self._editing()
        text = self.edit.toPlainText()
        self._refusal = ""
        if change is not None:
            change.text = text
        elif keeper is not None:
            keeper.edit(text)
            self._type(keeper.conversation_id, typing=bool(text))
        self._refresh()

    def _on_left(self) -> None:
        keeper = self._keeper()
        if keeper is not None:
            keeper.flush()
            self._type(keeper.conversation_id, typing=False)

    def _on_keeper_text(self, conversation: ConversationId) -> None:
        if conversation == self.conversation_id and self._editing() is None:
            self._show_text()

    def _on_keeper_changed(self, conversation: ConversationId) -> None:
        if conversation == self.conversation_id:
            self._refresh()

    def _on_room(self) -> None:
        self._name_field()
        self.extras.open(self.room.id, self.room.message_fields)
        self._refresh()

    def _on_draft(self, change: DraftPut, _commit: int) -> None:
        keeper = self._keepers.get(change.draft.conversation_id)
        if keeper is not None:
            keeper.notice(change.draft)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._on_left()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._on_left()
        super().closeEvent(event)

    # ------------------------------------------------------------------------------------- what is shown

    def _refresh(self) -> None:
        keeper, change = self._keeper(), self._editing()
        text = self.edit.toPlainText()
        writable = self.room.may_write
        row = self.room.conversation
        self.closed.say("" if row is None or writable else closed_words(row))
        self.copy_draft.setVisible(bool(text))
        self.extras.setVisible(writable and change is None and self.extras.is_wanted)
        self.edit.setReadOnly(not writable)
        self.edit.setEnabled(self.room.id is not None)
        self.edit.setVisible(writable or bool(text))
        self.edit.setPlaceholderText(tr("Write a message") if writable else "")
        self.send_button.setVisible(writable)
        sending = change.is_busy if change else bool(keeper and keeper.is_sending)
        blocked = bool(keeper and keeper.conflict is not None and change is None)
        self.send_button.set_words(tr("Save") if change else tr("Send"))
        self.send_button.setEnabled(writable and not is_blank(text) and not blocked)
        self.clip_button.setVisible(writable and change is None and self.room.file_rule is not None)
        self.later_button.setVisible(writable and change is None)
        self.later_button.setEnabled(self.send_button.isEnabled())
        self.editing_strip.say(tr("You are changing a message that has not left.") if change else "")
        if keeper is not None and keeper.conflict is not None and change is None:
            self.conflict.ask(keeper.conflict, mine=keeper.text)
        else:
            self.conflict.hide()
        self._say_trouble(keeper, change)
        self._say_state(keeper, change, sending=sending)
        self._count(text)

    def _say_trouble(self, keeper: DraftKeeper | None, change: Editing | None) -> None:
        trouble = change.trouble if change else keeper.send_trouble if keeper else None
        words = self._refusal
        if not words and trouble is not None:
            found = error_sentences(trouble)
            words = tr("Not sent. {title}. {text}", title=found.title, text=found.text)
        self._again_button.setVisible(trouble is not None and not self._refusal)
        self.notice.say(words)

    def _say_state(self, keeper: DraftKeeper | None, change: Editing | None, *, sending: bool) -> None:
        words, colour = "", "muted"
        copying = self.files.copying(self.conversation_id)
        if copying:
            words = trn("Copying {n} file…", "Copying {n} files…", copying)
        elif sending:
            words = tr("Sending…")
        elif keeper is not None and change is None:
            match keeper.saved:
                case Saved.SAVED:
                    words = tr("Draft saved")
                case Saved.SAVING:
                    words = tr("Saving…")
                case Saved.FAILED if keeper.save_trouble is not None:
                    reason = error_sentences(keeper.save_trouble).title
                    words, colour = tr("Not saved: {reason}", reason=reason), "bad"
                case _:
                    words = ""
        self.state_label.setText(words)
        self.state_label.set_colour(colour)

    def _count(self, text: str) -> None:
        length = self._length(text)
        near = length >= self.room.limit_chars * COUNTER_SHARE
        self.counter.setVisible(near and self.room.may_write)
        if near:
            self.counter.setText(tr("{n} of {most}", n=number(length), most=number(self.room.limit_chars)))
            self.counter.set_colour("bad" if length > self.room.limit_chars else "muted")


def _copy_other(keeper: DraftKeeper) -> None:
    if keeper.conflict:
        copy_text(keeper.conflict)
