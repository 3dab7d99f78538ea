"""The order beside the words: statuses, presence, typing, reading and deleting, between real people."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import socketio
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from chatdesk.demo import hands
from chatdesk.domain.kinds import DeliveryState
from chatdesk.server.demo.cast import ADMIN_EMAIL
from tests.end2end.seat import Customer, Seat, server_texts
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


def test_an_administrator_changes_a_status_beside_the_words(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess, customer: Customer
) -> None:
    """A status chosen in the order panel reaches the server, and its system line reaches the conversation."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url, login=ADMIN_EMAIL)
        await seat.open(ORDER)
        assert customer.status(ORDER) == "processing"
        button = hands.find(seat.window.panel, QPushButton, "Change status…")
        await hands.until(button.isEnabled, "the order in full")
        hands.click(button)
        await hands.until(lambda: _open_menu() is not None, "the menu of statuses")
        menu = _open_menu()
        assert menu is not None
        wanted = next(action for action in menu.actions() if action.text() == "Requires Invoice")
        hands.click(menu, menu.actionGeometry(wanted).center())
        await hands.until(
            lambda: customer.status(ORDER) == "requires_invoice", "the new status at the server"
        )
        await hands.until(
            lambda: seat.conversation(ORDER).order_status_label == "Requires Invoice", "the new status here"
        )
        await hands.until(
            lambda: any("Requires Invoice" in text for text in seat.shown_texts()[-3:]), "the system line"
        )
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_the_other_side_is_seen_typing_and_its_reading_shows(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess, customer: Customer
) -> None:
    """A customer who joins, types and reads is seen online and typing, and their reading turns the ticks."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        await seat.write("Please read this one.")
        await seat.accepted(ORDER, "Please read this one.")
        order, conversation = seat.order_remote_id(ORDER), seat.conversation(ORDER)
        visitor = asyncio.create_task(
            asyncio.to_thread(asyncio.run, _visit(server.url, customer.token, order))
        )
        await hands.until(lambda: seat.program.feed.typing_in(conversation.id), "the typing customer")
        await hands.until(lambda: seat.program.feed.presence_in(conversation.id), "the customer's presence")
        await hands.until(lambda: _is_read(seat, "Please read this one."), "the read mark")
        await visitor
        await hands.until(
            lambda: not seat.program.feed.typing_in(conversation.id), "the typing coming to an end"
        )
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_an_own_message_is_deleted_everywhere(
    ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess
) -> None:
    """Deleting an own message removes its text at the server and leaves a mark here, also while offline."""

    async def story() -> None:
        seat = Seat(qapp, profile_dir)
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        await seat.write("written by mistake")
        await seat.accepted(ORDER, "written by mistake")
        message = seat.message(ORDER, "written by mistake")
        assert message is not None
        server.stop()
        await seat.not_online()
        await seat.program.desk.delete_message(message.id)
        server.start()
        seat.program.desk.retry_now()

        def is_deleted() -> bool:
            row = seat.program.reader.message(message.id)
            return row is not None and row.deleted

        await hands.until(is_deleted, "the tombstone")
        await hands.until(lambda: "written by mistake" not in seat.shown_texts(), "the text going away")
        await seat.close()

    ui.run(story(), timeout_s=60)
    assert "written by mistake" not in server_texts(server.data_dir, ORDER)


def _open_menu() -> QMenu | None:
    menu = QApplication.activePopupWidget()
    return menu if isinstance(menu, QMenu) else None


def _is_read(seat: Seat, text: str) -> bool:
    message = seat.message(ORDER, text)
    return message is not None and message.state is DeliveryState.READ


async def _visit(url: str, token: str, order: str) -> None:
    """A customer's socket: joins, types, reads, and is gone."""
    client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
    await client.connect(url, auth={"token": token}, transports=["websocket"])
    await client.emit("join-order-room", order)
    await client.emit("typing-start", order)
    await asyncio.sleep(1)
    await client.emit("mark-read", order)
    await asyncio.sleep(1)
    await client.disconnect()
