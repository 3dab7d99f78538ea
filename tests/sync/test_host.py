"""All engines behind one thread, asked from other threads, in real time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatdesk.domain.changes import AccountStatus, News
from chatdesk.domain.desk import Engines, SignedIn, SignInRequest
from chatdesk.domain.errors import DiskTrouble, NotPossible, SignInRefused
from chatdesk.domain.ids import AccountId, OutgoingId, RemoteId
from chatdesk.domain.kinds import ConnectionState, NoticeCode, Platform, SignInState
from chatdesk.domain.ports import Adapter, Client, Limits, PlatformPlugin, SignInForm
from chatdesk.store import Store
from chatdesk.sync.clock import SystemClock
from chatdesk.sync.host import EngineHost
from tests.conftest import AllowLog
from tests.sync.toy.adapter import ToyAdapter
from tests.sync.toy.server import ToyClient, ToyServer
from tests.sync.world import ROOM, MemoryVault

URL = "https://toy.example"


def wait_for(condition: Callable[[], object], within_s: float = 10.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.005)


NO_FORM = SignInForm()


class Shop:
    """A host over a real store, with a toy server that lives on the host's loop."""

    def __init__(self, folder: Path) -> None:
        self.store = Store.open(folder)
        self.server = ToyServer(SystemClock())
        self.server.add_room(ROOM, "hello")
        self.vault = MemoryVault()
        self.clients: list[tuple[str, str]] = []
        self.loaded_on: list[str] = []
        self.hosts: list[EngineHost] = []
        self.news: list[News] = []
        self.host = self.new_host()

    def new_host(self, form: SignInForm = NO_FORM) -> EngineHost:
        def make_client(server_url: str, limits: Limits) -> Client:
            self.clients.append((server_url, threading.current_thread().name))
            return ToyClient(self.server)

        def load() -> Adapter:
            self.loaded_on.append(threading.current_thread().name)
            return ToyAdapter()

        plugin = PlatformPlugin(
            platform=Platform.DISPATCHER,
            title="Toy",
            default_port=1,
            load=load,
            make_client=make_client,
            sign_in=form,
        )
        self.host = EngineHost(self.store, {Platform.DISPATCHER: plugin}, self.vault)
        self.host.subscribe_news(self.news.append)
        self.hosts.append(self.host)
        return self.host

    def close(self) -> None:
        for host in self.hosts:
            host.stop()
        self.store.close()

    def sign_in(self, password: str = "right", *, keep: bool = True, role: str = "") -> Future[SignedIn]:
        request = SignInRequest(
            platform=Platform.DISPATCHER,
            server_url=URL,
            login="me@shop.example",
            password=password,
            keep_token=keep,
            role=role,
        )
        return self.engines.sign_in(request)

    @property
    def engines(self) -> Engines:
        """As services see the host."""
        return self.host

    def status(self, account: AccountId) -> AccountStatus | None:
        found = (n for n in reversed(self.news) if isinstance(n, AccountStatus) and n.account_id == account)
        return next(found, None)

    def is_online(self, account: AccountId) -> bool:
        status = self.status(account)
        return status is not None and status.connection is ConnectionState.ONLINE

    def send(self, text: str) -> None:
        (conversation,) = self.store.conversations().result(5).rows
        with_reader = self.store.reader()
        version = with_reader.draft(conversation.id).version
        with_reader.close()
        self.store.press_send(conversation.id, version, text).result(5)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    one = Shop(tmp_path)
    yield one
    one.close()


def test_from_sign_in_to_a_sent_message(shop: Shop) -> None:
    """Signing in makes the account, keeps its token, starts its engine; what is pressed then arrives."""
    shop.host.start()
    signed_in = shop.sign_in().result(10)
    account = signed_in.account
    assert signed_in.token_kept
    assert (account.user_id, account.role, account.name) == ("me", "seller", "Me")
    wait_for(lambda: shop.is_online(account.id))
    wait_for(lambda: shop.store.conversations().result(5).rows)
    shop.send("on my way")
    wait_for(lambda: shop.server.texts(ROOM) == ["on my way"])
    wait_for(lambda: not shop.store.outbox().result(5).rows)
    assert shop.host.sign_in_state(account.id) is SignInState.OK
    assert {thread for _, thread in shop.clients} == {"chatdesk-network"}
    assert shop.loaded_on == ["chatdesk-network"]


