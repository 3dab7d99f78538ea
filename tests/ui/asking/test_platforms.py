"""What each platform's own adapter offers, as its person meets it: there where it works, else absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from chatdesk.domain.actions import Action, ActionKind, FindKind, Result
from chatdesk.domain.entities import Account
from chatdesk.domain.events import ConversationSeen, OrderSeen, Stamped, StoredEvent
from chatdesk.domain.ids import ConversationId, RemoteId
from chatdesk.domain.kinds import ConnectionState, Lifecycle, OrderKind, Platform, Progress
from chatdesk.domain.ordering import Stamp
from chatdesk.ui.asking.order_part import OrderPart
from chatdesk.ui.window import MainWindow
from tests.conftest import Ui
from tests.shots import five
from tests.shots.seat import NOON_US, Seat
from tests.ui.asking.made import a_hit
from tests.ui.asking.stage import click, shown_buttons
from tests.ui.shell.conftest import MakeSeat

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)
WAIT_S = 20.0
START = ActionKind.START_CHAT


class Desk:
    """A window over one account of a platform, in a role, with one order that nobody has written about."""

    def __init__(self, seat: Seat, qtbot: QtBot, platform: Platform, role: str) -> None:
        self.seat = seat
        self.account: Account = five.add(seat.store, platform, role=role)
        self.window = MainWindow(seat.context)
        qtbot.addWidget(self.window)
        self.window.resize(1280, 900)
        self.window.show()
        self.window.activateWindow()
        self._arrivals = 0

    async def ready(self, ui: Ui) -> None:
        status = five.Five({self.account.platform: self.account}, {}, NOON_US)
        self.seat.engines.tell(status.status(self.account.platform, ConnectionState.ONLINE))
        await ui.until(lambda: not self.window.asking.asker.blocked(self.account.id))
        await ui.until(lambda: QApplication.activeWindow() is self.window)
        await ui.until(lambda: self.window.list.orders.is_whole)

    def tell(self, *events: StoredEvent) -> None:
        self._arrivals += 1
        stamped = [Stamped(Stamp(3, self._arrivals * 100 + n), event) for n, event in enumerate(events)]
        self.seat.store.apply(self.account.id, stamped).result(WAIT_S)

    def show_order(self, kind: OrderKind, status: str) -> None:
        """Put an order into the store, and look at it; nothing is started by that."""
        self.tell(
            OrderSeen(
                remote_id=RemoteId("b-1"),
                kind=kind,
                number="N-1",
                title="Something",
                customer="Ada",
                status=status,
                status_label=status,
                progress=Progress.OPEN,
                created_at_us=NOON_US,
                updated_at_us=NOON_US,
            )
        )
        order = self.seat.store.orders().result(WAIT_S).rows[0]
        self.window.open_conversation(None)
        self.window.panel.show_order(order.id)
        self.window.arrange()

    def buttons(self) -> list[str]:
        return shown_buttons(self.part().offers)

    def part(self) -> OrderPart:
        return self.window.panel.findChildren(OrderPart)[0]

    def open_chat(self, lifecycle: Lifecycle = Lifecycle.OPEN) -> ConversationId:
        self.tell(
            ConversationSeen(
                remote_id=RemoteId("s-1"), title="Ada", lifecycle=lifecycle, activity_at_us=NOON_US
            )
        )
        found = self.seat.store.conversation_of(self.account.id, RemoteId("s-1")).result(WAIT_S)
        assert found is not None
        self.window.open_conversation(found)
        return found

    def menu(self) -> list[str]:
        """What the header's menu offers beside its commands."""
        tools = self.window.chat.header.findChildren(QToolButton)
        menus: list[QMenu | None] = [tool.menu() for tool in tools]
        menu = next(one for one in menus if one is not None)
        menu.aboutToShow.emit()
        kinds = {kind.value for kind in ActionKind}
        return [action.text() for action in menu.actions() if str(action.data()) in kinds]

    def finds(self) -> list[FindKind]:
        return [offer.kind for offer in self.window.asking.finder._offers]

    def started(self) -> list[Action]:
        return [action for _account, action in self.seat.engines.asked("act") if action.kind is START]


MakeDesk = Callable[..., Desk]


