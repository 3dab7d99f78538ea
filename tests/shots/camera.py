"""Opens windows over a seat, lets them come to rest, and saves what they show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QWidget

from chatdesk.ui.theme import ThemeMode
from chatdesk.ui.window import MainWindow
from tests.shots.seat import Seat

REST_S = 0.25
SHEET_COLUMNS = 4
THUMB_WIDTH, THUMB_HEIGHT, CAPTION = 420, 300, 22


class Camera:
    """Takes pictures at one scale and remembers them for the contact sheet."""

    def __init__(self, app: QApplication, out: Path, scale: int) -> None:
        self.app = app
        self.out = out
        self.scale = scale
        self.taken: list[tuple[str, Path]] = []

    @asynccontextmanager
    async def seat(self, folder: Path, theme: str, *, filled: bool = True) -> AsyncIterator[Seat]:
        """A seat in a folder, in a theme."""
        seat = Seat(self.app, folder, filled=filled)
        seat.theme.set_mode(ThemeMode(theme))
        try:
            yield seat
        finally:
            seat.close()

    @asynccontextmanager
    async def window(self, seat: Seat, width: int, height: int) -> AsyncIterator[MainWindow]:
        """A main window over a seat, closed afterwards."""
        window = MainWindow(seat.context)
        window.resize(width, height)
        window.show()
        window.activateWindow()
        try:
            yield window
        finally:
            await window.settle()
            window.close()
            window.deleteLater()
            await asyncio.sleep(0)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for what the picture is to show."""
        end = time.monotonic() + 10
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"not to be seen: {what}")
            await asyncio.sleep(0.01)

    async def take(self, widget: QWidget, name: str) -> None:
        """Save what a widget shows once it has come to rest."""
        await asyncio.sleep(REST_S)
        suffix = "" if self.scale == 1 else f"@{self.scale}x"
        file = self.out / f"{name}{suffix}.png"
        if not widget.grab().save(str(file), "PNG"):
            raise OSError(f"could not write {file}")
        self.taken.append((file.stem, file))

    def contact_sheet(self) -> None:
        """All pictures of this run, small, on one."""
        if not self.taken:
            return
        rows = -(-len(self.taken) // SHEET_COLUMNS)
        cell_width, cell_height = THUMB_WIDTH + 16, THUMB_HEIGHT + CAPTION + 12
        sheet = QPixmap(SHEET_COLUMNS * cell_width, rows * cell_height)
        sheet.setDevicePixelRatio(1)
        sheet.fill(QColor("#8a8f99"))
        painter = QPainter(sheet)
        painter.setPen(QColor("#101010"))
        font = self.app.font()
        font.setPixelSize(13)
        painter.setFont(font)
        for number, (name, file) in enumerate(self.taken):
            left = number % SHEET_COLUMNS * cell_width + 8
            top = number // SHEET_COLUMNS * cell_height + 6
            picture = QPixmap(str(file))
            picture.setDevicePixelRatio(1)
            small = picture.scaled(
                THUMB_WIDTH,
                THUMB_HEIGHT,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
            caption = QFontMetrics(font).elidedText(name, Qt.TextElideMode.ElideRight, THUMB_WIDTH)
            painter.drawText(QRect(left, top, THUMB_WIDTH, CAPTION), Qt.AlignmentFlag.AlignVCenter, caption)
            painter.drawPixmap(left, top + CAPTION, small)
        painter.end()
        sheet.save(str(self.out / f"contact-sheet-{self.scale}x.png"), "PNG")
