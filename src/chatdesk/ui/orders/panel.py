"""The order panel: how the order of the open conversation stands, and everything that is known of it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QMenu, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from chatdesk.domain.changes import (
    ConversationsGone,
    ConversationsPut,
    OrdersGone,
    OrdersPut,
    PresenceChanged,
)
from chatdesk.domain.entities import Order, Outgoing, StatusChoice
from chatdesk.domain.ids import ConversationId, OrderId
from chatdesk.domain.kinds import DeliveryState, Feature, Platform, PresenceState, Progress, Support, Why
from chatdesk.domain.outbox import PersonCancels, PersonDiscards, PersonRetries, can
from chatdesk.domain.text import one_line
from chatdesk.ui.account_words import why_words
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import size_text, tr
from chatdesk.ui.lists.once_looping import OnceLooping
from chatdesk.ui.lists.row import order_tag
from chatdesk.ui.orders.fields import field_title, role_title, value_words
from chatdesk.ui.orders.parts import KeyValue, KeyValues, StepList, ValueLabel
from chatdesk.ui.orders.pending import PendingChanges, pending_sentence, wanted_status
from chatdesk.ui.orders.row import kind_text
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.orders.steps import choices, label_of, of_kind, steps
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion, without_mnemonic
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole

if TYPE_CHECKING:
    from chatdesk.ui.asking.order_part import OrderPart

NAME_CHARS = 200
VALUE_CHARS = 2_000
_EMPTY_TEXT_PX = 190
_HOUR_US = 3_600_000_000


class OrderPanel(Panel):
    """Shows one order, follows it live, and changes its status where this account may."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("panel", parent)
        self._context = context
        self._tasks = Tasks(self, context.troubles)
        self._facts = AccountFacts(context, self)
        self._pending = PendingChanges(context, self)
        self._conversation: ConversationId | None = None
        self._order: Order | None = None
        self._drawn: dict[str, Hashable] = {}
        self._lines: dict[str, KeyValues] = {}
        self._asking: OrderPart | None = None
        self._build()
        self._connect()
        self._refresh()
        OnceLooping(self, self._pending.read)

    # -- which order -----------------------------------------------------------------------------------

    def open_conversation(self, conversation_id: ConversationId | None) -> None:
        """Show the order of a conversation; None, or a conversation without an order: say so."""
        self._conversation = conversation_id
        row = self._context.desk.reader.conversation(conversation_id) if conversation_id is not None else None
        self._load(row.order_id if row is not None else None)
        self._scroll.verticalScrollBar().setValue(0)

    def show_order(self, order_id: OrderId) -> None:
        """Show an order by itself, whether it has a conversation or not."""
        self._conversation = None
        self._load(order_id)
        self._scroll.verticalScrollBar().setValue(0)

    def take_asking(self, asking: OrderPart) -> None:
        """Show what can be asked of the server about the order, too."""
        self._asking = asking
        self._column.insertWidget(1, asking.position)
        self._column.insertWidget(self._column.indexOf(self._who) + 1, asking.offers)
        self._column.insertWidget(self._column.indexOf(self._sections["files"]) + 1, asking.files)
        self._drawn.clear()
        self._refresh()

    def order(self) -> Order | None:
        """The order that is shown."""
        return self._order

    def change_status(self, status: StatusChoice) -> None:
        """Ask the platform for another status; a cancellation after a question."""
        order = self._order
        if order is None:
            return
        if status.progress is not Progress.CANCELLED:
            self._ask_platform(order.id, status.value)
            return
        question = PlainQuestion(
            self._context.theme,
            tr("Cancel this order?"),
            tr(
                "{tag} becomes “{status}”. Everyone on the order sees it.",
                tag=order_tag(order.number) or one_line(order.title, NAME_CHARS),
                status=one_line(status.label, NAME_CHARS),
            ),
            yes=tr("Yes, cancel the order"),
            no=tr("Keep it"),
            danger=True,
            parent=self,
        )
        question.answered.connect(
            lambda answer: self._ask_platform(order.id, status.value) if answer is Answer.YES else None
        )
        question.open()

    def open_status_menu(self) -> QMenu | None:
        """Open the menu of statuses below its button; None where this account can't change them."""
        order = self._order
        if order is None or not self._may_change(order):
            return None
        menu = QMenu(self)
        menu.setAccessibleName(tr("Change status"))
        menu.aboutToHide.connect(menu.deleteLater)
        for choice in choices(order, self._statuses(order)):
            action = menu.addAction(without_mnemonic(label_of(choice.value, self._statuses(order))))
            action.setData(choice.value)
            action.triggered.connect(lambda _checked, to=choice: self.change_status(to))
        menu.popup(self._change.mapToGlobal(QPoint(0, self._change.height())))
        return menu

    def _ask_platform(self, order_id: OrderId, status: str) -> None:
        self._tasks.start(
            "change status", self._context.desk.change_status(order_id, status), exclusive=False
        )

    def _may_change(self, order: Order) -> bool:
        return self._facts.capabilities(order.account_id).has(Feature.CHANGE_STATUS)

    def _statuses(self, order: Order) -> tuple[StatusChoice, ...]:
        return of_kind(self._facts.capabilities(order.account_id).statuses, order.kind)

    def _load(self, order_id: OrderId | None) -> None:
        self._order = self._context.desk.reader.order(order_id) if order_id is not None else None
        self._refresh()

    # -- making ----------------------------------------------------------------------------------------

    def _build(self) -> None:
        theme = self._context.theme
        self.setAccessibleName(tr("Order"))
        self._scroll = QScrollArea(self)
        self._content = Panel("panel", self._scroll)
        # Everything is made where it will stand: to move a widget is to style all that is in it again.
        inside = self._content
        self._title = ValueLabel(theme, "", role=TextRole.TITLE, parent=inside)
        self._subtitle = ValueLabel(theme, "", role=TextRole.SECONDARY, colour="muted", parent=inside)
        self._change = WordButton(tr("Change status…"), parent=inside)
        self._change.clicked.connect(self.open_status_menu)
        self._who = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=inside)
        self._sections = {name: QWidget(inside) for name in ("steps", "pending", "fields", "people", "files")}
        for section in self._sections.values():
            column = QVBoxLayout(section)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(theme.metrics.px(4))
        self._steps = StepList(theme, self._sections["steps"])
        column_of_steps = self._sections["steps"].layout()
        if column_of_steps is not None:
            column_of_steps.addWidget(self._steps)
        self._column = QVBoxLayout(self._content)
        head = QVBoxLayout()
        head.setSpacing(theme.metrics.px(2))
        head.addWidget(self._title)
        head.addWidget(self._subtitle)
        self._column.addLayout(head)
        for widget in (self._sections["steps"], self._sections["pending"], self._change, self._who):
            self._column.addWidget(widget)
        for name in ("fields", "people", "files"):
            self._column.addWidget(self._sections[name])
        self._column.addStretch(1)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._content)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scroll.setAccessibleName(tr("Order"))
        self._nothing = EmptyState(self._context, "order", self, text_px=_EMPTY_TEXT_PX)
        self._nothing.set_look("panel")
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(self._nothing)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def _connect(self) -> None:
        feed = self._context.feed
        self._pending.changed.connect(self._refresh)
        self._facts.changed.connect(self._refresh)
        feed.orders_put.connect(self._on_orders)
        feed.orders_gone.connect(self._on_orders_gone)
        feed.conversations_put.connect(self._on_conversations)
        feed.conversations_gone.connect(self._on_conversations_gone)
        feed.presence.connect(self._on_presence)
        self._context.theme.changed.connect(self._on_theme)
        self._context.clock.beat.connect(self._on_beat)

    # -- showing ---------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Draw again what is different: what is selected or focused elsewhere in the panel stays."""
        order = self._order
        if self._asking is not None:
            account = self._facts.find(order.account_id) if order is not None else None
            self._asking.show_order(account, order)
        if order is None:
            self._say_nothing()
            self._stack.setCurrentWidget(self._nothing)
            return
        metrics = self._context.theme.metrics
        self._column.setContentsMargins(*[metrics.px(14)] * 4)
        self._column.setSpacing(metrics.medium)
        tag, title = order_tag(order.number), one_line(order.title, NAME_CHARS)
        kind = kind_text(order.kind)
        self._title.setText(tr("{kind} {tag}", kind=kind, tag=tag) if tag else kind)
        self._subtitle.setText(title)
        self._subtitle.setVisible(bool(title))
        shown = steps(order, self._statuses(order))
        # The clock only matters for the times of the steps: "today" may have become "yesterday".
        hour = self._context.clock.now_us() // _HOUR_US
        if self._differs("steps", (shown, hour)):
            self._steps.show_steps(shown, self._context.clock.now_us())
            self._sections["steps"].setVisible(bool(shown))
        item = self._pending.of(order.id)
        self._draw("pending", (order.id, item), lambda into: self._add_pending(into, order, item))
        may = self._may_change(order) and bool(choices(order, self._statuses(order)))
        busy = item is not None and item.state is not DeliveryState.PARKED
        self._change.setVisible(may)
        self._change.setEnabled(not busy)
        self._who.setText(self._who_can(order))
        self._who.setVisible(not may)
        fields = [
            KeyValue(field_title(one.key), value_words(one.key, one.value[:VALUE_CHARS]))
            for one in order.fields
        ]
        self._draw_lines("fields", "", fields)
        there = self._person_online()
        self._draw_lines("people", tr("Participants"), self._people(order, there))
        self._draw("files", (order.id, order.files), lambda into: self._add_files(into, order))
        self._stack.setCurrentWidget(self._scroll)

    def _draw(self, name: str, content: Hashable, add: Callable[[QVBoxLayout], None]) -> None:
        if not self._differs(name, content):
            return
        section = self._sections[name]
        column = section.layout()
        if not isinstance(column, QVBoxLayout):
            return
        while (item := column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        add(column)
        section.setVisible(column.count() > 0)

    def _differs(self, name: str, content: Hashable) -> bool:
        """Whether a section shows something else; from now on it shows this."""
        if self._drawn.get(name) == content:
            return False
        self._drawn[name] = content
        return True

    def _draw_lines(self, name: str, heading: str, lines: list[KeyValue]) -> None:
        """Keys and values: in the lines that another order had, where they fit."""
        shown = self._lines.get(name)
        if shown is not None and name in self._drawn and shown.can_show(lines):
            if self._differs(name, (heading, tuple(lines))):
                shown.show_lines(lines)
            return

        def add(into: QVBoxLayout) -> None:
            self._lines.pop(name, None)
            if not lines:
                return
            if heading:
                into.addWidget(self._heading(heading))
            table = KeyValues(self._context.theme, self._sections[name])
            for line in lines:
                table.add(line)
            into.addWidget(table)
            self._lines[name] = table

        self._draw(name, (heading, tuple(lines)), add)

    def _add_pending(self, into: QVBoxLayout, order: Order, item: Outgoing | None) -> None:
        if item is None:
            return
        theme, desk, tasks = self._context.theme, self._context.desk, self._tasks
        label = label_of(wanted_status(item), self._statuses(order))
        colour = {DeliveryState.UNCERTAIN: "warn", DeliveryState.PARKED: "bad"}.get(item.state, "text")
        into.addWidget(PlainLabel(theme, pending_sentence(item, label), colour=colour, wrap=True))
        if item.detail:
            said = tr("The server says: {words}", words=one_line(item.detail, NAME_CHARS))
            into.addWidget(ValueLabel(theme, said, role=TextRole.SECONDARY, colour="muted"))
        offers: list[tuple[str, Callable[[], object]]] = []
        if item.state is DeliveryState.UNCERTAIN:
            offers.append((tr("Check now"), lambda: tasks.start("check", desk.check(item.id))))
        if item.state is DeliveryState.PARKED and can(item, PersonRetries()):
            offers.append((tr("Try again"), lambda: tasks.start("retry", desk.retry(item.id))))
        if can(item, PersonCancels()):
            offers.append((tr("Don't change it"), lambda: tasks.start("cancel", desk.cancel(item.id))))
        if can(item, PersonDiscards()):
            offers.append((tr("Let it go"), lambda: tasks.start("discard", desk.discard(item.id))))
        for words, act in offers:
            button = WordButton(words, look="flat")
            button.clicked.connect(lambda _checked=False, do=act: do())
            into.addWidget(button, 0, Qt.AlignmentFlag.AlignLeading)

    def _people(self, order: Order, online: frozenset[str]) -> list[KeyValue]:
        account = self._facts.find(order.account_id)
        lines: list[KeyValue] = []
        for person in order.participants:
            own = account is not None and person.remote_id == account.user_id
            name = tr("You") if own else one_line(person.name, NAME_CHARS) or tr("No name given")
            lines.append(KeyValue(role_title(person.role), name, not own and person.remote_id in online))
        return lines

    def _add_files(self, into: QVBoxLayout, order: Order) -> None:
        asked = self._asking is not None and self._asking.takes_files(
            self._facts.find(order.account_id), order
        )
        if not order.files or asked:
            return
        into.addWidget(self._heading(tr("Shared files")))
        for file in order.files:
            name = one_line(file.name, NAME_CHARS) or tr("File without a name")
            text = tr("{name} · {size}", name=name, size=size_text(max(0, file.size_bytes)))
            into.addWidget(ValueLabel(self._context.theme, text, role=TextRole.SECONDARY, colour="muted"))

    def _heading(self, text: str) -> PlainLabel:
        return PlainLabel(self._context.theme, text, role=TextRole.STRONG)

    def _who_can(self, order: Order) -> str:
        account = self._facts.find(order.account_id)
        capabilities = self._facts.capabilities(order.account_id)
        if self._may_change(order):
            return tr("Nothing follows this status that you could set.")
        if capabilities.features.get(Feature.CHANGE_STATUS) is Support.PROBE:
            return tr("Whether you can change the status here is not known yet.")
        if account is not None and account.platform is Platform.DISPATCHER:
            return tr("Administrators of this server change the status.")
        why = capabilities.why.get(Feature.CHANGE_STATUS)
        if why is not None and why is not Why.NOT_FOR_ROLE:
            return tr("The status can only be read here: {why}.", why=why_words(why))
        return tr("With your role, the status can only be read here.")

    def _say_nothing(self) -> None:
        if self._conversation is None:
            self._nothing.say(tr("No order open"), tr("Open a conversation, and its order is shown here."))
        else:
            self._nothing.say(tr("No order"), tr("This conversation is not about an order."))

    def _person_online(self) -> frozenset[str]:
        told = self._context.feed.presence_in(self._conversation) if self._conversation is not None else None
        here = told is not None and told.state is PresenceState.ONLINE
        return frozenset({told.person_id}) if told is not None and here else frozenset()

    # -- hearing ---------------------------------------------------------------------------------------

    def _on_orders(self, change: OrdersPut, _number: int) -> None:
        for order in change.orders:
            about = self._order.id == order.id if self._order is not None else False
            if about or (self._conversation is not None and order.conversation_id == self._conversation):
                self._order = order
                self._refresh()

    def _on_orders_gone(self, change: OrdersGone, _number: int) -> None:
        if self._order is not None and self._order.id in change.ids:
            self._order = None
            self._refresh()

    def _on_conversations(self, change: ConversationsPut, _number: int) -> None:
        for row in change.conversations:
            shown = self._order.id if self._order is not None else None
            if row.id == self._conversation and row.order_id != shown:
                self._load(row.order_id)

    def _on_conversations_gone(self, change: ConversationsGone, _number: int) -> None:
        if self._conversation in change.ids:
            self.open_conversation(None)

    def _on_presence(self, news: PresenceChanged) -> None:
        if news.conversation_id == self._conversation:
            self._refresh()

    def _on_theme(self) -> None:
        self._drawn.clear()  # sizes are set when a line is made
        self._steps.restyle()
        self._refresh()

    def _on_beat(self) -> None:
        if self.isVisible():
            self._refresh()
