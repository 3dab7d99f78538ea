"""Signing in: one screen, the server's reason in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from chatdesk.domain.desk import SignedIn, SignInRequest
from chatdesk.domain.entities import Account
from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.kinds import Platform
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import CheckBox, WordButton
from chatdesk.ui.dialogs.address_field import AddressField
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel, without_mnemonic
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import error_sentences, platform_name, sign_in_sentence

WIDTH_PX = 400


class SignInDialog(Sheet):
    """Adds an account, or renews the token of one. `signed_in(SignedIn)`, then it closes.

    platforms: those that can be signed in to, at least one. account: the one to renew; server and e-mail are
    then as they were.
    """

    signed_in = Signal(object)

    def __init__(
        self,
        context: UiContext,
        platforms: Sequence[Platform],
        account: Account | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(context.theme, tr("Sign in again") if account else tr("Add an account"), parent)
        self._context = context
        self._account = account
        self._tasks = Tasks(self, context.troubles)
        self._platform = account.platform if account else platforms[0]
        theme = context.theme
        self._platforms = QButtonGroup(self)
        self._add_platforms(platforms)
        self.address = AddressField(context, self._platform, self)
        self.content.addWidget(self.address)
        self.login = self._field(tr("E-mail"))
        self.password = self._field(tr("Password"))
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self._refusal = PlainLabel(theme, role=TextRole.SECONDARY, colour="bad", wrap=True, parent=self)
        self._refusal.hide()
        self.content.addWidget(self._refusal)
        self.keep = CheckBox(context, tr("Keep me signed in (stored in the system keyring)"), self)
        self.keep.setChecked(True)
        self.content.addWidget(self.keep)
        self.content.addStretch(1)
        self.button = WordButton(tr("Sign in"), look="primary", parent=self)
        self.button.setDefault(True)
        self.button.clicked.connect(self.submit)
        cancel = WordButton(tr("Cancel"), parent=self)
        cancel.clicked.connect(self.reject)
        self.buttons.addStretch(1)
        self.buttons.addWidget(cancel)
        self.buttons.addWidget(self.button)
        self.setMinimumWidth(theme.metrics.px(WIDTH_PX))
        if account is not None:
            self._fix(account)
        self.address.changed.connect(self._update)
        self.login.textChanged.connect(self._on_typed)
        self.password.textChanged.connect(self._on_typed)
        self._update()

    def refusal(self) -> str:
        """Why the last try failed; empty while there is nothing to say."""
        return "" if self._refusal.isHidden() else self._refusal.text()

    def platform(self) -> Platform:
        """The platform that is chosen."""
        return self._platform

    def submit(self) -> None:
        """Try to sign in with what is typed; nothing happens while a part is missing or one is under way."""
        address = self.address.usable()
        if address is None or not self._complete() or self._tasks.is_running("sign in"):
            return
        request = SignInRequest(
            platform=self._platform,
            server_url=address.url,
            login=self.login.text().strip(),
            password=self.password.text(),
            plain_http_consent=address.needs_consent and self.address.consent.isChecked(),
            keep_token=self.keep.isChecked(),
        )
        self._say("")
        self._tasks.start(
            "sign in", self._context.desk.sign_in(request), on_done=self._on_done, on_error=self._on_error
        )
        self._update()

    def done(self, result: int) -> None:
        self._tasks.cancel_all()
        self.password.clear()
        super().done(result)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        first = self.password if self._account is not None else self.address.edit
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_platforms(self, platforms: Sequence[Platform]) -> None:
        row = QHBoxLayout()
        row.setSpacing(self.theme.metrics.small)
        for platform in platforms if self._account is None else (self._platform,):
            chip = QPushButton(without_mnemonic(platform_name(platform)), self)
            chip.setAccessibleName(tr("Platform {name}", name=platform_name(platform)))
            chip.setProperty("platform", platform.value)
            chip.setProperty("look", "chip")
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            chip.setChecked(platform is self._platform)
            self._platforms.addButton(chip)
            row.addWidget(chip)
        row.addStretch(1)
        self._platforms.buttonClicked.connect(self._on_platform)
        self.content.addLayout(row)

    def _field(self, name: str) -> QLineEdit:
        label = PlainLabel(self.theme, name, role=TextRole.SECONDARY, colour="muted", parent=self)
        edit = QLineEdit(self)
        edit.setAccessibleName(name)
        edit.setMaxLength(300)
        label.setBuddy(edit)
        pair = QVBoxLayout()
        pair.setSpacing(self.theme.metrics.tiny)
        pair.addWidget(label)
        pair.addWidget(edit)
        self.content.addLayout(pair)
        return edit

    def _fix(self, account: Account) -> None:
        self.address.edit.setText(account.server_url)
        self.address.consent.setChecked(account.plain_http_consent)
        self.login.setText(account.login)
        self.address.edit.setReadOnly(True)
        self.address.consent.setEnabled(False)
        self.login.setReadOnly(True)

    def _on_platform(self, chip: QPushButton) -> None:
        self._platform = Platform(chip.property("platform"))
        self.address.set_platform(self._platform)

    def _on_typed(self) -> None:
        self._say("")
        self._update()

    def _complete(self) -> bool:
        return bool(self.login.text().strip()) and bool(self.password.text())

    def _update(self, busy: bool | None = None) -> None:
        busy = self._tasks.is_running("sign in") if busy is None else busy
        self.button.set_words(tr("Signing in…") if busy else tr("Sign in"))
        self.button.setEnabled(not busy and self._complete() and self.address.usable() is not None)

    def _on_done(self, result: SignedIn) -> None:
        self.signed_in.emit(result)
        self.accept()

    def _on_error(self, error: Exception) -> None:
        if isinstance(error, SignInRefused):
            self._say(sign_in_sentence(error))
        else:
            self._context.troubles.report("sign in", error)
            words = error_sentences(error)
            self._say(f"{words.title}. {words.text}")
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self.password.selectAll()
        # The task that calls this has not ended yet; for the button it has.
        self._update(busy=False)

    def _say(self, refusal: str) -> None:
        self._refusal.setText(refusal)
        self._refusal.setVisible(bool(refusal))
        invalid = bool(refusal)
        if self.password.property("invalid") is not invalid:
            self.password.setProperty("invalid", invalid)
            self.password.style().unpolish(self.password)
            self.password.style().polish(self.password)
