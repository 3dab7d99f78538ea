"""The bars of a soak fail where they should, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.soak import run, verdict
from tests.soak.plan import Plan


def rest(**held: Any) -> list[verdict.Sample]:
    """A rest with three samples, in one of which more is held for a moment."""
    return [dict(held), {key: _more(value) for key, value in held.items()}, dict(held)]


def memory(minute: int, own_kb: int, files_kb: int) -> verdict.Sample:
    """A sample of a program that has 80,000 KiB of libraries mapped."""
    return {
        "at_s": 60.0 * minute,
        "pss_kb": own_kb + files_kb,
        "pss_own_kb": own_kb,
        "pss_files_kb": files_kb,
        "rss_files_kb": 80_000,
    }


def _more(value: Any) -> Any:
    return {**value, "a moment's": 3} if isinstance(value, dict) else value + 3


@pytest.mark.parametrize(("after", "holds"), [(5, True), (4, True), (6, False)])
def test_what_is_held_at_the_end_and_was_not_before_fails(after: int, holds: bool) -> None:
    """One more in every sample of the last rest is a leak; what comes and goes is none."""
    bar = verdict.leaks(rest(threads_all=5), rest(threads_all=after), ["threads_all"])[0]
    assert bar["holds"] is holds


def test_a_leak_is_told_by_name() -> None:
    """The kind of task or handle that there are more of stands in the words."""
    first, last = rest(tasks_network={"reader": 2, "pump": 1}), rest(tasks_network={"reader": 4, "pump": 1})
    bar = verdict.leaks(first, last, ["tasks_network"])[0]
    assert bar["words"] == {"reader": 2}
    assert "reader: 2" in verdict.table([bar])
    assert verdict.table([bar]).startswith("FAIL")


def test_one_kind_must_not_hide_behind_another() -> None:
    """Fewer sockets do not pay for more open files."""
    bar = verdict.leaks(rest(handles={"socket": 9}), rest(handles={"socket": 7, "db": 1}), ["handles"])[0]
    assert not bar["holds"]
    assert bar["words"] == {"db": 1}


def test_threads_are_told_apart_by_name() -> None:
    """A thread that has come is told, though another one has gone."""
    bar = verdict.leaks([{"threads": ["a", "b"]}], [{"threads": ["a", "c"]}], ["threads"])[0]
    assert not bar["holds"]
    assert bar["words"] == {"c": 1}


@pytest.mark.parametrize(("at_the_end_kb", "holds"), [(105_000, True), (105_200, False)])
def test_memory_may_grow_by_a_twentieth(at_the_end_kb: int, holds: bool) -> None:
    """The medians of two stretches are compared; what lies between them does not matter."""
    plan = Plan(minutes=30)
    samples = [memory(minute, 60_000, 40_000) for minute in range(5, 11)]
    samples += [memory(minute, 460_000, 40_000) for minute in range(11, 25)]
    samples += [memory(minute, at_the_end_kb - 40_000, 40_000) for minute in range(25, 31)]
    assert run.memory({"samples": samples}, plan)["holds"] is holds


@pytest.mark.parametrize(("own_kb", "holds"), [(62_000, True), (66_000, False)])
def test_other_programs_that_end_are_no_growth_of_this_one(own_kb: int, holds: bool) -> None:
    """A larger part of the shared libraries is charged to it then; growth of its own counts all the same."""
    samples = [memory(minute, 60_000, 40_000) for minute in range(5, 11)]
    samples += [memory(minute, own_kb, 70_000) for minute in range(25, 31)]
    assert run.memory({"samples": samples}, Plan(minutes=30))["holds"] is holds


def test_other_programs_that_begin_hide_no_growth() -> None:
    """A smaller part of the libraries is charged to it then: that pays for nothing."""
    samples = [memory(minute, 60_000, 40_000) for minute in range(5, 11)]
    samples += [memory(minute, 66_000, 30_000) for minute in range(25, 31)]
    assert not run.memory({"samples": samples}, Plan(minutes=30))["holds"]


def test_files_beside_the_database_have_a_limit() -> None:
    """One sample above it is enough."""
    fine = {"wal_bytes": 4_000_000, "journal_bytes": 20_000, "log_bytes": 9_000}
    assert all(bar["holds"] for bar in verdict.files([fine]))
    for name in fine:
        bars = verdict.files([fine, {**fine, name: 10**9}, fine])
        assert [bar["name"] for bar in bars if not bar["holds"]] == [name.replace("_", " ")]


def test_faults_come_every_minute_and_leave_the_rests_alone() -> None:
    """In thirty minutes every kind comes, the same ones for the same seed."""
    plan = Plan(minutes=30, seed=3)
    faults = list(plan.faults())
    assert 27 <= len(faults) <= 30
    assert len({one.kind for one in faults}) == 9
    assert faults == list(Plan(minutes=30, seed=3).faults())
    assert faults != list(Plan(minutes=30, seed=4).faults())
    rests = plan.first_rest_s, plan.first_rest_s + plan.rest_s
    assert not [one for one in faults if rests[0] - 10 < one.at_s + one.lasts_s and one.at_s < rests[1]]
