"""The states of the window that are worth a picture, each with what leads to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from chatdesk.domain.desk import ServerCheck
from chatdesk.domain.errors import (
    DamagedDatabase,
    DiskTrouble,
    NewerDatabase,
    ProfileInUse,
    SignInRefused,
)
from chatdesk.domain.kinds import NoticeCode, ParkReason, PresenceState, SignInState
from chatdesk.ui.dialogs.outbox import OutboxDialog
from chatdesk.ui.dialogs.sign_in import SignInDialog
from chatdesk.ui.dialogs.trouble import TroubleWindow
from chatdesk.ui.theme import Theme, ThemeMode
from chatdesk.ui.window import MainWindow
from tests.shots import scene
from tests.shots.camera import Camera
from tests.shots.seat import NOON_US, Seat

Take = Callable[[Camera, str, str, Path], Awaitable[None]]
WIDE, HIGH = 1280, 820


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture. at_every_scale: also at 200 %."""

    take: Take
    at_every_scale: bool = False


PICTURES: dict[str, Picture] = {}


def picture(name: str, *, at_every_scale: bool = False) -> Callable[[Take], Take]:
    """Register a picture under a name."""

    def register(take: Take) -> Take:
        PICTURES[name] = Picture(take, at_every_scale)
        return take

    return register


async def live(camera: Camera, seat: Seat, window: MainWindow, number: str = "10482") -> None:
    """A conversation is open, the account is online, people are there."""
    day = seat.day
    window.open_conversation(day.talk(number))
    window.handlers.focus_first()
    seat.engines.tell(
        day.online(),
        day.presence("10482"),
        day.presence("10471"),
        day.presence("10450"),
        day.presence("10466", PresenceState.OFFLINE),
    )
    await camera.until(lambda: "online" in window.status.state_text(seat.account.id), "being online")
    await camera.until(lambda: window.list.conversations.is_whole, "the whole list")


def main_at(width: int, height: int = HIGH) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme) as seat:
            scene.draft(seat.store, seat.day, "10479", "The copy for Ohio is attached, the")
            async with camera.window(seat, width, height) as window:
                await live(camera, seat, window)
                seat.engines.tell(seat.day.typing("10482"))
                QTest.keyClicks(window.chat.composer.edit, "The escort is booked for 14:00, driver will call")
                await camera.take(window, name)

    return take


for _width in (1280, 900):
    picture(f"main-{_width}", at_every_scale=True)(main_at(_width))
picture("main-700-avatars")(main_at(700))
picture("main-1600")(main_at(1600, 900))


@picture("narrow-540-list", at_every_scale=True)
async def narrow_list(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 540, 760) as window:
        await live(camera, seat, window)
        window.go_back()
        await camera.take(window, name)


@picture("narrow-540-chat")
async def narrow_chat(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 540, 760) as window:
        await live(camera, seat, window)
        await camera.take(window, name)


@picture("narrow-420-order")
async def narrow_order(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 420, 760) as window:
        await live(camera, seat, window)
        window.toggle_panel()
        await camera.take(window, name)


@picture("panel-over-middle-880")
async def panel_middle(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 880, HIGH) as window:
        await live(camera, seat, window)
        window.toggle_panel()
        await camera.take(window, name)


