"""Files in the outbox window: what they are, how far they have come, and nothing to edit that is no text."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment
from chatdesk.domain.changes import UploadMoved
from chatdesk.domain.kinds import MessageKind, ParkReason
from chatdesk.ui.outbox import Column, OutboxModel
from tests.conftest import Ui
from tests.shots.seat import Seat
from tests.ui.asking.made import WAIT_S

FILE = Attachment(name="permit.pdf", content_type="application/pdf", size_bytes=1_000)


def row_with(model: OutboxModel, text: str) -> int:
    return next(row for row in range(model.rowCount()) if model.items()[row].text == text)


def test_files_say_what_they_are_and_how_far_they_have_come(ui: Ui, qtbot: QtBot, seat: Seat) -> None:
    """One of a message and one of an order: name, share, and why one waits for its person."""
    store, day = seat.store, seat.day
    order = next(one.id for one in store.orders().result(WAIT_S).rows if one.number == "10482")

    async def main() -> None:
        of_order = store.stage(b"x" * 1_000, 9_999).result(WAIT_S)
        item = store.intend_file(order, of_order, FILE).result(WAIT_S)
        staged = store.stage(b"y" * 1_000, 9_999).result(WAIT_S)
        picture = Attachment(name="me.png", content_type="image/png", size_bytes=1_000)
        talk = day.talk("10482")
        sent = store.press_file(talk, staged, picture, MessageKind.IMAGE, "me.png").result(WAIT_S)
        store.advance(sent.id, machine.Refused(ParkReason.REFUSED, "")).result(WAIT_S)
        model = seat.outbox()
        await ui.until(lambda: {"permit.pdf", "me.png"} <= {one.text for one in model.items()})
        row = row_with(model, "permit.pdf")
        what, state = model.index(row, Column.WHAT), model.index(row, Column.NEXT)
        assert what.data() == "File for the order: permit.pdf"
        seat.engines.tell(UploadMoved(item.id, 500, 1_000))
        await ui.until(lambda: state.data() == "uploading 50 %")
        seat.engines.tell(UploadMoved(item.id, -1, 0))
        await ui.until(lambda: state.data() != "uploading 50 %")
        parked = model.items()[row_with(model, "me.png")]
        assert "the server refused the file" in model.explanation(parked)
        assert model.index(row_with(model, "me.png"), Column.STATE).data() == "! refused"
        text = seat.desk.reader.draft(talk)
        pressed = store.press_send(talk, text.version, "far too much").result(WAIT_S)
        for outgoing in (item.id, pressed.id):
            store.advance(outgoing, machine.Refused(ParkReason.TOO_LONG, "")).result(WAIT_S)
        await ui.until(lambda: ParkReason.TOO_LONG in {one.parked for one in model.items() if not one.staged})
        assert model.index(row_with(model, "permit.pdf"), Column.STATE).data() == "! file too large"
        assert model.index(row_with(model, "far too much"), Column.STATE).data() == "! too long"
        model.deleteLater()

    ui.run(main())
