"""The dialogs: signing in, the outbox, settings, keys, and trouble at the start."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from chatdesk.domain.desk import ServerCheck, SignedIn, SignInRequest
from chatdesk.domain.errors import (
    DamagedDatabase,
    DiskTrouble,
    ForeignDatabase,
    NewerDatabase,
    ProfileInUse,
    SignInRefused,
)
from chatdesk.domain.kinds import DeliveryState, NoticeCode, ParkReason, Platform
from chatdesk.domain.outbox import PersonSchedules
from chatdesk.ui.dialogs.edit_text import EditTextDialog
from chatdesk.ui.dialogs.outbox import OutboxDialog
from chatdesk.ui.dialogs.settings import SettingsDialog
from chatdesk.ui.dialogs.shortcuts import ShortcutsDialog
from chatdesk.ui.dialogs.sign_in import SignInDialog
from chatdesk.ui.dialogs.trouble import TroubleWindow
from chatdesk.ui.i18n import coming_time
from chatdesk.ui.outbox import Column
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion
from chatdesk.ui.preferences import ENTER_SENDS
from chatdesk.ui.theme import Theme, ThemeMode
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import Seat
from tests.ui.shell.conftest import MakeSeat

LEFT = Qt.MouseButton.LeftButton
GOOD = "https://dispatch.example.com"


def sign_in_dialog(seat: Seat, qtbot: QtBot, **more: object) -> SignInDialog:
    dialog = SignInDialog(seat.context, **more)  # type: ignore[arg-type]
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


class TestAddress:
    @pytest.mark.parametrize(
        ("typed", "usable", "words"),
        [
            (GOOD, GOOD, "Testing the connection…"),
            ("dispatch.example.com", GOOD, "Testing the connection…"),
            ("http://127.0.0.1:8443", "http://127.0.0.1:8443", "Testing the connection…"),
            ("http://localhost:9", "http://localhost:9", "Testing the connection…"),
            ("http://dispatch.example.com", None, "This address is not encrypted (http)."),
            ("ftp://dispatch.example.com", None, "The address must begin with https://"),
            ("https://", None, "The address has no server name."),
            ("https://a b", None, "This is not a server name."),
            ("https://me:pw@dispatch.example.com", None, "Leave out name and password"),
            (GOOD + "/api?x=1", None, "Only the server is needed"),
            (GOOD + ":99999", None, "The port must be a number"),
            ("", None, ""),
        ],
    )
    def test_is_checked_while_typing(
        self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat, typed: str, usable: str | None, words: str
    ) -> None:
        """https, and http to this machine, are tested; all else is explained and not contacted."""
        seat = make_seat(filled=False)

        async def main() -> None:
            dialog = sign_in_dialog(seat, qtbot)
            field = dialog.address
            QTest.keyClicks(field.edit, typed)
            address = field.usable()
            assert (address.url if address else None) == usable
            assert seat.engines.asked("check_server") == [], "not at every key"
            QTest.keyClick(field.edit, Qt.Key.Key_Tab)
            await ui.until(lambda: field.verdict().startswith(words))
            assert field.edit.accessibleDescription() == field.verdict()
            await ui.until(lambda: bool(seat.engines.asked("check_server")) == bool(usable))
            await asyncio.sleep(0.02)
            asked = seat.engines.asked("check_server")
            assert asked == ([(Platform.DISPATCHER, usable)] if usable else [])

        ui.run(main())

    def test_plain_http_takes_one_consent(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """Over plain http nothing is contacted before the box is ticked; another address takes it back."""
        seat = make_seat(filled=False)

        async def main() -> None:
            dialog = sign_in_dialog(seat, qtbot)
            field = dialog.address
            assert not field.consent.isVisible()
            QTest.keyClicks(field.edit, "http://10.0.0.7:8080")
            assert field.consent.isVisible()
            await ui.until(lambda: "not encrypted" in field.verdict())
            assert seat.engines.asked("check_server") == []
            QTest.mouseClick(field.consent, LEFT, pos=field.consent.rect().center() * 0.2)
            assert field.consent.isChecked()
            await ui.until(lambda: seat.engines.asked("check_server"))
            QTest.keyClicks(field.edit, "1")
            assert not field.consent.isChecked()
            assert field.usable() is None

        ui.run(main())

    def test_the_result_is_said(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """The test says what it found and how long it took, for the address as it is now."""
        seat = make_seat(filled=False)
        seat.engines.checks = {
            GOOD: ServerCheck(reachable=True, latency_ms=41),
            "https://dispatch.example.co": ServerCheck(reachable=False, problem="not_this_platform"),
            "https://dispatch.example": OSError("no route"),
        }

        async def main() -> None:
            dialog = sign_in_dialog(seat, qtbot)
            field = dialog.address
            QTest.keyClicks(field.edit, GOOD)
            await ui.until(lambda: field.verdict() == "● reachable, 41 ms")
            QTest.keyClick(field.edit, Qt.Key.Key_Backspace)
            assert field.verdict() == "", "what was found of another address is gone"
            await ui.until(lambda: "not a server of this platform" in field.verdict())
            for _ in range(3):
                QTest.keyClick(field.edit, Qt.Key.Key_Backspace)
            await ui.until(lambda: "could not be tested" in field.verdict())
            assert field.usable() is not None, "an untested server may still be tried"

        ui.run(main())


class TestSignIn:
    def test_success(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """By keyboard alone: what was typed is asked for, the dialog closes and forgets the password."""
        seat.engines.on_sign_in = lambda _request: SignedIn(account=seat.account, token_kept=True)

        async def main() -> None:
            dialog = sign_in_dialog(seat, qtbot)
            assert not dialog.button.isEnabled()
            done: list[object] = []
            dialog.signed_in.connect(done.append)
            QTest.keyClicks(dialog.address.edit, "dispatch.example.com")
            QTest.keyClicks(dialog.credentials.login, " desk@northline.example ")
            assert not dialog.button.isEnabled()
            QTest.keyClicks(dialog.credentials.password, " pass word ")
            assert dialog.button.isEnabled()
            QTest.keyClick(dialog.credentials.password, Qt.Key.Key_Return)
            await ui.until(lambda: done)
            assert not dialog.isVisible()
            assert dialog.credentials.password.text() == "", "the password does not stay in the field"
            assert seat.engines.asked("sign_in") == [
                (
                    SignInRequest(
                        platform=Platform.DISPATCHER,
                        server_url=GOOD,
                        login="desk@northline.example",
                        password=" pass word ",
                    ),
                )
            ]

        ui.run(main())

    def test_refusal_is_said_in_words(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """The server's reason stands under the password, selected for another try; typing clears it."""
        seat = make_seat(filled=False)
        seat.engines.on_sign_in = lambda _request: SignInRefused(
            NoticeCode.AUTH_FAILED, "the e-mail or password is wrong. 1 of 5 tries before it locks."
        )

        async def main() -> None:
            dialog = sign_in_dialog(seat, qtbot)
            QTest.keyClicks(dialog.address.edit, GOOD)
            QTest.keyClicks(dialog.credentials.login, "desk@northline.example")
            QTest.keyClicks(dialog.credentials.password, "wrong")
            QTest.mouseClick(dialog.button, LEFT)
            QTest.mouseClick(dialog.button, LEFT)
            await ui.until(dialog.refusal)
            assert dialog.refusal().startswith("The server says: the e-mail or password is wrong.")
            assert dialog.isVisible()
            assert dialog.button.isEnabled()
            assert dialog.button.text() == "Sign in"
            assert dialog.credentials.password.hasSelectedText()
            assert dialog.credentials.password.property("invalid") is True
            assert len(seat.engines.asked("sign_in")) == 1
            QTest.keyClicks(dialog.credentials.password, "x")
            assert dialog.refusal() == ""

        ui.run(main())

    def test_other_trouble_is_worded(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """A full disk while signing in is told like any other trouble."""
        seat = make_seat(filled=False)
        seat.engines.on_sign_in = lambda _request: DiskTrouble("full")

        async def main() -> None:
            dialog = sign_in_dialog(seat, qtbot)
            QTest.keyClicks(dialog.address.edit, GOOD)
            QTest.keyClicks(dialog.credentials.login, "a@b.example")
            QTest.keyClicks(dialog.credentials.password, "pw")
            QTest.keyClick(dialog.credentials.password, Qt.Key.Key_Return)
            await ui.until(dialog.refusal)
            assert "Free some space" in dialog.refusal()

        ui.run(main())

    def test_renewal_asks_for_the_password_only(self, ui: Ui, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """Server and e-mail are fixed, a given consent still holds, and the keyboard is in the password."""
        seat = make_seat(filled=False)
        account = scene.add_account(
            seat.store, server_url="http://dispatch.example.com", plain_http_consent=True
        )

        async def main() -> None:
            dialog = sign_in_dialog(seat, qtbot, account=account)
            assert dialog.windowTitle() == "Sign in again"
            assert dialog.address.edit.isReadOnly()
            assert dialog.credentials.login.isReadOnly()
            await ui.until(lambda: QApplication.focusWidget() is dialog.credentials.password)
            QTest.keyClicks(dialog.credentials.password, "pw")
            dialog.keep.setChecked(False)
            QTest.keyClick(dialog.credentials.password, Qt.Key.Key_Return)
            await ui.until(lambda: seat.engines.asked("sign_in"))
            request = seat.engines.asked("sign_in")[0][0]
            assert request.plain_http_consent
            assert not request.keep_token
            assert request.login == account.login
            assert dialog.button.text() == "Signing in…"
            assert not dialog.button.isEnabled()
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
            assert not dialog.isVisible()

        ui.run(main())

    def test_the_password_is_never_shown(self, qtbot: QtBot, make_seat: MakeSeat) -> None:
        """The password field hides what is typed, and the request hides it from logs."""
        dialog = sign_in_dialog(make_seat(filled=False), qtbot)
        assert dialog.credentials.password.echoMode() is QLineEdit.EchoMode.Password
        request = SignInRequest(
            platform=Platform.DISPATCHER, server_url=GOOD, login="a@b.example", password="hunter2"
        )
        assert "hunter2" not in repr(request)


class TestOutbox:
    def test_lists_everything(self, ui: Ui, qtbot: QtBot, seat: Seat, qtmodeltester: ModelTester) -> None:
        """What, to whom, state, age and next step of each item, in words; kept as the store changes."""
        scene.press(seat.store, seat.day, "10482", "The escort meets you at the Elk Grove scale.")
        scene.make_uncertain(seat.store, seat.day, "10471", "See you Monday")
        scene.make_parked(seat.store, seat.day, "10466", "Final invoice attached")
        seat.clock.at_us += 12 * scene.MINUTE_US

        async def main() -> None:
            model = seat.outbox()
            qtmodeltester.check(model)  # type: ignore[no-untyped-call]
            await ui.until(lambda: model.rowCount() == 3)
            qtmodeltester.check(model)  # type: ignore[no-untyped-call]
            rows = [[str(model.index(r, c).data()) for c in range(len(Column))] for r in range(3)]
            assert rows == [
                [
                    "The escort meets you at the Elk Grove scale.",
                    "Northline Transport · #10482",
                    "◷ queued",
                    "12 min",
                    "when online",
                ],
                ["See you Monday", "Quarry & Stone · #10471", "? uncertain", "12 min", "checked when online"],
                [
                    "Final invoice attached",
                    "Lakeside Cranes · #10466",
                    "! chat closed",
                    "12 min",
                    "yours to decide",
                ],
            ]
            assert (model.waiting(), model.queued_messages(), model.undecided()) == (3, 1, 2)
            seat.engines.tell(seat.day.online())
            await ui.until(lambda: model.index(0, Column.NEXT).data() == "next")
            scene.press(seat.store, seat.day, "10482", "And one more")
            await ui.until(lambda: model.rowCount() == 4)
            assert model.row_of(model.items()[3].id) == 3
            assert "Your text is safe" in str(model.index(2, 0).data(Qt.ItemDataRole.ToolTipRole))
            assert model.index(1, 2).data(Qt.ItemDataRole.AccessibleTextRole) == "State: ? uncertain"

        ui.run(main())

    def test_actions_fit_the_state(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Each state offers exactly what the state machine can do with it."""
        scene.press(seat.store, seat.day, "10482", "queued")
        scene.make_uncertain(seat.store, seat.day, "10471", "uncertain")
        scene.make_parked(seat.store, seat.day, "10466", "parked")

        async def main() -> None:
            dialog = await self._open(ui, qtbot, seat, 3)
            offered: dict[str, set[str]] = {}
            for row in range(3):
                dialog.view.selectRow(row)
                item = dialog.selected()
                assert item is not None
                offered[item.text] = {b.text() for b, _can in dialog._offers if b.isVisibleTo(dialog)}
            assert offered == {
                "queued": {"Retry", "Send first", "Edit…", "Cancel sending"},
                "uncertain": {"Check", "Send again", "Copy text", "Discard…"},
                "parked": {"Retry", "Write elsewhere…", "Copy text", "Discard…"},
            }
            assert "Your text is safe here" in dialog.explanation()

        ui.run(main())

    def test_all_that_failed_are_sent_again_at_once(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """One press for every parked message, in the order of pressing; uncertain ones are left alone."""
        scene.make_parked(seat.store, seat.day, "10466", "one", ParkReason.FORBIDDEN)
        scene.make_uncertain(seat.store, seat.day, "10471", "which?")
        scene.make_parked(seat.store, seat.day, "10466", "two", ParkReason.FORBIDDEN)

        async def main() -> None:
            dialog = await self._open(ui, qtbot, seat, 3)
            assert dialog.retry_all.text() == "Retry all 2"
            QTest.mouseClick(dialog.retry_all, LEFT)
            await ui.until(lambda: self._state(dialog, "two") is DeliveryState.QUEUED)
            assert self._state(dialog, "one") is DeliveryState.QUEUED
            assert self._state(dialog, "which?") is DeliveryState.UNCERTAIN
            assert dialog.retry_all.isHidden()

        ui.run(main())

    def test_one_can_be_sent_first_and_a_scheduled_one_now(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Urgency is shown, and can be taken back; a chosen time is shown, and can be given up."""
        scene.press(seat.store, seat.day, "10482", "quick")
        talk = scene.press(seat.store, seat.day, "10471", "at nine")
        due_us = talk.created_at_us + 90_000_000_000
        seat.store.advance(talk.id, PersonSchedules(due_us)).result(scene.WAIT_S)

        async def main() -> None:
            dialog = await self._open(ui, qtbot, seat, 2)
            self._select(dialog, "quick")
            QTest.mouseClick(dialog.urgent, LEFT)
            await ui.until(lambda: dialog.urgent.text() == "Not first")
            assert {one.text for one in dialog._model.items() if one.urgent} == {"quick"}
            QTest.mouseClick(dialog.urgent, LEFT)
            await ui.until(lambda: dialog.urgent.text() == "Send first")
            assert not any(one.urgent for one in dialog._model.items())
            self._select(dialog, "at nine")
            row = dialog.view.currentIndex().row()
            shown = dialog._model.index(row, Column.NEXT).data()
            assert shown == coming_time(due_us, seat.context.clock.now_us())
            assert dialog.urgent.isHidden()
            QTest.mouseClick(dialog.now, LEFT)
            await ui.until(lambda: not any(one.not_before_us for one in dialog._model.items()))

        ui.run(main())

    def test_actions_act(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Cancel takes back, Edit changes the text and queues, Check asks the engine, Copy copies."""
        scene.press(seat.store, seat.day, "10482", "take me back")
        scene.make_uncertain(seat.store, seat.day, "10471", "look for me")
        scene.make_parked(seat.store, seat.day, "10466", "too long", ParkReason.TOO_LONG)

        async def main() -> None:
            dialog = await self._open(ui, qtbot, seat, 3)
            self._select(dialog, "look for me")
            QTest.mouseClick(dialog.check, LEFT)
            await ui.until(lambda: seat.engines.asked("check_uncertain"))
            self._select(dialog, "too long")
            QTest.mouseClick(dialog.copy, LEFT)
            assert QGuiApplication.clipboard().text() == "too long"
            QTest.mouseClick(dialog.edit, LEFT)
            editor = dialog.findChild(EditTextDialog)
            assert editor is not None
            editor.edit.setPlainText("   ")
            assert not editor.save.isEnabled(), "nothing to read in it"
            editor.edit.setPlainText("short")
            QTest.mouseClick(editor.save, LEFT)
            await ui.until(lambda: self._state(dialog, "short") is DeliveryState.QUEUED)
            self._select(dialog, "take me back")
            QTest.mouseClick(dialog.cancel, LEFT)
            await ui.until(lambda: dialog._model.rowCount() == 2)
            assert {item.text for item in dialog._model.items()} == {"look for me", "short"}

        ui.run(main())

    def test_what_can_not_be_undone_is_asked(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Discard and Send again ask first; Keep it keeps it."""
        scene.make_uncertain(seat.store, seat.day, "10471", "maybe twice")
        scene.make_parked(seat.store, seat.day, "10466", "let go")

        async def main() -> None:
            dialog = await self._open(ui, qtbot, seat, 2)
            self._select(dialog, "let go")
            QTest.mouseClick(dialog.discard, LEFT)
            self._answer(dialog, Answer.NO)
            await asyncio.sleep(0.05)
            assert dialog._model.rowCount() == 2
            QTest.mouseClick(dialog.discard, LEFT)
            self._answer(dialog, Answer.YES)
            await ui.until(lambda: dialog._model.rowCount() == 1)
            self._select(dialog, "maybe twice")
            QTest.mouseClick(dialog.send_again, LEFT)
            self._answer(dialog, Answer.YES)
            await ui.until(lambda: self._state(dialog, "maybe twice") is DeliveryState.QUEUED)

        ui.run(main())

    def test_too_late_is_told(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """An item that has moved on meanwhile says so instead of doing something else."""
        item = scene.press(seat.store, seat.day, "10482", "too late")

        async def main() -> None:
            dialog = await self._open(ui, qtbot, seat, 1)
            dialog._do("send again", seat.desk.send_again(item.id))
            await ui.until(lambda: dialog.explanation().startswith("That is not possible now."))

        ui.run(main())

    def test_empty_and_opening(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Enter opens the conversation of an item; when nothing waits any more, that is said."""
        scene.press(seat.store, seat.day, "10482", "last one")

        async def main() -> None:
            dialog = await self._open(ui, qtbot, seat, 1)
            asked: list[int] = []
            dialog.conversation_asked.connect(asked.append)
            dialog.view.setFocus()
            QTest.keyClick(dialog.view, Qt.Key.Key_Return)
            assert asked == [seat.day.talk("10482")]
            assert not dialog.is_empty()
            QTest.mouseClick(dialog.cancel, LEFT)
            await ui.until(dialog.is_empty)

        ui.run(main())

    async def _open(self, ui: Ui, qtbot: QtBot, seat: Seat, rows: int) -> OutboxDialog:
        model = seat.outbox()
        await ui.until(lambda: model.rowCount() == rows)
        dialog = OutboxDialog(seat.context, model)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        model.setParent(dialog)
        qtbot.addWidget(dialog)
        dialog.open()
        return dialog

    @staticmethod
    def _select(dialog: OutboxDialog, text: str) -> None:
        row = next(r for r in range(dialog._model.rowCount()) if dialog._model.items()[r].text == text)
        dialog.view.selectRow(row)

    @staticmethod
    def _state(dialog: OutboxDialog, text: str) -> DeliveryState | None:
        return next((item.state for item in dialog._model.items() if item.text == text), None)

    @staticmethod
    def _answer(dialog: OutboxDialog, answer: Answer) -> None:
        question = next(q for q in dialog.findChildren(PlainQuestion) if q.isVisible())
        QTest.mouseClick(question.button(answer), LEFT)


class TestOthers:
    def test_settings_take_effect_at_once(self, qtbot: QtBot, seat: Seat) -> None:
        """Theme, text size and the sending key change when chosen, and follow changes from elsewhere."""
        dialog = SettingsDialog(seat.context)
        qtbot.addWidget(dialog)
        dialog.open()
        for box, key, value in (
            (dialog.mode, "theme", ThemeMode.DARK),
            (dialog.zoom, "zoom", 1.25),
            (dialog.enter, "enter", False),
        ):
            box.setCurrentIndex(box.findData(value))
            box.activated.emit(box.currentIndex())
            assert key
        assert seat.theme.mode is ThemeMode.DARK
        assert seat.theme.zoom == 1.25
        assert seat.preferences.get(ENTER_SENDS) is False
        seat.theme.set_mode(ThemeMode.LIGHT)
        assert dialog.mode.currentData() == ThemeMode.LIGHT
        seat.theme.set_zoom(1.0)

    def test_shortcuts_sheet_closes_with_escape(self, qtbot: QtBot, seat: Seat) -> None:
        """The sheet of keys opens and Escape closes it."""
        dialog = ShortcutsDialog(seat.context)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(dialog)
        dialog.open()
        assert dialog.isVisible()
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (DiskTrouble("ENOSPC"), "Free some space"),
            (ProfileInUse("lock"), "Another window uses this data"),
            (NewerDatabase("9 > 1"), "newer chatdesk"),
            (DamagedDatabase("malformed"), "damaged"),
            (ForeignDatabase("theirs"), "another program"),
        ],
    )
    def test_trouble_window(self, qapp: QApplication, qtbot: QtBot, error: Exception, words: str) -> None:
        """It says what happened and what is safe; the details come on request; both ways out work."""
        window = TroubleWindow(Theme(qapp), error, details="sqlite said: 11")
        qtbot.addWidget(window)
        window.show()
        assert words in window.accessibleName()
        assert "sqlite" not in window.accessibleName()
        assert not window.details.isVisible()
        QTest.mouseClick(window.more, LEFT)
        assert window.details.isVisible()
        assert window.details.toPlainText() == "sqlite said: 11"
        with qtbot.waitSignal(window.retry_asked, timeout=0):
            QTest.mouseClick(window.retry, LEFT)
        with qtbot.waitSignal(window.quit_asked, timeout=0):
            QTest.mouseClick(window.leave, LEFT)

    def test_every_control_has_a_name(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Whoever can't see a dialog hears what each of its controls is."""
        scene.make_parked(seat.store, seat.day, "10466", "x")

        async def main() -> None:
            model = seat.outbox()
            await ui.until(lambda: model.rowCount() == 1)
            dialogs: list[QWidget] = [
                SignInDialog(seat.context),
                OutboxDialog(seat.context, model),
                SettingsDialog(seat.context),
                ShortcutsDialog(seat.context),
                EditTextDialog(seat.context, "Edit", "x"),
                TroubleWindow(seat.theme, DiskTrouble("x")),
            ]
            for dialog in dialogs:
                qtbot.addWidget(dialog)
                dialog.show()
                assert nameless(dialog) == []
            for dialog in dialogs[:-1]:
                dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)

        ui.run(main())


def nameless(root: QWidget) -> list[str]:
    """Controls below `root` that take the keyboard and have no accessible name."""
    found = []
    for widget in root.findChildren(QWidget):
        inner = widget.objectName().startswith("qt_") or widget.parent() is None
        takes = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        # A label that can be copied by keyboard is named by its text.
        name = widget.accessibleName() or (widget.text() if isinstance(widget, PlainLabel) else "")
        if takes and widget.isVisibleTo(root) and not inner and not name:
            found.append(f"{type(widget).__name__} {widget.objectName()}")
    return found
