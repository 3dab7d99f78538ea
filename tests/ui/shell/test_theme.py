"""Colours, sizes and fonts come from one table, can be read by everybody, and follow the person's choice."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import ZOOM_STEPS, TextRole, Theme, ThemeMode
from chatdesk.ui.tokens import AVATARS, TOKEN_NAMES, Tokens, load_tokens

UI = Path("src/chatdesk/ui")
GROUNDS = ("background", "panel", "rail", "hover", "accent_soft", "bubble_in")

TEXT_PAIRS = [
    *((ink, ground) for ground in GROUNDS for ink in ("text", "muted", "accent_text", "ok", "warn", "bad")),
    *((ink, "warn_soft") for ink in ("text", "warn", "accent_text")),
    *((ink, "bad_soft") for ink in ("text", "bad", "accent_text")),
    ("on_accent", "accent"),
    ("on_bad", "bad"),
    ("mark_text", "mark"),
    ("bubble_out_text", "bubble_out"),
    ("bubble_out_muted", "bubble_out"),
    *(("avatar_text", f"avatar_{number}") for number in range(1, AVATARS + 1)),
]
GLYPH_PAIRS = [
    *(
        (ink, ground)
        for ground in ("background", "panel", "rail")
        for ink in ("accent", "ok", "warn", "bad", "muted")
    ),
    *(("control_line", ground) for ground in ("background", "panel")),
    ("accent", "accent_soft"),
    ("bubble_out_read", "bubble_out"),
    *((f"avatar_{number}", "panel") for number in range(1, AVATARS + 1)),
]


def luminance(colour: QColor) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2.2, contrast ratio: 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_ruler_is_right() -> None:
    """Black on white has a contrast of 21, and #767676 on white the well-known 4.54."""
    assert contrast(QColor("#000000"), QColor("#ffffff")) == pytest.approx(21)
    assert contrast(QColor("#767676"), QColor("#ffffff")) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT_PAIRS)
def test_text_is_readable(theme: str, ink: str, ground: str) -> None:
    """Every text colour has a contrast of at least 4.5:1 on every ground that it is written on."""
    tokens = load_tokens(theme)
    assert contrast(tokens.colour(ink), tokens.colour(ground)) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), GLYPH_PAIRS)
def test_glyphs_can_be_seen(theme: str, ink: str, ground: str) -> None:
    """Every glyph, dot and outline of a control has a contrast of at least 3:1."""
    tokens = load_tokens(theme)
    assert contrast(tokens.colour(ink), tokens.colour(ground)) >= 3


def test_every_token_is_in_the_contrast_table() -> None:
    """No colour of the table escapes the contrast test but the hairline, which carries no meaning."""
    tested = {name for pair in [*TEXT_PAIRS, *GLYPH_PAIRS] for name in pair}
    assert tested | {"line"} == TOKEN_NAMES


