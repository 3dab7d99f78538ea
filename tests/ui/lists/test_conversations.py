"""The conversation model follows the store row by row, in whatever order reads and commits arrive."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.desk import Snapshot
from chatdesk.domain.entities import Conversation, Draft
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import PresenceState
from chatdesk.ui.lists.conversations import PRESENCE_ROLE, ROW_ROLE, TYPING_ROLE, ConversationModel
from tests.ui.lists.made import a_conversation, a_model, complete

ONE, TWO = ConversationId(1), ConversationId(2)


def shown(model: ConversationModel) -> dict[int, Conversation]:
    rows = [model.data(model.index(at), ROW_ROLE) for at in range(model.rowCount())]
    return {row.id: row.conversation for row in rows}  # type: ignore[attr-defined]


def a_draft(number: int, text: str, version: int = 1) -> Draft:
    return Draft(conversation_id=ConversationId(number), version=version, text=text, saved_at_us=0)


class TestModel:
    def test_it_obeys_the_rules_of_item_models(self, qtmodeltester: Any) -> None:
        """Empty, filled, and after rows came, changed and went, Qt's own tester finds no fault."""
        qtmodeltester.check(a_model())
        model = a_model(*(a_conversation(n) for n in range(1, 9)), whole=True)
        qtmodeltester.check(model)
        model.put(2, [a_conversation(3, unread=4), a_conversation(20)])
        model.gone(3, [ConversationId(1), ConversationId(5)])
        qtmodeltester.check(model)

    def test_a_new_message_never_resets(self, qtbot: QtBot) -> None:
        """A message moves its row's values; no other row is touched and nothing is reset."""
        model = a_model(*(a_conversation(n) for n in range(1, 6)), whole=True)
        told: list[tuple[int, int]] = []
        model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), last.row())))
        with qtbot.assertNotEmitted(model.modelReset), qtbot.assertNotEmitted(model.rowsInserted):
            model.put(2, [a_conversation(4, unread=1)])
        assert told == [(3, 3)]

    def test_a_row_that_is_the_same_is_not_announced(self, qtbot: QtBot) -> None:
        """A commit that repeats what is shown costs no repaint."""
        model = a_model(a_conversation(1), whole=True)
        with qtbot.assertNotEmitted(model.dataChanged), qtbot.assertNotEmitted(model.changed):
            model.put(2, [a_conversation(1)])

    def test_neighbouring_rows_are_announced_together(self) -> None:
        """Rows that changed side by side are one announcement, others their own."""
        model = a_model(*(a_conversation(n) for n in range(1, 7)), whole=True)
        told: list[tuple[int, int]] = []
        model.dataChanged.connect(lambda first, last, _roles: told.append((first.row(), last.row())))
        model.put(2, [a_conversation(n, unread=1) for n in (6, 1, 2)])
        assert told == [(0, 1), (5, 5)]

    def test_a_draft_in_two_versions_is_told_from_one(self) -> None:
        """Seen and spoken; also where one of the two is empty, and no longer once the person has chosen."""
        model = a_model(a_conversation(1), whole=True)
        index = model.index(0)
        held = Draft(conversation_id=ONE, version=1, text="mine", saved_at_us=0, other="theirs")
        model.put_draft(2, held)
        assert "Draft (2 versions): mine" in index.data(Qt.ItemDataRole.AccessibleTextRole)
        model.put_draft(3, msgspec.structs.replace(held, version=2, text=""))
        assert "Draft (2 versions): theirs" in index.data(Qt.ItemDataRole.AccessibleTextRole)
        model.put_draft(4, msgspec.structs.replace(held, version=3, text="theirs", other=""))
        assert "Draft: theirs" in index.data(Qt.ItemDataRole.AccessibleTextRole)

    def test_drafts_typing_and_presence_reach_their_row(self) -> None:
        """What is never in a list row's commit is shown all the same, and goes when its conversation goes."""
        model = a_model(a_conversation(1), a_conversation(2), whole=True)
        index = model.index(0)
        model.put_draft(2, a_draft(1, "so far"))
        model.set_typing(ONE, ("Ann",))
        model.set_presence(ONE, PresenceState.ONLINE)
        assert shown(model)[1].draft == "so far"
        assert list(index.data(TYPING_ROLE)) == ["Ann"]
        assert index.data(PRESENCE_ROLE) == PresenceState.ONLINE
        assert "Ann is typing" in index.data(Qt.ItemDataRole.AccessibleTextRole)
        model.set_typing(ONE, ())
        assert not index.data(TYPING_ROLE)

    def test_the_same_news_twice_is_told_once(self, qtbot: QtBot) -> None:
        """A presence or typing that changes nothing repaints nothing."""
        model = a_model(a_conversation(1), whole=True)
        model.set_presence(ONE, PresenceState.ONLINE)
        with qtbot.assertNotEmitted(model.dataChanged):
            model.set_presence(ONE, PresenceState.ONLINE)
            model.set_typing(ONE, ())
            model.set_typing(ConversationId(99), ("Somebody",))  # not in the list: nothing to paint

    def test_rows_that_do_not_exist_have_no_data(self) -> None:
        """A stale or foreign index is answered with nothing, not with an exception."""
        model = a_model(a_conversation(1))
        assert model.data(QModelIndex()) is None
        assert model.data(model.index(0), 10_000) is None
        assert model.find(TWO) is None
        assert model.row_of_id(2) is None


