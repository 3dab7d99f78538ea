"""A file that waits or is under way is a row with its name, size and state, and what can be done with it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from chatdesk.domain import outbox as machine
from chatdesk.domain.actions import Attachment
from chatdesk.domain.changes import UploadMoved
from chatdesk.domain.entities import Message, Outgoing
from chatdesk.domain.kinds import MessageKind, ParkReason
from chatdesk.ui.timeline.layout import RowLayout
from chatdesk.ui.timeline.offers import Action, inline, menu
from chatdesk.ui.timeline.view import TimelineView
from chatdesk.ui.timeline.wording import trouble_words
from tests.conftest import Ui
from tests.store.making import WAIT_S
from tests.ui.timeline.real import Stage

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)


def press_file(stage: Stage) -> Outgoing:
    staged = stage.store.stage(b"x" * 2_048, 10_000).result(WAIT_S)
    file = Attachment(name="offer.pdf", content_type="application/pdf", size_bytes=2_048)
    pressed = stage.store.press_file(stage.room, staged, file, MessageKind.FILE, "offer.pdf")
    return pressed.result(WAIT_S)


def shown(stage: Stage, item: Outgoing) -> Message:
    assert item.message_id is not None
    found = stage.context.desk.reader.message(item.message_id)
    assert found is not None
    return found


def last_row(view: TimelineView) -> RowLayout:
    return view.book.row(view.timeline.rowCount() - 1)


def small_print(row: RowLayout) -> str:
    return " ".join(words.text for words in row.small_print)


def test_a_row_shows_name_size_and_how_far_its_file_has_come(ui: Ui, stage: Stage, qtbot: QtBot) -> None:
    """Queued, then percent by percent, then queued again where it was broken off."""

    async def story() -> None:
        item = press_file(stage)
        view = TimelineView(stage.context)
        qtbot.addWidget(view)
        view.resize(600, 400)
        view.show()
        view.open_conversation(stage.room)
        row = last_row(view)
        assert row.shown.drawn == "File: offer.pdf"
        assert row.extra is not None
        assert "queued" in small_print(row)
        for sent, said in ((0, "uploading 0 %"), (1_024, "uploading 50 %"), (-1, "queued")):
            stage.context.feed.upload.emit(UploadMoved(item.id, sent, 2_048))
            assert said in small_print(last_row(view))

    ui.run(story())


@pytest.mark.parametrize(
    ("reason", "detail", "offered", "said"),
    [
        (ParkReason.REFUSED, "type", (Action.RETRY, Action.REMOVE), "the server refused the file"),
        (ParkReason.TOO_LONG, "", (Action.REMOVE,), "too large"),
        (ParkReason.NOT_FOUND, machine.COPY_LOST, (Action.REMOVE,), "choose it again"),
    ],
)
def test_a_file_that_was_not_sent_says_why_and_what_helps(
    ui: Ui, stage: Stage, reason: ParkReason, detail: str, offered: tuple[Action, ...], said: str
) -> None:
    """Retry where it can help, Delete always; there is no text to change."""

    async def story() -> None:
        item = press_file(stage)
        assert inline(shown(stage, item)) == (Action.CANCEL,)
        assert Action.EDIT not in menu(shown(stage, item), can_delete=True)
        stage.filled.advance(item, machine.Refused(reason, detail))
        message = shown(stage, item)
        assert inline(message) == offered
        assert said in trouble_words(message)
        assert "text is safe" not in trouble_words(message)

    ui.run(story())
