"""Fakomame as it is promised: chats whose people hear everything at once, and nobody else anything."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import Pool

from chatdesk.server.announce import FIELD, announcement
from chatdesk.server.core.conversations import Opening
from chatdesk.server.core.database import READERS
from chatdesk.server.core.errors import Reason, Refused
from chatdesk.server.core.messages import Body, Post, Sent
from chatdesk.server.core.service import Ground
from chatdesk.server.core.tables import Message
from chatdesk.server.demo.fakomame import seed_fakomame
from chatdesk.server.demo.fakomame_cast import (
    DESK_EMAIL,
    IDRIS_EMAIL,
    LENA_EMAIL,
    MARGOT_EMAIL,
    NOOR_EMAIL,
    TIAGO_EMAIL,
    WREN_EMAIL,
)
from chatdesk.server.dialect import Choices, Variant
from chatdesk.server.dialects.fakomame.app import DIALECT
from chatdesk.server.dialects.fakomame.batches import BATCH, MOST_WAITING, Batches
from chatdesk.wire.fakomame import names, texts
from tests.conftest import Aio
from tests.server.conftest import MakeServer
from tests.server.parcels import parcels
from tests.server.people import unique
from tests.server.process import ServerProcess
from tests.server.toy import in_silence, person


@pytest.mark.promised("fakomame", "broadcasting")
@pytest.mark.promised("fakomame", "automatic joining")
@pytest.mark.promised("fakomame", "room isolation")
@pytest.mark.promised("fakomame", "room broadcasting")
def test_a_message_reaches_all_connections_of_its_chat_and_no_other(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """Nobody has joined anything: the desk's two devices and Noor hear it once, other travellers nothing."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, noor, wren = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL, WREN_EMAIL)]
            chat = (await desk.chat_with(noor))["id"]
            ears = [await stack.enter_async_context(one.socket()) for one in (desk, desk, noor, wren)]
            text = unique("tiles")
            await ears[0].emit(names.EMIT_SEND, {"chatId": chat, "content": text})
            heard = [await ear.hears(text) for ear in ears[:3]]
            assert heard[0] == heard[1] == heard[2]
            assert heard[0]["sender"] == {"id": desk.id, "firstName": "Parcel", "lastName": "Corner"}
            assert (heard[0]["chatId"], heard[0]["messageType"]) == (chat, names.TYPE_TEXT)
            await ears[2].emit(names.EMIT_TYPING_START, {"chatId": chat})
            await ears[0].until(names.EVENT_TYPING_START, where=lambda one: one["userId"] == noor.id)
            for ear in ears:
                await ear.settled()
            assert [len(ear.texts(chat)) for ear in ears] == [1, 1, 1, 0]
            assert ears[3].all(names.EVENT_TYPING_START) == []

    aio(story())


