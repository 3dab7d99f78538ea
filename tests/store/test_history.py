"""Readings of history: which stretches are whole, and what is gone when they lack it."""

from __future__ import annotations

from chatdesk.domain.desk import KnownConversation
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.domain.outbox import Stored
from tests.store.making import CONVERSATION, WAIT_S, Desk, cursor, message, reading, window


def gap_before(desk: Desk) -> bool:
    with reading(desk.store) as reader:
        return bool(reader.newest_page(desk.conversation).gap_before)


def known(desk: Desk) -> KnownConversation:
    found = desk.store.known_conversations(desk.account.id).result(WAIT_S)
    return next(one for one in found if one.remote_id == CONVERSATION)


def shown(desk: Desk) -> list[str]:
    """Ids of the messages that are not deleted."""
    with reading(desk.store) as reader:
        page = reader.newest_page(desk.conversation)
        return [str(one.remote_id) for one in page.messages if not one.deleted]


def test_nothing_is_known_of_a_conversation_that_was_never_read(desk: Desk) -> None:
    """Before the first reading there may be messages everywhere."""
    assert gap_before(desk)
    assert not known(desk).head_complete


def test_an_empty_conversation_is_complete_once_it_was_read(desk: Desk) -> None:
    """A reading that finds nothing from start to head closes the gap, and pushes go on from it."""
    desk.apply(3, *window([], reaches_start=True))
    assert not gap_before(desk)
    assert known(desk).head_complete
    desk.apply(4, message(1))
    assert not gap_before(desk)
    assert known(desk).head_complete


def test_a_head_read_leaves_the_gap_below_it(desk: Desk) -> None:
    """A head that does not reach the start is whole in itself; what is below it is not known."""
    desk.apply(3, *window([5, 6, 7]))
    assert gap_before(desk)
    assert known(desk).head_complete
    assert known(desk).newest_ids == ("m7", "m6", "m5")
    assert known(desk).newest_cursor == cursor(7)


def test_an_older_page_that_meets_the_head_closes_the_gap(desk: Desk) -> None:
    """Stretches that share a message are one stretch."""
    desk.apply(3, *window([5, 6, 7]))
    desk.apply(4, *window([3, 4, 5], reaches_head=False))
    with reading(desk.store) as reader:
        page = reader.older_page(desk.conversation, (cursor(6), 99), 2)
        assert [one.remote_id for one in page.messages] == ["m5", "m6"]
        assert not page.gap_before
    desk.apply(5, *window([1, 2, 3], reaches_head=False, reaches_start=True))
    assert not gap_before(desk)


def test_a_stretch_with_a_hole_proves_nothing(desk: Desk) -> None:
    """An incomplete reading brings its messages and closes no gap."""
    desk.apply(3, *window([1, 2], complete=False, reaches_start=True))
    assert shown(desk) == ["m1", "m2"]
    assert gap_before(desk)


def test_what_is_pushed_after_a_reconnect_shows_the_gap_until_the_head_is_read(desk: Desk) -> None:
    """Between what an old connection knew and what a new one pushes there may be more; a head read tells."""
    desk.apply(3, *window([1, 2], reaches_start=True), epoch=1)
    desk.apply(4, message(3), epoch=1)
    assert known(desk).head_complete
    desk.apply(9, message(6), epoch=2)
    assert not known(desk).head_complete
    with reading(desk.store) as reader:
        assert reader.newest_page(desk.conversation, 1).gap_before
        assert not reader.newest_page(desk.conversation, 2).gap_before
    desk.apply(11, *window([3, 4, 5, 6]), epoch=2)
    assert known(desk).head_complete
    assert not gap_before(desk)


def test_own_accepted_messages_are_no_sign_of_a_gap(desk: Desk) -> None:
    """A message of ours that the server has named, but not pushed yet, leaves the head whole."""
    desk.apply(3, *window([1, 2], reaches_start=True))
    item = desk.start(desk.press("hello"))
    desk.advance(item, Stored(RemoteId("m9")))
    desk.apply(4, message(9, "hello", own=True, source=Source.STORED))
    assert known(desk).head_complete


def test_what_a_complete_reading_lacks_is_deleted(desk: Desk) -> None:
    """A message that was known before a reading, lies inside it and is not in it, was deleted there."""
    desk.apply(3, *window([1, 2, 3, 4], reaches_start=True))
    desk.apply(9, *window([1, 3, 4]))
    assert shown(desk) == ["m1", "m3", "m4"]


def test_the_newest_message_can_be_found_deleted(desk: Desk) -> None:
    """A reading up to the head covers what was above its newest message."""
    desk.apply(3, *window([1, 2, 3], reaches_start=True))
    desk.apply(9, *window([1, 2]))
    assert shown(desk) == ["m1", "m2"]


