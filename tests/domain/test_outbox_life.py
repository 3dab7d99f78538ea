"""The outbox whatever happens: nothing is lost, nothing comes back, nothing overtakes."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chatdesk.domain import outbox as machine
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.kinds import DeliveryState, KeyGrade, OutgoingKind
from tests.domain.items import events, item, started

PLACES = ("c1", "c2")
kinds = st.sampled_from([OutgoingKind.SEND, OutgoingKind.SEND, OutgoingKind.MARK_READ, OutgoingKind.DELETE])
states = st.sampled_from(list(DeliveryState))


@given(kinds, st.lists(events, max_size=30))
def test_an_item_is_never_lost(kind: OutgoingKind, happened: list[machine.Event]) -> None:
    """Whatever happens an item waits in plain sight until it is accepted or let go, with its text; and from
    accepted or let go nothing leads back.
    """
    one = item(kind=kind)
    text = one.text
    for event in happened:
        before = one
        if not machine.can(one, event):
            continue
        one = machine.advance(one, event, 5)
        assert before.state not in machine.TERMINAL
        if isinstance(event, machine.PersonEdits):
            text = event.text
        assert one.text == text
        assert one.state in machine.WAITING | machine.TERMINAL
        if one.state is DeliveryState.CANCELLED:
            assert isinstance(event, machine.PersonCancels | machine.PersonDiscards)
        if one.state is DeliveryState.PARKED:
            assert one.parked is not None


@given(kinds, st.lists(events, max_size=40), st.sampled_from(list(KeyGrade)))
def test_nothing_is_repeated_by_itself_without_bound(
    kind: OutgoingKind, happened: list[machine.Event], grade: KeyGrade
) -> None:
    """Where the rule is asked before an absence queues a send again, that happens once at most without keys
    that the server knows; every further attempt is the person's or a definite 'not stored'.
    """
    one = item(kind=kind)
    for event in happened:
        if isinstance(event, machine.Absent):
            event = machine.Absent(may_repeat=machine.repeat_allowed(one, grade))  # noqa: PLW2901
        if isinstance(event, machine.SafeToRepeat) and grade is not KeyGrade.IDEMPOTENT:
            continue
        if machine.can(one, event):
            one = machine.advance(one, event, 5)
    assert one.repeats <= 1 or grade is KeyGrade.IDEMPOTENT


@given(st.lists(st.tuples(kinds, states, st.sampled_from(PLACES)), max_size=12), st.sets(st.integers(1, 12)))
def test_what_may_go_now(drawn: list[tuple[OutgoingKind, DeliveryState, str]], resting: set[int]) -> None:
    """Of each conversation the oldest unsettled send may go, if it is queued and rests not; other intentions
    wait for nobody; all in the order of pressing.
    """
    items = [
        item(number, kind=kind, state=state, conversation_remote_id=RemoteId(place))
        for number, (kind, state, place) in enumerate(drawn, start=1)
    ]
    rest = frozenset(OutgoingId(f"{number:032x}") for number in resting)
    ready = machine.next_up(reversed(items), resting=rest)
    assert [one.position for one in ready] == sorted(one.position for one in ready)
    for one in items:
        goes = one.state is DeliveryState.QUEUED and one.id not in rest
        if one.kind is OutgoingKind.SEND:
            before = [
                other
                for other in items
                if other.position < one.position
                and other.conversation_remote_id == one.conversation_remote_id
                and machine.holds_those_behind(other)
            ]
            goes = goes and not before
        assert (one in ready) == goes


class Pump(RuleBasedStateMachine):
    """A pump that starts only what `next_up` names, on a server that stores in the order of arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.items: dict[OutgoingId, Outgoing] = {}
        self.arrived: dict[str, list[int]] = {place: [] for place in PLACES}

    def _step(self, one: Outgoing, event: machine.Event) -> None:
        if machine.can(one, event):
            self.items[one.id] = machine.advance(one, event, 9)

    @rule(place=st.sampled_from(PLACES), kind=kinds)
    def press(self, place: str, kind: OutgoingKind) -> None:
        one = item(len(self.items) + 1, conversation_remote_id=RemoteId(place), kind=kind)
        self.items[one.id] = one

    @rule(which=st.integers(0, 5), is_stored=st.booleans())
    def start(self, which: int, is_stored: bool) -> None:
        ready = machine.next_up(self.items.values())
        if ready:
            one = ready[which % len(ready)]
            self._step(one, started(one.attempts + 1))
            if is_stored and one.kind is OutgoingKind.SEND:
                self.arrived[one.conversation_remote_id].append(one.position)

    @rule(which=st.integers(0, 30), event=events)
    def happen(self, which: int, event: machine.Event) -> None:
        """Anything but a lie: what arrived is never called absent or refused, what did not is never found."""
        if not self.items or isinstance(event, machine.Started):
            return
        one = list(self.items.values())[which % len(self.items)]
        is_there = one.position in self.arrived[one.conversation_remote_id]
        if isinstance(event, machine.Stored | machine.Found | machine.Superseded) and not is_there:
            return
        says_not_stored = machine.Refused | machine.Later | machine.Absent | machine.SafeToRepeat
        if isinstance(event, says_not_stored) and is_there:
            return
        self._step(one, event)

    @invariant()
    def sends_arrive_as_pressed(self) -> None:
        """First arrivals of a conversation are in the order of pressing; only the person may repeat one."""
        for numbers in self.arrived.values():
            firsts = list(dict.fromkeys(numbers))
            assert firsts == sorted(firsts)

    @invariant()
    def nothing_is_twice_unless_the_person_wanted_it(self) -> None:
        """A send that arrived twice was sent again, retried or edited by its person."""
        for numbers in self.arrived.values():
            for number in {one for one in numbers if numbers.count(one) > 1}:
                assert self.items[OutgoingId(f"{number:032x}")].approved


TestPump = Pump.TestCase


def test_struct_items_stay_what_they_are() -> None:
    """Advancing gives a new value; the item that it came from is unchanged."""
    one = item()
    before = msgspec.structs.astuple(one)
    machine.advance(one, started(), 5)
    assert msgspec.structs.astuple(one) == before
