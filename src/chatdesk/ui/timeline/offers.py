"""What can be done with a message in its present state: one table for its links, its menu and its keys."""

from __future__ import annotations

from enum import Enum

from chatdesk.domain.entities import Message
from chatdesk.domain.kinds import DeliveryState, MessageKind, ParkReason
from chatdesk.domain.outbox import HELD, SCHEDULED
from chatdesk.ui.i18n import tr


class Action(Enum):
    """Something that a person can do with one message."""

    CHECK = "check"
    SEND_AGAIN = "send_again"
    DISCARD = "discard"
    RETRY = "retry"
    EDIT = "edit"
    COPY = "copy"
    COPY_WITH_NAME = "copy_with_name"
    CANCEL = "cancel"
    SEND_NOW = "send_now"
    TAKE_BACK = "take_back"
    """A draft again, of what has not left."""
    SCHEDULE = "schedule"
    """Let it go at another time."""
    REMOVE = "remove"
    """Let a parked message go."""
    DELETE = "delete"
    """Delete an own message at the server."""
    INFO = "info"
    SHOW_MORE = "show_more"
    ELSEWHERE = "elsewhere"
    """Write a text that can't go here in another conversation."""
    REPORT = "report"
    """Tell the platform's staff about a message."""


_HOPELESS = frozenset({ParkReason.CLOSED, ParkReason.NOT_FOUND, ParkReason.TOO_LONG, ParkReason.EMPTY})
"""Sending the same text again can't help."""

_CLOSED = frozenset({ParkReason.CLOSED, ParkReason.NOT_FOUND})
"""The conversation takes no text any more, whatever it says."""

_SETTLED = frozenset({DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ})


def inline(message: Message) -> tuple[Action, ...]:
    """The links under a message that needs its person, or can still be taken back; empty for all others."""
    if not message.own or message.outgoing_id is None or message.deleted:
        return ()
    if brings_file(message) and message.parked_detail != HELD:
        return _of_file(message)
    if message.state is DeliveryState.QUEUED:
        if message.parked_detail == HELD:
            return (Action.TAKE_BACK, Action.SEND_NOW)
        return (Action.SEND_NOW, Action.SCHEDULE) if message.parked_detail == SCHEDULED else ()
    if message.state is DeliveryState.UNCERTAIN:
        return (Action.CHECK, Action.SEND_AGAIN, Action.DISCARD)
    if message.state is DeliveryState.PARKED:
        if message.parked in _CLOSED:
            return (Action.ELSEWHERE, Action.COPY, Action.REMOVE)
        retry = () if message.parked in _HOPELESS else (Action.RETRY,)
        return (*retry, Action.EDIT, Action.COPY, Action.REMOVE)
    return ()


def _of_file(message: Message) -> tuple[Action, ...]:
    """The same for a file that is not at the server yet: there is no text to change or to copy."""
    if message.state is DeliveryState.QUEUED:
        return (Action.CANCEL,)
    if message.state is not DeliveryState.PARKED:
        return ()
    return (Action.REMOVE,) if message.parked in _HOPELESS else (Action.RETRY, Action.REMOVE)


def menu(message: Message, *, can_delete: bool, can_report: bool = False) -> tuple[Action, ...]:
    """Everything that the context menu of a message offers, in its order.

    can_delete: the platform can delete own messages. can_report: its staff can be told of others'.
    """
    if message.deleted:
        return (Action.INFO,) if message.own else ()
    copying = (Action.COPY, Action.COPY_WITH_NAME)
    if message.kind is MessageKind.SYSTEM:
        return copying
    if not message.own:
        reporting = (Action.REPORT,) if can_report and message.remote_id is not None else ()
        return (*copying, *reporting)
    state: tuple[Action, ...] = ()
    if message.outgoing_id is not None:
        if message.state is DeliveryState.QUEUED:
            waits = (Action.SEND_NOW,) if message.expected_at_us is not None else ()
            times = (Action.SCHEDULE,) if message.parked_detail == SCHEDULED else ()
            if brings_file(message):
                state = (*waits, Action.CANCEL)
            else:
                state = (*waits, *times, Action.EDIT, Action.TAKE_BACK, Action.CANCEL)
        else:
            state = tuple(action for action in inline(message) if action is not Action.COPY)
    deleting = (Action.DELETE,) if can_delete and is_deletable(message) else ()
    return (*state, *copying, Action.INFO, *deleting)


def brings_file(message: Message) -> bool:
    """Whether it waits with a file that is not at the server yet: its text is only what stands beside it."""
    files = message.extras.attachments
    return message.own and message.outgoing_id is not None and bool(files) and not files[0].url


def is_deletable(message: Message) -> bool:
    """Whether the server has it and it is ours."""
    return (
        message.own
        and not message.deleted
        and message.state in _SETTLED
        and message.remote_id is not None
        and message.kind is not MessageKind.SYSTEM
    )


def label(action: Action) -> str:
    """The words of an action, as a link and in the menu."""
    return _LABELS[action]()


_LABELS = {
    Action.CHECK: lambda: tr("Check"),
    Action.SEND_AGAIN: lambda: tr("Send again"),
    Action.DISCARD: lambda: tr("Discard"),
    Action.RETRY: lambda: tr("Retry"),
    Action.EDIT: lambda: tr("Edit"),
    Action.COPY: lambda: tr("Copy"),
    Action.COPY_WITH_NAME: lambda: tr("Copy with name and time"),
    Action.CANCEL: lambda: tr("Cancel sending"),
    Action.SEND_NOW: lambda: tr("Send now"),
    Action.TAKE_BACK: lambda: tr("Undo"),
    Action.SCHEDULE: lambda: tr("Change the time…"),
    Action.REMOVE: lambda: tr("Delete"),
    Action.DELETE: lambda: tr("Delete for everyone…"),
    Action.INFO: lambda: tr("Message info"),
    Action.SHOW_MORE: lambda: tr("Show more"),
    Action.ELSEWHERE: lambda: tr("Write elsewhere…"),
    Action.REPORT: lambda: tr("Report…"),
}
