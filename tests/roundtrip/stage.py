"""Who takes part in the round trips: at every platform the desk and a customer, each with a chatdesk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.changes import AccountStatus, PresenceChanged
from chatdesk.domain.entities import Account, Capabilities, Conversation, Message, Order, Outgoing
from chatdesk.domain.ids import AccountId, ConversationId
from chatdesk.domain.kinds import Lifecycle, Platform
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.server.demo.seats import SEATS
from chatdesk.server.dialect import Variant
from tests.roundtrip.post import Post, until
from tests.roundtrip.servers import AllServers

AGAIN_S = 0.2
"""A condition that asks the server is tried so often, not at every beat."""


class Party:
    """One account of one chatdesk, and the conversation with the other side."""

    def __init__(self, post: Post, account: Account) -> None:
        self.post = post
        self.id: AccountId = account.id
        self.user = account.user_id
        self._talk: ConversationId | None = None
        self._asked: dict[str, float] = {}
        self._waiting: dict[str, tuple[float, int]] = {}

    @property
    def talk(self) -> ConversationId:
        assert self._talk is not None, "no talk was found"
        return self._talk

    @talk.setter
    def talk(self, conversation: ConversationId) -> None:
        self._talk = conversation

    @property
    def row(self) -> Conversation:
        return self.post.row(self.talk)

    @property
    def capabilities(self) -> Capabilities:
        return self.post.account(self.id).capabilities

    @property
    def status(self) -> AccountStatus:
        status = self.post.status(self.id)
        assert status is not None
        return status

    @property
    def typists(self) -> tuple[str, ...]:
        """Who types in the talk."""
        return self.post.typing.get(self.talk, ())

    def sees(self, other: Party) -> PresenceChanged | None:
        """What is known of the presence of the other side of the talk."""
        found = self.post.presence.get(self.talk, {})
        return found.get(other.user) or next(iter(found.values()), None)

    async def conversations(self) -> list[Conversation]:
        return await self.post.conversations(self.id)

    async def orders(self) -> list[Order]:
        return await self.post.orders(self.id)

    async def order(self) -> Order:
        """What the talk is about."""
        order_id = self.row.order_id
        assert order_id is not None, "the talk is about no order"
        found = self.post.reader.order(order_id)
        assert found is not None
        return found

    async def ordered(self, remote_id: str, status: str) -> Order:
        """An order, once it is in that status here."""

        async def there() -> Order | None:
            order = await self.post.order(self.id, remote_id)
            return order if order is not None and order.status == status else None

        found: Order = await until(there, f"order {remote_id} as {status}")
        return found

    async def reached(self, timeout_s: float = 15) -> None:
        await self.post.reached(self.id, timeout_s)

    async def leaves(self) -> None:
        """The connection of this account ends, as when its program is quit."""
        host = self.post.host
        await asyncio.wrap_future(host._thread.ask(lambda: host._stop_engine(self.id), "leave"))

    async def comes(self) -> None:
        """It is started again, and signed in with what the vault has."""
        host, account = self.post.host, self.post.account(self.id)
        await asyncio.wrap_future(host._thread.ask(lambda: host._start_engine(account, None), "come"))
        await self.reached()
        self.open()

    def open(self, conversation: ConversationId | None = None) -> None:
        """Look at the talk, or at another conversation; again and again only now and then."""
        wanted = conversation or self.talk
        self._now_and_then(f"open {wanted}", lambda: self.post.desk.opened(wanted))

    def look_away(self) -> None:
        self.post.desk.look_away(self.id)

    def refresh(self) -> None:
        """Read the lists; again and again only now and then."""
        self._now_and_then("refresh", lambda: self.post.desk.refresh(self.id))

    def _now_and_then(self, what: str, ask: Callable[[], None]) -> None:
        """At once, or as soon as AGAIN_S have passed since the last time; never not at all."""
        now, loop = time.monotonic(), asyncio.get_running_loop()
        due = self._asked.get(what, -AGAIN_S) + AGAIN_S
        if due <= now:
            self._asked[what] = now
            ask()
        elif self._waiting.get(what) != (due, id(loop)):
            self._waiting[what] = due, id(loop)

            def later() -> None:
                if self.post.closed:
                    return  # what was asked for has come, and the story is over
                self._asked[what] = time.monotonic()
                ask()

            loop.call_later(due - now, later)

    async def say(self, text: str, **more: Any) -> Outgoing:
        return await self.post.say(self.talk, text, **more)

    async def settled(self, text: str) -> Message:
        return await self.post.settled(self.talk, text)

    async def said(self, text: str, **more: Any) -> Message:
        """Pressed, and taken by the server."""
        await self.say(text, **more)
        return await self.settled(text)

    async def got(self, text: str) -> Message:
        return await self.post.got(self.talk, text)

    def message(self, text: str) -> Message | None:
        return self.post.message(self.talk, text)

    def texts(self, beginning: str = "") -> list[str]:
        return self.post.texts(self.talk, beginning)

    async def seen(self, message: Message) -> None:
        """The person has seen everything up to a message."""
        await self.post.desk.mark_seen(self.talk, message.cursor)

    async def act(self, kind: ActionKind, order: Order | None = None, **more: Any) -> Result:
        return await self.post.act(self.id, kind, order, **more)

    async def start_chat(self, **more: Any) -> ConversationId:
        """Begin a conversation, and have it here."""
        result = await self.post.desk.act(self.id, Action(kind=ActionKind.START_CHAT, **more))
        assert result.conversation is not None
        wanted = result.conversation
        found: Conversation = await until(
            lambda: self.post.conversation(self.id, wanted), f"conversation {wanted} to be listed"
        )
        return found.id


class Place:
    """One platform of a variant: the desk (`ours`) and its first customer (`theirs`)."""

    def __init__(self, stage: Stage, platform: str) -> None:
        self.stage = stage
        self.platform = platform
        self.kind = Platform(platform)
        self.variant = stage.variant
        self.seat = SEATS[platform]
        self.url = stage.servers.url_of(platform)
        self._count = 0
        self.ours: Party
        self.theirs: Party

    @property
    def servers(self) -> AllServers:
        return self.stage.servers

    @property
    def promised(self) -> bool:
        return self.variant is Variant.PROMISED

    @property
    def stores(self) -> bool:
        """The server keeps messages."""
        return self.promised or self.platform != "marketplace"

    def words(self, text: str) -> str:
        """A text that nobody else says."""
        self._count += 1
        return f"{self.variant}/{self.platform} {self._count}: {text}"

    async def begin(self) -> None:
        """Sign both in, and find their talk."""
        seat = self.seat
        ours, theirs = await asyncio.gather(
            self.stage.ours.sign_in(self.kind, self.url, seat.desk, seat.role),
            self.stage.theirs.sign_in(self.kind, self.url, seat.customers[0], seat.customer_role),
        )
        self.ours, self.theirs = Party(self.stage.ours, ours), Party(self.stage.theirs, theirs)
        await asyncio.gather(self.ours.reached(), self.theirs.reached())
        await self._find_talk()
        for party in (self.ours, self.theirs):
            party.open()
        if not self.stores:
            await self._show_themselves()

    async def _show_themselves(self) -> None:
        """Where nothing is stored nobody is told who is there already: each shows a sign of life."""
        ours, theirs = self.ours, self.theirs
        await theirs.leaves()
        await theirs.comes()
        ours.post.desk.typing(ours.talk, True)
        await until(lambda: theirs.typists, "a sign of the desk's life")
        ours.post.desk.typing(ours.talk, False)

    async def _find_talk(self) -> None:
        if self.platform == "marketplace":
            for party, other in ((self.ours, self.theirs), (self.theirs, self.ours)):
                party.talk = await party.start_chat(person=other.user)
            return
        there = {one.remote_id: one.id for one in await self.theirs.conversations()}
        here = [
            one
            for one in await self.ours.conversations()
            if one.remote_id in there and one.lifecycle is Lifecycle.OPEN
        ]
        assert here, f"{self.platform}: no open conversation of desk and customer"
        newest = max(here, key=lambda one: one.activity_at_us)
        self.ours.talk, self.theirs.talk = newest.id, there[newest.remote_id]

    @asynccontextmanager
    async def web(self, login: str, role: str = "") -> AsyncIterator[httpx.AsyncClient]:
        """Somebody's other app: bare requests with a token of their own."""
        async with httpx.AsyncClient(base_url=self.url, timeout=10) as app:
            body = {"email": login, "password": PASSWORD, **({"role": role} if role else {})}
            answer = await app.post("/api/auth/login", json=body)
            assert answer.status_code == 200, answer.text
            told = answer.json()
            app.headers["Authorization"] = f"Bearer {told.get('token') or told['data']['accessToken']}"
            yield app

    async def sign_in(self, post: Post, login: str, role: str = "", url: str = "") -> Party:
        """Somebody else, or somebody once more, at a chatdesk."""
        account = await post.sign_in(self.kind, url or self.url, login, role)
        party = Party(post, account)
        await party.reached()
        return party