def test_what_came_while_the_reading_was_under_way_is_not_missed(desk: Desk) -> None:
    """A message that arrived after the reading had begun can't be expected in it."""
    desk.apply(3, *window([1, 2], reaches_start=True))
    desk.apply(12, message(3))
    desk.apply(10, *window([1, 2]))
    assert shown(desk) == ["m1", "m2", "m3"]


def test_the_ends_of_a_reading_prove_nothing_beyond_them(desk: Desk) -> None:
    """Messages outside a stretch stay, also right at its border."""
    desk.apply(3, *window([1, 2, 3, 4, 5], reaches_start=True))
    desk.apply(9, *window([3, 4], reaches_head=False))
    assert shown(desk) == ["m1", "m2", "m3", "m4", "m5"]


def test_pages_have_to_lack_it_twice(desk: Desk) -> None:
    """Pages may shift while they are read: only a second such reading deletes what both lack."""
    desk.apply(3, *window([1, 2, 3], reaches_start=True))
    desk.apply(9, *window([1, 3], pages=2))
    assert shown(desk) == ["m1", "m2", "m3"]
    desk.apply(9, *window([1, 3], pages=2))
    assert shown(desk) == ["m1", "m2", "m3"]
    desk.apply(12, *window([1, 3], pages=2))
    assert shown(desk) == ["m1", "m3"]


def test_an_incomplete_reading_deletes_nothing(desk: Desk) -> None:
    """What a reading with a hole lacks may be in the hole."""
    desk.apply(3, *window([1, 2, 3], reaches_start=True))
    desk.apply(9, *window([1, 3], complete=False))
    assert shown(desk) == ["m1", "m2", "m3"]


def test_a_message_that_is_seen_again_was_not_deleted(desk: Desk) -> None:
    """A later sight lifts a deletion that was only concluded from an absence."""
    desk.apply(3, *window([1, 2, 3], reaches_start=True))
    desk.apply(9, *window([1, 3]))
    desk.apply(15, message(2, source=Source.STORED))
    assert shown(desk) == ["m1", "m2", "m3"]


def test_what_a_reading_names_was_there(desk: Desk) -> None:
    """An id that a reading names was seen then, though its message itself could not be used."""
    desk.apply(3, *window([1, 2, 3], reaches_start=True))
    desk.apply(9, window([1, 2, 3], reaches_start=True)[-1])
    desk.apply(7, *window([1, 3], reaches_start=True))
    assert shown(desk) == ["m1", "m2", "m3"]


def test_what_a_reading_lacked_is_deleted_also_when_it_arrives_late(desk: Desk) -> None:
    """A sight from before a reading, applied after it, is of a message that was gone by then."""
    desk.apply(9, *window([1, 3], reaches_start=True))
    desk.apply(5, message(2))
    assert shown(desk) == ["m1", "m3"]


def test_two_sights_from_before_a_reading_are_one_absence(desk: Desk) -> None:
    """A first sight that is newer than one reading and older than another is weighed against both."""
    desk.apply(20, *window([1, 3], reaches_start=True, pages=2))
    desk.apply(10, *window([1, 3], reaches_start=True, pages=2))
    desk.apply(5, message(2))
    assert shown(desk) == ["m1", "m3"]
    desk.apply(15, message(2))
    assert shown(desk) == ["m1", "m2", "m3"]


def test_a_relayed_message_that_turns_out_to_be_stored_can_be_missed(desk: Desk) -> None:
    """As soon as a row is known to be the server's own, what readings lacked counts for it, too."""
    desk.apply(3, message(2, source=Source.RELAY))
    desk.apply(9, *window([1, 3], reaches_start=True))
    desk.apply(5, message(2, source=Source.PUSH))
    assert shown(desk) == ["m1", "m3"]


def test_relayed_messages_are_not_missed_in_a_stored_history(desk: Desk) -> None:
    """A relay is never in the history: its absence means nothing."""
    desk.apply(3, message(2, source=Source.RELAY))
    desk.apply(9, *window([1, 3], reaches_start=True))
    assert shown(desk) == ["m1", "m2", "m3"]


def test_own_unconfirmed_messages_are_not_missed(desk: Desk) -> None:
    """What we sent and no reading has shown yet may be younger than the reading."""
    desk.apply(3, *window([1, 2], reaches_start=True))
    desk.press("waiting")
    item = desk.start(desk.press("sent", desk.other))
    desk.advance(item, Stored(RemoteId("m7")))
    desk.apply(9, *window([1, 2], reaches_start=True))
    desk.apply(10, *window([], conversation=RemoteId("c2"), reaches_start=True))
    with reading(desk.store) as reader:
        assert not any(one.deleted for one in reader.newest_page(desk.conversation).messages)
        assert not any(one.deleted for one in reader.newest_page(desk.other).messages)