def test_two_roles_of_one_person_are_two_accounts_and_a_code_finds_its_own(shop: Shop) -> None:
    """Where a login has roles, each is an account with its own tokens; without one the server says."""
    host = shop.new_host(SignInForm(roles=(("seller", "seller"), ("buyer", "buyer"))))
    host.start()
    seller = shop.sign_in(role="seller").result(10).account
    buyer = shop.sign_in(role="buyer").result(10).account
    unnamed = shop.sign_in().result(10).account
    assert (seller.seat, buyer.seat) == ("seller", "buyer")
    assert seller.id != buyer.id
    assert unnamed.id == seller.id, "the server has said that it is the seller"
    assert len(shop.vault.kept) == 2


def test_a_code_is_asked_for_in_the_name_of_a_phone(shop: Shop) -> None:
    """Asking for a one-time code needs no account; a number that the server does not know is refused."""
    shop.host.start()
    shop.host.ask_for_otp(Platform.DISPATCHER, URL, "+100200300").result(10)
    assert shop.server.codes == ["+100200300"]
    with pytest.raises(SignInRefused):
        shop.host.ask_for_otp(Platform.DISPATCHER, URL, "").result(10)


def test_a_wrong_password_is_refused_in_the_servers_words(shop: Shop) -> None:
    """A refused sign-in carries the reason, makes no account and keeps no token."""
    shop.host.start()
    with pytest.raises(SignInRefused) as refused:
        shop.sign_in("wrong").result(10)
    assert (refused.value.code, refused.value.server_words) == (NoticeCode.AUTH_FAILED, "wrong password")
    assert not shop.store.accounts().result(5).rows
    assert not shop.vault.kept


def test_an_unreachable_server_refuses_as_offline(shop: Shop) -> None:
    """When nobody answers, the sign-in says that it is the network, not the password."""
    shop.server.down = True
    shop.host.start()
    with pytest.raises(SignInRefused) as refused:
        shop.sign_in().result(10)
    assert refused.value.code is NoticeCode.OFFLINE


def test_the_next_start_needs_no_password(shop: Shop) -> None:
    """A kept token is found in the vault by the next run, which connects by itself."""
    shop.host.start()
    account = shop.sign_in().result(10).account
    wait_for(lambda: shop.is_online(account.id))
    shop.host.stop()
    shop.news.clear()
    shop.new_host().start()
    wait_for(lambda: shop.is_online(account.id))


def test_a_token_that_must_not_be_kept_is_not(shop: Shop) -> None:
    """Without 'keep me signed in' the vault stays empty and the status says so; the next start asks."""
    shop.host.start()
    signed_in = shop.sign_in(keep=False).result(10)
    wait_for(lambda: shop.is_online(signed_in.account.id))
    assert not signed_in.token_kept
    assert not shop.vault.kept
    status = shop.status(signed_in.account.id)
    assert status is not None
    assert not status.token_kept
    shop.host.stop()
    shop.new_host().start()
    wait_for(lambda: shop.host.sign_in_state(signed_in.account.id) is SignInState.NEEDS_PASSWORD)


def test_signing_out_forgets_the_token_and_tells_the_server(shop: Shop) -> None:
    """After signing out the vault is empty, the server was told, and nothing connects."""
    shop.host.start()
    account = shop.sign_in().result(10).account
    wait_for(lambda: shop.is_online(account.id))
    shop.host.sign_out(account.id).result(10)
    assert not shop.vault.kept
    assert shop.server.seen["logout"] == 1
    status = shop.status(account.id)
    assert status is not None
    assert (status.connection, status.sign_in) == (ConnectionState.OFF, SignInState.NEEDS_PASSWORD)
    assert not shop.server.links


def test_signing_in_again_lets_the_queue_go(shop: Shop) -> None:
    """What was pressed while the token was void leaves after the password; the account is the same."""
    shop.host.start()
    account = shop.sign_in().result(10).account
    wait_for(lambda: shop.store.conversations().result(5).rows)
    shop.server.tokens.clear()
    shop.server.refreshable = False
    shop.host._thread.post(shop.server.cut_all)
    wait_for(lambda: shop.host.sign_in_state(account.id) is SignInState.NEEDS_PASSWORD)
    shop.send("later")
    again = shop.sign_in().result(10).account
    assert again.id == account.id
    wait_for(lambda: shop.server.texts(ROOM) == ["later"])
    assert shop.host.sign_in_state(account.id) is SignInState.OK