class Stage:
    """The server process of one variant, the desk's chatdesk and the customers' one."""

    def __init__(
        self,
        folder: Path,
        variant: Variant,
        *platforms: str,
        ours: Callable[[Path], Post] = Post,
        access_ttl_s: int = 0,
    ) -> None:
        """ours: makes the desk's chatdesk over its data folder. access_ttl_s: of a sign-in; 0 = as usual."""
        opts = {"access_ttl": access_ttl_s} if access_ttl_s else {}
        self.folder = folder
        self.variant = variant
        self.servers = AllServers(folder / "server", variant, *platforms, **opts)
        self.servers.start()
        self.ours = ours(folder / "ours")
        self.theirs = Post(folder / "theirs")
        self._places: dict[str, Place] = {}

    async def place(self, platform: str) -> Place:
        """A platform, its people signed in."""
        if platform not in self._places:
            place = Place(self, platform)
            await place.begin()
            self._places[platform] = place
        return self._places[platform]

    async def places(self) -> list[Place]:
        return [await self.place(name) for name in self.servers.ports]

    def close(self) -> None:
        for post in (self.ours, self.theirs):
            post.close()
        self.servers.stop()
        log = self.servers.log.read_text(encoding="utf-8")
        assert log == "", f"the server complained:\n{log}"
