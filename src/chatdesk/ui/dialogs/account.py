"""One account: who it is, how it stands, what it can't do and why, its settings, and its end."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from chatdesk.domain.actions import FieldAsked, FieldKind
from chatdesk.domain.entities import KEEP_COMPLETED, Account
from chatdesk.domain.ids import AccountId
from chatdesk.domain.text import one_line
from chatdesk.ui.account_words import (
    absent_features,
    absent_sentence,
    account_label,
    connection_sentence,
    dropped_sentences,
    is_live_only,
    live_only_sentence,
    synced_sentence,
)
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import WordButton
from chatdesk.ui.dialogs.sheet import Sheet
from chatdesk.ui.entries import entry_of
from chatdesk.ui.forms import AskedForm
from chatdesk.ui.i18n import tr
from chatdesk.ui.orders.fields import role_title
from chatdesk.ui.orders.parts import KeyValue, KeyValues
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.tasks import Tasks
from chatdesk.ui.theme import TextRole
from chatdesk.ui.words import error_sentences, platform_name

WIDTH_PX, HEIGHT_PX = 500, 600
_TEXT_CHARS = 300


class AccountDialog(Sheet):
    """Shows one account as it stands; closes when the account goes.

    `sign_in_asked`, `sign_out_asked`, `remove_asked` carry the account's id.
    """

    sign_in_asked = Signal(int)
    sign_out_asked = Signal(int)
    remove_asked = Signal(int)

    def __init__(
        self, context: UiContext, book: AccountBook, account: Account, parent: QWidget | None = None
    ) -> None:
        title = tr("Account: {name}", name=account_label(account, book.accounts()))
        super().__init__(context.theme, title, parent)
        self._context = context
        self._book = book
        self._id = account.id
        self._tasks = Tasks(self, context.troubles)
        metrics = context.theme.metrics
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, metrics.small, 0)
        self._column.setSpacing(metrics.small)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scroll.setAccessibleName(title)
        self._scroll.setWidget(self._body)
        for ground in (self._scroll.viewport(), self._body):
            ground.setAutoFillBackground(False)
        self.content.addWidget(self._scroll, 1)
        self._told, self._told_column = self._part(metrics.small)
        self._shown: tuple[object, ...] = ()
        self.settings = self._add_settings(account)
        self._absent, self._absent_column = self._part(metrics.tiny)
        self._column.addStretch(1)
        self._add_buttons()
        self.resize(metrics.px(WIDTH_PX), metrics.px(HEIGHT_PX))
        self.refresh()
        book.status_changed.connect(self.refresh)
        book.accounts_changed.connect(self.refresh)
        context.clock.beat.connect(self.refresh)

    def words(self) -> str:
        """Everything that it tells of the account, line by line."""
        parts = (self._told, self._absent)
        return "\n".join(label.text() for part in parts for label in part.findChildren(PlainLabel))

    def refresh(self, _account: object = None) -> None:
        """Show how the account stands now."""
        account = self._book.account(self._id)
        if account is None:
            self.reject()
            return
        status, now_us = self._book.status(account.id), self._context.clock.now_us()
        shown = (account, status, connection_sentence(status, now_us))
        if shown == self._shown:
            return
        self._shown = shown
        for column in (self._told_column, self._absent_column):
            while (item := column.takeAt(0)) is not None:
                old = item.widget()
                if old is not None:
                    old.hide()
                    old.setParent(None)
                    old.deleteLater()
        self._tell(account)
        self._tell_absent(account)

    # -- making

    def _tell(self, account: Account) -> None:
        status, now_us = self._book.status(account.id), self._context.clock.now_us()
        who = KeyValues(self._context.theme, self._told)
        _add(who, tr("Platform"), platform_name(account.platform))
        _add(who, tr("Name"), one_line(account.name, _TEXT_CHARS) or tr("No name given"))
        if account.role:
            _add(who, tr("Role"), role_title(account.role))
        _add(who, tr("Login"), one_line(account.login, _TEXT_CHARS))
        _add(who, tr("Server"), one_line(account.server_url, _TEXT_CHARS))
        self._told_column.addWidget(who)
        self._told_column.addWidget(self._head(tr("Health")))
        health = KeyValues(self._context.theme, self._told)
        _add(health, tr("Connection"), connection_sentence(status, now_us))
        if status.reason:
            _add(health, tr("Server says"), one_line(status.reason, _TEXT_CHARS))
        _add(health, tr("In step"), synced_sentence(status))
        kept = (
            tr("kept in the system keyring")
            if status.token_kept
            else tr("kept until you quit: no keyring answers on this computer")
        )
        _add(health, tr("Sign-in"), kept)
        dropped = dropped_sentences(status.dropped)
        _add(health, tr("Privacy"), "\n".join(dropped) if dropped else tr("nothing was dropped"))
        if account.plain_http_consent:
            _add(health, tr("Encryption"), tr("none: whoever is on the way can read and change everything"))
        self._told_column.addWidget(health)
        if is_live_only(account.capabilities):
            self._told_column.addWidget(self._line(live_only_sentence(), "warn"))

    def _tell_absent(self, account: Account) -> None:
        absent = absent_features(account.capabilities)
        if absent:
            self._absent_column.addWidget(self._head(tr("Not available here")))
        for feature, why in absent:
            self._absent_column.addWidget(self._line(absent_sentence(feature, why), "muted"))

    def _part(self, spacing: int) -> tuple[QWidget, QVBoxLayout]:
        part = QWidget(self._body)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(spacing)
        self._column.addWidget(part)
        return part, column

    def _head(self, text: str) -> PlainLabel:
        return PlainLabel(self._context.theme, text, role=TextRole.STRONG)

    def _line(self, text: str, colour: str) -> PlainLabel:
        theme = self._context.theme
        return PlainLabel(theme, text, role=TextRole.SECONDARY, colour=colour, wrap=True, selectable=True)

    def _add_settings(self, account: Account) -> AskedForm:
        theme = self._context.theme
        entry = entry_of(self._context.platforms, account.platform)
        fields = [field for field in entry.settings if field.key != KEEP_COMPLETED]
        if entry.forgets_completed:
            fields.append(FieldAsked(key=KEEP_COMPLETED, kind=FieldKind.FLAG, required=False, default="no"))
        form = AskedForm(self._context, fields, account.settings, self._body)
        self._settings_head = PlainLabel(theme, tr("Settings"), role=TextRole.STRONG, parent=self._body)
        self.save = WordButton(tr("Save settings"), parent=self._body)
        self.save.setEnabled(False)
        self.save.clicked.connect(self._save)
        self._saved = PlainLabel(theme, role=TextRole.SECONDARY, colour="muted", wrap=True, parent=self._body)
        self._saved.hide()
        for widget in (self._settings_head, form, self._saved):
            self._column.addWidget(widget)
            if widget is not self._saved:
                widget.setVisible(bool(fields))
        self._column.addWidget(self.save, 0, Qt.AlignmentFlag.AlignLeading)
        self.save.setVisible(bool(fields))
        form.changed.connect(self._on_settings)
        return form

    def _add_buttons(self) -> None:
        self.sign_in = WordButton(tr("Sign in again…"), parent=self)
        self.sign_out = WordButton(tr("Sign out…"), parent=self)
        self.remove = WordButton(tr("Remove account…"), look="danger", parent=self)
        close = WordButton(tr("Close"), look="primary", parent=self)
        close.setDefault(True)
        close.clicked.connect(self.accept)
        self.sign_in.clicked.connect(lambda: self._leave_for(self.sign_in_asked.emit))
        self.sign_out.clicked.connect(lambda: self._leave_for(self.sign_out_asked.emit))
        self.remove.clicked.connect(lambda: self._leave_for(self.remove_asked.emit))
        for button in (self.sign_in, self.sign_out, self.remove):
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        self.buttons.addWidget(close)

    def _leave_for(self, ask: Callable[[AccountId], object]) -> None:
        """One dialog at a time: what follows is opened when this one is gone."""
        self.accept()
        ask(self._id)

    # -- settings

    def _on_settings(self) -> None:
        problem = self.settings.problem()
        self.save.setEnabled(not problem)
        self._say(problem, "bad")

    def _save(self) -> None:
        account = self._book.account(self._id)
        if account is None:
            return
        asked = {field.key for field in self.settings.fields()}
        others = {key: value for key, value in account.settings.items() if key not in asked}
        self.save.setEnabled(False)
        self._tasks.start(
            "settings",
            self._context.desk.set_account_settings(self._id, others | self.settings.changed_values()),
            on_done=lambda _account: self._say(tr("Saved. The account connects anew with them."), "ok"),
            on_error=self._not_saved,
        )

    def _not_saved(self, error: Exception) -> None:
        self._context.troubles.report("account settings", error)
        words = error_sentences(error)
        self.save.setEnabled(True)
        self._say(f"{words.title}. {words.text}", "bad")

    def _say(self, text: str, colour: str) -> None:
        self._saved.setText(text)
        self._saved.set_colour(colour)
        self._saved.setVisible(bool(text))


def _add(lines: KeyValues, key: str, value: str) -> None:
    lines.add(KeyValue(key, value))
