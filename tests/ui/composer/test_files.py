"""Files that are dropped, pasted or chosen: on disk and queued at once, in order, or refused in words."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from chatdesk.domain.entities import FileRule, Outgoing
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.store import staging
from chatdesk.store.staging import FOLDER
from chatdesk.ui.accounts import AccountBook
from chatdesk.ui.chat.pane import ChatPane
from chatdesk.ui.composer.composer import Composer
from chatdesk.ui.outbox import OutboxModel
from chatdesk.ui.preferences import UNDO_SEND_S
from tests.conftest import Ui
from tests.store.making import WAIT_S, texts
from tests.ui.timeline.real import Stage

RULE = FileRule(most_bytes=1_000_000, types={"pdf": "application/pdf", "png": "image/png"})


@pytest.fixture
def rule(stage: Stage) -> FileRule:
    """The account takes files from now on, and nothing is held back for an undo."""
    account = stage.store.accounts().result(WAIT_S).rows[0]
    able = msgspec.structs.replace(account.capabilities, message_files=RULE)
    stage.store.put_capabilities(account.id, able).result(WAIT_S)
    stage.prefer(UNDO_SEND_S, 0)
    return RULE


@pytest.fixture
def offer(tmp_path: Path) -> Path:
    made = tmp_path / "an offer.pdf"
    made.write_bytes(b"%PDF " * 100)
    return made


def dropped(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def waiting(stage: Stage) -> list[Outgoing]:
    return list(stage.store.outbox().result(WAIT_S).rows)


def copies(stage: Stage) -> list[str]:
    folder = stage.store.folder / FOLDER
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


@pytest.mark.usefixtures("rule")
def test_a_dropped_file_is_a_row_at_once_and_needs_its_original_no_more(
    ui: Ui, stage: Stage, composer: Composer, offer: Path
) -> None:
    """Queued with name, type and size; the copy has its bytes; the draft stays as it was."""

    async def story() -> None:
        composer.edit.setPlainText("to be written")
        data = dropped(offer)
        none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(composer.rect().center(), Qt.DropAction.CopyAction, data, left, none)
        composer.dragEnterEvent(enter)
        assert enter.isAccepted()
        drop = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none)
        composer.dropEvent(drop)
        await composer.files.settle()
        offer.unlink()
        (item,) = waiting(stage)
        assert (item.state, item.message_kind) == (DeliveryState.QUEUED, MessageKind.FILE)
        (file,) = item.extras.attachments
        assert (file.name, file.content_type, file.size_bytes) == ("an offer.pdf", "application/pdf", 500)
        assert texts(stage.store, stage.room)[-1] == "an offer.pdf"
        assert copies(stage) == [item.staged]
        assert (stage.store.folder / FOLDER / item.staged).read_bytes() == b"%PDF " * 100
        assert composer.edit.toPlainText() == "to be written"
        await composer.flush()

    ui.run(story())


@pytest.mark.usefixtures("rule")
def test_a_picture_of_the_clipboard_is_a_file_of_its_own(ui: Ui, stage: Stage, composer: Composer) -> None:
    """Pasted into the field: nothing is put into the text, and a PNG is queued."""

    async def story() -> None:
        data = QMimeData()
        data.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
        composer.edit.insertFromMimeData(data)
        await composer.files.settle()
        (item,) = waiting(stage)
        assert item.message_kind is MessageKind.IMAGE
        assert (stage.store.folder / FOLDER / item.staged).read_bytes().startswith(b"\x89PNG")
        assert composer.edit.toPlainText() == ""

    ui.run(story())


@pytest.mark.usefixtures("rule")
def test_a_text_that_is_sent_after_a_file_stands_after_it(
    ui: Ui, stage: Stage, composer: Composer, offer: Path
) -> None:
    """However long the copying takes: the order is that of the person."""

    async def story() -> None:
        composer.take_files(dropped(offer))
        composer.edit.setPlainText("this is the offer")
        composer.press_send()
        await composer.flush()
        assert [item.text for item in waiting(stage)] == ["an offer.pdf", "this is the offer"]

    ui.run(story())


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [("tool.exe", 10, "only files of these types: pdf, png"), ("big.pdf", 1_000_001, "up to 976")],
)
@pytest.mark.usefixtures("rule")
def test_what_the_server_does_not_take_is_told_before_anything_is_copied(
    ui: Ui, stage: Stage, composer: Composer, tmp_path: Path, name: str, size: int, said: str
) -> None:
    """One sentence with its name; no row, no copy."""

    async def story() -> None:
        (tmp_path / name).write_bytes(b"x" * size)
        composer.take_files(dropped(tmp_path / name))
        await composer.files.settle()
        await asyncio.sleep(0)
        assert said in composer.notice.label.text()
        assert name in composer.notice.label.text()
        assert waiting(stage) == []
        assert copies(stage) == []

    ui.run(story())


@pytest.mark.usefixtures("rule")
def test_a_folder_and_what_is_gone_are_refused_and_the_next_one_goes(
    ui: Ui, stage: Stage, composer: Composer, tmp_path: Path, offer: Path
) -> None:
    """One file's trouble is not the next one's."""

    async def story() -> None:
        folder = tmp_path / "bills.pdf"
        folder.mkdir()
        composer.take_files(dropped(folder, tmp_path / "gone.pdf", offer))
        await composer.files.settle()
        assert [item.text for item in waiting(stage)] == ["an offer.pdf"]
        assert "gone.pdf can't be read" in composer.notice.label.text()

    ui.run(story())


def test_files_are_offered_only_where_they_can_be_sent(
    ui: Ui, stage: Stage, composer: Composer, offer: Path
) -> None:
    """Without a way: no button, a drop is answered in words, and nothing is kept."""

    async def story() -> None:
        assert composer.clip_button.isHidden()
        assert composer.choose_files() is None
        composer.take_files(dropped(offer))
        assert "no way to send files" in composer.notice.label.text()
        assert waiting(stage) == []
        assert copies(stage) == []

    ui.run(story())


@pytest.mark.usefixtures("rule")
def test_chosen_files_go_to_the_conversation_that_they_were_chosen_for(
    ui: Ui, stage: Stage, composer: Composer, offer: Path
) -> None:
    """Another conversation was opened while the dialog was: it gets nothing."""

    async def story() -> None:
        composer.open_conversation(stage.room)
        assert not composer.clip_button.isHidden()
        dialog = composer.choose_files()
        assert isinstance(dialog, QFileDialog)
        composer.open_conversation(stage.other)
        dialog.filesSelected.emit([str(offer)])
        dialog.close()
        await composer.files.settle()
        (item,) = waiting(stage)
        assert item.conversation_id == stage.room

    ui.run(story())


@pytest.mark.usefixtures("rule")
def test_a_file_is_held_for_an_undo_like_a_text(
    ui: Ui, stage: Stage, composer: Composer, offer: Path
) -> None:
    """Undo lets it go with its copy, and puts nothing into the field."""

    async def story() -> None:
        stage.prefer(UNDO_SEND_S, 10)
        composer.take_files(dropped(offer))
        await composer.files.settle()
        (item,) = waiting(stage)
        assert item.not_before_us > item.created_at_us
        composer.take_back(item.id)
        while waiting(stage) or copies(stage):
            await asyncio.sleep(0.01)
        assert composer.edit.toPlainText() == ""

    ui.run(story())


@pytest.fixture
def both(stage: Stage, rule: FileRule) -> FileRule:
    """A message of this account carries a file and a text."""
    account = stage.store.accounts().result(WAIT_S).rows[0]
    able = msgspec.structs.replace(rule, with_text=True)
    capabilities = msgspec.structs.replace(account.capabilities, message_files=able)
    stage.store.put_capabilities(account.id, capabilities).result(WAIT_S)
    return able


@pytest.mark.usefixtures("both")
def test_what_is_written_goes_beside_the_file(
    ui: Ui, stage: Stage, composer: Composer, offer: Path, tmp_path: Path
) -> None:
    """One message of file and text, of two files the last; the draft is empty, Enter sends nothing more."""

    async def story() -> None:
        other = tmp_path / "map.png"
        other.write_bytes(b"PNG")
        composer.edit.setPlainText("this is the offer")
        composer.take_files(dropped(other, offer))
        composer.press_send()
        await composer.flush()
        assert [item.text for item in waiting(stage)] == ["map.png", "this is the offer"]
        (file,) = waiting(stage)[1].extras.attachments
        assert file.name == "an offer.pdf"
        assert texts(stage.store, stage.room)[-2:] == ["map.png", "this is the offer"]
        assert composer.edit.toPlainText() == ""
        draft = stage.desk.reader.draft(stage.room)
        assert (draft.text, composer.state_label.text()) == ("", "")
        composer.press_send()
        await composer.flush()
        assert len(waiting(stage)) == len(copies(stage)) == 2

    ui.run(story())


@pytest.mark.usefixtures("both")
def test_a_file_that_is_not_taken_leaves_the_text(
    ui: Ui, stage: Stage, composer: Composer, offer: Path, tmp_path: Path
) -> None:
    """Why is told, what was typed meanwhile is there too, and another file takes all of it along."""

    async def story() -> None:
        tool = tmp_path / "tool.exe"
        tool.write_bytes(b"MZ")
        composer.edit.setPlainText("this is the offer")
        composer.take_files(dropped(tool))
        composer.edit.insertPlainText("Here: ")
        await composer.flush()
        assert waiting(stage) == []
        assert composer.edit.toPlainText() == "Here: this is the offer"
        assert stage.desk.reader.draft(stage.room).text == "Here: this is the offer"
        composer.take_files(dropped(tool))
        await ui.until(lambda: "only files of these types" in composer.notice.label.text())
        composer.take_files(dropped(offer))
        await composer.flush()
        assert [item.text for item in waiting(stage)] == ["Here: this is the offer"]

    ui.run(story())


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("what", ["nothing", "too much", "a choice"])
def test_a_text_that_can_not_go_stays_and_the_file_goes_alone(
    ui: Ui, stage: Stage, composer: Composer, offer: Path, what: str
) -> None:
    """Blanks, more than the server takes, and a draft of which there are two texts."""

    async def story() -> None:
        composer.edit.setPlainText(
            {"nothing": " ", "too much": "x" * (composer.room.limit_chars + 1)}.get(what, "mine")
        )
        await composer.flush()
        if what == "a choice":
            held = stage.desk.reader.draft(stage.room)
            stage.store.save_draft(stage.room, held.version, "mine", "theirs").result(WAIT_S)
            await ui.until(lambda: composer.conflict.isVisibleTo(composer))
        before = composer.edit.toPlainText()
        composer.take_files(dropped(offer))
        await composer.flush()
        assert [item.text for item in waiting(stage)] == ["an offer.pdf"]
        assert composer.edit.toPlainText() == before

    ui.run(story())


@pytest.mark.usefixtures("both")
def test_undo_of_a_file_brings_the_text_beside_it_back(
    ui: Ui, stage: Stage, composer: Composer, offer: Path
) -> None:
    """The file is let go; its words stand above what was written since."""

    async def story() -> None:
        stage.prefer(UNDO_SEND_S, 10)
        composer.edit.setPlainText("this is the offer")
        composer.take_files(dropped(offer))
        await composer.flush()
        composer.edit.setPlainText("more")
        await composer.flush()
        (item,) = waiting(stage)
        composer.take_back(item.id)
        await ui.until(lambda: composer.edit.toPlainText() == "this is the offer\nmore")
        await ui.until(lambda: not waiting(stage) and not copies(stage))

    ui.run(story())


@pytest.mark.usefixtures("rule")
def test_a_file_may_be_let_go_over_the_messages(ui: Ui, stage: Stage, qtbot: QtBot, offer: Path) -> None:
    """Where a conversation is, a drop goes to its composer."""

    async def story() -> None:
        outbox = OutboxModel(stage.context)
        pane = ChatPane(stage.context, AccountBook(stage.context), outbox, QMenu())
        qtbot.addWidget(pane)
        pane.open_conversation(stage.room)
        data = dropped(offer)
        none, left = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
        enter = QDragEnterEvent(pane.rect().center(), Qt.DropAction.CopyAction, data, left, none)
        pane.dragEnterEvent(enter)
        assert enter.isAccepted()
        pane.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none))
        await pane.composer.files.settle()
        (item,) = waiting(stage)
        assert item.conversation_id == stage.room
        outbox.deleteLater()

    ui.run(story())


@pytest.mark.usefixtures("rule")
def test_a_full_disk_is_told_and_nothing_is_kept(
    ui: Ui, stage: Stage, composer: Composer, offer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What happened, what is safe, the next step; then it goes."""

    async def story() -> None:
        def refuse(_file: int) -> None:
            raise OSError(errno.ENOSPC, "no space")

        with monkeypatch.context() as patch:
            patch.setattr(staging, "sync", refuse)
            composer.take_files(dropped(offer))
            await composer.files.settle()
        said = composer.notice.label.text()
        assert said.startswith("an offer.pdf was not sent. The disk is full.")
        assert "Free some space" in said
        assert waiting(stage) == []
        assert copies(stage) == []
        composer.take_files(dropped(offer))
        await composer.files.settle()
        assert len(waiting(stage)) == len(copies(stage)) == 1

    ui.run(story())
