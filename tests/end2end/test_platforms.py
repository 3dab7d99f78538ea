"""The window before a scripted server of each platform: one inbox, and what each platform lacks or closes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from chatdesk.demo import hands
from chatdesk.domain.kinds import Assurance, DeliveryState, Feature, Lifecycle, Platform, Why
from tests.end2end.five import (
    FiveSeat,
    Place,
    all_places,
    fakomame_place,
    marketplace_place,
    omw_place,
    steppergo_place,
)
from tests.platforms.marketplace import paper as marketplace

PLACES: dict[str, Callable[[], Place]] = {
    "fakomame": fakomame_place,
    "steppergo": steppergo_place,
    "omw": omw_place,
    "marketplace": marketplace_place,
}


def edit(seat: FiveSeat) -> QPlainTextEdit:
    return hands.find(seat.window.chat, QPlainTextEdit)


async def write(seat: FiveSeat, text: str) -> None:
    field = edit(seat)
    hands.click(field.viewport())
    hands.write(field, text)
    hands.key(field, Qt.Key.Key_Return)
    await hands.until(lambda: not field.toPlainText(), "the composer letting go")


def test_one_window_serves_all_of_them(ui: Any, qapp: Any, profile_dir: Path) -> None:
    """Every account has its conversation in the one list; what is written reaches each server once."""

    async def story() -> None:
        seat = FiveSeat(qapp, profile_dir, *all_places())
        await seat.sit_down()
        for place in seat.places:
            await seat.open(place)
            text = f"good morning from {place.platform.value}"
            await write(seat, text)
            await seat.settled(place, text)
        for place in seat.places:
            text = f"good morning from {place.platform.value}"
            sent = [one for one in seat.messages(place) if one.text == text]
            assert len(sent) == 1, place.platform
        await seat.close()

    ui.run(story(), timeout_s=90)


@pytest.mark.parametrize("name", PLACES)
def test_what_the_other_side_writes_is_on_the_screen(
    ui: Any, qapp: Any, profile_dir: Path, name: str
) -> None:
    """A message that is pushed while the conversation is open is shown."""

    async def story() -> None:
        place = PLACES[name]()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        await seat.open(place)
        await hands.until(lambda: "hello" in seat.shown_texts(), "the history on the screen")
        where = () if place.platform is Platform.MARKETPLACE else (_number(place),)
        await seat.tell(place.server.says, *where, "is it on its way?")
        await hands.until(lambda: "is it on its way?" in seat.shown_texts(), "the message on the screen")
        await seat.close()

    ui.run(story(), timeout_s=60)


def _number(place: Place) -> Any:
    return int(place.conversation) if place.platform is Platform.OMW else place.conversation


@pytest.mark.parametrize("name", PLACES)
def test_what_a_platform_lacks_is_explained_and_not_offered(
    ui: Any, qapp: Any, profile_dir: Path, name: str
) -> None:
    """Every feature is there, or has a reason why not; and the window shows no control for the latter."""

    async def story() -> None:
        place = PLACES[name]()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        await hands.until(lambda: seat.account(place).capabilities.features, "capabilities")
        offered = seat.account(place).capabilities
        for feature in Feature:
            assert (
                offered.has(feature)
                or isinstance(offered.why.get(feature), Why)
                or (offered.features.get(feature) == "probe")
            ), feature
        await seat.open(place)
        assert not offered.has(Feature.EDIT_OWN)
        names = {button.text() for button in seat.window.findChildren(QPushButton) if button.isVisible()}
        if not offered.has(Feature.CHANGE_STATUS):
            assert not any("status" in one.lower() for one in names), names
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_a_server_that_stores_nothing_is_said_to_and_hands_over(
    ui: Any, qapp: Any, profile_dir: Path
) -> None:
    """Live-only: the window says so, and what was relayed is handed over, never delivered."""

    async def story() -> None:
        place = marketplace_place(stores=False)
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down_without_lists()
        await seat.tell(place.server.hands_over, "their-1", "anybody there?")
        await hands.until(lambda: seat.row(place), "the relayed conversation")
        await seat.open(place)
        await write(seat, "yes, at the counter")
        await seat.settled(place, "yes, at the counter")
        message = seat.message(place, "yes, at the counter")
        assert message is not None
        assert (message.state, message.assurance) == (DeliveryState.ACCEPTED, Assurance.RELAYED)
        await hands.until(lambda: "not stored by this server" in seat.words(), "the words for it")
        assert len(place.server.relayed) == 1
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_other_peoples_messages_are_counted_and_not_shown(ui: Any, qapp: Any, profile_dir: Path) -> None:
    """The marketplace tells everybody everything: what is not ours is dropped and counted."""

    async def story() -> None:
        place = marketplace_place()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        for number in range(3):
            await seat.tell(place.server.says, f"secret {number}", marketplace.STRANGER, marketplace.OTHER)

        def dropped() -> int:
            status = seat.program.feed.status_of(seat.accounts[place.platform].id)
            return 0 if status is None else status.dropped.get("foreign", 0)

        await hands.until(lambda: dropped() >= 3, "the count")
        assert seat.row(place, marketplace.STRANGER) is None
        assert not any("secret" in one.last.text for one in _rows(seat) if one.last is not None)
        await seat.close()

    ui.run(story(), timeout_s=60)


def _rows(seat: FiveSeat) -> tuple[Any, ...]:
    return seat.program.reader.first_conversations().rows


def test_a_chat_that_the_platform_has_deleted_is_closed_with_the_reason(
    ui: Any, qapp: Any, profile_dir: Path
) -> None:
    """It can be read but not written to, the notice says why, and what was typed stays."""

    async def story() -> None:
        place = omw_place()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        await seat.open(place)
        field = edit(seat)
        hands.click(field.viewport())
        hands.write(field, "half a sentence")

        await seat.tell(place.server.sessions.pop, 41)
        seat.program.desk.refresh(seat.accounts[place.platform].id)

        def closed() -> bool:
            row = seat.row(place)
            return row is not None and row.lifecycle in {Lifecycle.ENDED, Lifecycle.DELETED}

        await hands.until(closed, "the end")
        await hands.until(lambda: "on the platform" in seat.words(seat.window.chat), "the reason")
        assert "hello" in seat.shown_texts()
        row = seat.row(place)
        assert row is not None
        await hands.until(
            lambda: seat.program.reader.draft(row.id).text == "half a sentence", "the draft on disk"
        )
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_a_trip_whose_chat_refuses_us_is_read_only_and_no_sign_in_is_asked(
    ui: Any, qapp: Any, profile_dir: Path
) -> None:
    """An assigned driver may be locked out of a chat: that is told at the chat, not as a lost sign-in."""

    async def story() -> None:
        place = steppergo_place()
        place.server.locked.add(str(place.conversation))
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()

        def read_only() -> bool:
            row = seat.row(place)
            return row is not None and row.lifecycle is Lifecycle.READ_ONLY

        await hands.until(read_only, "the lock")
        status = seat.program.feed.status_of(seat.accounts[place.platform].id)
        assert status is not None
        assert status.sign_in == "ok"
        await seat.open(place)
        await hands.until(lambda: "not available for your role" in seat.words(seat.window.chat), "the reason")
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_without_a_socket_server_it_polls_and_says_so(ui: Any, qapp: Any, profile_dir: Path) -> None:
    """Fakomame without its socket server is a normal state: messages come and go by requests."""

    async def story() -> None:
        place = fakomame_place()
        place.server.socket = False
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        status = seat.program.feed.status_of(seat.accounts[place.platform].id)
        assert status is not None
        assert status.connection == "polling"
        await seat.open(place)
        await write(seat, "by request then")
        await seat.settled(place, "by request then")
        assert place.server.texts(place.conversation) == ["by request then"]
        await seat.close()

    ui.run(story(), timeout_s=60)
