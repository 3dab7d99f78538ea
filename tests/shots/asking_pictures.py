"""Pictures of what is asked of servers: actions, look-ups, notifications, files, live positions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLineEdit, QMenu, QToolButton

from chatdesk.domain.actions import ActionKind, Lookup, Result
from chatdesk.domain.changes import PositionChanged
from chatdesk.domain.errors import NotDone
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ParkReason
from chatdesk.ui.asking.offers import About, about_order, offer_of
from chatdesk.ui.asking.position import PositionCard
from chatdesk.ui.window import MainWindow
from tests.shots import scene
from tests.shots.camera import Camera
from tests.shots.pictures import HIGH, WIDE, Take, live, picture
from tests.shots.seat import NOON_US, Seat
from tests.ui.asking.made import MINUTE_US, a_hit, a_lonely_order, a_notice, equip, tell

_HITS = (
    ("Winter coat, 2.4 kg", "Almaty → Berlin · 24 Nov · 40 EUR", "Open", "Aisha Bello"),
    ("Documents", "Astana → Prague · 26 Nov · 15 EUR", "Matched", "Timur Akhmetov"),
    ("Spare parts for a loom, in two boxes", "Shymkent → Milan · 1 Dec · 120 EUR", "In transit", "Lena Vogt"),
    ("Medicine (with prescription)", "Almaty → Warsaw · 3 Dec", "Open", "Igor Petrenko"),
)


def found(lookup: Lookup) -> Result:
    """What the server of the pictures finds."""
    hits = [
        a_hit(str(number), lookup.kind, title=title, detail=detail, status_label=status, person_name=person)
        for number, (title, detail, status, person) in enumerate(_HITS)
    ]
    return Result(hits=tuple(hits), more=lookup.page == 0)


async def ready(camera: Camera, seat: Seat, window: MainWindow, *, online: bool = True) -> About:
    """The scene's account may do everything, and an order is open."""
    account = equip(seat, seat.account)
    await live(camera, seat, window)
    if not online:
        seat.engines.tell(seat.day.offline())
        await camera.until(lambda: window.asking.asker.blocked(seat.account.id), "being offline")
    await camera.until(lambda: window.asking.can_find(), "what the account may do")
    order = window.panel.order()
    assert order is not None
    return about_order(account, order, window.chat.header.conversation())


def order_at(width: int, *, online: bool) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme) as seat, camera.window(seat, width, 940) as window:
            about = await ready(camera, seat, window, online=online)
            seat.engines.tell(
                PositionChanged(
                    account_id=seat.account.id,
                    order_remote_id=about.order.remote_id if about.order else RemoteId(""),
                    latitude=41.88203,
                    longitude=-87.62781,
                    at_us=NOON_US - 3 * MINUTE_US,
                    speed_m_s=17.2,
                    heading_deg=40.0,
                    pickup_min=12.0,
                )
            )
            await camera.until(lambda: not position(window).isHidden(), "the position")
            if online:
                seat.engines.on_act = lambda _action: Result(until_us=NOON_US + 9 * MINUTE_US)
                offer = offer_of(about, ActionKind.REQUEST_CODE)
                assert offer is not None
                window.asking.press(about, offer)
            if window.side.isHidden():
                window.toggle_panel()
            await camera.take(window, name)

    return take


def position(window: MainWindow) -> PositionCard:
    """The card of the panel."""
    return window.panel.findChildren(PositionCard)[0]


picture("asking-order", at_every_scale=True)(order_at(WIDE, online=True))
picture("asking-order-offline")(order_at(WIDE, online=False))
picture("asking-order-420")(order_at(420, online=True))


def dialog_of(kind: ActionKind, typed: str = "", error: Exception | None = None) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, HIGH) as window:
            about = await ready(camera, seat, window)
            offer = offer_of(about, kind)
            assert offer is not None
            dialog = window.asking.press(about, offer)
            assert dialog is not None
            if typed:
                control = dialog.form.control(offer.fields[0].key)
                assert isinstance(control, QLineEdit)
                control.setText(typed)
            seat.engines.on_act = (lambda _action: error) if error is not None else None
            if error is not None:
                dialog.yes.click()
            await camera.take(dialog, name)
            dialog.reject()

    return take


