"""Pictures of what a person decides after an accident, and of the story of a message."""

from __future__ import annotations

from pathlib import Path

from chatdesk.domain import outbox as machine
from chatdesk.domain.changes import HistoryLoading
from chatdesk.domain.events import MessageSeen, Stamped, StoredEvent, WindowRead
from chatdesk.domain.health import Recovery, StartKind, recovery_sentence
from chatdesk.domain.ids import Cursor, RemoteId
from chatdesk.domain.kinds import MessageKind, ParkReason, Source
from chatdesk.domain.ordering import Stamp
from chatdesk.ui.dialogs.crash_report import CrashReportDialog
from chatdesk.ui.dialogs.old_sends import OldSendsDialog
from chatdesk.ui.dialogs.outbox import OutboxDialog
from chatdesk.ui.timeline.info import MessageInfo
from tests.shots import scene
from tests.shots.camera import Camera
from tests.shots.pictures import live, picture
from tests.shots.seat import Seat

SECOND_US = 1_000_000
REPORT = """chatdesk: report of a crash
2026-11-20 10:42:00 UTC
Accounts, tokens, addresses, phone numbers and texts are left out.
Nothing was sent to anybody.

Starts
  crashed in a row: 2
  this start found: unclean

State
  chatdesk     0.1.0
  system       Linux 6.1.0, Python 3.11.2
  data folder  ~/.local/share/chatdesk
  integrity    The database is sound.
! starts       2 in a row crashed

Last crash
  Fatal Python error: Aborted

  Current thread 0x00007f3c2b7fe6c0 (most recent call first):
    File "~/chatdesk/ui/window.py", line 214 in showEvent
"""


def old_sends(seat: Seat) -> None:
    for number, text in (
        ("10482", "The escort meets you at 14:00 by the second gate, not the first one."),
        ("10479", "The copy for Ohio is attached."),
        ("10466", "Final invoice: do you need it on paper?"),
    ):
        item = scene.press(seat.store, seat.day, number, text)
        seat.store.advance(item.id, machine.Aged()).result(10)


