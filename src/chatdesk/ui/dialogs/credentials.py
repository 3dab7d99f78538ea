"""Who signs in and how: e-mail and password, or a code sent to a phone, and as whom."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.ports import SignInForm
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import ChoiceBox, WordButton
from chatdesk.ui.i18n import countdown, tr
from chatdesk.ui.lists.choices import Switch
from chatdesk.ui.orders.fields import role_title
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

RESEND_S = 60
"""A code takes a while; another one may be asked for after this, where the server says nothing else."""
_SECOND_MS = 1_000
_FIELD_CHARS = 300


class Way(StrEnum):
    """How somebody proves who they are."""

    PASSWORD = "password"
    CODE = "code"


class Credentials(QWidget):
    """The fields of one sign-in form. `changed`; `code_asked` when a code is to be sent to the phone."""

    changed = Signal()
    code_asked = Signal()

    def __init__(self, context: UiContext, form: SignInForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._form = form
        self._way = Way.PASSWORD
        self._address_ok = False
        self._left_s = 0
        theme = context.theme
        self.role = ChoiceBox(context, tr("Sign in as"), self)
        for value, word in form.roles:
            self.role.addItem(role_title(word), value)
        self.ways: Switch[Way] = Switch(
            theme,
            {Way.PASSWORD: tr("With a password"), Way.CODE: tr("With a code by phone")},
            tr("How"),
            self,
        )
        self._login_label, self.login = self._field(tr("E-mail"))
        self._password_label, self.password = self._field(tr("Password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._code_label, self.code = self._field(tr("Code"))
        self.code.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.send_code = WordButton(tr("Send code"), parent=self)
        self._code_words = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self._second = QTimer(self)
        self._second.setInterval(_SECOND_MS)
        self._second.timeout.connect(self._tick)
        self._lay_out()
        self.ways.chosen.connect(self._on_way)
        self.send_code.clicked.connect(self.code_asked)
        for edit in (self.login, self.password, self.code):
            edit.textChanged.connect(self._on_typed)
        self._show()

    # -- what is typed

    @property
    def way(self) -> Way:
        """How it is signed in."""
        return self._way

    def use_way(self, way: Way) -> None:
        """Choose how; a form without codes knows passwords only."""
        if self._form.otp or way is Way.PASSWORD:
            self.ways.choose(way)
            self._on_way(way)

    def role_value(self) -> str:
        """As whom; empty where the platform asks for nothing."""
        return str(self.role.currentData() or "")

    def login_text(self) -> str:
        """E-mail or phone number."""
        return self.login.text().strip()

    def code_text(self) -> str:
        """The code, without the space that people copy with it; empty when the password is used."""
        return "".join(self.code.text().split()) if self._way is Way.CODE else ""

    def password_text(self) -> str:
        """The password as typed; empty when a code is used."""
        return self.password.text() if self._way is Way.PASSWORD else ""

    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.login_text()) and bool(self.password_text() or self.code_text())

    def secret(self) -> QLineEdit:
        """The field of the password, or of the code."""
        return self.code if self._way is Way.CODE else self.password

    def forget(self) -> None:
        """Empty the secrets."""
        self.password.clear()
        self.code.clear()
        self._second.stop()

    def fix(self, login: str, role: str) -> None:
        """This login and role, and no other."""
        self.login.setText(login)
        self.login.setReadOnly(True)
        at = self.role.findData(role)
        if at >= 0:
            self.role.setCurrentIndex(at)
        self.role.setEnabled(False)
        if self._form.otp and "@" not in login:
            self.use_way(Way.CODE)

    # -- the code

    def allow_code(self, allowed: bool) -> None:
        """Whether the address is good enough to have a code sent."""
        self._address_ok = allowed
        self._show_code()

    def code_words(self) -> str:
        """What it says about the code."""
        return self._code_words.text()

    def code_sending(self) -> None:
        """The server is being asked for a code."""
        self._left_s = 0
        self._say(tr("Asking the server for a code…"), "muted")
        self.send_code.setEnabled(False)

    def code_sent(self) -> None:
        """A code is on its way: another one may be asked for after a while."""
        self._say(tr("The code is on its way to your phone. It may take a minute."), "muted")
        self._wait(RESEND_S)
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    def code_refused(self, words: str, error: Exception) -> None:
        """No code was sent, and why."""
        self._say(words, "bad")
        wait_s = error.retry_after_s if isinstance(error, SignInRefused) else None
        self._wait(round(wait_s) if wait_s is not None and wait_s > 0 else 0)
        self.login.setFocus(Qt.FocusReason.OtherFocusReason)

    def _wait(self, seconds: int) -> None:
        self._left_s = seconds
        if seconds:
            self._second.start()
        self._show_code()

    def _tick(self) -> None:
        self._left_s = max(0, self._left_s - 1)
        if not self._left_s:
            self._second.stop()
        self._show_code()

    def _show_code(self) -> None:
        if self._left_s:
            left = countdown(self._left_s * 1_000_000, 0)
            self.send_code.set_words(tr("Send again in {time}", time=left))
        else:
            self.send_code.set_words(tr("Send code") if not self._code_words.text() else tr("Send again"))
        ready = self._address_ok and bool(self.login_text()) and not self._left_s
        self.send_code.setEnabled(ready)

    def _say(self, words: str, colour: str) -> None:
        self._code_words.setText(words)
        self._code_words.set_colour(colour)
        self._code_words.setVisible(bool(words) and self._way is Way.CODE)
        self.code.setAccessibleDescription(words)

    # -- making

    def _field(self, name: str) -> tuple[PlainLabel, QLineEdit]:
        label = PlainLabel(self._context.theme, name, role=TextRole.SECONDARY, colour="muted", parent=self)
        edit = QLineEdit(self)
        edit.setAccessibleName(name)
        edit.setMaxLength(_FIELD_CHARS)
        label.setBuddy(edit)
        return label, edit

    def _lay_out(self) -> None:
        metrics = self._context.theme.metrics
        self._role_label = PlainLabel(
            self._context.theme, tr("Sign in as"), role=TextRole.SECONDARY, colour="muted", parent=self
        )
        self._role_label.setBuddy(self.role)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(metrics.small)
        column.addWidget(self.ways)
        for label, control in (
            (self._role_label, self.role),
            (self._login_label, self.login),
            (self._password_label, self.password),
        ):
            pair = QVBoxLayout()
            pair.setSpacing(metrics.tiny)
            pair.addWidget(label)
            pair.addWidget(control)
            column.addLayout(pair)
        code = QVBoxLayout()
        code.setSpacing(metrics.tiny)
        code.addWidget(self._code_label)
        line = QHBoxLayout()
        line.setSpacing(metrics.small)
        line.addWidget(self.code, 1)
        line.addWidget(self.send_code)
        code.addLayout(line)
        code.addWidget(self._code_words)
        column.addLayout(code)

    def _on_way(self, way: object) -> None:
        self._way = way if isinstance(way, Way) else Way(str(way))
        self._show()
        self.changed.emit()

    def _on_typed(self, _text: str) -> None:
        self._show_code()
        self.changed.emit()

    def _show(self) -> None:
        by_code = self._way is Way.CODE
        self.ways.setVisible(self._form.otp)
        # A code is sent to one person, whose role the server knows.
        asks_role = bool(self._form.roles) and not by_code
        shown: tuple[tuple[QWidget, bool], ...] = (
            (self._role_label, asks_role),
            (self.role, asks_role),
            (self._password_label, not by_code),
            (self.password, not by_code),
            (self._code_label, by_code),
            (self.code, by_code),
            (self.send_code, by_code),
        )
        for widget, visible in shown:
            widget.setVisible(visible)
        self._code_words.setVisible(by_code and bool(self._code_words.text()))
        name = tr("Phone number") if by_code else tr("E-mail")
        self._login_label.setText(name)
        self.login.setAccessibleName(name)
        self._show_code()
