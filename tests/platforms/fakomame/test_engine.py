"""The real engine and store on virtual time, over a small Fakomame server with this platform's faults."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chatdesk.domain.actions import Action, ActionKind, FindKind, Lookup
from chatdesk.domain.facts import Secrets
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Lifecycle, ParkReason, SignInState
from tests.conftest import AllowLog
from tests.platforms.fakomame.paper import CHAT, CHAT_2, STRANGER, package
from tests.platforms.fakomame.shop import Shop
from tests.sync.virtual import run_virtual, until

ACCEPTED = DeliveryState.ACCEPTED
HELLO = ["hello", "are you there?"]


async def own(shop: Shop) -> list[tuple[str, DeliveryState]]:
    return [(one.text, one.state) for one in await shop.messages() if one.own]


def test_a_text_goes_out_after_a_join_and_is_confirmed_by_its_echo(tmp_path: Path) -> None:
    """Who we are is asked first, the chat is joined, and only then the text goes, once."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            assert await shop.texts() == HELLO
            await shop.settled(await shop.press("on my way"))
            assert shop.server.texts(CHAT) == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            events = [event for event, _ in shop.server.heard]
            assert events.index("chat:join") < events.index("message:send")
            assert shop.server.seen["message:send"] == 1
            assert shop.server.seen["GET /auth/me"] == 1
            assert shop.server.strangers == 0

    run_virtual(story())


def test_a_burst_goes_one_by_one_in_the_order_of_pressing(tmp_path: Path) -> None:
    """Ten texts pressed at once, in two chats: never two under way, and each once, in order."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.add(CHAT_2, "and me?")
        async with shop:
            texts = [f"text {number}" for number in range(10)]
            items = [await shop.press(text, (CHAT, CHAT_2)[number % 2]) for number, text in enumerate(texts)]
            await shop.settled(*items)
            assert shop.server.most_in_flight == 1
            assert shop.server.texts(CHAT) == texts[::2]
            assert shop.server.texts(CHAT_2) == texts[1::2]

    run_virtual(story())


def test_every_chat_is_joined_again_on_every_connection(tmp_path: Path) -> None:
    """After a loss of the link all rooms are gone: they are joined again, and what was missed is read."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.add(CHAT_2, "and me?")
        async with shop:
            assert shop.server.rooms == {CHAT, CHAT_2}
            shop.server.cut()
            shop.server.store(CHAT, "x", "said meanwhile")
            await until(lambda: shop.server.rooms == {CHAT, CHAT_2}, what="both rooms")
            shop.server.says(CHAT, "and now")
            await asyncio.sleep(2)
            assert await shop.texts() == [*HELLO, "said meanwhile", "and now"]

    run_virtual(story())


def test_an_echo_that_is_lost_is_found_in_the_history(tmp_path: Path) -> None:
    """No echo in 10 s: the pages are read, the text is there, and it is not sent a second time."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.lost_echoes = 1
            await shop.settled(await shop.press("on my way"))
            assert shop.server.texts(CHAT) == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert shop.server.seen["message:send"] == 1

    run_virtual(story())


def test_a_send_that_failed_is_repeated_once_after_a_complete_look(tmp_path: Path) -> None:
    """`Failed to send message` proves nothing: after the quiet time the history does."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.errors = ["Failed to send message"]
            took_ms = await shop.settled(await shop.press("on my way"))
            assert shop.server.texts(CHAT) == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert took_ms >= 10_000

    run_virtual(story())


def test_a_failure_that_had_stored_the_text_is_found(tmp_path: Path) -> None:
    """The server says that it failed, but the text is in the history: it is not sent a second time."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.errors = ["stored Failed to send message"]
            await shop.settled(await shop.press("on my way"))
            assert shop.server.texts(CHAT) == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert shop.server.seen["message:send"] == 1

    run_virtual(story())


def test_what_is_sent_by_rest_is_found_beside_a_healthy_socket(tmp_path: Path) -> None:
    """The platform's own page sends by REST, which no socket hears of: within a minute it is here."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.store(CHAT, "x", "from the page")
            await asyncio.sleep(60)
            assert await shop.texts() == [*HELLO, "from the page"]
            assert shop.status.connection is ConnectionState.ONLINE

    run_virtual(story())


