"""Choosing another conversation in a searchable list, one Enter away."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chatdesk.domain.ids import ConversationId
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import Panel, WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.delegate import ConversationDelegate
from chatdesk.ui.lists.proxy import ElseProxy
from chatdesk.ui.lists.rows_view import RowsView
from chatdesk.ui.lists.search import SearchField
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

WIDTH_PX, HEIGHT_PX = 440, 520


class PickWords(NamedTuple):
    """What the dialog says: heading, one sentence, the button."""

    title: str
    text: str
    button: str


def same_customer_words(name: str) -> PickWords:
    """For saying that two conversations are with the same customer. name: of the first one."""
    return PickWords(
        tr("Same customer as {name}", name=name),
        tr("Their conversations are shown together, in chatdesk only: nobody else is told."),
        tr("Same customer"),
    )


def write_elsewhere_words() -> PickWords:
    """For writing a text in another conversation."""
    return PickWords(
        tr("Write it elsewhere"),
        tr("The text is put into the draft of the conversation that you choose. Nothing is sent yet."),
        tr("Write here"),
    )


class PickConversationDialog(Sheet):
    """Asks for another conversation than `about`; `picked(conversation id)` when chosen."""

    picked = Signal(int)

    def __init__(
        self,
        context: UiContext,
        model: ConversationModel,
        facts: AccountFacts,
        about: ConversationId,
        words: PickWords,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context.theme, words.title, parent)
        theme = context.theme
        self._explained = PlainLabel(
            theme,
            words.text,
            role=TextRole.SECONDARY,
            colour="muted",
            wrap=True,
            parent=self,
        )
        self.search = SearchField(context, "", self)
        self.search.setPlaceholderText(tr("Search people, orders"))
        self.search.setAccessibleName(tr("Search conversations"))
        self.others = ElseProxy(model, about, self)
        self.view = RowsView(self)
        self.view.setItemDelegate(ConversationDelegate(context, self, letters_of=facts.letters))
        self.view.setModel(self.others)
        self.view.setAccessibleName(tr("Other conversations"))
        self._none = PlainLabel(theme, colour="muted", wrap=True, parent=self)
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.content.addWidget(self._explained)
        self.content.addWidget(self.search)
        ground = Panel("panel", self)
        inside = QVBoxLayout(ground)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.view)
        self.content.addWidget(ground, 1)
        self.content.addWidget(self._none)
        self.pick = WordButton(words.button, look="primary", parent=self)
        self.pick.setDefault(True)
        self.pick.clicked.connect(self._pick_current)
        cancel = WordButton(tr("Cancel"), parent=self)
        cancel.clicked.connect(self.reject)
        self.buttons.addStretch(1)
        self.buttons.addWidget(cancel)
        self.buttons.addWidget(self.pick)
        self.search.textChanged.connect(self._on_search)
        self.search.into_list.connect(self._into_list)
        self.search.opened.connect(self._open_first)
        self.view.activated.connect(self._take)
        self.view.selectionModel().currentChanged.connect(self._update)
        for changed in (self.others.rowsInserted, self.others.rowsRemoved, self.others.layoutChanged):
            changed.connect(self._update)
        self.resize(theme.metrics.px(WIDTH_PX), theme.metrics.px(HEIGHT_PX))
        self._update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_search(self, text: str) -> None:
        """What Enter would choose is marked while one searches."""
        self.others.set_query(text)
        if text.strip() and self.others.rowCount():
            self.view.setCurrentIndex(self.others.index(0))
        self._update()

    def _into_list(self) -> None:
        if not self.view.currentIndex().isValid() and self.others.rowCount():
            self.view.setCurrentIndex(self.others.index(0))
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open_first(self) -> None:
        if self.search.text().strip() and self.others.rowCount():
            self._take(self.others.index(0))

    def _pick_current(self) -> None:
        self._take(self.view.currentIndex())

    def _take(self, index: QModelIndex) -> None:
        if index.isValid():
            self.picked.emit(self.others.id_at(index.row()))
            self.accept()

    def _update(self, *_: object) -> None:
        there = self.others.rowCount() > 0
        self.view.setVisible(there)
        self._none.setVisible(not there)
        searched = bool(self.others.query.strip())
        nothing, none = tr("No conversation has these words."), tr("There is no other conversation.")
        self._none.setText(nothing if searched else none)
        self.pick.setEnabled(there and self.view.currentIndex().isValid())
