"""The conversations in the list pane: their rows, what is said where none are, and which one is chosen."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import Feature, Why
from chatdesk.ui.context import UiContext
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.delegate import ConversationDelegate
from chatdesk.ui.lists.proxy import Chip, ConversationProxy
from chatdesk.ui.lists.row_menu import show_row_menu
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.tasks import Tasks

_TEXT_PX = 210


class ConversationsPage(QWidget):
    """All conversations that the proxy shows.

    One is chosen, by the person or by `select`; it stays chosen while a filter hides it, and is marked again
    when it comes back.
    """

    chosen = Signal(int)
    """ConversationId: the person went to a conversation."""
    activated = Signal(int)
    """ConversationId: the person pressed Enter on it, or clicked it twice."""
    typed = Signal(str)
    """Letters typed into the rows: the search field takes them."""
    all_wanted = Signal()
    """The person asked for everything instead of the filter that finds nothing."""
    orders_wanted = Signal()
    """The person asked for the orders, since there are no conversations."""
    link_wanted = Signal(int)
    """ConversationId: the person wants to say with which other conversation it shares its customer."""

    def __init__(
        self,
        context: UiContext,
        model: ConversationModel,
        proxy: ConversationProxy,
        facts: AccountFacts,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._model = model
        self._proxy = proxy
        self._facts = facts
        self._tasks = Tasks(self, context.troubles)
        self._chosen: ConversationId | None = None
        self._collapsed = False
        self._delegate = ConversationDelegate(context, self, letters_of=self._letters)
        self.view = RowsView(self)
        self.view.setItemDelegate(self._delegate)
        self.view.setModel(proxy)
        self.view.setAccessibleName(tr("Conversations"))
        self._nothing = EmptyState(context, "chat", self, text_px=_TEXT_PX)
        self._nothing.set_look("panel")
        # The pane decides how narrow it may be, not the words.
        self._nothing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._nothing)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        self._connect()
        self._arrange()

    def _connect(self) -> None:
        view, proxy, context = self.view, self._proxy, self._context
        view.chosen.connect(self._on_chosen)
        view.activated.connect(lambda index: self.activated.emit(proxy.id_at(index.row())))
        view.menu_wanted.connect(self._on_menu)
        view.typed.connect(self.typed)
        self._nothing.asked.connect(self._on_asked)
        shown = (proxy.rowsInserted, proxy.rowsRemoved, proxy.layoutChanged, proxy.settled)
        for changed in (*shown, self._model.completed):
            changed.connect(self._arrange)
        self._facts.changed.connect(self._arrange)
        context.theme.changed.connect(view.rows_changed_height)
        context.clock.beat.connect(self._on_beat)

    # -- which one is chosen ---------------------------------------------------------------------------

    @property
    def selected(self) -> ConversationId | None:
        """The conversation that is chosen, shown or not."""
        return self._chosen

    def select(self, conversation_id: ConversationId | None) -> None:
        """Mark a conversation as chosen and bring it into view; None: none. Emits nothing."""
        self._chosen = conversation_id
        self._proxy.keep(conversation_id)
        self._mark()
        index = self.view.currentIndex()
        if index.isValid():
            self.view.scrollTo(index)

    def neighbour(self, step: int) -> ConversationId | None:
        """The conversation `step` rows below the chosen one; the ends hold. None: the list is empty."""
        self._proxy.settle()
        count = self._proxy.rowCount()
        if not count:
            return None
        at = self._row_of_chosen()
        to = (0 if step > 0 else count - 1) if at is None else max(0, min(at + step, count - 1))
        return ConversationId(self._proxy.id_at(to))

    def next_unread(self) -> ConversationId | None:
        """The next conversation with unread messages below the chosen one, and on from the top."""
        self._proxy.settle()
        count, at = self._proxy.rowCount(), self._row_of_chosen()
        start = -1 if at is None else at
        for distance in range(1, count + 1):
            one = ConversationId(self._proxy.id_at((start + distance) % count))
            row = self._model.find(one)
            if row is not None and row.conversation.unread and one != self._chosen:
                return one
        return None

    def _row_of_chosen(self) -> int | None:
        return None if self._chosen is None else self._proxy.row_of_id(self._chosen)

    def _mark(self) -> None:
        """Let the view's selection be the chosen row, which filters and removals may have taken from it."""
        selection, at = self.view.selectionModel(), self._row_of_chosen()
        if at is None:
            if selection.currentIndex().isValid() or selection.hasSelection():
                selection.clear()
            return
        index = self._proxy.index(at, 0)
        if selection.currentIndex() != index or not selection.isSelected(index):
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _on_chosen(self, index: QModelIndex) -> None:
        one = ConversationId(self._proxy.id_at(index.row()))
        self.select(one)
        self.chosen.emit(one)

    def _letters(self, account_id: AccountId) -> str:
        """Whose row it is, where rows of several accounts stand together."""
        return self._facts.letters(account_id) if self._proxy.account is None else ""

    # -- how it is shown -------------------------------------------------------------------------------

    def set_collapsed(self, collapsed: bool) -> None:
        """Show avatars only, or whole rows."""
        self._collapsed = collapsed
        self._delegate.set_collapsed(collapsed)
        off, needed = Qt.ScrollBarPolicy.ScrollBarAlwaysOff, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        self.view.setVerticalScrollBarPolicy(off if collapsed else needed)
        self.view.viewport().update()
        self._arrange()

    def collapsed_width(self) -> int:
        """Width in pixels that avatars need."""
        return self._delegate.sizes.collapsed_width

    def _arrange(self) -> None:
        self._mark()
        if self._proxy.rowCount() or self._collapsed:  # there is no room for words beside avatars
            self._stack.setCurrentWidget(self.view)
        else:
            self._say_nothing()
            self._stack.setCurrentWidget(self._nothing)
        self.setFocusProxy(self.view)

    def _on_beat(self) -> None:
        if self.isVisible():
            self.view.viewport().update()  # times and timers have moved on

    def _on_menu(self, index: QModelIndex, place: QPoint) -> None:
        row = self._model.find(ConversationId(self._proxy.id_at(index.row())))
        if row is not None:
            show_row_menu(
                row,
                place,
                desk=self._context.desk,
                tasks=self._tasks,
                parent=self,
                link=lambda: self.link_wanted.emit(row.id),
            )

    def _on_asked(self) -> None:
        if self._model.rowCount():
            self.all_wanted.emit()
        else:
            self.orders_wanted.emit()

    def _chat_is_denied(self) -> bool:
        """Whether the account in view, or every account, may not chat because of its role."""
        chosen = self._proxy.account
        seen = self._facts.accounts() if chosen is None else (self._facts.find(chosen),)
        whys = [one.capabilities.why.get(Feature.CHAT_LIST) if one is not None else None for one in seen]
        return bool(whys) and all(why is Why.NOT_FOR_ROLE for why in whys)

    def _say_nothing(self) -> None:
        if not self._model.is_whole:
            self._nothing.say(tr("Reading the conversations…"), "")
        elif not len(self._facts):
            self._nothing.say(tr("Welcome"), tr("Sign in to a server, and your conversations appear here."))
        elif not self._proxy.rowCount() and self._chat_is_denied():
            self._nothing.say(
                tr("No chat for your role"),
                tr("The platform lets this account sign in, but gives its role no conversations."),
            )
        elif not self._model.rowCount():
            self._nothing.say(
                tr("No conversations yet"),
                tr("They appear here as customers write. You can start one from an order."),
                tr("Show orders"),
            )
        elif self._proxy.query.strip():
            self._nothing.say(
                tr("Nothing matches"),
                tr("No conversation has these words in its name, order number or last message."),
                tr("Show all"),
            )
        else:
            title, text = _NOTHING[self._proxy.chip]()
            self._nothing.say(title, text, "" if self._proxy.chip is Chip.ALL else tr("Show all"))


_NOTHING = {
    Chip.ALL: lambda: (tr("No conversations here"), tr("This account has none, or all are archived.")),
    Chip.UNREAD: lambda: (tr("All read"), tr("There is nothing that you have not seen.")),
    Chip.NEEDS_REPLY: lambda: (tr("Nobody is waiting"), tr("Everyone has an answer.")),
    Chip.ARCHIVED: lambda: (tr("Nothing archived"), tr("What you archive is kept here.")),
}
