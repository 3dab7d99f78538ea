"""Asking the other platforms from the window: real engines and adapters before scripted servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QToolButton

from chatdesk.demo import hands
from chatdesk.domain.actions import ActionKind, FindKind, FindScope
from chatdesk.domain.kinds import Lifecycle
from chatdesk.ui.asking.dialog import ActionDialog
from chatdesk.ui.asking.order_part import OrderPart
from tests.end2end.five import FiveSeat, fakomame_place, marketplace_place, omw_place, steppergo_place
from tests.platforms.fakomame import paper as fakomame
from tests.platforms.marketplace import paper as marketplace
from tests.platforms.steppergo import paper as steppergo


def test_packages_and_trips_are_looked_up_and_talked_about(ui: Any, qapp: Any, profile_dir: Path) -> None:
    """Fakomame: its packages and trips are two tabs; talking about a package opens its conversation."""

    async def story() -> None:
        place = fakomame_place()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        asking = seat.window.asking
        await hands.until(asking.can_find, "what can be looked up")
        hands.click(asking.find_tool)
        finder = asking.finder
        await hands.until(lambda: finder.hits.rowCount() > 0, "the packages")
        finder.choose_scope(FindScope.SENT)
        await hands.until(lambda: not finder.busy(), "the packages sent")
        finder.choose_kind(FindKind.TRIP)
        await hands.until(lambda: finder.hits.rowCount() > 0 and not finder.busy(), "the trips")
        trip = finder.hits.hit(0)
        assert trip is not None
        assert (trip.kind, trip.remote_id) == (FindKind.TRIP, fakomame.TRIP)
        hands.key(finder.view, Qt.Key.Key_Home)
        finder.view.setCurrentIndex(finder.hits.index(0))
        await hands.until(lambda: finder.offered.button(ActionKind.START_CHAT) is not None, "the offer")
        hands.key(finder.view, Qt.Key.Key_Return)
        await hands.until(lambda: asking.pages.shows_desk(), "the conversation")
        await hands.until(lambda: seat.window.chat.conversation_id() is not None, "the conversation")
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_a_person_is_looked_up_and_written_to(ui: Any, qapp: Any, profile_dir: Path) -> None:
    """Marketplace: a buyer without a conversation is found by id, and the first message goes there."""

    async def story() -> None:
        place = marketplace_place()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        asking = seat.window.asking
        await hands.until(asking.can_find, "what can be looked up")
        hands.click(asking.find_tool)
        finder = asking.finder
        finder.choose_kind(FindKind.PERSON)
        await hands.until(lambda: not finder.busy(), "the people")
        hands.write(finder.search, marketplace.STRANGER)
        await hands.until(lambda: finder.hits.rowCount() == 1 and not finder.busy(), "the one person")
        finder.view.setCurrentIndex(finder.hits.index(0))
        await hands.until(lambda: finder.offered.button(ActionKind.START_CHAT) is not None, "the offer")
        hands.key(finder.view, Qt.Key.Key_Return)
        await hands.until(lambda: seat.row(place, marketplace.STRANGER), "the conversation")
        row = seat.row(place, marketplace.STRANGER)
        assert row is not None
        await hands.until(lambda: seat.window.chat.conversation_id() == row.id, "the conversation open")
        field = hands.find(seat.window.chat, QPlainTextEdit)
        hands.click(field.viewport())
        hands.write(field, "may I quote?")
        hands.key(field, Qt.Key.Key_Return)
        await hands.until(lambda: place.server.texts() == ["may I quote?"], "the message at the server")
        sent = place.server.messages[-1]
        assert sent["recipient_id"]["_id"] == marketplace.STRANGER
        assert (sent["subject"], sent["message_type"]) == ("Chat Message", "general")
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_a_chat_is_ended_after_a_yes(ui: Any, qapp: Any, profile_dir: Path) -> None:
    """OMW: ending the open chat from its menu ends it at the server, and closes it here."""

    async def story() -> None:
        place = omw_place()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        await seat.open(place)
        tools = seat.window.chat.header.findChildren(QToolButton)
        menus: list[QMenu | None] = [tool.menu() for tool in tools]
        menu = next(one for one in menus if one is not None)
        menu.aboutToShow.emit()
        end = next(one for one in menu.actions() if str(one.data()) == ActionKind.END_CHAT.value)
        end.trigger()
        await hands.until(seat.window.asking.dialogs, "the question")
        dialog = seat.window.asking.dialogs()[0]
        assert isinstance(dialog, ActionDialog)
        assert not place.server.ended
        hands.click(dialog.yes)

        def closed() -> bool:
            row = seat.row(place)
            return row is None or row.lifecycle is not Lifecycle.OPEN

        await hands.until(closed, "the end of the chat")
        assert place.server.ended == {int(place.conversation)}
        await hands.until(lambda: not seat.window.asking.dialogs(), "the question gone")
        await seat.close()

    ui.run(story(), timeout_s=60)


def test_the_driver_is_seen_on_the_way(ui: Any, qapp: Any, profile_dir: Path) -> None:
    """StepperGO: a position that is pushed is a card beside the trip, with how fast and how old."""

    async def story() -> None:
        place = steppergo_place()
        seat = FiveSeat(qapp, profile_dir, place)
        await seat.sit_down()
        await seat.open(place)
        part = seat.window.panel.findChildren(OrderPart)[0]
        await hands.until(lambda: seat.window.panel.order() is not None, "the trip")
        pushed = {
            "tripId": steppergo.TRIP,
            "driverId": steppergo.RECORD_ID,
            "latitude": 43.3,
            "longitude": 77.1,
            "speed": 60,
            "heading": 90,
        }
        await seat.tell(place.server.push, "driver.location.updated", pushed)
        await hands.until(part.position.isVisible, "the card")
        age, _facts, where = part.position.words()
        assert age == "Driver, now"
        assert where == "43.30000, 77.10000"
        await seat.close()

    ui.run(story(), timeout_s=60)
