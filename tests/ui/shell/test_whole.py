"""Loading a whole conversation as the person sees it: the entry, the strip, its buttons, its words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain.changes import HistoryLoading, WholeHistoryMoved
from chatdesk.domain.events import Stamped, WindowRead
from chatdesk.domain.ids import Cursor
from chatdesk.domain.kinds import ClosedWhy, Lifecycle, LoadState, LoadWhy
from chatdesk.domain.ordering import Stamp
from chatdesk.ui.chat.whole_words import LoadingAct, loading_words, why_not
from chatdesk.ui.window import MainWindow
from tests.conftest import Ui
from tests.shots.seat import NOON_US, Seat
from tests.ui.shell.test_window import forget_start, open_window, ready

MARCH_US = round(dt.datetime(2021, 3, 3, 12, 0).astimezone().timestamp()) * 1_000_000
LEFT = Qt.MouseButton.LeftButton
NUMBER = "10482"


def moved(seat: Seat, state: LoadState, why: LoadWhy = LoadWhy.NONE, **more: Any) -> WholeHistoryMoved:
    values = {"messages": 12_400, "back_to_us": MARCH_US, **more}
    return WholeHistoryMoved(conversation_id=seat.day.talk(NUMBER), state=state, why=why, **values)


async def told(ui: Ui, seat: Seat, window: MainWindow, news: WholeHistoryMoved) -> None:
    seat.engines.tell(news)
    await ui.until(lambda: seat.context.feed.whole_history_of(news.conversation_id) == news)


def shown(window: MainWindow) -> str:
    words = window.chat.whole.words()
    assert (words is not None) == window.chat.whole.isVisible()
    return "" if words is None else f"{words.title} | {words.text}"


def entry(window: MainWindow) -> tuple[str, bool]:
    action = window.commands.action("conversation.load_whole")
    return action.text(), action.isEnabled()


def test_the_strip_says_how_far_it_is_and_stop_ends_it(ui: Ui, seat: Seat, qtbot: QtBot) -> None:
    """Count and date while it runs, Stop in reach; stopped, it offers to go on and can be put away."""

    async def story() -> None:
        window = open_window(seat, qtbot)
        await ready(ui, seat, window, NUMBER)
        strip = window.chat.whole
        forget_start(seat, window)
        assert shown(window) == ""
        assert entry(window) == ("Load the whole conversation", True)
        window.commands.action("conversation.load_whole").trigger()
        assert seat.engines.asked("load_whole")[-1][2] is True
        await told(ui, seat, window, moved(seat, LoadState.RUNNING))
        assert shown(window) == ("Loading the whole conversation | 12,400 messages, back to 3 March 2021.")
        assert entry(window) == ("Load the whole conversation (is being loaded)", False)
        assert not strip.close_button.isVisible()
        assert "3 March 2021" in strip.accessibleName()
        QTest.mouseClick(strip.button, LEFT)
        assert seat.engines.asked("load_whole")[-1][2] is False
        await told(ui, seat, window, moved(seat, LoadState.STOPPED))
        assert shown(window).startswith("Loading was stopped | 12,400 messages")
        assert entry(window) == ("Load the whole conversation", True)
        QTest.mouseClick(strip.button, LEFT)
        assert seat.engines.asked("load_whole")[-1][2] is True
        await told(ui, seat, window, moved(seat, LoadState.STOPPED, messages=12_500))
        QTest.mouseClick(strip.close_button, LEFT)
        assert shown(window) == ""
        await told(ui, seat, window, moved(seat, LoadState.RUNNING, messages=12_600))
        assert "12,600" in shown(window)

    ui.run(story())


def test_each_conversation_has_its_own_strip(ui: Ui, seat: Seat, qtbot: QtBot) -> None:
    """Elsewhere nothing is said; who comes back sees how it stands now; an end is said once."""

    async def story() -> None:
        window = open_window(seat, qtbot)
        await ready(ui, seat, window, NUMBER)
        await told(ui, seat, window, moved(seat, LoadState.RUNNING))
        window.open_conversation(seat.day.talk("10471"))
        assert shown(window) == ""
        await told(ui, seat, window, moved(seat, LoadState.DONE))
        assert shown(window) == ""
        window.open_conversation(seat.day.talk(NUMBER))
        assert shown(window) == "All of it is here | 12,400 messages, back to 3 March 2021."
        assert not window.chat.whole.button.isVisible()
        window.open_conversation(seat.day.talk("10471"))
        window.open_conversation(seat.day.talk(NUMBER))
        assert shown(window) == ""

    ui.run(story())


def test_the_entry_says_why_there_is_nothing_to_load(ui: Ui, seat: Seat, qtbot: QtBot) -> None:
    """Once the beginning was read the entry is off with its reason, in the menu of a message, too."""

    async def story() -> None:
        window = open_window(seat, qtbot)
        await ready(ui, seat, window, NUMBER)
        forget_start(seat, window)
        assert entry(window)[1]
        row = window.chat.header.conversation()
        assert row is not None
        read = WindowRead(
            conversation=row.remote_id,
            ids=(),
            oldest=None,
            newest=Cursor("~~~~"),
            complete=True,
            reaches_start=True,
            reaches_head=False,
        )
        seat.store.apply(row.account_id, [Stamped(Stamp(1, 1), read)]).result(10)
        seat.engines.tell(HistoryLoading(row.id, busy=False, reaches_start=True))
        await ui.until(lambda: not entry(window)[1])
        assert entry(window)[0] == "Load the whole conversation (all of it is here)"
        view = window.chat.timeline
        menu = None

        def opened() -> bool:
            nonlocal menu
            popup = QApplication.activePopupWidget()
            menu = popup if popup is not None else menu
            return menu is not None

        view.setFocus()
        QTest.keyClick(view, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(view, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
        await ui.until(opened)
        assert menu is not None
        assert window.commands.action("conversation.load_whole") in menu.actions()
        menu.close()

    ui.run(story())


@pytest.mark.parametrize(
    ("state", "why", "said", "act"),
    [
        (LoadState.WAITING, LoadWhy.OFFLINE, "waits for the connection", LoadingAct.STOP),
        (LoadState.WAITING, LoadWhy.SIGN_IN, "signed in again", LoadingAct.STOP),
        (LoadState.WAITING, LoadWhy.TOLD_TO_WAIT, "asks for a pause", LoadingAct.STOP),
        (LoadState.WAITING, LoadWhy.NO_ANSWER, "does not answer", LoadingAct.STOP),
        (LoadState.WAITING, LoadWhy.DISK, "disk", LoadingAct.STOP),
        (LoadState.FAILED, LoadWhy.REFUSED, "does not give out", LoadingAct.LOAD),
        (LoadState.FAILED, LoadWhy.UNREADABLE, "could not be read", LoadingAct.LOAD),
        (LoadState.DONE, LoadWhy.UNREADABLE, "marked in the list", LoadingAct.LOAD),
        (LoadState.DONE, LoadWhy.NONE, "12,400 messages", LoadingAct.NONE),
    ],
)
def test_every_end_and_wait_is_a_sentence(
    seat: Seat, state: LoadState, why: LoadWhy, said: str, act: LoadingAct
) -> None:
    """What happened, what is safe, and the button that is the next step."""
    words = loading_words(moved(seat, state, why, again_at_us=NOON_US + 60_000_000), NOON_US)
    assert said in words.text
    assert words.text.endswith(".")
    assert words.act is act
    assert bool(words.button) == (act is not LoadingAct.NONE)
    assert loading_words(moved(seat, state, why, messages=0, back_to_us=0), NOON_US).title


def test_one_message_is_one(seat: Seat) -> None:
    """Numbers agree with their word."""
    words = loading_words(moved(seat, LoadState.DONE, messages=1), NOON_US)
    assert words.text == "1 message, back to 3 March 2021."


def test_reasons_against_loading(seat: Seat) -> None:
    """Everything that makes it impossible has its words; else it is offered, with gaps known or not."""
    row = seat.reader.conversation(seat.day.talk(NUMBER))
    assert row is not None

    def asked(row: Any = row, *, live: bool = False, stretches: Any = (), now: Any = None) -> str | None:
        return why_not(row, live_only=live, stretches=stretches, told=now)

    assert asked() is None
    assert asked(stretches=(("5", "9"), ("", "3"))) is None
    assert asked(stretches=(("", "9"),)) == "all of it is here"
    assert asked(None) == ""
    assert asked(live=True) == "this server keeps no history"
    assert asked(msgspec.structs.replace(row, live_only=True)) == "this server keeps no history"
    assert "deleted" in str(asked(msgspec.structs.replace(row, lifecycle=Lifecycle.DELETED)))
    gone = msgspec.structs.replace(row, lifecycle=Lifecycle.READ_ONLY, closed_why=ClosedWhy.ACCESS_WITHDRAWN)
    assert "access" in str(asked(gone))
    assert asked(now=moved(seat, LoadState.WAITING)) == "is being loaded"
    assert asked(now=moved(seat, LoadState.FAILED)) is None
