"""Loading a whole conversation with everything real: server process, sockets, store, window, and kills."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt

from chatdesk.demo import hands
from chatdesk.domain.changes import WholeHistoryMoved
from chatdesk.domain.ids import MessageId
from chatdesk.domain.kinds import LoadState
from chatdesk.store.connection import FILE_NAME
from tests.end2end.long_talk import lengthen
from tests.end2end.proxy import ByteProxy
from tests.end2end.seat import Seat
from tests.server.process import ServerProcess, quiet_port

ORDER = "ORD-204117"
LONG = 4_000
SLOW = 600_000
"""Bytes a second that make it last a few seconds."""
CONTROL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(scope="module")
def long_past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's data with a conversation of LONG messages before those of the demonstration."""
    data = tmp_path_factory.mktemp("long") / "server"
    with ServerProcess(data, seed="demo"):
        pass
    lengthen(data, ORDER, LONG)
    return data


@pytest.fixture
def server(long_past: Path) -> Iterator[ServerProcess]:
    with ServerProcess(long_past, seed="demo") as process:
        yield process


def told(seat: Seat) -> WholeHistoryMoved | None:
    return seat.program.feed.whole_history_of(seat.conversation(ORDER).id)


def strip(seat: Seat) -> str:
    words = seat.window.chat.whole.words()
    return "" if words is None else f"{words.title} {words.text}"


def here(folder: Path, seat: Seat) -> list[int]:
    """The numbers of the long past that are here, in reading order; read without chatdesk."""
    uri = f"{(folder / FILE_NAME).as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        found = connection.execute(
            "SELECT text FROM messages WHERE conversation_id = ? ORDER BY cursor, id",
            (seat.conversation(ORDER).id,),
        )
        numbers = [row[0].partition(": ")[0] for row in found]
    return [int(one) for one in numbers if one.isdigit()]


def on_screen(seat: Seat, message: MessageId) -> int:
    """Where a message begins, from the top of the screen: the strip takes its room at the other end."""
    view = seat.window.chat.timeline
    row = view.timeline.row_of(message)
    assert row is not None
    return view.viewport().mapToGlobal(QPoint(0, round(view.scroller.top_of(row)))).y()


async def loads(seat: Seat, at_least: int) -> None:
    def is_so_far() -> bool:
        news = told(seat)
        return news is not None and news.messages >= at_least

    await hands.until(is_so_far, f"{at_least} messages", 30)


async def stands(seat: Seat, state: LoadState) -> None:
    def is_there() -> bool:
        news = told(seat)
        return news is not None and news.state is state

    await hands.until(is_there, state.value, 60)


def test_all_of_it_comes_whatever_happens_on_the_way(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess
) -> None:
    """Stopped and taken up, cut, the server killed, the program closed in the middle: at the end every
    message is here once, in order, and what was read meanwhile has not moved.
    """

    async def story() -> None:
        proxy = ByteProxy(quiet_port(), server.port)
        await proxy.start()
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(proxy.url)
        await seat.open(ORDER)
        view = seat.window.chat.timeline
        await hands.until(lambda: view.timeline.rowCount() > 0, "the newest messages")
        last = view.timeline.message(view.timeline.rowCount() - 1).id
        await hands.settle()
        place = on_screen(seat, last)
        proxy.down.bytes_per_s = SLOW

        hands.key(seat.window, Qt.Key.Key_G, CONTROL_SHIFT)
        await loads(seat, 700)
        assert strip(seat).startswith("Loading the whole conversation")
        assert " messages, back to " in strip(seat)
        hands.click(seat.window.chat.whole.button)
        await stands(seat, LoadState.STOPPED)
        stopped = len(here(profile_dir, seat))
        assert stopped < LONG
        hands.click(seat.window.chat.whole.button)  # go on

        await loads(seat, stopped + 300)
        proxy.reset()
        await loads(seat, stopped + 800)
        server.kill()
        await stands(seat, LoadState.WAITING)
        assert "goes on by itself" in strip(seat)
        assert on_screen(seat, last) == place, "what is read stays where it is"
        assert view.timeline.rowCount() < 600
        vault = seat.vault
        await seat.close()

        server.start()
        seat = Seat(qapp, profile_dir, vault)  # nobody asks: the wish is remembered
        await stands(seat, LoadState.RUNNING)
        await seat.open(ORDER)
        await loads(seat, stopped + 1_300)
        proxy.down.bytes_per_s = 0
        await stands(seat, LoadState.DONE)
        assert here(profile_dir, seat) == list(range(1, LONG + 1))
        assert strip(seat).startswith("All of it is here")
        entry = seat.window.commands.action("conversation.load_whole")
        assert (entry.isEnabled(), entry.text().partition(" (")[2]) == (False, "all of it is here)")
        await seat.close()
        await proxy.close()

    ui.run(story(), timeout_s=150)
