"""The order table follows store and conversations; its proxy shows what a plain filter and sort would."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Conversation, Order
from chatdesk.domain.ids import AccountId, ConversationId, OrderId
from chatdesk.domain.kinds import PresenceState, Progress
from chatdesk.ui.lists.conversations import ConversationModel
from chatdesk.ui.orders.model import Column, OrderModel
from chatdesk.ui.orders.proxy import OrderChip, OrderProxy, natural, reversed_text
from chatdesk.ui.orders.statuses import AccountFacts
from tests.shots.seat import Seat
from tests.ui.lists.made import MINUTE_US, NOW_US, a_conversation, a_model, a_snippet, complete
from tests.ui.orders.test_steps import an_order
from tests.ui.shell.conftest import MakeSeat

SHARES = {
    Progress.OPEN: 1,
    Progress.ACTIVE: 2,
    Progress.WAITING: 3,
    Progress.DONE: 4,
    Progress.CANCELLED: 0,
    Progress.UNKNOWN: 0,
}
"""Which bar is longer, where an account has no list of statuses."""


def order(number: int, **values: Any) -> Order:
    """An order told apart by its number, with the conversation of the same number."""
    known = {
        "id": OrderId(number),
        "number": str(10_000 + number),
        "customer": f"Customer {number}",
        "updated_at_us": NOW_US - number * MINUTE_US,
        "conversation_id": ConversationId(number),
        "account_id": AccountId(values.pop("account", 1)),
    }
    return an_order(values.pop("status", "processing"), **{**known, **values})


@pytest.fixture
def facts(make_seat: MakeSeat) -> AccountFacts:
    return AccountFacts(make_seat(filled=False).context)


def filled(
    facts: AccountFacts, orders: list[Order], conversations: list[Conversation]
) -> tuple[ConversationModel, OrderModel, OrderProxy]:
    talks = a_model(*conversations, whole=True)
    model = OrderModel(talks, facts, lambda: NOW_US)
    complete(model, Snapshot(1, tuple(orders)))
    return talks, model, OrderProxy(model)


def ids(proxy: OrderProxy) -> list[int]:
    return [proxy.id_at(at) for at in range(proxy.rowCount())]


class TestModel:
    def test_it_obeys_the_rules_of_item_models(self, facts: AccountFacts, qtmodeltester: Any) -> None:
        """Empty and filled, model and proxy, Qt's own tester finds no fault."""
        _talks, model, proxy = filled(facts, [], [])
        qtmodeltester.check(model)
        qtmodeltester.check(proxy)
        model.put(2, [order(n) for n in range(1, 40)])
        model.gone(3, [OrderId(n) for n in range(1, 40, 3)])
        qtmodeltester.check(model)
        qtmodeltester.check(proxy)

    def test_cells_say_it_in_words(self, facts: AccountFacts) -> None:
        """Every column has a heading and a text, also where it is painted as a bar."""
        waiting = a_conversation(
            1, waiting_since_us=NOW_US - 12 * MINUTE_US, last=a_snippet("When?"), unread=2
        )
        talks, model, _proxy = filled(facts, [order(1)], [waiting])
        cells = [model.index(0, column).data() for column in Column]
        assert cells == ["#10001", "Customer 1", "Order", "Processing", "in progress", "12 min", "When?"]
        headings = [model.headerData(column, Qt.Orientation.Horizontal) for column in Column]
        assert headings == ["Order", "Customer", "Kind", "Status", "Progress", "Waiting", "Last message"]
        talks.set_presence(ConversationId(1), PresenceState.ONLINE)
        spoken = model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        assert spoken == (
            "Order #10001, Customer 1, Processing, in progress, online, 2 unread messages, "
            "waiting for a reply: 12 min, When?"
        )

    def test_a_conversation_that_changes_changes_its_order(self, facts: AccountFacts, qtbot: QtBot) -> None:
        """A message is a change of one row of the orders too; a conversation without an order of none."""
        talks, model, _proxy = filled(
            facts, [order(1), order(2)], [a_conversation(1), a_conversation(2), a_conversation(7)]
        )
        with qtbot.waitSignal(model.dataChanged) as told, qtbot.assertNotEmitted(model.modelReset):
            talks.put(2, [a_conversation(2, last=a_snippet("New"))])
        assert told.args is not None
        assert told.args[0].row() == told.args[1].row() == model.row_of_id(2)
        with qtbot.assertNotEmitted(model.dataChanged):
            talks.put(3, [a_conversation(7, unread=1)])

    def test_accounts_take_their_orders_with_them(self, facts: AccountFacts) -> None:
        """An account that is removed has no orders left here."""
        _talks, model, proxy = filled(facts, [order(1), order(2, account=2)], [])
        model.accounts_gone(2, [AccountId(2)])
        assert ids(proxy) == [1]

    def test_progress_follows_the_platforms_statuses(self, seat: Seat, qapp: QApplication) -> None:
        """The bar's length comes from the account's own list of statuses."""
        facts = AccountFacts(seat.context)
        _talks, model, _proxy = filled(
            facts, [order(1, account=seat.account.id, status="finished"), order(2, account=99)], []
        )
        found = [model.find(OrderId(n)) for n in (1, 2)]
        assert [model.share(row) for row in found if row] == [1.0, 0.5]


