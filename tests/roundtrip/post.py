"""A chatdesk without a window: real store, engines and services, as a program or a test may use them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.actions import NO_EXTRAS, Action, ActionKind, Extras, Lookup, Result
from chatdesk.domain.changes import (
    AccountStatus,
    News,
    NoticeRaised,
    PositionChanged,
    PresenceChanged,
    TypingChanged,
)
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.entities import Account, Conversation, Message, Notification, Order, Outgoing
from chatdesk.domain.ids import AccountId, ConversationId, RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, MessageKind, Platform, SignInState
from chatdesk.domain.ports import PlatformPlugin
from chatdesk.platforms.registry import PLUGINS
from chatdesk.server.demo.cast import PASSWORD
from chatdesk.services.desk import Desk
from chatdesk.store import Store
from chatdesk.sync.host import EngineHost

SETTLED = {DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ}
PATIENCE_S = 20.0
BEAT_S = 0.02


async def until(condition: Callable[[], Any], what: str, timeout_s: float = PATIENCE_S) -> Any:
    """What the condition gives, as soon as that is something; fails with `what` after the time."""
    end = time.monotonic() + timeout_s
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return found
        assert time.monotonic() < end, f"not within {timeout_s} s: {what}"
        await asyncio.sleep(BEAT_S)


class Post:
    """One data folder with its engines. Made, used and closed on one thread."""

    def __init__(self, folder: Path, plugins: tuple[PlatformPlugin, ...] = PLUGINS) -> None:
        self.folder = folder
        self.plugins = {one.platform: one for one in plugins}
        self.vault = MemoryVault()
        self.statuses: dict[AccountId, AccountStatus] = {}
        self.typing: dict[ConversationId, tuple[str, ...]] = {}
        self.presence: dict[ConversationId, dict[RemoteId, PresenceChanged]] = {}
        self.positions: list[PositionChanged] = []
        self.notices: list[NoticeRaised] = []
        self.start()

    def start(self) -> None:
        """Open the folder and start the engines of the accounts that are in it."""
        self.closed = False
        self.store = Store.open(self.folder)
        self.reader = self.store.reader()
        self.host = EngineHost(self.store, self.plugins, self.vault)
        self.desk = Desk(self.store, self.host, self.reader)
        self.host.subscribe_news(self._hear)
        self.host.start()
        self._wake_threads()

    def _wake_threads(self) -> None:
        """Threads that begin with the first need of them begin now: they are no test's own."""
        self.store.conversations().result(PATIENCE_S)
        self.host._thread.ask(lambda: asyncio.to_thread(int), "wake").result(PATIENCE_S)

    def close(self) -> None:
        """End as the program does when it quits."""
        self.closed = True
        self.host.stop()
        self.reader.close()
        self.store.close()

    def _hear(self, news: News) -> None:
        match news:
            case AccountStatus():
                self.statuses[news.account_id] = news
            case TypingChanged():
                self.typing[news.conversation_id] = news.names
            case PresenceChanged():
                at = self.presence.get(news.conversation_id, {})
                self.presence[news.conversation_id] = {**at, news.person_id: news}
            case PositionChanged():
                self.positions.append(news)
            case NoticeRaised():
                self.notices.append(news)

    # -- accounts

    async def sign_in(
        self,
        platform: Platform,
        url: str,
        login: str,
        role: str = "",
        password: str = PASSWORD,
        *,
        keep_token: bool = True,
    ) -> Account:
        """Signed in; the engine has begun, see `reached`."""
        request = SignInRequest(
            platform=platform,
            server_url=url,
            login=login,
            password=password,
            role=role,
            plain_http_consent=True,
            keep_token=keep_token,
        )
        return (await self.desk.sign_in(request)).account

    def status(self, account: AccountId) -> AccountStatus | None:
        return self.statuses.get(account)

    def connection(self, account: AccountId) -> ConnectionState | None:
        status = self.statuses.get(account)
        return None if status is None else status.connection

    async def reached(self, account: AccountId, timeout_s: float = PATIENCE_S) -> None:
        """Connected, and the lists read."""

        def here() -> bool:
            status = self.statuses.get(account)
            return (
                status is not None
                and status.connection is ConnectionState.ONLINE
                and status.sign_in is SignInState.OK
                and status.synced_at_us is not None
            )

        await until(here, f"account {account} reached: {self.statuses.get(account)}", timeout_s)

    async def left(self, account: AccountId) -> None:
        """No longer connected."""
        await until(
            lambda: self.connection(account) is not ConnectionState.ONLINE, f"account {account} offline"
        )

    def account(self, account: AccountId) -> Account:
        return next(one for one in self.reader.accounts().rows if one.id == account)

    # -- what is in the store

    async def conversations(self, account: AccountId) -> list[Conversation]:
        return [one for one in (await self.desk.conversations()).rows if one.account_id == account]

    async def conversation(self, account: AccountId, remote_id: str) -> Conversation | None:
        found = await self.conversations(account)
        return next((one for one in found if one.remote_id == remote_id), None)

    async def orders(self, account: AccountId) -> list[Order]:
        return [one for one in (await self.desk.orders()).rows if one.account_id == account]

    async def order(self, account: AccountId, remote_id: str) -> Order | None:
        return next((one for one in await self.orders(account) if one.remote_id == remote_id), None)

    async def outbox(self, account: AccountId) -> list[Outgoing]:
        return [one for one in (await self.desk.outbox()).rows if one.account_id == account]

    async def notifications(self, account: AccountId) -> list[Notification]:
        return list((await self.desk.notifications(account)).rows)

    def row(self, conversation: ConversationId) -> Conversation:
        found = self.reader.conversation(conversation)
        assert found is not None
        return found

    def messages(self, conversation: ConversationId) -> list[Message]:
        """Everything that is held of a conversation, oldest first."""
        page = self.reader.newest_page(conversation)
        found = list(page.messages)
        while page.has_older:
            page = self.reader.older_page(conversation, (found[0].cursor, found[0].id))
            found = [*page.messages, *found]
        return found

    def texts(self, conversation: ConversationId, beginning: str = "") -> list[str]:
        """The shown texts that begin so, in reading order."""
        found = (one for one in self.messages(conversation) if not one.deleted)
        return [one.text for one in found if one.text.startswith(beginning)]

    def message(self, conversation: ConversationId, text: str) -> Message | None:
        page = self.reader.newest_page(conversation)
        return next((one for one in reversed(page.messages) if one.text == text), None)

    # -- what a person does

    async def say(
        self,
        conversation: ConversationId,
        text: str,
        kind: MessageKind = MessageKind.TEXT,
        extras: Extras = NO_EXTRAS,
    ) -> Outgoing:
        """Press Send."""
        version = self.reader.draft(conversation).version
        return await self.desk.send(conversation, version, text, kind, extras)

    async def settled(
        self, conversation: ConversationId, text: str, timeout_s: float = PATIENCE_S
    ) -> Message:
        """The own message, once the server has taken it."""

        def found() -> Message | None:
            message = self.message(conversation, text)
            return message if message is not None and message.state in SETTLED else None

        def why() -> str:
            message = self.message(conversation, text)
            if message is None:
                newest = self.reader.newest_page(conversation).messages[-5:]
                shown = [
                    (one.text, one.state.value, one.deleted, one.cursor, one.outgoing_id) for one in newest
                ]
                return f"it is not there, but {shown}"
            return f"{message.state.value} {message.parked} {message.parked_detail}"

        try:
            message: Message = await until(found, f"{text!r} taken", timeout_s)
        except AssertionError as exc:
            raise AssertionError(f"{exc}: {why()}") from None
        return message

    async def got(self, conversation: ConversationId, text: str, timeout_s: float = PATIENCE_S) -> Message:
        """The message, once it is here."""
        message: Message = await until(
            lambda: self.message(conversation, text), f"{text!r} to come", timeout_s
        )
        return message

    async def act(
        self, account: AccountId, kind: ActionKind, order: Order | None = None, **more: Any
    ) -> Result:
        """An action, now."""
        if order is not None:
            more = {
                "order": order.remote_id,
                "order_kind": order.kind,
                "order_number": order.number,
                **more,
            }
        return await self.desk.act(account, Action(kind=kind, **more))

    async def find(self, account: AccountId, lookup: Lookup) -> Result:
        return await self.desk.find(account, lookup)
