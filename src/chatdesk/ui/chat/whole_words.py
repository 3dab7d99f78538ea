"""What the strip and the menu say of the loading of a whole conversation, as pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import msgspec

from chatdesk.domain.changes import WholeHistoryMoved
from chatdesk.domain.entities import Conversation
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, LoadState, LoadWhy
from chatdesk.ui.i18n import coming_time, long_date, tr, trn

UNDER_WAY = frozenset({LoadState.RUNNING, LoadState.WAITING})


class LoadingAct(Enum):
    """What the strip's first button does."""

    NONE = "none"
    STOP = "stop"
    LOAD = "load"


class LoadingWords(msgspec.Struct, frozen=True):
    """What the strip shows. `warns`: amber instead of plain."""

    title: str
    text: str
    icon: str
    act: LoadingAct = LoadingAct.NONE
    button: str = ""
    warns: bool = False


def loading_words(told: WholeHistoryMoved, now_us: int) -> LoadingWords:
    """How the loading stands, what is safe, and what comes next."""
    reach = reach_words(told)
    match told.state:
        case LoadState.RUNNING | LoadState.WAITING:
            title = tr("Loading the whole conversation")
            why = _waits(told, now_us)
            return LoadingWords(
                title, _sentences(reach, why), "clock", LoadingAct.STOP, tr("Stop"), warns=bool(why)
            )
        case LoadState.STOPPED:
            text = _sentences(reach, tr("What came stays."))
            return LoadingWords(tr("Loading was stopped"), text, "clock", LoadingAct.LOAD, tr("Go on"))
        case LoadState.FAILED:
            failed = tr("The rest of the conversation could not be loaded")
            text = _sentences(_failed(told.why), tr("What is here stays; you can try again later."))
            return LoadingWords(failed, text, "alert", LoadingAct.LOAD, tr("Try again"), warns=True)
        case LoadState.DONE if told.why is LoadWhy.UNREADABLE:
            text = tr(
                "Parts in between could not be read from the server; their places are marked in the list. "
                "All else is here."
            )
            title = tr("Loaded up to the beginning, not without gaps")
            return LoadingWords(title, text, "alert", LoadingAct.LOAD, tr("Try again"), warns=True)
        case LoadState.DONE:
            return LoadingWords(tr("All of it is here"), _sentences(reach), "tick")


def reach_words(told: WholeHistoryMoved) -> str:
    """How much is here by now; empty where that is nothing."""
    if not told.messages:
        return ""
    count = trn("1 message", "{n} messages", told.messages)
    return tr("{count}, back to {date}", count=count, date=long_date(told.back_to_us))


def why_not(
    row: Conversation | None,
    *,
    live_only: bool,
    stretches: Sequence[tuple[str, str]],
    told: WholeHistoryMoved | None,
) -> str | None:
    """Why the rest of a conversation can't be loaded now, as the end of a menu entry; None: it can.

    stretches: as Reader.stretches tells them, the newest first. told: how its loading stands.
    """
    if row is None:
        return ""
    if told is not None and told.state in UNDER_WAY:
        return tr("is being loaded")
    if stretches and not stretches[0][0]:
        return tr("all of it is here")
    if live_only or row.live_only:
        return tr("this server keeps no history")
    if row.lifecycle is Lifecycle.DELETED:
        return tr("the platform has deleted it")
    if row.closed_why is ClosedWhy.ACCESS_WITHDRAWN:
        return tr("you no longer have access")
    return None


def _waits(told: WholeHistoryMoved, now_us: int) -> str:
    """Why nothing comes at this moment; empty while something does."""
    when = coming_time(told.again_at_us, now_us)
    match told.why if told.state is LoadState.WAITING else LoadWhy.NONE:
        case LoadWhy.OFFLINE:
            return tr("It waits for the connection and goes on by itself.")
        case LoadWhy.SIGN_IN:
            return tr("It goes on once you have signed in again.")
        case LoadWhy.TOLD_TO_WAIT:
            return tr("The server asks for a pause; it goes on by itself, {when}.", when=when)
        case LoadWhy.NO_ANSWER:
            return tr("The server does not answer as it should; it is asked again, {when}.", when=when)
        case LoadWhy.DISK:
            return tr("The disk does not take it; it is tried again, {when}.", when=when)
        case _:
            return ""


def _failed(why: LoadWhy) -> str:
    if why is LoadWhy.REFUSED:
        return tr("The server does not give out older messages of this conversation.")
    return tr("What the server gave could not be read.")


def _sentences(*parts: str) -> str:
    """Sentences in a row, each ending as one; empty ones are left out."""
    return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)
