"""Icons are our own drawings in the theme's colours, sharp on dense screens."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from chatdesk.ui.icons import Icons
from chatdesk.ui.paint import avatar_colour, badge_size, badge_text, draw_avatar, draw_badge, initials
from chatdesk.ui.theme import Theme, ThemeMode
from chatdesk.ui.tokens import load_tokens

FILES = sorted(Path("resources/icons").glob("*.svg"))


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeMode.LIGHT)


def inks(image: QImage) -> set[str]:
    return {
        QColor(image.pixelColor(x, y)).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_icons_are_simple_drawings(file: Path, theme: Theme) -> None:
    """Each file is a small SVG without scripts or links, and is drawn in the token's colour."""
    tree = ET.fromstring(file.read_text("utf-8"))
    assert {node.tag.rpartition("}")[2] for node in tree.iter()} <= {"svg", "path", "circle", "rect"}
    assert tree.get("viewBox") == "0 0 24 24"
    assert not any("href" in name for node in tree.iter() for name in node.attrib)
    image = Icons(theme).pixmap(file.stem, "bad", 24, 2.0).toImage()
    assert (image.width(), image.height()) == (48, 48)
    assert theme.current.bad.name() in inks(image)
    assert sum(image.pixelColor(x, 0).alpha() > 0 for x in range(48)) == 0, "nothing is cut off"


def test_an_icon_has_both_densities_and_a_disabled_form(theme: Theme) -> None:
    """A button's icon is sharp at 100 and 200 %, and grey when the button is disabled."""
    icon = Icons(theme).icon("search", "accent", 18)
    sharp = icon.pixmap(icon.availableSizes()[0], 2.0)
    assert sharp.width() == 36
    assert theme.current.accent.name() in inks(icon.pixmap(18).toImage())
    assert theme.current.control_line.name() in inks(icon.pixmap(18, 18, QIcon.Mode.Disabled).toImage())


def test_an_unknown_icon_is_an_error(theme: Theme) -> None:
    """A misspelt name fails where it is asked for."""
    with pytest.raises(FileNotFoundError):
        Icons(theme).icon("no-such-icon")


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Northline Transport", "NT"),
        ("Quarry & Stone", "QS"),
        ("anna", "AN"),
        ("Дмитрий Иванов", "ДИ"),
        ("x", "X"),
        ("", "?"),
        ("<<>>", "?"),
        ("\u202e\u0000 b", "B"),
        ("🚚 Trucks", "TR"),
        ("a\ud800 b", "AB"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    """A name of any kind has one or two letters that stand for it, or a question mark."""
    assert initials(name) == letters


def test_avatars_keep_their_colour(theme: Theme) -> None:
    """The same name has the same colour in every theme, and different names have several."""
    light, dark = load_tokens("light"), load_tokens("dark")
    assert avatar_colour(light, "Northline") == avatar_colour(dark, "Northline")
    assert len({avatar_colour(light, f"c{n}").name() for n in range(50)}) == 8
    canvas = QPixmap(40, 40)
    canvas.fill(light.panel)
    painter = QPainter(canvas)
    draw_avatar(painter, canvas.rect(), theme, "Northline Transport", "Northline")
    painter.end()
    assert avatar_colour(light, "Northline").name() in inks(canvas.toImage())


def test_badges(theme: Theme) -> None:
    """A badge shows its count, 99+ above 99, and nothing for zero."""
    assert [badge_text(n) for n in (-1, 0, 1, 99, 100)] == ["", "", "1", "99", "99+"]
    assert badge_size(theme, 0) == (0, 0)
    assert badge_size(theme, 100)[0] > badge_size(theme, 1)[0]
    canvas = QPixmap(40, 20)
    canvas.fill(theme.current.panel)
    painter = QPainter(canvas)
    draw_badge(painter, canvas.rect(), theme, 0)
    painter.end()
    assert inks(canvas.toImage()) == {theme.current.panel.name()}
