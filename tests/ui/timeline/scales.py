"""Child of test_pictures: scrolls a message list on screens of several densities; one JSON object."""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtGui import QImage, QPaintEvent
from PySide6.QtWidgets import QApplication

from chatdesk.domain.changes import TypingChanged
from chatdesk.ui.timeline.view import TimelineView
from tests.ui.timeline.stage import NOON_US, ROOM, ListeningDesk, Shelf, a_context, a_message, own

STEPS = 60
WIDTH_PX, HEIGHT_PX = 420, 380
DAY_US = 86_400_000_000
SEED = 6
ROUNDING = 2
TEXTS = (
    "Dock 7.",
    "Could you send a photo of the seal before he leaves? " * 3,
    "😀",
    "שלום, הנהג כאן",
    "e" + "\u0301" * 30,
)


class Painted(QObject):
    """What part of a widget each of its paint events covers."""

    def __init__(self, widget: Any) -> None:
        super().__init__(widget)
        self.parts: list[float] = []
        self._whole = WIDTH_PX * HEIGHT_PX
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            rects: list[QRect] = list(event.region())  # type: ignore[call-overload]
            self.parts.append(sum(r.width() * r.height() for r in rects) / self._whole)
        return False


def settle(app: QApplication) -> None:
    for _ in range(4):
        app.processEvents()


def on_screen(view: TimelineView) -> QImage:
    """What has been painted so far, and moved."""
    device = view.backingStore().paintDevice()
    if not isinstance(device, QImage):
        raise TypeError(f"no picture: {device!r}")
    return device.copy()


def differs(view: TimelineView) -> bool:
    """Whether painting everything anew gives another picture.

    To the bit where a pixel is one of the screen; else curves are rounded at other places of the way, and a
    level or two of 255 are no difference.
    """
    seen = on_screen(view)
    anew = view.grab().toImage().convertToFormat(seen.format())
    if view.devicePixelRatioF() == 1 or seen.size() != anew.size():
        return seen != anew
    lines = range(0, seen.sizeInBytes(), seen.bytesPerLine())
    here, there = bytes(seen.constBits()), bytes(anew.constBits())
    return any(
        abs(one - other) > ROUNDING
        for at in lines
        if here[at : at + seen.bytesPerLine()] != there[at : at + seen.bytesPerLine()]
        for one, other in zip(here[at : at + seen.bytesPerLine()], there[at:], strict=False)
    )


def reading(view: TimelineView) -> tuple[int, int]:
    """(message, y of its text) of the first whose text begins in view."""
    for one in view.scroller.placed:
        y = one.top + view.row_layout(one.row).extent.lead
        if y >= 0:
            return int(view.timeline.message(one.row).id), y
    raise LookupError("nothing is read")


def walk(app: QApplication, view: TimelineView, shelf: Shelf, chance: random.Random) -> dict[str, Any]:
    """Sixty steps of scrolling; after each, the picture must be true."""
    painted = Painted(view.viewport())
    wrong: list[int] = []
    moves: list[float] = []
    for step in range(STEPS):
        by = chance.choice((-190, -61, -120, -7, -38, -2, 24, 130, 66))
        before = len(painted.parts)
        view.scroll_by(by)
        app.processEvents()
        moves += painted.parts[before : before + 1] if by % 2 == 0 else []
        match step % 12:
            case 3:
                view.set_current_row(view.visible_rows[1])
            case 6:
                number = 10_000 + len(shelf.messages)
                change, commit = shelf.put(a_message(number, "late", sent_at_us=NOON_US))
                view.context.feed.messages_put.emit(change, commit)
            case 9:
                view.flash.show(view.timeline.message(view.visible_rows[-1]).id)
            case 11:
                view.context.feed.typing.emit(TypingChanged(ROOM, ("Ann",) if step % 24 < 12 else ()))
        settle(app)
        if differs(view):
            wrong.append(step)
    view.viewport().removeEventFilter(painted)
    return {"wrong": wrong, "repainted": sorted(moves)[len(moves) // 2]}


def main() -> None:
    """Walk on each screen, and from one to the next."""
    app = QApplication(sys.argv)
    talk = [
        (own if n % 3 == 0 else a_message)(
            n, TEXTS[n * 7 % 5], sent_at_us=NOON_US - (600 - n) // 6 * DAY_US + n % 6 * 200_000_000
        )
        for n in range(1, 600)
    ]
    shelf = Shelf(talk)
    view = TimelineView(a_context(app, ListeningDesk(shelf)))
    view.resize(WIDTH_PX, HEIGHT_PX)
    view.open_conversation(ROOM)
    view.show()
    view.activateWindow()
    view.setFocus()
    settle(app)
    view.scroll_by(-900)
    settle(app)
    found: dict[str, Any] = {"screens": []}
    chance = random.Random(SEED)
    for screen in sorted(app.screens(), key=lambda each: each.devicePixelRatio()):
        before = reading(view)
        view.windowHandle().setScreen(screen)
        view.setGeometry(screen.geometry().x() + 9, screen.geometry().y() + 9, WIDTH_PX, HEIGHT_PX)
        settle(app)
        result = {
            "density": view.devicePixelRatioF(),
            "before": before,
            "after": reading(view),
            "wrong_at_first": differs(view),
        }
        found["screens"].append(result | walk(app, view, shelf, chance))
    view.context.feed.close()
    view.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
