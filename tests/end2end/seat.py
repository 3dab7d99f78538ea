"""A dispatcher's seat for a test: the real program in this process, a customer, and the server's database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QPushButton

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Conversation, Message
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Platform
from chatdesk.domain.ports import Vault
from chatdesk.platforms.registry import PLUGINS
from chatdesk.server.demo.cast import CARRIERS, DESK_EMAIL, PASSWORD
from chatdesk.store import Store
from chatdesk.ui.dialogs.sign_in import SignInDialog

CUSTOMER_EMAIL = CARRIERS[0].email
SETTLED = {DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ}


class Seat:
    """One program over one profile folder; every method that waits fails with what it waited for."""

    def __init__(self, app: QApplication, folder: Path, vault: Vault | None = None) -> None:
        self.folder = folder
        self.vault = vault or MemoryVault()
        plugins = {plugin.platform: plugin for plugin in PLUGINS}
        self.program = program.Program(app, Store.open(folder), plugins, self.vault)
        self.window = self.program.window
        self.window.resize(1280, 820)
        self.program.show()
        self.window.activateWindow()

    async def close(self) -> None:
        await self.program.close()

    # -- signing in

    async def open_sign_in(self) -> SignInDialog:
        """The sign-in dialog, opened by its key."""
        modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        hands.key(self.window, Qt.Key.Key_N, modifiers)
        await hands.until(lambda: hands.open_dialog(SignInDialog), "the sign-in dialog")
        dialog = hands.open_dialog(SignInDialog)
        assert dialog is not None
        return dialog

    async def fill_sign_in(self, url: str, password: str = PASSWORD, login: str = DESK_EMAIL) -> SignInDialog:
        """Fill the sign-in dialog with real keys and press its button."""
        dialog = await self.open_sign_in()
        for name, text in (("Server address", url), ("E-mail", login), ("Password", password)):
            field = hands.find(dialog, QLineEdit, name)
            field.clear()
            hands.write(field, text)
        hands.click(hands.find(dialog, QPushButton, "Sign in"))
        return dialog

    async def sign_in(self, url: str, password: str = PASSWORD, login: str = DESK_EMAIL) -> None:
        """Signed in without the dialog, and online with all conversations."""
        request = SignInRequest(platform=Platform.DISPATCHER, server_url=url, login=login, password=password)
        await self.program.desk.sign_in(request)
        await self.online()
        await hands.until(lambda: len(self.conversations()) >= 10, "the conversations")

    # -- what is to be seen

    def connection(self) -> ConnectionState | None:
        for account in self.program.reader.accounts().rows:
            status = self.program.feed.status_of(account.id)
            return status.connection if status else None
        return None

    async def online(self, timeout_s: float = 20) -> None:
        await hands.until(lambda: self.connection() is ConnectionState.ONLINE, "being online", timeout_s)

    async def not_online(self) -> None:
        await hands.until(lambda: self.connection() is not ConnectionState.ONLINE, "being offline")

    def conversations(self) -> tuple[Conversation, ...]:
        return self.program.reader.first_conversations().rows

    def conversation(self, number: str) -> Conversation:
        return next(row for row in self.conversations() if row.order_number == number)

    def messages(self, number: str) -> tuple[Message, ...]:
        return self.program.reader.newest_page(self.conversation(number).id).messages

    def message(self, number: str, text: str) -> Message | None:
        return next((m for m in self.messages(number) if m.text == text), None)

    def is_settled(self, number: str, text: str) -> bool:
        message = self.message(number, text)
        return message is not None and message.state in SETTLED

    async def accepted(self, number: str, *texts: str, timeout_s: float = 20) -> None:
        for text in texts:
            await self._accepted(number, text, timeout_s)

    async def _accepted(self, number: str, text: str, timeout_s: float) -> None:
        await hands.until(lambda: self.is_settled(number, text), f"acceptance of {text!r}", timeout_s)

    def banner(self) -> str:
        """All words of the banner; empty while it is hidden."""
        labels = self.window.chat.banner.findChildren(QLabel)
        return " ".join(label.text() for label in labels if label.isVisible())

    async def queued(self, number: str, text: str) -> None:
        def is_queued() -> bool:
            message = self.message(number, text)
            return message is not None and message.state is DeliveryState.QUEUED

        await hands.until(is_queued, f"{text!r} being queued")

    def order_remote_id(self, number: str) -> str:
        order_id = self.conversation(number).order_id
        assert order_id is not None
        order = self.program.reader.order(order_id)
        assert order is not None
        return order.remote_id

    def shown_texts(self) -> list[str]:
        """The texts of the rows that the message list has now."""
        model = self.window.chat.timeline.model()
        return [str(model.index(row, 0).data(Qt.ItemDataRole.DisplayRole)) for row in range(model.rowCount())]

    # -- what hands do

    async def open(self, number: str) -> None:
        conversation = self.conversation(number)
        self.window.open_conversation(conversation.id)
        await hands.until(lambda: self.window.chat.conversation_id() == conversation.id, "the conversation")
        await hands.settle()

    @property
    def edit(self) -> QPlainTextEdit:
        return hands.find(self.window.chat, QPlainTextEdit)

    async def type(self, text: str) -> None:
        hands.click(self.edit.viewport())
        hands.write(self.edit, text)

    async def write(self, text: str) -> None:
        """Type a text and press Enter; returns once the composer has cleared."""
        await self.type(text)
        edit = self.edit
        hands.key(edit, Qt.Key.Key_Return)
        await hands.until(lambda: not edit.toPlainText(), "the composer letting go")


class Customer:
    """A carrier of the demonstration, over plain HTTP."""

    def __init__(self, url: str, email: str = CUSTOMER_EMAIL) -> None:
        self._http = httpx.Client(base_url=url, timeout=10)
        answer = self._http.post("/api/authorization/login", json={"email": email, "password": PASSWORD})
        answer.raise_for_status()
        self.token: str = answer.json()["data"]["accessToken"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"

    def send(self, order_id: str, text: str) -> None:
        answer = self._http.post("/api/chat/messages", json={"orderId": order_id, "message": text})
        assert answer.status_code == 201, answer.text

    def status(self, number: str) -> str:
        answer = self._http.get(f"/api/orders/{number}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["status"])

    def close(self) -> None:
        self._http.close()


def server_texts(data_dir: Path, order_number: str, email: str = DESK_EMAIL) -> list[str]:
    """What the server's database holds of one person in one order, oldest first; read without chatdesk."""
    query = """
        SELECT m.text FROM messages m JOIN conversations c ON c.id = m.conversation_id
        JOIN orders o ON o.id = c.order_id JOIN users u ON u.id = m.sender_id
        WHERE o.number = ? AND u.email = ? ORDER BY m.seq
    """
    uri = f"{(data_dir / 'server.sqlite3').as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        return [row[0] for row in connection.execute(query, (order_number, email))]