@picture("asks-old-sends")
async def asks_old_sends(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        old_sends(seat)
        async with camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10482")
            await camera.until(window.asks.isVisible, "the strip")
            await camera.take(window, name)


@picture("asks-old-sends-narrow")
async def asks_narrow(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        old_sends(seat)
        async with camera.window(seat, 540, 640) as window:
            await live(camera, seat, window, "10482")
            await camera.until(window.asks.isVisible, "the strip")
            await camera.take(window, name)


@picture("old-sends")
async def old_sends_dialog(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        old_sends(seat)
        async with camera.window(seat, 1000, 640) as window:
            await camera.until(lambda: window.outbox.rowCount() == 3, "the outbox")
            dialog = OldSendsDialog(seat.context, window.outbox, window)
            dialog.open()
            dialog.list.setCurrentRow(1)
            await camera.take(dialog, name)
            dialog.reject()


@picture("asks-report")
async def asks_report(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        await live(camera, seat, window, "10482")
        window.open_conversation(None)
        window.asks.offer_report(lambda: REPORT)
        window.status.tell(recovery_sentence(Recovery(kind=StartKind.UNCLEAN)))
        await camera.take(window, name)


@picture("crash-report")
async def crash_report(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat, camera.window(seat, 1000, 640) as window:
        dialog = CrashReportDialog(seat.context, lambda: REPORT, window)
        dialog.open()
        await camera.until(dialog.copy.isEnabled, "the report")
        await camera.take(dialog, name)
        dialog.reject()


@picture("recovery-told")
async def recovery_told(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.make_uncertain(seat.store, seat.day, "10482", "Which gate do they use?")
        async with camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10482")
            found = Recovery(
                kind=StartKind.REBUILT, set_aside="damaged-20261120-104200.db", asking=2, uncertain=1
            )
            window.asks.tell_recovery(recovery_sentence(found))
            await camera.take(window, name)


@picture("message-story")
async def message_story(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        item = scene.make_uncertain(seat.store, seat.day, "10482", "Which gate do they use?")
        seat.clock.at_us += 23 * SECOND_US
        seat.store.advance(item.id, machine.Found(RemoteId("found-1"))).result(10)
        async with camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10482")
            reader = seat.store.reader()
            rows = reader.newest_page(seat.day.talk("10482")).messages
            reader.close()
            message = next(one for one in rows if one.outgoing_id == item.id)
            dialog = MessageInfo(seat.context, message, window)
            dialog.open()
            await camera.until(lambda: dialog.story() != "", "the story")
            await camera.take(dialog, name)
            dialog.reject()


@picture("draft-conflict")
async def draft_conflict(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        seat.store.save_draft(
            seat.day.talk("10482"),
            0,
            "The escort is booked for 14:00, the driver will call you",
            "The escort is booked for 15:00.\nPlease bring the papers for both trucks.",
        ).result(10)
        async with camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10482")
            await camera.take(window, name)


@picture("gap")
async def gap(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        here, at_us = RemoteId("o-10482"), seat.clock.at_us
        newest = [
            MessageSeen(
                conversation=here,
                remote_id=RemoteId(f"late-{number}"),
                cursor=Cursor(f"{at_us + number:017d}-{number:04d}"),
                sender_id=RemoteId("u-10482"),
                sender_name="Northline Transport",
                own=False,
                kind=MessageKind.TEXT,
                text=text,
                sent_at_us=at_us,
                source=Source.STORED,
            )
            for number, text in enumerate(("We are at the scale now.", "Is the escort on its way?"))
        ]
        read = WindowRead(
            conversation=here,
            ids=tuple(one.remote_id for one in newest),
            oldest=newest[0].cursor,
            newest=newest[-1].cursor,
            complete=True,
            reaches_start=False,
            reaches_head=True,
        )
        events: list[StoredEvent] = [*newest, read]
        stamped = [Stamped(Stamp(2, number), one) for number, one in enumerate(events)]
        seat.store.apply(seat.account.id, stamped).result(10)
        async with camera.window(seat, 1000, 640) as window:
            await live(camera, seat, window, "10482")
            seat.engines.tell(HistoryLoading(seat.day.talk("10482"), busy=True))
            await camera.take(window, name)


@picture("undecided")
async def undecided(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.make_parked(seat.store, seat.day, "10482", "All papers for both trucks", ParkReason.REFUSED)
        scene.make_uncertain(seat.store, seat.day, "10482", "Which gate do they use?")
        item = scene.press(seat.store, seat.day, "10482", "I will call at twelve")
        later = machine.Later(seat.clock.at_us + 90 * SECOND_US, "rate")
        seat.store.advance(item.id, later).result(10)
        async with camera.window(seat, 1000, 700) as window:
            await live(camera, seat, window, "10482")
            await camera.take(window, name)


@picture("outbox-undecided")
async def outbox_undecided(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        scene.make_parked(seat.store, seat.day, "10479", "The copy for Ohio is attached.", ParkReason.REFUSED)
        scene.make_parked(seat.store, seat.day, "10466", "Final invoice attached", ParkReason.STUCK)
        scene.make_uncertain(seat.store, seat.day, "10482", "Which gate do they use?")
        item = scene.press(seat.store, seat.day, "10471", "I will call at twelve")
        later = machine.Later(seat.clock.at_us + 90 * SECOND_US, "rate")
        seat.store.advance(item.id, later).result(10)
        async with camera.window(seat, 1000, 760) as window:
            await live(camera, seat, window, "10482")
            await camera.until(lambda: window.outbox.rowCount() == 4, "the outbox")
            dialog = OutboxDialog(seat.context, window.outbox, window)
            dialog.open()
            dialog.view.selectRow(2)
            await camera.take(dialog, name)
            dialog.reject()