def test_without_a_socket_server_everything_goes_by_rest(tmp_path: Path) -> None:
    """A server without a socket is a normal one: polled, written to, and no failure of the sign-in."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.socket = False
        async with shop:
            assert shop.status.connection is ConnectionState.POLLING
            assert shop.status.sign_in is SignInState.OK
            shop.server.store(CHAT, "x", "still there?")
            await shop.settled(await shop.press("on my way"))
            await asyncio.sleep(60)
            assert await shop.texts() == [*HELLO, "still there?", "on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]
            assert shop.server.seen["message:send"] == 0

    run_virtual(story())


def test_a_chat_that_is_too_heavy_to_join_brings_nothing_else_down(tmp_path: Path) -> None:
    """Its files are more than a link takes: after two tries it goes by requests, and the others by socket."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.add(CHAT_2, "and me?")
        shop.server.heavy.add(CHAT_2)
        async with shop:
            await until(lambda: shop.server.rooms == {CHAT}, what="the other room")
            await asyncio.sleep(60)
            assert shop.status.connection is ConnectionState.ONLINE
            joins = [args["chatId"] for event, args in shop.server.heard if event == "chat:join"]
            assert joins.count(CHAT_2) == 2
            items = [await shop.press("light", CHAT), await shop.press("heavy", CHAT_2)]
            await shop.settled(*items)
            assert shop.server.seen["message:send"] == 1
            shop.server.store(CHAT_2, "x", "still here")
            await asyncio.sleep(60)
            assert await shop.texts(CHAT_2) == ["and me?", "heavy", "still here"]

    run_virtual(story())


def test_withdrawn_access_parks_what_was_pressed(tmp_path: Path) -> None:
    """Access denied: the text is safe, and the chat is read-only with the reason."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.denied.add(CHAT)
            item = await shop.press("too late")
            await asyncio.sleep(5)
            kept = await shop.item(item.id)
            assert kept is not None
            assert (kept.state, kept.parked) == (DeliveryState.PARKED, ParkReason.FORBIDDEN)
            assert kept.text == "too late"
            assert (await shop.conversation()).lifecycle is Lifecycle.READ_ONLY

    run_virtual(story())


def test_a_package_is_found_and_talked_about(tmp_path: Path) -> None:
    """A look-up, a chat with the one who sends it, and a first text: each through the engine."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            theirs = package("cmwootheirs00000000000001", STRANGER, title="Spare phone")
            shop.server.packages["cmwootheirs00000000000001"] = theirs
            result = await shop.engine.find(Lookup(kind=FindKind.PACKAGE, words="phone"))
            (hit,) = [one for one in result.hits if one.title == "Spare phone"]
            action = Action(
                kind=ActionKind.START_CHAT, order=hit.remote_id, order_kind=hit.order_kind, person=hit.person
            )
            chat = (await shop.engine.act(action)).conversation
            assert chat is not None
            await shop.settled(await shop.press("is it still there?", chat))
            assert shop.server.texts(chat) == ["is it still there?"]
            assert (await shop.conversation(chat)).order_id is not None
            await shop.engine.act(Action(kind=ActionKind.LEAVE_CHAT, conversation=CHAT))
            assert CHAT not in shop.server.rooms

    run_virtual(story())


def test_a_token_that_ends_is_renewed_by_cookie(tmp_path: Path) -> None:
    """The access token is replaced before it ends; nobody is asked for a password."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.life_s = 240
        async with shop:
            before = set(shop.server.access)
            await until(lambda: shop.server.access - before, within_ms=240_000, what="a new token")
            shop.server.access -= before
            shop.server.cut()
            await shop.settled(await shop.press("still here"))
            assert shop.status.sign_in is SignInState.OK
            assert shop.server.strangers == 0

    run_virtual(story())


def test_a_void_token_asks_for_the_password(tmp_path: Path) -> None:
    """Neither token is good any more: requests are answered 500, and `/auth/me` says why."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.access.clear()
            shop.server.refresh.clear()
            shop.server.cut()
            await until(lambda: shop.status.sign_in is SignInState.NEEDS_PASSWORD, what="the question")

    run_virtual(story())


def test_a_server_that_takes_us_for_somebody_else_is_not_used(tmp_path: Path, allow_log: AllowLog) -> None:
    """After a restart `/auth/me` names another account: nothing of theirs is stored, the person is asked."""
    warned = allow_log("WARNING chatdesk.sync.engine: account 1: the server takes us for somebody else")

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.me = STRANGER
            await shop.engine.stop()
            shop.server.store(CHAT, "x", "for somebody else")
            shop.vault.kept[shop.vault_key] = Secrets(shop.server.token(), "")
            await shop.start_engine()
            await until(lambda: shop.status.sign_in is SignInState.NEEDS_PASSWORD, what="the question")
            await asyncio.sleep(60)
            assert await shop.texts() == HELLO
            assert shop.server.link is None

    run_virtual(story())
    assert warned


def test_an_account_that_is_switched_off_is_told_in_words(tmp_path: Path) -> None:
    """The connection that stands goes on; the next handshake is refused, and that is the end."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.refuses = ["User not found or inactive"] * 9
            shop.server.cut()
            await until(lambda: shop.status.sign_in is SignInState.REFUSED, what="the refusal")
            assert shop.status.reason == "User not found or inactive"

    run_virtual(story())


def test_a_handshake_refused_for_want_of_a_database_is_tried_again(tmp_path: Path) -> None:
    """`Invalid authentication token` with a good token: `/auth/me` knows it, a later try comes through."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.refuses = ["Invalid authentication token"] * 2
            shop.server.cut()
            await until(lambda: shop.server.link is not None, what="the link again")
            await until(lambda: shop.status.connection is ConnectionState.ONLINE, what="online")
            assert shop.status.sign_in is SignInState.OK

    run_virtual(story())
