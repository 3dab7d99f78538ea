"""One order of messages, one definition of unread, one of who waits."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.domain.entities import Message
from chatdesk.domain.ids import PENDING_CURSOR, ConversationId, Cursor, MessageId, RemoteId
from chatdesk.domain.kinds import SOURCE_RANK, DeliveryState, MessageKind, Source
from chatdesk.domain.ordering import Position, Stamp, holes, position, stronger_delivery
from chatdesk.domain.unread import Heard, counts, unread_count, waiting_since_us


def row(number: int, cursor: str) -> Message:
    return Message(
        id=MessageId(number),
        conversation_id=ConversationId(1),
        remote_id=None,
        cursor=Cursor(cursor),
        sender_id=RemoteId("x"),
        sender_name="",
        own=False,
        kind=MessageKind.TEXT,
        text="",
        sent_at_us=0,
    )


def heard(
    number: int, *, own: bool = False, kind: MessageKind = MessageKind.TEXT, live: bool = True, **more: bool
) -> Heard:
    return Heard(
        cursor=Cursor(f"{number:03}"),
        own=own,
        kind=kind,
        deleted=more.get("deleted", False),
        live=live,
        sent_at_us=number,
    )


def test_messages_are_ordered_by_the_server_then_by_arrival() -> None:
    """Cursor first, local number second; what no server has placed comes last."""
    rows = [row(4, PENDING_CURSOR), row(1, "003"), row(2, "001"), row(5, "001"), row(3, PENDING_CURSOR)]
    assert [one.id for one in sorted(rows, key=position)] == [2, 5, 1, 3, 4]
    assert position(rows[1]) == Position(Cursor("003"), MessageId(1))


def test_stamps_compare_by_connection_first() -> None:
    """A later connection is later, whatever its arrival numbers."""
    assert Stamp(1, 900) < Stamp(2, 1) < Stamp(2, 2)


def test_source_ranks_are_those_of_the_rules() -> None:
    """Stored beats push beats relay beats own."""
    ranks = [SOURCE_RANK[one] for one in (Source.OWN, Source.RELAY, Source.PUSH, Source.STORED)]
    assert ranks == sorted(set(ranks))


REACHED = [DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ]


@given(st.sampled_from(DeliveryState), st.sampled_from(DeliveryState), st.sampled_from(DeliveryState))
def test_delivery_only_grows(one: DeliveryState, other: DeliveryState, third: DeliveryState) -> None:
    """The stronger of states is one of them, does not depend on their order where they are reached ones, and
    a reached state yields to none that is not.
    """
    stronger = stronger_delivery(one, other)
    assert stronger in {one, other}
    if one in REACHED or other in REACHED:
        assert stronger in REACHED
        assert stronger is stronger_delivery(other, one)
        assert stronger_delivery(stronger, third) is stronger_delivery(one, stronger_delivery(other, third))


def test_accepted_delivered_read() -> None:
    """Accepted < delivered < read."""
    for lower, higher in itertools.combinations(REACHED, 2):
        assert stronger_delivery(lower, higher) is higher
        assert stronger_delivery(higher, lower) is higher


@pytest.mark.parametrize(
    ("message", "is_counted"),
    [
        (heard(1), True),
        (heard(1, kind=MessageKind.IMAGE), True),
        (heard(1, kind=MessageKind.UNKNOWN), True),
        (heard(1, own=True), False),
        (heard(1, deleted=True), False),
        (heard(1, kind=MessageKind.SYSTEM), False),
    ],
)
def test_what_counts(message: Heard, is_counted: bool) -> None:
    """What others wrote counts; own, deleted and system lines never do."""
    assert counts(message) is is_counted


@pytest.mark.parametrize(
    ("messages", "seen", "server", "expected"),
    [
        ([], None, 0, 0),
        ([], None, 4, 4),
        ([], None, -1, 0),
        ([heard(1), heard(2)], None, 0, 2),
        ([heard(1), heard(2)], "001", 0, 1),
        ([heard(1), heard(2)], "002", 0, 0),
        ([heard(1), heard(2)], "009", 3, 3),
        ([heard(1, live=False), heard(2)], None, 0, 1),
        ([heard(1, live=False), heard(2)], None, 5, 6),
        ([heard(1, own=True), heard(2, deleted=True), heard(3, kind=MessageKind.SYSTEM)], None, 0, 0),
    ],
)
def test_unread(messages: list[Heard], seen: str | None, server: int, expected: int) -> None:
    """The server's number and what counts, is live and was not seen."""
    cursor = None if seen is None else Cursor(seen)
    assert unread_count(messages, seen=cursor, server_count=server) == expected


