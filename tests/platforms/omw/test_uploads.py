"""Files of messages: queued whatever the link does, brought once it stands, their message never doubled."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain import outbox
from chatdesk.domain.actions import Attachment
from chatdesk.domain.changes import UploadMoved
from chatdesk.domain.entities import Outgoing
from chatdesk.domain.kinds import DeliveryState, MessageKind, ParkReason
from chatdesk.store.staging import FOLDER
from tests.platforms.omw.shop import Shop
from tests.sync.virtual import run_virtual, until

BYTES = b"%PDF-1.7 " + bytes(range(256)) * 40


async def press_file(shop: Shop, name: str = "offer.pdf", content: bytes = BYTES) -> Outgoing:
    """As the desk does it, with an original that is gone at once."""
    original = shop.folder / name
    original.write_bytes(content)
    staged = await asyncio.wrap_future(shop.store.stage(original, 1_000_000))
    original.unlink()
    file = Attachment(name=name, content_type="application/pdf", size_bytes=len(content))
    pressed = shop.store.press_file(await shop.local(), staged, file, MessageKind.FILE, name)
    item: Outgoing = await asyncio.wrap_future(pressed)
    return item


def copies(shop: Shop) -> list[str]:
    return sorted(one.name for one in (shop.folder / FOLDER).iterdir())


def sent_files(shop: Shop, session: int = 41) -> list[tuple[str, str]]:
    return [(one["content"], one["file_url"]) for one in shop.server.sessions[session] if "file_url" in one]


async def offline(shop: Shop) -> None:
    await shop.engine.stop()


def test_a_file_that_was_sent_offline_goes_once_the_server_is_there(tmp_path: Path) -> None:
    """It is a row at once; after the link it is brought, then its message goes, once, and the copy goes."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            await offline(shop)
            item = await press_file(shop)
            (row,) = [one for one in await shop.messages() if one.own]
            assert (row.kind, row.state, row.text) == (MessageKind.FILE, DeliveryState.QUEUED, "offer.pdf")
            assert row.extras.attachments[0].size_bytes == len(BYTES)
            assert copies(shop) == [item.staged]
            await shop.start_engine()
            await shop.settled(item)
            assert shop.server.uploads == [("offer.pdf", BYTES)]
            assert sent_files(shop) == [("offer.pdf", "/uploads/chat/file-1")]
            (row,) = [one for one in await shop.messages() if one.own]
            assert (row.state, row.extras.attachments[0].url) == (
                DeliveryState.ACCEPTED,
                "/uploads/chat/file-1",
            )
            assert copies(shop) == []
            told = [one for one in shop.news if isinstance(one, UploadMoved)]
            assert {one.outgoing_id for one in told} == {item.id}
            assert [one.sent_bytes for one in told] == [len(BYTES) * n // 4 for n in (1, 2, 3, 4)] + [-1]

    run_virtual(story())


def test_texts_that_were_pressed_after_a_file_come_after_it(tmp_path: Path) -> None:
    """A slow file holds those behind it in its conversation, and nobody in another one."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.add(42, "and me?")
        shop.server.upload_ms = 8_000
        async with shop:
            before = await shop.press("see the offer")
            item = await press_file(shop)
            behind = await shop.press("that was it")
            elsewhere = await shop.press("hello there", 42)
            await shop.settled(before, elsewhere)
            assert await shop.item(item.id) is not None
            await shop.settled(item, behind)
            assert shop.server.texts() == ["see the offer", "offer.pdf", "that was it"]

    run_virtual(story())


@pytest.mark.parametrize("end", ["cut", "timeout", "stored cut", 502])
def test_bytes_whose_answer_is_lost_are_brought_again(tmp_path: Path, end: int | str) -> None:
    """The server only keeps them: nobody sees the first copy, and one message goes."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.upload_ends = [end]
        async with shop:
            item = await press_file(shop)
            await shop.settled(item)
            assert shop.server.seen["upload"] == 2
            assert len(sent_files(shop)) == 1
            assert copies(shop) == []

    run_virtual(story())


def test_a_message_with_a_file_whose_answer_is_lost_is_found_by_the_address(tmp_path: Path) -> None:
    """Stored, and nobody told us: history has the very address, so nothing goes twice."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.send_errors = ["stored "]
        async with shop:
            earlier = await press_file(shop)
            await shop.settled(earlier)
            item = await press_file(shop)
            await shop.settled(item)
            await asyncio.sleep(60)
            assert sent_files(shop) == [
                ("offer.pdf", "/uploads/chat/file-1"),
                ("offer.pdf", "/uploads/chat/file-2"),
            ]
            assert shop.server.seen["upload"] == 2
            assert copies(shop) == []

    run_virtual(story())


def test_a_refused_file_waits_for_its_person_with_its_copy(tmp_path: Path) -> None:
    """A definite refusal parks it; Retry brings it again, Remove lets it go with its copy."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.upload_ends = [500, 500]
        async with shop:
            item = await press_file(shop)
            await until(lambda: shop.server.seen["upload"] == 1, what="the refusal")
            while (held := await shop.item(item.id)) is None or held.state is not DeliveryState.PARKED:
                await asyncio.sleep(0.1)
            assert held.parked is ParkReason.REFUSED
            assert copies(shop) == [item.staged]
            await asyncio.wrap_future(shop.store.advance(item.id, outbox.PersonRetries()))
            await until(lambda: shop.server.seen["upload"] == 2, what="the second try")
            while (held := await shop.item(item.id)) is None or held.state is not DeliveryState.PARKED:
                await asyncio.sleep(0.1)
            await asyncio.wrap_future(shop.store.advance(item.id, outbox.PersonDiscards()))
            assert await shop.item(item.id) is None
            assert copies(shop) == []
            assert sent_files(shop) == []

    run_virtual(story())


def test_a_file_that_is_let_go_while_it_is_brought_stops_at_once(tmp_path: Path) -> None:
    """Cancelled at a quarter: no message, no copy, and the next one goes."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.upload_ms = 40_000
        async with shop:
            item = await press_file(shop)
            await until(lambda: any(isinstance(one, UploadMoved) for one in shop.news), what="it moves")
            await asyncio.wrap_future(shop.store.advance(item.id, outbox.PersonCancels()))
            took_ms = await shop.settled(await shop.press("never mind"))
            assert took_ms < 20_000
            assert shop.server.uploads == []
            assert shop.server.texts() == ["never mind"]
            assert copies(shop) == []
            assert isinstance(shop.news[-1], UploadMoved) or any(
                one == UploadMoved(item.id, -1, 0) for one in shop.news
            )

    run_virtual(story())


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_a_copy_that_is_not_what_was_copied_is_never_sent(tmp_path: Path, harm: str) -> None:
    """It is parked in plain sight, and nothing of it leaves."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            await offline(shop)
            item = await press_file(shop)
            copy = shop.folder / FOLDER / item.staged
            if harm == "gone":
                copy.unlink()
            else:
                copy.write_bytes(b"something else")
            await shop.start_engine()
            while (held := await shop.item(item.id)) is None or held.state is not DeliveryState.PARKED:
                await asyncio.sleep(0.1)
            assert held.parked is ParkReason.NOT_FOUND
            assert shop.server.seen["upload"] == 0

    run_virtual(story())


def test_a_restart_between_file_and_message_brings_it_once(tmp_path: Path) -> None:
    """The address is on disk before the message goes: the next run sends with it."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            await offline(shop)
            item = await press_file(shop)
            file = Attachment(url="/uploads/chat/file-7", name="offer.pdf", size_bytes=len(BYTES))
            await asyncio.wrap_future(shop.store.advance(item.id, outbox.Uploaded(file)))
            shop.real_store.close()
            await shop.reopen()
            await shop.settled(item)
            assert shop.server.seen["upload"] == 0
            assert sent_files(shop) == [("offer.pdf", "/uploads/chat/file-7")]

    run_virtual(story())
