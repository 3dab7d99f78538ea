"""The model is a true window over the stored messages, whatever happens and in whatever order it is told."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from chatdesk.domain.changes import MessagesGone, MessagesPut
from chatdesk.domain.entities import Message
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor, MessageId
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.domain.ordering import position
from chatdesk.ui.timeline import model as model_module
from chatdesk.ui.timeline.model import MESSAGE_ROLE, TimelineModel
from tests.ui.timeline.stage import ROOM, Shelf, a_message, own


def opened(shelf: Shelf) -> TimelineModel:
    model = TimelineModel(shelf)  # type: ignore[arg-type]
    model.open(ROOM)
    return model


def ids(model: TimelineModel) -> list[int]:
    return [model.message(row).id for row in range(model.rowCount())]


class Mirror:
    """A list kept by the model's signals alone, as a view keeps one."""

    def __init__(self, model: TimelineModel) -> None:
        self.model = model
        self.rows: list[Message] = []
        self.resets = 0
        self.reset()
        model.modelReset.connect(self.reset)
        model.rowsInserted.connect(self.inserted)
        model.rowsRemoved.connect(self.removed)
        model.rowsMoved.connect(self.moved)
        model.dataChanged.connect(self.changed)

    def reset(self) -> None:
        self.resets += 1
        self.rows = [self.model.message(row) for row in range(self.model.rowCount())]

    def inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        self.rows[first:first] = [self.model.message(row) for row in range(first, last + 1)]

    def removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        del self.rows[first : last + 1]

    def moved(self, _parent: QModelIndex, first: int, last: int, _to: QModelIndex, target: int) -> None:
        assert first == last
        row = self.rows.pop(first)
        self.rows.insert(target - (target > first), row)

    def changed(self, top: QModelIndex, bottom: QModelIndex) -> None:
        for row in range(top.row(), bottom.row() + 1):
            self.rows[row] = self.model.message(row)


@pytest.mark.parametrize("count", [0, 1, 200])
def test_model_keeps_the_rules_of_models(qtmodeltester: Any, count: int) -> None:
    """Qt's own tester finds nothing, empty and filled."""
    qtmodeltester.check(opened(Shelf(a_message(n) for n in range(1, count + 1))), force_py=False)
    qtmodeltester.check(opened(Shelf(a_message(n) for n in range(1, count + 1))), force_py=True)


def test_opening_reads_one_page() -> None:
    """However long a conversation is, opening it reads one page of at most 64 rows."""
    shelf = Shelf(a_message(n) for n in range(1, 5_001))
    model = opened(shelf)
    assert shelf.pages_read == 1
    assert ids(model) == list(range(5_001 - 64, 5_001))
    assert model.has_older
    assert not model.has_newer


def test_an_older_page_goes_above(qapp: QApplication) -> None:
    """A page of history is announced as one insert above; nothing is reset."""
    shelf = Shelf(a_message(n) for n in range(1, 101))
    model = opened(shelf)
    mirror = Mirror(model)
    told: list[tuple[int, int]] = []
    model.rowsInserted.connect(lambda _parent, first, last: told.append((first, last)))
    assert model.load_older() == 36
    assert told == [(0, 35)]
    assert mirror.resets == 1
    assert ids(model) == list(range(1, 101))
    assert not model.has_older
    assert model.load_older() == 0


def test_changes_that_the_page_holds_are_ignored() -> None:
    """A change whose commit the page has seen already changes nothing; a later one does."""
    shelf = Shelf([a_message(1)])
    old = shelf.put(a_message(1, "old"))
    shelf.put(a_message(1, "new"))
    model = opened(shelf)
    model.apply_put(*old)
    assert model.message(0).text == "new"
    model.apply_put(*shelf.put(a_message(1, "newest")))
    assert model.message(0).text == "newest"


def test_an_older_page_is_newer_than_late_changes() -> None:
    """A page read later knows more than changes that are told later but happened before it."""
    shelf = Shelf(a_message(n) for n in range(1, 101))
    model = opened(shelf)
    edited, gone = shelf.put(a_message(5, "first edit")), shelf.gone(MessageId(6))
    shelf.put(a_message(5, "second edit"))
    shelf.put(a_message(6, "back again"))
    model.load_older()
    model.apply_put(*edited)
    model.apply_gone(*gone)
    assert [model.message(row).text for row in (4, 5)] == ["second edit", "back again"]


def test_an_accepted_message_moves_to_its_place() -> None:
    """When the server places an own message before another, its row moves; nothing is reset."""
    shelf = Shelf([a_message(1), own(2, cursor=PENDING_CURSOR, remote_id=None, state=DeliveryState.QUEUED)])
    model = opened(shelf)
    mirror = Mirror(model)
    model.apply_put(*shelf.put(a_message(3)))
    assert ids(model) == [1, 3, 2]
    moves: list[tuple[int, int]] = []
    model.rowsMoved.connect(lambda _p, first, _l, _t, target: moves.append((first, target)))
    model.apply_put(
        *shelf.put(shelf.change(MessageId(2), cursor=Cursor("00000002"), state=DeliveryState.ACCEPTED))
    )
    assert ids(model) == [1, 2, 3]
    assert moves == [(2, 1)]
    assert mirror.rows == shelf.messages


