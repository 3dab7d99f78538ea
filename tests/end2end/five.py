"""Five platforms at one desk: the real program, engines and adapters before a scripted server of each.

The servers stand in this process, on the network thread and on its clock; what a test tells them is handed
over there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from chatdesk import program
from chatdesk.demo import hands
from chatdesk.desktop.memory_vault import MemoryVault
from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Account, Capabilities, Conversation, Message
from chatdesk.domain.facts import Learnt, Secrets
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Platform
from chatdesk.domain.ports import Client, PlatformPlugin, vault_key
from chatdesk.platforms import registry
from chatdesk.platforms.steppergo.state import DRIVER_ID
from chatdesk.store import Store
from chatdesk.sync.clock import SystemClock
from tests.platforms.fakomame import paper as fakomame
from tests.platforms.fakomame.server import FakoClient, FakoServer
from tests.platforms.marketplace import paper as marketplace
from tests.platforms.marketplace.server import MarketClient, MarketServer
from tests.platforms.omw import paper as omw
from tests.platforms.omw.server import OmwClient, OmwServer
from tests.platforms.paper import jwt
from tests.platforms.steppergo import paper as steppergo
from tests.platforms.steppergo.server import StepperGoClient, StepperGoServer

FOR_EVER_US = 10**16
WEEK_S = 604_800
SETTLED = {DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.READ}


class Place:
    """One platform: its scripted server, who we are there, and the conversation to begin with."""

    def __init__(
        self,
        platform: Platform,
        server: Any,
        client: Callable[[Any], Client],
        secrets: Secrets,
        *,
        login: str,
        user: RemoteId,
        role: str,
        name: str,
        conversation: RemoteId,
        learnt: dict[str, Learnt] | None = None,
    ) -> None:
        self.platform = platform
        self.server = server
        self.url = f"https://{platform.value}.example"
        self.login = login
        self.secrets = secrets
        self.conversation = conversation
        self.learnt = learnt or {}
        self.new = NewAccount(
            platform=platform,
            server_url=self.url,
            login=login,
            user_id=user,
            role=role,
            name=name,
            plain_http_consent=False,
            capabilities=Capabilities(),
        )
        self._client = client

    def plugin(self) -> PlatformPlugin:
        """The real adapter, with a client that leads to the scripted server."""
        return msgspec.structs.replace(
            registry.plugin(self.platform), make_client=lambda _url, _limits: self._client(self.server)
        )


def fakomame_place() -> Place:
    server = FakoServer(SystemClock())
    server.add(fakomame.CHAT, "hello", "are you there?")
    secrets = Secrets(server.token(), server.token(type="refresh"))
    return Place(
        Platform.FAKOMAME,
        server,
        FakoClient,
        secrets,
        login=fakomame.MY_MAIL,
        user=fakomame.ME,
        role="SENDER",
        name="Sender Alpha",
        conversation=fakomame.CHAT,
    )


def steppergo_place() -> Place:
    server = StepperGoServer(SystemClock())
    server.add(steppergo.TRIP, "hello", "are you there?")
    server.sessions.add(steppergo.SESSION)
    return Place(
        Platform.STEPPERGO,
        server,
        StepperGoClient,
        Secrets(steppergo.SESSION, ""),
        login=steppergo.MY_MAIL,
        user=steppergo.ME,
        role="DRIVER",
        name="Driver Alpha",
        conversation=steppergo.TRIP,
        learnt={DRIVER_ID: Learnt(steppergo.RECORD_ID, FOR_EVER_US)},
    )


def omw_place() -> Place:
    clock = SystemClock()
    server = OmwServer(clock)
    server.add(41, "hello", "are you there?")
    now_s = clock.now_us() // 1_000_000
    token = jwt({"id": 202, "role": "worker", "iat": now_s, "exp": now_s + WEEK_S})
    server.tokens.add(token)
    return Place(
        Platform.OMW,
        server,
        OmwClient,
        Secrets(token, ""),
        login=omw.MY_MAIL,
        user=omw.ME,
        role="worker",
        name="Worker One",
        conversation=omw.SESSION,
    )


def marketplace_place(*, stores: bool = True) -> Place:
    clock = SystemClock()
    server = MarketServer(clock, stores=stores)
    now_s = clock.now_us() // 1_000_000
    token = jwt({"id": marketplace.ME, "userType": "seller", "iat": now_s, "exp": now_s + WEEK_S})
    server.tokens.add(token)
    server.store(marketplace.OTHER, marketplace.ME, "hello")
    return Place(
        Platform.MARKETPLACE,
        server,
        MarketClient,
        Secrets(token, ""),
        login=marketplace.MY_MAIL,
        user=marketplace.ME,
        role="seller",
        name="Seller One",
        conversation=marketplace.OTHER,
    )


def all_places() -> list[Place]:
    """The four platforms that stand in this process."""
    return [fakomame_place(), steppergo_place(), omw_place(), marketplace_place()]


class FiveSeat:
    """One window before several places. Every method that waits fails with what it waited for."""

    def __init__(self, app: QApplication, folder: Path, *places: Place) -> None:
        self.places = places
        self.store = Store.open(folder)
        self.vault = MemoryVault()
        self.accounts: dict[Platform, Account] = {}
        for place in places:
            account = self.store.add_account(place.new).result(10)
            self.store.put_learnt(account.id, place.learnt).result(10)
            self.accounts[place.platform] = account
        plugins = {plugin.platform: plugin for plugin in registry.PLUGINS}
        plugins |= {place.platform: place.plugin() for place in places}
        self.program = program.Program(app, self.store, plugins, self.vault)
        self.window = self.program.window
        self.window.resize(1280, 820)

    async def sit_down(self) -> None:
        """Show the window; returns once every account is reached and has its conversation."""
        await self.sit_down_without_lists()
        for place in self.places:
            await hands.until(partial(self.row, place), f"a conversation of {place.platform.value}")

    async def sit_down_without_lists(self) -> None:
        """Show the window; returns once every account is reached."""
        for place in self.places:
            await self.vault.save(vault_key(place.url, place.platform, place.login), place.secrets)
        self.program.show()
        self.window.activateWindow()
        for place in self.places:
            await hands.until(partial(self._reached, place), f"{place.platform.value} reached")

    def _reached(self, place: Place) -> bool:
        status = self.program.feed.status_of(self.accounts[place.platform].id)
        return status is not None and status.connection in {ConnectionState.ONLINE, ConnectionState.POLLING}

    async def close(self) -> None:
        for place in self.places:
            await self.tell(place.server.close)
        await self.program.close()

    async def tell(self, what: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Have a server do something, on its own thread."""
        done: Future[Any] = Future()

        async def run() -> None:
            try:
                result = what(*args, **options)
                done.set_result(await result if asyncio.iscoroutine(result) else result)
            except BaseException as exc:
                done.set_exception(exc)
                raise

        thread = self.program.engines._thread
        thread.post(lambda: _begin(thread, run()))
        return await asyncio.wrap_future(done)

    # -- what is to be seen

    def account(self, place: Place) -> Account:
        """The account as the database has it now."""
        wanted = self.accounts[place.platform].id
        return next(one for one in self.program.reader.accounts().rows if one.id == wanted)

    def row(self, place: Place, conversation: RemoteId | None = None) -> Conversation | None:
        """A conversation of a place; its first one, unless said otherwise."""
        wanted = conversation or place.conversation
        account = self.accounts[place.platform].id
        rows = self.program.reader.first_conversations().rows
        return next((one for one in rows if (one.account_id, one.remote_id) == (account, wanted)), None)

    def messages(self, place: Place) -> tuple[Message, ...]:
        row = self.row(place)
        assert row is not None
        return self.program.reader.newest_page(row.id).messages

    def message(self, place: Place, text: str) -> Message | None:
        return next((one for one in self.messages(place) if one.text == text), None)

    def shown_texts(self) -> list[str]:
        """The texts of the rows that the message list has now."""
        model = self.window.chat.timeline.model()
        return [str(model.index(row, 0).data(Qt.ItemDataRole.DisplayRole)) for row in range(model.rowCount())]

    def words(self, widget: QWidget | None = None) -> str:
        """Every visible label's words in a part of the window."""
        labels = (widget or self.window).findChildren(QLabel)
        return " ".join(label.text() for label in labels if label.isVisible())

    # -- what hands do

    async def open(self, place: Place, conversation: RemoteId | None = None) -> None:
        row = self.row(place, conversation)
        assert row is not None
        self.window.open_conversation(row.id)
        await hands.until(lambda: self.window.chat.conversation_id() == row.id, "the conversation")
        await hands.settle()

    async def settled(self, place: Place, text: str) -> None:
        def is_settled() -> bool:
            message = self.message(place, text)
            return message is not None and message.state in SETTLED

        await hands.until(is_settled, f"acceptance of {text!r}")


def _begin(thread: Any, coro: Any) -> None:
    thread.start_job(coro, "told by a test")