@pytest.mark.parametrize(
    ("messages", "since"),
    [
        ([], None),
        ([heard(1)], 1),
        ([heard(1), heard(2)], 1),
        ([heard(1), heard(2, own=True)], None),
        ([heard(1), heard(2, own=True), heard(3), heard(4)], 3),
        ([heard(1, deleted=True), heard(2)], 2),
        ([heard(1), heard(2, own=True, deleted=True)], 1),
        ([heard(1, kind=MessageKind.SYSTEM)], None),
        ([heard(1), heard(2, kind=MessageKind.SYSTEM)], 1),
    ],
)
def test_who_waits(messages: list[Heard], since: int | None) -> None:
    """The wait begins with the oldest message of the other side that no own message has followed."""
    assert waiting_since_us(messages) == since


lists_of_heard = st.lists(
    st.builds(
        heard,
        st.integers(1, 20),
        own=st.booleans(),
        kind=st.sampled_from([MessageKind.TEXT, MessageKind.SYSTEM]),
        live=st.booleans(),
        deleted=st.booleans(),
    ),
    max_size=12,
)


@given(lists_of_heard, st.integers(1, 20), st.integers(0, 3))
def test_reading_never_raises_the_count(messages: list[Heard], seen: int, server: int) -> None:
    """Seeing more lowers the count or leaves it, in any order; having seen all leaves the server's."""
    before = unread_count(messages, seen=None, server_count=server)
    after = unread_count(messages, seen=Cursor(f"{seen:03}"), server_count=server)
    assert server <= after <= before
    assert unread_count(reversed(messages), seen=None, server_count=server) == before
    assert unread_count(messages, seen=Cursor("999"), server_count=server) == server


@given(lists_of_heard)
def test_an_answer_ends_every_wait(messages: list[Heard]) -> None:
    """After an own message nobody waits; a wait names a message that is there."""
    ordered = sorted(messages, key=lambda one: one.cursor)
    since = waiting_since_us(ordered)
    assert since is None or since in {one.sent_at_us for one in ordered if counts(one)}
    assert waiting_since_us([*ordered, heard(99, own=True)]) is None


@pytest.mark.parametrize(
    ("cursors", "stretches", "missing"),
    [
        ("abcd", [], ()),
        ("abcd", [("", "d")], ()),
        ("abxy", [("", "b"), ("x", "y")], (2,)),
        ("abpxy", [("", "b"), ("x", "y")], (3,)),
        ("abp", [("", "b")], ()),
        ("abxy", [("", "b"), ("b", "y")], ()),
        ("axyz", [("a", "a"), ("x", "x"), ("z", "z")], (1, 3)),
        (["a", PENDING_CURSOR], [("", "a"), ("x", "y")], ()),
        ("", [("", "a")], ()),
    ],
)
def test_a_hole_is_where_a_stretch_begins_that_nothing_leads_to(
    cursors: list[str], stretches: list[tuple[str, str]], missing: tuple[int, ...]
) -> None:
    """Messages in no stretch prove nothing; own ones that are not placed yet stand behind all."""
    assert holes([Cursor(one) for one in cursors], stretches) == missing
