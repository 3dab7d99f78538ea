"""One account's engine: builds the parts of the sync room and connects them to each other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import msgspec

from chatdesk.domain.actions import Action, Lookup, Result
from chatdesk.domain.arrivals import Answer
from chatdesk.domain.changes import Commit, NoticeRaised, OutboxPut
from chatdesk.domain.entities import Account
from chatdesk.domain.errors import NotDone, WorldError
from chatdesk.domain.events import (
    Dropped,
    Event,
    IdentityKnown,
    MessageSeen,
    Noticed,
    PositionSeen,
    PresenceSeen,
    Stale,
    StoredEvent,
    TokensChanged,
    TypingSeen,
)
from chatdesk.domain.facts import AccountFacts, Facts, Learnt, Secrets
from chatdesk.domain.goals import Act, Goal, SignOut
from chatdesk.domain.ids import Cursor, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, Feature, NoticeCode, SignInState, Source
from chatdesk.domain.ordering import Stamp
from chatdesk.domain.ports import Adapter, Client, vault_key
from chatdesk.domain.steps import Call, Step
from chatdesk.sync import backfill, pump, whole_history
from chatdesk.sync.asking import Asking
from chatdesk.sync.exchange import Exchange, StepEnd
from chatdesk.sync.heads import Heads
from chatdesk.sync.inbox import Inbox
from chatdesk.sync.lanes import Lanes
from chatdesk.sync.liveness import Liveness
from chatdesk.sync.news import position_news
from chatdesk.sync.parts import Keys, Line, Parts, Surroundings
from chatdesk.sync.reconcile import Reconciler
from chatdesk.sync.runner import AskPerson, Runner
from chatdesk.sync.status import Status
from chatdesk.sync.supervisor import Hooks, Supervisor
from chatdesk.sync.tasks import Tasks
from chatdesk.sync.uploads import Uploads

log = logging.getLogger(__name__)

EPOCH_KEY = "engine.epoch"
"""Learnt fact of our own: stamps of a later run must be greater than those in the database."""
FOR_EVER_US = 2**62
SETTLE_MS = 1_000
"""How long a stop waits for answers to what is in flight, and for the store."""
SIGN_OUT_MS = 3_000
GREET_MS = 2_000
"""How long sends wait for the server to say what it offers."""
FAULT = "internal fault"


class Engine:
    """Keeps the store in step with one server. Lives on the network loop; every method is called there.

    keys: from a sign-in just done; None: the vault is asked.
    """

    def __init__(
        self,
        account: Account,
        adapter: Adapter,
        client: Client,
        around: Surroundings,
        *,
        keys: Keys | None = None,
    ) -> None:
        self.account = account
        self._adapter = adapter
        self._client = client
        self._store = around.store
        self._vault = around.vault
        self._announce = around.announce
        self._keys = keys
        self._status = Status(account.id, around.announce)
        self._tasks = Tasks(f"account {account.id}", self._fault)
        self._parts = Parts(account.id, adapter, client, around, self._tasks)
        self._capabilities = account.capabilities
        self._unlooked: Facts | None = None
        """Facts that may have changed the capabilities, and were not looked at yet."""
        self._heads = Heads()
        self._saving = asyncio.Lock()
        self._unsubscribe: Callable[[], None] | None = None
        self._greeting: asyncio.Task[object] | None = None
        self._started = False
        self._broken = False

    # -- its life

    async def start(self) -> None:
        """Take up the work where the last run left it. Raises StoreProblem if the store can't be read."""
        kept: Mapping[str, Learnt] = await asyncio.wrap_future(self._store.learnt(self.account.id))
        learnt = dict(kept)
        epoch = int(learnt.pop(EPOCH_KEY, Learnt("0", 0)).value) + 1
        self._keep_epoch(epoch)
        wanted_whole = learnt.pop(whole_history.KEY, None)
        left = await asyncio.wrap_future(self._store.restart(self.account.id))
        talks = await asyncio.wrap_future(self._store.known_conversations(self.account.id))
        if self._keys is None:
            self._keys = Keys(await self._vault.load(self._vault_key) or Secrets())
        known = self._account_facts(self._keys.secrets)
        facts = msgspec.structs.replace(self._adapter.facts(known, learnt), epoch=epoch, online=False)
        self._build(facts)
        self._pump.inherit(left, talks)
        self._whole.restore(wanted_whole)
        self._status.token_kept(self._keys.kept)
        self._note_capabilities(facts)
        self._unsubscribe = self._store.subscribe(self._commit_listener())
        self._started = True
        self._tasks.keep(self._exchange.run, "arrivals")
        self._tasks.keep(self._inbox.run, "inbox")
        self._tasks.keep(self._pump.run, "pump")
        self._tasks.keep(self._whole.run, "whole history")
        self._liveness.start()
        self._tasks.keep(self._supervisor.run, "supervisor")
        self._tasks.keep(self._supervisor.watch, "watch")

    def _build(self, facts: Facts) -> None:
        parts, adapter, clock = self._parts, self._adapter, self._parts.clock
        inbox = self._inbox = Inbox(parts.account, parts.store, clock, adapter.normalise)
        exchange = self._exchange = Exchange(adapter, self._client, clock, self._tasks, self, facts)
        runner = self._runner = Runner(adapter, exchange, Lanes(), clock)
        runner.on_step = self._step_ended
        hooks = Hooks(self._link_up, self._link_down, self._poll)
        self._supervisor = Supervisor(parts, runner, exchange, self._status, hooks)
        line = Line(self._usable, self._supervisor.ask_person)
        self._backfill = backfill.Backfill(parts, runner, exchange, inbox, self._status, line)
        self._liveness = Liveness(parts, runner, self._backfill.local_id)
        self._asking = Asking(runner, inbox, self._backfill, line)
        uploads = Uploads(parts, runner, line)
        self._reconciler = Reconciler(parts, runner, exchange, inbox, line, uploads)
        self._pump = pump.Pump(
            parts,
            runner,
            exchange,
            inbox,
            self._heads,
            reconciler=self._reconciler,
            uploads=uploads,
            ports=pump.Ports(
                Line(self._greeted, self._supervisor.ask_person),
                self._sends_per_minute,
                self._backfill.read_head,
                self._liveness.left,
            ),
        )

        self._whole = whole_history.WholeHistory(
            parts,
            runner,
            self._backfill,
            inbox,
            self._status,
            line=line,
            is_sending=lambda: self._pump.is_sending,
        )

    def _account_facts(self, secrets: Secrets) -> AccountFacts:
        of = self.account
        return AccountFacts(
            server_url=of.server_url,
            login=of.login,
            user_id=of.user_id,
            role=of.role,
            name=of.name,
            secrets=secrets,
            seat=of.seat,
            settings=of.settings,
        )

    def _commit_listener(self) -> Callable[[Commit], None]:
        """Wakes the pump from the store's thread, when something of ours is in the outbox."""
        loop, account = asyncio.get_running_loop(), self.account.id

        def on_commit(commit: Commit) -> None:
            for change in commit.changes:
                if isinstance(change, OutboxPut) and any(item.account_id == account for item in change.items):
                    loop.call_soon_threadsafe(self._pump.wake)
                    return

        return on_commit

    async def stop(self) -> None:
        """End: what is in flight gets a moment to hear its answer; what came in is committed."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._look_at_capabilities()
        if self._started and not self._broken:
            await self._pump.settle(SETTLE_MS)
            try:
                async with asyncio.timeout(SETTLE_MS / 1000):
                    await self._inbox.settled()
            except TimeoutError:
                log.warning("account %d: not everything that came in is committed", self.account.id)
        if self._started:
            self._whole.link_down()  # whoever looks on must not go on seeing it run
        await self._tasks.close()
        await self._client.close()
        self._status.connection(ConnectionState.OFF, reason=self._status.now.reason)
        self._status.close()

    async def sign_out(self) -> None:
        """Tell the server that the tokens are no longer wanted, if it can be reached, and forget them."""
        if self._started and self._usable():
            await self._runner.run(SignOut(), patience_ms=SIGN_OUT_MS)
        await self._vault.delete(self._vault_key)
        self._status.sign_in(SignInState.NEEDS_PASSWORD)

    @property
    def _vault_key(self) -> str:
        of = self.account
        return vault_key(of.server_url, of.platform, of.login, of.seat)

    def _fault(self, name: str, fatal: bool) -> None:
        """A task has died and was logged. Without an essential one the account stands still, and says so."""
        self._status.dropped("fault")
        if fatal and not self._broken:
            self._broken = True
            self._tasks.start(self._stand_still(), f"stand still after {name}")

    async def _stand_still(self) -> None:
        self._status.connection(ConnectionState.OFF, reason=FAULT)
        self._whole.link_down()
        await self._tasks.close()
        await self._client.close()

    @property
    def broken(self) -> bool:
        """An essential part has died for good: only a new engine helps."""
        return self._broken

    @property
    def keys(self) -> Keys | None:
        """The tokens as they are now, for the engine that replaces this one."""
        if not self._started or self._keys is None:
            return self._keys
        return Keys(self._exchange.facts.account.secrets, self._keys.keep, self._status.now.token_kept)

    # -- asked by the host

    def retry_now(self) -> None:
        """Connect at once."""
        if self._started:
            self._supervisor.retry_now()

    def shaken(self) -> None:
        """The system says that the machine has woken or the network is back: a hint to try now."""
        if self._started:
            self._supervisor.shaken()

    def opened(self, conversation: RemoteId, order: RemoteId | None, number: str) -> None:
        """The person looks at a conversation."""
        if self._started:
            self._backfill.opened(backfill.Looked(conversation, order, number))

    def look_away(self) -> None:
        """No conversation of this account is looked at any more."""
        if self._started:
            self._backfill.look_away()

    async def act(self, action: Action) -> Result:
        """Do what the person asks for, now. Raises NotDone or NotKnown."""
        if not self._started:
            raise NotDone(None, NoticeCode.OFFLINE.value)
        return await self._asking.act(action)

    async def find(self, lookup: Lookup) -> Result:
        """Look something up. Raises NotDone."""
        if not self._started:
            raise NotDone(None, NoticeCode.OFFLINE.value)
        return await self._asking.find(lookup)

    def load_older(self, conversation: RemoteId, before: Cursor, held: int) -> None:
        """Fetch a page of history."""
        if self._started:
            self._backfill.load_older(conversation, before, held)

    def load_whole(self, conversation: RemoteId, *, wanted: bool) -> None:
        """Fetch all of a conversation in the background, or no longer."""
        if not self._started:
            return
        if wanted:
            self._whole.want(conversation)
        else:
            self._whole.drop(conversation)

    def typing(self, conversation: RemoteId, *, text_changed: bool) -> None:
        """A key was typed, or the composer was left or emptied."""
        if self._started and self._exchange.online and self._capabilities.has(Feature.TYPING):
            if text_changed:
                self._liveness.key(conversation)
            else:
                self._liveness.left(conversation)

    def check_uncertain(self, outgoing: OutgoingId) -> None:
        """Look now whether an uncertain item has arrived."""
        if self._started:
            self._reconciler.check(outgoing)

    def refresh(self) -> None:
        """Read the lists again."""
        if self._started:
            self._backfill.stale(Stale())

    # -- Receiver: what the exchange learns

    async def take(self, events: tuple[Event, ...], stamp: Stamp) -> None:
        """Send each event where it belongs; waits while the store is behind."""
        if self._of_somebody_else(events):
            return
        stored: list[StoredEvent] = []
        for event in events:
            match event:
                case TypingSeen() | PresenceSeen():
                    self._liveness.event(event)
                case TokensChanged():
                    self._tasks.start(self._save_tokens(), "save token")
                case IdentityKnown():
                    pass  # looked at above
                case Noticed(code=code, detail=detail):
                    self._announce(NoticeRaised(self.account.id, code, detail))
                case Dropped(reason=reason):
                    self._status.dropped(reason)
                case Stale():
                    self._backfill.stale(event)
                case PositionSeen():
                    self._announce(position_news(self.account.id, event))
                case _:
                    stored.append(event)
                    if isinstance(event, MessageSeen):
                        self._message(event)
        if stored:
            told = tuple(stored)
            self._pump.heads_changed(caught_up=self._heads.note(told, stamp))
            self._backfill.note(told)
            await self._inbox.put(told, stamp)

    def facts_changed(self, before: Facts, after: Facts) -> None:
        """Keep what outlives the connection."""
        if after.learnt is not before.learnt:
            changed = {key: one for key, one in after.learnt.items() if before.learnt.get(key) != one}
            if changed:
                self._watch(self._store.put_learnt(self.account.id, changed), "learnt facts")
        if after.epoch != before.epoch:
            self._keep_epoch(after.epoch)
        self._pump.facts_changed()
        # In a burst the facts change with each packet, what works hardly ever: one look for all of them.
        if self._unlooked is None:
            asyncio.get_running_loop().call_soon(self._look_at_capabilities)
        self._unlooked = after

    def link_changed(self, online: bool) -> None:
        """The socket was accepted, or is gone."""
        self._supervisor.link_changed(online)

    def moved(self, goal: Goal, sent_bytes: int) -> None:
        """So much of a file has left."""
        if isinstance(goal.kind, Act):
            self._pump.uploads.moved(goal.kind.action, sent_bytes)

    def _message(self, event: MessageSeen) -> None:
        if event.source is Source.PUSH:
            self._liveness.message(event)
            if event.own:
                self._reconciler.echo(event.conversation, event.text)

    def _of_somebody_else(self, events: tuple[Event, ...]) -> bool:
        """Who we are comes from the account; what a server tells somebody else must not be stored here."""
        for event in events:
            if isinstance(event, IdentityKnown) and event.user_id != self.account.user_id:
                log.warning("account %d: the server takes us for somebody else", self.account.id)
                # The foreign token is forgotten; the vault was not told of it.
                self._exchange.put_account(self._account_facts(Secrets()))
                self._supervisor.refuse(AskPerson(NoticeCode.AUTH_REQUIRED))
                return True
        return False

    def _keep_epoch(self, epoch: int) -> None:
        learnt = {EPOCH_KEY: Learnt(str(epoch), FOR_EVER_US)}
        self._watch(self._store.put_learnt(self.account.id, learnt), "epoch")

    def _look_at_capabilities(self) -> None:
        facts, self._unlooked = self._unlooked, None
        if facts is not None:
            self._note_capabilities(facts)

    def _note_capabilities(self, facts: Facts) -> None:
        capabilities = self._adapter.capabilities(facts)
        if capabilities != self._capabilities:
            self._capabilities = capabilities
            self._watch(self._store.put_capabilities(self.account.id, capabilities), "capabilities")

    def _watch(self, future: Future[None], what: str) -> None:
        """A write that nobody waits for: the next one makes up for it, but the log should know."""

        def ended(done: Future[None]) -> None:
            exc = None if done.cancelled() else done.exception()
            if exc is not None:
                log.warning("account %d: %s not kept: %s", self.account.id, what, type(exc).__name__)

        future.add_done_callback(ended)

    async def _save_tokens(self) -> None:
        if self._keys is None or not self._keys.keep:
            return
        async with self._saving:
            kept = await self._vault.save(self._vault_key, self._exchange.facts.account.secrets)
        self._status.token_kept(kept)

    # -- the link

    def _usable(self) -> bool:
        return self._supervisor.usable

    def _greeted(self) -> bool:
        """Sends may go: the server was asked what it offers, or had the time to answer."""
        return self._greeting is not None and self._greeting.done() and self._supervisor.usable

    def _sends_per_minute(self) -> int | None:
        given = self._adapter.limits.sends_per_minute
        return self._capabilities.sends_per_minute if given is None else given

    def _link_up(self) -> None:
        if self._greeting is not None:
            self._greeting.cancel()
        self._greeting = self._tasks.start(self._greet(), "greet")

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(GREET_MS / 1000):
                await self._backfill.greet()
        except TimeoutError:
            log.info("account %d: the server takes long to say what it offers", self.account.id)
        self._tasks.start(self._begin(), "begin")

    async def _begin(self) -> None:
        """After the greeting has ended, so that whoever asks sees it done."""
        self._pump.link_up()
        self._backfill.link_up()
        self._whole.link_up()
        self._reconciler.link_changed()

    def _link_down(self) -> None:
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None
        self._heads.forget(self._exchange.now)
        self._backfill.link_down()
        self._whole.link_down()
        self._liveness.link_lost()
        self._reconciler.link_changed()
        self._pump.wake()

    async def _poll(self) -> None:
        try:
            await self._backfill.poll()
        except WorldError as exc:
            log.warning("account %d: polling: %s", self.account.id, type(exc).__name__)

    def _step_ended(self, step: Step, end: StepEnd) -> None:
        if isinstance(step, Call) and step.file is None and isinstance(end.by, Answer):
            self._status.latency(end.took_ms)
