"""What there is to say of a conversation that is not simply open: closed, deleted, or live only. Pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import msgspec

from chatdesk.domain.entities import Conversation
from chatdesk.domain.kinds import ClosedWhy, Lifecycle
from chatdesk.ui.i18n import full_time, tr


class NoticeAction(Enum):
    """What a button of the notice does."""

    KEEP = "keep"
    DELETE_NOW = "delete_now"


class ConversationWords(msgspec.Struct, frozen=True):
    """What the notice shows. `icon`: state never hangs on colour alone. `warns`: something will be lost."""

    title: str
    text: str
    icon: str
    actions: tuple[NoticeAction, ...] = ()
    warns: bool = False


def conversation_words(row: Conversation, *, live_only: bool = False) -> ConversationWords | None:
    """The notice above a conversation; None where it is open and kept as usual.

    live_only: its whole account's server is known to keep no messages.
    """
    if row.lifecycle is Lifecycle.DELETED:
        return _deleted(row)
    if row.lifecycle in {Lifecycle.READ_ONLY, Lifecycle.ENDED}:
        return _closed(row)
    if row.lifecycle is Lifecycle.CLOSING:
        why = closed_reason(row.closed_why)
        return ConversationWords(
            tr("This conversation is about to close."),
            tr("{why} You can still write.", why=why) if why else tr("You can still write."),
            "clock",
        )
    if row.live_only or live_only:
        return ConversationWords(
            tr("Messages are not stored by this server."),
            tr(
                "They reach only who is online at this moment. "
                "What passes while chatdesk runs is kept on this computer."
            ),
            "broadcast",
        )
    return None


def closed_reason(why: ClosedWhy | None) -> str:
    """Why a conversation takes no more messages, in a sentence; empty where nobody said."""
    return _REASONS[why]() if why is not None else ""


_REASONS: dict[ClosedWhy, Callable[[], str]] = {
    ClosedWhy.BOOKING_COMPLETED: lambda: tr("The booking is completed."),
    ClosedWhy.SESSION_ENDED: lambda: tr("The chat was ended on the platform."),
    ClosedWhy.SESSION_DELETED: lambda: tr("The chat was deleted on the platform."),
    ClosedWhy.TRIP_OVER: lambda: tr("The trip is over."),
    ClosedWhy.ACCESS_WITHDRAWN: lambda: tr("You no longer have access to it on the platform."),
    ClosedWhy.NOT_FOR_ROLE: lambda: tr("The platform offers no chat to your role here."),
    ClosedWhy.NOT_OPEN_YET: lambda: tr("It opens once both sides agree."),
}


def closed_words(row: Conversation) -> str:
    """The line in the place of the composer: it can't be written to."""
    if row.lifecycle is Lifecycle.DELETED:
        return tr("Deleted on the platform: you can read what is here, but not write.")
    if row.closed_why is ClosedWhy.NOT_OPEN_YET:
        return tr("Not open for messages yet.")
    return tr("Closed for messages: you can read everything, but not write.")


def _closed(row: Conversation) -> ConversationWords:
    if row.closed_why is ClosedWhy.NOT_OPEN_YET:
        return ConversationWords(
            tr("This conversation is not open yet."), closed_reason(row.closed_why), "clock"
        )
    if row.closed_why is ClosedWhy.NOT_FOR_ROLE:
        return ConversationWords(
            tr("Chat is not available for your role."),
            tr("The platform lets you read here, but not write."),
            "alert",
        )
    title = (
        tr("This conversation has ended.")
        if row.lifecycle is Lifecycle.ENDED
        else tr("This conversation can only be read.")
    )
    kept = tr("What is here stays here; what had not left is kept with its text.")
    why = closed_reason(row.closed_why)
    return ConversationWords(title, tr("{why} {kept}", why=why, kept=kept) if why else kept, "alert")


def _deleted(row: Conversation) -> ConversationWords:
    title = tr("The platform has deleted this conversation.")
    if row.delete_at_us is None:
        return ConversationWords(title, tr("The copy here stays."), "trash", (NoticeAction.DELETE_NOW,))
    when = full_time(row.delete_at_us)
    text = tr("The copy here will be deleted on {time}, unless something of it is unsent.", time=when)
    return ConversationWords(title, text, "trash", (NoticeAction.KEEP, NoticeAction.DELETE_NOW), warns=True)