class TestProxy:
    def test_chips(self, facts: AccountFacts) -> None:
        """Open is what is neither done nor cancelled; needs reply is where somebody waits."""
        _talks, _model, proxy = filled(
            facts,
            [
                order(1),
                order(2, progress=Progress.DONE),
                order(3, progress=Progress.CANCELLED),
                order(4, progress=Progress.UNKNOWN),
            ],
            [a_conversation(2, waiting_since_us=1)],
        )
        found = {}
        for chip in OrderChip:
            proxy.set_chip(chip)
            found[chip.value] = ids(proxy)
            assert proxy.count(chip) == proxy.rowCount()
        assert found == {"open": [1, 4], "needs_reply": [2], "closed": [2, 3], "all": [1, 2, 3, 4]}

    def test_a_reply_takes_an_order_off_the_list_of_those_who_wait(self, facts: AccountFacts) -> None:
        """The chips follow the conversation, not only the order."""
        talks, _model, proxy = filled(facts, [order(1)], [a_conversation(1, waiting_since_us=1)])
        proxy.set_chip(OrderChip.NEEDS_REPLY)
        assert ids(proxy) == [1]
        talks.put(2, [a_conversation(1)])
        assert ids(proxy) == []
        assert proxy.count(OrderChip.NEEDS_REPLY) == 0

    def test_search_also_finds_what_was_said(self, facts: AccountFacts) -> None:
        """Number, customer, title, status, or the last message of the conversation."""
        _talks, _model, proxy = filled(
            facts,
            [order(1, title="Gary → Omaha"), order(2, customer="Žofie")],
            [a_conversation(2, last=a_snippet("permit copy"))],
        )
        for query, found in (
            ("omaha", [1]),
            ("zofie", [2]),
            ("permit", [2]),
            ("10001", [1]),
            ("xyz", []),
            ("processing", [1, 2]),
        ):
            proxy.set_query(query)
            assert sorted(ids(proxy)) == found, query

    def test_numbers_sort_by_value(self) -> None:
        """TR-9 comes before TR-10, and the other way round when reversed."""
        names = ["TR-10", "TR-9", "TR-1", "A", "TR"]
        ascending = sorted(names, key=natural)
        assert ascending == ["A", "TR", "TR-1", "TR-9", "TR-10"]
        assert sorted(names, key=lambda name: reversed_text(natural(name))) == ascending[::-1]


NUMBERS = st.integers(1, 30)
OPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("put"),
            st.lists(
                st.builds(
                    order,
                    NUMBERS,
                    account=st.integers(1, 2),
                    customer=st.sampled_from(["Ann", "Bo", "Änn", ""]),
                    progress=st.sampled_from(Progress),
                ),
                max_size=30,
            ),
        ),
        st.tuples(st.just("talk"), st.tuples(NUMBERS, st.sampled_from([None, 1, 2]), st.integers(0, NOW_US))),
        st.tuples(st.just("gone"), st.sets(NUMBERS, max_size=12)),
        st.tuples(st.just("chip"), st.sampled_from(OrderChip)),
        st.tuples(st.just("sort"), st.tuples(st.sampled_from([-1, *Column]), st.sampled_from(Qt.SortOrder))),
        st.tuples(st.just("query"), st.sampled_from(["", "ann", "zz"])),
        st.tuples(st.just("account"), st.sampled_from([None, 1, 2])),
    ),
    max_size=10,
)


