"""A text that another device of ours sends while ours is under way is never taken for ours."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chatdesk.domain.kinds import DeliveryState
from tests.platforms.omw.server import ME, OmwClient
from tests.platforms.omw.shop import Shop
from tests.sync.virtual import run_virtual, until

ACCEPTED = DeliveryState.ACCEPTED


async def own(shop: Shop) -> list[tuple[str, DeliveryState]]:
    return [(one.text, one.state) for one in await shop.messages() if one.own]


def test_a_copy_that_nobody_names_is_another_devices_and_our_lost_text_goes_again(tmp_path: Path) -> None:
    """Ours never arrived; the same words from the phone did. Both are there in the end, each once."""

    async def story() -> None:
        shop = Shop(tmp_path)
        shop.server.send_errors = [""]  # it hears the first one, and neither stores nor answers
        async with shop:
            item = await shop.press("on my way")
            await until(lambda: shop.server.seen["send_message"] == 1, what="the first try")
            await asyncio.sleep(1)
            shop.server.says(41, "on my way", ME)
            await shop.settled(item)
            await asyncio.sleep(60)
            assert shop.server.texts() == ["on my way", "on my way"]
            assert shop.server.seen["send_message"] == 2
            assert await own(shop) == [("on my way", ACCEPTED)] * 2

    run_virtual(story())


def test_a_copy_whose_name_was_cut_off_with_the_link_may_be_ours(tmp_path: Path) -> None:
    """The link drops between the copy and its name: it counts as arrived, and nothing goes twice."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.unnamed = 1
            item = await shop.press("on my way")
            await until(lambda: shop.server.texts() == ["on my way"], what="it is stored")
            await asyncio.sleep(0.1)
            shop.server.cut()
            await shop.settled(item)
            await asyncio.sleep(60)
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]

    run_virtual(story())


def test_the_copy_that_is_named_is_ours_whatever_else_is_pushed(tmp_path: Path) -> None:
    """The phone's comes first, ours is named: two rows, one send."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            conversation = await shop.local()
            item = await shop.press("ok")
            shop.server.says(41, "ok", ME)
            await shop.settled(item)
            await asyncio.sleep(60)
            assert conversation == item.conversation_id
            assert shop.server.texts() == ["ok", "ok"]
            assert shop.server.seen["send_message"] == 1
            assert await own(shop) == [("ok", ACCEPTED)] * 2

    run_virtual(story())


def test_a_name_that_can_not_be_read_makes_nothing_another_devices(tmp_path: Path) -> None:
    """`message_sent` without an id: our copy is found in the history, and not sent twice."""

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.garbled = 1
            item = await shop.press("on my way")
            await shop.settled(item)
            await asyncio.sleep(60)
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]

    run_virtual(story())


def test_a_copy_on_a_link_that_fell_silent_may_be_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-open: nothing is heard after the copy, its name may have been on the way. Nothing goes twice."""
    silent_since_ms: list[int] = []
    heard_ms, drop = OmwClient.last_heard_ms, OmwClient.drop_link

    async def drop_link(client: OmwClient) -> None:
        await drop(client)
        silent_since_ms.clear()

    monkeypatch.setattr(OmwClient, "last_heard_ms", lambda one: (*silent_since_ms, heard_ms(one))[0])
    monkeypatch.setattr(OmwClient, "drop_link", drop_link)

    async def story() -> None:
        async with Shop(tmp_path) as shop:
            shop.server.unnamed = 1
            item = await shop.press("on my way")
            await until(lambda: shop.server.texts() == ["on my way"], what="it is stored")
            silent_since_ms.append(shop.clock.now_ms())
            await shop.settled(item)
            assert silent_since_ms == [], "the link was closed"
            await asyncio.sleep(60)
            assert shop.server.texts() == ["on my way"]
            assert await own(shop) == [("on my way", ACCEPTED)]

    run_virtual(story())
