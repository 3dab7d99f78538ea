"""The proxy always shows what a plain filter and sort of everything would, and tells only what changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QAbstractItemModel, QCoreApplication, QItemSelectionModel, QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Conversation
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import Progress
from chatdesk.ui.lists import arranged
from chatdesk.ui.lists.arranged import SLICE_ROWS
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.lists.folding import matches, words_of
from chatdesk.ui.lists.proxy import Chip, ConversationProxy, Counts, ElseProxy, GroupProxy, SortBy
from chatdesk.ui.lists.row import row_of
from tests.ui.lists.made import MINUTE_US, NOW_US, a_conversation, a_model, a_snippet, complete


def ids(proxy: ConversationProxy) -> list[int]:
    return [proxy.id_at(at) for at in range(proxy.rowCount())]


def a_desk() -> tuple[ConversationModel, ConversationProxy]:
    """Six conversations: 2 and 4 unread, 3 and 4 waiting (4 longer), 5 archived, 6 of another account."""
    model = a_model(
        a_conversation(1),
        a_conversation(2, unread=3),
        a_conversation(3, waiting_since_us=NOW_US - 5 * MINUTE_US),
        a_conversation(4, unread=1, waiting_since_us=NOW_US - 50 * MINUTE_US),
        a_conversation(5, archived=True, unread=2),
        a_conversation(6, account=2, title="Zoë", order_number="777", last=a_snippet("Grüße")),
        whole=True,
    )
    return model, ConversationProxy(model)


class TestFilter:
    def test_chips_show_their_own(self) -> None:
        """All hides what is archived; unread, waiting and archived conversations have a chip each."""
        _model, proxy = a_desk()
        found = {}
        for chip in Chip:
            proxy.set_chip(chip)
            found[chip] = ids(proxy)
        assert found == {
            Chip.ALL: [1, 2, 3, 4, 6],
            Chip.UNREAD: [2, 4],
            Chip.NEEDS_REPLY: [3, 4],
            Chip.ARCHIVED: [5],
        }

    def test_counts_are_live(self, qtbot: QtBot) -> None:
        """Counts follow every commit and the account, and are told only when one is different."""
        model, proxy = a_desk()
        assert proxy.counts == Counts(all=5, unread=2, needs_reply=2, archived=1)
        with qtbot.waitSignal(proxy.counts_changed):
            model.put(2, [a_conversation(1, unread=1)])
        assert proxy.counts.unread == 3
        with qtbot.assertNotEmitted(proxy.counts_changed):
            model.put(3, [a_conversation(1, unread=2)])
        model.gone(4, [ConversationId(2), ConversationId(5)])
        assert proxy.counts == Counts(all=4, unread=2, needs_reply=2, archived=0)
        proxy.set_account(AccountId(2))
        assert proxy.counts == Counts(all=1)

    def test_search_looks_into_name_number_and_message(self) -> None:
        """Case and accents do not matter; no match is an empty list; an empty search shows all again."""
        _model, proxy = a_desk()
        for query in ("zoe", "777", "#777", "GRUSSE", "grüße zoë"):
            proxy.set_query(query)
            assert ids(proxy) == [6], query
        proxy.set_query("nobody")
        assert ids(proxy) == []
        proxy.set_query(" ")
        assert ids(proxy) == [1, 2, 3, 4, 6]

    def test_a_search_follows_what_is_said(self) -> None:
        """A message that brings the word brings the row; one that replaces it takes the row away."""
        model, proxy = a_desk()
        proxy.set_query("crane")
        model.put(2, [a_conversation(3, last=a_snippet("The CRANE is here"))])
        assert ids(proxy) == [3]
        model.put(3, [a_conversation(3, last=a_snippet("Done"))])
        assert ids(proxy) == []

    def test_what_one_is_looking_at_does_not_vanish(self) -> None:
        """An unread conversation that is read under Unread stays there until another one is opened."""
        model, proxy = a_desk()
        proxy.set_chip(Chip.UNREAD)
        proxy.keep(ConversationId(2))
        model.put(2, [a_conversation(2, unread=0)])
        assert ids(proxy) == [2, 4]
        proxy.keep(ConversationId(4))
        assert ids(proxy) == [4]

    def test_what_is_archived_leaves_although_it_is_open(self) -> None:
        """Archiving is asked for by the person: the open conversation goes from the list."""
        model, proxy = a_desk()
        proxy.set_chip(Chip.UNREAD)
        proxy.keep(ConversationId(2))
        model.put(2, [a_conversation(2, unread=3, archived=True)])
        assert ids(proxy) == [4]


class TestOrder:
    def test_three_orders(self) -> None:
        """Latest first; who waits longest first; unread first, each with the latest first among equals."""
        _model, proxy = a_desk()
        assert ids(proxy) == [1, 2, 3, 4, 6]
        proxy.set_sort(SortBy.WAITING)
        assert ids(proxy) == [4, 3, 1, 2, 6]
        proxy.set_sort(SortBy.UNREAD)
        assert ids(proxy) == [2, 4, 1, 3, 6]

    def test_a_message_moves_one_row(self, qtbot: QtBot) -> None:
        """The row of a new message moves to the top; the others are neither reset, removed nor inserted."""
        model, proxy = a_desk()
        moved: list[tuple[int, int]] = []
        proxy.rowsMoved.connect(lambda _p, start, _end, _q, to: moved.append((start, to)))
        with (
            qtbot.assertNotEmitted(proxy.modelReset),
            qtbot.assertNotEmitted(proxy.layoutChanged),
            qtbot.assertNotEmitted(proxy.rowsInserted),
            qtbot.assertNotEmitted(proxy.rowsRemoved),
        ):
            model.put(2, [a_conversation(4, activity_at_us=NOW_US, unread=2)])
        assert moved == [(3, 0)]
        assert ids(proxy) == [4, 1, 2, 3, 6]

    def test_the_selected_row_stays_selected(self, qtbot: QtBot) -> None:
        """However rows are sorted, filtered and moved, an index that is held keeps its conversation."""
        model, proxy = a_desk()
        selection = QItemSelectionModel(proxy)
        selection.setCurrentIndex(proxy.index(2, 0), QItemSelectionModel.SelectionFlag.ClearAndSelect)
        held = QPersistentModelIndex(proxy.index(2, 0))
        steps: list[Callable[[], object]] = [
            lambda: proxy.set_sort(SortBy.WAITING),
            lambda: model.put(2, [a_conversation(3, activity_at_us=NOW_US)]),
            lambda: proxy.set_query("person"),
            lambda: proxy.set_sort(SortBy.ACTIVITY),
            lambda: model.gone(3, [ConversationId(1)]),
            lambda: proxy.set_query(""),
        ]
        for step in steps:
            step()
            assert proxy.id_at(held.row()) == 3
            assert proxy.id_at(selection.currentIndex().row()) == 3

    def test_one_message_costs_one_row_among_ten_thousand(self, qapp: QApplication) -> None:
        """A new message asks for the key of its own row only: nothing is sorted or filtered again."""
        model = a_model(*(a_conversation(n) for n in range(1, 10_001)))
        complete(model, Snapshot(1, tuple(a_conversation(n) for n in range(1, 10_001))))
        asked: list[int] = []

        class Counting(ConversationProxy):
            def key(self, row_id: int) -> tuple[Any, ...]:
                asked.append(row_id)
                return super().key(row_id)

            def accepts(self, row_id: int) -> bool:
                asked.append(row_id)
                return super().accepts(row_id)

        proxy = Counting(model)
        asked.clear()
        model.put(2, [a_conversation(9_000, activity_at_us=NOW_US, unread=1)])
        assert proxy.id_at(0) == 9_000
        assert set(asked) == {9_000}
        assert len(asked) == 2


class TestSameCustomer:
    def test_the_others_of_a_group(self, qtmodeltester: Any) -> None:
        """The card follows who joins and leaves; the one that it is about is not among them."""
        model = a_model(*(a_conversation(n, group=7 if n < 3 else None) for n in (1, 2, 3, 4)))
        proxy = GroupProxy(model)
        assert ids(proxy) == []
        proxy.show_those_with(ConversationId(1))
        assert ids(proxy) == [2]
        qtmodeltester.check(proxy)
        model.put(2, [a_conversation(4, group=7)])
        assert ids(proxy) == [2, 4]
        model.put(3, [a_conversation(1, group=None)])
        QCoreApplication.processEvents()
        assert ids(proxy) == [], "it is alone now"
        model.put(4, [a_conversation(1, group=7)])
        QCoreApplication.processEvents()
        assert ids(proxy) == [2, 4]
        proxy.show_those_with(None)
        assert ids(proxy) == []

    def test_whom_it_may_be_linked_with(self, qtmodeltester: Any) -> None:
        """All but itself and those that are linked already, archived ones too; a search narrows it."""
        model = a_model(
            a_conversation(1, group=7),
            a_conversation(2, group=7),
            a_conversation(3, title="Zoë", archived=True),
            a_conversation(4),
        )
        proxy = ElseProxy(model, ConversationId(1))
        qtmodeltester.check(proxy)
        assert ids(proxy) == [3, 4]
        proxy.set_query("zoe")
        assert ids(proxy) == [3]


class TestItemModel:
    def test_it_obeys_the_rules_of_item_models(self, qtmodeltester: Any) -> None:
        """Empty, filled and filtered, Qt's own tester finds no fault."""
        qtmodeltester.check(ConversationProxy(a_model()))
        _model, proxy = a_desk()
        qtmodeltester.check(proxy)
        proxy.set_chip(Chip.UNREAD)
        qtmodeltester.check(proxy)

    def test_indexes_go_there_and_back(self) -> None:
        """A shown row maps to its source row and back; a hidden one maps to nothing."""
        model, proxy = a_desk()
        for at in range(proxy.rowCount()):
            index = proxy.index(at, 0)
            assert proxy.mapFromSource(proxy.mapToSource(index)) == index
        hidden = model.index(model.row_of_id(5) or 0)
        assert not proxy.mapFromSource(hidden).isValid()
        assert not proxy.hasChildren(proxy.index(0, 0))


