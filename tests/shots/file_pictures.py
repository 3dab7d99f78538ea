"""Pictures of files on their way: in the messages, beside an order, and in the outbox."""

from __future__ import annotations

from pathlib import Path

import msgspec

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment
from chatdesk.domain.changes import UploadMoved
from chatdesk.domain.entities import FileRule, Outgoing
from chatdesk.domain.kinds import MessageKind, ParkReason
from chatdesk.ui.composer.files import given
from chatdesk.ui.dialogs.outbox import OutboxDialog
from chatdesk.ui.window import MainWindow
from tests.shots.camera import Camera
from tests.shots.pictures import Take, live, picture
from tests.shots.seat import Seat
from tests.store.making import started
from tests.ui.asking.made import equip

RULE = FileRule(most_bytes=10_485_759, types={"jpg": "image/jpeg", "pdf": "application/pdf"})


def send(seat: Seat, name: str, kind: MessageKind, size: int, text: str = "") -> Outgoing:
    staged = seat.store.stage(b"x" * size, size).result(10)
    file = Attachment(name=name, content_type=RULE.types[name.rpartition(".")[2]], size_bytes=size)
    place = seat.day.talk("10482")
    return seat.store.press_file(place, staged, file, kind, text or name).result(10)


def bring(seat: Seat, name: str, size: int) -> Outgoing:
    order = next(one.id for one in seat.store.orders().result(10).rows if one.number == "10482")
    staged = seat.store.stage(b"x" * size, size).result(10)
    file = Attachment(name=name, content_type="application/pdf", size_bytes=size)
    return seat.store.intend_file(order, staged, file).result(10)


def able(seat: Seat) -> None:
    account = equip(seat, seat.account)
    can = msgspec.structs.replace(account.capabilities, message_files=RULE)
    seat.store.put_capabilities(account.id, can).result(10)


def prepare(seat: Seat) -> tuple[Outgoing, Outgoing]:
    """Files in every state; returns those that are under way, of the conversation and of the order."""
    able(seat)
    refused = send(seat, "axle weights.pdf", MessageKind.FILE, 88_000)
    seat.store.advance(refused.id, machine.Refused(ParkReason.REFUSED, "Only images and documents")).result(
        10
    )
    moving = send(seat, "load from the left.jpg", MessageKind.IMAGE, 2_400_000, "This is how it is tied down")
    send(seat, "permit Ohio, second page.pdf", MessageKind.FILE, 412_000)
    adding = bring(seat, "escort contract.pdf", 903_000)
    seat.store.advance(adding.id, started(adding)).result(10)
    late = bring(seat, "a name that is far too long for a narrow panel, and goes on for ever.pdf", 12_000)
    seat.store.advance(late.id, machine.Refused(ParkReason.TOO_LONG, "")).result(10)
    bring(seat, "invoice.pdf", 44_000)
    return moving, adding


async def moved(camera: Camera, seat: Seat, window: MainWindow, items: tuple[Outgoing, Outgoing]) -> None:
    await live(camera, seat, window)
    for item, share in zip(items, (42, 77), strict=True):
        size = item.extras.attachments[0].size_bytes or 0
        seat.engines.tell(UploadMoved(item.id, size * share // 100, size))
    await camera.until(lambda: seat.context.feed.upload_of(items[1].id) is not None, "the news")


def files_at(width: int, *, panel: bool = False) -> Take:
    async def take(camera: Camera, name: str, theme: str, folder: Path) -> None:
        async with camera.seat(folder, theme) as seat:
            items = prepare(seat)
            async with camera.window(seat, width, 820) as window:
                await moved(camera, seat, window, items)
                if panel:
                    window.toggle_panel()
                await camera.take(window, name)

    return take


picture("files-1280", at_every_scale=True)(files_at(1280))
picture("files-540")(files_at(540))
picture("files-420-order")(files_at(420, panel=True))


@picture("files-refused")
async def refused(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        able(seat)
        wrong = folder / "tool.exe"
        wrong.write_bytes(b"MZ")
        async with camera.window(seat, 900, 640) as window:
            await live(camera, seat, window)
            composer = window.chat.composer
            composer.give_files(seat.day.talk("10482"), [given(wrong)], RULE)
            await camera.until(lambda: composer.notice.label.text(), "the sentence")
            await camera.take(window, name)


@picture("files-outbox")
async def outbox(camera: Camera, name: str, theme: str, folder: Path) -> None:
    async with camera.seat(folder, theme) as seat:
        items = prepare(seat)
        async with camera.window(seat, 1000, 640) as window:
            await moved(camera, seat, window, items)
            dialog = OutboxDialog(seat.context, window.outbox, window)
            dialog.open()
            await camera.until(lambda: window.outbox.rowCount() >= 6, "the outbox")
            dialog.view.selectRow(0)
            await camera.take(dialog, name)
            dialog.reject()
