"""Rows and cells of orders paint what they have inside their own boxes, in both themes and directions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from chatdesk.domain.desk import Snapshot
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import MessageKind, PresenceState, Progress
from chatdesk.ui.orders.delegates import OrderCellDelegate, OrderRowDelegate
from chatdesk.ui.orders.model import Column, OrderModel
from chatdesk.ui.orders.statuses import AccountFacts
from chatdesk.ui.theme import ThemeMode
from tests.shots.seat import NOON_US, Seat
from tests.ui.lists.made import MINUTE_US, a_conversation, a_model, a_snippet, complete
from tests.ui.orders.test_orders import order

FLAGS = QStyle.StateFlag
OUTSIDE = QColor(255, 0, 255)
MARGIN = 10
LONG = "Übermäßig lange Spedition und Söhne GmbH & Co. KG " * 3
BOTH_WAYS = [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft]


@pytest.fixture(scope="module")
def shared_seat(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    """One store for all pictures: they read nothing from it."""
    seat = Seat(qapp, tmp_path_factory.mktemp("easel") / "profile", filled=False)
    yield seat
    seat.close()


@pytest.fixture
def easel(shared_seat: Seat) -> Seat:
    shared_seat.theme.set_mode(ThemeMode.LIGHT)
    return shared_seat


def an_order_model(seat: Seat, talk: dict[str, Any] | None = None, **values: Any) -> OrderModel:
    talks = a_model(*([a_conversation(1, **talk)] if talk is not None else []), whole=True)
    model = OrderModel(talks, AccountFacts(seat.context), seat.clock.now_us)
    talks.setParent(model)
    if (talk or {}).get("title") == "online":
        talks.set_presence(ConversationId(1), PresenceState.ONLINE)
    complete(model, Snapshot(1, (order(1, **{"updated_at_us": NOON_US - MINUTE_US, **values}),)))
    return model


def paint(
    delegate: QStyledItemDelegate,
    index: QModelIndex,
    *,
    width: int = 300,
    state: QStyle.StateFlag = FLAGS.State_Enabled,
    direction: Qt.LayoutDirection = Qt.LayoutDirection.LeftToRight,
) -> QImage:
    option = QStyleOptionViewItem()
    height = delegate.sizeHint(option, index).height()
    image = QImage(width + 2 * MARGIN, height + 2 * MARGIN, QImage.Format.Format_RGB32)
    image.fill(OUTSIDE)
    option.rect = QRect(MARGIN, MARGIN, width, height)
    option.state = state
    option.direction = direction
    painter = QPainter(image)
    delegate.paint(painter, option, index)
    painter.end()
    return image


def margin_is_clean(image: QImage) -> bool:
    """Nothing was painted outside the box."""
    inner = image.copy()
    painter = QPainter(inner)
    painter.fillRect(QRect(MARGIN, MARGIN, image.width() - 2 * MARGIN, image.height() - 2 * MARGIN), OUTSIDE)
    painter.end()
    plain = QImage(image.size(), image.format())
    plain.fill(OUTSIDE)
    return inner == plain


@pytest.mark.parametrize("mode", [ThemeMode.LIGHT, ThemeMode.DARK])
def test_rows_show_what_differs(easel: Seat, mode: ThemeMode) -> None:
    """Status, progress, who waits, who is there, and the last message each change the picture."""
    easel.theme.set_mode(mode)
    delegate = OrderRowDelegate(easel.context)
    said = a_snippet("When?", at_us=NOON_US - 2 * MINUTE_US)
    file = a_snippet("plan.pdf", kind=MessageKind.FILE, at_us=NOON_US - 2 * MINUTE_US)
    models = [
        an_order_model(easel),
        an_order_model(easel, {"last": said}),
        an_order_model(easel, {"last": file}),
        an_order_model(easel, {"last": said, "waiting_since_us": NOON_US - 9 * MINUTE_US}),
        an_order_model(easel, {"last": said, "title": "online"}),
        an_order_model(easel, status="charged", status_label="Charged"),
        an_order_model(easel, progress=Progress.WAITING),
        an_order_model(easel, progress=Progress.CANCELLED),
        an_order_model(easel, customer="", title="Gary → Omaha"),
        an_order_model(easel, customer=LONG, title=LONG, status_label=LONG),
    ]
    pictures = [paint(delegate, model.index(0, 0)) for model in models]
    for at, picture in enumerate(pictures):
        assert margin_is_clean(picture)
        assert all(picture != other for other in pictures[at + 1 :]), at


@pytest.mark.parametrize("direction", BOTH_WAYS)
@pytest.mark.parametrize("width", [1, 60, 130, 300])
def test_rows_of_any_width(easel: Seat, width: int, direction: Qt.LayoutDirection) -> None:
    """However narrow and whichever way it reads, the fullest row stays inside its box."""
    model = an_order_model(
        easel,
        {"last": a_snippet(LONG, kind=MessageKind.FILE), "waiting_since_us": 1},
        customer=LONG,
        status_label=LONG,
    )
    delegate = OrderRowDelegate(easel.context)
    assert margin_is_clean(paint(delegate, model.index(0, 0), width=width, direction=direction))


@pytest.mark.parametrize("column", list(Column))
def test_cells_show_their_value(easel: Seat, column: Column) -> None:
    """Every cell has its own picture, selected or not, and keeps it inside at any width."""
    model = an_order_model(
        easel, {"last": a_snippet("When?"), "waiting_since_us": NOON_US - 9 * MINUTE_US, "title": "online"}
    )
    delegate = OrderCellDelegate(easel.context)
    cell = model.index(0, column)
    plain = paint(delegate, cell, width=120)
    blank = paint(delegate, an_order_model(easel, status_label="", status="").index(0, column), width=120)
    chosen = paint(delegate, cell, width=120, state=FLAGS.State_Enabled | FLAGS.State_Selected)
    assert plain != chosen
    if column in {Column.STATUS, Column.WAITING, Column.LAST, Column.CUSTOMER}:
        assert plain != blank
    for width in (1, 12, 40, 200):
        for direction in BOTH_WAYS:
            assert margin_is_clean(paint(delegate, cell, width=width, direction=direction))


def test_stale_indexes_paint_nothing(easel: Seat) -> None:
    """An index that no longer has an order leaves the picture as it was."""
    for delegate in (OrderRowDelegate(easel.context), OrderCellDelegate(easel.context)):
        image = paint(delegate, QModelIndex())
        plain = QImage(image.size(), image.format())
        plain.fill(OUTSIDE)
        assert image == plain