def test_the_connection_test_says_what_is_wrong(shop: Shop) -> None:
    """A server is reachable, unreachable, or something else than was thought; with its latency."""
    shop.host.start()
    check = shop.host.check_server(Platform.DISPATCHER, URL).result(10)
    assert (check.reachable, check.problem) == (True, "")
    assert check.latency_ms is not None
    shop.server.down = True
    check = shop.host.check_server(Platform.DISPATCHER, URL).result(10)
    assert (check.reachable, check.problem) == (False, "unreachable")
    shop.server.down = False
    shop.server.is_toy = False
    check = shop.host.check_server(Platform.DISPATCHER, URL).result(10)
    assert (check.reachable, check.problem) == (True, "not_this_platform")
    with pytest.raises(NotPossible):
        shop.host.check_server(Platform.OMW, URL).result(10)


def test_what_is_asked_before_the_start_is_answered_after_it(shop: Shop) -> None:
    """The window may ask before the network runs: the answers come, and the open conversation is known."""
    signing_in = shop.sign_in()
    shop.host.opened(AccountId(1), RemoteId(ROOM), RemoteId(ROOM), f"N-{ROOM}")
    time.sleep(0.02)
    assert not signing_in.done()
    shop.host.start()
    assert signing_in.result(10).account.id == 1
    wait_for(lambda: shop.server.seen["order"])  # the order of what the person looks at was read


def test_after_the_stop_everything_is_refused(shop: Shop) -> None:
    """A stopped host answers with NotPossible at once, and its thread is gone."""
    shop.host.start()
    account = shop.sign_in().result(10).account
    wait_for(lambda: shop.is_online(account.id))
    shop.host.stop()
    assert "chatdesk-network" not in {thread.name for thread in threading.enumerate()}
    status = shop.status(account.id)
    assert status is not None
    assert status.connection is ConnectionState.OFF
    with pytest.raises(NotPossible):
        shop.sign_in().result(1)
    shop.host.retry_now()
    shop.host.stop()


def test_a_host_that_never_started_stops_too(shop: Shop) -> None:
    """What waits for a start that never comes fails instead of hanging."""
    signing_in = shop.sign_in()
    shop.host.stop()
    with pytest.raises(NotPossible):
        signing_in.result(1)


def test_a_stop_ends_a_sign_in_that_hangs(shop: Shop) -> None:
    """A question under way at the stop fails at once, whatever the server does."""
    shop.server.hang_login = True
    shop.host.start()
    signing_in = shop.sign_in()
    wait_for(lambda: shop.server.seen["login"])
    begun = time.monotonic()
    shop.host.stop()
    assert time.monotonic() - begun < 10
    with pytest.raises(NotPossible):
        signing_in.result(1)


def test_a_cancelled_sign_in_is_dropped(shop: Shop) -> None:
    """Closing the dialog cancels the question; the host goes on."""
    shop.server.hang_login = True
    shop.host.start()
    signing_in = shop.sign_in()
    wait_for(lambda: shop.server.seen["login"])
    assert signing_in.cancel()
    shop.server.hang_login = False
    assert shop.sign_in().result(10).account.id == 1


def test_a_listener_that_fails_harms_nobody(shop: Shop, allow_log: AllowLog) -> None:
    """News reach the other listeners, and the engine lives on."""
    seen = allow_log("ERROR chatdesk.sync.host: a listener of news failed: ZeroDivisionError")

    def fails(_news: News) -> None:
        raise ZeroDivisionError

    end = shop.host.subscribe_news(fails)
    shop.host.start()
    account = shop.sign_in().result(10).account
    wait_for(lambda: shop.is_online(account.id))
    assert seen
    end()


def test_one_account_that_can_not_start_says_so(shop: Shop, allow_log: AllowLog) -> None:
    """An engine that fails to start is off with a reason; the host lives, and the next sign-in mends it."""
    allow_log("ERROR chatdesk.sync.host: account 1: the engine did not start: ZeroDivisionError")
    shop.host.start()
    account = shop.sign_in().result(10).account
    shop.host.stop()

    async def fails(_key: str) -> None:
        raise ZeroDivisionError

    shop.vault.load = fails  # type: ignore[assignment, method-assign]
    shop.new_host().start()
    wait_for(lambda: (status := shop.status(account.id)) and status.reason == "internal fault")
    del shop.vault.load
    shop.sign_in().result(10)
    wait_for(lambda: shop.is_online(account.id))


