"""Presses among faults at Fakomame: nothing lost, nothing twice, nothing out of order."""

from __future__ import annotations

import pytest

from chatdesk.server.dialect import Variant
from tests.faults.bunch import EACH, Bunch


@pytest.fixture(scope="module")
def bunch(tmp_path_factory: pytest.TempPathFactory) -> Bunch:
    return Bunch(tmp_path_factory.mktemp("bunch"), "fakomame")


@pytest.mark.parametrize("seed", range(EACH))
@pytest.mark.parametrize("variant", list(Variant))
def test_nothing_is_lost_and_nothing_comes_twice(bunch: Bunch, variant: Variant, seed: int) -> None:
    """Whatever is cut, stalled, held, refused, killed or told twice."""
    bunch.carry_out(variant, seed)


def test_enough_arrives_by_itself(bunch: Bunch) -> None:
    """Of the presses of all schedules above, within a minute after the last fault, without a person."""
    bunch.carry_out(Variant.PROMISED, EACH)
    assert bunch.arrives_by_itself(), (bunch.alive, bunch.owed)
