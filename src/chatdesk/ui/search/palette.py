"""The search that lies over the window: a field, where to look, and what is found while one types."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.changes import AccountsGone, ConversationsGone, MessagesGone, MessagesPut
from chatdesk.domain.desk import Search, SearchHit, SearchPage
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.services.search import FIRST_HITS, NEXT_HITS
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Line, Panel
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import number, tr, trn
from chatdesk.ui.lists.choices import Chips
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.plain import ElidedLabel
from chatdesk.ui.search.backdrop import Backdrop
from chatdesk.ui.search.delegate import HitDelegate
from chatdesk.ui.search.field import QueryField
from chatdesk.ui.search.hits import HitModel, WhereIs
from chatdesk.ui.search.run import SearchRun
from chatdesk.ui.search.say import announce
from chatdesk.ui.theme import TextRole


class Scope(StrEnum):
    """Where to look."""

    EVERYWHERE = "everywhere"
    ACCOUNT = "account"
    CONVERSATION = "conversation"


class SearchPalette(Panel):
    """A card over its parent, which lies in the shade as long as it is open. `open_over`, `dismiss`.

    hit_asked(hit): open the conversation there. dismissed: the person goes back to where they were.
    """

    hit_asked = Signal(object)
    dismissed = Signal()

    def __init__(self, context: UiContext, where_is: WhereIs, parent: QWidget) -> None:
        super().__init__("panel", parent)
        self._context = context
        self._over = parent
        # So what lies below is not painted with it.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.backdrop = Backdrop(context, parent)
        self._conversation: ConversationId | None = None
        self._account: AccountId | None = None
        self._scope = Scope.EVERYWHERE
        self._opens_first = False
        self._is_new = True
        """The next page is of another question than what is shown."""
        self.hits = HitModel(where_is, context.clock.now_us, self)
        self.run = SearchRun(context, self)
        self._build()
        self._connect()
        self.setAccessibleName(tr("Search messages"))
        self._restyle()
        self.hide()

    # -- opening and closing ---------------------------------------------------------------------------

    def open_over(
        self,
        conversation: ConversationId | None,
        account: AccountId | None,
        *,
        scope: Scope = Scope.EVERYWHERE,
        text: str | None = None,
    ) -> None:
        """Show it, with the query of last time, all selected, unless there is another one.

        conversation: the one that is open; account: to be offered as a place, None where there is one only.
        """
        was_open = not self.isHidden()
        self._conversation, self._account = conversation, account
        self.scopes.button(Scope.CONVERSATION).setVisible(conversation is not None)
        self.scopes.button(Scope.ACCOUNT).setVisible(account is not None)
        self._chips_row.setVisible(conversation is not None or account is not None)
        offered = {Scope.EVERYWHERE: True, Scope.ACCOUNT: account, Scope.CONVERSATION: conversation}
        scope = scope if offered[scope] is not None else Scope.EVERYWHERE
        self._scope = scope
        self.scopes.choose(scope)
        self._fill()
        for layer in (self.backdrop, self):
            layer.show()
            layer.raise_()
        if text is not None and text != self.field.text():
            self.field.setText(text)
        else:
            self._find()
            self._is_new = False
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        if not was_open:
            QApplication.instance().focusChanged.connect(self._on_focus)  # type: ignore[union-attr]

    def dismiss(self) -> bool:
        """Close it. False: it was not open."""
        if self.isHidden():
            return False
        self._close()
        self.dismissed.emit()
        return True

    def _close(self) -> None:
        QApplication.instance().focusChanged.disconnect(self._on_focus)  # type: ignore[union-attr]
        self._opens_first = False
        self.run.stop()
        self.hide()
        self.backdrop.hide()

    def query(self) -> str:
        """What is looked for."""
        return self.field.text()

    # -- making ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        context, theme = self._context, self._context.theme
        self.field = QueryField(context, "", self)
        self.field.setPlaceholderText(tr("Search messages"))
        self.field.setAccessibleName(tr("Search messages"))
        self.scopes: Chips[Scope] = Chips(
            theme,
            {
                Scope.EVERYWHERE: tr("Everywhere"),
                Scope.ACCOUNT: tr("This account"),
                Scope.CONVERSATION: tr("This conversation"),
            },
            tr("Where to look"),
            self,
        )
        self._chips_row = QWidget(self)
        chips = QHBoxLayout(self._chips_row)
        chips.setContentsMargins(0, 0, 0, 0)
        chips.addWidget(self.scopes, 1)
        self.view = RowsView(self)
        self.view.setItemDelegate(HitDelegate(context, self.view))
        self.view.setModel(self.hits)
        self.view.setAccessibleName(tr("Messages found"))
        self._nothing = EmptyState(context, "search", self)
        self._nothing.set_look("panel")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._nothing)
        self.told = ElidedLabel(theme, role=TextRole.SECONDARY, colour="muted", parent=self)
        self._head = QVBoxLayout()
        self._head.addWidget(self.field)
        self._head.addWidget(self._chips_row)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.told)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(Line(theme, parent=self))
        column.addWidget(self._stack, 1)
        column.addWidget(Line(theme, parent=self))
        column.addLayout(self._foot)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._find)
        self.field.dismissed.connect(self.dismiss)
        self.field.stepped.connect(self._step)
        self.field.opened.connect(self._open_current)
        self.scopes.chosen.connect(self._on_scope)
        self.view.activated.connect(self._open)
        self.view.clicked.connect(self._open)
        self.view.typed.connect(self._type)
        self.view.installEventFilter(self)
        self.view.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.run.paged.connect(self._on_page)
        self.run.ended.connect(self._on_ended)
        self.run.failed.connect(self._say)
        self.hits.rowsRemoved.connect(self._say)
        feed = self._context.feed
        feed.messages_put.connect(self._on_put)
        feed.messages_gone.connect(self._on_gone)
        feed.conversations_gone.connect(self._on_conversations_gone)
        feed.accounts_gone.connect(self._on_accounts_gone)
        self._context.theme.changed.connect(self._restyle)
        self._over.installEventFilter(self)
        self.backdrop.pressed.connect(self.dismiss)

    def _restyle(self) -> None:
        metrics = self._context.theme.metrics
        self._head.setContentsMargins(metrics.medium, metrics.medium, metrics.medium, metrics.small)
        self._head.setSpacing(metrics.small)
        self._foot.setContentsMargins(metrics.large, metrics.tiny, metrics.large, metrics.tiny)
        self.view.rows_changed_height()
        self._fill()

    def _fill(self) -> None:
        self.setGeometry(self.backdrop.fill())

    # -- looking ---------------------------------------------------------------------------------------

    def wanted(self) -> Search:
        """The question as it stands now."""
        return Search(
            text=self.field.text(),
            conversation=self._conversation if self._scope is Scope.CONVERSATION else None,
            account=self._account if self._scope is Scope.ACCOUNT else None,
        )

    def _find(self) -> None:
        self._opens_first = False
        if self.isHidden():
            return
        self._is_new = True
        # A second page is read ahead, so that scrolling begins at once.
        self.run.find(self.wanted(), FIRST_HITS + 1)
        if not self.run.words:
            self.hits.show(())
        self._say()

    def _on_scope(self, scope: Scope) -> None:
        self._scope = scope
        self._find()

    def _on_page(self, page: SearchPage, is_first: bool) -> None:
        current = self.hits.hit(self.view.currentIndex().row())
        if is_first:
            self.hits.show(page.hits)
        else:
            self.hits.add(page.hits)
        if not self.view.currentIndex().isValid() or (is_first and self._is_new):
            row = None if current is None or self._is_new else self.hits.row_of(current.message)
            self._mark(row or 0)
        if page.hits:
            self._is_new = False
        if self.hits.is_full:
            self.run.end()
        self._say()
        if self._opens_first and self.hits.rowCount():
            self._open_current()

    def _on_ended(self) -> None:
        self._say()
        if self.run.words:
            announce(self.view, self.told.full_text() if self.hits.rowCount() else self._nothing.title())

    def _on_scrolled(self, _value: int = 0) -> None:
        """Near the end of what is shown: go on reading."""
        rows = self.view.visible_rows()
        if len(rows) and rows.stop + FIRST_HITS // 2 >= self.hits.rowCount() and not self.hits.is_full:
            self.run.more(NEXT_HITS)

    # -- what is said ----------------------------------------------------------------------------------

    def _say(self, *_: object) -> None:
        rows = self.hits.rowCount()
        self._stack.setCurrentWidget(self.view if rows else self._nothing)
        progress = index_words(self.run.unread, self.run.of)
        if rows:
            self.told.setText(" · ".join(part for part in (self._count(rows), progress) if part))
            return
        self.told.setText(progress or tr("Enter opens a message, Esc goes back to where you were."))
        if not self.run.words:
            self._nothing.say(
                tr("Search messages"),
                tr("Type one or more words. The newest messages that have all of them come first."),
            )
        elif not self.run.is_done:
            self._nothing.say(tr("Searching…"), tr("Older messages are being looked through."))
        elif progress:
            self._nothing.say(
                tr("Nothing found so far"),
                tr("Older messages are still being prepared for search. This looks again by itself."),
            )
        elif self._scope is Scope.EVERYWHERE:
            self._nothing.say(
                tr("Nothing found"),
                tr("No message stored here has all of these words. Fewer or shorter words find more."),
            )
        else:
            self._nothing.say(
                tr("Nothing found here"), tr("Elsewhere there may be messages with these words.")
            )

    def _count(self, rows: int) -> str:
        if self.hits.is_full:
            return tr("The newest {n} are shown. One more word finds it sooner.", n=number(rows))
        if not self.run.is_done:
            return trn("{n} shown, there are more", "{n} shown, there are more", rows)
        return trn("{n} message", "{n} messages", rows)

    # -- hands -----------------------------------------------------------------------------------------

    def _mark(self, row: int) -> None:
        if 0 <= row < self.hits.rowCount():
            self.view.setCurrentIndex(self.hits.index(row))

    def _step(self, by: int) -> None:
        """From the field into the list: the first arrow goes past the row that Enter would open already."""
        if not self.hits.rowCount() or by < 0:
            return
        current = self.view.currentIndex()
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._mark(min(current.row() + by, self.hits.rowCount() - 1) if current.isValid() else 0)

    def _type(self, letters: str) -> None:
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.setText(self.field.text() + letters)

    def _open_current(self) -> None:
        index = self.view.currentIndex()
        # Enter may be quicker than the answer.
        self._opens_first = not index.isValid() or self.run.is_first_awaited
        if not self._opens_first:
            self._open(index)

    def _open(self, index: object) -> None:
        row = getattr(index, "row", lambda: -1)()
        hit = self.hits.hit(row)
        if hit is not None:
            self._opens_first = False
            self.hit_asked.emit(hit)

    def leave_for(self, _hit: SearchHit) -> None:
        """Close without going back: a hit was opened."""
        if not self.isHidden():
            self._close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
            return
        event.accept()  # nothing of it is meant for what lies below

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes around inside the card."""
        stops: list[QWidget] = [self.field]
        stops += [self.scopes.button(self._scope)] if self._chips_row.isVisible() else []
        stops += [self.view] if self.hits.rowCount() else []
        focused = QApplication.focusWidget()
        at = stops.index(focused) if focused in stops else 0
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        stops[(at + (1 if forward else -1)) % len(stops)].setFocus(reason)
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() is QEvent.Type.Resize and not self.isHidden():
            self._fill()
        if watched is self.view and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Up and self.view.currentIndex().row() <= 0:
                self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return True
            if event.key() == Qt.Key.Key_Backspace:
                self.field.setFocus(Qt.FocusReason.OtherFocusReason)
                self.field.deselect()
                self.field.backspace()
                return True
        return bool(super().eventFilter(watched, event))

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        """The keyboard went to another part of the window: there one wants to be."""
        if new is None or self.isHidden() or new.window() is not self.window():
            return
        if new is not self and not self.isAncestorOf(new):
            self._close()

    # -- what happens meanwhile ------------------------------------------------------------------------

    def _on_put(self, change: MessagesPut, _commit: int) -> None:
        if self.hits.rowCount():
            self.hits.reword(change.messages, self.run.words)

    def _on_gone(self, change: MessagesGone, _commit: int) -> None:
        self.hits.drop(messages=change.ids)

    def _on_conversations_gone(self, change: ConversationsGone, _commit: int) -> None:
        self.hits.drop(conversations=change.ids)

    def _on_accounts_gone(self, change: AccountsGone, _commit: int) -> None:
        self.hits.drop(accounts=change.ids)

    # -- painting --------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._context.theme.current.panel)
        painter.end()


def index_words(unread: int, of: int) -> str:
    """How far the index is, while it is being made; empty when it is whole."""
    if not unread or not of:
        return ""
    return tr(
        "Preparing older messages for search: {percent} %",
        percent=number(max(0, min(99, round(100 * (of - unread) / of)))),
    )
