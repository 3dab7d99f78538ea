"""The live customers of the demonstration: real clients who join, write, type, read and answer."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from chatdesk.server.demo.phrases import Phrases
from chatdesk.server.demo.tongue import Heard, Talk, Tongue, Turned
from chatdesk.server.demo.visits import either, keep_at_it, rest

DEFAULT_LINES_PER_MINUTE = 20
MAX_LINES_PER_MINUTE = 120
READING_S = (0.2, 0.7)
TYPING_S = (0.5, 1.4)
PAUSE, FIRST_PAUSE = (0.6, 1.4), (0.1, 0.5)
"""Shares of the usual time between two lines."""
BACKLOG_LIMIT = 50
REFUSALS = (400, 403, 404, 409, 422)

Note = Callable[[str, str, str], None]
"""What somebody noticed of the desk: the platform, who noticed, what (`message`, `typing`, `read`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How lively they are: lines a minute that a platform's customers write unasked; answers come on top."""

    lines_per_minute: int = DEFAULT_LINES_PER_MINUTE
    haste: float = 1.0
    """How much faster than people they read and type."""
    luck: int | None = None
    """Seed of everything that happens by chance; None = differently each time."""

    def pause_s(self, people: int) -> float:
        """Seconds between two lines of one of so many people, on average."""
        return 60.0 * people / min(max(self.lines_per_minute, 1), MAX_LINES_PER_MINUTE)


@dataclass(slots=True)
class Crew:
    """What the live people of one platform have in common: their words, and who they are.

    Whoever is no member and writes is the desk: members never answer each other.
    """

    phrases: Phrases
    ids: set[str] = field(default_factory=set)
    note: Note = lambda _platform, _who, _what: None


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds between two unasked lines of one person, and how much faster than people they read and type."""

    pause_s: float
    haste: float


class Customer:
    """Somebody with orders at the desk: reads at once, thinks, types, answers; sometimes asks."""

    def __init__(
        self, tongue: Tongue, crew: Crew, chance: random.Random, tempo: Tempo, stop: asyncio.Event
    ) -> None:
        self.ready = asyncio.Event()
        self._tongue = tongue
        self._crew = crew
        self._chance = chance
        self._tempo = tempo
        self._stop = stop
        self._talks: dict[str, Talk] = {}
        self._heard: deque[Heard] = deque(maxlen=BACKLOG_LIMIT)
        self._known: set[str] = set()
        self._news: deque[tuple[str, str]] = deque(maxlen=BACKLOG_LIMIT)
        self._wake = asyncio.Event()
        self._unsent: tuple[str, str] | None = None
        """Where, and what: kept until the server has it."""
        self._since = datetime.now(UTC)
        self._returns = False
        self._has_spoken = False
        self._early: list[Heard] | None = None
        """What is pushed while the history is still being read, which is older."""

    @property
    def user_id(self) -> str:
        """The account's id, known after the first sign-in."""
        return self._tongue.user_id

    async def run(self) -> None:
        """Take part until told to stop."""
        await keep_at_it(self._visit, self._stop, self._tongue.platform)

    async def _visit(self) -> None:
        await self._tongue.sign_in()
        self._crew.ids |= {self._tongue.user_id, self._tongue.login}
        talks = await self._tongue.talks()
        self._talks = {talk.id: talk for talk in talks}
        gone = asyncio.Event()
        self._early = []
        async with self._tongue.listening(self, gone):
            await self._tongue.enter(talks)
            for talk in talks:
                await self._catch_up(talk)
            early, self._early = self._early, None
            for message in early:
                self._hear(message)
            self._returns = True
            self.ready.set()
            ended = asyncio.create_task(either(gone, self._stop))
            try:
                while not ended.done():
                    await self._one_round(ended)
            finally:
                ended.cancel()

    async def _catch_up(self, talk: Talk) -> None:
        """Read what was missed; what the desk wrote meanwhile waits for an answer."""
        messages = await self._tongue.history(talk)
        self._crew.phrases.remember(message.text for message in messages)
        if self._unsent is not None and self._unsent[1] in {message.text for message in messages}:
            self._unsent = None
        for message in messages:
            if self._returns or self._is_new(message):
                self._hear(message)
            else:
                self._known.add(message.id)
        if messages:
            await self._tongue.mark_read(messages[-1])

    def _is_new(self, message: Heard) -> bool:
        return bool(message.at) and datetime.fromisoformat(message.at) > self._since

    async def _one_round(self, ended: asyncio.Task[None]) -> None:
        """Answer what is waiting, or, after a pause without anything, write unasked."""
        if self._unsent is not None:
            await self._deliver()
        elif self._heard:
            await self._answer(self._heard.popleft())
        elif self._news:
            where, status = self._news.popleft()
            if text := self._crew.phrases.on_status(self._talks[where].facts, status):
                await self._say(where, text)
        else:
            await self._wait_and_see(ended)

    async def _wait_and_see(self, ended: asyncio.Task[None]) -> None:
        self._wake.clear()
        woken = asyncio.create_task(self._wake.wait())
        # Whoever comes in has something on the mind.
        share = self._chance.uniform(*(PAUSE if self._has_spoken else FIRST_PAUSE))
        pause_s = self._tempo.pause_s * share
        done, _ = await asyncio.wait({woken, ended}, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()
        if not done:
            open_ones = [talk for talk in self._talks.values() if talk.is_open]
            if open_ones:
                talk = self._chance.choice(open_ones)
                await self._say(talk.id, self._crew.phrases.line(talk.facts))

    async def _answer(self, message: Heard) -> None:
        await rest(self._stop, self._chance.uniform(*READING_S) / self._tempo.haste)
        await self._tongue.mark_read(message)
        facts = self._talks[message.talk].facts
        await self._say(message.talk, self._crew.phrases.answer(facts, message.text))

    async def _say(self, where: str, text: str) -> None:
        self._has_spoken = True
        self._unsent = (where, text)
        await self._deliver()

    async def _deliver(self) -> None:
        """Type and send. What does not pass is kept; whether it passed all the same, the history tells."""
        if self._unsent is None:
            return
        where, text = self._unsent
        await self._tongue.typing(where, is_typing=True)
        await rest(self._stop, self._chance.uniform(*TYPING_S) / self._tempo.haste)
        await self._tongue.typing(where, is_typing=False)
        try:
            await self._tongue.say(where, text)
        except Turned as exc:
            if exc.retry_after_s is not None:
                await rest(self._stop, exc.retry_after_s)
                return
            if exc.status not in REFUSALS:
                raise
            # Said no for good, such as to an order that is gone: there is nothing to repeat.
        self._unsent = None

    # -- the ear of the tongue

    def heard(self, message: Heard) -> None:
        """What the desk says waits for an answer, once."""
        if self._early is not None:
            self._early.append(message)
        else:
            self._hear(message)

    def _hear(self, message: Heard) -> None:
        if message.id in self._known or message.talk not in self._talks:
            return
        self._known.add(message.id)
        if self._is_desk(message.author):
            self._crew.note(self._tongue.platform, self._tongue.login, "message")
            self._heard.append(message)
            self._wake.set()

    def typing(self, talk: str, author: str) -> None:  # noqa: ARG002 -- somebody types to us, wherever
        """Noticed, and nothing else."""
        if self._is_desk(author):
            self._crew.note(self._tongue.platform, self._tongue.login, "typing")

    def read(self, talk: str, reader: str) -> None:  # noqa: ARG002 -- as above
        """Noticed, and nothing else."""
        if self._is_desk(reader):
            self._crew.note(self._tongue.platform, self._tongue.login, "read")

    def status(self, talk: str, status: str) -> None:
        """Worth a word."""
        if talk in self._talks:
            self._news.append((talk, status))
            self._wake.set()

    def _is_desk(self, person: str) -> bool:
        return person != "" and person not in self._crew.ids
