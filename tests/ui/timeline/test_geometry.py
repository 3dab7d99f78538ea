"""The list on the screen is the plain list of its rows, whatever happens to them, and what is read stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import PENDING_CURSOR, Cursor, MessageId, RemoteId
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.ui.theme import Theme, ThemeMode
from chatdesk.ui.timeline.rows import RowBook
from chatdesk.ui.timeline.view import TimelineView
from tests.ui.timeline.stage import MINUTE_US, NOON_US, ROOM, ListeningDesk, Shelf, a_context, a_message, own

EXAMPLES = int(os.environ.get("CHATDESK_GEOMETRY_EXAMPLES", "12"))
STEPS = int(os.environ.get("CHATDESK_GEOMETRY_STEPS", "25"))
PHASES = (Phase.reuse, Phase.generate, Phase.shrink)
WORDS = ("ok", "word " * 30, "Where is he?\nAt the gate.", "long " * 2_000, "😀", "שלום")
WHICH = st.integers(0, 10_000)


class Plain:
    """The rows as a plain list of heights, each laid out anew: nothing is remembered or estimated."""

    def __init__(self, view: TimelineView) -> None:
        book = RowBook(view.timeline, view.style_now, view.context.clock.now_us)
        book._steps = view.book._steps
        book.use_width(view.viewport().width())
        self._book = book

    def height(self, row: int) -> int:
        return self._book.row(row).extent.height

    def lead(self, row: int) -> int:
        return self._book.row(row).extent.lead


class GeometryMachine(RuleBasedStateMachine):
    """A real list over a shelf; after each operation it is held against the plain list."""

    app: QApplication
    theme: Theme

    @initialize(count=st.integers(0, 300), width=st.integers(240, 800), height=st.integers(120, 700))
    def start(self, count: int, width: int, height: int) -> None:
        self.shelf = Shelf(self.message(n * 10, n) for n in range(1, count + 1))
        self.next_id = 100_000
        self.view = TimelineView(a_context(self.app, ListeningDesk(self.shelf), theme=self.theme))
        self.tester = QAbstractItemModelTester(
            self.view.timeline, QAbstractItemModelTester.FailureReportingMode.Fatal, self.view
        )
        self.view.resize(width, height)
        self.view.open_conversation(ROOM)
        self.view.show()
        self.settle()

    def teardown(self) -> None:
        if hasattr(self, "view"):
            self.view.context.feed.close()
            self.view.close()
            self.view.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            self.theme.set_zoom(1.0)

    def message(self, place: int, seed: int, **more: Any) -> Message:
        make = own if seed % 3 == 0 else a_message
        kind = MessageKind.SYSTEM if seed % 17 == 0 else MessageKind.TEXT
        text = WORDS[seed * 7 % 5 if seed % 40 else 3]
        sender = {} if make is own else {"sender_name": f"Colleague {seed // 4 % 2}"}
        fields: dict[str, Any] = {"cursor": Cursor(f"{place:08d}"), "kind": kind, **sender, **more}
        return make(place, text, sent_at_us=NOON_US + place * MINUTE_US * 9, **fields)

    def settle(self) -> None:
        for _ in range(3):
            self.app.processEvents()

    # what is read

    def reading(self) -> tuple[MessageId, int] | None:
        """The first message whose text begins in view, and where."""
        for one in self.view.scroller.placed:
            y = one.top + self.view.row_layout(one.row).extent.lead
            if 0 <= y < self.view.viewport().height():
                return self.view.timeline.message(one.row).id, y
        return None

    def held_by_an_edge(self) -> bool:
        """Whether the first or the last row decides where the others are."""
        scroller = self.view.scroller
        placed = scroller.placed
        if not placed:
            return True
        return scroller.stuck or scroller.at_bottom or (placed[0].row == 0 and placed[0].top >= 0)

    def y_of(self, message: MessageId) -> int | None:
        row = self.view.timeline.row_of(message)
        return None if row is None else self.view.scroller.top_of(row) + self.view.row_layout(row).extent.lead

    def keeps(self, act: Callable[[], object], *, but: MessageId | None = None) -> None:
        """What is read before `act` is at the same pixel after it, unless it is the one acted upon."""
        before, held = self.reading(), self.held_by_an_edge()
        act()
        self.settle()
        if before is None or held or self.held_by_an_edge() or before[0] == but:
            return
        assert self.y_of(before[0]) == before[1]

    def put(self, *messages: Message) -> None:
        change, commit = self.shelf.put(*messages)
        self.view.context.feed.messages_put.emit(change, commit)

    def one(self, which: int) -> Message:
        return self.shelf.messages[which % len(self.shelf.messages)]

    # what happens

    @rule(count=st.integers(1, 6), seed=WHICH)
    def append(self, count: int, seed: int) -> None:
        stuck = self.view.scroller.stuck and not self.view.timeline.has_newer
        fresh = []
        for n in range(count):
            self.next_id += 1
            fresh.append(self.message(self.next_id, seed + n))
        self.keeps(lambda: self.put(*fresh))
        if stuck:
            assert self.view.scroller.at_bottom

    @rule()
    def press_send(self) -> None:
        self.next_id += 1
        queued = own(self.next_id, cursor=PENDING_CURSOR, remote_id=None, state=DeliveryState.QUEUED)
        self.keeps(lambda: self.put(queued))

    @rule(places=st.lists(st.integers(1, 3_200), min_size=1, max_size=9, unique=True), seed=WHICH)
    def insert(self, places: list[int], seed: int) -> None:
        fresh = []
        for place in places:
            self.next_id += 1
            late = self.message(self.next_id, seed + place, cursor=Cursor(f"{place:08d}"))
            fresh.append(msgspec.structs.replace(late, sent_at_us=NOON_US + place * MINUTE_US * 9))
        self.keeps(lambda: self.put(*fresh))

    @rule()
    def prepend(self) -> None:
        self.keeps(self.view.timeline.load_older)

    @precondition(lambda self: self.shelf.messages)
    @rule(which=WHICH, text=st.sampled_from(WORDS))
    def edit(self, which: int, text: str) -> None:
        message = self.one(which)
        self.keeps(lambda: self.put(msgspec.structs.replace(message, text=text)))

    @precondition(lambda self: self.shelf.messages)
    @rule(which=WHICH, count=st.integers(1, 5))
    def remove(self, which: int, count: int) -> None:
        at = which % len(self.shelf.messages)
        ids = tuple(m.id for m in self.shelf.messages[at : at + count])
        before = self.reading()

        def act() -> None:
            change, commit = self.shelf.gone(*ids)
            self.view.context.feed.messages_gone.emit(change, commit)

        self.keeps(act, but=before[0] if before and before[0] in ids else None)

    @precondition(lambda self: len(self.shelf.messages) > 2)
    @rule(which=WHICH, place=st.integers(1, 3_200))
    def reorder(self, which: int, place: int) -> None:
        message = self.one(which)
        moved = msgspec.structs.replace(message, cursor=Cursor(f"{place:08d}"), remote_id=RemoteId("new"))
        self.keeps(lambda: self.put(moved), but=message.id)

    @rule(width=st.integers(240, 900), height=st.integers(120, 700))
    def resize(self, width: int, height: int) -> None:
        before = self.reading()
        out = before is not None and before[1] >= height
        self.keeps(lambda: self.view.resize(width, height), but=before[0] if before and out else None)

    @rule(zoom=st.sampled_from([0.8, 1.0, 1.25, 1.6]))
    def change_font(self, zoom: float) -> None:
        self.keeps(lambda: self.view.context.theme.set_zoom(zoom))

    @precondition(lambda self: self.view.visible_rows)
    @rule(which=WHICH)
    def show_more(self, which: int) -> None:
        row = self.view.visible_rows[which % len(self.view.visible_rows)]
        message = self.view.timeline.message(row)
        self.keeps(lambda: self.view._show_more(message.id))

    @rule(dy=st.integers(-2_000, 2_000))
    def scroll(self, dy: int) -> None:
        before = self.reading()
        moved = self.view.scroll_by(dy)
        if before is not None:
            assert self.y_of(before[0]) == before[1] - moved
        assert abs(moved) <= abs(dy)
        self.settle()

    @rule(part=st.floats(0, 1))
    def press_beside_the_thumb(self, part: float) -> None:
        bar = self.view.verticalScrollBar()
        bar.setValue(round(bar.maximum() * part))
        self.settle()

    @rule(parts=st.lists(st.floats(0, 1), min_size=1, max_size=5))
    def drag(self, parts: list[float]) -> None:
        """The content goes the way of the hand, at its end is at its end, and the thumb stays in the hand."""
        bar, scroller = self.view.verticalScrollBar(), self.view.scroller
        bar.setSliderDown(True)
        most = bar.maximum()
        for part in parts:
            hand, before = bar.value(), self.reading()
            bar.setSliderPosition(round(most * part))
            assert bar.value() == round(most * part)
            if bar.value() == hand:
                continue
            now = self.y_of(before[0]) if before else None
            if before and now is not None:
                assert now >= before[1] if bar.value() < hand else now <= before[1]
            if bar.value() == 0 and scroller.rows:
                assert scroller.placed[0].row == 0
            if bar.value() == most > 0:
                assert scroller.at_bottom
            self.settle()
            assert (bar.maximum(), bar.value()) == (most, round(most * part))
        bar.setSliderDown(False)
        self.settle()

    @precondition(lambda self: self.shelf.messages)
    @rule(which=WHICH)
    def jump(self, which: int) -> None:
        message = self.one(which).id
        assert self.view.scroll_to_message(message)
        row = self.view.timeline.row_of(message)
        assert row in self.view.visible_rows
        self.settle()

    @rule(way=st.sampled_from(["show_newest", "show_oldest"]))
    def go_to_an_end(self, way: str) -> None:
        getattr(self.view, way)()
        rows = self.view.visible_rows
        if self.shelf.messages:
            end = 0 if way == "show_oldest" else -1
            assert self.view.timeline.message(rows[end]).id == self.shelf.messages[end].id
        self.settle()

    # what always holds

    @invariant()
    def it_is_the_plain_list(self) -> None:
        view, scroller = self.view, self.view.scroller
        placed, height = scroller.placed, view.viewport().height()
        plain = Plain(view)
        assert len(scroller.heights) == view.timeline.rowCount()
        assert bool(placed) == bool(self.shelf.messages)
        for one in placed:
            assert one.height == plain.height(one.row)
        for one, following in pairwise(placed):
            assert (following.row, following.top) == (one.row + 1, one.bottom)
        if placed:
            first, last = placed[0], placed[-1]
            assert first.top <= 0 or first.row == 0
            assert last.bottom >= height - scroller.foot_px or last.row == scroller.rows - 1
            assert first.bottom > 0
            assert last.top < height

    @invariant()
    def points_and_places_agree(self) -> None:
        view = self.view
        for one in view.scroller.placed:
            index = view.timeline.index(one.row, 0)
            area = view.visualRect(index)
            assert area == QRect(0, one.top, view.viewport().width(), one.height)
            seen = area & view.viewport().rect()
            for y in (seen.top(), seen.center().y(), seen.bottom()):
                assert view.indexAt(QPoint(5, y)).row() == one.row
        if view.scroller.placed and view.scroller.placed[0].top > 0:
            assert not view.indexAt(QPoint(5, view.scroller.placed[0].top - 1)).isValid()

    @invariant()
    def the_bar_tells_where_we_are(self) -> None:
        bar, scroller = self.view.verticalScrollBar(), self.view.scroller
        assert (bar.minimum(), bar.maximum()) == (0, scroller.maximum)
        assert bar.value() == scroller.value
        assert 0 <= bar.value() <= bar.maximum()
        if scroller.stuck:
            assert bar.value() == bar.maximum()


def test_the_list_is_true_whatever_happens(qapp: QApplication) -> None:
    """No overlap, no hole, what is read at its pixel, places and points agree, the bar in its range.

    CHATDESK_GEOMETRY_EXAMPLES and _STEPS make it longer.
    """
    GeometryMachine.app = qapp
    GeometryMachine.theme = Theme(qapp, ThemeMode.LIGHT)
    run_state_machine_as_test(
        GeometryMachine,
        settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, phases=PHASES),
    )
