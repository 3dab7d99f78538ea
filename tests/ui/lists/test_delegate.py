"""A row paints every state inside its own box, in both themes, at any text size and in both directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionViewItem

from chatdesk.domain.entities import Conversation
from chatdesk.domain.kinds import DeliveryState, Lifecycle, MessageKind, PresenceState
from chatdesk.ui.lists.delegate import ConversationDelegate
from chatdesk.ui.lists.drawing import Lane
from chatdesk.ui.theme import ThemeMode
from tests.shots.seat import NOON_US, Seat
from tests.ui.lists.made import MINUTE_US, a_conversation, a_model, a_snippet

FLAGS = QStyle.StateFlag
LONG = "Übermäßig lange Spedition und Söhne GmbH & Co. KG, Zweigniederlassung Nordrhein " * 2
ARABIC = "شركة النقل السريع للشحن والتوصيل عبر البلاد"
BASE: dict[str, Any] = {
    "title": "Northline Transport",
    "order_number": "10482",
    "order_status_label": "Processing",
    "last": a_snippet("When can the escort be there?", at_us=NOON_US - 90 * MINUTE_US),
}
STATES: dict[str, dict[str, Any]] = {
    "unread": {"unread": 2},
    "many unread": {"unread": 12_345},
    "waiting": {"waiting_since_us": NOON_US - 12 * MINUTE_US},
    "draft": {"draft": "The escort is booked"},
    "muted": {"muted": True},
    "no order": {"order_number": "", "order_status_label": ""},
    "read only": {"lifecycle": Lifecycle.READ_ONLY},
    "no message": {"last": None},
    "nameless": {"title": ""},
    "long": {
        "title": LONG,
        "order_number": LONG,
        "order_status_label": LONG,
        "unread": 150,
        "muted": True,
        "waiting_since_us": NOON_US - 300 * MINUTE_US,
        "last": a_snippet(LONG, own=True, state=DeliveryState.PARKED),
    },
    "arabic": {"title": ARABIC, "last": a_snippet(ARABIC)},
    **{
        state.value: {"last": a_snippet("On it", own=True, state=state)}
        for state in (
            DeliveryState.QUEUED,
            DeliveryState.IN_FLIGHT,
            DeliveryState.ACCEPTED,
            DeliveryState.DELIVERED,
            DeliveryState.READ,
            DeliveryState.UNCERTAIN,
            DeliveryState.PARKED,
        )
    },
    **{
        kind.value: {"last": a_snippet("", kind=kind)}
        for kind in (MessageKind.IMAGE, MessageKind.FILE, MessageKind.AUDIO, MessageKind.LOCATION)
    },
}
OUTSIDE = QColor(255, 0, 255)


class Easel:
    """Paints single rows into pictures that are larger than the row, so that what spills over is seen."""

    MARGIN = 12

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.delegate = ConversationDelegate(seat.context)

    def paint(
        self,
        one: Conversation,
        *,
        width: int = 300,
        state: QStyle.StateFlag = FLAGS.State_Enabled,
        direction: Qt.LayoutDirection = Qt.LayoutDirection.LeftToRight,
        typing: tuple[str, ...] = (),
        online: bool = False,
    ) -> QImage:
        model = a_model(one)
        model.set_typing(one.id, typing)
        if online:
            model.set_presence(one.id, PresenceState.ONLINE)
        return self.paint_index(model.index(0), width=width, state=state, direction=direction)

    def paint_index(
        self, index: QModelIndex, *, width: int, state: QStyle.StateFlag, direction: Qt.LayoutDirection
    ) -> QImage:
        option = QStyleOptionViewItem()
        height = self.delegate.sizeHint(option, index).height()
        image = QImage(width + 2 * self.MARGIN, height + 2 * self.MARGIN, QImage.Format.Format_RGB32)
        image.fill(OUTSIDE)
        option.rect = QRect(self.MARGIN, self.MARGIN, width, height)
        option.state = state
        option.direction = direction
        painter = QPainter(image)
        self.delegate.paint(painter, option, index)
        painter.end()
        return image

    def margin_is_clean(self, image: QImage) -> bool:
        """Nothing was painted outside the row."""
        width, height, margin = image.width(), image.height(), self.MARGIN
        strips = (
            QRect(0, 0, width, margin),
            QRect(0, height - margin, width, margin),
            QRect(0, 0, margin, height),
            QRect(width - margin, 0, margin, height),
        )
        return all(_is_plain(image.copy(strip), OUTSIDE) for strip in strips)

    def edges_are_plain(self, image: QImage) -> bool:
        """Upper and lower edge of the row show its ground only: no letter, plate or disc is cut there."""
        left, right = self.MARGIN + self.delegate.sizes.bar, image.width() - self.MARGIN
        for y in (self.MARGIN, image.height() - self.MARGIN - 1):
            line = image.copy(QRect(left, y, right - left, 1))
            if not _is_plain(line, line.pixelColor(0, 0)):
                return False
        return True


def _is_plain(image: QImage, colour: QColor) -> bool:
    plain = QImage(image.size(), image.format())
    plain.fill(colour)
    return image == plain


@pytest.fixture(scope="module")
def shared_seat(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    """One store for all pictures: they read nothing from it."""
    seat = Seat(qapp, tmp_path_factory.mktemp("easel") / "profile", filled=False)
    yield seat
    seat.close()


@pytest.fixture
def easel(shared_seat: Seat) -> Easel:
    shared_seat.theme.set_mode(ThemeMode.LIGHT)
    shared_seat.theme.set_zoom(1.0)
    return Easel(shared_seat)


@pytest.mark.parametrize("mode", [ThemeMode.LIGHT, ThemeMode.DARK])
@pytest.mark.parametrize("name", STATES)
def test_every_state_is_painted_within_its_row(easel: Easel, name: str, mode: ThemeMode) -> None:
    """Each state looks different from the plain row, spills nowhere, and is cut neither above nor below."""
    easel.seat.theme.set_mode(mode)
    plain = easel.paint(a_conversation(1, **BASE))
    other = easel.paint(a_conversation(1, **{**BASE, **STATES[name]}))
    assert other != plain
    assert easel.margin_is_clean(other)
    assert easel.edges_are_plain(other)


def test_states_of_the_view_are_painted(easel: Easel) -> None:
    """Selected, under the pointer, outlined by the keyboard, typing and online each look different."""
    one = a_conversation(1, **BASE)
    pictures = [
        easel.paint(one),
        easel.paint(one, state=FLAGS.State_Enabled | FLAGS.State_Selected),
        easel.paint(one, state=FLAGS.State_Enabled | FLAGS.State_MouseOver),
        easel.paint(one, state=FLAGS.State_Enabled | FLAGS.State_HasFocus),
        easel.paint(one, typing=("Ann",)),
        easel.paint(one, online=True),
    ]
    for at, picture in enumerate(pictures):
        assert all(picture != other for other in pictures[at + 1 :])
        assert easel.margin_is_clean(picture)


@pytest.mark.parametrize("width", [1, 40, 90, 160, 260, 420])
@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
def test_any_width_and_direction_will_do(easel: Easel, width: int, direction: Qt.LayoutDirection) -> None:
    """However narrow the list and whichever way it reads, the fullest row stays inside its box."""
    image = easel.paint(a_conversation(1, **{**BASE, **STATES["long"]}), width=width, direction=direction)
    assert easel.margin_is_clean(image)


def test_right_to_left_is_the_mirror(easel: Easel) -> None:
    """The avatar stands at the reading start: left in one direction, right in the other."""
    one = a_conversation(1, **BASE)
    sizes = easel.delegate.sizes
    centre = easel.MARGIN + sizes.bar + sizes.padding + sizes.avatar // 4
    y = easel.MARGIN + sizes.height // 2
    left = easel.paint(one).pixelColor(centre, y)
    mirrored = easel.paint(one, direction=Qt.LayoutDirection.RightToLeft)
    assert mirrored.pixelColor(mirrored.width() - 1 - centre, y) == left
    assert mirrored.pixelColor(centre, y) != left


@pytest.mark.parametrize("zoom", [0.8, 1.0, 1.5, 2.0])
def test_rows_grow_with_the_text(easel: Easel, zoom: float) -> None:
    """At every text size the lines are as high as their fonts, and the row holds them and the avatar."""
    easel.seat.theme.set_zoom(zoom)
    sizes = easel.delegate.sizes
    fonts = [easel.delegate.look.name, easel.delegate.look.secondary, easel.delegate.look.body]
    for height, font in zip(sizes.lines, fonts, strict=True):
        assert height >= QFontMetrics(font).height()
    assert sizes.height >= max(sizes.text_height, sizes.avatar) + sizes.padding
    image = easel.paint(a_conversation(1, **{**BASE, **STATES["long"]}), width=round(300 * zoom))
    assert easel.margin_is_clean(image)
    assert easel.edges_are_plain(image)


def test_collapsed_rows_show_the_avatar_and_its_count(easel: Easel, qapp: QApplication) -> None:
    """Avatars only: the width is the avatar's, unread and presence can still be seen, texts are gone."""
    easel.delegate.set_collapsed(True)
    width = easel.delegate.sizes.collapsed_width
    plain = easel.paint(a_conversation(1, **BASE), width=width)
    assert easel.paint(a_conversation(1, **{**BASE, "draft": "Other words"}), width=width) == plain
    assert easel.paint(a_conversation(1, **{**BASE, "unread": 5}), width=width) != plain
    assert easel.paint(a_conversation(1, **BASE), width=width, online=True) != plain
    assert easel.margin_is_clean(easel.paint(a_conversation(1, **{**BASE, "unread": 500}), width=width))


def test_a_stale_index_paints_nothing(easel: Easel) -> None:
    """An index that no longer has a row leaves the picture as it was."""
    image = easel.paint_index(
        QModelIndex(), width=200, state=FLAGS.State_Enabled, direction=Qt.LayoutDirection.LeftToRight
    )
    assert _is_plain(image, OUTSIDE)


class TestLane:
    def test_boxes_never_overlap(self) -> None:
        """What is taken from start and end stays apart, and nothing is taken that is not there."""
        lane = Lane(10, 110, 0, 20)
        start, end = lane.take_start(40, 5), lane.take_end(30, 5)
        assert (start.left(), start.width(), end.left(), end.width()) == (10, 40, 80, 30)
        assert lane.free == 20
        rest = lane.take_start(500, 5)
        assert rest.width() == 20
        assert lane.free == 0
        assert lane.take_start(10, 0).width() == 0
        assert lane.take_end(10, 0).width() == 0
