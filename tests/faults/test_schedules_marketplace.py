"""Presses among faults at the marketplace: nothing lost, nothing twice, nothing out of order."""

from __future__ import annotations

import pytest

from chatdesk.server.dialect import Variant
from tests.faults.bunch import EACH, EACH_LIVE, Bunch


@pytest.fixture(scope="module")
def bunch(tmp_path_factory: pytest.TempPathFactory) -> Bunch:
    return Bunch(tmp_path_factory.mktemp("bunch"), "marketplace")


@pytest.mark.parametrize("seed", range(EACH))
def test_nothing_is_lost_and_nothing_comes_twice(bunch: Bunch, seed: int) -> None:
    """Whatever is cut, stalled, held, refused, killed or told twice."""
    bunch.carry_out(Variant.PROMISED, seed)


@pytest.mark.parametrize("seed", range(EACH_LIVE))
def test_what_is_only_handed_over_is_never_repeated_by_itself(bunch: Bunch, seed: int) -> None:
    """Where nothing is stored it is handed over once at most, waits, or is uncertain for good."""
    bunch.carry_out_live(seed)


def test_enough_arrives_by_itself(bunch: Bunch) -> None:
    """Of the presses of all schedules above, within a minute after the last fault, without a person."""
    bunch.carry_out(Variant.PROMISED, EACH)
    assert bunch.arrives_by_itself(), (bunch.alive, bunch.owed)
