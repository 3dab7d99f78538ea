"""The timeline of an order: the usual path, where it stands, and side exits where they were reached."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.domain.entities import Order, StatusChoice, StatusStep
from chatdesk.domain.ids import AccountId, OrderId, RemoteId
from chatdesk.domain.kinds import OrderKind, Progress
from chatdesk.ui.orders.row import share_done
from chatdesk.ui.orders.steps import Step, StepState, choices, label_of, of_kind, steps

DONE, NOW, NEXT = StepState.DONE, StepState.NOW, StepState.NEXT
PATH = ("pending", "processing", "charged", "finished")


def a_choice(value: str, **values: Any) -> StatusChoice:
    return StatusChoice(**{"value": value, "label": value.title(), "progress": Progress.ACTIVE, **values})


STATUSES = (
    *(a_choice(value) for value in PATH),
    a_choice("cancelled", on_path=False, progress=Progress.CANCELLED),
    a_choice("hold", on_path=False, selectable=False),
)


def an_order(status: str, *history: tuple[str, int], **values: Any) -> Order:
    known = {
        "id": OrderId(1),
        "account_id": AccountId(1),
        "remote_id": RemoteId("o1"),
        "kind": OrderKind.ORDER,
        "number": "10482",
        "title": "",
        "customer": "Northline",
        "status": status,
        "status_label": status.title(),
        "progress": Progress.ACTIVE,
        "created_at_us": 1,
        "updated_at_us": 2,
        "history": tuple(StatusStep(status=s, label=s.title(), at_us=at) for s, at in history),
    }
    return Order(**{**known, **values})


def shown(order: Order) -> list[tuple[str, StepState, int]]:
    return [(step.value, step.state, step.at_us) for step in steps(order, STATUSES)]


class TestSteps:
    def test_the_usual_path_is_shown_whole(self) -> None:
        """Done before the present status, next after it, each with the time at which it was reached."""
        assert shown(an_order("processing", ("pending", 5), ("processing", 7))) == [
            ("pending", DONE, 5),
            ("processing", NOW, 7),
            ("charged", NEXT, 0),
            ("finished", NEXT, 0),
        ]

    def test_what_was_not_seen_has_no_time(self) -> None:
        """An order first seen half way: the steps before count as done, without a time."""
        assert shown(an_order("charged", ("charged", 9)))[:3] == [
            ("pending", DONE, 0),
            ("processing", DONE, 0),
            ("charged", NOW, 9),
        ]

    def test_a_status_without_history_stands_now(self) -> None:
        """Nothing is known of the past: the present is shown all the same."""
        assert shown(an_order("pending"))[0] == ("pending", NOW, 0)

    def test_a_cancelled_order_shows_only_what_it_reached(self) -> None:
        """After a side exit nothing is still to come."""
        assert shown(an_order("cancelled", ("pending", 5), ("cancelled", 8))) == [
            ("pending", DONE, 5),
            ("cancelled", NOW, 8),
        ]

    def test_a_side_exit_that_was_left_again_stays_visible(self) -> None:
        """An order that was on hold and goes on shows that it was."""
        assert shown(an_order("charged", ("pending", 1), ("hold", 2), ("charged", 3))) == [
            ("pending", DONE, 1),
            ("processing", DONE, 0),
            ("hold", DONE, 2),
            ("charged", NOW, 3),
            ("finished", NEXT, 0),
        ]

    def test_a_side_exit_never_reached_is_not_shown(self) -> None:
        """Cancelling is no step of an order that goes its way."""
        assert "cancelled" not in {value for value, _state, _at in shown(an_order("pending"))}

    def test_an_unknown_status_is_shown_by_its_own_words(self) -> None:
        """A server that sends a status which nobody knows is believed; its text is made harmless."""
        order = an_order("weird", ("pending", 1), status_label="<b>Weird\n\u202e")
        assert steps(order, STATUSES)[-1] == Step("weird", "<b>Weird", NOW, 0)
        assert [step.state for step in steps(order, ())] == [DONE, NOW]

    def test_going_back_makes_later_steps_come_again(self) -> None:
        """An order set back from charged to processing has charged before it once more."""
        order = an_order("processing", ("processing", 1), ("charged", 2), ("processing", 3))
        assert shown(order)[1:3] == [("processing", NOW, 3), ("charged", NEXT, 0)]

    @given(
        st.sampled_from([*PATH, "cancelled", "hold", "weird", ""]),
        st.lists(
            st.tuples(st.sampled_from([*PATH, "cancelled", "hold", "odd"]), st.integers(0, 99)), max_size=8
        ),
    )
    def test_there_is_one_present_and_nothing_done_after_it(
        self, status: str, history: list[tuple[str, int]]
    ) -> None:
        """Whatever the history: exactly one step is now (none without a status), no status comes twice."""
        found = steps(an_order(status, *history), STATUSES)
        assert [step.value for step in found if step.state is NOW] == ([status] if status else [])
        assert len({step.value for step in found}) == len(found)
        order = [step.state for step in found]
        assert order == sorted(order, key=[DONE, NOW, NEXT].index)


class TestChoices:
    def test_what_can_be_set(self) -> None:
        """Every selectable status but the present one."""
        offered = [one.value for one in choices(an_order("processing"), STATUSES)]
        assert offered == ["pending", "charged", "finished", "cancelled"]

    def test_a_label_for_every_value(self) -> None:
        """The platform's word, or the bare value."""
        assert label_of("charged", STATUSES) == "Charged"
        assert label_of("weird", STATUSES) == "weird"

    @pytest.mark.parametrize(
        ("status", "progress", "share"),
        [
            ("pending", Progress.OPEN, 0.25),
            ("finished", Progress.DONE, 1.0),
            ("cancelled", Progress.CANCELLED, 0.0),
            ("weird", Progress.WAITING, 0.6),
        ],
    )
    def test_how_far_an_order_has_come(self, status: str, progress: Progress, share: float) -> None:
        """By its place on the path; off the path by its progress."""
        assert share_done(an_order(status, progress=progress), STATUSES) == share


class TestKinds:
    def test_statuses_of_a_kind(self) -> None:
        """Where an account has several kinds of orders, each is shown and offered its own statuses."""
        statuses = (
            a_choice("posted", kinds=(OrderKind.PACKAGE,)),
            a_choice("active", kinds=(OrderKind.TRIP,)),
            a_choice("closed"),
        )
        assert [one.value for one in of_kind(statuses, OrderKind.TRIP)] == ["active", "closed"]
        package = an_order("posted", kind=OrderKind.PACKAGE)
        assert share_done(package, statuses) == 0.5

    def test_what_may_follow(self) -> None:
        """Where a platform has a table of what may follow, nothing else is offered."""
        statuses = (
            a_choice("a"),
            a_choice("b", after=("a",)),
            a_choice("c", after=("b",)),
        )
        assert [one.value for one in choices(an_order("a"), statuses)] == ["b"]
        assert [one.value for one in choices(an_order("b"), statuses)] == ["a", "c"]

    def test_done_is_done(self) -> None:
        """An order that is done has come all the way, whatever the platform lists behind it."""
        statuses = (a_choice("paid", progress=Progress.DONE), a_choice("rated"))
        assert share_done(an_order("paid", progress=Progress.DONE), statuses) == 1.0