def customer_asks(shop: Shop) -> None:
    shop.server.customer_says(ROOM, "hello?")


def test_an_engine_is_started_later_where_the_disk_fails(shop: Shop, allow_log: AllowLog) -> None:
    """A disk that fails as the program starts costs seconds, not the accounts: they come by themselves."""
    shop.host.start()
    account = shop.sign_in().result(10).account
    shop.host.stop()
    seen = allow_log("WARNING chatdesk.sync.host")
    before = len(shop.news)
    store = shop.store = _Failing(shop.store, accounts=1, learnt=1, account=1, restart=1)  # type: ignore[assignment]
    host = shop.new_host()
    host.start()
    wait_for(lambda: any(shop.is_online(account.id) for _one in shop.news[before:]))
    assert not any(store.left.values())
    assert len(seen) == 3
    told = [one.connection for one in shop.news[before:] if isinstance(one, AccountStatus)]
    assert ConnectionState.OFFLINE in told


class _Failing:
    """A store of which some first reads and writes fail: so many by method."""

    def __init__(self, real: Store, **left: int) -> None:
        self._real = real
        self.left = left

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)

        def call(*args: Any) -> Any:
            if self.left.get(name, 0):
                self.left[name] -= 1
                failed: Future[None] = Future()
                failed.set_exception(DiskTrouble("full"))
                return failed
            return real(*args)

        return call if name in self.left else real


def test_retry_replaces_an_engine_that_stands_still(shop: Shop, allow_log: AllowLog) -> None:
    """After a fault of ours has stopped an account, Retry builds its engine anew with the same token."""
    allow_log("ERROR chatdesk.sync.tasks: account 1: inbox died")
    shop.host.start()
    account = shop.sign_in(keep=False).result(10).account
    wait_for(lambda: shop.store.conversations().result(5).rows)
    engine = shop.host._engines[account.id]

    async def dies() -> None:
        raise ZeroDivisionError

    engine._inbox._apply_next = dies  # type: ignore[method-assign]
    wait_for(lambda: shop.server.links and shop.server.links[0].entered)
    shop.host._thread.post(partial(customer_asks, shop))
    wait_for(lambda: engine.broken)
    shop.host.retry_now(account.id)
    wait_for(lambda: shop.is_online(account.id) and shop.host._engines[account.id] is not engine)

    def last() -> str:
        (conversation,) = shop.store.conversations().result(5).rows
        return conversation.last.text if conversation.last is not None else ""

    wait_for(lambda: last() == "hello?")


def test_what_the_window_asks_reaches_the_engine(shop: Shop) -> None:
    """Typing, older pages, a check and a refresh asked from another thread arrive at the server."""
    for number in range(8):
        shop.server.store(ROOM, "customer", f"line {number}")
    shop.host.start()
    account = shop.sign_in().result(10).account
    wait_for(lambda: shop.is_online(account.id))
    wait_for(lambda: shop.server.links and shop.server.links[0].entered)
    shop.host.typing(account.id, RemoteId(ROOM), True)
    shop.host.typing(account.id, RemoteId(ROOM), False)
    wait_for(lambda: shop.server.typed == [(ROOM, True), (ROOM, False)])
    (conversation,) = shop.store.conversations().result(5).rows
    reader = shop.store.reader()
    wait_for(lambda: reader.newest_page(conversation.id).messages)
    oldest = reader.newest_page(conversation.id).messages[0]
    shop.host.load_older(account.id, RemoteId(ROOM), oldest.cursor, 5)
    wait_for(lambda: len(reader.newest_page(conversation.id).messages) == 9)
    reader.close()
    rooms_read = shop.server.seen["rooms"]
    shop.host.check_uncertain(OutgoingId("none"), account.id)
    shop.host.refresh(account.id)
    wait_for(lambda: shop.server.seen["rooms"] > rooms_read)


def test_whoever_subscribes_late_hears_how_things_stand(shop: Shop) -> None:
    """A new listener is told the present status of every account first."""
    shop.host.start()
    account = shop.sign_in().result(10).account
    wait_for(lambda: shop.is_online(account.id))
    heard: list[News] = []
    shop.host.subscribe_news(heard.append)
    wait_for(lambda: heard)
    assert isinstance(heard[0], AccountStatus)
    assert heard[0].connection is ConnectionState.ONLINE