def test_other_conversations_do_not_matter() -> None:
    """Changes of another conversation are not shown."""
    model = opened(Shelf([a_message(1)]))
    model.apply_put(MessagesPut(ConversationId(2), (a_message(5, conversation_id=ConversationId(2)),)), 9)
    model.apply_gone(MessagesGone(ConversationId(2), (MessageId(1),)), 10)
    assert ids(model) == [1]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows far from those in view are dropped, and come back when the view comes back."""
    shelf = Shelf(a_message(n) for n in range(1, 6_001))
    model = opened(shelf)
    most = 0
    while model.has_older:
        model.load_older()
        model.trim(0, 10)
        most = max(most, model.rowCount())
    assert most <= model_module.KEPT_ROWS + model_module.TRIM_ROWS + 64 + 11
    assert model.rowCount() + model.rows_below == 6_000
    assert ids(model)[0] == 1
    while model.has_newer:
        model.load_newer()
        model.trim(model.rowCount() - 10, model.rowCount() - 1)
        assert model.rowCount() <= most
    assert ids(model)[-1] == 6_000
    assert model.rows_below == 0
    assert model.has_older


def test_new_messages_beyond_the_window_are_told_once() -> None:
    """While the newest rows are not held, arrivals are told for the counter, each once, and not shown."""
    shelf = Shelf(a_message(n) for n in range(1, 201))
    model = opened(shelf)
    model.show_oldest()
    told: list[int] = []
    model.arrived.connect(lambda messages: told.extend(m.id for m in messages))
    model.apply_put(*shelf.put(a_message(201), own(202)))
    model.apply_put(*shelf.put(a_message(201, "edited")))
    assert told == [201]
    assert ids(model) == list(range(1, 65))
    model.show_newest()
    assert ids(model)[-1] == 202


def test_history_is_no_arrival() -> None:
    """Older messages that are fetched later are inserted above, and are not announced as new."""
    shelf = Shelf(a_message(n) for n in range(50, 60))
    model = opened(shelf)
    told: list[Message] = []
    model.arrived.connect(told.extend)
    model.apply_put(*shelf.put(*(a_message(n) for n in range(1, 50))))
    assert ids(model) == list(range(1, 60))
    assert told == []


def test_a_gap_closes_when_its_history_has_come() -> None:
    """A row with a hole above it says so until the database says that the hole is filled."""
    shelf = Shelf(a_message(n) for n in range(50, 60))
    shelf.gaps.add(MessageId(50))
    model = opened(shelf)
    before = model.at_gap
    model.apply_put(*shelf.put(*(a_message(n) for n in range(40, 50))))
    assert (before, model.at_gap) == (True, False)
    assert model.has_gap_above(10)
    model.refresh_gaps()
    assert model.has_gap_above(10)
    shelf.gaps.clear()
    model.refresh_gaps()
    assert not model.has_gap_above(10)


def test_a_message_far_away_is_found() -> None:
    """A message outside the window is brought into it; one that is not there is not."""
    shelf = Shelf(a_message(n) for n in range(1, 2_001))
    model = opened(shelf)
    mirror = Mirror(model)
    assert model.show_around(MessageId(700))
    row = model.row_of(MessageId(700))
    assert row is not None
    assert model.message(row).id == 700
    assert model.has_older
    assert model.has_newer
    assert not model.show_around(MessageId(9_999))
    assert mirror.resets == 1
    assert mirror.rows == [model.message(n) for n in range(model.rowCount())]


def test_what_a_screen_reader_is_told() -> None:
    """Each row is one sentence: who, when, what and how far; troubles name what can be done."""
    shelf = Shelf(
        [
            a_message(1, "<b>Hello</b>\nthere"),
            own(2, "Yes", state=DeliveryState.READ),
            own(3, "Maybe", state=DeliveryState.UNCERTAIN),
            a_message(4, "Moved to Processing", kind=MessageKind.SYSTEM),
            a_message(5, "secret", deleted=True),
        ]
    )
    model = opened(shelf)

    def told(row: int, role: Qt.ItemDataRole) -> str:
        return str(model.data(model.index(row, 0), role))

    sentences = [told(row, Qt.ItemDataRole.AccessibleTextRole) for row in range(5)]
    assert sentences[0].startswith("Northline Transport, ")
    assert sentences[0].endswith(": <b>Hello</b> there")
    assert sentences[1].startswith("You, ")
    assert sentences[1].endswith(": Yes, read")
    assert sentences[2].endswith("Maybe, uncertain")
    assert "Moved to Processing" in sentences[3]
    assert "secret" not in sentences[4]
    assert "Check, Send again, Discard" in told(2, Qt.ItemDataRole.AccessibleDescriptionRole)
    assert model.data(model.index(0, 0), MESSAGE_ROLE) is model.message(0)


class WindowMachine(RuleBasedStateMachine):
    """Anything is stored, told late, and paged through in between."""

    @initialize(count=st.integers(0, 150))
    def start(self, count: int) -> None:
        self.app = QApplication.instance()
        self.numbers = itertools.count(1_000)
        self.shelf = Shelf(a_message(n * 10) for n in range(1, count + 1))
        self.model = opened(self.shelf)
        self.tester = QAbstractItemModelTester(
            self.model, QAbstractItemModelTester.FailureReportingMode.Warning
        )
        self.mirror = Mirror(self.model)
        self.told: list[tuple[MessagesPut | MessagesGone, int]] = []

    def cursor(self, place: int) -> Cursor:
        return Cursor(f"{place:08d}")

    @rule(places=st.lists(st.integers(1, 1_600), min_size=1, max_size=30))
    def store_new(self, places: list[int]) -> None:
        fresh = [a_message(next(self.numbers), cursor=self.cursor(place)) for place in places]
        self.told.append(self.shelf.put(*fresh))

    @rule()
    def press_send(self) -> None:
        number = next(self.numbers)
        self.told.append(self.shelf.put(own(number, cursor=PENDING_CURSOR, state=DeliveryState.QUEUED)))

    @precondition(lambda self: self.shelf.messages)
    @rule(which=st.integers(0, 10_000), place=st.integers(1, 1_600))
    def place_elsewhere(self, which: int, place: int) -> None:
        message = self.shelf.messages[which % len(self.shelf.messages)]
        self.told.append(self.shelf.put(self.shelf.change(message.id, cursor=self.cursor(place))))

    @precondition(lambda self: self.shelf.messages)
    @rule(which=st.integers(0, 10_000), text=st.text(max_size=5))
    def edit(self, which: int, text: str) -> None:
        message = self.shelf.messages[which % len(self.shelf.messages)]
        self.told.append(self.shelf.put(self.shelf.change(message.id, text=text)))

    @precondition(lambda self: self.shelf.messages)
    @rule(which=st.lists(st.integers(0, 10_000), min_size=1, max_size=4))
    def delete(self, which: list[int]) -> None:
        chosen = {self.shelf.messages[n % len(self.shelf.messages)].id for n in which}
        self.told.append(self.shelf.gone(*chosen))

    @precondition(lambda self: self.told)
    @rule(count=st.integers(1, 5))
    def tell(self, count: int) -> None:
        for _ in range(min(count, len(self.told))):
            change, commit = self.told.pop(0)
            if isinstance(change, MessagesPut):
                self.model.apply_put(change, commit)
            else:
                self.model.apply_gone(change, commit)

    @rule()
    def older(self) -> None:
        self.model.load_older()

    @rule()
    def newer(self) -> None:
        self.model.load_newer()

    @rule(way=st.sampled_from(["show_newest", "show_oldest"]))
    def jump(self, way: str) -> None:
        getattr(self.model, way)()

    @precondition(lambda self: self.shelf.messages)
    @rule(which=st.integers(0, 10_000))
    def around(self, which: int) -> None:
        assert self.model.show_around(self.shelf.messages[which % len(self.shelf.messages)].id)

    @rule(first=st.integers(0, 200))
    def trim(self, first: int) -> None:
        if self.model.rowCount():
            first = min(first, self.model.rowCount() - 1)
            self.model.trim(first, min(first + 10, self.model.rowCount() - 1))

    @rule()
    def open_again(self) -> None:
        self.model.open(ROOM)

    @invariant()
    def signals_tell_the_truth(self) -> None:
        rows = [self.model.message(row) for row in range(self.model.rowCount())]
        assert self.mirror.rows == rows
        assert rows == sorted(rows, key=position)
        assert [self.model.row_of(m.id) for m in rows] == list(range(len(rows)))

    @invariant()
    def nothing_is_missing_once_all_is_told(self) -> None:
        if self.told:
            return
        rows = [self.model.message(row) for row in range(self.model.rowCount())]
        stored = self.shelf.messages
        if not rows:
            assert not stored
            return
        start = stored.index(rows[0])
        assert stored[start : start + len(rows)] == rows
        assert self.model.has_older or start == 0
        assert self.model.has_newer or start + len(rows) == len(stored)


def test_the_window_is_true_whatever_happens(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine, with small windows, so that dropping rows happens too."""
    monkeypatch.setattr(model_module, "KEPT_ROWS", 40)
    monkeypatch.setattr(model_module, "TRIM_ROWS", 8)
    run_state_machine_as_test(WindowMachine, settings=settings(max_examples=80, stateful_step_count=40))


def test_it_is_a_model(qapp: QApplication) -> None:
    """Rows have no children, and an index that is too old gives nothing instead of failing."""
    model = opened(Shelf([a_message(1), a_message(2)]))
    assert isinstance(model, QAbstractItemModel)
    index = model.index(1, 0)
    assert model.rowCount(index) == 0
    model.apply_gone(MessagesGone(ROOM, (MessageId(2),)), 5)
    assert model.data(index, Qt.ItemDataRole.DisplayRole) is None
    assert msgspec.structs.replace(model.message(0)) == model.message(0)
