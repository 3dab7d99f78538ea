"""Pictures of a disk that refuses: instead of the window, above the conversation, beside the composer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtTest import QTest

from chatdesk.domain.changes import Commit, DiskChanged
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.kinds import DiskIll
from tests.faults.disk.shim import Fault, Ill, failing_disk
from tests.shots.camera import Camera
from tests.shots.pictures import live, picture, trouble


@picture("disk-full-send", at_every_scale=True)
async def disk_full_send(camera: Camera, name: str, theme: str, folder: Path) -> None:
    """Send was pressed on a full disk: banner, reason, and the text that stays."""
    with failing_disk(folder.parent) as disk:
        async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10471")
            composer = window.chat.composer
            disk.faults = [Fault(Ill.FULL)]
            QTest.keyClicks(composer.edit, "Good morning! The permit is here.")
            composer.press_send()
            await camera.until(lambda: composer.notice.isVisible(), "the reason")
            await camera.until(lambda: window.chat.banner.isVisible(), "the banner")
            await camera.take(window, name)
            disk.heal()


@picture("disk-failing-behind")
async def disk_failing_behind(camera: Camera, name: str, theme: str, folder: Path) -> None:
    """What came in could not be written; nobody has pressed anything."""
    async with camera.seat(folder, theme) as seat, camera.window(seat, 720, 640) as window:
        await live(camera, seat, window, "10471")
        seat.context.feed.add_commit(Commit(0, (DiskChanged(DiskIll.FAILING),)))
        await camera.until(lambda: window.chat.banner.isVisible(), "the banner")
        await camera.take(window, name)


picture("trouble-disk-read-only")(trouble(DiskTrouble("folder", DiskIll.READ_ONLY)))
picture("trouble-disk-no-room")(trouble(DiskTrouble("folder", DiskIll.FULL)))
