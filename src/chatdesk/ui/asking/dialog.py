"""Asks what an action needs to know, or whether it is meant, then shows how it goes and what came of it."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression, Qt
from PySide6.QtGui import QRegularExpressionValidator, QShowEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QScrollArea, QWidget

from chatdesk.domain.actions import FieldKind, Offer
from chatdesk.ui.asking.asker import Asker, Stage, Work
from chatdesk.ui.asking.offers import About
from chatdesk.ui.asking.strip import Strip
from chatdesk.ui.asking.wording import DANGEROUS, question
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.forms import AskedForm
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

WIDTH_PX = 420
SCROLLED_FIELDS = 7
"""From so many fields on the form is scrolled."""
SCROLLED_PX = 420
_DIGITS = "[0-9]*"


class ActionDialog(Sheet):
    """One action. Closed while it is under way, the action goes on and is told where it was asked for."""

    def __init__(
        self, context: UiContext, asker: Asker, about: About, offer: Offer, parent: QWidget | None = None
    ) -> None:
        self._question = question(offer, about)
        super().__init__(context.theme, self._question.title, parent)
        self._context = context
        self._asker = asker
        self._about = about
        self._offer = offer
        self._work: Work | None = None
        theme = context.theme
        explained = PlainLabel(theme, self._question.text, colour="muted", wrap=True, parent=self)
        self.content.addWidget(explained)
        self.form = AskedForm(context, offer.fields)
        self.form.changed.connect(self._update)
        self._shape_codes()
        self._place_form()
        self._problem = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self.strip = Strip(context, asker, self, dismissable=False)
        self.content.addWidget(self._problem)
        self.content.addWidget(self.strip)
        look = "danger" if offer.action in DANGEROUS else "primary"
        self.yes = WordButton(self._question.yes, look=look, parent=self)
        self.yes.clicked.connect(self._do)
        # Enter must not do what can't be undone, wherever the keyboard happens to be.
        self.yes.setDefault(not offer.confirm and offer.action not in DANGEROUS)
        self.no = WordButton(tr("Cancel"), parent=self)
        self.no.clicked.connect(self.reject)
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.no)
        self.buttons.addWidget(self.yes)
        self.setMinimumWidth(theme.metrics.px(WIDTH_PX))
        asker.standing_changed.connect(self._on_standing)
        self.finished.connect(self._forget)
        self._update()

    def work(self) -> Work | None:
        """The action, once it has begun."""
        return self._work

    def problem(self) -> str:
        """What keeps it from being done, in words; empty where nothing does."""
        return self._problem.text()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._first().setFocus(Qt.FocusReason.OtherFocusReason)

    def _first(self) -> QWidget:
        """Where a person begins: the first field, or the button that does nothing."""
        fields = self._offer.fields
        return self.form.control(fields[0].key) if fields else self.no

    def _place_form(self) -> None:
        if len(self._offer.fields) < SCROLLED_FIELDS:
            self.content.addWidget(self.form)
            self.form.setVisible(bool(self._offer.fields))
            return
        scroll = QScrollArea(self)
        scroll.setWidget(self.form)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setMinimumHeight(self._context.theme.metrics.px(SCROLLED_PX))
        self.form.setContentsMargins(0, 0, self._context.theme.metrics.medium, 0)
        scroll.setAccessibleName(self._question.title)
        self.content.addWidget(scroll, 1)

    def _shape_codes(self) -> None:
        """A code is made of digits, and nothing on the way remembers it."""
        for field in self._offer.fields:
            control = self.form.control(field.key)
            if field.kind is not FieldKind.CODE or not isinstance(control, QLineEdit):
                continue
            control.setValidator(QRegularExpressionValidator(QRegularExpression(_DIGITS), control))
            hints = Qt.InputMethodHint
            control.setInputMethodHints(
                hints.ImhDigitsOnly | hints.ImhSensitiveData | hints.ImhNoPredictiveText
            )

    def _forget(self) -> None:
        for field in self._offer.fields:
            control = self.form.control(field.key)
            if field.kind is FieldKind.CODE and isinstance(control, QLineEdit):
                control.setText("")  # unlike clear(), this leaves nothing to undo

    # -- doing it --------------------------------------------------------------------------------------

    def _do(self) -> None:
        if not self.yes.isEnabled():
            return
        work = self._asker.start(self._about, self._offer, self.form.values())
        if work is None:
            self._update()
            return
        self._forget()
        self._work = work
        work.changed.connect(self._on_work)
        self.strip.follow(work)
        self._update()
        self.no.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_work(self) -> None:
        work = self._work
        if work is None:
            return
        if work.stage is Stage.DONE and not work.worth_showing:
            self.accept()
            return
        self._update()
        if work.stage is Stage.DONE:
            self.no.setFocus(Qt.FocusReason.OtherFocusReason)
        elif work.stage is Stage.NOT_DONE:
            self._first().setFocus(Qt.FocusReason.OtherFocusReason)

    def done(self, result: int) -> None:
        work = self._work
        if work is not None:
            work.changed.disconnect(self._on_work)
            self.strip.follow(None)
            if work.stage is Stage.DONE and work.until_us is None:
                self._asker.dismiss(work)  # it was read here
            self._work = None
        super().done(result)

    def _on_standing(self, account_id: int) -> None:
        if account_id == self._about.account.id:
            self._update()

    def _update(self) -> None:
        work = self._work
        busy = self._asker.under_way(self._about, self._offer.action)
        over = work is not None and work.stage is Stage.DONE
        blocked = self._asker.blocked(self._about.account.id)
        missing = self.form.problem()
        # After a first try its outcome says what is wrong; an emptied field needs no words then.
        problem = "" if busy or over else blocked or (missing if work is None else "")
        if busy and work is None:
            problem = tr("The same is under way already.")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._problem.set_colour("warn" if blocked else "muted")
        self.form.setEnabled(not busy and not over)
        self.yes.setEnabled(not busy and not over and not blocked and not missing)
        self.yes.setVisible(not over)
        self.no.set_words(tr("Close") if over or busy else tr("Cancel"))
