"""What is painted of a message: emoji in colour, marks and selections, and nothing outside its bubble."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from chatdesk.domain.entities import Message
from chatdesk.ui.icons import Icons
from chatdesk.ui.theme import Theme, ThemeMode
from chatdesk.ui.timeline.grouping import Above
from chatdesk.ui.timeline.layout import Item, RowLayout, lay_out
from chatdesk.ui.timeline.painting import Emphasis, RowPainter
from chatdesk.ui.timeline.style import Style
from tests.ui.timeline.stage import NOON_US, a_message, own

WIDTH = 400
ALONE = Above(day=False, unread=False, gap=False, first=True, last=True)


class Studio:
    """Lays out and paints single messages in one theme."""

    def __init__(self, app: QApplication, mode: ThemeMode) -> None:
        self.theme = Theme(app, mode)
        self.style = Style(self.theme)
        self.painter = RowPainter(self.style, Icons(self.theme))

    def row(self, message: Message, steps: int = 0) -> RowLayout:
        return lay_out(Item(message, ALONE, show_name=False, steps=steps, now_us=NOON_US), WIDTH, self.style)

    def picture(self, row: RowLayout, emphasis: Emphasis | None = None, top: int = 0) -> QImage:
        image = QImage(WIDTH, min(row.height, 900), QImage.Format.Format_RGB32)
        image.fill(self.style.tokens.background)
        painter = QPainter(image)
        self.painter.paint(painter, row, top, WIDTH, emphasis or Emphasis(), 1.0)
        painter.end()
        return image


@pytest.fixture(params=[ThemeMode.LIGHT, ThemeMode.DARK], ids=["light", "dark"])
def studio(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Studio]:
    made = Studio(qapp, request.param)
    yield made
    made.theme.deleteLater()


def colours(image: QImage, area: QRect | None = None) -> set[int]:
    """The colours of an area, as RGB."""
    inside = area if area is not None else image.rect()
    return {
        image.pixel(QPoint(x, y)) & 0xFFFFFF
        for x in range(inside.left(), inside.right() + 1)
        for y in range(inside.top(), inside.bottom() + 1)
    }


def rgb(colour: QColor) -> int:
    return colour.rgb() & 0xFFFFFF


def test_emoji_are_in_colour_and_large_alone(studio: Studio) -> None:
    """A message of one emoji is drawn with colours that no theme has, larger than inside a text."""
    alone, among = studio.row(a_message(1, "😀")), studio.row(a_message(1, "fine 😀"))
    assert alone.text.caret(2).x() - alone.text.caret(0).x() > 2 * (
        among.text.caret(7).x() - among.text.caret(5).x()
    )
    yellow = [QColor(one) for one in colours(studio.picture(alone), alone.text.rect.toAlignedRect())]
    assert any(one.red() > 200 and one.green() > 150 and one.blue() < 120 for one in yellow)


def test_found_words_and_selections_are_seen(studio: Studio) -> None:
    """What was looked for and what is selected have their own grounds, in bubbles of both sides."""
    tokens = studio.style.tokens
    for message in (a_message(1, "find the word here"), own(1, "find the word here")):
        row = studio.row(message)
        plain = colours(studio.picture(row))
        found = colours(studio.picture(row, Emphasis(found=((9, 13),))))
        assert rgb(tokens.mark) in found - plain
        ground = tokens.bubble_out_text if message.own else tokens.accent
        chosen = studio.picture(row, Emphasis(selection=(5, 8)))
        caret = row.text.caret(5)
        assert rgb(ground) in colours(chosen, QRect(round(caret.x()), round(caret.top()), 8, 4))


def test_a_link_is_underlined_in_its_own_colour(studio: Studio) -> None:
    """An address differs from the text around it by a line and, with others, by its colour."""
    row = studio.row(a_message(1, "see https://example.test"))
    assert rgb(studio.style.tokens.accent_text) in colours(studio.picture(row))
    assert rgb(studio.style.tokens.accent_text) not in colours(
        studio.picture(studio.row(a_message(1, "see")))
    )


@pytest.mark.parametrize(
    "text", ["a" + "\u0301" * 200, "x\u0325\u0330" * 40, "W" * 300, "\u202eabc\u2066", "﷽" * 9]
)
def test_no_text_leaves_its_bubble(studio: Studio, text: str) -> None:
    """Stacked marks, endless words and turned letters: around the bubble there is nothing but background."""
    row = studio.row(a_message(1, text))
    image = studio.picture(row)
    bubble = row.bubble.toAlignedRect()
    around = [
        QRect(0, 0, WIDTH, bubble.top()),
        QRect(0, bubble.bottom() + 1, WIDTH, image.height() - bubble.bottom() - 1),
        QRect(0, 0, bubble.left(), image.height()),
        QRect(bubble.right() + 1, 0, WIDTH - bubble.right() - 1, image.height()),
    ]
    assert set().union(*(colours(image, part) for part in around)) == {rgb(studio.style.tokens.background)}


def test_right_to_left_paragraphs_end_at_the_right(studio: Studio) -> None:
    """Each paragraph stands at the side where it is read from, in one bubble."""
    row = studio.row(a_message(1, "a long line to make it wide\nשלום\nab"))
    assert [block.right_to_left for block in row.text.blocks] == [False, True, False]
    hebrew = row.text.caret(row.text.blocks[1].start)
    assert hebrew.x() == pytest.approx(row.text.rect.right(), abs=1)
    assert row.text.caret(row.text.blocks[2].start).x() == pytest.approx(row.text.rect.left(), abs=1)


def test_of_a_tall_message_every_part_is_painted(studio: Studio) -> None:
    """Only the lines in view are drawn of a very long text, at every place of it all of those."""
    row = studio.row(a_message(1, "word " * 4_000), steps=1)
    assert row.height > 3_000
    for top in (0, -row.height // 2, 900 - row.height):
        image = studio.picture(row, top=top)
        ink = rgb(studio.style.tokens.text)
        for y in range(100, 760, 60):
            band = QRect(round(row.text.rect.left()), y, 60, 40)
            assert ink in colours(image, band)
