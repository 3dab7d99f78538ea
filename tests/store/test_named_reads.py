"""Reads that name messages: exactly these are read, whenever they come."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from chatdesk.domain import outbox as machine
from chatdesk.domain.events import ConversationSeen, ReadSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Assurance, DeliveryState, Source
from chatdesk.store.reads import KEPT_IDS
from tests.store.making import CONVERSATION, CUSTOMER, ME, OTHER, Desk, message, raw, reading, window

READ, ACCEPTED = DeliveryState.READ, DeliveryState.ACCEPTED


def named(*numbers: int, by_self: bool = False) -> ReadSeen:
    return ReadSeen(
        conversation=CONVERSATION,
        person_id=ME if by_self else CUSTOMER,
        by_self=by_self,
        ids=tuple(RemoteId(f"m{number}") for number in numbers),
    )


def states(desk: Desk) -> dict[str, DeliveryState]:
    with reading(desk.store) as reader:
        page = reader.newest_page(desk.conversation)
    return {one.remote_id: one.state for one in page.messages if one.own}


def unread(desk: Desk) -> int:
    with reading(desk.store) as reader:
        return int(reader.conversation(desk.conversation).unread)


def test_exactly_the_named_messages_are_read(desk: Desk) -> None:
    """Older and newer ones keep their single tick; messages of others have no tick to change."""
    desk.apply(3, *(message(number, own=True) for number in (1, 2, 3)), message(4))
    desk.apply(4, named(2, 4))
    assert states(desk) == {"m1": ACCEPTED, "m2": READ, "m3": ACCEPTED}
    desk.apply(5, named())
    assert states(desk) == {"m1": ACCEPTED, "m2": READ, "m3": ACCEPTED}


def test_a_message_that_comes_after_its_read_is_read(desk: Desk) -> None:
    """The read may be pushed before the message is; it is remembered, for this conversation alone."""
    desk.apply(3, named(1, 2))
    desk.apply(4, message(1, own=True))
    desk.apply(5, message(1, own=True, source=Source.STORED), message(3, own=True))
    desk.apply(6, message(2, own=True, conversation=OTHER))
    assert states(desk) == {"m1": READ, "m3": ACCEPTED}
    with reading(desk.store) as reader:
        (other,) = reader.newest_page(desk.other).messages
    assert other.state is ACCEPTED


def test_a_send_whose_read_beats_its_answer_is_read(desk: Desk) -> None:
    """The other side may read before our server's answer names the message: bound, it is read."""
    item = desk.start(desk.press("quick"))
    desk.apply(3, named(7))
    desk.advance(item, machine.Stored(RemoteId("m7"), Assurance.STORED))
    assert states(desk) == {"m7": READ}
    desk.apply(4, message(7, "quick", own=True, source=Source.STORED))
    assert states(desk) == {"m7": READ}


def test_a_send_that_melts_with_its_echo_stays_read(desk: Desk) -> None:
    """Echo, read and answer in this order leave one row, read."""
    item = desk.start(desk.press("quick"))
    desk.apply(3, message(7, "quick", own=True))
    desk.apply(4, named(7))
    desk.advance(item, machine.Stored(RemoteId("m7"), Assurance.STORED))
    assert states(desk) == {"m7": READ}


def test_an_own_read_elsewhere_clears_exactly_these(desk: Desk) -> None:
    """What another device has read no longer counts here; the rest does, and the place read to stays."""
    desk.apply(3, message(1), message(2), message(3))
    desk.apply(4, named(1, 3, by_self=True))
    assert unread(desk) == 1
    with reading(desk.store) as reader:
        assert reader.conversation(desk.conversation).seen_cursor is None
    desk.apply(5, named(4, by_self=True))
    desk.apply(6, message(4), message(5))
    assert unread(desk) == 2  # m2 and m5


def test_what_was_read_elsewhere_is_not_unread_again(desk: Desk) -> None:
    """A later sight of the message, an edit or the history, does not make it new."""
    desk.apply(3, message(1), message(2))
    desk.apply(4, named(1, by_self=True))
    desk.apply(5, message(1, "edited"), *window([1, 2]))
    assert unread(desk) == 1


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_the_server_s_number_shrinks_by_what_was_read_since(desk: Desk, order: Iterable[int]) -> None:
    """Named reads take from the server's number what it held, not what came after it."""
    steps = [
        (5, window([1, 2, 3], reaches_head=False)),
        (6, (ConversationSeen(remote_id=CONVERSATION, unread=3),)),
        (7, (message(4), message(5))),
        (8, (named(2, 4, 99, by_self=True),)),
    ]
    for step in order:
        arrival, events = steps[step]
        desk.apply(arrival, *events)
    assert unread(desk) == 2  # 3 at the server less m2 and the unknown m99, and m5
    desk.apply(9, ConversationSeen(remote_id=CONVERSATION, unread=1))
    assert unread(desk) == 1  # its next number knows it all


def test_a_read_before_the_server_s_number_is_in_it_already(desk: Desk) -> None:
    """The number was given after the read: nothing is taken off twice."""
    desk.apply(5, named(1, by_self=True))
    desk.apply(6, ConversationSeen(remote_id=CONVERSATION, unread=2))
    assert unread(desk) == 2


def test_named_reads_do_not_pile_up(desk: Desk) -> None:
    """A server that names more than any conversation has unread can't fill the disk; the newest stay."""
    for arrival, start in enumerate(range(0, 3 * KEPT_IDS, KEPT_IDS), start=5):
        desk.apply(arrival, named(*range(start, start + KEPT_IDS)))
    with raw(desk.store.folder) as con:
        assert con.execute("SELECT count(*) FROM read_ids").get == KEPT_IDS
    desk.apply(20, message(3 * KEPT_IDS - 1, own=True))
    assert states(desk) == {f"m{3 * KEPT_IDS - 1}": READ}
