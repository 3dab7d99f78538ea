"""The outbox: every intention, its state, its next step, and what the person can do with it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import DeliveryState, OutgoingKind, ParkReason
from chatdesk.domain.outbox import (
    Event,
    PersonCancels,
    PersonDiscards,
    PersonEdits,
    PersonRetries,
    PersonSendsAgain,
    PersonUrges,
    can,
    is_scheduled,
)
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.edit_text import EditTextDialog
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.empty import EmptyState
from chatdesk.ui.i18n import number, tr
from chatdesk.ui.outbox import ITEM_ROLE, Column, OutboxModel
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import error_sentences

WIDTH_PX, HEIGHT_PX = 900, 440


class OutboxDialog(Sheet):
    """Lists the shared model and acts on the selected item. `conversation_asked(conversation id)`.

    `elsewhere_asked(conversation id, text)`: a text that can't go there shall be written in another one.
    """

    conversation_asked = Signal(int)
    elsewhere_asked = Signal(int, str)

    def __init__(self, context: UiContext, model: OutboxModel, parent: QWidget | None = None) -> None:
        super().__init__(context.theme, tr("Outbox"), parent)
        self._context = context
        self._model = model
        self._tasks = Tasks(self, context.troubles)
        theme = context.theme
        self.view = QTableView(self)
        self._set_up_view()
        self._empty = EmptyState(context, "tick", self)
        self._empty.say(tr("Nothing waits"), tr("Everything you have sent has left this computer."))
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self._empty)
        self._explanation = PlainLabel(
            theme, role=TextRole.SECONDARY, colour="muted", wrap=True, selectable=True, parent=self
        )
        self._explanation.setMinimumHeight(theme.metrics.px(34))
        self._explanation.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.content.addWidget(self._stack, 1)
        self.content.addWidget(self._explanation)
        self._offers: list[tuple[WordButton, Callable[[Outgoing], bool]]] = []
        self.retry = self._offer(tr("Retry"), self._retry, _may_be_retried)
        self.now = self._offer(tr("Send now"), self._retry, _waits_for_a_time)
        self.urgent = self._offer(tr("Send first"), self._urge, _may_be_urged)
        self.check = self._offer(tr("Check"), self._check, _is_uncertain)
        self.send_again = self._offer(tr("Send again"), self._ask_send_again, _may(PersonSendsAgain()))
        self.edit = self._offer(tr("Edit…"), self._edit, _may_be_edited)
        self.elsewhere = self._offer(tr("Write elsewhere…"), self._write_elsewhere, _is_closed)
        self.copy = self._offer(tr("Copy text"), self._copy, _has_text)
        self.cancel = self._offer(tr("Cancel sending"), self._cancel, _may(PersonCancels()))
        self.discard = self._offer(tr("Discard…"), self._ask_discard, _may(PersonDiscards()))
        self.buttons.addStretch(1)
        self.retry_all = WordButton("", look="primary", parent=self)
        self.retry_all.clicked.connect(self._retry_all)
        self.buttons.addWidget(self.retry_all)
        close = WordButton(tr("Close"), parent=self)
        close.clicked.connect(self.reject)
        self.buttons.addWidget(close)
        model.rowsInserted.connect(self._update)
        model.rowsRemoved.connect(self._update)
        model.modelReset.connect(self._update)
        model.dataChanged.connect(self._update)
        self.resize(theme.metrics.px(WIDTH_PX), theme.metrics.px(HEIGHT_PX))
        if model.rowCount():
            self.view.selectRow(0)
        self._update()

    def selected(self) -> Outgoing | None:
        """The item of the selected row."""
        item = self.view.currentIndex().data(ITEM_ROLE)
        return item if isinstance(item, Outgoing) else None

    def is_empty(self) -> bool:
        """Whether it shows that nothing waits."""
        return self._stack.currentWidget() is self._empty

    def explanation(self) -> str:
        """What it says of the selected item."""
        return self._explanation.text()

    def _set_up_view(self) -> None:
        view, metrics = self.view, self.theme.metrics
        view.setModel(self._model)
        view.setProperty("look", "roomy")
        view.setItemDelegate(_InkedDelegate(view))
        view.setAccessibleName(tr("Outbox"))
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setTabKeyNavigation(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(metrics.px(32))
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(Column.WHAT, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(metrics.px(48))
        for column, width_px in ((Column.TO, 215), (Column.STATE, 125), (Column.AGE, 65), (Column.NEXT, 165)):
            view.setColumnWidth(column, metrics.px(width_px))
        view.selectionModel().currentRowChanged.connect(self._update)
        view.doubleClicked.connect(self._open)
        view.activated.connect(self._open)

    def _offer(
        self, name: str, action: Callable[[Outgoing], object], possible: Callable[[Outgoing], bool]
    ) -> WordButton:
        button = WordButton(name, parent=self)

        def act() -> None:
            item = self.selected()
            if item is not None:
                action(item)

        button.clicked.connect(act)
        self.buttons.addWidget(button)
        self._offers.append((button, possible))
        return button

    def _update(self) -> None:
        item = self.selected()
        filled = self._model.rowCount() > 0
        self._stack.setCurrentWidget(self.view if filled else self._empty)
        for button, possible in self._offers:
            button.setVisible(item is not None and possible(item))
        is_urgent = item is not None and item.urgent
        self.urgent.set_words(tr("Not first") if is_urgent else tr("Send first"))
        self._explanation.setText(self._model.explanation(item) if item is not None else "")
        self._explanation.setVisible(filled)
        failed = sum(1 for one in self._model.items() if _is_parked(one) and one.kind is OutgoingKind.SEND)
        self.retry_all.setVisible(failed > 1)
        self.retry_all.set_words(tr("Retry all {n}", n=number(failed)))

    def _open(self, index: QModelIndex) -> None:
        item = index.data(ITEM_ROLE)
        if isinstance(item, Outgoing) and item.conversation_id is not None:
            self.conversation_asked.emit(item.conversation_id)

    def _retry(self, item: Outgoing) -> None:
        self._do("retry", self._context.desk.retry(item.id))

    def _retry_all(self) -> None:
        self._do("retry all", self._context.desk.retry_all())

    def _urge(self, item: Outgoing) -> None:
        self._do("urge", self._context.desk.urge(item.id, urgent=not item.urgent))

    def _check(self, item: Outgoing) -> None:
        self._do("check", self._context.desk.check(item.id))

    def _cancel(self, item: Outgoing) -> None:
        self._do("cancel", self._context.desk.cancel(item.id))

    def _copy(self, item: Outgoing) -> None:
        QGuiApplication.clipboard().setText(item.text)

    def _write_elsewhere(self, item: Outgoing) -> None:
        if item.conversation_id is not None:
            self.elsewhere_asked.emit(item.conversation_id, item.text)

    def _edit(self, item: Outgoing) -> None:
        dialog = EditTextDialog(self._context, tr("Edit the message"), item.text, self)
        dialog.accepted_text.connect(lambda text: self._do("edit", self._context.desk.edit(item.id, text)))
        dialog.open()

    def _ask_send_again(self, item: Outgoing) -> None:
        self._ask(
            tr("Send it again?"),
            tr("It may have arrived already. If it has, the other side gets it twice."),
            tr("Send again"),
            lambda: self._do("send again", self._context.desk.send_again(item.id)),
        )

    def _ask_discard(self, item: Outgoing) -> None:
        self._ask(
            tr("Let it go?"),
            tr("It leaves the outbox and will not be sent by chatdesk. This can't be undone."),
            tr("Discard"),
            lambda: self._do("discard", self._context.desk.discard(item.id)),
        )

    def _ask(self, title: str, text: str, yes: str, act: Callable[[], object]) -> None:
        question = PlainQuestion(self.theme, title, text, yes=yes, no=tr("Keep it"), danger=True, parent=self)
        question.answered.connect(lambda answer: act() if answer is Answer.YES else None)
        question.open()

    def _do(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        # Several items may be worked on at once, and what was pressed is never called off.
        self._tasks.start(name, work, on_error=self._on_error, exclusive=False)

    def _on_error(self, error: Exception) -> None:
        self._context.troubles.report("outbox", error)
        words = error_sentences(error)
        self._explanation.setText(f"{words.title}. {words.text}")


class _InkedDelegate(QStyledItemDelegate):
    """Keeps the colour of a state in the selected row too."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        ink = index.data(Qt.ItemDataRole.ForegroundRole)
        if isinstance(ink, QColor):
            option.palette.setColor(QPalette.ColorRole.HighlightedText, ink)


