"""Searching as the window has it: the palette over it, the bar above the messages, and the ways between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatdesk.domain.desk import SearchHit
from chatdesk.domain.ids import AccountId, ConversationId, MessageId
from chatdesk.ui.chat.pane import ChatPane
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.search import SearchField
from chatdesk.ui.lists.wording import title_text
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.search.hits import Where
from chatdesk.ui.search.place import ReadingPlace, focused_widget, give_back

MOST_PIECES = 10
"""So often a long message is shown further, to come to what was found in it."""

if TYPE_CHECKING:
    from chatdesk.ui.search.bar import FindBar
    from chatdesk.ui.search.palette import SearchPalette


class Searching(QObject):
    """The window plugs this in once its panes are there. Palette and bar are made when they are first wanted.

    told(sentence): for the status bar. `tool`: a button that leads to the palette, where there is an account.
    """

    told = Signal(str)

    def __init__(
        self,
        context: UiContext,
        chat: ChatPane,
        conversations: ConversationModel,
        facts: AccountFacts,
        show_conversation: Callable[[int | None], object],
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._context = context
        self._chat = chat
        self._conversations = conversations
        self._facts = facts
        self._show = show_conversation
        self._window = window
        self._palette: SearchPalette | None = None
        self._bar: FindBar | None = None
        self._focus: QWidget | None = None
        self._came_from: ReadingPlace | None = None
        """Where Esc in the bar leads back to."""
        self._is_opening = False
        self.tool = IconButton(context, "search", tr("Search messages"), parent=window)
        facts.changed.connect(self._on_facts)
        self._on_facts()

    # -- what there is ---------------------------------------------------------------------------------

    def palette(self) -> SearchPalette:
        """The search over the window."""
        if self._palette is None:
            from chatdesk.ui.search.palette import SearchPalette

            self._palette = SearchPalette(self._context, self.where, self._window)
            self._palette.hit_asked.connect(self._open_hit)
            self._palette.dismissed.connect(self._give_keyboard_back)
        return self._palette

    def bar(self) -> FindBar:
        """The bar above the messages."""
        if self._bar is None:
            from chatdesk.ui.search.bar import FindBar

            self._bar = FindBar(self._context, self._chat)
            column = self._chat.layout()
            if isinstance(column, QVBoxLayout):
                column.insertWidget(column.indexOf(self._chat.header) + 1, self._bar)
            self._bar.place_asked.connect(self._go_to)
            self._bar.words_changed.connect(self._mark)
            self._bar.dismissed.connect(self._go_back)
            self._bar.closed.connect(self._close_bar)
            self._bar.all_asked.connect(self._list_all)
        return self._bar

    def where(self, hit: SearchHit) -> Where:
        """With whom, about what and in which account a hit was written."""
        row = self._conversations.find(hit.conversation)
        account = self._facts.label(hit.account)
        return Where(title_text(row), row.order_tag, account) if row is not None else Where(account=account)

    # -- what commands do ------------------------------------------------------------------------------

    def search_everywhere(self) -> None:
        """Open the palette over whatever is shown; what stands in a field to search by is looked for."""
        field = focused_widget()
        typed = field.text() if isinstance(field, SearchField) else ""
        self._open_palette(text=typed or None)

    def find_here(self) -> None:
        """Find in the open conversation."""
        shown = self._chat.conversation_id()
        if shown is None:
            return
        bar = self.bar()
        if not self._chat.isVisible():
            self._show(shown)
        if bar.conversation != shown:
            self._came_from = ReadingPlace.of(self._chat.timeline)
            bar.open_for(shown)
        bar.take_keyboard()

    def step(self, by: int) -> None:
        """To the next older hit (1) or newer one (-1) of the open conversation."""
        if self._bar is None or self._bar.conversation is None:
            self.find_here()
        else:
            self._bar.step(by)

    def close_topmost(self) -> bool:
        """Esc elsewhere in the window: palette first, then the bar. False: neither was open."""
        if self._palette is not None and self._palette.dismiss():
            return True
        if self._bar is not None and self._bar.conversation is not None:
            self._close_bar()
            return True
        return False

    # -- what the window tells -------------------------------------------------------------------------

    def on_conversation(self, shown: ConversationId | None) -> None:
        """Another conversation is shown: what was found in the one before is of no use."""
        bar = self._bar
        if bar is None or bar.conversation is None or self._is_opening:
            return
        if bar.conversation == shown:
            self._mark()  # opened anew
        else:
            bar.shut()

    def _on_facts(self) -> None:
        self.tool.setVisible(len(self._facts) > 0)

    # -- the palette -----------------------------------------------------------------------------------

    def _open_palette(self, *, here: bool = False, text: str | None = None) -> None:
        from chatdesk.ui.search.palette import Scope

        palette = self.palette()
        if palette.isHidden():
            self._focus = focused_widget()
        scope = Scope.CONVERSATION if here else Scope.EVERYWHERE
        palette.open_over(self._chat.conversation_id(), self._account(), scope=scope, text=text)

    def _account(self) -> AccountId | None:
        """The account of what is open, where there are several to choose from."""
        row = self._chat.header.conversation()
        return row.account_id if row is not None and len(self._facts) > 1 else None

    def _give_keyboard_back(self) -> None:
        if not give_back(self._focus):
            self._chat.timeline.setFocus()
        self._focus = None

    def _open_hit(self, hit: SearchHit) -> None:
        palette, bar, timeline = self.palette(), self.bar(), self._chat.timeline
        text, came_from = palette.query(), ReadingPlace.of(timeline)
        self._is_opening = True
        try:
            if self._chat.conversation_id() != hit.conversation or not self._chat.isVisible():
                self._show(hit.conversation)
        finally:
            self._is_opening = False
        if self._chat.conversation_id() != hit.conversation or not timeline.scroll_to_message(hit.message):
            self.on_conversation(self._chat.conversation_id())
            self.told.emit(tr("That message is no longer stored here."))
            return
        if bar.conversation is None:
            self._came_from = came_from
        palette.leave_for(hit)
        bar.open_for(hit.conversation, text, hit.message)
        self._go_to(hit.message)
        timeline.setFocus()

    # -- the bar ---------------------------------------------------------------------------------------

    def _go_to(self, message: int) -> None:
        if self._chat.timeline.scroll_to_message(MessageId(message)):
            self._show_words(MessageId(message))
        else:
            self.told.emit(tr("That message is no longer stored here."))

    def _show_words(self, message: MessageId) -> None:
        """A long message is shown as far as the words stand in it, and scrolled to the first of them."""
        view, bar = self._chat.timeline, self.bar()
        row = view.timeline.row_of(message)
        for _ in range(MOST_PIECES):
            if row is None:
                return
            shown = view.row_layout(row).shown
            if bar.marks(shown.source) or not shown.hidden_chars:
                break
            view.book.show_more(message)
            view.touch()
            row = view.timeline.row_of(message)
        if row is None:
            return
        layout = view.row_layout(row)
        marks = bar.marks(layout.shown.source)
        if marks:
            line = layout.text.caret(marks[0][0]).translated(0, view.scroller.top_of(row))
            if line.top() < 0 or line.bottom() > view.viewport().height():
                view.scroll_by(round(line.top() - view.viewport().height() / 3))

    def _mark(self) -> None:
        bar = self._bar
        wanted = bar is not None and bar.conversation is not None and bool(bar.run.words)
        self._chat.timeline.mark_words(bar.marks if bar is not None and wanted else None)

    def _list_all(self) -> None:
        self._open_palette(here=True, text=self.bar().field.text())

    def _close_bar(self) -> None:
        """The person stays where they are."""
        self._came_from = None
        self.bar().shut()
        self._chat.timeline.setFocus()

    def _go_back(self) -> None:
        """To where the person was before."""
        place, self._came_from = self._came_from, None
        self.bar().shut()
        if place is not None and place.conversation != self._chat.conversation_id():
            self._show(place.conversation)
        if place is not None:
            place.restore(self._chat.timeline)
        if not give_back(self._chat.composer.edit):
            self._chat.timeline.setFocus()
