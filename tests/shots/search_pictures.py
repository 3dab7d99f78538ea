"""Pictures of searching: the palette over the window, and finding in a conversation."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtTest import QTest

from chatdesk.domain.desk import SearchPage
from chatdesk.ui.window import MainWindow
from tests.shots import scene
from tests.shots.camera import Camera
from tests.shots.pictures import live, picture
from tests.shots.seat import NOON_US, Seat

MANY = scene.Talk(
    "10433",
    "Meridian Freight <b>bold</b>",
    "processing",
    (
        *(
            scene.Line(20_000 - 37 * n, n % 3 == 0, f"Permit {n} of 30: the escort waits at gate {n % 7}.")
            for n in range(30)
        ),
        scene.Line(300, False, "许可证已经到了,明天早上可以出发吗? The permit is here."),
        scene.Line(299, True, "<b>permit</b> &amp; <img src=x> is shown as it was written"),
        scene.Line(298, False, "הרישיון permit הגיע היום בבוקר, תודה רבה"),
        scene.Line(
            297,
            False,
            "Before the load can leave the yard in Gary we would like to know whether the bridge at mile 112 "
            "is open again for anything over 14 feet, since without a permit for the detour we would have to "
            "wait until Monday.",
        ),
        scene.Line(296, True, "👍 Pérmit (ＰＥＲＭＩＴ) received"),
    ),
    "Laredo, TX",
    "Tulsa, OK",
)


def more(seat: Seat) -> None:
    """A conversation with many hits, in an account of another name."""
    night = scene.add_night_desk(seat.store)
    scene.fill(seat.store, NOON_US, account=night, talks=(MANY,))


async def searching(camera: Camera, seat: Seat, window: MainWindow, text: str) -> None:
    """The palette is open, and what was typed is answered."""
    await live(camera, seat, window)
    window.handlers.search_messages()
    palette = window.search.palette()
    QTest.keyClicks(palette.field, text)
    await camera.until(lambda: not palette.run.is_first_awaited and not palette.run.is_busy, "the answer")


@picture("search-found", at_every_scale=True)
async def found(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        more(seat)
        async with camera.window(seat, 1280, 820) as window:
            await searching(camera, seat, window, "permit")
            await camera.take(window, name)


@picture("search-empty")
async def empty(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        await searching(camera, seat, window, "")
        await camera.take(window, name)


@picture("search-nothing")
async def nothing(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        await searching(camera, seat, window, "permit unicorn")
        await camera.take(window, name)


@picture("search-index-made")
async def index_made(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        more(seat)
        async with camera.window(seat, 1000, 640) as window:
            await searching(camera, seat, window, "escort")
            run = window.search.palette().run
            # As the store answers while a million messages are still being prepared.
            run.paged.emit(SearchPage(hits=(), next=None), False)
            run.unread, run.of = 380_000, 1_000_000
            run.paged.emit(SearchPage(hits=(), next=None), False)
            await camera.take(window, name)


@picture("search-narrow")
async def narrow(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.fill(seat.store, NOON_US, account=seat.account, talks=(MANY,))
        async with camera.window(seat, 420, 700) as window:
            await searching(camera, seat, window, "permit")
            await camera.take(window, name)


@picture("search-zoom-150")
async def zoomed(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        more(seat)
        seat.theme.set_zoom(1.5)
        async with camera.window(seat, 1280, 820) as window:
            await searching(camera, seat, window, "permit")
            await camera.take(window, name)
        seat.theme.set_zoom(1.0)


async def finding(camera: Camera, seat: Seat, window: MainWindow, text: str, talk: int) -> None:
    await live(camera, seat, window)
    window.open_conversation(talk)
    window.handlers.find_in_conversation()
    bar = window.search.bar()
    QTest.keyClicks(bar.field, text)
    await camera.until(lambda: bar.run.is_done and not bar.run.is_busy, "the answer")


@picture("find-bar", at_every_scale=True)
async def find_bar(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        night = scene.add_night_desk(seat.store)
        day = scene.fill(seat.store, NOON_US, account=night, talks=(MANY,))
        async with camera.window(seat, 1280, 820) as window:
            await finding(camera, seat, window, "permit", day.talk("10433"))
            window.search.bar().step(1)
            await camera.take(window, name)


@picture("find-bar-nothing-narrow")
async def find_bar_narrow(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 420, 700) as window:
        await finding(camera, seat, window, "unicorn", seat.day.talk("10482"))
        await camera.take(window, name)