# -- any order of things -----------------------------------------------------------------------------------

NUMBERS = st.integers(1, 40)
ROWS = st.builds(
    a_conversation,
    NUMBERS,
    account=st.integers(1, 2),
    title=st.sampled_from(["Ann", "Bo", "Änn"]),
    activity_at_us=st.integers(0, 6),
    unread=st.integers(0, 1),
    waiting_since_us=st.sampled_from([None, 1, 2]),
    archived=st.booleans(),
    order_progress=st.sampled_from(Progress),
    order_status_label=st.sampled_from(["", "Open", "Arrived"]),
)
OPS_ONE = st.one_of(
    st.tuples(st.just("put"), st.lists(ROWS, max_size=40)),
    st.tuples(st.just("gone"), st.sets(NUMBERS, max_size=30)),
    st.tuples(st.just("chip"), st.sampled_from(Chip)),
    st.tuples(st.just("sort"), st.sampled_from(SortBy)),
    st.tuples(st.just("query"), st.sampled_from(["", "a", "ann", "bo", "zz"])),
    st.tuples(st.just("account"), st.sampled_from([None, 1, 2])),
)
OPS = st.lists(OPS_ONE, max_size=10)


def naive(rows: dict[int, Conversation], proxy: ConversationProxy) -> list[int]:
    """What must be shown, worked out from nothing."""
    words = words_of(proxy.query)

    def listed(one: Conversation) -> bool:
        under = {
            Chip.ALL: not one.archived,
            Chip.UNREAD: not one.archived and one.unread > 0,
            Chip.NEEDS_REPLY: not one.archived and one.waiting_since_us is not None,
            Chip.ARCHIVED: one.archived,
        }[proxy.chip]
        return under and proxy.account in {None, one.account_id} and matches(row_of(one).haystack, words)

    def rank(one: Conversation) -> tuple[Any, ...]:
        latest = (-one.activity_at_us, one.id)
        match proxy.sort_by:
            case SortBy.ACTIVITY:
                return latest
            case SortBy.UNREAD:
                return (one.unread == 0, *latest)
            case SortBy.WAITING:
                since = one.waiting_since_us
                return (1, *latest) if since is None else (0, since, one.id)
            case SortBy.STATUS:
                return (list(Progress).index(one.order_progress), one.order_status_label, *latest)

    return [one.id for one in sorted((one for one in rows.values() if listed(one)), key=rank)]