def test_leaving_ends_the_pushes_of_one_connection_until_it_joins_again(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """Joining brings the newest fifty messages, oldest first, and is answered to the joining connection."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, noor = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL)]
            chat = (await desk.chat_with(noor))["id"]
            here, there = [await stack.enter_async_context(desk.socket()) for _ in range(2)]
            await here.emit(names.EMIT_LEAVE, {"chatId": chat})
            await here.settled()
            text = unique("left")
            picture = {"name": "a.png", "type": "image/png", "data": "data:image/png;base64,AAAA"}
            await noor.sent(chat, text, type="image", attachments=[picture])
            await there.hears(text)
            await here.emit(names.EMIT_JOIN, {"chatId": chat})
            joined = await here.until(names.EVENT_JOINED)
            assert joined["chatId"] == chat
            history = await desk.history(chat)
            assert [one["id"] for one in joined["messages"]] == [one["id"] for one in history][-50:]
            # What is in a file comes by request alone: a link takes no frame of megabytes.
            assert history[-1]["attachments"] == [picture]
            assert joined["messages"][-1]["attachments"] == [{"name": "a.png", "type": "image/png"}]
            assert here.texts(chat) == []
            assert there.all(names.EVENT_JOINED) == []
            again = unique("again")
            await noor.sent(chat, again)
            await here.hears(again)

    aio(story())


@pytest.mark.promised("fakomame", "typing")
@pytest.mark.promised("fakomame", "typing ends")
@pytest.mark.promised("fakomame", "connection cleanup")
def test_typing_is_told_and_ends_with_a_stop_a_message_time_and_the_connection(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """Two type at once to the desk; each end is told once, also where nobody says it."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, wren = [await place.person(one) for one in (DESK_EMAIL, WREN_EMAIL)]
            chat = (await desk.chat_with(wren))["id"]
            ear = await stack.enter_async_context(desk.socket())
            own = await stack.enter_async_context(wren.socket())
            where = {"chatId": chat}

            async def ended(times: int) -> None:
                stop = {"userId": wren.id, "chatId": chat}
                assert await ear.until(names.EVENT_TYPING_STOP, times) == stop

            await own.emit(names.EMIT_TYPING_START, where)
            assert await ear.until(names.EVENT_TYPING_START) == {
                **where,
                "userId": wren.id,
                "userName": wren.name,
            }
            await own.emit(names.EMIT_TYPING_STOP, where)
            await ended(1)
            await own.emit(names.EMIT_TYPING_START, where)
            text = unique("typed")
            await own.emit(names.EMIT_SEND, {**where, "content": text})
            await ear.hears(text)
            await ended(2)
            async with wren.socket() as other:
                await other.emit(names.EMIT_TYPING_START, where)
                await own.emit(names.EMIT_TYPING_START, where)
                await ear.until(names.EVENT_TYPING_START, 4)
            # The other device has gone, and what it had begun; this one ends by itself.
            await ended(3)
            await ended(4)
            assert own.all(names.EVENT_TYPING_START) == [{**where, "userId": wren.id, "userName": wren.name}]

    aio(story())


@pytest.mark.promised("fakomame", "online and offline")
@pytest.mark.promised("fakomame", "active users")
@pytest.mark.promised("fakomame", "last seen")
def test_partners_hear_of_the_first_connection_and_of_the_end_of_the_last(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """Newcomers are told who is there; people who share no chat are told nothing of each other."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, idris, margot = [await place.person(one) for one in (DESK_EMAIL, IDRIS_EMAIL, MARGOT_EMAIL)]
            stranger = await stack.enter_async_context(margot.socket())
            profile = names.ROUTE_PROFILE.format(user_id=idris.id)
            assert (await desk.get(profile))["isOnline"] is False
            async with desk.socket() as ear:
                async with idris.socket() as first:
                    assert await ear.until(
                        names.EVENT_ONLINE, where=lambda one: one["userId"] == idris.id
                    ) == {
                        "userId": idris.id,
                        "userName": idris.name,
                    }
                    await first.until(names.EVENT_ONLINE, where=lambda one: one["userId"] == desk.id)
                    async with idris.socket() as second:
                        await second.until(names.EVENT_ONLINE, where=lambda one: one["userId"] == desk.id)
                    await first.settled()
                    assert (await desk.get(profile))["isOnline"] is True
                    assert ear.all(names.EVENT_OFFLINE) == []
                gone = await ear.until(names.EVENT_OFFLINE)
                assert gone["userId"] == idris.id
                shown = await desk.get(profile)
                assert shown["isOnline"] is False
                stored, told = (
                    dt.datetime.fromisoformat(one) for one in (shown["lastLoginAt"], gone["lastSeen"])
                )
                assert abs(stored - told) < dt.timedelta(seconds=10)
                assert len([one for one in ear.all(names.EVENT_ONLINE) if one["userId"] == idris.id]) == 1
            await stranger.settled()
            assert stranger.all(names.EVENT_ONLINE) == stranger.all(names.EVENT_OFFLINE) == []

    aio(story())


@pytest.mark.promised("fakomame", "without a socket")
def test_what_is_sent_by_request_is_heard_on_sockets_and_kept(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """Lists, histories and sends work by request alone; the whole record answers a send."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, noor = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL)]
            chat = (await noor.chat_with(desk))["id"]
            ears = [await stack.enter_async_context(one.socket()) for one in (desk, noor)]
            text = unique("by request")
            record = await noor.sent(chat, text)
            assert (record["senderId"], record["messageType"], record["readBy"]) == (noor.id, "text", {})
            for ear in ears:
                assert (await ear.hears(text))["id"] == record["id"]
            assert (await desk.history(chat, limit=1)) == [record]
            listed = await desk.chat_with(noor)
            assert listed["messages"] == [record]
            assert listed["lastMessageAt"] == record["createdAt"]
            # What was written last is listed first.
            assert (await desk.get(names.ROUTE_CHATS))["data"][0]["id"] == chat
            whole = (await desk.get(names.ROUTE_CHAT.format(chat_id=chat)))["data"]
            assert whole["messages"][-1] == record

    aio(story())


@pytest.mark.promised("fakomame", "lasting history")
def test_a_history_comes_in_pages_from_its_newest_end_each_message_once(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """The newest page first, ascending inside; together they are the whole chat, numbered without a gap."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place:
            desk, idris = [await place.person(one) for one in (DESK_EMAIL, IDRIS_EMAIL)]
            chat = (await desk.chat_with(idris))["id"]
            answer = await desk.get(names.ROUTE_MESSAGES, chatId=chat, limit=2)
            numbers = range(1, answer["data"]["pagination"]["pages"] + 1)
            pages = [await desk.history(chat, limit=2, page=page) for page in numbers]
            found = [one for page in reversed(pages) for one in page]
            assert [one["seq"] for one in found] == list(range(1, len(found) + 1))
            assert [one["createdAt"] for one in found] == sorted(one["createdAt"] for one in found)
            assert answer["data"]["pagination"]["total"] == len(found)
            assert await desk.history(chat, limit=2, page=len(pages) + 1) == []
            # The package of this chat was delivered days ago; what was said of it is all there.
            assert (await desk.chat_with(idris))["package"]["status"] == names.PACKAGE_DELIVERED

    aio(story())


@pytest.mark.promised("fakomame", "persistence")
@pytest.mark.promised("fakomame", "reconnection")
def test_nothing_is_lost_over_a_restart_and_who_comes_back_hears_on(
    make_server: MakeServer, aio: Aio
) -> None:
    """Echoed means stored: killed right after, the server still has it; rooms come with the connection."""
    server = make_server(platform="fakomame", seed="demo")
    text, meanwhile = unique("before"), unique("meanwhile")

    async def before() -> str:
        async with parcels(server.url) as place:
            desk, noor = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL)]
            chat = str((await desk.chat_with(noor))["id"])
            async with desk.socket() as ear:
                await ear.emit(names.EMIT_SEND, {"chatId": chat, "content": text})
                await ear.hears(text)
                server.kill()
        return chat

    async def after(chat: str) -> None:
        async with parcels(server.url) as place:
            desk, noor = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL)]
            await noor.sent(chat, meanwhile)
            async with desk.socket() as ear:
                await ear.emit(names.EMIT_JOIN, {"chatId": chat})
                joined = await ear.until(names.EVENT_JOINED)
                assert [one["content"] for one in joined["messages"]][-2:] == [text, meanwhile]
            async with desk.socket() as ear:
                heard = unique("after")
                await noor.sent(chat, heard)
                await ear.hears(heard)

    chat = aio(before())
    server.start()
    aio(after(chat))


@pytest.mark.promised("fakomame", "client ids")
@pytest.mark.promised("fakomame", "numbered messages")
def test_a_send_with_an_id_of_its_own_is_stored_once(fakomame_server: ServerProcess, aio: Aio) -> None:
    """By socket and by request alike; the sender alone hears the first one again. Numbers leave no gap."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, tiago = [await place.person(one) for one in (DESK_EMAIL, TIAGO_EMAIL)]
            assert (await place.login(DESK_EMAIL)).json()["data"][FIELD] == announcement()
            assert (await place.http.get(names.ROUTE_HEALTH)).json()[FIELD] == announcement()
            chat = (await desk.chat_with(tiago))["id"]
            ears = [await stack.enter_async_context(one.socket()) for one in (desk, tiago)]
            text, mark = unique("once"), unique("id")
            body = {"chatId": chat, "content": text, "clientId": mark}
            for _ in range(2):
                await ears[0].emit(names.EMIT_SEND, body)
            first = await ears[0].until(names.EVENT_MESSAGE, where=lambda one: one["content"] == text)
            again = await ears[0].until(names.EVENT_MESSAGE, 2, where=lambda one: one["content"] == text)
            assert first == again
            assert first["clientId"] == mark
            answered = await desk.sent(chat, "another text", clientId=mark)
            assert (answered["id"], answered["seq"], answered["content"]) == (first["id"], first["seq"], text)
            await ears[1].settled()
            assert ears[1].texts(chat) == [text]
            following = await desk.sent(chat, unique("next"))
            assert following["seq"] == first["seq"] + 1
            other = (await desk.chat_with(await place.person(NOOR_EMAIL)))["id"]
            assert await desk.refused(
                "POST", names.ROUTE_MESSAGES, json={"chatId": other, "content": "x", "clientId": mark}
            ) == (409, "This client id was used for another chat")

    aio(story())


# -- under load


@pytest.mark.promised("fakomame", "batching")
def test_a_burst_arrives_whole_and_in_order(fakomame_server: ServerProcess, aio: Aio) -> None:
    """300 messages without a pause, and a bad one between: each comes once, in the order of sending."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, lena = [await place.person(one) for one in (DESK_EMAIL, LENA_EMAIL)]
            chat = (await desk.chat_with(lena))["id"]
            ears = [await stack.enter_async_context(one.socket()) for one in (desk, lena)]
            mark = unique("burst")
            sent = [f"{mark} {number}" for number in range(300)]
            async with desk.socket() as gun:
                for at, text in enumerate(sent):
                    await gun.emit(names.EMIT_SEND, {"chatId": chat, "content": text})
                    if at == 100:
                        await gun.emit(names.EMIT_SEND, {"chatId": "nobody's", "content": text})
                await gun.settled()
                assert gun.all(names.EVENT_ERROR)[0]["message"] == texts.ERR_SEND_ACCESS
            for ear in ears:
                await ear.hears(sent[-1])
                assert ear.texts(chat) == sent
            stored = await lena.history(chat, limit=300)
            assert [one["content"] for one in stored] == sent

    aio(story())


@pytest.mark.promised("fakomame", "batching")
def test_what_waits_is_stored_in_few_transactions_and_refusals_hold_up_nothing(
    tmp_path: Path, aio: Aio
) -> None:
    """One commit for a whole batch, pushes in order after it; what is refused in it is refused alone."""

    async def story() -> None:
        core = DIALECT.build(Ground(tmp_path), Choices(), Variant.PROMISED).core
        await core.open()
        try:
            ann = await person(core, "ann", role=names.ROLE_SENDER)
            opening = Opening(members={ann.id: ""})
            chat = (await core.conversations.open(ann, opening)).place.chat.id
            commits: list[None] = []

            async def counted(session: AsyncSession) -> None:
                if any(isinstance(row, Message) for row in session.identity_map.values()):
                    commits.append(None)

            core.database.before_commit(counted)
            told: list[str] = []

            async def push(sent: Sent) -> None:
                assert len(commits) == 1
                told.append(sent.shown.message.text)

            posts = [Post(conversation_id=chat, text=f"line {number}") for number in range(40)]
            posts.insert(7, Post(conversation_id="nobody's", text="x"))
            posts.insert(20, Post(conversation_id=chat, text="x" * (names.CONTENT_LIMIT_CHARS + 1)))
            outcomes = await core.messages.send_all(ann, posts, push=push)
            refused = {at: one.reason for at, one in enumerate(outcomes) if isinstance(one, Refused)}
            assert refused == {7: Reason.CONVERSATION_NOT_FOUND, 20: Reason.TEXT_TOO_LONG}
            assert told == [f"line {number}" for number in range(40)]
            page = await core.messages.history(ann, chat, offset=0, limit=100)
            assert [one.message.text for one in reversed(page.shown)] == told
            with pytest.raises(ValueError, match="one by one"):
                file = Body(files=("a",))
                await core.messages.send_all(
                    ann, [Post(conversation_id=chat, text="x", body=file)], push=in_silence
                )
        finally:
            await core.close()

    aio(story())


def test_batches_take_what_waits_in_order_and_let_who_is_too_fast_wait(aio: Aio) -> None:
    """Nothing is dropped and nothing overtakes; keys do not wait for each other."""

    async def story() -> None:
        stored: dict[str, list[int]] = {"a": [], "b": []}
        sizes: list[int] = []
        opened = asyncio.Event()

        async def store(key: str, batch: object) -> None:
            if key == "a":
                await opened.wait()
            assert isinstance(batch, list)
            sizes.append(len(batch))
            stored[key] += batch

        tasks: list[asyncio.Task[None]] = []
        batches: Batches[int] = Batches(store, lambda work, _what: tasks.append(asyncio.create_task(work)))
        await batches.put("a", 0)
        await asyncio.sleep(0)  # so that this one alone is the first batch
        for number in range(1, MOST_WAITING + 1):
            await batches.put("a", number)
        await batches.put("b", 0)
        await batches.empty("b")
        assert stored == {"a": [], "b": [0]}
        fast = asyncio.create_task(batches.put("a", -1))
        await asyncio.sleep(0)
        opened.set()
        await fast
        await batches.empty("a")
        assert stored["a"] == [*range(MOST_WAITING + 1), -1]
        assert (sizes[1], max(sizes)) == (1, BATCH)
        await asyncio.gather(*tasks)

    aio(story())


@pytest.mark.promised("fakomame", "connection pooling")
def test_many_requests_at_once_share_a_few_database_connections(tmp_path: Path, aio: Aio) -> None:
    """Sixty at once are all answered, over no more connections than the pools have."""

    async def story() -> None:
        server = DIALECT.build(Ground(tmp_path), Choices(), Variant.PROMISED)
        made: list[object] = []

        def note(connection: object, _record: object) -> None:
            made.append(connection)

        event.listen(Pool, "connect", note)
        try:
            await server.open()
            await seed_fakomame(server.core)
            transport = httpx.ASGITransport(app=server.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here.example") as client:
                answers = await asyncio.gather(*(client.get(names.ROUTE_TRIPS) for _ in range(60)))
            assert {one.status_code for one in answers} == {200}
            assert len(made) <= READERS + 1
        finally:
            event.remove(Pool, "connect", note)
            await server.close()

    aio(story())


def test_a_bad_event_is_answered_by_name_and_holds_up_nothing(
    fakomame_server: ServerProcess, aio: Aio
) -> None:
    """The platform's sentence, and beside it the event, what it was about and why."""

    async def story() -> None:
        async with parcels(fakomame_server.url) as place, AsyncExitStack() as stack:
            desk, noor = [await place.person(one) for one in (DESK_EMAIL, NOOR_EMAIL)]
            chat = (await desk.chat_with(noor))["id"]
            ear = await stack.enter_async_context(desk.socket())
            bad: list[tuple[str, Any, str]] = [
                (names.EMIT_SEND, {"chatId": chat, "content": "x", "type": "system"}, texts.ERR_SEND),
                (names.EMIT_SEND, {"chatId": chat, "content": " "}, texts.ERR_SEND),
                (names.EMIT_SEND, {"chatId": chat, "content": "x" * 1_001}, texts.ERR_SEND),
                (names.EMIT_SEND, {"content": "x"}, texts.ERR_SEND),
                (names.EMIT_SEND, None, texts.ERR_SEND),
                (names.EMIT_JOIN, {}, texts.ERR_JOIN),
                (names.EMIT_JOIN, {"chatId": "nobody's"}, texts.ERR_JOIN_ACCESS),
                (names.EMIT_LEAVE, None, "Failed to handle event"),
                (names.EMIT_TYPING_START, None, "Failed to handle event"),
                (names.EMIT_TYPING_STOP, {"chatId": {}}, "Failed to handle event"),
            ]
            for at, (name, payload, sentence) in enumerate(bad):
                await ear.emit(name, payload)
                told = await ear.until(names.EVENT_ERROR, at + 1)
                assert (told["message"], told["event"]) == (sentence, name)
                assert told["detail"]
                if payload and payload.get("chatId") == chat:
                    assert told["chatId"] == chat
            text = unique("fine")
            await ear.emit(names.EMIT_SEND, {"chatId": chat, "content": text})
            await ear.hears(text)

    aio(story())
