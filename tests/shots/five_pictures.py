"""Pictures of five platforms in one window; importing this registers them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtTest import QTest

from chatdesk.domain.desk import ServerCheck
from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.kinds import (
    ConnectionState,
    DeliveryState,
    NoticeCode,
    ParkReason,
    Platform,
    SignInState,
)
from chatdesk.ui.dialogs.account import AccountDialog
from chatdesk.ui.dialogs.credentials import Way
from chatdesk.ui.dialogs.pick_conversation import PickConversationDialog, same_customer_words
from chatdesk.ui.dialogs.remove_account import RemoveAccountDialog
from chatdesk.ui.dialogs.sign_in import SignInDialog
from chatdesk.ui.timeline.report import ReportDialog
from chatdesk.ui.window import MainWindow
from tests.shots import five, scene
from tests.shots.camera import Camera
from tests.shots.five import Five
from tests.shots.pictures import HIGH, Take, picture
from tests.shots.seat import NOON_US, Seat

Step = Callable[[Camera, Seat, Five, MainWindow], Awaitable[None]]


async def ready(camera: Camera, seat: Seat, desk: Five, window: MainWindow) -> None:
    """Everything is read and every account has told how it stands."""
    seat.engines.tell(*desk.all_well())
    await camera.until(lambda: window.list.conversations.is_whole, "the whole list")
    last = desk.accounts[Platform.FAKOMAME].id
    await camera.until(lambda: window.book.status(last).connection is ConnectionState.ONLINE, "the states")


def five_at(width: int, step: Step, height: int = HIGH, *, live_only: bool = False) -> Take:
    """A window with all five accounts, after a step."""

    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme, filled=False) as seat:
            desk = five.fill_five(seat.store, NOON_US, cases=five.relayed() if live_only else five.CASES)
            async with camera.window(seat, width, height) as window:
                await ready(camera, seat, desk, window)
                await step(camera, seat, desk, window)
                await camera.take(window, name)

    return take


async def _orders(_camera: Camera, _seat: Seat, desk: Five, window: MainWindow) -> None:
    window.open_conversation(desk.conversations["c-trip-2231"])
    window.handlers.show_orders()


async def _subject(_camera: Camera, _seat: Seat, desk: Five, window: MainWindow) -> None:
    window.open_conversation(desk.conversations["66b0000000000000000001a1"])
    window.handlers.focus_composer()
    QTest.keyClicks(window.chat.composer.edit, "4.05 DAP Hamburg, four weeks.")


async def _linked(camera: Camera, seat: Seat, desk: Five, window: MainWindow) -> None:
    one, other = desk.conversations["66b0000000000000000001a1"], desk.conversations["c-chat-8777"]
    await seat.desk.link_customer(one, other)
    window.open_conversation(other)
    await camera.until(window.side.linked.is_filled, "the card")


async def _deleted(_camera: Camera, _seat: Seat, desk: Five, window: MainWindow) -> None:
    window.open_conversation(desk.conversations["389"])


async def _closed(camera: Camera, seat: Seat, desk: Five, window: MainWindow) -> None:
    here = desk.conversations["c-trip-2190"]
    await seat.desk.save_draft(here, 0, "One more thing: your umbrella is in my car.")
    window.open_conversation(here)
    await camera.until(window.chat.composer.copy_draft.isVisible, "the closed strip")


async def _states(camera: Camera, seat: Seat, desk: Five, window: MainWindow) -> None:
    window.open_conversation(desk.conversations["417"])
    seat.engines.tell(
        desk.status(
            Platform.OMW,
            ConnectionState.OFF,
            sign_in=SignInState.LOCKED,
            retry_at_us=NOON_US + 59 * scene.MINUTE_US,
            reason="Too many attempts.",
        ),
        desk.status(Platform.FAKOMAME, ConnectionState.OFF, sign_in=SignInState.REFUSED),
        desk.status(Platform.MARKETPLACE, ConnectionState.RECONNECTING, retry_at_us=NOON_US + 4_000_000),
    )
    await camera.until(lambda: window.chat.banner.words() is not None, "the banner")


async def _live_only(camera: Camera, seat: Seat, desk: Five, window: MainWindow) -> None:
    here = desk.conversations["66b0000000000000000001a1"]
    window.open_conversation(here)
    item = await seat.desk.send(here, seat.reader.draft(here).version, "4.05 DAP Hamburg.")
    scene.relay(seat.store, item, NOON_US)
    await camera.until(lambda: window.chat.timeline.timeline.rowCount() == 5, "the message")


picture("five-1280", at_every_scale=True)(five_at(1280, _subject))
picture("five-orders-1280")(five_at(1280, _orders))
picture("five-linked-1280", at_every_scale=True)(five_at(1280, _linked))
picture("five-linked-420")(five_at(420, _linked, 760))
picture("five-deleted-1280")(five_at(1280, _deleted))
picture("five-deleted-540")(five_at(540, _deleted, 760))
picture("five-closed-1280")(five_at(1280, _closed))
picture("five-states-1280")(five_at(1280, _states))
picture("five-states-900")(five_at(900, _states))
picture("five-live-only-1280")(five_at(1280, _live_only, live_only=True))
picture("five-live-only-540")(five_at(540, _live_only, 760, live_only=True))
picture("five-1600")(five_at(1600, _subject, 900))


@picture("five-540-list")
async def five_narrow(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async def back(_camera: Camera, _seat: Seat, _desk: Five, window: MainWindow) -> None:
        window.open_conversation(None)

    await five_at(540, back, 760)(camera, name, theme, folder)


def sign_in_to(platform: Platform, *, code: bool = False, refused: SignInRefused | None = None) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        url = f"https://{platform.value}.example.com"
        async with camera.seat(folder, theme, filled=False) as seat:
            seat.engines.checks = {url: ServerCheck(reachable=True, latency_ms=41)}
            if refused is not None:
                seat.engines.on_sign_in = lambda _request: refused
            async with camera.window(seat, 1000, 860) as window:
                dialog = SignInDialog(seat.context, parent=window)
                dialog.open()
                dialog.chip(platform).click()
                QTest.keyClicks(dialog.address.edit, url)
                await camera.until(lambda: dialog.address.result(), "the test's result")
                if code:
                    dialog.credentials.use_way(Way.CODE)
                    QTest.keyClicks(dialog.credentials.login, "+1 555 0100")
                    dialog.credentials.send_code.click()
                    await camera.until(lambda: "on its way" in dialog.credentials.code_words(), "the code")
                    QTest.keyClicks(dialog.credentials.code, "123456")
                    dialog.more.click()
                else:
                    QTest.keyClicks(dialog.credentials.login, "desk@northline.example")
                    QTest.keyClicks(dialog.credentials.password, "correct horse")
                if refused is not None:
                    dialog.button.click()
                    await camera.until(dialog.refusal, "the refusal")
                await camera.take(dialog, name)
                dialog.reject()

    return take


for _platform in (Platform.FAKOMAME, Platform.STEPPERGO, Platform.OMW, Platform.MARKETPLACE):
    picture(f"sign-in-{_platform.value}")(sign_in_to(_platform))
picture("sign-in-omw-code", at_every_scale=True)(sign_in_to(Platform.OMW, code=True))
picture("sign-in-locked")(
    sign_in_to(
        Platform.MARKETPLACE,
        refused=SignInRefused(NoticeCode.LOCKED, "Too many login attempts", retry_after_s=3_540),
    )
)
picture("sign-in-not-approved")(
    sign_in_to(
        Platform.MARKETPLACE,
        refused=SignInRefused(NoticeCode.FORBIDDEN, "Your account is pending admin approval"),
    )
)


@picture("remove-account", at_every_scale=True)
async def remove_account(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.press(seat.store, seat.day, "10482", "The escort meets you at the Elk Grove scale at 14:00.")
        scene.make_parked(seat.store, seat.day, "10466", "Final invoice attached", ParkReason.CLOSED)
        scene.draft(seat.store, seat.day, "10479", "The copy for Ohio is")
        async with camera.window(seat, 1000, 760) as window:
            dialog = RemoveAccountDialog(seat.context, seat.account, "Dispatcher", window)
            dialog.open()
            await camera.until(dialog.tick.isEnabled, "the count")
            await camera.take(dialog, name)
            dialog.reject()


@picture("account", at_every_scale=True)
async def account(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:
        desk = five.fill_five(seat.store, NOON_US)
        async with camera.window(seat, 1000, 860) as window:
            await ready(camera, seat, desk, window)
            seat.engines.tell(
                desk.status(
                    Platform.OMW,
                    ConnectionState.ONLINE,
                    latency_ms=38,
                    dropped={"foreign": 3, "malformed": 1},
                )
            )
            omw = desk.accounts[Platform.OMW]
            await camera.until(lambda: window.book.status(omw.id).dropped, "the counts")
            dialog = AccountDialog(seat.context, window.book, omw, window)
            dialog.open()
            await camera.take(dialog, name)
            dialog.reject()


@picture("same-customer")
async def same_customer(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme, filled=False) as seat:
        desk = five.fill_five(seat.store, NOON_US)
        async with camera.window(seat, 1000, 860) as window:
            await ready(camera, seat, desk, window)
            dialog = PickConversationDialog(
                seat.context,
                window.list.conversations,
                window.list.facts,
                desk.conversations["c-chat-8777"],
                same_customer_words("Harbour Beams"),
                window,
            )
            dialog.open()
            QTest.keyClicks(dialog.search, "harb")
            await camera.take(dialog, name)
            dialog.reject()


@picture("report")
async def report(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 760) as window:
        page = seat.reader.newest_page(seat.day.talk("10482"))
        theirs = next(message for message in page.messages if not message.own)
        dialog = ReportDialog(seat.context, theirs, window)
        dialog.open()
        await camera.take(dialog, name)
        dialog.reject()


@picture("parked-in-closed")
async def parked_in_closed(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        item = scene.make_parked(seat.store, seat.day, "10466", "Final invoice attached", ParkReason.CLOSED)
        assert item.state is DeliveryState.PARKED
        async with camera.window(seat, 1000, 760) as window:
            window.open_conversation(seat.day.talk("10466"))
            await camera.until(lambda: window.chat.timeline.timeline.rowCount() > 2, "the messages")
            await camera.take(window, name)
