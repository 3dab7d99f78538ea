"""The field for a server's address: checked while typing, then tested once the typing pauses."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from chatdesk.domain.desk import ServerCheck
from chatdesk.services import addresses
from chatdesk.services.addresses import Address, AddressProblem
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import CheckBox
from chatdesk.ui.entries import PlatformEntry
from chatdesk.ui.i18n import tr
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import address_sentence, check_sentence

PAUSE_MS = 500
_WEB_PORTS = frozenset({80, 443})


class AddressField(QWidget):
    """Label, field, what came of the check, and the consent that plain http takes.

    `changed` whenever `usable()` may have another answer. A server is asked only at an address that is well
    formed and, over plain http to another machine, only after the consent.
    """

    changed = Signal()

    def __init__(self, context: UiContext, entry: PlatformEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._entry = entry
        self._tasks = Tasks(self, context.troubles)
        self._result: ServerCheck | None = None
        self._settings: dict[str, str] = {}
        theme = context.theme
        label = PlainLabel(theme, tr("Server address"), role=TextRole.SECONDARY, colour="muted", parent=self)
        self.edit = QLineEdit(self)
        self.edit.setAccessibleName(tr("Server address"))
        self._show_example()
        self.edit.setMaxLength(300)
        label.setBuddy(self.edit)
        self._verdict = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self)
        self._verdict.setAccessibleName(tr("Connection test"))
        self.consent = CheckBox(context, tr("Use this server without encryption"), self)
        self._risk = PlainLabel(
            theme,
            tr("Anyone on the way can then read and change what is written, and your password too."),
            role=TextRole.SECONDARY,
            colour="warn",
            wrap=True,
            parent=self,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.metrics.tiny)
        for widget in (label, self.edit, self._verdict, self.consent, self._risk):
            column.addWidget(widget)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._settled)
        self.edit.textChanged.connect(self._on_typed)
        self.edit.editingFinished.connect(self._settled)
        self.consent.toggled.connect(self._on_consent)
        self._show_consent()

    def set_entry(self, entry: PlatformEntry) -> None:
        """Test for a server of this platform from now on."""
        if entry.platform is not self._entry.platform:
            self._entry = entry
            self._settings = {}
            self._show_example()
            self._on_typed()

    def use_settings(self, settings: dict[str, str]) -> None:
        """Test with these settings of the account to be: where the interface lies may be one of them."""
        if settings != self._settings:
            self._settings = settings
            self._forget_result()

    def address(self) -> Address | AddressProblem:
        """What is typed, checked for its form."""
        return addresses.check(self.edit.text())

    def usable(self) -> Address | None:
        """The address if one may sign in there: well formed, and consented to where that is needed."""
        address = self.address()
        if isinstance(address, AddressProblem):
            return None
        return address if self.consent.isChecked() or not address.needs_consent else None

    def verdict(self) -> str:
        """What it says of the address."""
        return self._verdict.text()

    def result(self) -> ServerCheck | None:
        """What the test of this address found; None while it is not known."""
        return self._result

    def _show_example(self) -> None:
        """What an address looks like here: with the port that servers of the platform usually listen on."""
        example = f"https://{self._entry.platform.value}.example.com"
        port = self._entry.default_port
        self.edit.setPlaceholderText(example if port in _WEB_PORTS else f"{example}:{port}")

    def _on_typed(self) -> None:
        self.consent.setChecked(False)
        self._forget_result()
        self._show_consent()

    def _forget_result(self) -> None:
        """Another server may answer now: what was found is void, and it is tested once the typing pauses."""
        self._tasks.cancel("check")
        self._result = None
        self._say("", "muted", invalid=False)
        self._pause.start()
        self.changed.emit()

    def _on_consent(self, _checked: bool) -> None:
        self.changed.emit()
        if self.usable() is not None:
            self._settled()

    def _show_consent(self) -> None:
        address = self.address()
        needed = isinstance(address, Address) and address.needs_consent
        self.consent.setVisible(needed)
        self._risk.setVisible(needed)

    def _settled(self) -> None:
        """The typing has paused: say what is wrong, or ask the server."""
        self._pause.stop()
        address = self.address()
        if isinstance(address, AddressProblem):
            if self.edit.text().strip():
                self._say(address_sentence(address), "bad", invalid=True)
            return
        if self.usable() is None:
            self._say(tr("This address is not encrypted (http)."), "warn", invalid=False)
            return
        if self._result is not None or self._tasks.is_running("check"):
            return
        self._say(tr("Testing the connection…"), "muted", invalid=False)
        work = self._context.desk.check_server(self._entry.platform, address.url, self._settings)
        self._tasks.start("check", work, on_done=self._on_checked, on_error=self._on_failed)

    def _on_checked(self, result: ServerCheck) -> None:
        self._result = result
        colour = "ok" if result.reachable else "bad"
        mark = "● " if result.reachable else ""
        self._say(mark + check_sentence(result), colour, invalid=False)
        self.changed.emit()

    def _on_failed(self, _error: Exception) -> None:
        self._say(
            tr("The connection could not be tested. You can still try to sign in."), "warn", invalid=False
        )

    def _say(self, text: str, colour: str, *, invalid: bool) -> None:
        self._verdict.setText(text)
        self._verdict.set_colour(colour)
        self._verdict.setVisible(bool(text))
        self.edit.setAccessibleDescription(text)
        if self.edit.property("invalid") is not invalid:
            self.edit.setProperty("invalid", invalid)
            self.edit.style().unpolish(self.edit)
            self.edit.style().polish(self.edit)
