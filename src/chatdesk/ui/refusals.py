"""Why a server does not sign a person in: what happened, what the server said, and the next step."""

from __future__ import annotations

from collections.abc import Callable

from chatdesk.domain.errors import SignInRefused
from chatdesk.domain.kinds import NoticeCode
from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import clock_time, countdown, list_time, tr
from chatdesk.ui.words import SHOWN_REASON_CHARS, notice_sentence

_DAY_US = 24 * 3_600_000_000


def sign_in_sentence(refusal: SignInRefused, now_us: int | None = None) -> str:
    """A refusal in words; the server's own stand first where it gave some.

    now_us: wall clock, to say until when an account is locked as well as how long.
    """
    said = one_line(refusal.server_words, SHOWN_REASON_CHARS)
    if said:
        text = tr("The server says: {words}", words=_ended(said))
    else:
        text = _REFUSALS.get(refusal.code, lambda: notice_sentence(refusal.code))()
    step = _next_step(refusal.code, said)
    if step and refusal.retry_after_s is None:
        text = tr("{text} {step}", text=text, step=step)
    if refusal.retry_after_s is not None and refusal.retry_after_s > 0:
        wait_us = round(refusal.retry_after_s * 1_000_000)
        text = _until(text, wait_us, now_us)
    return text


def locked_until(retry_at_us: int, now_us: int) -> str:
    """When a lock ends, as a person reads it: 14:32, or with the day where that is another one."""
    if retry_at_us - now_us < _DAY_US:
        return clock_time(retry_at_us)
    return tr(
        "{day} {time}", day=list_time(retry_at_us, retry_at_us + 8 * _DAY_US), time=clock_time(retry_at_us)
    )


def _until(text: str, wait_us: int, now_us: int | None) -> str:
    wait = countdown(wait_us, 0)
    if now_us is None or wait_us < 60_000_000:
        return tr("{text} Try again in {time}.", text=text, time=wait)
    when = locked_until(now_us + wait_us, now_us)
    return tr("{text} Try again in {time}, at {clock}.", text=text, time=wait, clock=when)


_REFUSALS: dict[NoticeCode, Callable[[], str]] = {
    NoticeCode.AUTH_REQUIRED: lambda: tr("The server asks for your password again."),
    NoticeCode.LOCKED: lambda: tr("The server has locked this account for a while."),
    NoticeCode.FORBIDDEN: lambda: tr("The server does not let this account in."),
    NoticeCode.NOT_FOUND: lambda: tr("The server does not know this account."),
    NoticeCode.RATE_LIMITED: lambda: tr("The server asks for a slower pace."),
    NoticeCode.SERVER_ERROR: lambda: tr("The server has trouble of its own. Nothing was changed."),
    NoticeCode.OFFLINE: lambda: tr("The server can't be reached. Nothing was changed."),
}

_STEPS: tuple[tuple[tuple[str, ...], Callable[[], str]], ...] = (
    (
        ("approv",),
        lambda: tr("Wait until the platform's staff have approved your account, then sign in again."),
    ),
    (
        ("deactivat", "inactive", "suspend", "disabled", "blocked"),
        lambda: tr("Ask the platform's support to switch the account on again."),
    ),
    (
        ("verif", "confirm your e"),
        lambda: tr("Open the e-mail that the platform sent you, confirm the address, then sign in again."),
    ),
    (("role",), lambda: tr("Choose another role here, then sign in again.")),
)
"""What helps, by what the server's words are about: the platforms have no codes for these."""

_BY_CODE: dict[NoticeCode, Callable[[], str]] = {
    NoticeCode.LOCKED: lambda: tr("Wait, then try again."),
    NoticeCode.RATE_LIMITED: lambda: tr("Wait a minute, then try again."),
    NoticeCode.SERVER_ERROR: lambda: tr("Try again later."),
    NoticeCode.OFFLINE: lambda: tr("Check the address and your connection, then try again."),
    NoticeCode.FORBIDDEN: lambda: tr("Ask the platform's support what is missing."),
}


def _next_step(code: NoticeCode, said: str) -> str:
    folded = said.casefold()
    for signs, words in _STEPS:
        if any(sign in folded for sign in signs):
            return words()
    known = _BY_CODE.get(code)
    return known() if known is not None else ""


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else text + "."
