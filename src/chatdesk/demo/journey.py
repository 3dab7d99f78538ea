"""The journey of the demo: a dispatcher's morning in less than a minute, with real clicks and keys."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections import Counter
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton

from chatdesk.demo import hands
from chatdesk.demo.hands import find, until
from chatdesk.demo.stage import Stage, own_command
from chatdesk.domain.desk import Page
from chatdesk.domain.entities import Conversation, Message
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import ConnectionState, DeliveryState
from chatdesk.program import Program
from chatdesk.ui.dialogs.sign_in import SignInDialog
from chatdesk.ui.theme import ThemeMode

ANSWERS = (
    "Good morning! I have {number} open and will be with you in a minute.",
    "The {number} route survey is back: no low bridges on the way.",
    "I have asked the state about {number}, they answer before noon.",
)
OFFLINE = (
    "Written without a connection: the escort for {number} is booked for 14:00.",
    "Also offline: please keep the papers of {number} in the cab.",
)
DRAFT = "I am just checking the axle weights"
ROUNDS = 3
RECEIVED = 10


class Journey:
    """One journey over one stage. `play` runs inside the program; `report` counts afterwards."""

    def __init__(self, stage: Stage, login: str, password: str, out: Path) -> None:
        self._stage = stage
        self._login = login
        self._password = password
        self._out = out
        self._log = stage.folder / "presses.jsonl"
        self._began_ms = int(time.time() * 1000)
        self._shots: list[str] = []
        self._texts: list[str] = []
        self._shown: Counter[str] = Counter()
        self._took_s = 0.0

    async def play(self, program: Program) -> int:
        """Play it in the program's window; returns 0, or 1 when something was not to be seen in time."""
        self._program = program
        self._window = program.window
        began = time.monotonic()
        self._window.resize(1280, 820)
        self._window.activateWindow()
        try:
            await self._sign_in()
            chosen = await self._lively_conversations()
            for number, conversation in enumerate(chosen):
                await self._answer(conversation, number)
            await self._offline_and_back(chosen[0])
            await self._wait_for_customers()
            await self._look_around(chosen[1])
            self._shown = self._count_shown(chosen)
        except hands.NotSeen as missed:
            self._shoot("missed")
            print(f"chatdesk: the journey stopped: {missed}")
            return 1
        self._took_s = time.monotonic() - began
        return 0

    def report(self) -> dict[str, object]:
        """What arrived, counted by a process of its own from the server's database against the press log."""
        counted = subprocess.run(  # noqa: S603 - our own program with arguments of our own
            [
                *own_command(),
                "count",
                *("--database", str(self._stage.data), "--presses", str(self._log)),
                *("--desk", self._login, "--since", str(self._began_ms)),
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        figures: dict[str, object] = json.loads(counted.stdout)
        return figures | {
            "not_shown": sum(1 for text in self._texts if self._shown[text] == 0),
            "shown_twice": sum(1 for text in self._texts if self._shown[text] > 1),
            "seconds": round(self._took_s, 1),
            "shots": self._shots,
        }

    # -- scenes

    async def _sign_in(self) -> None:
        await hands.settle()
        self._shoot("first-run")
        hands.key(
            self._window,
            Qt.Key.Key_N,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
        )
        await until(lambda: hands.open_dialog(SignInDialog), "the sign-in dialog")
        dialog = hands.open_dialog(SignInDialog)
        assert dialog is not None  # noqa: S101 - just seen
        address, login, password = (
            find(dialog, QLineEdit, name) for name in ("Server address", "E-mail", "Password")
        )
        for field, text in ((address, self._stage.url), (login, self._login), (password, self._password)):
            field.clear()
            hands.write(field, text)
        await until(
            lambda: any("reachable" in label.text() for label in dialog.findChildren(QLabel)),
            "the server's answer",
        )
        self._shoot("sign-in", dialog)
        hands.click(find(dialog, QPushButton, "Sign in"))
        await until(lambda: hands.open_dialog(SignInDialog) is None, "being signed in")
        await until(lambda: self._rows() >= 10, "the conversations of the account")
        await until(self._online, "the connection")

    async def _lively_conversations(self) -> list[Conversation]:
        """The newest conversation of each of three customers."""
        await until(lambda: len(self._lively()) >= ROUNDS, "conversations with three customers")
        return self._lively()[:ROUNDS]

    def _lively(self) -> list[Conversation]:
        newest: dict[str, Conversation] = {}
        for row in self._program.reader.first_conversations().rows:
            if row.last is not None:
                newest.setdefault(row.title, row)
        return list(newest.values())

    async def _answer(self, conversation: Conversation, round_number: int) -> None:
        await self._open(conversation.id)
        if round_number == 0:
            self._shoot("conversation")
        for template in ANSWERS:
            text = template.format(number=conversation.order_number)
            await self._press(conversation, text)
            await self._until_accepted(conversation, text, 15)
        if round_number == 0:
            self._shoot("answered")

    async def _offline_and_back(self, conversation: Conversation) -> None:
        await self._open(conversation.id)
        await asyncio.get_running_loop().run_in_executor(None, self._stage.stop_server)
        await until(lambda: not self._online(), "the loss of the connection")
        for template in OFFLINE:
            await self._press(conversation, template.format(number=conversation.order_number), offline=True)
        await until(self._window.chat.banner.isVisible, "the banner that tells of the lost connection")
        await hands.settle(10)
        self._shoot("offline")
        await asyncio.get_running_loop().run_in_executor(None, self._stage.start_server)
        self._program.desk.retry_now()
        for template in OFFLINE:
            text = template.format(number=conversation.order_number)
            await self._until_accepted(conversation, text, 30)
        await until(self._online, "the connection again")
        await hands.settle(10)
        self._shoot("back-online")

    async def _wait_for_customers(self) -> None:
        hands.write(self._edit(), DRAFT)
        await until(lambda: self._received() >= RECEIVED, f"{RECEIVED} messages of customers", 30)
        self._shoot("draft")

    async def _look_around(self, conversation: Conversation) -> None:
        await self._open(conversation.id)
        self._program.theme.set_mode(ThemeMode.DARK)
        await hands.settle()
        self._shoot("dark")
        self._program.theme.set_mode(ThemeMode.LIGHT)
        for width in (900, 540):
            self._window.resize(width, 820)
            await hands.settle()
            self._shoot(f"width-{width}")
        self._window.resize(1280, 820)
        await hands.settle()

    # -- hands

    async def _open(self, conversation: ConversationId) -> None:
        self._window.open_conversation(conversation)
        await until(lambda: self._window.chat.conversation_id() == conversation, "the conversation")
        await hands.settle()

    async def _press(self, conversation: Conversation, text: str, *, offline: bool = False) -> None:
        """Type a text, note the press, press Enter, and wait until the composer has let go of it."""
        edit = self._edit()
        hands.click(edit.viewport())
        hands.write(edit, text)
        order = self._program.reader.order(conversation.order_id) if conversation.order_id else None
        press = {
            "text": text,
            "conversation": order.remote_id if order else "",
            "pressed_at": int(time.time() * 1000),
            "offline": offline,
        }
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(press) + "\n")
        self._texts.append(text)
        hands.key(edit, Qt.Key.Key_Return)
        await until(lambda: not edit.toPlainText(), "the composer letting go of a text")

    async def _until_accepted(self, conversation: Conversation, text: str, timeout_s: float) -> None:
        await until(lambda: self._accepted(conversation.id, text), "the tick of a message", timeout_s)

    def _edit(self) -> QPlainTextEdit:
        return find(self._window.chat, QPlainTextEdit)

    # -- eyes

    def _online(self) -> bool:
        accounts = self._program.reader.accounts().rows
        statuses = [self._program.feed.status_of(account.id) for account in accounts]
        return any(status is not None and status.connection is ConnectionState.ONLINE for status in statuses)

    def _rows(self) -> int:
        return len(self._program.reader.first_conversations().rows)

    def _newest(self, conversation: ConversationId) -> tuple[Message, ...]:
        return self._program.reader.newest_page(conversation).messages

    def _accepted(self, conversation: ConversationId, text: str) -> bool:
        settled = {DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ}
        return any(m.text == text and m.own and m.state in settled for m in self._newest(conversation))

    def _received(self) -> int:
        """Messages of others since the journey began, as the client's own database has them."""
        rows = self._program.reader.first_conversations().rows
        return sum(
            1
            for row in rows
            for message in self._newest(row.id)
            if not message.own and message.sender_id and message.sent_at_us >= self._began_ms * 1000
        )

    def _count_shown(self, conversations: list[Conversation]) -> Counter[str]:
        """How often each text stands in the client's own database."""
        shown: Counter[str] = Counter()
        for conversation in conversations:
            page: Page = self._program.reader.newest_page(conversation.id)
            while True:
                shown.update(message.text for message in page.messages if message.own)
                if not page.has_older or not page.messages:
                    break
                first = page.messages[0]
                page = self._program.reader.older_page(conversation.id, (first.cursor, first.id))
        return shown

    def _shoot(self, name: str, what: object = None) -> None:
        from PySide6.QtWidgets import QWidget

        widget = what if isinstance(what, QWidget) else self._window
        file = self._out / f"{len(self._shots) + 1:02d}-{name}.png"
        self._shots.append(hands.photograph(widget, file))
