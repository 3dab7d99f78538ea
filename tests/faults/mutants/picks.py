"""Which drawn schedules a rare defect can bite in: others would only cost time, and show nothing.

Nothing is made up here: a pick looks at what was drawn. The schedules that are left are carried out as they
are, and only the checker says whether anything came to harm.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.person import WITHHOLDING
from tests.faults.script import CLIENT_FAULTS, LINK_FAULTS, SERVER_FAULTS, TOKEN_FAULTS

Step = dict[str, Any]
Pick = Callable[[list[Step]], bool]

_SWALLOWING = frozenset({"cut_requests", "stall", "half_open_up"})
"""From their moment on the desk's bytes are lost, while it believes in its link."""
_BREAKING = frozenset({"cut", "away", "outage", "restart", "kill_client"})
_PRESSES = frozenset({"press", "press_twice"})
_LINK = frozenset((*LINK_FAULTS, *SERVER_FAULTS, *TOKEN_FAULTS, *CLIENT_FAULTS))
_JUST_BEFORE_MS = 20
_KNOWN_MS = 1_500
"""A customer's line is in the window so soon."""


def having(*kinds: str) -> Pick:
    """Schedules with one of these faults or acts."""

    def pick(steps: list[Step]) -> bool:
        return any(step["kind"] in kinds for step in steps)

    return pick


def _is_troubled(press: Step, steps: list[Step]) -> bool:
    """Whether the bytes of a press are likely to leave, and not to arrive."""
    for step in steps:
        after_ms = step["at_ms"] - press["at_ms"]
        if step["kind"] in _SWALLOWING and -_JUST_BEFORE_MS <= after_ms <= 1:
            return True
        if step["kind"] in _BREAKING and 0 <= after_ms <= 1:
            return True
    return False


def old_copy(steps: list[Step]) -> bool:
    """Another device writes a text; later it is pressed here, too, and there is trouble just then."""
    for other in steps:
        if other["kind"] == "elsewhere":
            for press in steps:
                is_same = (press["talk"], press["text"]) == (other["talk"], other["text"])
                if press["kind"] not in _PRESSES or not is_same:
                    continue
                if press["at_ms"] >= other["at_ms"] + 300 and _is_troubled(press, steps):
                    return True
    return False


def _leaves_ms(press: Step) -> int:
    """When the first byte of a press leaves, if all is well."""
    at_ms: int = press["at_ms"]
    return at_ms if press["kind"] in _PRESSES else at_ms + press["ms"]


def equal_pair(steps: list[Step]) -> bool:
    """The echo of a send is lost, not its confirmation; then its text is pressed again, and there is trouble.

    Where nothing else has broken the link meanwhile, the second attempt can't name the first message.
    """
    presses = [step for step in steps if step["kind"].startswith("press")]
    presses.sort(key=_leaves_ms)
    for lost in steps:
        after = [step for step in presses if _leaves_ms(step) >= lost["at_ms"]]
        if lost["kind"] != "lost_events" or not after:
            continue
        first = after[0]
        for second in after[1:]:
            between = {
                step["kind"]
                for step in steps
                if lost["at_ms"] <= step["at_ms"] < second["at_ms"] - _JUST_BEFORE_MS and step is not lost
            }
            is_same = (first["talk"], first["text"]) == (second["talk"], second["text"])
            plain = second["kind"] in _PRESSES
            if plain and is_same and not between & _LINK and _is_troubled(second, steps):
                return True
    return False


def read_while_away(steps: list[Step]) -> bool:
    """A line that was seen is marked as read while the link is away, and another one comes meanwhile."""
    if any(step["kind"] in WITHHOLDING for step in steps):
        return False
    lines = [step for step in steps if step["kind"] == "incoming"]
    for away in steps:
        if away["kind"] != "away":
            continue
        begun_ms, back_ms = away["at_ms"], away["at_ms"] + away["ms"]
        known = [line for line in lines if line["at_ms"] + _KNOWN_MS <= begun_ms]
        reads = [step["at_ms"] for step in steps if step["kind"] == "read"]
        if not known or not any(begun_ms < at_ms < back_ms for at_ms in reads):
            continue
        last = known[-1]
        if any(last["at_ms"] + _KNOWN_MS <= at_ms <= begun_ms for at_ms in reads):
            continue  # it was marked before
        for line in lines:
            is_new = line["talk"] == last["talk"] and begun_ms < line["at_ms"] < back_ms - _KNOWN_MS
            is_looked_at = any(at_ms >= back_ms for at_ms in reads)
            if is_new and not is_looked_at:
                return True
    return False
