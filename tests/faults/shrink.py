"""Makes a failing schedule smaller: hypothesis drops steps and simplifies numbers while it still fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from hypothesis import HealthCheck, Phase, Verbosity, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from tests.faults.script import Script, Step

MOST_TRIES = 120
"""Each is a whole schedule."""
DROPPED, PLAIN, AS_IT_WAS = 0, 1, 2
_CHOICES = 10
"""So many numbers a choice is drawn from; all from AS_IT_WAS on leave a step alone, so that most do."""


def _plain(step: Step) -> Step:
    """The same with round numbers: what does not matter looks like it."""
    return replace(step, at_ms=step.at_ms // 1_000 * 1_000, ms=min(step.ms, 1_000), number=0)


def _script(wanted: Script, choices: tuple[int, ...]) -> Script:
    steps = [
        _plain(step) if choice == PLAIN else step
        for step, choice in zip(wanted.steps, choices, strict=True)
        if choice != DROPPED
    ]
    return replace(wanted, steps=tuple(sorted(steps, key=lambda one: one.at_ms)))


def smaller(wanted: Script) -> st.SearchStrategy[Script]:
    """Scripts with some of its steps, some of them plainer; the smallest is without any."""
    one = st.integers(DROPPED, _CHOICES - 1)
    return st.tuples(*[one for _ in wanted.steps]).map(lambda choices: _script(wanted, choices))


def shrink(wanted: Script, is_bad: Callable[[Script], bool], most_tries: int = MOST_TRIES) -> Script:
    """The smallest script found that still fails; `wanted` itself where no smaller one does.

    is_bad carries a script out; it is asked at most `most_tries` times, and once for each script.
    """
    known: dict[tuple[Step, ...], bool] = {wanted.steps: True}
    best = wanted
    tries = 0

    def fails(one: Script) -> bool:
        nonlocal best, tries
        if one.steps not in known:
            if tries >= most_tries:
                return False
            tries += 1
            known[one.steps] = is_bad(one)
        if known[one.steps] and _size(one) < _size(best):
            best = one
        return known[one.steps]

    patient = settings(
        max_examples=most_tries,
        deadline=None,
        database=None,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        find(smaller(wanted), fails, settings=patient, random=random.Random(wanted.seed))
    except NoSuchExample:
        return wanted
    return best


def _size(one: Script) -> tuple[int, int]:
    return len(one.steps), sum(step.ms + step.number + step.at_ms % 1_000 for step in one.steps)
