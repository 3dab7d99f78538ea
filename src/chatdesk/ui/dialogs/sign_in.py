"""Signing in to any platform: one screen, the server's reason in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QButtonGroup, QPushButton, QVBoxLayout, QWidget

from chatdesk.domain.desk import SignedIn, SignInRequest
from chatdesk.domain.entities import KEEP_COMPLETED, Account
from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.kinds import NoticeCode, Platform
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import CheckBox, WordButton
from chatdesk.ui.dialogs.address_field import AddressField
from chatdesk.ui.dialogs.credentials import Credentials, Way
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.entries import PlatformEntry, entry_of
from chatdesk.ui.forms import AskedForm
from chatdesk.ui.i18n import tr
from chatdesk.ui.lists.flow import FlowLayout
from chatdesk.ui.plain import PlainLabel, without_mnemonic
from chatdesk.ui.refusals import sign_in_sentence
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import error_sentences, platform_name

WIDTH_PX = 420


class SignInDialog(Sheet):
    """Adds an account, or renews the token of one. `signed_in(SignedIn)`, then it closes.

    Offers the platforms of the context. account: the one to renew; server, login and role are then as they
    were.
    """

    signed_in = Signal(object)

    def __init__(
        self, context: UiContext, account: Account | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(context.theme, tr("Sign in again") if account else tr("Add an account"), parent)
        self._context = context
        self._account = account
        self._tasks = Tasks(self, context.troubles)
        entries = (
            [entry_of(context.platforms, account.platform)]
            if account is not None
            else list(context.platforms)
        )
        self._entry = entries[0] if entries else PlatformEntry(platform=Platform.DISPATCHER)
        theme = context.theme
        self._chips = QButtonGroup(self)
        self._add_chips(entries)
        self.address = AddressField(context, self._entry, self)
        self.content.addWidget(self.address)
        self._middle = QVBoxLayout()
        self._middle.setSpacing(theme.metrics.small)
        self.content.addLayout(self._middle)
        self.more = WordButton("", look="flat", parent=self)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._show_more)
        self._settings_box = QVBoxLayout()
        self.content.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeading)
        self.content.addLayout(self._settings_box)
        self._refusal = PlainLabel(
            theme, role=TextRole.SECONDARY, colour="bad", wrap=True, selectable=True, parent=self
        )
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
        self._last = cancel
        self.setMinimumWidth(theme.metrics.px(WIDTH_PX))
        self._build_form()
        if account is not None:
            self._fix(account)
        self.address.changed.connect(self._update)
        self._update()

    # -- what others ask

    def refusal(self) -> str:
        """Why the last try failed; empty while there is nothing to say."""
        return "" if self._refusal.isHidden() else self._refusal.text()

    def platform(self) -> Platform:
        """The platform that is chosen."""
        return self._entry.platform

    def chip(self, platform: Platform) -> QPushButton:
        """The button of a platform. Raises KeyError where it is not offered."""
        for chip in self._chips.buttons():
            if chip.property("platform") == platform.value and isinstance(chip, QPushButton):
                return chip
        raise KeyError(platform)

    def submit(self) -> None:
        """Try to sign in with what is typed; nothing happens while a part is missing or one is under way."""
        address = self.address.usable()
        ready = self.credentials.is_complete() and not self.settings.problem()
        if address is None or not ready or self._tasks.is_running("sign in"):
            return
        before = self._account.settings if self._account is not None else {}
        asked = {field.key for field in self.settings.fields()}
        kept = {key: value for key, value in before.items() if key not in asked}
        request = SignInRequest(
            platform=self._entry.platform,
            server_url=address.url,
            login=self.credentials.login_text(),
            password=self.credentials.password_text(),
            plain_http_consent=address.needs_consent and self.address.consent.isChecked(),
            keep_token=self.keep.isChecked(),
            settings=kept | self.settings.changed_values(),
            role=self._role(),
            otp=self.credentials.code_text(),
        )
        self._say("")
        self._tasks.start(
            "sign in", self._context.desk.sign_in(request), on_done=self._on_done, on_error=self._on_error
        )
        self._update()

    def done(self, result: int) -> None:
        self._tasks.cancel_all()
        self.credentials.forget()
        super().done(result)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        first = self.credentials.secret() if self._account is not None else self.address.edit
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- making

    def _add_chips(self, entries: Sequence[PlatformEntry]) -> None:
        holder = QWidget(self)
        holder.setAccessibleName(tr("Platform"))
        row = FlowLayout(holder)
        row.setSpacing(self.theme.metrics.tiny + 2)
        for entry in entries:
            name = platform_name(entry.platform)
            chip = QPushButton(without_mnemonic(name), holder)
            chip.setAccessibleName(tr("Platform {name}", name=name))
            chip.setProperty("platform", entry.platform.value)
            chip.setProperty("look", "chip")
            chip.setCheckable(True)
            chip.setAutoDefault(False)
            chip.setChecked(entry is self._entry)
            self._chips.addButton(chip)
            row.addWidget(chip)
        self._chips.buttonToggled.connect(self._on_platform)
        self.content.addWidget(holder)

    def _build_form(self) -> None:
        """The fields that this platform asks for, in the place of the ones before."""
        self.credentials = Credentials(self._context, self._entry.sign_in, self)
        self._middle.addWidget(self.credentials)
        self.credentials.show()
        # The promise to delete is a setting for later, when there is something to keep.
        asked = [field for field in self._entry.settings if field.key != KEEP_COMPLETED]
        values = self._account.settings if self._account is not None else {}
        self.settings = AskedForm(self._context, asked, values, self)
        self._settings_box.addWidget(self.settings)
        self.credentials.changed.connect(self._on_typed)
        self.credentials.code_asked.connect(self._send_code)
        self.settings.changed.connect(self._on_settings)
        self.more.setVisible(bool(asked))
        self.more.setChecked(False)
        self._show_more(shown=False)
        self._order_keys()

    def _order_keys(self) -> None:
        """Tab goes from top to bottom, also through what was made later than what stands below it."""
        inner = self.credentials
        chain: list[QWidget] = [self.address.edit, self.address.consent, *self._tab_stops(inner.ways)]
        chain += [inner.role, inner.login, inner.password, inner.code, inner.send_code, self.more]
        chain += [self.settings.control(field.key) for field in self.settings.fields()]
        chain += [self.keep, self._last, self.button]
        for one, other in pairwise(chain):
            QWidget.setTabOrder(one, other)

    @staticmethod
    def _tab_stops(widget: QWidget) -> list[QWidget]:
        stops = widget.findChildren(QPushButton)
        return list(stops)

    def _fix(self, account: Account) -> None:
        self.address.edit.setText(account.server_url)
        self.address.consent.setChecked(account.plain_http_consent)
        self.address.edit.setReadOnly(True)
        self.address.consent.setEnabled(False)
        self.credentials.fix(account.login, account.seat)

    def _role(self) -> str:
        """As whom: who signs in again keeps the seat."""
        if self._account is not None:
            return self._account.seat
        # A code is sent to one person: the server says who that is.
        by_code = self.credentials.way is Way.CODE
        return "" if by_code or not self._entry.sign_in.roles else self.credentials.role_value()

    # -- hearing

    def _on_platform(self, chip: QPushButton, checked: bool) -> None:
        if not checked:
            return
        platform = Platform(chip.property("platform"))
        if platform is self._entry.platform:
            return
        self._tasks.cancel_all()
        login = self.credentials.login_text()
        self._entry = entry_of(self._context.platforms, platform)
        for old in (self.credentials, self.settings):
            old.hide()
            old.setParent(None)
            old.deleteLater()
        self._build_form()
        self.credentials.login.setText(login)
        self.address.set_entry(self._entry)
        self._say("")
        self._update()

    def _send_code(self) -> None:
        address = self.address.usable()
        login = self.credentials.login_text()
        if address is None or not login or self._tasks.is_running("code"):
            return
        self.credentials.code_sending()
        self._tasks.start(
            "code",
            self._context.desk.ask_for_otp(
                self._entry.platform, address.url, login, self.settings.changed_values()
            ),
            on_done=lambda _none: self.credentials.code_sent(),
            on_error=self._on_no_code,
        )

    def _on_no_code(self, error: Exception) -> None:
        self.credentials.code_refused(
            tr("No code was sent. {reason}", reason=self._reason("send code", error)), error
        )

    def _on_typed(self) -> None:
        self._say("")
        self._update()

    def _on_settings(self) -> None:
        self.address.use_settings(self.settings.changed_values())
        self._on_typed()

    def _show_more(self, shown: bool) -> None:
        self.more.set_words(tr("Less") if shown else tr("More…"))
        self.settings.setVisible(shown)

    def _update(self, busy: bool | None = None) -> None:
        busy = self._tasks.is_running("sign in") if busy is None else busy
        good = self.address.usable() is not None
        self.credentials.allow_code(good)
        self.button.set_words(tr("Signing in…") if busy else tr("Sign in"))
        ready = self.credentials.is_complete() and not self.settings.problem()
        self.button.setEnabled(not busy and ready and good)

    def _on_done(self, result: SignedIn) -> None:
        self.signed_in.emit(result)
        self.accept()

    def _on_error(self, error: Exception) -> None:
        self._say(self._reason("sign in", error))
        secret = self.credentials.secret()
        secret.setFocus(Qt.FocusReason.OtherFocusReason)
        secret.selectAll()
        # The task that calls this has not ended yet; for the button it has.
        self._update(busy=False)

    def _reason(self, task: str, error: Exception) -> str:
        if isinstance(error, SignInRefused):
            wrong_code = error.code is NoticeCode.AUTH_FAILED and self.credentials.way is Way.CODE
            if wrong_code and not error.server_words:
                return tr("The code is wrong or no longer valid. Have another one sent.")
            return sign_in_sentence(error, self._context.clock.now_us())
        self._context.troubles.report(task, error)
        words = error_sentences(error)
        return f"{words.title}. {words.text}"

    def _say(self, refusal: str) -> None:
        self._refusal.setText(refusal)
        self._refusal.setVisible(bool(refusal))
        invalid = bool(refusal)
        secret = self.credentials.secret()
        secret.setAccessibleDescription(refusal)
        if secret.property("invalid") is not invalid:
            secret.setProperty("invalid", invalid)
            secret.style().unpolish(secret)
            secret.style().polish(secret)
