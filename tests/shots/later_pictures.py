"""Pictures of sends that wait for a time of the person's own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtTest import QTest

from chatdesk.domain.ids import ConversationId
from chatdesk.store import Store
from chatdesk.ui.dialogs.outbox import OutboxDialog
from tests.shots import scene
from tests.shots.camera import Camera
from tests.shots.pictures import live, picture

DAY_US = 24 * 60 * scene.MINUTE_US


@picture("send-later")
async def send_later(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        await live(camera, seat, window, "10471")
        QTest.keyClicks(window.chat.composer.edit, "Good morning! The permit is here.")
        dialog = window.chat.composer.later.ask()
        await camera.take(dialog, name)
        dialog.reject()


@picture("messages-waiting")
async def messages_waiting(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        talk = seat.day.talk("10471")
        now_us = seat.clock.at_us
        version = _version(seat.store, talk)
        seat.store.press_send(
            talk, version, "Good morning! The permit is here.", due_us=now_us + DAY_US
        ).result(10)
        version = _version(seat.store, talk)
        seat.store.press_send(talk, version, "I will call you at twelve", hold_us=20_000_000).result(10)
        async with camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10471")
            await camera.take(window, name)


@picture("outbox-waiting")
async def outbox_waiting(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        talk = seat.day.talk("10471")
        version = _version(seat.store, talk)
        due_us = seat.clock.at_us + DAY_US
        seat.store.press_send(talk, version, "Good morning! The permit is here.", due_us=due_us).result(10)
        scene.press(seat.store, seat.day, "10482", "The escort meets you at 14:00.")
        scene.make_parked(seat.store, seat.day, "10479", "The copy for Ohio is attached.")
        scene.make_parked(seat.store, seat.day, "10466", "Final invoice attached")
        async with camera.window(seat, 1000, 760) as window:
            await camera.until(lambda: window.outbox.rowCount() == 4, "the outbox")
            dialog = OutboxDialog(seat.context, window.outbox, window)
            dialog.open()
            dialog.view.selectRow(0)
            await camera.take(dialog, name)
            dialog.reject()


def _version(store: Store, talk: ConversationId) -> int:
    reader = store.reader()
    try:
        return reader.draft(talk).version
    finally:
        reader.close()