class Mirror:
    """Rows rebuilt from the proxy's announcements alone, as a view would."""

    def __init__(self, proxy: ConversationProxy) -> None:
        self.proxy = proxy
        self.rows = ids(proxy)
        proxy.rowsInserted.connect(self._inserted)
        proxy.rowsRemoved.connect(self._removed)
        proxy.rowsMoved.connect(self._moved)
        proxy.layoutChanged.connect(self._again)
        proxy.modelReset.connect(self._reset)

    def _inserted(self, _parent: object, first: int, last: int) -> None:
        self.rows[first:first] = [self.proxy.id_at(at) for at in range(first, last + 1)]

    def _removed(self, _parent: object, first: int, last: int) -> None:
        del self.rows[first : last + 1]

    def _moved(self, _parent: object, start: int, _end: int, _to: object, row: int) -> None:
        one = self.rows.pop(start)
        self.rows.insert(row - 1 if row > start else row, one)

    def _again(self) -> None:
        assert len(self.rows) == self.proxy.rowCount()
        self.rows = ids(self.proxy)

    def _reset(self) -> None:
        raise AssertionError("a proxy that resets loses place and selection")


@pytest.mark.usefixtures("qapp")
@settings(max_examples=150)
@given(OPS)
def test_it_shows_what_a_plain_sort_would(ops: list[tuple[str, Any]]) -> None:
    """After anything, few rows or many at once: the same rows, order and counts, and a view knows them."""
    model = a_model(whole=True)
    proxy = ConversationProxy(model)
    tester = QAbstractItemModelTester(proxy, QAbstractItemModelTester.FailureReportingMode.Warning, proxy)
    mirror = Mirror(proxy)
    rows: dict[int, Conversation] = {}
    for number, op in enumerate(ops, start=2):
        match op:
            case ("put", put):
                model.put(number, put)
                rows.update({one.id: one for one in put})
            case ("gone", gone):
                model.gone(number, [ConversationId(n) for n in gone])
                rows = {n: one for n, one in rows.items() if n not in gone}
            case ("chip", chip):
                proxy.set_chip(chip)
            case ("sort", order):
                proxy.set_sort(order)
            case ("query", query):
                proxy.set_query(query)
            case ("account", account):
                proxy.set_account(account)
        assert ids(proxy) == naive(rows, proxy) == mirror.rows
        in_account = [one for one in rows.values() if proxy.account in {None, one.account_id}]
        live = [one for one in in_account if not one.archived]
        assert proxy.counts == Counts(
            all=len(live),
            unread=sum(one.unread > 0 for one in live),
            needs_reply=sum(one.waiting_since_us is not None for one in live),
            archived=len(in_account) - len(live),
        )
    assert isinstance(tester.model(), QAbstractItemModel)