@picture("zoom-150")
async def zoomed(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        seat.theme.set_zoom(1.5)
        async with camera.window(seat, WIDE, HIGH) as window:
            await live(camera, seat, window)
            await camera.take(window, name)
        seat.theme.set_zoom(1.0)


@picture("orders")
async def orders(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, WIDE, HIGH) as window:
        await live(camera, seat, window)
        window.handlers.show_orders()
        await camera.take(window, name)


@picture("two-accounts-plain-http")
async def two_accounts(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:
        account = scene.add_account(
            seat.store, server_url="http://dispatch.example.com", plain_http_consent=True
        )
        seat.scene = scene.fill(seat.store, NOON_US, account=account)
        scene.add_night_desk(seat.store)
        async with camera.window(seat, WIDE, HIGH) as window:
            await live(camera, seat, window)
            await camera.take(window, name)


@picture("message-states", at_every_scale=True)
async def message_states(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        talk = scene.Talk(
            "10490",
            "Northline Transport",
            "processing",
            (
                scene.Line(60, True, "Order #10490 is now Processing", scene.SYSTEM),
                scene.Line(42, True, "Read by the other side"),
                scene.Line(
                    30, False, "Never mind, I see it in the plan: https://plan.example.com/route?id=10490"
                ),
                scene.Line(22, True, "Accepted by the server"),
            ),
            "Gary, IN",
            "Omaha, NE",
            read_ago_min=40,
        )
        day = scene.fill(seat.store, NOON_US, account=seat.account, talks=(talk,))
        scene.make_uncertain(seat.store, day, "10490", "The escort is at the gate.")
        scene.press(seat.store, day, "10490", "Waiting for the connection, behind the one that is uncertain")
        async with camera.window(seat, WIDE, HIGH) as window:
            await live(camera, seat, window, "10482")
            window.open_conversation(day.talk("10490"))
            await camera.take(window, name)


@picture("message-parked")
async def message_parked(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.make_parked(seat.store, seat.day, "10471", "Final invoice attached")
        scene.press(seat.store, seat.day, "10471", "And the permit of Illinois")
        async with camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10471")
            await camera.take(window, name)


@picture("banner-offline", at_every_scale=True)
async def banner_offline(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.press(seat.store, seat.day, "10482", "The escort meets you at the Elk Grove scale at 14:00.")
        scene.press(seat.store, seat.day, "10482", "Driver will call 30 minutes before.")
        async with camera.window(seat, WIDE, HIGH) as window:
            await live(camera, seat, window)
            seat.engines.tell(seat.day.offline())
            await camera.until(lambda: window.chat.banner.isVisible(), "the banner")
            await camera.take(window, name)


@picture("banner-offline-narrow")
async def banner_narrow(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.press(seat.store, seat.day, "10482", "The escort meets you at the Elk Grove scale at 14:00.")
        async with camera.window(seat, 480, 700) as window:
            await live(camera, seat, window)
            seat.engines.tell(seat.day.offline())
            await camera.until(lambda: window.chat.banner.isVisible(), "the banner")
            await camera.take(window, name)


@picture("banner-sign-in")
async def banner_sign_in(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, WIDE, HIGH) as window:
        await live(camera, seat, window)
        ended = msgspec.structs.replace(
            seat.day.offline(None), sign_in=SignInState.NEEDS_PASSWORD, reason="Token has expired."
        )
        seat.engines.tell(ended)
        await camera.until(lambda: window.chat.banner.isVisible(), "the banner")
        await camera.take(window, name)


@picture("banner-keyring")
async def banner_keyring(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        await live(camera, seat, window)
        seat.engines.tell(msgspec.structs.replace(seat.day.online(), token_kept=False))
        await camera.until(lambda: window.chat.banner.isVisible(), "the banner")
        await camera.take(window, name)


@picture("banner-disk")
async def banner_disk(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        await live(camera, seat, window)
        seat.context.troubles.report("save draft", DiskTrouble("full"))
        await camera.take(window, name)


@picture("first-run", at_every_scale=True)
async def first_run(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat, camera.window(seat, 1000, 640) as window:
        await camera.take(window, name)


@picture("no-conversations")
async def no_conversations(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:
        scene.add_account(seat.store)
        async with camera.window(seat, 1000, 640) as window:
            await camera.take(window, name)


@picture("none-chosen")
async def none_chosen(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        seat.engines.tell(seat.day.online())
        await camera.take(window, name)


async def _sign_in(
    camera: Camera, seat: Seat, name: str, fill: Callable[[SignInDialog], Awaitable[None]]
) -> None:
    async with camera.window(seat, 1000, 760) as window:
        dialog = SignInDialog(seat.context, parent=window)
        dialog.open()
        await fill(dialog)
        await camera.take(dialog, name)
        dialog.reject()


@picture("sign-in", at_every_scale=True)
async def sign_in(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:
        seat.engines.checks = {"https://dispatch.example.com": ServerCheck(reachable=True, latency_ms=41)}

        async def fill(dialog: SignInDialog) -> None:
            QTest.keyClicks(dialog.address.edit, "https://dispatch.example.com")
            QTest.keyClicks(dialog.credentials.login, "desk@northline.example")
            QTest.keyClicks(dialog.credentials.password, "correct horse")
            await camera.until(lambda: dialog.address.result(), "the test's result")

        await _sign_in(camera, seat, name, fill)


@picture("sign-in-refused")
async def sign_in_refused(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:
        seat.engines.checks = {"https://dispatch.example.com": ServerCheck(reachable=True, latency_ms=41)}
        seat.engines.on_sign_in = lambda _request: SignInRefused(
            NoticeCode.AUTH_FAILED, "the e-mail or password is wrong. 1 of 5 tries before it locks."
        )

        async def fill(dialog: SignInDialog) -> None:
            QTest.keyClicks(dialog.address.edit, "https://dispatch.example.com")
            QTest.keyClicks(dialog.credentials.login, "desk@northline.example")
            QTest.keyClicks(dialog.credentials.password, "wrong")
            await camera.until(lambda: dialog.address.result(), "the test's result")
            QTest.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
            await camera.until(dialog.refusal, "the refusal")

        await _sign_in(camera, seat, name, fill)


@picture("sign-in-consent")
async def sign_in_consent(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:

        async def fill(dialog: SignInDialog) -> None:
            QTest.keyClicks(dialog.address.edit, "http://dispatch.example.com")
            await camera.until(dialog.address.verdict, "the verdict")

        await _sign_in(camera, seat, name, fill)


@picture("sign-in-unreachable")
async def sign_in_unreachable(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:
        seat.engines.checks = {
            "https://dispatch.example.co": ServerCheck(reachable=False, problem="unreachable")
        }

        async def fill(dialog: SignInDialog) -> None:
            QTest.keyClicks(dialog.address.edit, "https://dispatch.example.co")
            await camera.until(lambda: dialog.address.result(), "the test's result")

        await _sign_in(camera, seat, name, fill)


@picture("outbox", at_every_scale=True)
async def outbox(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        day = seat.day
        scene.press(seat.store, day, "10482", "The escort meets you at the Elk Grove scale at 14:00.")
        scene.press(seat.store, day, "10482", "Driver will call 30 minutes before.")
        scene.make_uncertain(seat.store, day, "10479", "The copy for Ohio is attached.")
        scene.make_parked(seat.store, day, "10466", "Final invoice attached", ParkReason.CLOSED)
        order = next(o for o in seat.store.orders().result(10).rows if o.number == "10479")
        seat.store.intend_status(order.id, "requires_charge").result(10)
        seat.clock.at_us += 4 * scene.MINUTE_US
        async with camera.window(seat, 1000, 760) as window:
            seat.engines.tell(day.offline())
            await camera.until(lambda: window.outbox.rowCount() == 5, "the outbox")
            dialog = OutboxDialog(seat.context, window.outbox, window)
            dialog.open()
            dialog.view.selectRow(3)
            await camera.take(dialog, name)
            dialog.reject()


@picture("outbox-empty")
async def outbox_empty(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 760) as window:
        dialog = OutboxDialog(seat.context, window.outbox, window)
        dialog.open()
        await camera.take(dialog, name)
        dialog.reject()


def dialog_of(command: str, dialog: str) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 760) as window:
            window.open_conversation(seat.day.talk("10482"))
            window.commands.action(command).trigger()
            shown = window.handlers.dialog(dialog)
            assert shown is not None
            await camera.take(shown, name)
            shown.reject()

    return take


picture("shortcuts")(dialog_of("help.shortcuts", "shortcuts"))
picture("settings")(dialog_of("settings.show", "settings"))
picture("about")(dialog_of("help.about", "about"))
picture("sign-out")(dialog_of("account.sign_out", "sign out"))


@picture("menu")
async def menu(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 760) as window:
        window.open_conversation(seat.day.talk("10482"))
        whole = window.commands.whole_menu(window)
        whole.popup(window.mapToGlobal(QPoint(60, 300)))
        view = whole.actions()[2].menu()
        assert isinstance(view, QWidget)
        await camera.take(view, name)
        whole.close()


def trouble(error: Exception) -> Take:
    async def take(camera: Camera, name: str, theme: str, _folder: Path) -> None:
        look = Theme(camera.app, ThemeMode(theme))
        window = TroubleWindow(look, error, details="file: chatdesk.db\nreason: code 13")
        window.show()
        await camera.take(window, name)
        window.close()
        window.deleteLater()

    return take


picture("trouble-disk-full", at_every_scale=True)(trouble(DiskTrouble("full")))
picture("trouble-in-use")(trouble(ProfileInUse("lock")))
picture("trouble-newer")(trouble(NewerDatabase("9")))
picture("trouble-damaged")(trouble(DamagedDatabase("malformed")))
