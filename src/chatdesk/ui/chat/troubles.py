"""What the banner says: the worst thing that is wrong now, in words, as a pure rule."""

from __future__ import annotations

from enum import Enum

import msgspec

from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.kinds import ConnectionState, SignInState
from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import countdown, tr, trn
from chatdesk.ui.refusals import locked_until
from chatdesk.ui.words import SHOWN_REASON_CHARS, Sentences


class BannerAction(Enum):
    """What the banner's button does."""

    NONE = "none"
    RETRY = "retry"
    SIGN_IN = "sign_in"
    DISMISS = "dismiss"
    REOPEN = "reopen"


class BannerWords(msgspec.Struct, frozen=True):
    """What a banner shows. `alarm`: red instead of amber. `icon`: state never hangs on colour alone."""

    title: str
    text: str
    icon: str
    action: BannerAction
    button: str
    alarm: bool = False


def looking_banner(words: Sentences) -> BannerWords:
    """The one banner of a window that can only show what is there."""
    return BannerWords(words.title, words.text, "disk", BannerAction.REOPEN, tr("Try again"), alarm=True)


def choose_banner(
    status: AccountStatus,
    *,
    queued: int,
    now_us: int,
    disk: Sentences | None = None,
    lost_for_a_while: bool = True,
    keyring_dismissed: bool = False,
) -> BannerWords | None:
    """The one banner of an account, or None when nothing is wrong.

    queued: messages of the account that wait to go. disk: trouble of the database, until dismissed.
    lost_for_a_while: the connection has been away long enough to be worth a word (a blink is not).
    """
    if disk is not None:
        return BannerWords(disk.title, disk.text, "disk", BannerAction.DISMISS, tr("Dismiss"), alarm=True)
    if status.sign_in is not SignInState.OK:
        return _sign_in(status, queued, now_us)
    if status.connection in {ConnectionState.OFFLINE, ConnectionState.RECONNECTING} and lost_for_a_while:
        return _offline(status, queued, now_us)
    if not status.token_kept and not keyring_dismissed:
        return BannerWords(
            tr("No keyring answers on this computer."),
            tr("Your sign-in is kept until you quit; then the password is asked again."),
            "key",
            BannerAction.DISMISS,
            tr("Dismiss"),
        )
    return None


def _sign_in(status: AccountStatus, queued: int, now_us: int) -> BannerWords:
    reason = one_line(status.reason, SHOWN_REASON_CHARS)
    match status.sign_in:
        case SignInState.LOCKED if status.retry_at_us is not None and status.retry_at_us > now_us:
            until = locked_until(status.retry_at_us, now_us)
            title = tr("The server has locked this account until {time}.", time=until)
        case SignInState.LOCKED:
            title = tr("The server has locked this account for a while.")
        case SignInState.REFUSED:
            title = tr("The server refused your sign-in.")
        case _:
            title = tr("Sign in again to go on.")
    rest = _queued_words(queued, tr("You can read and write on; messages wait until then."))
    text = tr("The server says: {words}.", words=reason.rstrip(".")) + " " + rest if reason else rest
    return BannerWords(title, text, "key", BannerAction.SIGN_IN, tr("Sign in"), alarm=True)


def _offline(status: AccountStatus, queued: int, now_us: int) -> BannerWords:
    if status.connection is ConnectionState.RECONNECTING:
        title = tr("The connection was lost.")
    else:
        title = tr("You are offline.")
    text = _queued_words(queued, tr("You can read and write on; messages are sent when you are back."))
    if status.retry_at_us is not None and status.retry_at_us > now_us:
        text = tr("{text} Trying again in {time}.", text=text, time=countdown(status.retry_at_us, now_us))
    return BannerWords(title, text, "offline", BannerAction.RETRY, tr("Retry now"))


def _queued_words(queued: int, otherwise: str) -> str:
    if not queued:
        return otherwise
    return trn(
        "1 message is queued and will be sent.",
        "{n} messages are queued and will be sent in order.",
        queued,
    )
