"""How much of a conversation is here without a hole, as its loading asks."""

from __future__ import annotations

import msgspec

from chatdesk.domain.desk import Coverage
from chatdesk.domain.ids import Cursor
from chatdesk.domain.kinds import Source
from chatdesk.store import coverage as module
from tests.store.making import WAIT_S, Desk, cursor, message, raw, window


def asked(desk: Desk, at: Cursor | None = None, since: Coverage | None = None) -> Coverage | None:
    return desk.store.coverage(desk.conversation, at, since).result(WAIT_S)


def test_where_no_message_is_nothing_is_covered(desk: Desk) -> None:
    """There is no place to read from."""
    assert asked(desk) is None


def test_messages_of_which_nothing_is_proved_cover_themselves_only(desk: Desk) -> None:
    """Pages begin at the newest message then."""
    desk.apply(1, *(message(number, source=Source.STORED) for number in range(5, 9)))
    found = asked(desk)
    assert found is not None
    assert (found.oldest, found.held, found.whole) == (cursor(8), 1, False)


def test_the_newest_stretch_counts_not_those_below_a_hole(desk: Desk) -> None:
    """Another cursor names another stretch; one that is in none stands for itself."""
    for first, last in ((10, 19), (30, 39), (60, 69)):
        desk.apply(first, *window(range(first, last + 1), reaches_head=False))
    newest = asked(desk)
    assert newest is not None
    assert (newest.oldest, newest.newest, newest.held) == (cursor(60), cursor(69), 10)
    below = asked(desk, cursor(35))
    assert below is not None
    assert (below.oldest, below.held) == (cursor(30), 20)
    nowhere = asked(desk, cursor(25))
    assert nowhere is not None
    assert (nowhere.oldest, nowhere.held) == (cursor(25), 20)


def test_what_was_counted_is_not_counted_again(desk: Desk) -> None:
    """Given an earlier answer, what came below and above since is added to it: the sum is the same."""
    desk.apply(1, *window(range(60, 70)))
    before = asked(desk)
    assert before is not None
    desk.apply(2, *window(range(40, 61), reaches_head=False))
    desk.apply(3, *(message(number) for number in range(70, 75)))
    after = asked(desk, since=before)
    assert after is not None
    assert after.held == 35
    assert after == asked(desk)
    # A wrong number to begin with shows what is counted.
    wrong = msgspec.structs.replace(before, held=1_000)
    told = asked(desk, since=wrong)
    assert told is not None
    assert told.held == 1_000 + 20 + 5


def test_a_start_that_was_reached_is_the_whole(desk: Desk) -> None:
    """Then nothing older can be asked for."""
    desk.apply(1, *window(range(1, 10), reaches_start=True))
    found = asked(desk)
    assert found is not None
    assert found.whole
    assert (found.held, found.back_to_us) == (9, message(1).sent_at_us)


def test_every_question_is_answered_by_an_index(desk: Desk) -> None:
    """A million messages cost what one page costs."""
    with raw(desk.store.folder) as con:
        for sql in (module.NEWEST, module.COUNT, module.FIRST):
            plan = " ".join(str(row[3]) for row in con.execute("EXPLAIN QUERY PLAN " + sql, _values(sql)))
            assert "messages_reading" in plan, plan
            assert "SCAN" not in plan, plan
            assert "TEMP" not in plan, plan


def _values(sql: str) -> tuple[object, ...]:
    return (1, "1", "2")[: sql.count("?")]
