"""The outbox state machine, square by square: every state on every event."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment, Extras
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.errors import IllegalTransition
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import DeliveryState, KeyGrade, MessageKind, OutgoingKind, ParkReason
from tests.domain.items import EVENTS, item

QUEUED, IN_FLIGHT, UNCERTAIN, PARKED = "queued", "in_flight", "uncertain", "parked"
ACCEPTED, CANCELLED = "accepted", "cancelled"

SENDS: dict[str, dict[str, str]] = {
    # a send that has been tried once, in each state; what is not listed is illegal
    "queued": {
        "Started": IN_FLIGHT,
        "Refused": PARKED,
        "Later": QUEUED,
        "Found": ACCEPTED,
        "PersonCancels": CANCELLED,
        "PersonEdits": QUEUED,
        "PersonUrges": QUEUED,
        "PersonRetries": QUEUED,
        "Aged": PARKED,
        "Superseded": ACCEPTED,
    },
    "in_flight": {
        "Stored": ACCEPTED,
        "Refused": PARKED,
        "Later": QUEUED,
        "Unknown": UNCERTAIN,
        "Found": ACCEPTED,
        "Restarted": UNCERTAIN,
        "Superseded": ACCEPTED,
    },
    "uncertain": {
        "Stored": ACCEPTED,
        "Refused": PARKED,
        "Found": ACCEPTED,
        "Absent, may repeat": QUEUED,
        "Absent, may not": UNCERTAIN,
        "SafeToRepeat": QUEUED,
        "PersonSendsAgain": QUEUED,
        "PersonUrges": UNCERTAIN,
        "PersonDiscards": CANCELLED,
        "Superseded": ACCEPTED,
    },
    "parked": {
        "Found": ACCEPTED,
        "PersonEdits": QUEUED,
        "PersonRetries": QUEUED,
        "PersonDiscards": CANCELLED,
    },
    "accepted": {},
    "delivered": {},
    "read": {},
    "cancelled": {},
    "draft": {},
}


def tried(state: str, kind: OutgoingKind = OutgoingKind.SEND, attempts: int = 1) -> Outgoing:
    parked = ParkReason.FORBIDDEN if state == PARKED else None
    return item(state=DeliveryState(state), kind=kind, attempts=attempts, parked=parked)


def test_the_table_names_every_state_and_every_event() -> None:
    """No state and no event of the machine is missing from the table below."""
    assert set(SENDS) == {state.value for state in DeliveryState}
    assert {type(event) for event in EVENTS.values()} == set(typing.get_args(machine.Event))


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("state", SENDS)
def test_every_square(state: str, event: str) -> None:
    """Each event leads a send from each state where the table says, or is refused."""
    before = tried(state)
    expected = SENDS[state].get(event)
    assert machine.can(before, EVENTS[event]) == (expected is not None)
    if expected is None:
        with pytest.raises(IllegalTransition):
            machine.advance(before, EVENTS[event], 77)
        return
    after = machine.advance(before, EVENTS[event], 77)
    assert (after.state.value, after.changed_at_us) == (expected, 77)
    assert after.text == ("edited" if event == "PersonEdits" else before.text)
    assert (after.id, after.position, after.kind) == (before.id, before.position, before.kind)
    assert (after.parked is not None) == (expected == PARKED or event == "PersonDiscards")


@pytest.mark.parametrize("kind", list(OutgoingKind))
@pytest.mark.parametrize("event", ["Unknown", "Restarted"])
def test_what_does_no_harm_twice_is_queued_again(kind: OutgoingKind, event: str) -> None:
    """An unknown outcome queues reads, deletions and reports again; the rest becomes uncertain."""
    after = machine.advance(tried(IN_FLIGHT, kind), EVENTS[event], 1)
    assert after.state.value == (QUEUED if kind in machine.REPEATABLE else UNCERTAIN)


@pytest.mark.parametrize("state", [QUEUED, PARKED])
def test_what_was_never_tried_can_not_be_found(state: str) -> None:
    """A copy of something that never left is somebody else's message."""
    assert not machine.can(tried(state, attempts=0), EVENTS["Found"])