SLICED = st.lists(st.one_of(OPS_ONE, st.tuples(st.just("turn"), st.none())), max_size=14)


@pytest.mark.usefixtures("qapp")
@settings(max_examples=150)
@given(SLICED)
def test_slices_show_what_a_plain_sort_would(ops: list[tuple[str, Any]]) -> None:
    """Whatever comes between the turns: once settled, the same rows and order, and a view knows them."""
    model = a_model(whole=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arranged, "SLICE_ROWS", 4)
        proxy = ConversationProxy(model)
        tester = QAbstractItemModelTester(proxy, QAbstractItemModelTester.FailureReportingMode.Fatal, proxy)
        mirror = Mirror(proxy)
        rows: dict[int, Conversation] = {}
        for number, op in enumerate(ops, start=2):
            match op:
                case ("put", put):
                    model.put(number, put)
                    rows.update({one.id: one for one in put})
                case ("gone", gone):
                    model.gone(number, [ConversationId(n) for n in gone])
                    rows = {n: one for n, one in rows.items() if n not in gone}
                case ("chip", chip):
                    proxy.set_chip(chip)
                case ("sort", order):
                    proxy.set_sort(order)
                case ("query", query):
                    proxy.set_query(query)
                case ("account", account):
                    proxy.set_account(account)
                case _:
                    proxy._take_turn()
            assert ids(proxy) == mirror.rows
            assert set(ids(proxy)) <= rows.keys()
            if proxy.is_settled:
                assert ids(proxy) == naive(rows, proxy)
        proxy.settle()
        assert ids(proxy) == naive(rows, proxy) == mirror.rows
    assert isinstance(tester.model(), QAbstractItemModel)


