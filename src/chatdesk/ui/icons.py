"""Our own line icons, drawn in a colour of the theme and kept per colour, size and screen density."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from chatdesk.desktop import resources
from chatdesk.ui.theme import Theme

_DENSITIES = (1.0, 2.0)
_KEPT_PIXMAPS = 400


class Icons:
    """Icons by the name of their file in resources/icons. Main builds the one and hands it around."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def icon(
        self,
        name: str,
        colour: str = "muted",
        size_px: int | None = None,
        densities: tuple[float, ...] = _DENSITIES,
        *,
        enabled: bool | None = None,
    ) -> QIcon:
        """An icon for a button or an action, in the theme's `colour`; grey where the button is disabled.

        densities: device-pixel ratios that it is drawn for. enabled: whether the button is, where it needs no
        drawing for the other state. Raises FileNotFoundError for a name without a
        file. Ask again when the theme has changed.
        """
        size = size_px or self._theme.metrics.icon
        tokens = self._theme.current
        made = QIcon()
        for density in densities:
            if enabled is not False:
                made.addPixmap(_pixmap(name, tokens.colour(colour).name(), size, density), QIcon.Mode.Normal)
            if not enabled:
                made.addPixmap(_pixmap(name, tokens.control_line.name(), size, density), QIcon.Mode.Disabled)
        return made

    def pixmap(self, name: str, colour: str | QColor, size_px: int, density: float) -> QPixmap:
        """An icon to paint, `size_px` wide and high in device-independent pixels; cached.

        colour: a token's name or a colour. density: devicePixelRatio of what is painted on.
        """
        tint = colour if isinstance(colour, QColor) else self._theme.current.colour(colour)
        return _pixmap(name, tint.name(), size_px, density)


@lru_cache(maxsize=64)
def _drawing(name: str) -> str:
    return resources.path("icons", f"{name}.svg").read_text("utf-8")


@lru_cache(maxsize=_KEPT_PIXMAPS)
def _pixmap(name: str, colour: str, size_px: int, density: float) -> QPixmap:
    # QtSvg does not know `currentColor`, so the colour is written into the drawing.
    drawing = _drawing(name).replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    side = round(size_px * density)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(density)
    return pixmap
