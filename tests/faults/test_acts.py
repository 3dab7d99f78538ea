"""Faults and second thoughts do what they say: each is seen to bite, and each is counted as it should be."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain import outbox
from chatdesk.server.dialect import Variant
from chatdesk.sync.pump import Pump
from tests.faults import lab
from tests.faults.desk import Prepared
from tests.faults.lab import Outcome
from tests.faults.script import Script, Step
from tests.faults.shrink import shrink


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A server that knows no ids of ours: what may have arrived must be looked for."""
    return lab.prepare(tmp_path_factory.mktemp("made"), "dispatcher", Variant.AS_IS)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A server of our own, which recognises ids where it could say so."""
    return lab.prepare(tmp_path_factory.mktemp("made"), "dispatcher", Variant.PROMISED)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A platform with files, read marks that name messages, and tokens that nothing renews."""
    return lab.prepare(tmp_path_factory.mktemp("made"), "omw", Variant.AS_IS)


def done(folder: Path, made: Prepared, *steps: Step) -> Outcome:
    return lab.run_schedule(folder / "world", made, Script(1, made.platform, made.variant.value, steps))


def harm(found: Outcome) -> tuple[int, int, int]:
    return found.count.lost, found.count.duplicated, found.count.reordered


def test_what_is_stored_half_a_minute_late_is_counted_apart(tmp_path: Path, rooms: Prepared) -> None:
    """The absence was proved by the rules, the repeat arrives, then the first one: documented, no failure."""
    steps = (Step(1_000, "stored_late"), Step(1_010, "press", 0, "t0 late"), Step(1_020, "press", 0, "t0 b"))
    found = done(tmp_path, rooms, *steps)
    assert found.count.stored_late == 1, found.count.words
    assert harm(found) == (0, 0, 0)


def test_what_is_stored_in_the_quiet_time_is_found(tmp_path: Path, rooms: Prepared) -> None:
    """Held for nine seconds, and then stored: nothing comes twice."""
    steps = (Step(1_000, "held_then_cut", ms=9_000), Step(1_010, "press", 0, "t0 late"))
    found = done(tmp_path, rooms, *steps)
    assert (found.count.accepted, found.count.doubted, found.count.undecided) == (1, 1, 0)
    assert harm(found) == (0, 0, 0)


@pytest.mark.parametrize("fault", ["drop_answers", "server_error_after", "refresh_lost"])
def test_an_answer_that_never_comes_leaves_a_doubt_that_resolves(
    tmp_path: Path, made: Prepared, fault: str
) -> None:
    """Stored without a word, or refused for want of a token that is renewed: it is there once."""
    found = done(tmp_path, made, Step(1_000, fault), Step(1_000, "press", 0, "t0 one"))
    assert (found.count.accepted, found.alive, found.count.undecided) == (1, 1, 0), found.count.words
    assert found.count.doubted == (fault != "refresh_lost")
    assert harm(found) == (0, 0, 0)


@pytest.mark.parametrize("after_ms", range(6))
def test_a_server_that_is_killed_in_a_transaction_starts_again(
    tmp_path: Path, made: Prepared, after_ms: int
) -> None:
    """What it was at is rolled back before the next one opens the file, at whatever step that was."""
    steps = (Step(3_347, "press", 1, "t1 one"), Step(3_347 + after_ms, "restart"))
    found = done(tmp_path, made, *steps)
    assert (found.count.accepted, harm(found)) == (1, (0, 0, 0)), found.count.words


@pytest.mark.parametrize("fault", ["half_open_down", "half_open_up", "stall"])
def test_a_link_that_seems_open_is_found_out(tmp_path: Path, rooms: Prepared, fault: str) -> None:
    """Nobody is told, and a socket carries nothing one way or the other: a doubt, then it is there once."""
    found = done(tmp_path, rooms, Step(1_000, fault), Step(1_000, "press", 0, "t0 one"))
    assert (found.count.accepted, found.count.doubted, found.alive) == (1, 1, 1), found.count.words
    assert harm(found) == (0, 0, 0)


