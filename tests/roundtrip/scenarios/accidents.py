"""What goes wrong at all platforms at once: servers go away, tokens end, sockets are refused."""

from __future__ import annotations

import asyncio
import time

from chatdesk.domain.entities import Conversation
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import Assurance, ConnectionState, DeliveryState, Lifecycle, Platform, SignInState
from chatdesk.server.demo.seats import SEATS
from tests.roundtrip.deaf import deaf_before
from tests.roundtrip.post import SETTLED, Post, until
from tests.roundtrip.servers import line
from tests.roundtrip.stage import Party, Place, Stage

KEPT = "SELECT client_id, extras FROM messages WHERE text = ?"
RENEWED = frozenset({"dispatcher", "fakomame"})
"""Platforms whose tokens are renewed without the person."""


async def servers_go_away_and_come_back(stage: Stage) -> None:
    """Written while they are away, on both sides; the desk's program is even quit and started meanwhile.

    Afterwards everything has arrived once, in the order of pressing, and both are caught up.
    """
    places = await stage.places()
    stage.servers.stop()
    pressed: dict[str, tuple[str, list[str]]] = {}
    for place in places:
        for party in (place.ours, place.theirs):
            await party.post.left(party.id)
        first = place.words("")
        texts = [f"{first}written {word}" for word in ("offline", "in the dark", "before the restart")]
        pressed[place.platform] = (first, texts)
        for text in texts[:2]:
            await place.ours.say(text)
        await place.theirs.say(f"{first}theirs")
        await place.ours.say(texts[2])
    for place in places:
        outbox = await place.ours.post.outbox(place.ours.id)
        waiting = [one.state for one in outbox if one.text in pressed[place.platform][1]]
        assert waiting == [DeliveryState.QUEUED] * 3
    stage.ours.close()
    stage.ours.start()
    for place in places:
        shown = place.ours.post.messages(place.ours.talk)
        held = [one.state for one in shown if one.text in pressed[place.platform][1]]
        assert held == [DeliveryState.QUEUED] * 3, "what was pressed outlives the program"
    stage.servers.start()
    for post in (stage.ours, stage.theirs):
        post.desk.retry_now()
    for place in places:
        for party in (place.ours, place.theirs):
            await party.reached()
            party.open()
            if not place.stores:
                await _send_anyway(party)
    for place in places:
        first, texts = pressed[place.platform]
        for text in texts:
            await place.ours.settled(text)
        await place.theirs.settled(f"{first}theirs")
        if place.stores:
            await _exactly_once(place, first, texts)


async def _exactly_once(place: Place, first: str, texts: list[str]) -> None:
    """On the server and on both screens: ours in their order, theirs somewhere between."""
    stored = place.servers.texts(place.platform, first)
    assert sorted(stored) == sorted([*texts, f"{first}theirs"])
    for text in texts:
        await _read(place.theirs, place.theirs.talk, text)
    await _read(place.ours, place.ours.talk, f"{first}theirs")
    for party in (place.ours, place.theirs):
        assert party.texts(first) == stored
    assert [text for text in stored if text in texts] == texts


async def _send_anyway(party: Party) -> None:
    """Nothing is stored here: what waits for the other side to be there goes when the person says so."""

    async def gone() -> bool:
        left = await party.post.outbox(party.id)
        for item in left:
            if item.state is DeliveryState.QUEUED and item.detail == "recipient_away":
                await party.post.desk.retry(item.id)
        return not left

    await until(gone, "everything handed over")


async def tokens_end_in_the_middle(stage: Stage, ttl_s: int) -> None:
    """Where tokens are renewed nobody notices; elsewhere the person is asked, and the text waits unharmed."""
    desk: dict[str, tuple[Party, ConversationId]] = {}
    for platform, url in ((name, stage.servers.url_of(name)) for name in stage.servers.ports):
        seat = SEATS[platform]
        # Where a person who is remembered stays signed in for longer, this one is not.
        account = await stage.ours.sign_in(Platform(platform), url, seat.desk, seat.role, keep_token=False)
        party = Party(stage.ours, account)
        await party.reached()
        party.talk = (await _any_talk(stage, platform, party)).id
        party.open()
        desk[platform] = (party, party.talk)
    over_at = time.monotonic() + ttl_s + 1
    await until(lambda: time.monotonic() > over_at, "the end of every token", ttl_s + 5)
    for platform, (party, talk) in desk.items():
        text = f"{stage.variant}/{platform}: after the end of the token"
        party.refresh()
        if platform not in RENEWED:
            await _person_is_asked(party, platform)
        await party.say(text)
        if platform not in RENEWED:
            message = stage.ours.message(talk, text)
            assert message is not None
            assert message.state is DeliveryState.QUEUED
            seat = SEATS[platform]
            url = stage.servers.url_of(platform)
            again = await stage.ours.sign_in(Platform(platform), url, seat.desk, seat.role)
            assert again.id == party.id
            if not await _is_stored(stage, platform):
                await _send_anyway(party)
        await party.settled(text)
        if await _is_stored(stage, platform):
            assert stage.servers.texts(platform, text) == [text]
        assert party.status.sign_in is SignInState.OK


