"""The engine's pure parts: back-off, budget, matching, watermarks, lanes."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdesk.domain.changes import News
from chatdesk.domain.entities import Message, Outgoing
from chatdesk.domain.events import Event, MessageSeen, WindowRead
from chatdesk.domain.ids import (
    AccountId,
    ConversationId,
    Cursor,
    MessageId,
    OutgoingId,
    RemoteId,
)
from chatdesk.domain.kinds import (
    ConnectionState,
    DeliveryState,
    MessageKind,
    OutgoingKind,
    SignInState,
    Source,
)
from chatdesk.domain.ordering import Stamp
from chatdesk.domain.text import js_trim
from chatdesk.sync.backoff import CAP_MS, FLOOR_MS, delay_ms
from chatdesk.sync.budget import LEARNT_MS, Budget
from chatdesk.sync.heads import MOST_IDS, Heads
from chatdesk.sync.lanes import Lanes
from chatdesk.sync.matching import Window, found, window_of
from chatdesk.sync.status import Status
from tests.sync.virtual import run_virtual

ROOM = RemoteId("r")


# -- back-off


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_zero_and_never_longer_than_the_cap(attempt: int, jitter: float) -> None:
    """Whatever the attempt and the dice say, a pause lies between the floor and the cap."""
    assert FLOOR_MS <= delay_ms(attempt, jitter) <= CAP_MS


def test_pauses_double_up_to_the_cap() -> None:
    """Without luck the pauses are 1, 2, 4, 8, 16 and then 30 seconds."""
    almost = 0.999999
    assert [round(delay_ms(n, almost) / 1000) for n in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


# -- budget


def test_without_a_limit_nothing_waits() -> None:
    """A platform that names no limit lets everything go at once."""
    budget = Budget()
    for now_ms in range(100):
        budget.sent(now_ms)
    assert budget.wait_ms(100, behind=50) == 0


@given(st.integers(1, 20), st.lists(st.integers(0, 5_000), min_size=1, max_size=80))
def test_no_minute_sees_more_sends_than_allowed(limit: int, pauses: list[int]) -> None:
    """Whoever waits as told never sends more than the limit within any sixty seconds."""
    budget = Budget()
    budget.allow(limit)
    now_ms, sent = 0, []
    for pause_ms in pauses:
        now_ms += pause_ms
        now_ms += budget.wait_ms(now_ms)
        assert budget.wait_ms(now_ms) == 0
        budget.sent(now_ms)
        sent.append(now_ms)
    for start_ms in sent:
        assert sum(start_ms <= one < start_ms + 60_000 for one in sent) <= limit


def test_the_expected_time_grows_with_the_queue() -> None:
    """Those further behind are told a later time, a minute for each full budget before them."""
    budget = Budget()
    budget.allow(3)
    for now_ms in (0, 10, 20):
        budget.sent(now_ms)
    assert [budget.wait_ms(30, behind=n) for n in range(4)] == [59_970, 59_980, 59_990, 119_970]


def test_a_limit_is_learnt_from_a_refusal_and_forgotten_again() -> None:
    """After a refusal that names a time we rest so long, then send at the rate that got through."""
    budget = Budget()
    for now_ms in range(11):
        budget.sent(now_ms)
    budget.told_to_wait(3_000, 20)
    assert budget.wait_ms(20) == 3_000  # not a moment longer than the server asked for
    for now_ms in range(3_020, 3_030):  # ten got through in that minute: the limit now
        assert budget.wait_ms(now_ms) == 0
        budget.sent(now_ms)
    assert budget.wait_ms(3_030) == 59_990
    forgotten_ms = 20 + LEARNT_MS
    for now_ms in range(forgotten_ms, forgotten_ms + 50):
        assert budget.wait_ms(now_ms) == 0
        budget.sent(now_ms)


def test_one_refusal_of_a_server_in_trouble_teaches_no_limit() -> None:
    """A refusal after one or two sends only rests; it says nothing about a rate."""
    budget = Budget()
    budget.sent(0)
    budget.told_to_wait(3_000, 10)
    assert budget.wait_ms(10) == 3_000
    assert budget.wait_ms(3_010) == 0


# -- matching


def seen(
    number: int, text: str, *, own: bool = True, client_id: str | None = None, source: Source = Source.STORED
) -> MessageSeen:
    return MessageSeen(
        conversation=ROOM,
        remote_id=RemoteId(f"m{number}"),
        cursor=Cursor(f"{number:04d}"),
        sender_id=RemoteId("me" if own else "you"),
        sender_name="",
        own=own,
        kind=MessageKind.TEXT,
        text=text,
        sent_at_us=number,
        source=source,
        client_id=client_id,
    )


def window_read(messages: list[MessageSeen], *, complete: bool = True, start: bool = False) -> WindowRead:
    cursors = [one.cursor for one in messages]
    return WindowRead(
        conversation=ROOM,
        ids=tuple(one.remote_id for one in messages),
        oldest=min(cursors, default=None),
        newest=max(cursors, default=None),
        complete=complete,
        reaches_start=start,
        reaches_head=True,
    )


def read(messages: list[MessageSeen], *, complete: bool = True, start: bool = False) -> list[Event]:
    return [*messages, window_read(messages, complete=complete, start=start)]


def send(number: int, text: str) -> Outgoing:
    return Outgoing(
        id=OutgoingId(f"o{number}"),
        account_id=AccountId(1),
        conversation_id=ConversationId(1),
        conversation_remote_id=ROOM,
        kind=OutgoingKind.SEND,
        text=text,
        state=DeliveryState.UNCERTAIN,
        position=number,
        created_at_us=0,
        changed_at_us=0,
    )


def row(event: MessageSeen) -> Message:
    return Message(
        id=MessageId(int(event.cursor)),
        conversation_id=ConversationId(1),
        remote_id=event.remote_id,
        cursor=event.cursor,
        sender_id=event.sender_id,
        sender_name="",
        own=event.own,
        kind=event.kind,
        text=event.text,
        sent_at_us=event.sent_at_us,
    )


@pytest.mark.parametrize(
    ("known", "complete", "start", "proves"),
    [
        ({"m2"}, True, False, True),
        ({"m2"}, False, False, False),
        ({"m9"}, True, True, False),  # all that was known is gone: old can't be told from new
        (set(), True, True, True),
        (set(), True, False, False),  # an empty conversation must be read to its start
    ],
)
def test_only_a_whole_window_proves_an_absence(
    known: set[str], complete: bool, start: bool, proves: bool
) -> None:
    """The chain runs to a watermark message, or to the start when there was none, without a hole."""
    messages = [seen(n, "x") for n in (4, 3, 2)]
    marks = frozenset(RemoteId(one) for one in known)
    assert window_of(read(messages, complete=complete, start=start), marks).proves is proves


def test_without_a_reading_nothing_is_proved() -> None:
    """Messages without the word that a stretch was read show no window."""
    assert window_of([seen(1, "x")], frozenset()) == Window({}, proves=False)


def test_what_lies_below_the_watermark_was_there_before() -> None:
    """A window that reaches deeper than the watermark does not offer older equal texts as candidates."""
    messages = [seen(n, "ok") for n in (5, 4, 3, 2, 1)]
    window = window_of(read(messages), frozenset({RemoteId("m3"), RemoteId("m4")}))
    assert set(window.seen) == {"m3", "m4", "m5"}


def test_the_oldest_send_takes_the_oldest_message() -> None:
    """Two uncertain sends of one text and two arrivals pair up in order; a third send finds nothing."""
    messages = [seen(3, "ok"), seen(2, "ok"), seen(1, "other")]
    window = window_of(read(messages, start=True), frozenset())
    free = [row(one) for one in reversed(messages)]
    waiting = [send(1, "ok"), send(2, "ok"), send(3, "ok")]
    assert found(waiting, window, free, str) == {"o1": "m2", "o2": "m3"}


def test_texts_are_compared_as_the_server_stores_them() -> None:
    """A server that trims makes ' ok ' and 'ok' the same message, a strict one does not."""
    messages = [seen(1, "ok")]
    window = window_of(read(messages, start=True), frozenset())
    free = [row(one) for one in messages]
    assert found([send(1, " ok\ufeff")], window, free, js_trim) == {"o1": "m1"}
    assert found([send(1, " ok\ufeff")], window, free, str) == {}


def test_our_own_id_beats_the_text() -> None:
    """A message that says whose it is belongs to that send, and is no candidate for another."""
    messages = [seen(1, "ok", client_id="o2"), seen(2, "ok")]
    window = window_of(read(messages, start=True), frozenset())
    free = [row(one) for one in messages]
    assert found([send(1, "ok"), send(2, "ok")], window, free, str) == {"o1": "m2", "o2": "m1"}
    assert found([send(1, "ok"), send(2, "ok")], window, free, str, by_id_only=True) == {"o2": "m1"}


def test_what_is_bound_or_of_others_is_no_candidate() -> None:
    """Messages of other people, and those that the store does not offer as free, are never taken."""
    messages = [seen(1, "ok", own=False), seen(2, "ok")]
    window = window_of(read(messages, start=True), frozenset())
    assert found([send(1, "ok")], window, [row(messages[0])], str) == {}
    assert found([send(1, "ok")], window, [], str) == {}


# -- watermarks


def test_a_watermark_needs_a_reading_of_this_connection() -> None:
    """Pushes alone make no watermark; a reading does, with what was pushed; a lost link voids it."""
    heads = Heads()
    heads.note((seen(1, "a", source=Source.PUSH),), Stamp(1, 1))
    assert heads.watermark(ROOM) is None
    page = [seen(1, "a"), seen(2, "b", own=False)]
    heads.note((*page, window_read(page)), Stamp(1, 2))
    heads.note((seen(3, "c", source=Source.PUSH),), Stamp(1, 3))
    mark = heads.watermark(ROOM)
    assert mark is not None
    assert (mark.ids, mark.complete) == (("m3", "m2", "m1"), True)
    assert heads.newest_other(ROOM) == "0002"
    heads.forget(Stamp(1, 3))
    assert heads.watermark(ROOM) is None
    heads.note((*page, window_read(page)), Stamp(1, 2))  # began before the loss
    assert not heads.caught_up(ROOM)


def test_a_watermark_is_bounded() -> None:
    """However long a conversation, its watermark names only the newest messages."""
    heads = Heads()
    page = [seen(number, "x") for number in range(2_000)]
    heads.note((*page, window_read(page)), Stamp(1, 1))
    mark = heads.watermark(ROOM)
    assert mark is not None
    assert len(mark.ids) == MOST_IDS
    assert mark.ids[0] == "m1999"


# -- lanes


def test_a_lane_is_taken_in_turn_over_conversations() -> None:
    """A conversation with many steps does not keep others from the lane."""

    async def story() -> None:
        lanes = Lanes()
        order: list[str] = []

        async def step(conversation: str) -> None:
            await lanes.take("talk", RemoteId(conversation))
            order.append(conversation)
            await asyncio.sleep(0.01)
            lanes.give("talk")

        async with asyncio.TaskGroup() as group:
            for conversation in ("a", "a", "a", "b", "c", "b"):
                group.create_task(step(conversation))
        assert order == ["a", "a", "b", "c", "a", "b"]

    run_virtual(story())


def test_who_gives_up_waiting_leaves_the_lane_to_others() -> None:
    """A cancelled wait takes no turn, also when its turn came in the very moment."""

    async def story() -> None:
        lanes = Lanes()
        await lanes.take("talk", RemoteId("a"))
        first = asyncio.ensure_future(lanes.take("talk", RemoteId("b")))
        second = asyncio.ensure_future(lanes.take("talk", RemoteId("c")))
        third = asyncio.ensure_future(lanes.take("talk", RemoteId("d")))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        lanes.give("talk")  # the turn of the first comes, and in the same moment it gives up
        first.cancel()
        await asyncio.wait([first, second])
        await third
        lanes.give("talk")
        await lanes.take("talk", RemoteId("e"))

    run_virtual(story())


def test_until_when_a_sign_in_is_locked_is_told_and_goes_with_it() -> None:
    """The window counts down to the moment at which the server takes a sign-in again."""
    told: list[News] = []
    status = Status(AccountId(1), told.append)
    status.sign_in(SignInState.LOCKED, "too many", retry_at_us=60_000_000)
    status.connection(ConnectionState.OFF, retry_at_us=status.now.retry_at_us)
    assert (status.now.sign_in, status.now.retry_at_us) == (SignInState.LOCKED, 60_000_000)
    status.sign_in(SignInState.OK)
    status.connection(ConnectionState.ONLINE)
    assert status.now.retry_at_us is None
