"""What goes by socket where errors name nothing: one step at a time holds the lane, and silence tells."""

from __future__ import annotations

from chatdesk.domain.arrivals import NoAnswer, OpenStep, Reading, VerdictLater
from chatdesk.domain.events import Noticed
from chatdesk.domain.facts import Facts
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import NoticeCode
from chatdesk.platforms.replies import RETRY_AFTER_MS

LANE = "socket"
OFFLINE_WAIT_MS = 30_000
"""Nothing to do without a socket; the engine asks again as soon as facts change."""
STRAY_MS = 10_000
"""The error of a step that was given up may still come for so long."""

_GIVEN_UP = frozenset({"timeout", "cancelled"})
"""Ways in which we stop to wait while the server may still answer on the same connection."""
_SLOW_DOWN = ("too many", "rate limit", "slow down")


def conversation_of(opened: OpenStep) -> RemoteId:
    """The conversation that a step is about; empty: none."""
    return RemoteId(getattr(opened.goal.kind, "conversation", ""))


def holder(open_steps: tuple[OpenStep, ...]) -> OpenStep | None:
    """The one step that holds the lane: an error that names nothing is its own, if the words fit."""
    return next((one for one in open_steps if one.step.lane == LANE), None)


def is_stray(lost: NoAnswer) -> bool:
    """Whether the answer of this step may still come, though nobody waits for it any more."""
    return lost.left and lost.reason in _GIVEN_UP


def too_fast(words: str, opened: OpenStep, facts: Facts) -> Reading | None:
    """The server wants fewer events: the step was not done; None: its words say something else."""
    if not any(word in words.casefold() for word in _SLOW_DOWN):
        return None
    notice = Noticed(code=NoticeCode.RATE_LIMITED, detail=words)
    return Reading(facts, (notice,), (VerdictLater(opened.id, RETRY_AFTER_MS, words),))
