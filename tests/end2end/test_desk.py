"""Whole journeys: the real window, engine and store against a real server process over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatdesk.demo import hands
from chatdesk.domain.kinds import DeliveryState
from chatdesk.ui.dialogs.sign_in import SignInDialog
from tests.end2end.seat import CUSTOMER_EMAIL, Customer, Seat, server_texts
from tests.server.process import ServerProcess

ORDER = "ORD-204117"
OTHER = "ORD-204122"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path / "server", seed="demo") as process:
        yield process


@pytest.fixture
def customer(server: ServerProcess) -> Iterator[Customer]:
    person = Customer(server.url)
    yield person
    person.close()


@pytest.fixture
def sit_down(qapp: Any, profile_dir: Path) -> Callable[[], Seat]:
    return lambda: Seat(qapp, profile_dir)


def test_a_first_conversation_end_to_end(
    ui: Any, sit_down: Callable[[], Seat], server: ServerProcess, customer: Customer
) -> None:
    """Signing in by the dialog leads to the conversations; what either side writes reaches the other."""

    async def story() -> None:
        seat = sit_down()
        await hands.settle()
        await seat.fill_sign_in(server.url)
        await hands.until(lambda: hands.open_dialog(SignInDialog) is None, "the dialog closing by itself")
        await seat.online()
        await hands.until(lambda: len(seat.conversations()) >= 10, "the conversations")
        await seat.open(ORDER)
        await hands.until(lambda: len(seat.shown_texts()) >= 50, "the history on the screen")
        await seat.write("The Oklahoma permit has come in, shall I send it?")
        await seat.accepted(ORDER, "The Oklahoma permit has come in, shall I send it?")
        customer.send(seat.order_remote_id(ORDER), "Yes please, the driver leaves at six.")
        await hands.until(
            lambda: "Yes please, the driver leaves at six." in seat.shown_texts(), "the answer on the screen"
        )
        await seat.close()

    ui.run(story(), timeout_s=60)
    mine = server_texts(server.data_dir, ORDER)
    assert mine.count("The Oklahoma permit has come in, shall I send it?") == 1
    assert "Yes please, the driver leaves at six." in server_texts(server.data_dir, ORDER, CUSTOMER_EMAIL)


def test_offline_and_back(ui: Any, sit_down: Callable[[], Seat], server: ServerProcess) -> None:
    """What is written without a connection is queued in plain sight, and arrives once and in order."""
    texts = [f"written offline, number {n}" for n in range(1, 4)]

    async def story() -> None:
        seat = sit_down()
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        server.stop()
        await seat.not_online()
        for text in texts:
            await seat.write(text)
            await seat.queued(ORDER, text)
        await seat.open(OTHER)
        assert seat.shown_texts(), "what is cached can be read offline"
        server.start()
        seat.program.desk.retry_now()
        await seat.accepted(ORDER, *texts)
        await seat.close()

    ui.run(story(), timeout_s=90)
    mine = server_texts(server.data_dir, ORDER)
    assert [text for text in mine if text in texts] == texts


def test_queue_and_drafts_survive_a_restart(
    ui: Any, sit_down: Callable[[], Seat], server: ServerProcess
) -> None:
    """Closing the program offline loses neither the queue nor a draft; the next start shows both."""

    async def first() -> None:
        seat = sit_down()
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        server.stop()
        await seat.not_online()
        await seat.write("queued before the restart")
        await seat.type("a draft that nobody has sent")
        await seat.close()

    async def second() -> None:
        seat = sit_down()
        await seat.open(ORDER)
        assert seat.edit.toPlainText() == "a draft that nobody has sent"
        message = seat.message(ORDER, "queued before the restart")
        assert message is not None
        assert message.state is DeliveryState.QUEUED
        await seat.close()

    ui.run(first(), timeout_s=60)
    ui.run(second(), timeout_s=60)
    assert "queued before the restart" not in server_texts(server.data_dir, ORDER)


def test_a_restart_goes_on_sending(ui: Any, qapp: Any, profile_dir: Path, server: ServerProcess) -> None:
    """A queue that was left behind is sent by the next start, once, with the token that was kept."""
    seats: list[Seat] = []

    async def first() -> None:
        seat = Seat(qapp, profile_dir)
        seats.append(seat)
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        server.stop()
        await seat.not_online()
        await seat.write("sent by the next start")
        await seat.close()

    async def second() -> None:
        seat = Seat(qapp, profile_dir, vault=seats[0].vault)
        await seat.accepted(ORDER, "sent by the next start", timeout_s=30)
        await seat.close()

    ui.run(first(), timeout_s=60)
    server.start()
    ui.run(second(), timeout_s=60)
    assert server_texts(server.data_dir, ORDER).count("sent by the next start") == 1


def test_a_wrong_password_is_told_in_the_servers_words(
    ui: Any, sit_down: Callable[[], Seat], server: ServerProcess
) -> None:
    """A refused sign-in leaves the dialog open with the reason, makes no account and shows no status code."""

    async def story() -> None:
        seat = sit_down()
        await hands.settle()
        dialog = await seat.fill_sign_in(server.url, password="Wrong0ne!x")
        await hands.until(dialog.refusal, "the refusal")
        assert "password" in dialog.refusal().lower()
        assert "400" not in dialog.refusal()
        assert dialog.isVisible()
        assert not seat.program.reader.accounts().rows
        dialog.reject()
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_an_unreachable_server_is_told_in_words(
    ui: Any, sit_down: Callable[[], Seat], free_port: Callable[[], int]
) -> None:
    """Nobody at the address: the dialog says that the server can't be reached, and stays."""

    async def story() -> None:
        seat = sit_down()
        await hands.settle()
        dialog = await seat.fill_sign_in(f"http://127.0.0.1:{free_port()}")
        await hands.until(dialog.refusal, "the refusal")
        words = dialog.refusal()
        assert "reach" in words.lower(), words
        dialog.reject()
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_a_token_that_expires_is_renewed_unasked(
    ui: Any, sit_down: Callable[[], Seat], tmp_path: Path
) -> None:
    """When the access token runs out, the refresh token renews it, and sending goes on without a word."""

    async def story(server: ServerProcess) -> None:
        seat = sit_down()
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        for n in range(4):
            await seat.write(f"over the life of a token, {n}")
            await seat.accepted(ORDER, f"over the life of a token, {n}")
            await hands.settle(50)
        await seat.close()

    with ServerProcess(tmp_path / "server", seed="demo", access_ttl=2) as server:
        ui.run(story(server), timeout_s=60)
        mine = server_texts(server.data_dir, ORDER)
    assert [text for text in mine if text.startswith("over the life")] == [
        f"over the life of a token, {n}" for n in range(4)
    ]


def test_when_no_refresh_helps_the_person_is_asked_and_writing_goes_on(
    ui: Any, sit_down: Callable[[], Seat], tmp_path: Path
) -> None:
    """With both tokens void a banner asks to sign in again; what is written is queued and goes afterwards."""

    async def story(server: ServerProcess) -> None:
        seat = sit_down()
        await seat.sign_in(server.url)
        await seat.open(ORDER)
        await asyncio.sleep(4.5)  # nothing but time makes a token expire
        await seat.write("written while signed out")
        await hands.until(lambda: "ign in again" in seat.banner(), "the banner that asks to sign in")
        await seat.queued(ORDER, "written while signed out")
        await seat.write("and a second one")
        await seat.queued(ORDER, "and a second one")
        await seat.sign_in(server.url)
        await seat.accepted(ORDER, "written while signed out", "and a second one")
        await hands.until(lambda: not seat.banner(), "the banner going away")
        await seat.close()

    with ServerProcess(tmp_path / "server", seed="demo", access_ttl=3, refresh_ttl=4) as server:
        ui.run(story(server), timeout_s=90)
        assert server_texts(server.data_dir, ORDER)[-2:] == ["written while signed out", "and a second one"]
