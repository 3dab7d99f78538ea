"""The fuzz harness itself: it finds planted faults, says where, and finds them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from chatdesk.domain.arrivals import OpenStep, Packet, Reading
from chatdesk.domain.events import Dropped, Event, MessageSeen
from chatdesk.domain.facts import Facts
from chatdesk.domain.goals import FreshLists, Goal
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, Source
from chatdesk.domain.steps import Done, Next
from chatdesk.platforms.dispatcher.adapter import DispatcherAdapter
from tests.platforms import fuzz
from tests.platforms.dispatcher.paper import Paper

Fields = dict[str, Any]
GOOD = {"id": "7", "text": "hello", "at": 5}


def seen(fields: Fields, **changes: Any) -> MessageSeen:
    text = fields.get("text")
    plain = MessageSeen(
        conversation=RemoteId("1"),
        remote_id=RemoteId("7"),
        cursor=Cursor("0007"),
        sender_id=RemoteId("2"),
        sender_name="",
        own=False,
        kind=MessageKind.TEXT,
        text=text.encode("utf-8", "replace").decode() if isinstance(text, str) else "",
        sent_at_us=0,
        source=Source.PUSH,
    )
    return msgspec.structs.replace(plain, **changes)


class Planted(DispatcherAdapter):
    """Reads every event with `fault`."""

    def __init__(self, fault: Callable[[Fields], tuple[Event, ...]]) -> None:
        self.fault = fault

    def read(self, arrived: Any, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
        if not isinstance(arrived, Packet) or not arrived.args or not isinstance(arrived.args[0], dict):
            return Reading(facts, (Dropped(reason="malformed"),))
        return Reading(facts, self.fault(arrived.args[0]))

    def next(self, goal: Goal, facts: Facts) -> Next:
        return Done()


FAULTS: dict[str, Callable[[Fields], tuple[Event, ...]]] = {
    "TypeError": lambda fields: (seen(fields, text=fields.get("text", "") + "!"),),
    "KeyError": lambda fields: (seen({"text": fields["text"]}),),
    "values": lambda fields: (seen(fields, text=fields.get("text")),),
    "time": lambda fields: (seen(fields, sent_at_us=-1 if fields.get("at") == -1 else 5),),
    "id": lambda fields: (seen(fields, remote_id=RemoteId("" if fields.get("id") == "" else "7")),),
    "cursor": lambda fields: (seen(fields, cursor=Cursor("x" if fields.get("id") is None else "7")),),
}


def samples() -> list[fuzz.Sample]:
    return [fuzz.Sample(Paper().facts, (), Packet("message", (GOOD,)))]


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_and_found_again(name: str) -> None:
    """The failure names the promise, the seed and the index; with them alone it fails again."""
    adapter = Planted(FAULTS[name])
    with pytest.raises(AssertionError) as found:
        fuzz.fuzz(adapter, samples(), 20_000, 3, goals=(FreshLists(),))
    words = str(found.value)
    assert name in words
    assert "seed=3" in words
    index = int(words.partition("index=")[2].split()[0])
    with pytest.raises(AssertionError) as again:
        fuzz.fuzz(adapter, samples(), 1, 3, start=index, goals=(FreshLists(),))
    assert str(again.value) == words


def test_a_record_that_vanishes_is_found() -> None:
    """What can't be used is a counted drop: an empty reading is not."""

    class Silent(Planted):
        def read(self, arrived: Any, open_steps: tuple[OpenStep, ...], facts: Facts) -> Reading:
            reading = super().read(arrived, open_steps, facts)
            return Reading(facts, tuple(one for one in reading.events if not isinstance(one, Dropped)))

    with pytest.raises(AssertionError, match="silent"):
        fuzz.fuzz(Silent(lambda fields: (seen(fields),)), samples(), 5_000, 1)


def test_a_sound_adapter_passes() -> None:
    """No promise is broken by an adapter that keeps them."""
    tally = fuzz.fuzz(Planted(lambda fields: (seen(fields),)), samples(), 5_000, 1, goals=(FreshLists(),))
    assert tally.inputs == 5_000
    assert tally.told
    assert tally.dropped


def test_a_shrunken_input_is_small() -> None:
    """Only what makes it fail is left."""
    value = {"a": [1, {"b": "xxxx!xxxx"}, 3], "c": {"d": 4}}
    small = fuzz.shrunken(lambda one: "!" in repr(one), value)
    assert small == {"a": [{"b": "!"}]}
