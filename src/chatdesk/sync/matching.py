"""Which message of history an uncertain send has become. Pure: sync rules 1.6 to 1.8."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from chatdesk.domain.entities import Message, Outgoing
from chatdesk.domain.events import Event, MessageSeen, WindowRead
from chatdesk.domain.ids import OutgoingId, RemoteId


class Window(msgspec.Struct, frozen=True):
    """What one reading of the newest end of a conversation showed.

    seen: its messages by id. proves: the chain runs from the head to a watermark id, or to the start of the
    conversation, without a hole; only then an absence means anything.
    """

    seen: dict[RemoteId, MessageSeen]
    proves: bool


def window_of(events: Iterable[Event], known: AbstractSet[RemoteId]) -> Window:
    """The window that a goal's events make. known: the watermark of the send in question.

    What is older than the oldest watermark message that it shows was there before the send: it is left out.
    """
    seen: dict[RemoteId, MessageSeen] = {}
    read: WindowRead | None = None
    for event in events:
        match event:
            case MessageSeen():
                seen[event.remote_id] = event
            case WindowRead(reaches_head=True):
                read = event
            case _:
                pass
    if read is None:
        return Window({}, proves=False)
    marks = [seen[one].cursor for one in known if one in seen]
    meets = any(one in known for one in read.ids) or (read.reaches_start and not known)
    if marks:
        floor = min(marks)
        seen = {one: event for one, event in seen.items() if event.cursor >= floor}
    elif known:
        # Not one message of the watermark is left: what is old can't be told from what is new.
        return Window({}, proves=False)
    return Window(seen, proves=read.complete and meets)


def found(
    waiting: Sequence[Outgoing],
    window: Window,
    free: Sequence[Message],
    normalise: Callable[[str], str],
    *,
    by_id_only: bool = False,
) -> dict[OutgoingId, RemoteId]:
    """Which uncertain sends of one conversation have arrived, and as what.

    waiting: uncertain sends in the order of pressing. free: the store's candidates in reading order: own,
    bound to nobody, not in the watermark. The oldest send takes the oldest message; our own id, where the
    server gives it back, beats the text. by_id_only: this server always does, so a text proves nothing.
    """
    matches: dict[OutgoingId, RemoteId] = {}
    taken: set[RemoteId] = set()
    by_client_id = {event.client_id: one for one, event in window.seen.items() if event.client_id}
    for item in waiting:
        remote_id = by_client_id.get(item.id)
        if remote_id is not None:
            matches[item.id] = remote_id
            taken.add(remote_id)
    for item in waiting:
        if item.id in matches or by_id_only:
            continue
        wanted = normalise(item.text)
        for message in free:
            remote_id = message.remote_id
            if remote_id is None or remote_id in taken or remote_id not in window.seen:
                continue
            event = window.seen[remote_id]
            if event.client_id and event.client_id != item.id:
                continue  # it says itself whose it is
            if event.own and normalise(event.text) == wanted and _same_beside(item, event, normalise):
                matches[item.id] = remote_id
                taken.add(remote_id)
                break
    return matches


def _same_beside(item: Outgoing, event: MessageSeen, normalise: Callable[[str], str]) -> bool:
    """Whether kind, files and subject are those of the send; what it did not name, the server chose."""
    wanted, seen = item.extras, event.extras
    if event.kind is not item.message_kind:
        return False
    if wanted.subject and normalise(wanted.subject) != normalise(seen.subject):
        return False
    if wanted.topic and wanted.topic != seen.topic:
        return False
    urls = [one.url for one in wanted.attachments]
    return not urls or urls == [one.url for one in seen.attachments]
