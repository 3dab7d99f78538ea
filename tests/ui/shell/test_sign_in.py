"""Signing in to each platform: what is asked, what is sent, and what a refusal says."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.domain.desk import ServerCheck, SignedIn, SignInRequest
from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.kinds import NoticeCode, Platform
from chatdesk.platforms import registry
from chatdesk.program import describe
from chatdesk.ui.dialogs.credentials import RESEND_S, Way
from chatdesk.ui.dialogs.sign_in import SignInDialog
from chatdesk.ui.refusals import locked_until, sign_in_sentence
from tests.conftest import Ui
from tests.shots import five
from tests.shots.seat import NOON_US, Seat
from tests.ui.shell.conftest import MakeSeat

LEFT = Qt.MouseButton.LeftButton
OMW = "https://omw.example.com"


@pytest.fixture
def seat(make_seat: MakeSeat) -> Seat:
    return make_seat(filled=False)


def opened(seat: Seat, qtbot: QtBot, platform: Platform | None = None, **more: object) -> SignInDialog:
    dialog = SignInDialog(seat.context, **more)  # type: ignore[arg-type]
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.open()
    if platform is not None:
        QTest.mouseClick(dialog.chip(platform), LEFT)
    return dialog


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


def requests(seat: Seat) -> list[SignInRequest]:
    return [call[0] for call in seat.engines.asked("sign_in")]


class TestForms:
    @pytest.mark.parametrize("platform", Platform)
    def test_each_platform_asks_for_what_it_needs(
        self, ui: Ui, qtbot: QtBot, seat: Seat, platform: Platform
    ) -> None:
        """Role, code by phone and settings are there exactly where the platform has them; a request goes."""
        entries = tuple(describe(plugin) for plugin in registry.PLUGINS)
        entry = next(one for one in entries if one.platform is platform)
        context = msgspec.structs.replace(seat.context, platforms=entries)

        async def main() -> None:
            dialog = SignInDialog(context)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
            qtbot.addWidget(dialog)
            dialog.open()
            dialog.chip(platform).click()
            form = dialog.credentials
            assert dialog.platform() is platform
            assert form.role.isVisible() is bool(entry.sign_in.roles)
            assert form.ways.isVisible() is entry.sign_in.otp
            assert dialog.more.isVisible() is bool(entry.settings)
            assert not dialog.settings.isVisible(), "only under More"
            assert str(entry.default_port) in dialog.address.edit.placeholderText()
            QTest.keyClicks(dialog.address.edit, f"https://{platform.value}.example.com")
            QTest.keyClicks(form.login, "desk@northline.example")
            QTest.keyClicks(form.password, "pw")
            QTest.keyClick(form.password, Qt.Key.Key_Return)
            await ui.until(lambda: requests(seat))
            request = requests(seat)[0]
            assert request.platform is platform
            assert request.role == (entry.sign_in.roles[0][0] if entry.sign_in.roles else "")
            assert (request.otp, request.settings) == ("", {})
            dialog.reject()

        ui.run(main())

    def test_another_role(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """The role that is chosen by keyboard goes along; its words are not the platform's."""

        async def main() -> None:
            dialog = opened(seat, qtbot, Platform.OMW)
            form = dialog.credentials
            assert [form.role.itemText(n) for n in range(2)] == ["Worker", "Customer"]
            form.role.setFocus()
            QTest.keyClick(form.role, Qt.Key.Key_Down)
            QTest.keyClicks(dialog.address.edit, OMW)
            QTest.keyClicks(form.login, "c@northline.example")
            QTest.keyClicks(form.password, "pw")
            dialog.submit()
            await ui.until(lambda: requests(seat))
            assert requests(seat)[0].role == "customer"
            dialog.reject()

        ui.run(main())

    def test_settings_go_along(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Only what is not as usual is sent; the connection is tested with it again."""
        seat.engines.checks = {OMW: ServerCheck(reachable=True, latency_ms=5)}

        async def main() -> None:
            dialog = opened(seat, qtbot, Platform.OMW)
            QTest.keyClicks(dialog.address.edit, OMW)
            await ui.until(lambda: dialog.address.result())
            QTest.mouseClick(dialog.more, LEFT)
            prefix = dialog.settings.control("api_prefix")
            assert isinstance(prefix, QLineEdit)
            assert prefix.text() == "/api"
            prefix.selectAll()
            QTest.keyClicks(prefix, "/omw/api")
            await ui.until(
                lambda: ("check_server", Platform.OMW, OMW, {"api_prefix": "/omw/api"}) in seat.engines.calls
            )
            QTest.keyClicks(dialog.credentials.login, "w@northline.example")
            QTest.keyClicks(dialog.credentials.password, "pw")
            dialog.submit()
            await ui.until(lambda: requests(seat))
            assert requests(seat)[0].settings == {"api_prefix": "/omw/api"}
            dialog.reject()

        ui.run(main())

    def test_changing_the_platform(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """What was typed stays where it makes sense; the address is tested anew for the other platform."""

        async def main() -> None:
            dialog = opened(seat, qtbot)
            QTest.keyClicks(dialog.address.edit, "https://x.example.com")
            QTest.keyClicks(dialog.credentials.login, "desk@northline.example")
            await ui.until(lambda: seat.engines.asked("check_server"))
            dialog.chip(Platform.DISPATCHER).setFocus(Qt.FocusReason.TabFocusReason)
            QTest.keyClick(dialog.chip(Platform.DISPATCHER), Qt.Key.Key_Right)
            QTest.keyClick(focused(), Qt.Key.Key_Space)
            assert dialog.platform() is Platform.MARKETPLACE
            assert dialog.credentials.login.text() == "desk@northline.example"
            assert dialog.credentials.password.text() == ""
            await ui.until(lambda: seat.engines.asked("check_server")[-1][0] is Platform.MARKETPLACE)

        ui.run(main())

    def test_tab_goes_from_top_to_bottom(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """The keyboard visits the fields as they are seen, after a change of platform too."""

        async def main() -> None:
            dialog = opened(seat, qtbot, Platform.OMW)
            dialog.activateWindow()
            await ui.until(dialog.isActiveWindow)
            form = dialog.credentials
            dialog.address.edit.setFocus(Qt.FocusReason.TabFocusReason)
            visited = []
            for _ in range(8):
                QTest.keyClick(focused(), Qt.Key.Key_Tab)
                visited.append(focused())
            wanted = [form.role, form.login, form.password, dialog.more, dialog.keep]
            assert [one for one in visited if one in wanted] == wanted

        ui.run(main())


class TestCode:
    def test_a_code_by_phone(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """The code is asked for, another one only after a while; the code signs in without a password."""

        async def main() -> None:
            dialog = opened(seat, qtbot, Platform.OMW)
            form = dialog.credentials
            form.use_way(Way.CODE)
            assert not form.password.isVisible()
            assert not form.role.isVisible(), "the server knows whose phone it is"
            assert form.login.accessibleName() == "Phone number"
            assert not form.send_code.isEnabled(), "nowhere to ask yet"
            QTest.keyClicks(dialog.address.edit, OMW)
            QTest.keyClicks(form.login, "+15550100")
            assert form.send_code.isEnabled()
            QTest.mouseClick(form.send_code, LEFT)
            await ui.until(lambda: "on its way" in form.code_words())
            assert seat.engines.asked("ask_for_otp") == [(Platform.OMW, OMW, "+15550100")]
            assert not form.send_code.isEnabled()
            assert form.send_code.text() == "Send again in 1 min"
            assert RESEND_S == 60
            form._wait(1)
            await ui.until(lambda: form.send_code.text() == "Send again")
            assert form.send_code.isEnabled()
            assert not dialog.button.isEnabled()
            QTest.keyClicks(form.code, "123 456")
            QTest.keyClick(form.code, Qt.Key.Key_Return)
            await ui.until(lambda: requests(seat))
            request = requests(seat)[0]
            assert (request.otp, request.password, request.login) == ("123456", "", "+15550100")
            assert request.role == "", "nobody has chosen one"
            dialog.reject()
            assert form.code.text() == "", "a code does not stay in the field"

        ui.run(main())

    def test_no_code_is_said(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Why no code was sent stands beside it, with how long to wait; a wrong code says what helps."""
        seat.engines.codes = {
            "+1": SignInRefused(NoticeCode.RATE_LIMITED, "Too many codes", retry_after_s=300)
        }
        seat.engines.on_sign_in = lambda _request: SignInRefused(NoticeCode.AUTH_FAILED)

        async def main() -> None:
            dialog = opened(seat, qtbot, Platform.OMW)
            form = dialog.credentials
            form.use_way(Way.CODE)
            QTest.keyClicks(dialog.address.edit, OMW)
            QTest.keyClicks(form.login, "+1")
            QTest.mouseClick(form.send_code, LEFT)
            await ui.until(lambda: "No code was sent" in form.code_words())
            assert "Too many codes" in form.code_words()
            assert form.send_code.text() == "Send again in 5 min"
            QTest.keyClicks(form.code, "000000")
            dialog.submit()
            await ui.until(dialog.refusal)
            assert dialog.refusal() == "The code is wrong or no longer valid. Have another one sent."
            dialog.reject()

        ui.run(main())


class TestAgain:
    def test_the_seat_is_kept(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """Who signs in again does so in the same role, with the settings as they are."""
        account = five.add(seat.store, Platform.OMW, role="customer", seat="customer")
        seat.store.set_account_settings(account.id, {"keep_completed": "yes"}).result(10)
        account = seat.store.accounts().result(10).rows[0]
        seat.engines.on_sign_in = lambda _request: SignedIn(account=account, token_kept=True)

        async def main() -> None:
            dialog = opened(seat, qtbot, account=account)
            form = dialog.credentials
            await ui.until(lambda: QApplication.focusWidget() is form.password)
            assert form.role.currentText() == "Customer"
            assert not form.role.isEnabled()
            QTest.keyClicks(form.password, "pw")
            QTest.keyClick(form.password, Qt.Key.Key_Return)
            await ui.until(lambda: requests(seat))
            request = requests(seat)[0]
            assert request.role == "customer"
            assert request.settings == {"keep_completed": "yes"}

        ui.run(main())


@pytest.mark.parametrize(
    ("code", "said", "wait_s", "wanted"),
    [
        (NoticeCode.LOCKED, "Too many login attempts", 3_540, "Try again in 59 min, at 11:41."),
        (NoticeCode.LOCKED, "", None, "Wait, then try again."),
        (NoticeCode.FORBIDDEN, "Your account is pending admin approval", None, "staff have approved"),
        (
            NoticeCode.FORBIDDEN,
            "Account is deactivated. Please contact support.",
            None,
            "switch the account on",
        ),
        (NoticeCode.FORBIDDEN, "Please verify your email address", None, "confirm the address"),
        (
            NoticeCode.FORBIDDEN,
            "Access denied for role worker. User has role(s): customer",
            None,
            "another role",
        ),
        (NoticeCode.FORBIDDEN, "", None, "does not let this account in"),
        (NoticeCode.OFFLINE, "", None, "Check the address"),
        (NoticeCode.SERVER_ERROR, "", None, "Nothing was changed"),
    ],
)
def test_refusals_say_the_next_step(code: NoticeCode, said: str, wait_s: float | None, wanted: str) -> None:
    """What happened, what the server said, and what to do about it."""
    sentence = sign_in_sentence(SignInRefused(code, said, wait_s), NOON_US)
    assert wanted in sentence
    assert said.rstrip(".") in sentence
    assert ".." not in sentence


def test_a_long_lock_names_the_day(british: None) -> None:
    """A lock that ends on another day says which."""
    assert locked_until(NOON_US + 30 * 3_600_000_000, NOON_US) != locked_until(
        NOON_US + 6 * 3_600_000_000, NOON_US
    )