TOLD = "rowsInserted", "rowsRemoved", "rowsMoved", "dataChanged", "layoutChanged", "modelReset"


class TestTenThousand:
    """Lists of 10,000: what each change looks at, counted in rows."""

    COUNT = 10_000

    def desk(self) -> tuple[ConversationModel, ConversationProxy, list[str], list[int]]:
        """A model, its proxy under a model tester, the proxy's signals, and the rows that it looked at."""
        rows = [a_conversation(n, last=a_snippet(f"Beam {n}")) for n in range(1, self.COUNT + 1)]
        model = a_model(*rows, whole=True)
        looked: list[int] = []

        class Looking(ConversationProxy):
            def accepts(self, row_id: int) -> bool:
                looked.append(row_id)
                return super().accepts(row_id)

        proxy = Looking(model)
        QAbstractItemModelTester(proxy, QAbstractItemModelTester.FailureReportingMode.Fatal, proxy)
        told: list[str] = []
        for name in (
            "rowsInserted",
            "rowsRemoved",
            "rowsMoved",
            "dataChanged",
            "layoutChanged",
            "modelReset",
        ):
            getattr(proxy, name).connect(lambda *_parts, name=name: told.append(name))
        looked.clear()
        return model, proxy, told, looked

    def test_a_new_message_moves_one_row(self, qtbot: QtBot) -> None:
        """One row is looked at, moved and announced; selection goes with its row."""
        model, proxy, told, looked = self.desk()
        held = QPersistentModelIndex(proxy.index(8_000, 0))
        kept = proxy.id_at(8_000)
        model.put(2, [a_conversation(9_000, activity_at_us=NOW_US + 1, last=a_snippet("New"))])
        assert proxy.id_at(0) == 9_000
        assert told == ["rowsMoved", "dataChanged"]
        assert looked == [9_000]
        assert proxy.id_at(held.row()) == kept
        del held

    def test_typing_on_looks_only_at_what_is_shown(self, qtbot: QtBot) -> None:
        """Each letter more looks at what the one before has left; nothing is reset, and all come back."""
        _model, proxy, told, looked = self.desk()
        counts = []
        for query in ("7", "77", "777", "7777"):
            looked.clear()
            proxy.set_query(query)
            proxy.settle()
            counts.append((len(looked), proxy.rowCount()))
        assert counts[0][0] == self.COUNT
        assert [look for look, _shown in counts[1:]] == [shown for _look, shown in counts[:-1]]
        assert proxy.rowCount() == sum("7777" in str(n) for n in range(1, self.COUNT + 1))
        proxy.set_query("")
        proxy.settle()
        assert proxy.rowCount() == self.COUNT
        assert "modelReset" not in told

    @pytest.mark.parametrize("what", ["letter", "more letters", "clear", "sort", "chip", "account"])
    def test_no_turn_looks_at_more_than_a_slice(self, qtbot: QtBot, what: str) -> None:
        """What is asked for is shown at once, with the last turn; until that the view has what it had."""
        model, proxy, told, looked = self.desk()
        proxy.set_query({"more letters": "e", "clear": "7"}.get(what, ""))
        proxy.settle()
        held = QPersistentModelIndex(proxy.index(70, 0))
        kept, before = proxy.id_at(70), ids(proxy)
        told.clear()
        looked.clear()
        ask: dict[str, Callable[[], object]] = {
            "letter": lambda: proxy.set_query("7"),
            "more letters": lambda: proxy.set_query("eam"),
            "clear": lambda: proxy.set_query(""),
            "sort": lambda: proxy.set_sort(SortBy.STATUS),
            "chip": lambda: proxy.set_chip(Chip.UNREAD),
            "account": lambda: proxy.set_account(AccountId(2)),
        }
        ask[what]()
        slices = []
        while not proxy.is_settled:
            assert (told, ids(proxy)) == ([], before)
            proxy._take_turn()
            slices.append(len(looked))
            looked.clear()
        assert slices == [SLICE_ROWS] * (self.COUNT // SLICE_ROWS) + [0], "the last one shows the result"
        rows = {n: model.find(ConversationId(n)) for n in range(1, self.COUNT + 1)}
        assert ids(proxy) == naive({n: row.conversation for n, row in rows.items() if row}, proxy)
        assert "modelReset" not in told
        assert not held.isValid() or proxy.id_at(held.row()) == kept
        assert held.isValid() == (kept in ids(proxy))
        del held

    def test_the_event_loop_takes_the_turns(self, qtbot: QtBot) -> None:
        """Nobody has to ask: other events have their turn between the slices."""
        _model, proxy, _told, looked = self.desk()
        proxy.set_query("7777")
        assert not proxy.is_settled
        with qtbot.waitSignal(proxy.settled):
            pass
        assert (proxy.rowCount(), len(looked)) == (1, self.COUNT)
        looked.clear()
        qtbot.wait(20)
        assert looked == []

    def test_all_rows_that_change_at_once_are_counted_and_placed_in_slices(self, qtbot: QtBot) -> None:
        """Each is looked at once; the counts are those of the new rows in the end, and views paint anew."""
        model, proxy, told, looked = self.desk()
        fresh = [a_conversation(n, unread=1, activity_at_us=n) for n in range(1, self.COUNT + 1)]
        model.put(2, fresh)
        assert told == ["dataChanged"]
        assert looked == []
        proxy._take_turn()
        assert (len(looked), proxy.counts.unread) == (SLICE_ROWS, SLICE_ROWS)
        model.put(3, [a_conversation(self.COUNT, activity_at_us=NOW_US)])
        model.gone(4, [ConversationId(1), ConversationId(2)])
        proxy.settle()
        assert ids(proxy) == list(range(self.COUNT, 2, -1))
        assert proxy.counts == Counts(all=self.COUNT - 2, unread=self.COUNT - 3)
        assert len(looked) <= self.COUNT + 3

    def test_a_message_between_two_slices_is_in_the_result(self, qtbot: QtBot) -> None:
        """It is looked at once more, at the end; nothing else is."""
        model, proxy, told, looked = self.desk()
        proxy.set_query("beam")
        told.clear()
        proxy._take_turn()
        model.put(2, [a_conversation(9_000, activity_at_us=NOW_US + 1, last=a_snippet("Gone by"))])
        model.put(3, [a_conversation(20_000, activity_at_us=NOW_US + 2, last=a_snippet("Beam new"))])
        model.gone(4, [ConversationId(3), ConversationId(8_000)])
        assert told == ["dataChanged", "rowsRemoved", "rowsRemoved"]
        proxy.settle()
        assert proxy.id_at(0) == 20_000
        assert proxy.row_of_id(9_000) is None
        assert proxy.row_of_id(8_000) is None
        assert proxy.rowCount() == self.COUNT - 2
        assert len(looked) <= self.COUNT + 3

    def test_others_of_a_customer_without_any_are_not_searched_for(self, qtbot: QtBot) -> None:
        """Opening a conversation that is linked with none looks at no other."""
        model, _proxy, _told, _looked = self.desk()
        looked: list[int] = []

        class Looking(GroupProxy):
            def accepts(self, row_id: int) -> bool:
                looked.append(row_id)
                return super().accepts(row_id)

        group = Looking(model)
        group.show_those_with(ConversationId(5))
        assert (group.rowCount(), looked) == (0, [])
