"""The journey of the demo: five accounts in one window, a customer on each, in about a minute."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from chatdesk.demo import hands
from chatdesk.demo.eyes import Eyes
from chatdesk.demo.hands import find, until
from chatdesk.demo.lines import LINES
from chatdesk.demo.report import Counted, Report, Shown, complete
from chatdesk.demo.seats import Seat
from chatdesk.demo.stage import Stage, own_command
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Conversation
from chatdesk.program import Program
from chatdesk.ui.dialogs.sign_in import SignInDialog
from chatdesk.ui.theme import ThemeMode

SIZE = (1280, 820)
NARROW = (900, 540)
"""Widths at which the window is looked at besides."""
PATIENCE_S = 30.0


class Journey:
    """One journey over one stage. `play` runs inside the program; `report` counts afterwards."""

    def __init__(self, stage: Stage, seats: Sequence[Seat], out: Path) -> None:
        """seats: who signs in where; the first by hand. out: where pictures go."""
        self._stage = stage
        self._seats = tuple(seats)
        self._out = out
        self._log = stage.folder / "presses.jsonl"
        self._began_ms = int(time.time() * 1000)
        self._shots: list[str] = []
        self._talks: dict[Seat, Conversation] = {}
        self._back: set[Seat] = set()
        self._shown: dict[Seat, Shown] = {}
        self._took_s = 0.0

    async def play(self, program: Program) -> int:
        """Play it in the program's window; returns 0, or 1 when something was not to be seen in time."""
        self._program = program
        self._window = program.window
        self._eyes = Eyes(program, self._began_ms)
        began = time.monotonic()
        self._window.resize(*SIZE)
        self._window.activateWindow()
        try:
            await self._sign_in()
            await self._find_customers()
            await self._write(offline=False)
            await self._look_at_answers()
            await self._go_away_and_come_back()
            await self._look_around()
        except hands.NotSeen as missed:
            self._shoot("missed")
            print(f"chatdesk: the journey stopped: {missed}")
            return 1
        self._shown = {seat: self._shown_of(seat) for seat in self._seats}
        self._took_s = time.monotonic() - began
        return 0

    def report(self) -> Report:
        """What arrived, counted by a process of its own from the server's database against the press log."""
        arguments = ["--database", str(self._stage.data), "--presses", str(self._log)]
        arguments += ["--notes", str(self._stage.notes), "--since", str(self._began_ms)]
        for seat in self._seats:
            arguments += ["--desk", f"{seat.platform.value}={seat.login}"]
        counted = subprocess.run(  # noqa: S603 - our own program with arguments of our own
            [*own_command(), "count", *arguments], capture_output=True, timeout=30, check=True
        )
        shown = {seat.platform: what for seat, what in self._shown.items()}
        figures = msgspec.json.decode(counted.stdout, type=Counted)
        return complete(figures, shown, round(self._took_s, 1), self._shots)

    # -- scenes

    async def _sign_in(self) -> None:
        await hands.settle()
        self._shoot("first-run")
        first, *others = self._seats
        await self._sign_in_by_hand(first)
        for seat in others:
            await self._program.desk.sign_in(request(seat, self._stage))
        await self._until_all(self._eyes.is_online, "being connected")
        self._window.activateWindow()

    async def _sign_in_by_hand(self, seat: Seat) -> None:
        modifiers = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        hands.key(self._window, Qt.Key.Key_N, modifiers)
        await until(lambda: hands.open_dialog(SignInDialog), "the sign-in dialog")
        dialog = hands.open_dialog(SignInDialog)
        assert dialog is not None  # noqa: S101 - just seen
        typed = {
            "Server address": self._stage.urls[seat.platform],
            "E-mail": seat.login,
            "Password": seat.password,
        }
        for name, text in typed.items():
            field = find(dialog, QLineEdit, name)
            field.clear()
            hands.write(field, text)
        await until(
            lambda: any("reachable" in label.text() for label in dialog.findChildren(QLabel)),
            "the server's answer",
        )
        self._shoot("sign-in", dialog)
        hands.click(find(dialog, QPushButton, "Sign in"))
        await until(lambda: hands.open_dialog(SignInDialog) is None, "being signed in")

    async def _find_customers(self) -> None:
        """The conversation on each platform in which a customer writes first."""
        for seat in self._seats:
            await self._until_lively(seat)
        await hands.settle()
        self._shoot("five-accounts")

    async def _until_lively(self, seat: Seat) -> None:
        await until(lambda: self._eyes.lively(seat), f"a customer of {seat.platform.value}", PATIENCE_S)
        found = self._eyes.lively(seat)
        assert found is not None  # noqa: S101 - just seen
        self._talks[seat] = found

    async def _write(self, *, offline: bool) -> None:
        for seat, talk in self._talks.items():
            await self._open(talk)
            for text, reference, is_offline in LINES[seat.platform].written():
                if is_offline is offline:
                    await self._press(seat, text, reference, offline=offline)
            if offline:
                await until(self._window.chat.banner.isVisible, "the banner of the lost connection")
                self._shoot(f"offline-{seat.platform.value}")

    async def _look_at_answers(self) -> None:
        """Everything written online has its tick and its answer on each platform, and is read there."""
        for seat, talk in self._talks.items():
            await self._open(talk)
            await self._settled(seat, offline=False)
            await self._until_read(seat)
            self._shoot(seat.platform.value)

    async def _go_away_and_come_back(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self._stage.stop_server)
        await self._until_all(self._eyes.is_away, "being offline")
        await self._write(offline=True)
        await asyncio.get_running_loop().run_in_executor(None, self._stage.start_server)
        self._program.desk.retry_now()
        await self._until_all(self._eyes.is_online, "being connected again")
        await hands.settle()
        self._shoot("back-online")
        for seat in self._talks:
            await self._settled(seat, offline=True)
            self._back.add(seat)

    async def _look_around(self) -> None:
        """A draft; every platform once more in the dark; and narrower."""
        first = self._seats[0]
        await self._open(self._talks[first])
        hands.write(self._edit(), LINES[first.platform].draft)
        await hands.settle()
        self._shoot("draft")
        self._program.theme.set_mode(ThemeMode.DARK)
        for seat, talk in self._talks.items():
            await self._open(talk)
            self._shoot(f"dark-{seat.platform.value}")
        self._program.theme.set_mode(ThemeMode.LIGHT)
        for width in NARROW:
            self._window.resize(width, SIZE[1])
            await hands.settle()
            self._shoot(f"width-{width}")
        self._window.resize(*SIZE)
        await hands.settle()

    # -- hands

    async def _open(self, talk: Conversation) -> None:
        self._window.open_conversation(talk.id)
        await until(lambda: self._window.chat.conversation_id() == talk.id, "the conversation")
        await hands.settle()

    async def _press(self, seat: Seat, text: str, reference: str, *, offline: bool) -> None:
        """Type a text, note the press, press Enter, and wait until the composer has let go of it."""
        edit = self._edit()
        hands.click(edit.viewport())
        hands.write(edit, text)
        press = {
            "platform": seat.platform.value,
            "text": text,
            "conversation": self._eyes.known_as(self._talks[seat]),
            "reference": reference,
            "pressed_at": int(time.time() * 1000),
            "offline": offline,
        }
        with self._log.open("a", encoding="utf-8") as log:
            log.write(json.dumps(press) + "\n")
        hands.key(edit, Qt.Key.Key_Return)
        await until(lambda: not edit.toPlainText(), "the composer letting go of a text")

    async def _settled(self, seat: Seat, *, offline: bool) -> None:
        """Every text of a platform that was written online, or offline, is accepted and answered."""
        where, name = self._talks[seat].id, seat.platform.value
        for text, reference, is_offline in LINES[seat.platform].written():
            if is_offline is offline:
                accepted = partial(self._eyes.is_accepted, where, text)
                await until(accepted, f"the tick of {reference} on {name}", PATIENCE_S)
                answered = partial(self._eyes.is_answered, where, reference)
                await until(answered, f"the answer to {reference} on {name}", PATIENCE_S)

    async def _until_read(self, seat: Seat) -> None:
        where = self._talks[seat].id
        await until(lambda: not self._eyes.unread(where), f"having read {seat.platform.value}")

    async def _until_all(self, seen: Callable[[Seat], bool], what: str) -> None:
        for seat in self._seats:
            await until(partial(seen, seat), f"{seat.platform.value} {what}", PATIENCE_S)

    def _edit(self) -> QPlainTextEdit:
        return find(self._window.chat, QPlainTextEdit)

    # -- eyes

    def _shown_of(self, seat: Seat) -> Shown:
        talk = self._talks[seat]
        times = self._eyes.shown(talk.id)
        texts = [text for text, _reference, _offline in LINES[seat.platform].written()]
        return Shown(
            not_shown=sum(1 for text in texts if times[text] == 0),
            shown_twice=sum(1 for text in texts if times[text] > 1),
            typing_shown=self._eyes.typing_shown(talk.account_id),
            reads_shown=self._eyes.reads_shown(talk.id),
            came_back=seat in self._back,
        )

    def _shoot(self, name: str, widget: QWidget | None = None) -> None:
        file = self._out / f"{len(self._shots) + 1:02d}-{name}.png"
        self._shots.append(hands.photograph(widget or self._window, file))


def request(seat: Seat, stage: Stage) -> SignInRequest:
    """What somebody would type to sign in to a seat."""
    return SignInRequest(
        platform=seat.platform,
        server_url=stage.urls[seat.platform],
        login=seat.login,
        password=seat.password,
        role=seat.role,
    )