@pytest.fixture
def make_desk(qtbot: QtBot, make_seat: MakeSeat) -> Iterator[MakeDesk]:
    desks: list[Desk] = []

    def make(platform: Platform, role: str = "") -> Desk:
        desk = Desk(make_seat(filled=False), qtbot, platform, role)
        desks.append(desk)
        return desk

    yield make
    for desk in desks:
        for widget in (*desk.window.findChildren(QMenu), *desk.window.findChildren(QDialog)):
            widget.close()


class TestOmw:
    def test_a_worker_at_the_door(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Accepting comes first; the code has its turn at arrival, and only then."""

        async def main() -> None:
            desk = make_desk(Platform.OMW, "worker")
            await desk.ready(ui)
            desk.show_order(OrderKind.BOOKING, "pending")
            assert desk.buttons() == ["Accept"]
            desk.show_order(OrderKind.BOOKING, "arrived")
            await ui.until(lambda: "Send the customer a code" in desk.buttons())
            assert desk.buttons() == [
                "Start a conversation",
                "Send the customer a code",
                "Enter the customer's code…",
            ]
            assert not desk.window.asking.find_tool.isVisible()

        ui.run(main())

    def test_a_chat_ends_once(self, ui: Ui, make_desk: MakeDesk) -> None:
        """An open chat can be ended, deleted and left; one that is over offers nothing."""

        async def main() -> None:
            desk = make_desk(Platform.OMW, "worker")
            await desk.ready(ui)
            desk.open_chat()
            assert desk.menu() == [
                "Leave the conversation",
                "End the conversation…",
                "Delete the conversation on the server…",
            ]
            desk.open_chat(Lifecycle.ENDED)
            assert desk.menu() == []

        ui.run(main())


class TestStepperGo:
    def test_a_driver_takes_a_trip(self, ui: Ui, make_desk: MakeDesk) -> None:
        """A driver accepts an open trip, after a question, and joins the conversation of one looked up."""

        async def main() -> None:
            desk = make_desk(Platform.STEPPERGO, "DRIVER")
            await desk.ready(ui)
            desk.show_order(OrderKind.TRIP, "PUBLISHED")
            assert "Accept…" in desk.buttons()
            desk.show_order(OrderKind.TRIP, "COMPLETED")
            await ui.until(lambda: "Accept…" not in desk.buttons())
            trip = a_hit("3", FindKind.TRIP, order_kind=OrderKind.TRIP)
            desk.seat.engines.on_find = lambda _asked: Result(hits=(trip,))
            desk.window.handlers.show_finder()
            finder = desk.window.asking.finder
            assert desk.finds() == [FindKind.TRIP]
            await ui.until(lambda: finder.hits.rowCount() == 1)
            finder.view.setCurrentIndex(finder.hits.index(0))
            await ui.until(lambda: shown_buttons(finder.offered) == ["Talk with Person 3", "Accept…"])
            join = finder.offered.button(START)
            assert join is not None
            click(join)
            await ui.until(lambda: len(desk.started()) == 1)
            assert (desk.started()[0].order, desk.started()[0].order_kind) == ("h-3", OrderKind.TRIP)

        ui.run(main())


class TestFakomame:
    def test_packages_and_trips(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Two tabs; sent and received packages, own trips; a person is talked with about a package."""

        async def main() -> None:
            desk = make_desk(Platform.FAKOMAME)
            await desk.ready(ui)
            desk.seat.engines.on_find = lambda asked: Result(hits=(a_hit("7", asked.kind),))
            desk.window.handlers.show_finder()
            finder = desk.window.asking.finder
            assert desk.finds() == [FindKind.PACKAGE, FindKind.TRIP]
            assert finder._scopes is not None
            words = [one.words() for one in finder._scopes._buttons.values()]
            assert words == ["All", "Sent", "Received"]
            await ui.until(lambda: finder.hits.rowCount() == 1)
            finder.view.setCurrentIndex(finder.hits.index(0))
            button = finder.offered.button(START)
            assert button is not None
            click(button)
            await ui.until(lambda: len(desk.started()) == 1)
            started = desk.started()[0]
            assert (started.order, started.order_kind, started.person) == (
                "h-7",
                OrderKind.PACKAGE,
                "u-7",
            )
            finder.choose_kind(FindKind.TRIP)
            assert finder._scopes is not None
            assert [one.words() for one in finder._scopes._buttons.values()] == ["All", "Mine"]

        ui.run(main())

    def test_from_a_stored_package(self, ui: Ui, make_desk: MakeDesk) -> None:
        """A package that nobody has written about yet starts its conversation from the panel."""

        async def main() -> None:
            desk = make_desk(Platform.FAKOMAME)
            await desk.ready(ui)
            desk.show_order(OrderKind.PACKAGE, "POSTED")
            assert desk.buttons() == ["Start a conversation"]
            assert not desk.part().files.isVisible()

        ui.run(main())


class TestMarketplace:
    def test_rfqs_products_and_people(self, ui: Ui, make_desk: MakeDesk) -> None:
        """A conversation begins from a product, an RFQ or a person, with whom it names."""

        async def main() -> None:
            desk = make_desk(Platform.MARKETPLACE, "seller")
            await desk.ready(ui)
            kinds = (FindKind.PRODUCT, FindKind.RFQ, FindKind.PERSON)
            desk.seat.engines.on_find = lambda asked: Result(
                hits=(a_hit("9", asked.kind, person_kind="buyer"),)
            )
            desk.window.handlers.show_finder()
            assert set(desk.finds()) <= set(kinds)
            assert FindKind.PERSON in desk.finds()
            finder = desk.window.asking.finder
            for number, kind in enumerate(desk.finds(), start=1):
                finder.choose_kind(kind)
                await ui.until(lambda: finder.hits.rowCount() == 1 and not finder.busy())
                finder.view.setCurrentIndex(finder.hits.index(0))
                button = finder.offered.button(START)
                assert button is not None, kind
                await ui.until(button.isEnabled)
                click(button)
                await ui.until(lambda wanted=number: len(desk.started()) == wanted)  # type: ignore[misc]
                assert (desk.started()[-1].person, desk.started()[-1].person_kind) == ("u-9", "buyer")

        ui.run(main())

    def test_a_request_is_made(self, ui: Ui, make_desk: MakeDesk) -> None:
        """A buyer makes RFQs, and the form says so."""

        async def main() -> None:
            desk = make_desk(Platform.MARKETPLACE, "buyer")
            await desk.ready(ui)
            desk.window.commands.action("order.create").trigger()
            dialog = desk.window.asking.create_order(desk.account.id)
            assert dialog is not None
            assert dialog.windowTitle() == "New RFQ"
            assert dialog.problem() == "Title is missing."

        ui.run(main())


class TestDispatcher:
    @pytest.mark.parametrize(("role", "staff"), [("admin", True), ("user", False)])
    def test_by_role(self, ui: Ui, make_desk: MakeDesk, role: str, *, staff: bool) -> None:
        """Staff take orders over; carriers create them. Neither sees the other's buttons."""

        async def main() -> None:
            desk = make_desk(Platform.DISPATCHER, role)
            await desk.ready(ui)
            desk.show_order(OrderKind.ORDER, "pending")
            assert ("Take over…" in desk.buttons()) is staff
            assert desk.window.commands.action("order.create").isEnabled() is not staff
            assert desk.part().files.isVisible()
            assert desk.window.asking.notice_tool.isVisible()

        ui.run(main())

    def test_every_menu_offer_works_offline_as_words(self, ui: Ui, make_desk: MakeDesk) -> None:
        """Offline the account's menu still says what there is, and why it has to wait."""

        async def main() -> None:
            desk = make_desk(Platform.DISPATCHER, "user")
            await desk.ready(ui)
            offline = msgspec.structs.replace(
                desk.window.book.status(desk.account.id), connection=ConnectionState.OFFLINE
            )
            desk.seat.engines.tell(offline)
            await ui.until(lambda: desk.window.asking.asker.blocked(desk.account.id))
            menu = desk.window.handlers.open_account_menu(desk.account.id, desk.window.pos())
            assert menu is not None
            texts = {action.text(): action.isEnabled() for action in menu.actions()}
            assert texts["New order…"] is False
            assert texts["You are offline. This needs the server; nothing of it is queued."] is False
            assert texts["Notifications"] is True
            menu.close()

        ui.run(main())
