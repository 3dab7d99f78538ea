"""A stage for the message list: messages, a reader over a plain list of them, and the context of a widget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, cast

import msgspec
from PySide6.QtWidgets import QApplication

from chatdesk.domain.changes import Commit, MessagesGone, MessagesPut, News
from chatdesk.domain.desk import PAGE_ROWS, Page, Snapshot
from chatdesk.domain.entities import Account, Capabilities, Conversation, Message
from chatdesk.domain.ids import (
    PENDING_CURSOR,
    AccountId,
    ConversationId,
    Cursor,
    MessageId,
    OutgoingId,
    RemoteId,
)
from chatdesk.domain.kinds import DeliveryState, Feature, MessageKind, Platform, Support
from chatdesk.domain.ordering import position
from chatdesk.services.desk import Desk
from chatdesk.ui.clock import Clock
from chatdesk.ui.context import UiContext
from chatdesk.ui.feed import ChangeFeed
from chatdesk.ui.icons import Icons
from chatdesk.ui.preferences import Preferences
from chatdesk.ui.tasks import Troubles
from chatdesk.ui.theme import Theme, ThemeMode

ROOM = ConversationId(1)
CUSTOMER = "Northline Transport"
NOON_US = 1_795_000_000_000_000
"""A moment in November 2026."""
MINUTE_US = 60_000_000


def a_message(number: int, text: str | None = None, **changes: Any) -> Message:
    """Message `number` of the customer: one minute after the one before, one cursor later."""
    fields: dict[str, Any] = {
        "id": MessageId(number),
        "conversation_id": ROOM,
        "remote_id": RemoteId(f"r{number}"),
        "cursor": Cursor(f"{number:08d}"),
        "sender_id": RemoteId("c1"),
        "sender_name": CUSTOMER,
        "own": False,
        "kind": MessageKind.TEXT,
        "text": f"message {number}" if text is None else text,
        "sent_at_us": NOON_US + number * MINUTE_US,
        **changes,
    }
    return Message(**fields)


def own(number: int, text: str | None = None, **changes: Any) -> Message:
    """Message `number`, written here."""
    mine: dict[str, Any] = {
        "own": True,
        "sender_id": RemoteId("me"),
        "sender_name": "Me",
        "outgoing_id": OutgoingId(f"{number:032x}"),
        **changes,
    }
    return a_message(number, text, **mine)


class Shelf:
    """A Reader over plain lists; counts its page reads."""

    def __init__(self, messages: Iterable[Message] = (), **room: Any) -> None:
        self.messages = sorted(messages, key=position)
        self.commit = 0
        self.pages_read = 0
        self.gaps: set[MessageId] = set()
        self.room = Conversation(
            id=ROOM, account_id=AccountId(1), remote_id=RemoteId("room"), title=CUSTOMER, **room
        )
        self.account = Account(
            id=AccountId(1),
            platform=Platform.DISPATCHER,
            server_url="http://127.0.0.1:1",
            login="desk@northline.example",
            user_id=RemoteId("me"),
            role="moderator",
            name="Me",
            added_at_us=0,
            capabilities=Capabilities(features={Feature.DELETE_OWN: Support.YES}),
        )

    def _page(self, first: int, last: int) -> Page:
        self.pages_read += 1
        rows = tuple(self.messages[max(first, 0) : max(last, 0)])
        assert len(rows) <= PAGE_ROWS
        return Page(
            commit=self.commit,
            messages=rows,
            has_older=first > 0,
            has_newer=last < len(self.messages),
            gap_before=bool(rows) and rows[0].id in self.gaps,
        )

    def newest_page(self, conversation: ConversationId, limit: int = PAGE_ROWS) -> Page:
        return self._page(max(0, len(self.messages) - limit), len(self.messages))

    def older_page(
        self, conversation: ConversationId, before: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        end = sum(1 for m in self.messages if position(m) < before)
        return self._page(max(0, end - limit), end)

    def newer_page(
        self, conversation: ConversationId, after: tuple[Cursor, MessageId], limit: int = PAGE_ROWS
    ) -> Page:
        start = sum(1 for m in self.messages if position(m) <= after)
        return self._page(start, min(len(self.messages), start + limit))

    def page_around(self, conversation: ConversationId, message: MessageId, limit: int = PAGE_ROWS) -> Page:
        at = next((n for n, m in enumerate(self.messages) if m.id == message), None)
        if at is None:
            return Page(commit=self.commit, messages=(), has_older=False, has_newer=False, gap_before=False)
        start = max(0, at - limit // 2)
        return self._page(start, min(len(self.messages), start + limit))

    def first_since(self, conversation: ConversationId, at_us: int) -> MessageId | None:
        placed = [m for m in self.messages if m.cursor != PENDING_CURSOR]
        since = [m.id for m in placed if m.sent_at_us >= at_us]
        return since[0] if since else (placed[-1].id if placed else None)

    def stretches(self, conversation: ConversationId) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for number, one in enumerate(self.messages):
            if one.id in self.gaps or number == 0:
                found.append(("" if one.id not in self.gaps else one.cursor, one.cursor))
            found[-1] = (found[-1][0], one.cursor)
        return tuple(found)

    def conversation(self, conversation: ConversationId) -> Conversation | None:
        return self.room if conversation == ROOM else None

    def accounts(self) -> Snapshot[Account]:
        return Snapshot(self.commit, (self.account,))

    # what happens

    def put(self, *messages: Message) -> tuple[MessagesPut, int]:
        """Store rows, and the change that tells of it."""
        ids = {m.id for m in messages}
        kept = [m for m in self.messages if m.id not in ids]
        self.messages = sorted([*kept, *messages], key=position)
        self.commit += 1
        return MessagesPut(ROOM, tuple(sorted(messages, key=position))), self.commit

    def gone(self, *ids: MessageId) -> tuple[MessagesGone, int]:
        """Delete rows, and the change that tells of it."""
        self.messages = [m for m in self.messages if m.id not in ids]
        self.commit += 1
        return MessagesGone(ROOM, ids), self.commit

    def change(self, message: MessageId, **changes: Any) -> Message:
        """A stored message with other fields (not stored)."""
        return msgspec.structs.replace(next(m for m in self.messages if m.id == message), **changes)


class _Silent:
    def subscribe(self, listener: Callable[[Commit], None]) -> Callable[[], None]:
        return lambda: None

    def subscribe_news(self, listener: Callable[[News], None]) -> Callable[[], None]:
        return lambda: None


class ListeningDesk:
    """The services that a message list calls, writing down what was asked; each ends at once."""

    def __init__(self, reader: Shelf) -> None:
        self.reader = reader
        self.asked: list[tuple[Any, ...]] = []

    def load_older(self, conversation: ConversationId, before: Cursor, held: int) -> None:
        self.asked.append(("load_older", conversation, before, held))

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, None]]:
        async def ask(*values: Any) -> None:
            await asyncio.sleep(0)
            self.asked.append((name, *values))

        return ask


def a_context(app: QApplication, desk: Any, *, dark: bool = False, theme: Theme | None = None) -> UiContext:
    """What a widget is handed; theme: one that is there already."""
    theme = theme or Theme(app, ThemeMode.DARK if dark else ThemeMode.LIGHT)
    silent = _Silent()
    return UiContext(
        desk=cast("Desk", desk),
        feed=ChangeFeed(silent, silent),
        theme=theme,
        icons=Icons(theme),
        clock=Clock(),
        preferences=Preferences(lambda _key: None, lambda _key, _value: None),
        troubles=Troubles(),
    )


SETTLED_STATES = (DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ)
