"""Asking a real server from the window: files, taking over, looking up, notifications, a new order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from chatdesk.demo import hands
from chatdesk.domain.actions import ActionKind
from chatdesk.domain.desk import SignInRequest
from chatdesk.domain.kinds import Platform
from chatdesk.server.demo.cast import ADMIN_EMAIL, CARRIERS, PASSWORD
from chatdesk.ui.asking.dialog import ActionDialog
from chatdesk.ui.asking.order_part import OrderPart
from tests.end2end.seat import CUSTOMER_EMAIL, Customer, Seat
from tests.server.process import ServerProcess

ORDER = "ORD-204117"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server", seed="demo") as process:
        yield process


@pytest.fixture
def customer(server: ServerProcess) -> Iterator[Customer]:
    person = Customer(server.url)
    yield person
    person.close()


def part(seat: Seat) -> OrderPart:
    return seat.window.panel.findChildren(OrderPart)[0]


async def sign_in_as_carrier(seat: Seat, url: str) -> None:
    """Signed in as a customer of the desk, with that customer's orders."""
    request = SignInRequest(
        platform=Platform.DISPATCHER, server_url=url, login=CUSTOMER_EMAIL, password=PASSWORD
    )
    await seat.program.desk.sign_in(request)
    await seat.online()
    await hands.until(lambda: numbers(seat), "an order of the carrier")


def numbers(seat: Seat) -> list[str]:
    """The numbers of the orders that have a conversation."""
    return [row.order_number for row in seat.conversations() if row.order_number]


def question(seat: Seat) -> ActionDialog:
    """The one dialog that is open."""
    dialog = seat.window.asking.dialogs()[0]
    assert isinstance(dialog, ActionDialog)
    return dialog


def told(seat: Seat) -> list[str]:
    """What the status bar is told from now on."""
    heard: list[str] = []
    seat.window.asking.told.connect(heard.append)
    return heard


def test_a_file_goes_there_and_comes_back(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess, tmp_path: Path
) -> None:
    """A carrier adds a file to an order, saves it under another name byte for byte, and removes it again."""
    local, back = tmp_path / "permit & copy.pdf", tmp_path / "back.pdf"
    local.write_bytes(b"%PDF-1.4 " + bytes(range(256)) * 40)

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await sign_in_as_carrier(seat, server.url)
        await seat.open(numbers(seat)[0])
        files = part(seat).files
        await hands.until(lambda: files.add.isVisible() and files.add.isEnabled(), "the place for files")
        before = {row.name for row in files.rows()}
        files.add_files([local])
        await hands.until(lambda: len(files.rows()) == len(before) + 1, "the file in the list")
        row = next(one for one in files.rows() if one.name not in before)
        assert "permit" in row.name
        files.save_to(row.about, str(back))
        await hands.until(back.exists, "the file on this machine")
        assert back.read_bytes() == local.read_bytes()
        await hands.until(row.remove.isEnabled, "the file to be left alone")
        hands.click(row.remove)
        await hands.until(lambda: bool(seat.window.asking.dialogs()), "the question")
        hands.click(question(seat).yes)
        await hands.until(lambda: len(files.rows()) == len(before), "the file gone from the list")
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_staff_takes_an_order_over(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess, customer: Customer
) -> None:
    """After a deliberate yes the order is ours at the server, and the window says so."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url, login=ADMIN_EMAIL)
        await seat.open(ORDER)
        heard = told(seat)
        offers = part(seat).offers
        await hands.until(lambda: offers.button(ActionKind.TAKE_OVER) is not None, "the offer")
        button = offers.button(ActionKind.TAKE_OVER)
        assert button is not None
        await hands.until(button.isEnabled, "being able to")
        hands.click(button)
        await hands.until(lambda: bool(seat.window.asking.dialogs()), "the question")
        hands.click(question(seat).yes)
        await hands.until(lambda: "It is yours now." in heard, "the outcome")
        assert customer.status(ORDER) == "processing"
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_looking_up_finds_and_opens(ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess) -> None:
    """A number typed on the page finds the order at the server; Enter opens it here."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url)
        asking = seat.window.asking
        await hands.until(asking.can_find, "what can be looked up")
        hands.click(asking.find_tool)
        await hands.until(lambda: asking.finder.hits.rowCount() > 1, "what the server has")
        hands.write(asking.finder.search, ORDER)
        await hands.until(
            lambda: asking.finder.hits.rowCount() == 1 and not asking.finder.busy(), "the one order"
        )
        hit = asking.finder.hits.hit(0)
        assert hit is not None
        assert ORDER in hit.title
        hands.key(asking.finder.search, Qt.Key.Key_Down)
        hands.key(asking.finder.view, Qt.Key.Key_Return)
        wanted = seat.conversation(ORDER).id
        await hands.until(lambda: seat.window.chat.conversation_id() == wanted, "the conversation")
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_notifications_are_counted_read_and_deleted(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess, customer: Customer
) -> None:
    """What a customer writes while one is away is notified; reading and deleting reach the server."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url)
        order = seat.order_remote_id(ORDER)
        asking = seat.window.asking
        customer.send(order, "Are you there?")
        await hands.until(asking.can_notify, "notifications")
        page = asking.notices
        hands.click(asking.notice_tool)
        seat.program.desk.refresh(seat.conversation(ORDER).account_id)
        await hands.until(lambda: page.model.rowCount() > 0, "a notification")
        await hands.until(lambda: asking.book.unread() > 0, "an unread one")
        unread = asking.notice_tool.count()
        assert unread == asking.book.unread()
        everything = page.all_read.button(ActionKind.NOTICES_READ)
        assert everything is not None
        hands.click(everything)
        await hands.until(lambda: asking.book.unread() == 0, "all read")
        rows = page.model.rowCount()
        page.view.setCurrentIndex(page.model.index(0))
        hands.key(page.view, Qt.Key.Key_Delete)
        await hands.until(lambda: bool(asking.dialogs()), "the question")
        hands.click(question(seat).yes)
        await hands.until(lambda: page.model.rowCount() == rows - 1, "one less")
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_a_carrier_creates_an_order(ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess) -> None:
    """What is wrong is said by the field's name; what is right is an order of the list afterwards."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await sign_in_as_carrier(seat, server.url)
        await hands.until(lambda: seat.window.asking.creator(None) is not None, "the offer")
        seat.window.commands.action("order.create").trigger()
        dialog = seat.window.asking.create_order(None)
        assert dialog is not None
        values = {"contact": "Dana", "start": "2027-03-01", "from": "Gary, IN", "to": "Ames, IA"}
        for field in dialog.form.fields():
            control = dialog.form.control(field.key)
            if isinstance(control, QLineEdit) and field.required:
                control.setText(values.get(field.key, "no such unit" if "tr" in field.key else "12"))
        assert dialog.problem() == ""
        hands.click(dialog.yes)
        await hands.until(lambda: dialog.strip.sentence().startswith("Truck"), "the answer", 30)
        assert "knows none like this" in dialog.strip.sentence()
        for key, vehicle in (("truck", CARRIERS[0].truck), ("trailer", CARRIERS[0].trailer)):
            control = dialog.form.control(key)
            assert isinstance(control, QLineEdit)
            control.setText(vehicle.unit)
        model = seat.window.list.orders
        before = model.rowCount()
        hands.click(dialog.yes)
        await hands.until(lambda: model.rowCount() == before + 1, "the new order in the list", 30)
        await seat.close()

    ui.run(story(), timeout_s=60)