COLOUR_WORDS = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b|\brgba?\s*\(")


def colour_literals(source: str) -> list[str]:
    """Places in a module that make a colour of their own."""
    found = []
    tree = ast.parse(source)
    said = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if COLOUR_WORDS.search(text) and id(node) not in said:
                found.append(f"{node.lineno}: {text!r}")
            case ast.Call(func=ast.Name(id="QColor" | "QRgba64"), args=[ast.Constant(), *_]):
                found.append(f"{node.lineno}: QColor(...)")
            case ast.Call(
                func=ast.Attribute(attr="fromRgb" | "fromRgbF" | "fromHsl" | "fromHsv" | "fromString")
            ):
                found.append(f"{node.lineno}: QColor.from...")
            case ast.Attribute(value=ast.Attribute(attr="GlobalColor"), attr=name) if name != "transparent":
                found.append(f"{node.lineno}: GlobalColor.{name}")
    return found


def test_no_colour_outside_the_table() -> None:
    """No module of the window but the one that reads the themes makes a colour."""
    files = [file for file in UI.rglob("*.py") if file.name != "tokens.py"]
    assert len(files) > 20
    assert {f"{file}:{one}" for file in files for one in colour_literals(file.read_text("utf-8"))} == set()


@pytest.mark.parametrize(
    "planted",
    [
        "x = QColor('red')",
        "x = QColor(1, 2, 3)",
        "x = '#ff00aa'",
        "x = f'color: #fff; {y}'",
        "x = 'rgba(1,2,3,4)'",
        "x = Qt.GlobalColor.red",
        "x = QColor.fromRgb(1, 2, 3)",
    ],
)
def test_the_search_for_colours_finds(planted: str) -> None:
    """Each way of writing a colour is found."""
    assert colour_literals(planted)


def test_a_theme_with_a_hole_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A theme file that lacks a colour fails at the start, not as a black spot somewhere."""
    (tmp_path / "themes").mkdir()
    (tmp_path / "themes" / "light.json").write_text('{"background": "#ffffff"}')
    monkeypatch.setattr("chatdesk.desktop.resources.root", lambda: tmp_path)
    load_tokens.cache_clear()
    with pytest.raises(ValueError, match="bubble_in"):
        load_tokens("light")
    load_tokens.cache_clear()


def test_switching_repaints_everything(qapp: QApplication, qtbot: QtBot) -> None:
    """From light to dark, a button, a field and a label are drawn in the dark colours, pixel for pixel."""
    theme = Theme(qapp, ThemeMode.LIGHT)
    label = PlainLabel(theme, "MMMM", role=TextRole.HEADING)
    button, field = QPushButton("Go"), QLineEdit("text")
    for widget in (label, button, field):
        qtbot.addWidget(widget)
        widget.resize(160, 40)
        widget.setAutoFillBackground(True)

    def shown(widget: object) -> set[str]:
        image = widget.grab().toImage()  # type: ignore[attr-defined]
        return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}

    light, dark = load_tokens("light"), load_tokens("dark")
    assert {light.text.name(), light.panel.name()} <= shown(label)
    assert light.panel.name() in shown(button)
    assert light.background.name() in shown(field)
    with qtbot.waitSignal(theme.changed):
        theme.set_mode(ThemeMode.DARK)
    assert {dark.text.name(), dark.panel.name()} <= shown(label)
    assert dark.panel.name() in shown(button)
    assert dark.background.name() in shown(field)
    assert light.panel.name() not in shown(label) | shown(button)


def test_system_mode_follows_the_system(qapp: QApplication, qtbot: QtBot) -> None:
    """In system mode the colours are those that the system asks for; a chosen theme stays as chosen."""
    theme = Theme(qapp, ThemeMode.SYSTEM)
    dark = qapp.styleHints().colorScheme() is Qt.ColorScheme.Dark
    assert theme.is_dark is dark
    theme.set_mode(ThemeMode.DARK)
    with qtbot.assertNotEmitted(theme.changed):
        qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert theme.is_dark


def test_zoom_scales_text_and_space(qapp: QApplication) -> None:
    """Zoom goes by its steps, stops at both ends, and scales fonts and distances alike."""
    theme = Theme(qapp, ThemeMode.LIGHT)
    body, title = theme.font().pointSizeF(), theme.font(TextRole.TITLE).pointSizeF()
    space = theme.metrics.large
    assert theme.metrics.scale == pytest.approx(1.0)
    theme.set_zoom(1.5)
    assert theme.font().pointSizeF() == pytest.approx(body * 1.5, rel=0.01)
    assert theme.font(TextRole.TITLE).pointSizeF() == pytest.approx(title * 1.5, rel=0.01)
    assert theme.metrics.large == round(space * 1.5)
    for _ in range(20):
        theme.zoom_by(1)
    assert theme.zoom == ZOOM_STEPS[-1]
    for _ in range(20):
        theme.zoom_by(-1)
    assert theme.zoom == ZOOM_STEPS[0]
    theme.set_zoom(1.0)
    assert theme.font().pointSizeF() == pytest.approx(body)


def test_the_palette_has_no_colour_of_its_own(qapp: QApplication) -> None:
    """Every colour of the application's palette is a token of the theme."""
    theme = Theme(qapp, ThemeMode.DARK)
    known = {theme.current.colour(name).name() for name in TOKEN_NAMES}
    palette = qapp.palette()
    roles = [role for role in QPalette.ColorRole if role is not QPalette.ColorRole.NColorRoles]
    unknown = {
        role.name
        for role in roles
        for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive)
        if palette.color(group, role).name() not in known and role is not QPalette.ColorRole.NoRole
    }
    assert unknown == set()


def test_tokens_are_asked_by_name() -> None:
    """A name that is no token is refused, so that a misspelt colour can't hide."""
    tokens = load_tokens("light")
    assert isinstance(tokens, Tokens)
    assert tokens.colour("accent") == tokens.accent
    with pytest.raises(KeyError):
        tokens.colour("__class__")
