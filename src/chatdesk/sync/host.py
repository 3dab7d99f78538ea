"""All engines behind one network thread; what services and window talk to."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from chatdesk.domain.actions import Action, Lookup, Result
from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import EngineStore, NewAccount, ServerCheck, SignedIn, SignInRequest, Snapshot
from chatdesk.domain.entities import Account
from chatdesk.domain.errors import NotDone, NotPossible, StoreProblem, WorldError
from chatdesk.domain.facts import AccountFacts
from chatdesk.domain.goals import SignIn
from chatdesk.domain.ids import AccountId, Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, NoticeCode, Platform, SignInState
from chatdesk.domain.ports import PlatformPlugin, Vault, vault_key
from chatdesk.sync.clock import Clock, SystemClock
from chatdesk.sync.ground import Way, unknown_way
from chatdesk.sync.parts import Keys, Surroundings
from chatdesk.sync.tasks import where
from chatdesk.sync.thread import LoopThread, MakeLoop, fastest_loop
from chatdesk.sync.visit import Visit

if TYPE_CHECKING:
    from chatdesk.sync.engine import Engine

log = logging.getLogger(__name__)

HOUSEKEEPING_S = 1_800
"""How often copies whose time has come are deleted."""
START_AGAIN_MS = 2_000
"""Pause before an engine that the disk did not let start is tried again."""
STOP_S = 4.0
"""The part of a stop's time that engines may use for themselves."""


class HostStore(EngineStore, Protocol):
    """What the host asks of the store beside what its engines ask."""

    def accounts(self) -> Future[Snapshot[Account]]:
        """All accounts."""
        ...

    def add_account(self, new: NewAccount) -> Future[Account]:
        """Add or update an account."""
        ...

    def delete_due(self, now_us: int) -> Future[int]:
        """Delete copies that their platforms have deleted, and whose time has come."""
        ...


