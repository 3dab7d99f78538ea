"""Work belongs to the widget that asked for it: it ends with it, and its errors reach the person."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from chatdesk.domain.errors import DiskTrouble
from chatdesk.ui.tasks import Tasks, Troubles, await_future
from tests.conftest import AllowLog, Ui


@pytest.fixture
def troubles(qapp: object) -> Troubles:
    return Troubles()


def test_results_are_delivered(ui: Ui, troubles: Troubles) -> None:
    """on_done gets what the coroutine returns, once."""
    owner, got = QObject(), list[int]()
    tasks = Tasks(owner, troubles)

    async def work() -> int:
        await asyncio.sleep(0)
        return 7

    async def main() -> None:
        tasks.start("seven", work(), on_done=got.append)
        assert tasks.is_running("seven")
        await ui.until(lambda: got)
        await asyncio.sleep(0)
        assert not tasks.is_running("seven")

    ui.run(main())
    assert got == [7]


def test_a_new_search_replaces_the_old(ui: Ui, troubles: Troubles) -> None:
    """An exclusive task cancels the running one of its name; what was pressed runs side by side."""
    owner, got = QObject(), list[str]()
    tasks = Tasks(owner, troubles)

    async def work(word: str, gate: asyncio.Event) -> str:
        await gate.wait()
        return word

    async def main() -> None:
        gate = asyncio.Event()
        tasks.start("search", work("old", gate), on_done=got.append)
        await asyncio.sleep(0)
        tasks.start("search", work("never begun", gate), on_done=got.append)
        tasks.start("search", work("new", gate), on_done=got.append)
        tasks.start("send", work("one", gate), on_done=got.append, exclusive=False)
        tasks.start("send", work("two", gate), on_done=got.append, exclusive=False)
        gate.set()
        await ui.until(lambda: len(got) == 3)

    ui.run(main())
    assert sorted(got) == ["new", "one", "two"]


def test_tasks_end_with_their_widget(ui: Ui, troubles: Troubles) -> None:
    """When the widget is destroyed its tasks are cancelled, and nobody is called."""
    ended = list[str]()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def main() -> None:
        widget = QWidget()
        tasks = Tasks(widget, troubles)
        tasks.start("long", work(), on_done=lambda _r: ended.append("done"))
        await asyncio.sleep(0.01)
        widget.deleteLater()
        await ui.until(lambda: ended)

    ui.run(main())
    assert ended == ["cancelled"]


def test_errors_reach_the_person_and_the_log(ui: Ui, troubles: Troubles, allow_log: AllowLog) -> None:
    """The world's errors are told, ours are logged as well; a handler of one's own comes first."""
    told: list[tuple[str, object]] = []
    troubles.happened.connect(lambda name, error: told.append((name, error)))
    owner, own = QObject(), list[Exception]()
    tasks = Tasks(owner, troubles)
    bugs = allow_log("ERROR chatdesk.ui.tasks: bug failed: ZeroDivisionError")

    async def fail(error: Exception) -> None:
        raise error

    async def main() -> None:
        tasks.start("disk", fail(DiskTrouble("full")))
        tasks.start("bug", fail(ZeroDivisionError("x")))
        tasks.start("own", fail(ValueError("mine")), on_error=own.append)
        await ui.until(lambda: len(told) == 2 and own)

    ui.run(main())
    assert {name for name, _error in told} == {"disk", "bug"}
    assert isinstance(dict(told)["disk"], DiskTrouble)
    assert len(bugs) == 1
    assert [str(e) for e in own] == ["mine"]


def test_an_error_in_the_receiver_is_delivered_too(ui: Ui, troubles: Troubles, allow_log: AllowLog) -> None:
    """What on_done raises is not lost either."""
    told = list[str]()
    troubles.happened.connect(lambda name, _error: told.append(name))
    allow_log("ERROR chatdesk.ui.tasks: show failed")
    tasks = Tasks(QObject(), troubles)

    async def work() -> int:
        return 1

    def broken(_value: int) -> None:
        raise KeyError("row")

    async def main() -> None:
        tasks.start("show", work(), on_done=broken)
        await ui.until(lambda: told)

    ui.run(main())
    assert told == ["show"]


def test_without_a_loop_nothing_is_left_behind(qapp: object, troubles: Troubles) -> None:
    """A widget that asks while the program goes down leaves no coroutine that was never awaited."""
    ran = list[int]()

    async def work() -> None:
        ran.append(1)

    tasks = Tasks(QObject(), troubles)
    tasks.start("late", work())
    assert not tasks.is_running("late")
    assert ran == []


def test_waiting_for_a_future_can_be_cancelled_alone(ui: Ui) -> None:
    """Who stops waiting does not stop the store's thread: the write goes through."""
    future: Future[int] = Future()

    async def main() -> None:
        waiting = asyncio.ensure_future(await_future(future))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert not future.cancelled()
        other = asyncio.ensure_future(await_future(future))
        await asyncio.sleep(0)
        thread = threading.Thread(target=lambda: future.set_result(5))
        thread.start()
        assert await other == 5
        thread.join()

    ui.run(main())


def test_the_log_never_has_a_world_errors_text(troubles: Troubles, caplog: pytest.LogCaptureFixture) -> None:
    """The text of a world error may quote what was typed, so only its type is logged."""
    with caplog.at_level(logging.DEBUG, "chatdesk"):
        troubles.report("send", DiskTrouble("while writing 'secret text'"))
    assert "DiskTrouble" in caplog.text
    assert "secret" not in caplog.text
