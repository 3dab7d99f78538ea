"""Five accounts in one window before five real servers; and two clients of one account at each of them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from chatdesk.domain.kinds import ConnectionState
from tests.end2end.five_servers import WindowPost, window_stage
from tests.roundtrip.post import Post, until
from tests.roundtrip.stage import Party, Place
from tests.tooling.platform_features import PLATFORMS

READS_TOGETHER = frozenset({"dispatcher", "steppergo", "omw", "marketplace"})
"""Platforms whose servers remember what an account has read; at the other each client counts alone."""


def test_five_accounts_lose_their_servers_and_find_them_again(ui: Any, qapp: Any, tmp_path: Path) -> None:
    """Each sends and receives; what is written while all are away is on each server once, in order."""

    async def story() -> None:
        with window_stage(qapp, tmp_path) as (stage, desk):
            try:
                places = await stage.places()
                assert {place.platform for place in places} == set(PLATFORMS)
                assert len(desk.reader.accounts().rows) == len(PLATFORMS)
                for place in places:
                    await _good_morning(place, desk)
                stage.servers.stop()
                for place in places:
                    await desk.left(place.ours.id)
                written = {place.platform: await _in_the_dark(place, desk) for place in places}
                stage.servers.start()
                for post in (desk, stage.theirs):
                    post.desk.retry_now()
                for place in places:
                    await place.ours.reached()
                    await place.theirs.reached()
                for place in places:
                    await _arrived_once(place, desk, *written[place.platform])
            finally:
                await desk.end()

    ui.run(story(), timeout_s=110)


async def _good_morning(place: Place, desk: WindowPost) -> None:
    text, answer = place.words("good morning"), place.words("and to you")
    await desk.write(place.ours, text)
    await place.ours.settled(text)
    await place.theirs.got(text)
    await place.theirs.said(answer)
    await desk.sees(text)
    await desk.sees(answer)
    assert place.servers.texts(place.platform, text) == [text]


async def _in_the_dark(place: Place, desk: WindowPost) -> tuple[str, list[str]]:
    """Three presses here and one at the customer's, nobody being connected."""
    first = place.words("")
    texts = [f"{first}{word}" for word in ("is anybody there", "I write it down", "for later")]
    for text in texts:
        await desk.write(place.ours, text)
        await desk.queued(place.ours, text)
    await place.theirs.say(f"{first}theirs")
    assert place.servers.texts(place.platform, first) == []
    return first, texts


async def _arrived_once(place: Place, desk: WindowPost, first: str, texts: list[str]) -> None:
    theirs = f"{first}theirs"
    for text in texts:
        await place.ours.settled(text)
    await place.theirs.settled(theirs)
    stored = place.servers.texts(place.platform, first)
    assert sorted(stored) == sorted([*texts, theirs]), "each press is one row"
    assert [text for text in stored if text != theirs] == texts, "in the order of pressing"
    await desk.look_at(place.ours)
    await _caught_up(place.ours, theirs)
    for text in texts:
        await _caught_up(place.theirs, text)
    assert place.ours.texts(first) == place.theirs.texts(first) == stored
    for text in stored:
        await desk.sees(text)
    assert desk.connection(place.ours.id) is ConnectionState.ONLINE


async def _caught_up(party: Party, text: str) -> None:
    """The text comes by itself, or by the next reading of what the person looks at; once."""
    end = time.monotonic() + 15
    while party.message(text) is None:
        assert time.monotonic() < end, f"{text!r} did not come"
        party.refresh()
        party.open()
        await asyncio.sleep(0.1)
    assert party.texts(text) == [text]


def test_two_clients_of_one_account_show_the_same(ui: Any, qapp: Any, tmp_path: Path) -> None:
    """What one sends, reads or deletes is in the other, once: by push where there is one, else by reading."""

    async def story() -> None:
        with window_stage(qapp, tmp_path) as (stage, desk):
            other = Post(tmp_path / "other")
            try:
                for place in await stage.places():
                    twin = await place.sign_in(other, place.seat.desk, place.seat.role)
                    await _its_talk(place, twin)
                    await _sends(place, desk, twin)
                    await _reads(place, twin)
                    if place.platform == "dispatcher":
                        await _deletes(place, twin)
            finally:
                await asyncio.get_running_loop().run_in_executor(None, other.host.stop)
                other.close()
                await desk.end()

    ui.run(story(), timeout_s=110)


async def _its_talk(place: Place, twin: Party) -> None:
    row = await until(
        lambda: other_row(twin, place.ours.row.remote_id), f"{place.platform}: the talk at the other client"
    )
    twin.talk = row.id
    twin.open()
    assert row.id is not None
    assert twin.user == place.ours.user


async def other_row(twin: Party, remote_id: str) -> Any:
    return await twin.post.conversation(twin.id, remote_id)


async def _sends(place: Place, desk: WindowPost, twin: Party) -> None:
    """From the window to the other client, from there to the window, from the customer to both."""
    here, there, theirs = (place.words(f"from {who}") for who in ("the window", "the twin", "the customer"))
    await desk.write(place.ours, here)
    await place.ours.settled(here)
    await _caught_up(twin, here)
    await twin.said(there)
    await _caught_up(place.ours, there)
    await desk.sees(there)
    await place.theirs.said(theirs)
    for party in (place.ours, twin):
        await _caught_up(party, theirs)
    for text in (here, there):
        for party in (place.ours, twin):
            message = party.message(text)
            assert message is not None
            assert message.own
        await _caught_up(place.theirs, text)
        assert place.servers.texts(place.platform, text) == [text]


async def _reads(place: Place, twin: Party) -> None:
    """Read by the other client: nothing is unread here any more, where the server remembers such a thing."""
    ours = place.ours
    ours.look_away()
    twin.look_away()
    text = place.words("read me")
    await place.theirs.said(text)
    for party in (ours, twin):
        await _caught_up(party, text)
    message = twin.message(text)
    assert message is not None
    await twin.seen(message)
    await until(lambda: twin.row.unread == 0, "it as read there")
    if place.platform not in READS_TOGETHER:
        return

    def read_here() -> bool:
        ours.refresh()
        return ours.row.unread == 0

    await until(read_here, f"{place.platform}: it as read here")


async def _deletes(place: Place, twin: Party) -> None:
    """Deleted by the other client: gone here with the next reading."""
    text = place.words("never mind")
    message = await twin.said(text)
    await _caught_up(place.ours, text)
    await twin.post.desk.delete_message(message.id)

    def gone() -> bool:
        place.ours.open()
        return not place.ours.texts(text)

    await until(gone, "it being gone here")
    assert place.servers.texts(place.platform, text) == []
