"""What the stage of a module starts anew in the middle of a test ends with the stage, not with the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.conftest import _children, _is_standing

OF_A_STAGE = ("chatdesk", "asyncio_")
"""How the threads of a chatdesk are called."""
GRACE_S = 5


def _running() -> tuple[set[threading.Thread], dict[int, str]]:
    return set(threading.enumerate()), _children()


@pytest.fixture(scope="module", autouse=True)
def nothing_stays() -> Iterator[None]:
    """At the end of a module every thread and every process of its stages has ended."""
    threads, children = _running()
    yield
    end = time.monotonic() + GRACE_S
    while True:
        now, living = _running()
        left = [one.name for one in now - threads if one.is_alive()]
        left += [
            command for pid, command in living.items() if pid not in children and not _is_standing(command)
        ]
        if not left:
            return
        if time.monotonic() > end:
            pytest.fail("left running: " + "; ".join(left))
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """In place of the guard of all tests: a test's own threads end with it, those of a stage need not."""
    threads, _ = _running()
    yield
    end = time.monotonic() + GRACE_S
    while left := [
        one.name for one in _running()[0] - threads if one.is_alive() and not one.name.startswith(OF_A_STAGE)
    ]:
        if time.monotonic() > end:
            pytest.fail("left running: " + "; ".join(left))
        time.sleep(0.01)