def test_a_time_is_chosen_only_for_what_has_never_left() -> None:
    """What was tried may have arrived: its turn is now, not at another time."""
    untried = machine.advance(tried(QUEUED, attempts=0), EVENTS["PersonSchedules"], 1)
    assert (untried.detail, untried.not_before_us) == (machine.SCHEDULED, 500)
    assert not machine.can(tried(QUEUED, attempts=1), EVENTS["PersonSchedules"])


def test_a_scheduled_send_waits_for_its_time_and_then_counts_as_pressed() -> None:
    """It grows old from its own time on, keeps it while it is changed, and can be sent at once."""
    waits = machine.advance(tried(QUEUED, attempts=0), machine.PersonSchedules(500), 1)
    assert not machine.can(waits, machine.Aged())
    edited = machine.advance(waits, machine.PersonEdits("other"), 2)
    assert (edited.text, edited.detail, edited.not_before_us) == ("other", machine.SCHEDULED, 500)
    due = machine.advance(edited, machine.Due(), 600)
    assert (due.detail, due.not_before_us, due.created_at_us, due.approved) == ("", 0, 500, False)
    assert machine.can(due, machine.Aged())
    assert not machine.can(due, machine.Due())
    now = machine.advance(waits, machine.PersonRetries(), 3)
    assert (now.detail, now.not_before_us) == ("", 0)


def with_file(**more: Any) -> Outgoing:
    return item(1, staged="copy", extras=Extras(attachments=(Attachment(name="a.pdf"),)), **more)


def test_a_file_that_was_brought_gives_its_message_the_address() -> None:
    """It stays queued: only its own send can bring it further, and it is brought once."""
    waits = with_file(not_before_us=9)
    assert machine.wants_upload(waits)
    after = machine.advance(waits, EVENTS["Uploaded"], 77)
    assert (after.state, after.extras.attachments[0].url) == (DeliveryState.QUEUED, "/kept/1")
    assert after.not_before_us == 0
    assert not machine.wants_upload(after)
    assert not machine.can(after, EVENTS["Uploaded"])


@pytest.mark.parametrize("state", [IN_FLIGHT, UNCERTAIN, PARKED, CANCELLED, ACCEPTED])
def test_an_address_comes_too_late_for_what_is_not_queued(state: str) -> None:
    """Let go or put aside meanwhile: nothing brings it back."""
    assert not machine.can(with_file(state=DeliveryState(state)), EVENTS["Uploaded"])


def test_a_scheduled_send_holds_nobody() -> None:
    """What is pressed meanwhile goes before it."""
    waits = machine.advance(item(1), machine.PersonSchedules(500), 1)
    assert machine.next_up([waits, item(2)]) == [item(2)]
    assert not machine.holds_those_behind(waits)


def test_an_urgent_conversation_goes_first_and_within_it_the_order_of_pressing_stands() -> None:
    """Urgency never lets a message overtake an earlier one of its own conversation."""
    first = item(1, conversation_remote_id=RemoteId("c1"))
    earlier = item(2, conversation_remote_id=RemoteId("c2"))
    urgent = item(3, conversation_remote_id=RemoteId("c2"), urgent=True)
    mark = item(4, kind=OutgoingKind.MARK_READ)
    assert machine.next_up([first, earlier, urgent, mark]) == [earlier, first, mark]


@pytest.mark.parametrize("kind", [one for one in OutgoingKind if one is not OutgoingKind.SEND])
@pytest.mark.parametrize("state", [QUEUED, PARKED])
def test_only_sends_have_a_text_to_edit(kind: OutgoingKind, state: str) -> None:
    """Editing is for messages."""
    assert not machine.can(tried(state, kind), EVENTS["PersonEdits"])


