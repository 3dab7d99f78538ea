"""The table of round trips is complete: every feature, every platform, both variants, nothing skipped."""

from __future__ import annotations

import inspect

import pytest

from chatdesk.server.dialect import Variant
from tests.roundtrip import test_as_is, test_promised
from tests.roundtrip.scenarios import accidents, bookings, door, orders, parcels, talk, trips
from tests.roundtrip.servers import spoken
from tests.roundtrip.table import JOINTS, ROWS, TABLE, All, No, cell, scenarios
from tests.tooling.platform_features import PLATFORMS

ROOMS = (accidents, bookings, door, orders, parcels, talk, trips)


@pytest.mark.parametrize("variant", Variant)
def test_every_platform_is_served_in_both_variants(variant: Variant) -> None:
    """What is not served can't be tried."""
    assert set(spoken(variant)) == set(PLATFORMS)


def test_every_feature_has_a_word_for_every_platform() -> None:
    """A scenario, or the reason why there is none."""
    assert list(TABLE) == list(ROWS)
    for feature, row in TABLE.items():
        assert set(row) == set(PLATFORMS), feature


@pytest.mark.parametrize("variant", Variant)
def test_what_is_not_there_has_a_reason_that_is_shown(variant: Variant) -> None:
    """By a scenario of what happens instead, or by capabilities that say so: by nothing is no way."""
    for feature in ROWS:
        for platform in PLATFORMS:
            what = cell(feature, platform, variant)
            if isinstance(what, No):
                assert what.reason
                assert what.instead is not None or feature in door.CHECKED, (feature, platform)


def test_scenarios_of_all_platforms_are_played_in_both_variants() -> None:
    """The table names them by the test that plays them."""
    named = {one.joint for row in TABLE.values() for one in row.values() if isinstance(one, All)}
    assert named == set(JOINTS)
    for test in JOINTS.values():
        assert callable(getattr(test_promised, test))
        assert callable(getattr(test_as_is, test))


def test_no_scenario_lies_idle() -> None:
    """Whatever was written is played somewhere."""
    played = {scenario for variant in Variant for _platform, scenario in scenarios(variant)}
    written = {
        thing
        for room in ROOMS
        for name, thing in vars(room).items()
        if inspect.iscoroutinefunction(thing)
        and thing.__module__ == room.__name__
        and not name.startswith("_")
        and list(inspect.signature(thing).parameters) == ["place"]
    }
    assert written == played