async def _person_is_asked(party: Party, platform: str) -> None:
    def asked() -> bool:
        party.refresh()
        party.open()
        return party.status.sign_in is SignInState.NEEDS_PASSWORD

    await until(asked, f"{platform}: that the person is asked")


async def _is_stored(stage: Stage, platform: str) -> bool:
    return platform != "marketplace" or stage.variant == "promised"


async def _any_talk(stage: Stage, platform: str, party: Party) -> Conversation:
    rows = [one for one in await party.conversations() if one.lifecycle is Lifecycle.OPEN]
    if rows:
        return max(rows, key=lambda one: one.activity_at_us)
    email = SEATS[platform].customers[0]
    ((user,),) = stage.servers.rows("SELECT id FROM users WHERE platform = ? AND email = ?", platform, email)
    talk = await party.start_chat(person=user)
    return party.post.row(talk)


async def without_a_socket(stage: Stage) -> None:
    """The second customer can have no socket: its chatdesk polls, says so, writes and reads all the same."""
    with deaf_before(stage.servers.ports) as deaf:
        post = Post(stage.folder / "deaf")
        try:
            for place in await stage.places():
                await _polls(place, post, deaf.url_of(place.platform))
        finally:
            post.close()


async def _polls(place: Place, post: Post, url: str) -> None:
    seat = place.seat
    account = await post.sign_in(place.kind, url, seat.customers[1], seat.customer_role)
    party = Party(post, account)
    await until(
        lambda: post.connection(account.id) is ConnectionState.POLLING, f"{place.platform} polling", 20
    )
    if not place.stores:
        await _waits_for_a_socket(place, party)
        return
    newest = line(129)

    async def long_talk(of: Party) -> ConversationId | None:
        for row in await of.conversations():
            of.open(row.id)
            if newest in of.post.texts(row.id, "line "):
                return row.id
        return None

    party.talk = await until(lambda: long_talk(party), f"{place.platform}: the long talk")
    here = await until(lambda: long_talk(place.ours), "the same at the desk")
    text = place.words("by request then")
    message = await party.said(text)
    assert message.assurance is Assurance.STORED
    assert place.servers.texts(place.platform, text) == [text]
    await _read(place.ours, here, text)
    answer = place.words("heard all the same")
    await place.ours.post.say(here, answer)
    await place.ours.post.settled(here, answer)
    await _read(party, party.talk, answer)
    place.ours.open()


async def _read(party: Party, talk: ConversationId, text: str) -> None:
    """The text comes by itself, or by the next reading of what the person looks at."""
    end = time.monotonic() + 12
    while party.post.message(talk, text) is None:
        assert time.monotonic() < end, f"{text!r} did not come"
        party.refresh()
        party.open(talk)
        await asyncio.sleep(0.1)


async def _waits_for_a_socket(place: Place, party: Party) -> None:
    """A server that stores nothing hands over by socket alone: without one the text waits, and says so."""
    party.talk = await party.start_chat(person=place.ours.user)
    text = place.words("is there anybody?")
    await party.say(text)

    async def waits() -> bool:
        return [one.detail for one in await party.post.outbox(party.id)] == ["socket_needed"]

    await until(waits, "the word for what it waits for")
    message = party.message(text)
    assert message is not None
    assert message.state not in SETTLED


async def own_ids_are_found_again(place: Place) -> None:
    """The id of what was pressed is at the server, so a lost answer can be looked up without guessing."""
    text = place.words("known by its id")
    item = await place.ours.say(text)
    message = await place.ours.settled(text)
    if not place.stores:
        assert message.remote_id is not None
        assert item.id in message.remote_id
        return
    ((client_id, extras),) = place.servers.rows(KEPT, text)
    assert item.id in (client_id or "") or item.id in extras


async def no_id_is_kept(place: Place) -> None:
    """The server keeps nothing of ours by which a send could be found again; its own id has to do."""
    text = place.words("known by its answer alone")
    item = await place.ours.say(text)
    message = await place.ours.settled(text)
    assert message.remote_id
    ((client_id, extras),) = place.servers.rows(KEPT, text)
    assert client_id is None
    assert item.id not in extras