@pytest.mark.parametrize("fault", ["revoked", "revoked_at_send"])
def test_a_token_that_only_the_person_renews(tmp_path: Path, rooms: Prepared, fault: str) -> None:
    """What was pressed waits for the password, and goes once."""
    steps = (Step(1_000, fault), Step(1_000, "cut"), Step(1_500, "press", 0, "t0 one"))
    found = done(tmp_path, rooms, *steps)
    assert (found.count.accepted, found.alive, harm(found)) == (1, 1, (0, 0, 0)), found.count.words


def test_second_thoughts_while_nobody_is_reached(tmp_path: Path, made: Prepared) -> None:
    """Taken back: never there. Changed: the new text alone. Deleted: there, and gone again."""
    steps = (
        Step(500, "press", 0, "t0 mistake"),
        Step(1_000, "away", ms=9_000),
        Step(1_100, "press", 0, "t0 first"),
        Step(1_200, "press", 0, "t0 second"),
        Step(1_300, "take_back", 0),
        Step(1_400, "edit", 0, "t0 changed"),
        Step(1_450, "urge", 0),
        Step(15_000, "press", 1, "t1 wrong"),
        Step(16_000, "delete", 1),
    )
    found = done(tmp_path, made, *steps)
    assert harm(found) == (0, 0, 0), found.count.words
    assert (found.count.presses, found.count.accepted) == (3, 2), found.count.words


def test_held_and_scheduled_ones_go_in_their_time(tmp_path: Path, made: Prepared) -> None:
    """The checker knows the moment of each; a second press of the same text is a second message."""
    steps = (
        Step(500, "press_held", 0, "t0 held", ms=5_000),
        Step(600, "press_later", 0, "t0 later", ms=20_000),
        Step(700, "press_twice", 0, "t0 ok"),
    )
    found = done(tmp_path, made, *steps)
    assert (found.count.accepted, harm(found)) == (4, (0, 0, 0)), found.count.words


@pytest.mark.parametrize("whole", [0, 1])
def test_a_backup_that_is_put_back_sends_nothing_by_itself(
    tmp_path: Path, made: Prepared, whole: int
) -> None:
    """What waited in it and has arrived since asks; the person lets it go. What did not arrive is sent."""
    steps = (
        Step(1_000, "away", ms=3_000),
        Step(1_100, "press", 0, "t0 one"),
        Step(1_200, "press", 1, "t1 two"),
        Step(2_000, "back_up"),
        Step(20_000, "put_back", ms=200, number=whole),
        Step(25_000, "press", 0, "t0 three"),
    )
    found = done(tmp_path, made, *steps)
    assert harm(found) == (0, 0, 0), found.count.words
    assert (found.count.presses, found.count.accepted, found.count.waiting) == (3, 3, 0)


@pytest.mark.parametrize("tried", [False, True])
def test_a_backup_knows_nothing_of_a_connection_without_ids(
    tmp_path: Path, ours: Prepared, tried: bool
) -> None:
    """Our own server, which nobody could ask what it offers when the client came up: the message went without
    an id. The folder is put back to a moment before that, and the next connection promises to know ids.
    """
    untried = (
        Step(2_625, "away", ms=9_000),
        Step(2_628, "press", 0, "t0 ok"),
        Step(5_285, "kill_client", 1, ms=3_000),
        Step(9_000, "back_up"),
        Step(13_699, "put_back", ms=3_000, number=1),
    )
    refused_once = (
        Step(2_000, "away", ms=6_000),
        Step(2_500, "kill_client", ms=1_000),
        Step(12_000, "too_many"),
        Step(12_100, "press", 0, "t0 ok"),
        Step(16_500, "back_up"),
        Step(23_699, "put_back", ms=3_000, number=1),
    )
    found = done(tmp_path, ours, *(refused_once if tried else untried))
    assert (found.count.accepted, found.count.waiting, harm(found)) == (1, 0, (0, 0, 0)), found.count.words


