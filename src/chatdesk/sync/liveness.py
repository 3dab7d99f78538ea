"""Typing and presence on their way to the window, and our own typing on its way to the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence

from chatdesk.domain.changes import PresenceChanged, TypingChanged
from chatdesk.domain.errors import WorldError
from chatdesk.domain.events import MessageSeen, PresenceSeen, TypingSeen
from chatdesk.domain.goals import Typing
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.sync.own_typing import OwnTyping, Told
from chatdesk.sync.parts import Parts
from chatdesk.sync.presence import Presence, TypingNow, Whereabouts
from chatdesk.sync.runner import Runner

log = logging.getLogger(__name__)

LocalId = Callable[[RemoteId], Awaitable[ConversationId | None]]


class Liveness:
    """What lives in memory only: who types, who is there, and what we tell of ourselves."""

    def __init__(self, parts: Parts, runner: Runner, local_id: LocalId) -> None:
        self._runner = runner
        self._clock = parts.clock
        self._tasks = parts.tasks
        self._announce = parts.around.announce
        self._local_id = local_id
        self._presence = Presence(parts.adapter.limits)
        self._typing = OwnTyping(parts.adapter.limits)
        self._changes: asyncio.Queue[Whereabouts] = asyncio.Queue()
        self._seen = asyncio.Event()
        self._typed = asyncio.Event()

    def start(self) -> None:
        """Begin to announce, and to let expire."""
        self._tasks.keep(self._tell_window, "presence")
        self._tasks.keep(self._expire, "presence expiry")
        self._tasks.keep(self._end_typing, "typing")

    # -- others

    def event(self, event: TypingSeen | PresenceSeen) -> None:
        """Somebody types, came or went."""
        now_ms, now_us = self._clock.now_ms(), self._clock.now_us()
        if isinstance(event, TypingSeen):
            self._put(self._presence.typing(event, now_ms, now_us))
        else:
            self._put(self._presence.presence(event, now_ms, now_us))

    def message(self, event: MessageSeen) -> None:
        """A message has just come in."""
        self._put(self._presence.message(event, self._clock.now_ms(), self._clock.now_us()))

    def link_lost(self) -> None:
        """All that is void; and nobody believes us to be typing."""
        self._put(self._presence.link_lost())
        self._typing.link_lost()

    def _put(self, changes: Sequence[Whereabouts]) -> None:
        """Have changes told. Without one, what is due next is not due any sooner."""
        for change in changes:
            self._changes.put_nowait(change)
        if changes:
            self._seen.set()

    async def _tell_window(self) -> None:
        """Announce in order; a conversation that is not ours is nobody's business."""
        while True:
            change = await self._changes.get()
            try:
                local = await self._local_id(change.conversation)
            except WorldError as exc:
                log.warning("looking up a conversation: %s", type(exc).__name__)
                continue
            if local is None:
                continue
            if isinstance(change, TypingNow):
                self._announce(TypingChanged(local, change.names))
            else:
                self._announce(PresenceChanged(local, change.person, change.state, change.as_of_us))

    async def _expire(self) -> None:
        while True:
            self._seen.clear()
            changes, due_ms = self._presence.expire(self._clock.now_ms())
            self._put(changes)
            if changes:
                continue
            self._seen.clear()
            await _set_by(self._seen, due_ms, self._clock.now_ms())

    # -- ourselves

    def key(self, conversation: RemoteId) -> None:
        """A key changed the text of a draft."""
        self._tell_server(self._typing.key(conversation, self._clock.now_ms()))
        self._typed.set()

    def left(self, conversation: RemoteId) -> None:
        """The draft was sent or emptied, or the composer was left."""
        self._tell_server(self._typing.stop(conversation))

    async def _end_typing(self) -> None:
        while True:
            self._typed.clear()
            told, due_ms = self._typing.pause_over(self._clock.now_ms())
            self._tell_server(told)
            await _set_by(self._typed, due_ms, self._clock.now_ms())

    def _tell_server(self, told: Iterable[Told]) -> None:
        for one in told:
            goal = Typing(one.conversation, one.on)
            self._tasks.start(self._runner.run(goal, patience_ms=0), "tell typing")


async def _set_by(event: asyncio.Event, due_ms: int | None, now_ms: int) -> None:
    """Wait for the event, until a moment of engine time at most; None: for ever."""
    if due_ms is None:
        await event.wait()
        return
    try:
        async with asyncio.timeout(max(due_ms - now_ms, 1) / 1000):
            await event.wait()
    except TimeoutError:
        return