def test_what_an_event_carries_is_kept() -> None:
    """Reasons, words, times and counts stand in the item, and go when they no longer hold."""
    parked = machine.advance(tried(IN_FLIGHT), EVENTS["Refused"], 1)
    assert (parked.parked, parked.detail) == (ParkReason.FORBIDDEN, "no")
    retried = machine.advance(parked, EVENTS["PersonRetries"], 1)
    assert (retried.parked, retried.detail, retried.approved) == (None, "", True)
    later = machine.advance(tried(IN_FLIGHT), EVENTS["Later"], 1)
    assert (later.not_before_us, later.detail) == (99, "busy")
    flying = machine.advance(
        later, machine.Started(typing.cast("machine.Started", EVENTS["Started"]).attempt), 1
    )
    assert (flying.not_before_us, flying.detail) == (0, "")
    repeated = machine.advance(tried(UNCERTAIN), EVENTS["Absent, may repeat"], 1)
    assert repeated.repeats == 1
    again = machine.advance(tried(UNCERTAIN), EVENTS["PersonSendsAgain"], 1)
    assert (again.repeats, again.approved) == (0, True)
    old = machine.advance(tried(QUEUED), EVENTS["Aged"], 1)
    assert old.parked is ParkReason.OLD
    gone = machine.advance(old, EVENTS["PersonDiscards"], 1)
    assert gone.parked is ParkReason.DISCARDED


@pytest.mark.parametrize(
    ("grade", "repeats", "allowed"),
    [
        (KeyGrade.NONE, 0, True),
        (KeyGrade.NONE, 1, False),
        (KeyGrade.FINDABLE, 0, True),
        (KeyGrade.FINDABLE, 1, False),
        (KeyGrade.IDEMPOTENT, 0, True),
        (KeyGrade.IDEMPOTENT, 50, True),
    ],
)
def test_an_absence_repeats_once(grade: KeyGrade, repeats: int, allowed: bool) -> None:
    """Without deduplication a proven absence repeats a send once by itself, then the person decides."""
    assert machine.repeat_allowed(item(repeats=repeats), grade) is allowed


@pytest.mark.parametrize(("repeats", "allowed"), [(0, True), (2, True), (3, False)])
def test_a_platform_may_allow_more_repeats(repeats: int, allowed: bool) -> None:
    """Where refusals are known to be passing, a platform's limits name more repeats than one."""
    assert machine.repeat_allowed(item(repeats=repeats), KeyGrade.NONE, 3) is allowed


def test_a_report_goes_again_until_somebody_answers() -> None:
    """A report does no harm twice: no answer queues it again, a refusal waits for the person."""
    report = tried(IN_FLIGHT, OutgoingKind.REPORT)
    again = machine.advance(report, EVENTS["Unknown"], 1)
    assert (again.state, again.text) == (DeliveryState.QUEUED, report.text)
    assert machine.advance(report, EVENTS["Stored"], 1).state is DeliveryState.ACCEPTED
    refused = machine.advance(report, EVENTS["Refused"], 1)
    assert (refused.state, refused.detail) == (DeliveryState.PARKED, "no")
    assert not machine.holds_those_behind(report)


@pytest.mark.parametrize("event", list(EVENTS))
def test_no_step_loses_what_a_message_carries(event: str) -> None:
    """Kind and extras are frozen with the text."""
    extras = Extras(subject="Steel")
    for state in (QUEUED, IN_FLIGHT, UNCERTAIN, PARKED):
        before = msgspec.structs.replace(tried(state), message_kind=MessageKind.FILE, extras=extras)
        if machine.can(before, EVENTS[event]):
            after = machine.advance(before, EVENTS[event], 1)
            assert (after.message_kind, after.extras) == (MessageKind.FILE, extras)


def test_what_may_have_arrived_is_neither_taken_back_nor_changed() -> None:
    """Queued to go once more under its own id: its text may stand there, until its outcome is known."""
    one = machine.advance(tried(UNCERTAIN), machine.SafeToRepeat(), 1)
    for event in ("Later", "PersonRetries", "PersonUrges", "Started", "Later", "Aged", "PersonRetries"):
        one = machine.advance(one, EVENTS[event], 2)
        if one.state.value in {QUEUED, PARKED}:
            assert not machine.can(one, EVENTS["PersonCancels"])
            assert not machine.can(one, EVENTS["PersonEdits"])
    again = machine.advance(machine.advance(one, EVENTS["Started"], 3), EVENTS["Unknown"], 3)
    absent = machine.advance(again, EVENTS["Absent, may repeat"], 3)
    assert machine.can(absent, EVENTS["PersonCancels"])
    assert machine.can(absent, EVENTS["PersonEdits"])
