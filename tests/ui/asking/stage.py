"""A whole window over a seat whose account may do everything, and hands to press things with."""

from __future__ import annotations

from concurrent.futures import Future

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.domain.actions import Action, ActionKind, Result
from chatdesk.domain.ids import AccountId
from chatdesk.ui.asking.dialog import ActionDialog
from chatdesk.ui.asking.files import OrderFiles
from chatdesk.ui.asking.order_part import OrderPart
from chatdesk.ui.theme import ThemeMode
from chatdesk.ui.window import MainWindow
from tests.conftest import Ui
from tests.shots.seat import Seat
from tests.ui.asking.made import equip

LEFT = Qt.MouseButton.LeftButton


class Stage:
    """`await stage.ready()` before anything else."""

    def __init__(self, ui: Ui, qtbot: QtBot, seat: Seat, width: int = 1280) -> None:
        self.ui = ui
        self.seat = seat
        self.account = equip(seat, seat.account)
        seat.theme.set_mode(ThemeMode.LIGHT)
        self.window = MainWindow(seat.context)
        qtbot.addWidget(self.window)
        self.window.resize(width, 900)
        self.window.show()
        self.window.activateWindow()
        self.asking = self.window.asking
        self.answers: list[Future[Result]] = []

    async def ready(self, number: str | None = "10482", *, online: bool = True) -> None:
        """The window has read everything, and the account stands as wanted."""
        window = self.window
        await self.ui.until(lambda: QApplication.activeWindow() is window)
        await self.ui.until(lambda: window.list.conversations.is_whole and window.list.orders.is_whole)
        await self.ui.until(lambda: self.asking.book.is_read(self.account.id))
        if number is not None:
            window.open_conversation(self.seat.day.talk(number))
        if online:
            await self.go_online()

    async def go_online(self) -> None:
        self.seat.engines.tell(self.seat.day.online())
        await self.ui.until(lambda: not self.asking.asker.blocked(self.account.id))

    async def go_offline(self) -> None:
        self.seat.engines.tell(self.seat.day.offline())
        await self.ui.until(lambda: self.asking.asker.blocked(self.account.id))

    def hold(self) -> None:
        """Answer no action until the test does, with `answer`."""

        def act(account: AccountId, action: Action) -> Future[Result]:
            self.seat.engines.calls.append(("act", account, action))
            future: Future[Result] = Future()
            self.answers.append(future)
            return future

        self.seat.engines.act = act  # type: ignore[method-assign] # a line that is slow to answer

    def answer(self, what: Result | Exception) -> None:
        """Answer the oldest action that waits."""
        future = self.answers.pop(0)
        if isinstance(what, Exception):
            future.set_exception(what)
        else:
            future.set_result(what)

    def acted(self, kind: ActionKind | None = None) -> list[Action]:
        """What the server was asked to do."""
        actions = [action for _account, action in self.seat.engines.asked("act")]
        return [action for action in actions if kind is None or action.kind is kind]

    def part(self) -> OrderPart:
        """What the order panel shows of asking."""
        found = self.window.panel.findChildren(OrderPart)
        assert len(found) == 1
        return found[0]

    def files(self) -> OrderFiles:
        return self.part().files

    def press(self, kind: ActionKind) -> None:
        """Press an offer's button in the order panel."""
        button = self.part().offers.button(kind)
        assert button is not None, kind
        click(button)

    def dialog(self) -> ActionDialog:
        """The one dialog that is open."""
        shown = self.asking.dialogs()
        assert len(shown) == 1
        only = shown[0]
        assert isinstance(only, ActionDialog)
        return only


def click(button: QWidget) -> None:
    """Click a button that a person can see."""
    assert button.isVisible()
    assert button.isEnabled()
    QTest.mouseClick(button, LEFT)


def shown_buttons(widget: QWidget) -> list[str]:
    """The words of the buttons that can be seen."""
    return [b.accessibleName() for b in widget.findChildren(QPushButton) if b.isVisible()]
