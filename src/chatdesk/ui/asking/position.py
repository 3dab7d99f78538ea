"""Where the driver of an order is, as a card that ages and goes away: no map, and nothing is fetched."""

from __future__ import annotations

import math

import msgspec
from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chatdesk.domain.changes import PositionChanged
from chatdesk.domain.entities import Order
from chatdesk.domain.ids import AccountId, RemoteId
from chatdesk.ui.context import UiContext
from chatdesk.ui.controls import IconButton, Panel
from chatdesk.ui.i18n import number, span, tr
from chatdesk.ui.orders.parts import ValueLabel
from chatdesk.ui.plain import PlainLabel
from chatdesk.ui.theme import TextRole

OLD_US = 5 * 60_000_000
"""An older position says nothing about now."""
MOST_KEPT = 300
_TICK_MS = 5_000
_KMH = 3.6
_FASTEST_KMH = 400
_LONGEST_MIN = 7 * 24 * 60
_COMPASS = 8


class Sight(msgspec.Struct, frozen=True):
    """A position and when it held by our own clock: a server's clock may be ahead."""

    news: PositionChanged
    at_us: int


def is_place(news: PositionChanged) -> bool:
    """Whether it is a place on the earth."""
    lat, lon = news.latitude, news.longitude
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180


def place_text(news: PositionChanged) -> str:
    """Latitude and longitude in degrees, as maps take them."""
    return f"{news.latitude:.5f}, {news.longitude:.5f}"


def age_text(at_us: int, now_us: int) -> str:
    """How old a position is."""
    age_us = max(0, now_us - at_us)
    return tr("Driver, now") if age_us < 60_000_000 else tr("Driver, {age} ago", age=span(age_us))


def facts_text(news: PositionChanged) -> str:
    """Speed, direction, and how long until pick-up and arrival, as far as they are told."""
    parts: list[str] = []
    speed = _sound(news.speed_m_s, 0, _FASTEST_KMH / _KMH)
    if speed is not None:
        parts.append(tr("{n} km/h", n=number(round(speed * _KMH))))
    heading = _sound(news.heading_deg, 0, 360)
    if heading is not None and speed is not None and speed > 1:
        parts.append(_towards()[round(heading / (360 / _COMPASS)) % _COMPASS])
    pickup = _sound(news.pickup_min, 0, _LONGEST_MIN)
    if pickup is not None:
        parts.append(tr("pick-up in {time}", time=_minutes(pickup)))
    arrival = _sound(news.destination_min, 0, _LONGEST_MIN)
    if arrival is not None:
        parts.append(tr("arrival in {time}", time=_minutes(arrival)))
    return ", ".join(parts)


def _towards() -> tuple[str, ...]:
    return (
        tr("to the north"),
        tr("to the north-east"),
        tr("to the east"),
        tr("to the south-east"),
        tr("to the south"),
        tr("to the south-west"),
        tr("to the west"),
        tr("to the north-west"),
    )


def _minutes(value: float) -> str:
    return span(max(1, round(value)) * 60_000_000)


def _sound(value: float | None, least: float, most: float) -> float | None:
    return value if value is not None and math.isfinite(value) and least <= value <= most else None


class PositionCard(Panel):
    """The newest position of the order that is shown; hidden while there is none, or an old one."""

    def __init__(self, context: UiContext, parent: QWidget | None = None) -> None:
        super().__init__("card", parent)
        self._context = context
        self._order: tuple[AccountId, RemoteId] | None = None
        self._seen: dict[tuple[AccountId, RemoteId], Sight] = {}
        theme = context.theme
        self.setAccessibleName(tr("Position of the driver"))
        self._icon = PlainLabel(theme, parent=self)
        self._age = PlainLabel(theme, role=TextRole.STRONG, parent=self)
        self._facts = PlainLabel(theme, wrap=True, parent=self)
        self._place = ValueLabel(theme, "", role=TextRole.SECONDARY, colour="muted", parent=self)
        self.copy = IconButton(context, "copy", tr("Copy the coordinates"), parent=self)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._place.text()))
        top = QHBoxLayout()
        top.setSpacing(theme.metrics.tiny)
        top.addWidget(self._icon)
        top.addWidget(self._age, 1)
        last = QHBoxLayout()
        last.addWidget(self._place, 1)
        last.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setSpacing(theme.metrics.px(2))
        column.setContentsMargins(*[theme.metrics.small] * 4)
        column.addLayout(top)
        column.addWidget(self._facts)
        column.addLayout(last)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self.refresh)
        context.feed.position.connect(self._on_position)
        context.clock.beat.connect(self.refresh)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_order(self, order: Order | None) -> None:
        """Show where the driver of this order is, if it was told."""
        self._order = (order.account_id, order.remote_id) if order is not None else None
        self.refresh()

    def words(self) -> tuple[str, str, str]:
        """What it says: how old, what is known, where."""
        return self._age.text(), self._facts.text(), self._place.text()

    def refresh(self) -> None:
        """Say how old it is by now, or go."""
        sight = self._seen.get(self._order) if self._order is not None else None
        now_us = self._context.clock.now_us()
        if sight is None or now_us - sight.at_us > OLD_US:
            self._tick.stop()
            self.hide()
            return
        self._age.setText(age_text(sight.at_us, now_us))
        facts = facts_text(sight.news)
        self._facts.setText(facts)
        self._facts.setVisible(bool(facts))
        self._place.setText(place_text(sight.news))
        self.setAccessibleDescription(" ".join(self.words()))
        self._tick.start()
        self.show()

    def _on_position(self, news: PositionChanged) -> None:
        if not is_place(news):
            return
        now_us = self._context.clock.now_us()
        key = (news.account_id, news.order_remote_id)
        at_us = min(news.at_us, now_us) if news.at_us > 0 else now_us
        before = self._seen.pop(key, None)
        if before is not None and before.news.at_us > news.at_us > 0:
            self._seen[key] = before
            return
        self._seen[key] = Sight(news, at_us)
        while len(self._seen) > MOST_KEPT:
            del self._seen[next(iter(self._seen))]
        if key == self._order:
            self.refresh()

    def _restyle(self) -> None:
        side = self._context.theme.metrics.px(16)
        self._icon.setPixmap(self._context.icons.pixmap("location", "accent", side, self.devicePixelRatioF()))
