"""Recordings and expectations with generated faults: each is noticed, or changes nothing that is shown."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.replay.corrupt import corruptions, survived
from tests.replay.recording import DATA, captures

CAPTURES = captures(DATA)
PLAYED = CAPTURES[::3]
"""One recording of three; `make replay FULL=1` corrupts all of them."""
NAMES = [f"{path.parent.name}-{path.stem}" for path in PLAYED]
PLAYED_CORRUPTIONS = 1
"""Changed recordings that are played here, by lot; `make replay FULL=1` plays all of them."""


@pytest.mark.parametrize("path", PLAYED, ids=NAMES)
def test_a_corruption_is_noticed(path: Path) -> None:
    """A dropped, doubled or altered frame or expectation shows, where it changes what is expected at all."""
    lot = random.Random(path.stem)
    result = survived(path, lot, PLAYED_CORRUPTIONS)
    assert result.ok, result.line()


def test_there_are_twenty_corruptions_of_each_recording() -> None:
    """The same ones every time, so that one that survives can be looked at."""
    path = CAPTURES[0]
    first, second = list(corruptions(path)), list(corruptions(path))
    assert len(first) == 20
    assert [one.what for one in first] == [one.what for one in second]
