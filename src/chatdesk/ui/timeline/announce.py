"""Tells a screen reader about messages that arrive while a conversation is open."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent
from PySide6.QtWidgets import QWidget

from chatdesk.domain.entities import Message
from chatdesk.ui.i18n import trn
from chatdesk.ui.timeline.wording import spoken

SPOKEN_AT_ONCE = 3
"""More messages than this are told by their number: a person who reads on is not to be talked over."""


def announcement(messages: Sequence[Message]) -> str:
    """What is said when these messages arrive together."""
    if len(messages) <= SPOKEN_AT_ONCE:
        return ". ".join(spoken(message) for message in messages)
    return trn("{n} new message", "{n} new messages", len(messages))


def announce_messages(view: QWidget, messages: Sequence[Message]) -> None:
    """Say it, politely, if a screen reader listens."""
    if messages and QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(view, announcement(messages))
        QAccessible.updateAccessibility(event)


def announce_row(view: QWidget, what: QAccessible.Event, row: int) -> None:
    """Tell a screen reader that something has happened to a row, such as the focus coming to it."""
    if QAccessible.isActive():
        event = QAccessibleEvent(view, what)
        event.setChild(row)
        QAccessible.updateAccessibility(event)