def test_a_picture_is_sent_with_its_text(tmp_path: Path, rooms: Prepared) -> None:
    """Brought first, then said, though the answer is lost: once."""
    steps = (Step(1_000, "press_file", 0, "t0 picture"), Step(1_030, "drop_answers"))
    found = done(tmp_path, rooms, *steps)
    assert (found.count.accepted, harm(found)) == (1, (0, 0, 0)), found.count.words


@pytest.mark.parametrize(("at_ms", "apart"), [(500, 0), (1_100, 1), (60_000, 0)])
def test_an_equal_text_of_another_device(tmp_path: Path, made: Prepared, at_ms: int, apart: int) -> None:
    """Before or after ours it is a message of its own; in the seconds of a doubt it may stand for ours."""
    steps = (
        Step(at_ms, "elsewhere", 0, "t0 ok"),
        Step(1_000, "cut_requests", number=0),
        Step(1_010, "press", 0, "t0 ok"),
    )
    found = done(tmp_path, made, *sorted(steps, key=lambda one: one.at_ms))
    assert harm(found) == (0, 0, 0), found.count.words
    assert found.count.equal_elsewhere <= apart
    assert found.count.accepted + found.count.equal_elsewhere == 2


@pytest.mark.parametrize("fault", ["clock_forward", "clock_back", "clock_2038", "suspend", "sleep"])
def test_no_clock_keeps_a_message_from_going(tmp_path: Path, rooms: Prepared, fault: str) -> None:
    """Hours ahead, a day behind, past 2038, asleep: what is pressed goes, in its order, once."""
    steps = (
        Step(900, "press", 0, "t0 one"),
        Step(902, fault),
        Step(1_000, "press", 0, "t0 two"),
        Step(1_100, "press", 0, "t0 three"),
    )
    found = done(tmp_path, rooms, *steps)
    assert (found.count.accepted, harm(found)) == (3, (0, 0, 0)), found.count.words


def test_only_what_was_seen_is_marked_as_read(tmp_path: Path, rooms: Prepared) -> None:
    """A customer writes, the person looks; then another line comes, which nobody looks at."""
    steps = (
        Step(1_000, "incoming", 0, "t0 from there 1"),
        Step(6_000, "read", 0),
        Step(7_000, "incoming", 0, "t0 from there 2"),
        Step(9_000, "cut"),
        Step(30_000, "cut"),
    )
    wanted = Script(1, rooms.platform, rooms.variant.value, steps)

    async def story() -> tuple[Outcome, list[Any]]:
        schedule = lab.Schedule(tmp_path / "world", rooms, wanted)
        return await schedule.run(), schedule.lines

    found, lines = lab.run_lab(story())
    assert [(line.seen, line.known_ms > 0) for line in lines] == [(True, True), (False, True)]
    assert found.count.read_unseen == 0


def test_a_failing_script_is_made_small(
    tmp_path: Path, rooms: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that sends once more whatever it was not answered: one press and one fault show it."""
    honest = Pump._unclear

    async def blind(self: Pump, item: Any, detail: str, grade: Any) -> None:
        await honest(self, item, detail, grade)
        await self._record(item.id, outbox.Absent(may_repeat=True))

    monkeypatch.setattr(Pump, "_unclear", blind)
    monkeypatch.setattr(Pump, "_before_repeat", lambda *_: asyncio.sleep(0))
    steps = (
        Step(1_017, "press", 0, "t0 one"),
        Step(3_128, "press", 1, "t1 two"),
        Step(9_003, "late_events", ms=200),
        Step(14_011, "press", 1, "t1 three"),
        Step(15_999, "drop_answers", number=40),
        Step(16_044, "press", 0, "t0 four"),
        Step(31_000, "restart"),
    )
    tried: list[int] = []

    def is_bad(one: Script) -> bool:
        tried.append(len(one.steps))
        found = lab.run_schedule(tmp_path / str(len(tried)), rooms, one)
        return found.count.duplicated > 0

    wanted = Script(1, rooms.platform, rooms.variant.value, steps)
    assert is_bad(wanted)
    small = shrink(wanted, is_bad, most_tries=30)
    assert len(small.steps) <= 3, small
    assert {step.kind for step in small.steps} >= {"press", "drop_answers"}
    assert is_bad(small)
