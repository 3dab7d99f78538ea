"""How long a token lives on the server's clock, and how a sign-in that brought none ends."""

from __future__ import annotations

from chatdesk.domain.arrivals import (
    NoAnswer,
    OpenStep,
    Reading,
    VerdictLater,
    VerdictRefused,
    VerdictStored,
)
from chatdesk.domain.facts import Facts
from chatdesk.domain.kinds import NoticeCode, ParkReason
from chatdesk.domain.steps import NeedsPassword
from chatdesk.platforms import loose
from chatdesk.platforms.memory import DAY_US, ended, fingerprint, learnt, with_learnt

LANE = "auth"
_OFFSET = "clock_offset_us"


# -- how long it lives -------------------------------------------------------------------------------------


def clock_seen(facts: Facts, issued: object, for_us: int = DAY_US) -> Facts:
    """The facts with how far the server's clock is from ours: a fresh token says when it was issued.

    issued: seconds since 1970, or anything else where the token does not say it.
    """
    issued_s = loose.number(issued)
    if issued_s is None:
        return facts
    return with_learnt(facts, _OFFSET, str(int(issued_s * 1_000_000) - facts.now_us), for_us)


def _clock_offset_us(facts: Facts) -> int:
    """The server's clock less ours, as far as it is known."""
    try:
        return int(learnt(facts, _OFFSET) or 0)
    except ValueError:
        return 0


def life_us(access: str, facts: Facts, margin_ms: int) -> tuple[int, int]:
    """How long a token still lives, and how near its end it is to be renewed; both in microseconds.

    The margin is a quarter of its life at most. (1, 0) where it names no end: it serves until it is refused.
    """
    claims = loose.jwt_claims(access)
    ends_s, issued_s = loose.number(claims.get("exp")), loose.number(claims.get("iat"))
    if ends_s is None:
        return 1, 0
    life_us = int((ends_s - issued_s) * 1_000_000) if issued_s is not None else 0
    left_us = int(ends_s * 1_000_000) - facts.now_us - _clock_offset_us(facts)
    return left_us, min(margin_ms * 1_000, max(life_us, 0) // 4)


def is_over(access: str, facts: Facts) -> bool:
    """Whether a token has reached the end that it names, by our clock: no proof by itself."""
    return life_us(access, facts, 0)[0] <= 0


def only_password(facts: Facts, *, void: str, barred: str) -> NeedsPassword | None:
    """What keeps a step from being done that needs a token, where there is no refresh; None: nothing does.

    void: fingerprint of a token that the server has refused. barred: its words where the account is switched
    off. The end that a token names decides nothing: our clock may be years ahead, and the server's word is
    one request away.
    """
    if barred:
        return NeedsPassword(NoticeCode.FORBIDDEN, barred)
    access = facts.account.secrets.access
    if not access or fingerprint(access) == void:
        return NeedsPassword(NoticeCode.AUTH_REQUIRED)
    return None


# -- signing in and out ------------------------------------------------------------------------------------


def not_signed_in(opened: OpenStep, step_id: int, end: NeedsPassword, facts: Facts) -> Reading:
    """The answer brought no token: the person is told why."""
    verdict = VerdictRefused(step_id, ParkReason.REFUSED, end.detail)
    return Reading(ended(facts, opened.goal.token, end), (), (verdict,))


def login_unanswered(opened: OpenStep, lost: NoAnswer, facts: Facts) -> Reading:
    """Nobody answered: the person at the dialog is told at once."""
    end = NeedsPassword(NoticeCode.OFFLINE, lost.reason)
    return Reading(ended(facts, opened.goal.token, end), (), (VerdictLater(lost.step_id, 0),))


def signed_out(opened: OpenStep, step_id: int, facts: Facts) -> Reading:
    """Any answer, and none, ends a session here: what is left of it at the server ends by itself."""
    return Reading(ended(facts, opened.goal.token), (), (VerdictStored(step_id),))