class EngineHost:
    """Satisfies domain.desk.Engines. Any method may be called from any thread.

    plugins: by platform; their `make_client` runs on the network thread only, so that is where the network
    stack is imported. way: from which address this machine would send now. clock, jitter and make_loop are
    given by tests.
    """

    def __init__(
        self,
        store: HostStore,
        plugins: Mapping[Platform, PlatformPlugin],
        vault: Vault,
        *,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
        make_loop: MakeLoop = fastest_loop,
        way: Way = unknown_way,
    ) -> None:
        self._store = store
        self._plugins = plugins
        self._vault = vault
        self._clock = clock or SystemClock()
        self._around = Surroundings(store, vault, self._clock, self._announce, jitter, way)
        self._thread = LoopThread("chatdesk-network", make_loop, self._begin, self._close_all)
        self._lock = threading.Lock()
        self._listeners: tuple[Callable[[News], None], ...] = ()
        self._statuses: dict[AccountId, AccountStatus] = {}
        # From here on: used on the network thread only.
        self._engines: dict[AccountId, Engine] = {}
        self._looked: dict[AccountId, tuple[RemoteId, RemoteId | None, str]] = {}
        """What the person looks at, for engines that start later."""
        self._changing: asyncio.Lock | None = None

    # -- the thread

    def start(self) -> None:
        """Start the thread, once."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Stop all engines and join the thread; what is still under way fails with NotPossible."""
        self._thread.stop(timeout_s)

    def _begin(self) -> None:
        self._changing = asyncio.Lock()
        self._thread.start_job(self._start_engines(), "start engines")
        self._thread.start_job(self._keep_house(), "housekeeping")

    async def _start_engines(self) -> None:
        for account in await self._known_accounts():
            async with self._guard:
                if account.id not in self._engines:
                    await self._start_engine(account, None)

    async def _known_accounts(self) -> tuple[Account, ...]:
        """All accounts, as soon as the disk lets us read them."""
        while True:
            try:
                return (await asyncio.wrap_future(self._store.accounts())).rows
            except StoreProblem as exc:
                log.warning("the accounts can't be read: %s", type(exc).__name__)
            await self._clock.sleep(START_AGAIN_MS)

    async def _keep_house(self) -> None:
        while True:
            try:
                gone = await asyncio.wrap_future(self._store.delete_due(self._clock.now_us()))
                if gone:
                    log.info("%d copies of deleted conversations were deleted", gone)
            except WorldError as exc:
                log.warning("deleting what is due: %s", type(exc).__name__)
            await self._clock.sleep(HOUSEKEEPING_S * 1000)

    @property
    def _guard(self) -> asyncio.Lock:
        if self._changing is None:
            raise NotPossible("the engines do not run")
        return self._changing

    async def _start_engine(self, account: Account, keys: Keys | None) -> None:
        """Start one engine; one that can't start says so, and the others go on."""
        plugin = self._plugins.get(account.platform)
        if plugin is None:
            log.warning("account %d: platform %s is not spoken here", account.id, account.platform.value)
            return
        from chatdesk.sync.engine import FAULT, Engine  # here, on the network's thread: the window is painted

        engine: Engine | None = None
        try:
            client = plugin.make_client(account.server_url, plugin.adapter.limits)
            engine = Engine(account, plugin.adapter, client, self._around, keys=keys)
            await engine.start()
        except StoreProblem as exc:
            log.warning("account %d: the engine can't start yet: %s", account.id, type(exc).__name__)
            if engine is not None:
                await engine.stop()
            retry_at_us = self._clock.now_us() + START_AGAIN_MS * 1_000
            self._announce(
                AccountStatus(
                    account_id=account.id, connection=ConnectionState.OFFLINE, retry_at_us=retry_at_us
                )
            )
            self._thread.start_job(self._start_later(account.id, keys), "start an engine later")
        except Exception as exc:  # noqa: BLE001 - whatever it is, it concerns this account only
            log.error("account %d: the engine did not start: %s", account.id, where(exc))
            status = AccountStatus(account_id=account.id, connection=ConnectionState.OFF, reason=FAULT)
            self._announce(status)
        else:
            self._engines[account.id] = engine
            if account.id in self._looked:
                engine.opened(*self._looked[account.id])

    async def _start_later(self, account: AccountId, keys: Keys | None) -> None:
        """The disk did not let the engine start: try again, unless somebody else has, or it is removed."""
        await self._clock.sleep(START_AGAIN_MS)
        async with self._guard:
            if account in self._engines:
                return
            try:
                row = await asyncio.wrap_future(self._store.account(account))
            except StoreProblem:
                self._thread.start_job(self._start_later(account, keys), "start an engine later")
            except NotPossible:
                log.info("account %d: it was removed meanwhile", account)
            else:
                await self._start_engine(row, keys)

    async def _close_all(self) -> None:
        engines, self._engines = self._engines, {}
        try:
            async with asyncio.timeout(STOP_S):
                await asyncio.gather(*(engine.stop() for engine in engines.values()))
        except TimeoutError:
            log.warning("not every engine has stopped in time")

    def _with_engine(self, account: AccountId, call: Callable[[Engine], None]) -> None:
        def on_loop() -> None:
            engine = self._engines.get(account)
            if engine is not None:
                call(engine)

        self._thread.post(on_loop)

    # -- news

    def subscribe_news(self, listener: Callable[[News], None]) -> Callable[[], None]:
        """Call `listener` with all news, on the network thread, beginning with how each account stands."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def catch_up() -> None:
            for status in list(self._statuses.values()):
                listener(status)

        self._thread.post(catch_up)

        def end() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return end

    def _announce(self, news: News) -> None:
        if isinstance(news, AccountStatus):
            self._statuses[news.account_id] = news
        for listener in self._listeners:
            try:
                listener(news)
            except Exception as exc:  # noqa: BLE001 - a listener's fault must not stop an engine
                log.error("a listener of news failed: %s", where(exc))

    def sign_in_state(self, account: AccountId) -> SignInState:
        """The newest known state."""
        status = self._statuses.get(account)
        return SignInState.OK if status is None else status.sign_in

    # -- asked by services

    def check_server(
        self, platform: Platform, server_url: str, settings: Mapping[str, str] = MappingProxyType({})
    ) -> Future[ServerCheck]:
        """Try to reach a server of a platform."""
        known = AccountFacts(server_url=server_url, login="", settings=settings)

        async def check() -> ServerCheck:
            async with Visit(self._plugin(platform), known, self._clock) as visit:
                return await visit.check()

        return self._thread.ask(check, "check server")

    def sign_in(self, request: SignInRequest) -> Future[SignedIn]:
        """Sign in, keep account and token, start (or renew) its engine. Fails with SignInRefused."""
        return self._thread.ask(lambda: self._sign_in(request), "sign in")

    def ask_for_otp(
        self,
        platform: Platform,
        server_url: str,
        login: str,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> Future[None]:
        """Have a one-time code sent. Fails with SignInRefused."""
        known = AccountFacts(server_url=server_url, login=login, settings=settings)

        async def ask() -> None:
            async with Visit(self._plugin(platform), known, self._clock) as visit:
                await visit.ask_for_otp()

        return self._thread.ask(ask, "ask for a code")

    def sign_out(self, account: AccountId) -> Future[None]:
        """Stop the engine, forget the token, tell the server if it can be reached."""
        return self._thread.ask(lambda: self._sign_out(account), "sign out")

    def _plugin(self, platform: Platform) -> PlatformPlugin:
        plugin = self._plugins.get(platform)
        if plugin is None:
            raise NotPossible(f"platform {platform.value} is not spoken here")
        return plugin

    async def _sign_in(self, request: SignInRequest) -> SignedIn:
        plugin = self._plugin(request.platform)
        seat = request.role if plugin.sign_in.roles else ""
        known = AccountFacts(
            server_url=request.server_url, login=request.login, seat=seat, settings=request.settings
        )
        goal = SignIn(request.password, request.role, request.otp, remember=request.keep_token)
        async with Visit(plugin, known, self._clock) as visit:
            facts = await visit.sign_in(goal)
        who = facts.account
        if not seat and any(role == who.role for role, _word in plugin.sign_in.roles):
            seat = who.role  # a code asks for no role: the server has said which it is
        async with self._guard:
            account = await asyncio.wrap_future(
                self._store.add_account(
                    NewAccount(
                        platform=request.platform,
                        server_url=request.server_url,
                        login=request.login,
                        user_id=who.user_id,
                        role=who.role,
                        name=who.name,
                        plain_http_consent=request.plain_http_consent,
                        capabilities=plugin.adapter.capabilities(facts),
                        seat=seat,
                        settings=request.settings,
                    )
                )
            )
            key = vault_key(request.server_url, request.platform, request.login, seat)
            kept = False
            if request.keep_token:
                kept = await self._vault.save(key, who.secrets)
            else:
                await self._vault.delete(key)
            await asyncio.wrap_future(self._store.put_learnt(account.id, facts.learnt))
            await self._stop_engine(account.id)
            await self._start_engine(account, Keys(who.secrets, request.keep_token, kept))
        return SignedIn(account=account, token_kept=kept)

    async def _sign_out(self, account: AccountId) -> None:
        async with self._guard:
            engine = self._engines.get(account)
            if engine is not None:
                await engine.sign_out()
                await self._stop_engine(account)
            else:
                row = await asyncio.wrap_future(self._store.account(account))
                await self._vault.delete(vault_key(row.server_url, row.platform, row.login, row.seat))

    async def _stop_engine(self, account: AccountId) -> None:
        engine = self._engines.pop(account, None)
        if engine is not None:
            await engine.stop()

    def retry_now(self, account: AccountId | None = None) -> None:
        """Connect now; None: all."""

        def on_loop() -> None:
            for one, engine in self._engines.items():
                if account is None or one == account:
                    if engine.broken:
                        self._thread.start_job(self._replace(engine), "replace an engine")
                    else:
                        engine.retry_now()

        self._thread.post(on_loop)

    def shaken(self) -> None:
        """The system says that the machine has woken or the network is back: every account tries now."""

        def on_loop() -> None:
            for engine in self._engines.values():
                engine.shaken()

        self._thread.post(on_loop)

    def restart(self, account: AccountId) -> None:
        """Replace an account's engine by one that knows its settings."""

        async def again() -> None:
            async with self._guard:
                engine = self._engines.get(account)
                if engine is None:
                    return
                row = await asyncio.wrap_future(self._store.account(account))
                await self._stop_engine(account)
                await self._start_engine(row, engine.keys)

        def on_loop() -> None:
            self._thread.start_job(again(), "restart an engine")

        self._thread.post(on_loop)

    async def _replace(self, broken: Engine) -> None:
        """A fault of ours has stopped this engine; the person has asked for another try."""
        async with self._guard:
            account = broken.account
            if self._engines.get(account.id) is broken:
                await self._stop_engine(account.id)
                await self._start_engine(account, broken.keys)

    def opened(self, account: AccountId, conversation: RemoteId, order: RemoteId | None, number: str) -> None:
        """The person looks at a conversation."""

        def on_loop() -> None:
            self._looked[account] = (conversation, order, number)
            engine = self._engines.get(account)
            if engine is not None:
                engine.opened(conversation, order, number)

        self._thread.post(on_loop)

    def look_away(self, account: AccountId) -> None:
        """No conversation of this account is looked at any more."""

        def on_loop() -> None:
            self._looked.pop(account, None)
            engine = self._engines.get(account)
            if engine is not None:
                engine.look_away()

        self._thread.post(on_loop)

    def act(self, account: AccountId, action: Action) -> Future[Result]:
        """Do what the person asks for, now. Fails with NotDone or NotKnown."""
        return self._thread.ask(lambda: self._engine(account).act(action), action.kind.value)

    def find(self, account: AccountId, lookup: Lookup) -> Future[Result]:
        """Look something up at the server. Fails with NotDone."""
        return self._thread.ask(lambda: self._engine(account).find(lookup), "look up")

    def _engine(self, account: AccountId) -> Engine:
        engine = self._engines.get(account)
        if engine is None:
            raise NotDone(None, NoticeCode.OFFLINE.value)
        return engine

    def load_older(self, account: AccountId, conversation: RemoteId, before: Cursor, held: int) -> None:
        """Fetch a page of history before a cursor."""
        self._with_engine(account, lambda engine: engine.load_older(conversation, before, held))

    def load_whole(self, account: AccountId, conversation: RemoteId, wanted: bool) -> None:
        """Fetch all of a conversation in the background, or no longer."""
        self._with_engine(account, lambda engine: engine.load_whole(conversation, wanted=wanted))

    def typing(self, account: AccountId, conversation: RemoteId, text_changed: bool) -> None:
        """A key was typed, or the composer was left or emptied."""
        self._with_engine(account, lambda engine: engine.typing(conversation, text_changed=text_changed))

    def check_uncertain(self, outgoing: OutgoingId, account: AccountId) -> None:
        """Look now whether an uncertain item has arrived."""
        self._with_engine(account, lambda engine: engine.check_uncertain(outgoing))

    def refresh(self, account: AccountId) -> None:
        """Read the lists again now."""
        self._with_engine(account, lambda engine: engine.refresh())