def _may(event: Event) -> Callable[[Outgoing], bool]:
    return lambda item: can(item, event)


def _is_closed(item: Outgoing) -> bool:
    """Whether its conversation takes no text any more, whatever it says."""
    closed = {ParkReason.CLOSED, ParkReason.NOT_FOUND}
    return _has_own_text(item) and item.state is DeliveryState.PARKED and item.parked in closed


def _is_parked(item: Outgoing) -> bool:
    return item.state is DeliveryState.PARKED and can(item, PersonRetries())


def _waits_for_a_time(item: Outgoing) -> bool:
    return item.state is DeliveryState.QUEUED and item.not_before_us > 0


def _may_be_retried(item: Outgoing) -> bool:
    return can(item, PersonRetries()) and not _waits_for_a_time(item)


def _may_be_urged(item: Outgoing) -> bool:
    return (
        item.state is DeliveryState.QUEUED and not is_scheduled(item) and can(item, PersonUrges(urgent=True))
    )


def _may_be_edited(item: Outgoing) -> bool:
    return _has_own_text(item) and can(item, PersonEdits("")) and not _is_closed(item)


def _is_uncertain(item: Outgoing) -> bool:
    return item.state is DeliveryState.UNCERTAIN


def _has_text(item: Outgoing) -> bool:
    return _has_own_text(item) and item.state in {DeliveryState.PARKED, DeliveryState.UNCERTAIN}


def _has_own_text(item: Outgoing) -> bool:
    """Whether it is a message with a text of its own; what a file is called is none."""
    return item.kind is OutgoingKind.SEND and not item.staged
