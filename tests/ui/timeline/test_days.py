"""A day begins at midnight of the place, on every day of its calendar: also when clocks change there."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdesk.ui.timeline.grouping import local_day

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # its summer time is half an hour
    "America/Havana",  # clocks change at midnight
    "Africa/Casablanca",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
BEYOND_S = 4_000_000_000
"""Some day in 2096."""

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no tzset")


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[str]:
    """The process is in this zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield str(request.param)
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize("place", ZONES, indirect=True)
def test_a_moment_lies_on_the_day_that_the_calendar_of_the_place_shows(place: str) -> None:
    """As the zone's own table says, from 1970 to far beyond 2038."""

    @settings(max_examples=60)
    @given(st.integers(0, BEYOND_S))
    def check(second: int) -> None:
        shown = dt.datetime.fromtimestamp(second, ZoneInfo(place)).toordinal()
        assert local_day(second * 1_000_000) == shown

    check()


@pytest.mark.parametrize("place", ZONES, indirect=True)
def test_each_day_begins_once(place: str) -> None:
    """Over three years around every change of clocks: no separator is missing, none comes twice."""
    begin = int(dt.datetime(2025, 12, 30, tzinfo=dt.UTC).timestamp())
    days = [local_day((begin + 900 * quarter) * 1_000_000) for quarter in range(4 * 24 * 3 * 366)]
    begun = [day for before, day in itertools.pairwise(days) if day != before]
    assert begun == list(range(days[0] + 1, days[-1] + 1))


@pytest.mark.parametrize("place", ["Europe/Berlin"], indirect=True)
@pytest.mark.parametrize("at_us", [-5_000_000, -(10**18), 10**18, 2**63 - 1])
def test_a_wrong_clock_breaks_nothing(place: str, at_us: int) -> None:
    """What a server or a clock says may be no time at all."""
    assert place
    assert local_day(at_us) >= dt.date(1970, 1, 1).toordinal()
