"""The page on which a server is asked for what is not stored here: packages, trips, products, people."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.actions import ActionKind, FindKind, FindOffer, FindScope, Hit, Lookup, Result
from chatdesk.domain.entities import Account, Order
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.ui.asking.asker import Asker
from chatdesk.ui.asking.buttons import OfferButtons, Press
from chatdesk.ui.asking.hits import HitDelegate, HitModel
from chatdesk.ui.asking.offers import about_hit, offer_of
from chatdesk.ui.asking.page import AskingPage
from chatdesk.ui.asking.wording import find_failed_sentence, find_title, scope_title
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import tr, trn
from chatdesk.ui.lists.choices import Chips, Switch
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.lists.search import SearchField
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole

PAUSE_MS = 300
"""So long after the last key a server is asked."""
_TASK = "find"
OrderOf = Callable[[AccountId, RemoteId], Order | None]
"""The stored order of an account by the platform's id."""


class FinderPage(AskingPage):
    """Looks things up at one account's server. Nothing of it is stored.

    order_asked(order id): the person wants to see a stored order.
    """

    order_asked = Signal(int)

    def __init__(
        self,
        context: UiContext,
        facts: AccountFacts,
        asker: Asker,
        press: Press,
        order_of: OrderOf,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context, facts, tr("Look up"), lambda one: bool(one.capabilities.finds), parent)
        self._asker = asker
        self._press = press
        self._order_of = order_of
        self._tasks = Tasks(self, context.troubles)
        self._offers: tuple[FindOffer, ...] = ()
        self._kinds: Switch[FindKind] | None = None
        self._scopes: Chips[FindScope] | None = None
        self._kind: FindKind | None = None
        self._scope = FindScope.ALL
        self._page = 0
        self._more_there = False
        self._failed = ""
        self._answered = False
        self.hits = HitModel(self)
        self._build()
        self._connect()

    # -- what is looked for ----------------------------------------------------------------------------

    def show_account(self, account: Account | None) -> None:
        """Look things up for this account; what was found for another goes."""
        before = self.account
        super().show_account(account)
        offers = account.capabilities.finds if account is not None else ()
        same = before is not None and account is not None and before.id == account.id
        if same and offers == self._offers:
            return
        self._offers = offers
        kinds = [offer.kind for offer in offers]
        kept = self._kind if same and self._kind in kinds else None
        if not same:
            self.search.clear()
        self._make_kinds()
        self._choose_kind(kept or (kinds[0] if kinds else None))

    def choose_kind(self, kind: FindKind) -> None:
        """Look for another kind of thing, as if its tab was pressed."""
        if self._kinds is not None and kind in {offer.kind for offer in self._offers}:
            self._kinds.button(kind).click()

    def choose_scope(self, scope: FindScope) -> None:
        """Look in another part, as if its chip was pressed."""
        if self._scopes is not None:
            self._scopes.button(scope).click()

    def lookup(self, page: int = 0) -> Lookup | None:
        """The question as it stands now."""
        offer = self._offer()
        if offer is None:
            return None
        words = self.search.text().strip() if offer.words else ""
        return Lookup(kind=offer.kind, scope=self._scope, words=words, page=page)

    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self._tasks.is_running(_TASK)

    def find_now(self) -> None:
        """Ask the server for the first page."""
        self._pause.stop()
        self.hits.clear()
        self._page, self._more_there, self._answered = 0, False, False
        self._ask(0)

    def find_more(self) -> None:
        """Ask for the next page."""
        if self._more_there and not self.busy():
            self._ask(self._page + 1)

    def _ask(self, page: int) -> None:
        account, lookup = self.account, self.lookup(page)
        self._failed = ""
        self._tasks.cancel(_TASK)
        if account is None or lookup is None or self._asker.blocked(account.id):
            self._arrange()
            return
        self._tasks.start(
            _TASK,
            self._context.desk.find(account.id, lookup),
            on_done=lambda result: self._take(page, result),
            on_error=self._fail,
        )
        self._arrange(busy=True)

    def _take(self, page: int, result: Result) -> None:
        if page == 0:
            self.hits.show(result.hits)
        else:
            self.hits.add(result.hits)
        self._page, self._more_there, self._answered = page, result.more, True
        self._arrange(busy=False)
        if page == 0 and self.hits.rowCount() and self.view.hasFocus():
            self.view.setCurrentIndex(self.hits.index(0))

    def _fail(self, error: Exception) -> None:
        self._failed, self._answered = find_failed_sentence(error), True
        self._arrange(busy=False)

    def _offer(self) -> FindOffer | None:
        return next((offer for offer in self._offers if offer.kind is self._kind), None)

    # -- kinds and scopes ------------------------------------------------------------------------------

    def _make_kinds(self) -> None:
        if self._kinds is not None:
            self._tabs.removeWidget(self._kinds)
            self._kinds.hide()
            self._kinds.deleteLater()
            self._kinds = None
        words = {offer.kind: find_title(offer.kind) for offer in self._offers}
        if words:
            self._kinds = Switch(self._context.theme, words, tr("What is looked for"), self)
            self._kinds.chosen.connect(self._choose_kind)
            self._tabs.addWidget(self._kinds)
            # One kind needs no choice, but its name says what the page looks for.
            self._kinds.show()

    def _choose_kind(self, kind: FindKind | None) -> None:
        self._kind = kind
        if self._scopes is not None:
            self._chips.removeWidget(self._scopes)
            self._scopes.hide()
            self._scopes.deleteLater()
            self._scopes = None
        offer = self._offer()
        scopes = offer.scopes if offer is not None else ()
        self._scope = scopes[0] if scopes else FindScope.ALL
        if offer is not None and self._kinds is not None:
            self._kinds.choose(offer.kind)
        if len(scopes) > 1:
            words = {scope: scope_title(scope) for scope in scopes}
            self._scopes = Chips(self._context.theme, words, tr("Which of them"), self)
            self._scopes.chosen.connect(self._choose_scope)
            self._chips.addWidget(self._scopes)
            self._scopes.show()
        self.search.setVisible(offer is not None and offer.words)
        title = find_title(offer.kind) if offer is not None else ""
        self.search.setPlaceholderText(tr("Search"))
        self.search.setAccessibleName(tr("Search in {what}", what=title))
        self.view.setAccessibleName(title)
        self.find_now()

    def _choose_scope(self, scope: FindScope) -> None:
        self._scope = scope
        self.find_now()

    # -- making ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        context, metrics = self._context, self._context.theme.metrics
        self._tabs = QHBoxLayout()
        self._chips = QHBoxLayout()
        self.search = SearchField(context, "", self)
        self.view = RowsView(self)
        self.view.setItemDelegate(HitDelegate(context, self))
        self.view.setModel(self.hits)
        self._nothing = EmptyState(context, "search", self)
        self._nothing.set_look("panel")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._nothing)
        self._count = PlainLabel(context.theme, role=TextRole.SECONDARY, colour="muted", parent=self)
        self.more = WordButton(tr("Show more"), look="flat", parent=self)
        self.open = WordButton(tr("Open the order"), look="primary", parent=self)
        self.offered = OfferButtons(context, self._asker, self._press, parent=self)
        below = QHBoxLayout()
        below.setSpacing(metrics.small)
        below.addWidget(self._count, 1)
        below.addWidget(self.more)
        doing = QHBoxLayout()
        doing.setSpacing(metrics.small)
        doing.addWidget(self.open)
        doing.addWidget(self.offered, 1)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self.head.addLayout(self._tabs)
        self.head.addLayout(self._chips)
        self.head.addWidget(self.search)
        self.body.addWidget(self._stack, 1)
        foot = QVBoxLayout()
        foot.setContentsMargins(metrics.medium, metrics.small, metrics.medium, metrics.medium)
        foot.setSpacing(metrics.small)
        foot.addLayout(below)
        foot.addLayout(doing)
        self.body.addLayout(foot)
        self.setFocusProxy(self.search)
        self._on_current()
        self._arrange()

    def _connect(self) -> None:
        self._pause.timeout.connect(self.find_now)
        self.search.textChanged.connect(self._on_words)
        self.search.opened.connect(self.find_now)
        self.search.into_list.connect(self._into_list)
        self.view.activated.connect(self._open)
        self.view.doubleClicked.connect(self._open)
        self.view.typed.connect(self._type)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.hits.rowsRemoved.connect(self._on_current)
        self.hits.dataChanged.connect(self._on_current)
        self.more.clicked.connect(self.find_more)
        self.open.clicked.connect(lambda: self._open(self.view.currentIndex()))
        self._nothing.asked.connect(self.find_now)
        self._asker.standing_changed.connect(self._on_standing)
        self._context.theme.changed.connect(self.view.rows_changed_height)
        feed = self._context.feed
        feed.orders_put.connect(self._on_current)
        feed.orders_gone.connect(self._on_current)

    # -- hearing ---------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
            return
        super().keyPressEvent(event)

    def _on_words(self, _text: str) -> None:
        self._tasks.cancel(_TASK)  # nobody waits for what was looked for before
        self._pause.start()
        self._arrange(busy=True)

    def _into_list(self) -> None:
        if self.hits.rowCount():
            if not self.view.selectionModel().hasSelection():
                self.view.setCurrentIndex(self.hits.index(0))
            self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.back.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _type(self, letters: str) -> None:
        if self.search.isVisible():
            self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.search.setText(self.search.text() + letters)

    def _on_standing(self, account_id: int) -> None:
        if self.account is None or account_id != self.account.id:
            return
        waiting = not self._answered and not self.busy()
        if waiting and self.isVisible() and not self._asker.blocked(self.account.id):
            self.find_now()
        else:
            self._arrange()

    def _current(self) -> Hit | None:
        index = self.view.currentIndex()
        return self.hits.hit(index.row()) if index.isValid() else None

    def _stored(self, hit: Hit) -> Order | None:
        if self.account is None or hit.order_kind is None:
            return None
        return self._order_of(self.account.id, hit.remote_id)

    def _on_current(self, *_: object) -> None:
        hit = self._current()
        stored = self._stored(hit) if hit is not None else None
        self.open.setVisible(stored is not None)
        about = about_hit(self.account, hit) if hit is not None and self.account is not None else None
        self.offered.show_for(about)

    def _open(self, index: QModelIndex) -> None:
        hit = self.hits.hit(index.row()) if index.isValid() else None
        if hit is None or self.account is None:
            return
        stored = self._stored(hit)
        if stored is not None:
            self.order_asked.emit(int(stored.id))
            return
        about = about_hit(self.account, hit)
        offer = offer_of(about, ActionKind.START_CHAT)
        if offer is not None:
            self._press(about, offer)

    # -- what stands there -----------------------------------------------------------------------------

    def _arrange(self, *, busy: bool | None = None) -> None:
        waits = self.busy() if busy is None else busy
        rows = self.hits.rowCount()
        blocked = self._asker.blocked(self.account.id) if self.account is not None else ""
        self.more.setVisible(bool(rows) and self._more_there)
        self.more.setEnabled(not waits and not blocked)
        self._count.setText(self._count_text(rows, waits, blocked))
        if rows:
            self._stack.setCurrentWidget(self.view)
            return
        self._stack.setCurrentWidget(self._nothing)
        if self.account is None or self._kind is None:
            self._nothing.say(
                tr("Nothing to look up"), tr("None of your accounts can look things up on its server.")
            )
        elif waits:
            self._nothing.say(tr("Looking…"), tr("The server is being asked."))
        elif blocked:
            self._nothing.say(tr("Not now"), blocked)
        elif self._failed:
            self._nothing.say(tr("Nothing could be looked up"), self._failed, tr("Try again"))
        elif self.search.text().strip():
            self._nothing.say(tr("Nothing found"), tr("The server has nothing with these words."))
        else:
            self._nothing.say(tr("Nothing here"), tr("The server has none of these for you."))

    def _count_text(self, rows: int, waits: bool, blocked: str) -> str:
        if rows and waits:
            return tr("The server is being asked…")
        if rows and (self._failed or blocked):
            return self._failed or blocked
        if not rows:
            return ""
        if self._more_there:
            return trn("{n} shown, there are more", "{n} shown, there are more", rows)
        return trn("{n} found", "{n} found", rows)
