"""Labels, tooltips and questions that show any text as it is: never rich text, never a link."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from chatdesk.domain.text import well_formed
from chatdesk.ui.theme import TextRole, Theme

if TYPE_CHECKING:
    from PySide6.QtWidgets import QDialogButtonBox

TOOLTIP_CHARS = 1_000
_WORD_JOINER = "\u2060"


def plain_tooltip(text: str) -> str:
    """The text such that Qt, which guesses rich text in tooltips, finds none; for ToolTipRole and tooltips.

    An invisible joiner after each `<` and `&` is no tag and no entity to Qt's guess.
    """
    short = well_formed(text[:TOOLTIP_CHARS])
    return short.replace("<", "<" + _WORD_JOINER).replace("&", "&" + _WORD_JOINER)


def set_tip(widget: QWidget, text: str) -> None:
    """Give a widget a tooltip that shows `text` as it is; empty removes it."""
    widget.setToolTip(plain_tooltip(text))


def without_mnemonic(text: str) -> str:
    """The text such that a button, action or menu shows each `&` instead of underlining what follows."""
    return well_formed(text).replace("&", "&&")


class PlainLabel(QLabel):
    """A label that shows its text as it is and follows the theme.

    role: kind of text. colour: name of its token. wrap: over several lines. selectable: can be copied.
    """

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        *,
        role: TextRole = TextRole.BODY,
        colour: str = "text",
        wrap: bool = False,
        selectable: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._role = role
        self._colour = colour
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setOpenExternalLinks(False)
        self.setWordWrap(wrap)
        if selectable:
            flags = Qt.TextInteractionFlag
            self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.setText(text)
        theme.changed.connect(self._restyle)
        self._restyle()

    def setText(self, text: str) -> None:
        super().setText(well_formed(text))

    def set_colour(self, colour: str) -> None:
        """Draw in another colour of the theme."""
        self._colour = colour
        self._restyle()

    def set_role(self, role: TextRole) -> None:
        """Draw as another kind of text."""
        self._role = role
        self._restyle()

    def _restyle(self) -> None:
        self.setFont(self._theme.font(self._role))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, self._theme.current.colour(self._colour))
        self.setPalette(palette)


class ElidedLabel(PlainLabel):
    """One line of plain text that ends in … where there is no room; then the tooltip has all of it."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        *,
        role: TextRole = TextRole.BODY,
        colour: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        self._full = ""
        super().__init__(theme, "", role=role, colour=colour, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        self._full = well_formed(" ".join(text.split()))
        self.setAccessibleName(self._full)
        self._elide()
        self.updateGeometry()

    def full_text(self) -> str:
        """What it would show with room enough."""
        return self._full

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 1, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, max(self.width(), 1))
        if shown != self.text():
            super().setText(shown)
        set_tip(self, self._full if shown != self._full else "")


class Answer(Enum):
    """What the person pressed in a question."""

    YES = "yes"
    OTHER = "other"
    NO = "no"


class PlainQuestion(QDialog):
    """A question or a statement in plain words, opened with `open()`; `answered` says what was pressed.

    Escape and the close button mean NO. With nothing but `yes` it is a statement.
    """

    answered = Signal(object)

    def __init__(
        self,
        theme: Theme,
        title: str,
        text: str,
        *,
        yes: str,
        no: str = "",
        other: str = "",
        danger: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._answer = Answer.NO
        heading = PlainLabel(theme, title, role=TextRole.TITLE, wrap=True, parent=self)
        body = PlainLabel(theme, text, wrap=True, selectable=True, parent=self)
        body.setMinimumWidth(theme.metrics.px(320))
        from PySide6.QtWidgets import QDialogButtonBox  # no start asks a question

        self._buttons = QDialogButtonBox(self)
        roles = QDialogButtonBox.ButtonRole
        for answer, label, role in (
            (Answer.YES, yes, roles.AcceptRole),
            (Answer.OTHER, other, roles.ActionRole),
            (Answer.NO, no, roles.RejectRole),
        ):
            if label:
                self._add(answer, label, role, danger=danger)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.metrics.huge] * 4)
        layout.setSpacing(theme.metrics.medium)
        for widget in (heading, body, self._buttons):
            layout.addWidget(widget)
        self.finished.connect(lambda _code: self.answered.emit(self._answer))

    def button(self, answer: Answer) -> QPushButton:
        """The button of an answer. Raises KeyError where the question does not offer it."""
        for button in self._buttons.buttons():
            if button.property("answer") == answer.value and isinstance(button, QPushButton):
                return button
        raise KeyError(answer)

    def _add(self, answer: Answer, label: str, role: QDialogButtonBox.ButtonRole, *, danger: bool) -> None:
        button = QPushButton(without_mnemonic(label), self)
        button.setProperty("answer", answer.value)
        button.setAccessibleName(label)
        if answer is Answer.YES:
            button.setProperty("look", "danger" if danger else "primary")
            button.setDefault(not danger)
        else:
            button.setAutoDefault(False)
            # A button box without a default button takes the one that agrees: Enter would do the harm.
            button.setDefault(danger and answer is Answer.NO)
        button.clicked.connect(lambda: self._choose(answer))
        self._buttons.addButton(button, role)

    def _choose(self, answer: Answer) -> None:
        self._answer = answer
        self.done(QDialog.DialogCode.Rejected if answer is Answer.NO else QDialog.DialogCode.Accepted)


def say(theme: Theme, parent: QWidget | None, title: str, text: str, *, button: str) -> PlainQuestion:
    """Open a statement; the dialog is returned for the one who wants to wait for `answered`."""
    dialog = PlainQuestion(theme, title, text, yes=button, parent=parent)
    dialog.open()
    return dialog