@settings(max_examples=100)
@given(ops=OPS)
def test_it_shows_what_a_plain_filter_would(shared_facts: AccountFacts, ops: list[tuple[str, Any]]) -> None:
    """After anything: the orders of chip, account and search, sorted as the column says, told row by row."""
    talks, model, proxy = filled(shared_facts, [], [])
    tester = QAbstractItemModelTester(proxy, QAbstractItemModelTester.FailureReportingMode.Warning, proxy)
    orders: dict[int, Order] = {}
    query, account, descending = "", None, False
    for number, op in enumerate(ops, start=2):
        match op:
            case ("put", put):
                model.put(number, put)
                orders.update({one.id: one for one in put})
            case ("talk", (at, waiting, when)):
                talks.put(number, [a_conversation(at, waiting_since_us=waiting, activity_at_us=when)])
            case ("gone", gone):
                model.gone(number, [OrderId(n) for n in gone])
                orders = {n: one for n, one in orders.items() if n not in gone}
            case ("chip", chip):
                proxy.set_chip(chip)
            case ("sort", (column, direction)):
                proxy.sort(column, direction)
                descending = direction is Qt.SortOrder.DescendingOrder
            case ("query", query):
                proxy.set_query(query)
            case ("account", account):
                proxy.set_account(account)
        wanted = {n for n, one in orders.items() if _listed(one, proxy.chip, query, account, talks)}
        assert set(ids(proxy)) == wanted
        assert len(ids(proxy)) == len(wanted)
        _check_order([orders[one] for one in ids(proxy)], proxy.sort_column, descending, talks)
    assert tester.model() is not None


def _check_order(
    listed: list[Order], column: Column | None, descending: bool, talks: ConversationModel
) -> None:
    """Each pair of neighbours stands as the column says; equals stand with the latest first."""

    def waits(one: Order) -> int | None:
        talk = talks.find(ConversationId(one.id))
        return talk.conversation.waiting_since_us if talk is not None else None

    def latest(one: Order) -> int:
        talk = talks.find(ConversationId(one.id))
        return max(one.updated_at_us, talk.conversation.activity_at_us if talk is not None else 0)

    for first, second in itertools.pairwise(listed):
        early, late = (second, first) if descending else (first, second)
        match column:
            case None:
                assert latest(first) >= latest(second)
            case Column.LAST:
                assert latest(early) >= latest(late)
            case Column.ORDER:
                assert int(early.number) <= int(late.number)
            case Column.CUSTOMER:
                # One who has no name is listed by the order's title, which is empty here too.
                assert early.customer.replace("Ä", "A") <= late.customer.replace("Ä", "A")
            case Column.WAITING:
                one, other = waits(first), waits(second)
                if one is None:
                    assert other is None
                elif other is not None:
                    assert (one >= other) if descending else (one <= other)
            case Column.PROGRESS:
                assert SHARES[early.progress] <= SHARES[late.progress]
            case Column.STATUS:
                order = list(Progress)
                assert order.index(early.progress) <= order.index(late.progress)
            case Column.KIND:
                assert latest(first) >= latest(second)  # all have the same here


def _listed(one: Order, chip: OrderChip, query: str, account: int | None, talks: ConversationModel) -> bool:
    talk = talks.find(ConversationId(one.id))
    closed = one.progress in {Progress.DONE, Progress.CANCELLED}
    under = {
        OrderChip.ALL: True,
        OrderChip.OPEN: not closed,
        OrderChip.CLOSED: closed,
        OrderChip.NEEDS_REPLY: talk is not None and talk.conversation.waiting_since_us is not None,
    }[chip]
    named = query == "" or (query == "ann" and one.customer in {"Ann", "Änn"})
    return under and named and account in {None, one.account_id}


@pytest.fixture(scope="module")
def shared_facts(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Accounts of an empty store, for tests that need none."""
    seat = Seat(qapp, tmp_path_factory.mktemp("facts") / "profile", filled=False)
    yield AccountFacts(seat.context)
    seat.close()


@given(st.lists(st.text(st.characters(min_codepoint=1), max_size=6), max_size=8))
def test_the_other_way_round_is_the_other_way_round(texts: list[str]) -> None:
    """Any text: by this key the order is the plain one, reversed."""
    assert sorted(set(texts), key=reversed_text) == sorted(set(texts), reverse=True)