picture("asking-confirm")(dialog_of(ActionKind.TAKE_OVER))
picture("asking-code")(dialog_of(ActionKind.CONFIRM_CODE, "4711"))
picture("asking-refused")(
    dialog_of(ActionKind.CONFIRM_CODE, "4711", NotDone(ParkReason.REFUSED, "Invalid or expired code", 30.0))
)


@picture("asking-busy")
async def busy(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, HIGH) as window:
        about = await ready(camera, seat, window)
        offer = offer_of(about, ActionKind.TAKE_OVER)
        assert offer is not None
        dialog = window.asking.press(about, offer)
        assert dialog is not None
        dialog.yes.click()
        await camera.take(dialog, name)
        dialog.reject()


@picture("asking-create", at_every_scale=True)
async def create(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, HIGH) as window:
        await ready(camera, seat, window)
        dialog = window.asking.create_order(seat.account.id)
        assert dialog is not None
        await camera.take(dialog, name)
        dialog.reject()


@picture("asking-lonely-order")
async def lonely(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        tell(seat, a_lonely_order())
        async with camera.window(seat, WIDE, HIGH) as window:
            await ready(camera, seat, window)
            await camera.until(lambda: window.list.orders.is_whole, "the orders")
            order = next(o for o in seat.store.orders().result(10).rows if o.number == "20001")
            window.handlers.show_orders()
            window.show_order(order.id)
            await camera.take(window, name)


def finder_at(width: int, *, online: bool = True, empty: bool = False) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme) as seat, camera.window(seat, width, HIGH) as window:
            seat.engines.on_find = (lambda _lookup: Result()) if empty else found
            await ready(camera, seat, window, online=online)
            window.handlers.show_finder()
            finder = window.asking.finder
            if online and not empty:
                await camera.until(lambda: finder.hits.rowCount() == len(_HITS), "the hits")
                finder.view.setCurrentIndex(finder.hits.index(1))
            await camera.take(window, name)

    return take


picture("finder", at_every_scale=True)(finder_at(WIDE))
picture("finder-540")(finder_at(540))
picture("finder-offline")(finder_at(900, online=False))
picture("finder-nothing")(finder_at(900, empty=True))


def notices_at(width: int) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme) as seat:
            tell(
                seat,
                a_notice("of a new order", ago_min=4, about="10482"),
                a_notice("about an invoice that is still missing, and has been for a while", ago_min=52),
                a_notice("of a status", ago_min=400, unread=False, about="10479"),
                a_notice("from yesterday", ago_min=1_600, unread=False),
            )
            async with camera.window(seat, width, HIGH) as window:
                await ready(camera, seat, window)
                await camera.until(lambda: window.asking.book.unread() == 2, "the notifications")
                window.handlers.show_notices()
                window.asking.notices.view.setCurrentIndex(window.asking.notices.model.index(0))
                await camera.take(window, name)

    return take


picture("notices", at_every_scale=True)(notices_at(WIDE))
picture("notices-540")(notices_at(540))


@picture("asking-menu")
async def menu(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, WIDE, HIGH) as window:
        await ready(camera, seat, window)
        tools = window.chat.header.findChildren(QToolButton)
        menus: list[QMenu | None] = [tool.menu() for tool in tools]
        shown = next(one for one in menus if one is not None)
        shown.popup(window.mapToGlobal(QPoint(700, 80)))
        await camera.take(shown, name)
        shown.close()


@picture("finder-two-accounts")
async def two_finders(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 900, HIGH) as window:
        equip(seat, scene.add_night_desk(seat.store))
        seat.engines.on_find = lambda _lookup: NotDone(ParkReason.FORBIDDEN, "Buyers only")
        await ready(camera, seat, window)
        await camera.until(lambda: len(window.asking.finder.served()) == 2, "both accounts")
        window.handlers.show_finder()
        await camera.take(window, name)