class TestFullRead:
    def test_the_first_rows_stay_while_the_rest_comes(self, qapp: QApplication, qtbot: QtBot) -> None:
        """The first paint's rows are kept, the others are added in pieces, and nothing is reset."""
        rows = [a_conversation(n) for n in range(1, 1_001)]
        model = a_model(*rows[:64])
        states = [model.is_whole]
        model.completed.connect(lambda: states.append(model.is_whole))
        added: list[int] = []
        model.rowsInserted.connect(lambda _parent, first, last: added.append(last - first + 1))
        with qtbot.assertNotEmitted(model.modelReset), qtbot.assertNotEmitted(model.rowsRemoved):
            complete(model, Snapshot(1, tuple(rows)))
        assert shown(model) == {one.id: one for one in rows}
        assert sum(added) == 936
        assert states == [False, True]
        assert max(added) <= 200

    def test_what_the_snapshot_already_holds_is_not_applied_again(self) -> None:
        """Commits up to the number of the read are ignored, later ones are applied."""
        model = a_model(a_conversation(1), commit=5, whole=True)
        model.put(5, [a_conversation(1, unread=9)])
        model.gone(4, [ONE])
        assert shown(model)[1].unread == 0
        model.put(6, [a_conversation(1, unread=1)])
        assert shown(model)[1].unread == 1

    def test_a_commit_after_the_read_wins_over_it(self, qapp: QApplication) -> None:
        """The read was made at commit 5, but its rows arrive after commits 6 and 7: these are kept."""
        model = a_model(a_conversation(1), a_conversation(2), commit=3)
        model.put(6, [a_conversation(1, unread=3), a_conversation(9)])
        model.gone(7, [TWO])
        complete(model, Snapshot(5, tuple(a_conversation(n) for n in (1, 2, 3))))
        found = shown(model)
        assert set(found) == {1, 3, 9}
        assert found[1].unread == 3

    def test_an_account_removed_meanwhile_stays_removed(self, qapp: QApplication) -> None:
        """The read still holds conversations of an account that has gone since: they do not come back."""
        model = a_model(a_conversation(1, account=2), commit=3)
        model.accounts_gone(6, [AccountId(2)])
        complete(model, Snapshot(5, (a_conversation(1, account=2), a_conversation(2, account=1))))
        assert set(shown(model)) == {2}

    def test_rows_deleted_before_the_read_go(self, qapp: QApplication) -> None:
        """What the first paint showed and the full read no longer has is removed."""
        model = a_model(a_conversation(1), a_conversation(2), commit=3)
        complete(model, Snapshot(4, (a_conversation(2),)))
        assert set(shown(model)) == {2}


# -- any order of things -----------------------------------------------------------------------------------

NUMBERS = st.integers(1, 12)
OPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.lists(st.tuples(NUMBERS, st.integers(0, 3)), max_size=5)),
        st.tuples(st.just("gone"), st.lists(NUMBERS, max_size=4)),
        st.tuples(st.just("account"), st.integers(1, 3)),
        st.tuples(st.just("draft"), st.tuples(NUMBERS, st.text(max_size=4))),
    ),
    max_size=12,
)


class Truth:
    """What the store would hold: a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[int, Conversation] = {}

    def do(self, op: tuple[str, Any]) -> None:
        match op:
            case ("put", changes):
                for one in made(changes):
                    self.rows[one.id] = one
            case ("gone", numbers):
                for number in numbers:
                    self.rows.pop(number, None)
            case ("account", account):
                self.rows = {n: one for n, one in self.rows.items() if one.account_id != account}
            case ("draft", (number, text)) if number in self.rows:
                self.rows[number] = msgspec.structs.replace(self.rows[number], draft=text)


def made(changes: list[tuple[int, int]]) -> list[Conversation]:
    unique = dict(changes)
    return [a_conversation(n, account=n % 3 + 1, unread=unread) for n, unread in unique.items()]


def tell(model: ConversationModel, number: int, op: tuple[str, Any]) -> None:
    match op:
        case ("put", changes):
            model.put(number, made(changes))
        case ("gone", numbers):
            model.gone(number, [ConversationId(n) for n in numbers])
        case ("account", account):
            model.accounts_gone(number, [AccountId(account)])
        case ("draft", (at, text)):
            model.put_draft(number, a_draft(at, text))


@pytest.mark.usefixtures("qapp")
@settings(max_examples=150)
@given(before=OPS, seen=st.integers(0, 12), read_at=st.integers(0, 12), ops=OPS)
def test_the_model_ends_up_as_the_store(
    before: list[tuple[str, Any]], seen: int, read_at: int, ops: list[tuple[str, Any]]
) -> None:
    """First read, commits told, a full read of any age between them, more commits: it shows the store.

    `seen` commits were told before the full read came; the read itself was made at commit `read_at` of them.
    A commit that was made before the first read may still be told: it changes nothing.
    """
    truth = Truth()
    for op in before:
        truth.do(op)
    start = len(before)
    model = a_model(*list(truth.rows.values())[:4], commit=start)
    states = [dict(truth.rows)]
    for op in ops:
        truth.do(op)
        states.append(dict(truth.rows))
    told = min(seen, len(ops))
    at = min(read_at, len(ops))
    if before:
        tell(model, start, before[-1])
    for n in range(told):
        if ops[n][0] != "draft" or ops[n][1][0] in shown(model):  # else the store tells the whole row
            tell(model, start + n + 1, ops[n])
        else:
            number = ops[n][1][0]
            if number in states[n + 1]:
                model.put(start + n + 1, [states[n + 1][number]])
    complete(model, Snapshot(start + at, tuple(states[at].values())))
    for n in range(told, len(ops)):
        tell(model, start + n + 1, ops[n])
    assert shown(model) == truth.rows
