"""Light, dark or the system's: which tokens hold now, and fonts, palette and style made from them."""

from __future__ import annotations

import sys
from enum import Enum, StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette, QScreen
from PySide6.QtWidgets import QApplication

from chatdesk.ui.stylesheet import build_stylesheet
from chatdesk.ui.tokens import (
    BODY_PX,
    HEADING_PX,
    SECONDARY_PX,
    SMALL_PX,
    TITLE_PX,
    Metrics,
    Tokens,
    load_tokens,
)

ZOOM_STEPS = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
_SYSTEM_BODY_PX = {"darwin": 13.0, "win32": 12.0}
"""Height of the system's own body text as it ships; a person who reads larger text there gets it here too."""
_POINTS_PER_INCH = 72.0


class ThemeMode(StrEnum):
    """What the person chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class TextRole(Enum):
    """The five kinds of text in the window: (size in px, bold)."""

    BODY = (BODY_PX, False)
    STRONG = (BODY_PX, True)
    SECONDARY = (SECONDARY_PX, False)
    SECONDARY_STRONG = (SECONDARY_PX, True)
    SMALL = (SMALL_PX, False)
    SMALL_STRONG = (SMALL_PX, True)
    TITLE = (TITLE_PX, True)
    HEADING = (HEADING_PX, True)


class Theme(QObject):
    """What every widget asks for colours, sizes and fonts. Main builds the one and hands it around.

    `changed` is emitted after palette, style sheet and fonts of the application have changed: a widget that
    paints by itself drops what it has cached and updates.
    """

    changed = Signal()

    def __init__(self, app: QApplication, mode: ThemeMode = ThemeMode.SYSTEM, zoom: float = 1.0) -> None:
        super().__init__()
        self._app = app
        self._mode = mode
        self._zoom = _nearest_step(zoom)
        self._system_font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        self._system_scale = _system_scale(self._system_font)
        self._fonts: dict[TextRole, QFont] = {}
        app.setStyle("Fusion")
        app.styleHints().colorSchemeChanged.connect(self._on_system_changed)
        self._apply()

    @property
    def current(self) -> Tokens:
        """The colours that hold now."""
        return load_tokens("dark" if self.is_dark else "light")

    @property
    def metrics(self) -> Metrics:
        """The sizes that hold now."""
        return self._metrics

    @property
    def mode(self) -> ThemeMode:
        """What the person chose; `is_dark` is what came of it."""
        return self._mode

    @property
    def is_dark(self) -> bool:
        """Whether the dark tokens hold."""
        return self._dark

    @property
    def zoom(self) -> float:
        """The person's own factor on all sizes, one of ZOOM_STEPS."""
        return self._zoom

    def set_mode(self, mode: ThemeMode) -> None:
        """Use light, dark or whatever the system uses."""
        if mode is not self._mode:
            self._mode = mode
            self._apply()

    def set_zoom(self, zoom: float) -> None:
        """Use the step nearest to `zoom`."""
        step = _nearest_step(zoom)
        if step != self._zoom:
            self._zoom = step
            self._apply()

    def zoom_by(self, steps: int) -> None:
        """Larger (positive) or smaller (negative) by whole steps; stops at the ends."""
        index = ZOOM_STEPS.index(self._zoom) + steps
        self.set_zoom(ZOOM_STEPS[max(0, min(index, len(ZOOM_STEPS) - 1))])

    def font(self, role: TextRole = TextRole.BODY) -> QFont:
        """The font of a kind of text, in the system's family."""
        if role not in self._fonts:
            self._fonts[role] = self._make_font(role)
        return QFont(self._fonts[role])

    def _make_font(self, role: TextRole) -> QFont:
        size_px, bold = role.value
        font = QFont(self._system_font)
        # Points, because QFont takes only whole pixels and secondary text is 11.5 px.
        font.setPointSizeF(size_px * self._metrics.scale * _POINTS_PER_INCH / _dots_per_inch())
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def _on_system_changed(self) -> None:
        if self._mode is ThemeMode.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        system = self._app.styleHints().colorScheme()
        self._dark = self._mode is ThemeMode.DARK or (
            self._mode is ThemeMode.SYSTEM and system is Qt.ColorScheme.Dark
        )
        self._metrics = Metrics(self._system_scale * self._zoom)
        self._fonts.clear()
        self._app.setPalette(build_palette(self.current))
        self._app.setFont(self.font())
        self._app.setStyleSheet(build_stylesheet(self.current, self._metrics))
        self.changed.emit()


def build_palette(tokens: Tokens) -> QPalette:
    """The palette that Fusion draws native controls with."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    palette = QPalette()
    for which, colour in (
        (role.Window, tokens.panel),
        (role.WindowText, tokens.text),
        (role.Base, tokens.background),
        (role.AlternateBase, tokens.hover),
        (role.Text, tokens.text),
        (role.PlaceholderText, tokens.muted),
        (role.Button, tokens.panel),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.bad),
        (role.ToolTipBase, tokens.panel),
        (role.ToolTipText, tokens.text),
        (role.Highlight, tokens.accent),
        (role.HighlightedText, tokens.on_accent),
        (role.Accent, tokens.accent),
        (role.Link, tokens.accent_text),
        (role.LinkVisited, tokens.accent_text),
        (role.Light, tokens.panel),
        (role.Midlight, tokens.hover),
        (role.Mid, tokens.line),
        (role.Dark, tokens.control_line),
        (role.Shadow, tokens.line),
    ):
        palette.setColor(which, colour)
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, which, tokens.control_line)
    palette.setColor(group.Disabled, role.Highlight, tokens.line)
    return palette


def _nearest_step(zoom: float) -> float:
    return min(ZOOM_STEPS, key=lambda step: abs(step - zoom))


def _system_scale(font: QFont) -> float:
    """How much larger than as shipped the system's text is; never smaller, never more than double."""
    usual_px = _SYSTEM_BODY_PX.get(sys.platform, BODY_PX)
    return max(1.0, min(QFontInfo(font).pixelSize() / usual_px, 2.0))


def _dots_per_inch() -> float:
    # Without a screen Qt returns None here, whatever its type hints say: a laptop's lid was closed.
    screen: QScreen | None = QGuiApplication.primaryScreen()
    return screen.logicalDotsPerInchY() if screen else 96.0
