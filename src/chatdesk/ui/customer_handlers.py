"""What can be done across conversations: saying whose customer it is, and writing a text elsewhere."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog

from chatdesk.domain.ids import ConversationId
from chatdesk.ui.account_handlers import DialogHandlers
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.wording import title_text


class CustomerHandlers(DialogHandlers):
    """The commands about customers with several conversations."""

    def link_customer(self) -> None:
        """Say with which other conversation the open one shares its customer."""
        row = self._window.chat.header.conversation()
        if row is not None:
            self.ask_same_customer(row.id)

    def ask_same_customer(self, conversation_id: int) -> None:
        """Ask with which other conversation one shares its customer."""
        about = ConversationId(conversation_id)
        lists = self._window.list
        row = lists.conversations.find(about)
        if row is None:
            return

        def make() -> QDialog:
            from chatdesk.ui.dialogs.pick_conversation import PickConversationDialog, same_customer_words

            words = same_customer_words(title_text(row))
            dialog = PickConversationDialog(
                self._context, lists.conversations, lists.facts, about, words, self._window
            )
            dialog.picked.connect(
                lambda other: self._tasks.start(
                    "link",
                    self._context.desk.link_customer(about, ConversationId(other)),
                    on_done=lambda _none: self._window.status.tell(
                        tr("Linked. Both conversations are shown together from now on.")
                    ),
                )
            )
            return dialog

        self._open("same customer", make)

    def write_elsewhere(self, conversation_id: int, text: str) -> None:
        """Put a text that can't go where it was written into the draft of another conversation."""
        lists = self._window.list

        def write(other: int) -> None:
            self._window.open_conversation(other)
            self._window.chat.composer.type_text(text)

        def make() -> QDialog:
            from chatdesk.ui.dialogs.pick_conversation import PickConversationDialog, write_elsewhere_words

            about = ConversationId(conversation_id)
            words = write_elsewhere_words()
            dialog = PickConversationDialog(
                self._context, lists.conversations, lists.facts, about, words, self._window
            )
            dialog.picked.connect(write)
            return dialog

        self._open("write elsewhere", make)

    def unlink_customer(self) -> None:
        """Take the open conversation out of those with the same customer."""
        row = self._window.chat.header.conversation()
        if row is not None:
            self._tasks.start("unlink", self._context.desk.unlink_customer(row.id))

    def go_linked(self) -> None:
        """Open the conversation with the same customer in which something happened last."""
        other = self._window.side.linked.first()
        if other is not None:
            self._window.open_conversation(other)
