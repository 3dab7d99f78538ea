"""One question for all messages that ask before they go: those too old, and those of a copied profile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import NotPossible
from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.kinds import OutgoingKind
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import list_time, number, tr
from chatdesk.ui.outbox import Column, OutboxModel, asks_first
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion, plain_tooltip
from chatdesk.ui.theme import TextRole

WIDTH_PX, HEIGHT_PX, ROW_PX = 640, 420, 32
_ID_ROLE = Qt.ItemDataRole.UserRole + 1


class OldSendsDialog(Sheet):
    """Lists them, each with a tick. `send_asked`, `discard_asked`: with the ids of those that are ticked.

    Whoever hears it does it: closing this dialog must not stop it half-way.
    """

    send_asked = Signal(object)
    discard_asked = Signal(object)

    def __init__(self, context: UiContext, model: OutboxModel, parent: QWidget | None = None) -> None:
        super().__init__(context.theme, tr("Should these still go?"), parent)
        self._context = context
        self._model = model
        theme = context.theme
        self._words = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self.list = QListWidget(self)
        self.list.setProperty("look", "roomy")
        self.list.setAccessibleName(tr("Messages that ask before they go"))
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemChanged.connect(lambda _item: self._count())
        self.content.addWidget(self._words)
        self.content.addWidget(self.list, 1)
        self.send = WordButton("", look="primary", parent=self)
        self.send.clicked.connect(self._send)
        self.discard = WordButton("", parent=self)
        self.discard.clicked.connect(self._ask_discard)
        later = WordButton(tr("Not now"), parent=self)
        later.clicked.connect(self.reject)
        self.buttons.addWidget(self.discard)
        self.buttons.addStretch(1)
        self.buttons.addWidget(later)
        self.buttons.addWidget(self.send)
        self._words.setText(
            tr(
                "They were pressed more than 12 hours ago, or this data was restored or copied. Nothing goes "
                "before you say so; each goes at its old place in its conversation."
            )
        )
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset, model.dataChanged):
            signal.connect(self._fill)
        self._fill()
        self.resize(theme.metrics.px(WIDTH_PX), theme.metrics.px(HEIGHT_PX))

    def ticked(self) -> tuple[OutgoingId, ...]:
        """Those that are ticked, in the order of pressing."""
        rows = (self.list.item(at) for at in range(self.list.count()))
        return tuple(OutgoingId(r.data(_ID_ROLE)) for r in rows if r.checkState() is Qt.CheckState.Checked)

    def _fill(self) -> None:
        """Follow the outbox; a tick that was taken away stays away."""
        items = [item for item in self._model.items() if asks_first(item)]
        if not items:
            self.accept()
            return
        rows = [self.list.item(at) for at in range(self.list.count())]
        if [row.data(_ID_ROLE) for row in rows] != [item.id for item in items]:
            off = {r.data(_ID_ROLE) for r in rows if r.checkState() is Qt.CheckState.Unchecked}
            self.list.blockSignals(True)
            self.list.clear()
            for item in items:
                self.list.addItem(self._row(item, ticked=item.id not in off))
            self.list.blockSignals(False)
        self._count()

    def _row(self, item: Outgoing, *, ticked: bool) -> QListWidgetItem:
        at = self._model.row_of(item.id) or 0
        what, to = (str(self._model.index(at, column).data()) for column in (Column.WHAT, Column.TO))
        time = list_time(item.created_at_us, self._context.clock.now_us())
        whither = tr("{to} · {time}", to=to, time=time) if to else time
        words = tr("{to}: {what}", to=whither, what=what)
        row = QListWidgetItem(words)
        row.setSizeHint(QSize(0, self.theme.metrics.px(ROW_PX)))
        row.setData(_ID_ROLE, item.id)
        row.setToolTip(plain_tooltip(item.text if item.kind is OutgoingKind.SEND else words))
        row.setFlags(row.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        row.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
        return row

    def _count(self) -> None:
        count = len(self.ticked())
        self.send.set_words(tr("Send {n}", n=number(count)))
        self.discard.set_words(tr("Delete {n}…", n=number(count)))
        self.send.setEnabled(count > 0)
        self.discard.setEnabled(count > 0)

    def _send(self) -> None:
        ids = self.ticked()
        self.accept()
        self.send_asked.emit(ids)

    def _ask_discard(self) -> None:
        ids = self.ticked()
        question = PlainQuestion(
            self.theme,
            tr("Delete these messages?"),
            tr("They were not sent. Their texts will be gone."),
            yes=tr("Delete"),
            no=tr("Keep them"),
            danger=True,
            parent=self,
        )
        question.answered.connect(lambda answer: self._discard(ids) if answer is Answer.YES else None)
        question.open()

    def _discard(self, ids: tuple[OutgoingId, ...]) -> None:
        self.discard_asked.emit(ids)


async def in_turn(ids: Iterable[OutgoingId], one: Callable[[OutgoingId], Awaitable[object]]) -> None:
    """One after the other, in the order of pressing; what is settled meanwhile is left out."""
    for outgoing in ids:
        try:
            await one(outgoing)
        except NotPossible:
            continue
