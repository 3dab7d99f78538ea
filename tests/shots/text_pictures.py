"""Pictures of conversations with every kind of text, of what is selected, and of links that deceive."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chatdesk.domain.ordering import position
from chatdesk.domain.text import well_formed
from chatdesk.ui.plain import PlainQuestion
from chatdesk.ui.timeline.links import find_links
from chatdesk.ui.timeline.selection import Place
from chatdesk.ui.timeline.view import TimelineView
from chatdesk.ui.window import MainWindow
from tests.shots import scene
from tests.shots.camera import Camera
from tests.shots.pictures import live, picture
from tests.shots.seat import NOON_US, Seat

SCRIPTS, LINKS, ODD = "10601", "10602", "10603"


def _talk(number: str, customer: str, *texts: str) -> scene.Talk:
    # As a platform hands it over: what no text may hold is replaced there.
    lines = [scene.Line(200 - 3 * n, n % 3 == 2, well_formed(text)) for n, text in enumerate(texts)]
    return scene.Talk(number, customer, "processing", lines, "Gary, IN", "Omaha, NE")


TALKS = (
    _talk(
        SCRIPTS,
        "Every Script Ltd",
        "👍",
        "The escort is there 😀 and the load is fine 🚚💨",
        "🎉🥳",
        "👨‍👩‍👧‍👦 🇩🇪 👩🏽‍✈️",
        "مرحبا، هل وصلت الشاحنة إلى Omaha في الساعة 14:30؟",
        "שלום, ההזמנה 10482 מוכנה (ראו מסמך A-7).",
        "Two languages in one message:\nالشاحنة في الطريق\nand English again\nשורה בעברית",
        "Доброе утро! Груз готов. Καλημέρα. Գիշեր բարի.",
        "สวัสดีครับ รถออกแล้ว · नमस्ते, गाड़ी निकल गई है · বাংলা · தமிழ்",
        "Tiếng Việt, café, Ångström, e\u0301 = é, n\u0303 = ñ",
        "日本語の文章と中文文本和 한국어 텍스트",
        "❤️ 1️⃣ ☎️ and ™ © stay as they were meant; "
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    ),
    _talk(
        LINKS,
        "Links and Numbers",
        "The plan is at https://example.test/plans/a_(b)?day=1#top, the old one (www.example.test/old).",
        "Write to office@northline.example or call +1 (555) 123-4567.",
        "Mine: 030 1234567, the driver's +998 90 123-45-67",
        "An honest name: https://пример.рф/заказ",
        "Not where it seems: http://bank.example@evil.example/login",
        "Nor this: https://аpple.test/, and this neither: https://pay\u200bpal.test",
        "https://example.test/" + "very-long-path/" * 30,
        "No number: order 12345678, 2026-11-20 10:30, 1 000 000, 192.168.0.1",
    ),
    _talk(
        ODD,
        "Odd Texts",
        "Supercalifragilistic" * 14,
        "Control characters: nul \x00, bell \x07, escape \x1b[31m, delete \x7f and a tab\there",
        "Turned around: invoice_\u202efdp.exe is shown as it is; so is \u2066this\u2069",
        "Hidden inside: pass\u200bword, and lone \ud800 halves",
        "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334"
        "a\u0324\u031e\u0349lg\u0308\u0301o\u0345 stays in its row",
        "a" + "\u0301\u0302\u0303\u0304" * 30 + " far up",
        "   leading blanks\n\n\nand empty lines   ",
        "<b>not bold</b> <img src=x> &amp; [link](https://example.test) *stars*",
        "The whole contract follows. " + "All parties agree to what is written here. " * 120,
    ),
)


def _fill(seat: Seat) -> scene.Scene:
    return scene.fill(seat.store, NOON_US, account=seat.account, talks=TALKS)


async def _open(camera: Camera, seat: Seat, window: MainWindow, number: str) -> TimelineView:
    there = _fill(seat)
    await live(camera, seat, window)
    window.open_conversation(there.talk(number))
    view = window.chat.timeline
    view.show_oldest()
    await camera.until(lambda: view.timeline.rowCount() >= 8, "the texts")
    return view


@picture("texts-scripts", at_every_scale=True)
async def scripts(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 1180) as window:
        await _open(camera, seat, window, SCRIPTS)
        await camera.take(window, name)


@picture("texts-scripts-narrow")
async def scripts_narrow(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 420, 1300) as window:
        await _open(camera, seat, window, SCRIPTS)
        await camera.take(window, name)


@picture("texts-links")
async def links(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 820) as window:
        await _open(camera, seat, window, LINKS)
        await camera.take(window, name)


@picture("texts-link-doubt")
async def doubtful(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 820) as window:
        view = await _open(camera, seat, window, LINKS)
        view.opener.open(find_links("http://bank.example@evil.example/login")[0])
        question = next(one for one in view.findChildren(PlainQuestion) if one.isVisible())
        await camera.take(question, name)
        question.reject()


@picture("texts-odd", at_every_scale=True)
async def odd(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 1180) as window:
        await _open(camera, seat, window, ODD)
        await camera.take(window, name)


@picture("texts-selected")
async def selected(camera: Camera, name: str, theme: str, folder: Path) -> None:
    """From the middle of one message to the middle of another, by the mouse; words are marked as found."""
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 1180) as window:
        view = await _open(camera, seat, window, SCRIPTS)
        view.mark_words(lambda text: ((at, at + 4),) if (at := text.find("Груз")) >= 0 else ())
        QApplication.processEvents()
        start, end = _point(view, 1, 4), _point(view, 7, 12)
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(view.viewport(), (start + end) / 2)
        QTest.mouseMove(view.viewport(), end)
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
        low = view.selection.ends
        assert low is not None
        assert low[0] > Place(position(view.timeline.message(0)), 0)
        await camera.take(window, name)


def _point(view: TimelineView, row: int, at: int) -> QPoint:
    caret = view.row_layout(row).text.caret(at)
    return QPoint(round(caret.x()) + 1, round(view.scroller.top_of(row) + caret.center().y()))
