"""The words of a list row: its snippet line with marks, its timer, and the sentence of a screen reader."""

from __future__ import annotations

import msgspec

from chatdesk.domain.entities import Snippet
from chatdesk.domain.kinds import DeliveryState, Lifecycle, MessageKind, PresenceState
from chatdesk.ui.i18n import list_time, span, tr, trn
from chatdesk.ui.lists.row import ConversationRow
from chatdesk.ui.words import delivery_word

ICON_OF_STATE: dict[DeliveryState, str] = {
    DeliveryState.QUEUED: "clock",
    DeliveryState.IN_FLIGHT: "arrow-up",
    DeliveryState.ACCEPTED: "tick",
    DeliveryState.DELIVERED: "ticks",
    DeliveryState.READ: "ticks",
    DeliveryState.UNCERTAIN: "question",
    DeliveryState.PARKED: "alert",
}
"""How far an own message has come; the others have no mark."""

ICON_OF_KIND: dict[MessageKind, str] = {
    MessageKind.IMAGE: "image",
    MessageKind.FILE: "clip",
    MessageKind.AUDIO: "audio",
    MessageKind.LOCATION: "location",
}
"""What a message is, where it is more than text."""


class Line(msgspec.Struct, frozen=True):
    """A snippet as it is painted: icon, text (elided where too long), icon. Colours are names of tokens."""

    text: str
    lead: str | None = None
    tail: str | None = None
    colour: str = "muted"
    tail_colour: str = "muted"


def snippet_line(row: ConversationRow, typing: tuple[str, ...] = ()) -> Line:
    """What the last line of a row says: who is typing, else the draft, else the last message."""
    if typing:
        return Line(typing_text(typing), colour="accent_text")
    if row.conversation.two_drafts:
        return Line(tr("Draft (2 versions): {text}", text=row.draft), lead="edit")
    if row.draft:
        return Line(tr("Draft: {text}", text=row.draft), lead="edit")
    last = row.conversation.last
    if last is None:
        return Line(tr("No messages yet"))
    text = row.snippet or kind_text(last.kind)
    tail = ICON_OF_STATE.get(last.state) if last.own else None
    return Line(
        text, lead=ICON_OF_KIND.get(last.kind), tail=tail, tail_colour=_STATE_COLOUR.get(last.state, "muted")
    )


_STATE_COLOUR = {
    DeliveryState.READ: "accent_text",
    DeliveryState.UNCERTAIN: "warn",
    DeliveryState.PARKED: "bad",
}


def typing_text(names: tuple[str, ...]) -> str:
    """Who is typing, in words."""
    if len(names) == 1 and names[0]:
        return tr("{name} is typing", name=names[0])
    return tr("Somebody is typing") if len(names) == 1 else tr("Several people are typing")


def kind_text(kind: MessageKind) -> str:
    """What a message without text is."""
    match kind:
        case MessageKind.IMAGE:
            return tr("Photo")
        case MessageKind.FILE:
            return tr("File")
        case MessageKind.AUDIO:
            return tr("Voice message")
        case MessageKind.LOCATION:
            return tr("Location")
        case MessageKind.TEXT | MessageKind.SYSTEM | MessageKind.UNKNOWN:
            return tr("Message without text")


def title_text(row: ConversationRow) -> str:
    """Who a conversation is with, in words even where the platform names nobody."""
    return row.title or row.order_tag or tr("Unnamed conversation")


def status_text(row: ConversationRow) -> str:
    """What stands beside the order tag: the order's status, and whether one can still write."""
    return " · ".join(part for part in (row.status, lifecycle_text(row.conversation.lifecycle)) if part)


def lifecycle_text(lifecycle: Lifecycle) -> str:
    """Why one can no longer write, in a word or two; empty while one can."""
    return {
        Lifecycle.CLOSING: tr("Closing"),
        Lifecycle.READ_ONLY: tr("Read only"),
        Lifecycle.ENDED: tr("Ended"),
        Lifecycle.DELETED: tr("Deleted"),
    }.get(lifecycle, "")


def waiting_text(row: ConversationRow, now_us: int) -> str:
    """How long the other side has waited for an answer; empty when nobody waits."""
    since = row.conversation.waiting_since_us
    return "" if since is None else tr("reply {span}", span=span(max(0, now_us - since)))


def last_time(last: Snippet | None, activity_at_us: int, now_us: int) -> str:
    """When something last happened, as short as a row needs it."""
    return list_time(last.at_us if last is not None else activity_at_us, now_us)


def sentence(
    row: ConversationRow,
    *,
    typing: tuple[str, ...],
    presence: PresenceState,
    now_us: int,
    account: str = "",
) -> str:
    """The whole row as one plain sentence, in the order of importance.

    account: whose conversation it is; empty where that needs no word.
    """
    one = row.conversation
    line = snippet_line(row, typing)
    parts = [title_text(row), account]
    if presence is PresenceState.ONLINE:
        parts.append(tr("online"))
    if row.order_tag:
        parts.append(tr("order {tag}", tag=row.order_tag))
    parts.append(status_text(row))
    if one.unread:
        parts.append(trn("{n} unread message", "{n} unread messages", one.unread))
    if one.waiting_since_us is not None:
        parts.append(tr("waiting for a reply: {span}", span=span(max(0, now_us - one.waiting_since_us))))
    if line.tail is not None and one.last is not None:
        parts.append(tr("You: {text}, {state}", text=line.text, state=delivery_word(one.last.state)))
    elif line.lead is not None and one.last is not None and row.snippet and not row.draft:
        parts.append(tr("{kind}: {text}", kind=kind_text(one.last.kind), text=line.text))
    else:
        parts.append(line.text)
    parts.append(last_time(one.last, one.activity_at_us, now_us))
    if one.group is not None:
        parts.append(tr("same customer in other conversations too"))
    if one.muted:
        parts.append(tr("muted"))
    if one.archived:
        parts.append(tr("archived"))
    return ", ".join(part for part in parts if part)
