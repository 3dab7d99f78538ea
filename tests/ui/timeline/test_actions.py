"""What is asked of a message reaches the real store, and nothing is lost without a question."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chatdesk.domain import outbox as machine
from chatdesk.domain.changes import AccountStatus
from chatdesk.domain.entities import Capabilities, Outgoing
from chatdesk.domain.ids import MessageId, RemoteId
from chatdesk.domain.kinds import ConnectionState, DeliveryState, Feature, OutgoingKind, ParkReason, Support
from chatdesk.ui.composer.composer import Composer
from chatdesk.ui.dialogs.send_later import SendLaterDialog
from chatdesk.ui.i18n import coming_time
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion
from chatdesk.ui.timeline.info import MessageInfo
from chatdesk.ui.timeline.menu import MessageMenu
from chatdesk.ui.timeline.offers import Action
from chatdesk.ui.timeline.view import TimelineView
from chatdesk.ui.timeline.wording import state_words
from tests.conftest import Ui
from tests.store.making import WAIT_S, message, window
from tests.ui.timeline.real import Stage

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)


@pytest.fixture
def view(stage: Stage, qtbot: QtBot) -> Iterator[TimelineView]:
    """A message list over the first conversation of a real store."""
    made = TimelineView(stage.context)
    qtbot.addWidget(made)
    made.resize(600, 600)
    made.open_conversation(stage.room)
    made.show()
    yield made
    # It reads on while it is there, and the store goes first.
    made.open_conversation(None)


def states(view: TimelineView) -> list[tuple[str, DeliveryState]]:
    """What the list shows, from top to bottom."""
    model = view.timeline
    return [(model.message(row).text, model.message(row).state) for row in range(model.rowCount())]


def uncertain(stage: Stage, text: str) -> Outgoing:
    item = stage.filled.start(stage.filled.press(text))
    return stage.filled.advance(item, machine.Unknown("cut"))


def parked(stage: Stage, text: str, reason: ParkReason) -> Outgoing:
    return stage.filled.advance(stage.filled.press(text), machine.Refused(reason, "the server said no"))


def press(view: TimelineView, row: int, action: Action) -> None:
    """Click on the link of an action."""
    (link,) = (part for part in view.row_layout(row).actions if part.action is action)
    at = QPoint(round(link.rect.center().x()), round(view.scroller.top_of(row) + link.rect.center().y()))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def question() -> PlainQuestion:
    """The question that is open."""
    (found,) = (w for w in QApplication.topLevelWidgets() if isinstance(w, PlainQuestion) and w.isVisible())
    return found


def menu_of(view: TimelineView) -> MessageMenu:
    """The menu that is open."""
    (found,) = (m for m in view.findChildren(MessageMenu) if m.isVisible())
    return found


def test_a_message_is_followed_through_its_states(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Queued, sending, accepted, read: one row changes its mark, and nothing is shown twice."""

    async def story() -> None:
        item = stage.filled.press("on its way")
        await ui.until(lambda: states(view) == [("on its way", DeliveryState.QUEUED)])
        stage.filled.start(item)
        await ui.until(lambda: states(view) == [("on its way", DeliveryState.IN_FLIGHT)])
        stage.filled.advance(item, machine.Stored(RemoteId("m7")))
        stage.filled.apply(5, message(7, "on its way", own=True), message(8, "an answer"))
        await ui.until(
            lambda: (
                states(view)
                == [("on its way", DeliveryState.ACCEPTED), ("an answer", DeliveryState.ACCEPTED)]
            )
        )
        assert view.timeline.message(0).outgoing_id == item.id

    ui.run(story())


def gaps(view: TimelineView) -> list[str]:
    """The texts of the rows above which the list says that messages are missing."""
    model = view.timeline
    return [model.message(row).text for row in model.gap_rows() if row]


def test_missed_messages_are_a_row_until_they_are_here(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """After a reconnect the newest page stands behind a gap, which goes when the catch-up has closed it."""

    async def story() -> None:
        stage.filled.apply(3, *window(range(1, 6), reaches_start=True))
        await ui.until(lambda: view.timeline.rowCount() == 5)
        stage.filled.apply(4, message(6, "pushed"))
        await ui.until(lambda: view.timeline.rowCount() == 6)
        assert gaps(view) == []
        stage.filled.apply(4, *window(range(20, 24)), epoch=2)
        await ui.until(lambda: view.timeline.rowCount() == 10)
        assert gaps(view) == ["text 20"]
        row = view.timeline.gap_rows()[0]
        assert view.row_layout(row).above.gap
        assert view.emphasis(view.row_layout(row), row).gap == "Messages that were missed are not loaded yet"
        stage.filled.apply(5, *window(range(5, 21), reaches_head=False), epoch=2)
        await ui.until(lambda: view.timeline.rowCount() == 23)
        assert gaps(view) == []

    ui.run(story())


def test_a_gap_that_held_nothing_goes_too(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Where nothing had been missed, the row goes once the account says that it is in step."""

    async def story() -> None:
        stage.filled.apply(3, *window(range(1, 6), reaches_start=True))
        stage.filled.apply(4, *window(range(7, 9)), epoch=2)
        await ui.until(lambda: gaps(view) == ["text 7"])
        stage.filled.apply(5, *window((5, 7), reaches_head=False)[-1:], epoch=2)
        account = stage.filled.account.id
        stage.engines.tell(
            AccountStatus(account_id=account, connection=ConnectionState.ONLINE, synced_at_us=1)
        )
        await ui.until(lambda: gaps(view) == [])

    ui.run(story())


def test_uncertain_messages_have_three_ways_out(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Check asks the engine, Send again queues it, Discard asks first and lets it go."""

    async def story() -> None:
        item = uncertain(stage, "perhaps")
        await ui.until(lambda: states(view) == [("perhaps", DeliveryState.UNCERTAIN)])
        assert [part.action for part in view.row_layout(0).actions] == [
            Action.CHECK,
            Action.SEND_AGAIN,
            Action.DISCARD,
        ]
        press(view, 0, Action.CHECK)
        await ui.until(lambda: stage.engines.of("check_uncertain") == [(item.id, stage.filled.account.id)])
        press(view, 0, Action.SEND_AGAIN)
        await ui.until(lambda: states(view) == [("perhaps", DeliveryState.QUEUED)])
        stage.filled.advance(stage.filled.start(item), machine.Unknown("cut again"))
        await ui.until(lambda: states(view) == [("perhaps", DeliveryState.UNCERTAIN)])
        press(view, 0, Action.DISCARD)
        asked = question()
        asked.button(Answer.NO).click()
        await asyncio.sleep(0.05)
        assert states(view) == [("perhaps", DeliveryState.UNCERTAIN)]
        press(view, 0, Action.DISCARD)
        question().button(Answer.YES).click()
        await ui.until(lambda: states(view) == [])

    ui.run(story())


def test_parked_messages_say_why_and_what_helps(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """The reason is on the message; Retry, Copy and Delete work; Retry is left out where it is vain."""

    async def story() -> None:
        parked(stage, "refused one", ParkReason.REFUSED)
        await ui.until(lambda: states(view) == [("refused one", DeliveryState.PARKED)])
        row = view.row_layout(0)
        assert [part.action for part in row.actions] == [
            Action.RETRY,
            Action.EDIT,
            Action.COPY,
            Action.REMOVE,
        ]
        assert row.note is not None
        assert "the server said no" in row.note.layout.text()
        press(view, 0, Action.COPY)
        assert QGuiApplication.clipboard().text() == "refused one"
        press(view, 0, Action.RETRY)
        await ui.until(lambda: states(view) == [("refused one", DeliveryState.QUEUED)])
        parked(stage, "closed one", ParkReason.CLOSED)
        await ui.until(lambda: len(states(view)) == 2)
        await ui.until(lambda: 1 in view.visible_rows)
        assert Action.RETRY not in [part.action for part in view.row_layout(1).actions]
        press(view, 1, Action.REMOVE)
        question().button(Answer.YES).click()
        await ui.until(lambda: len(states(view)) == 1)

    ui.run(story())


def test_edit_hands_the_text_to_the_composer(ui: Ui, stage: Stage, view: TimelineView, qtbot: QtBot) -> None:
    """Edit on a parked message puts its text into the composer; saving it queues it again."""

    async def story() -> None:
        composer = Composer(stage.context)
        qtbot.addWidget(composer)
        composer.open_conversation(stage.room)
        composer.show()
        view.edit_requested.connect(composer.edit_outgoing)
        parked(stage, "too log", ParkReason.REFUSED)
        await ui.until(lambda: len(states(view)) == 1)
        press(view, 0, Action.EDIT)
        assert composer.edit.toPlainText() == "too log"
        composer.edit.setPlainText("too long")
        QTest.keyClick(composer.edit, Qt.Key.Key_Return)
        await ui.until(lambda: states(view) == [("too long", DeliveryState.QUEUED)])

    ui.run(story())


def test_the_menu_has_the_same_actions_by_keyboard(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Enter opens the menu of the current message with the actions of its state; choosing one does it."""

    async def story() -> None:
        stage.filled.press("cancel me")
        uncertain(stage, "held")
        await ui.until(lambda: len(states(view)) == 2)
        view.setFocus()
        view.set_current_row(0)
        QTest.keyClick(view, Qt.Key.Key_Return)
        menu = menu_of(view)
        offered = [a.data() for a in menu.actions() if a.data() is not None]
        changing = [Action.EDIT, Action.TAKE_BACK, Action.CANCEL]
        assert offered == [*changing, Action.COPY, Action.COPY_WITH_NAME, Action.INFO]
        chosen = next(a for a in menu.actions() if a.data() is Action.CANCEL)
        menu.setActiveAction(chosen)
        QTest.keyClick(menu, Qt.Key.Key_Return)
        await ui.until(lambda: [text for text, _state in states(view)] == ["held"])
        view.set_current_row(0)
        QTest.keyClick(view, Qt.Key.Key_Menu)
        offered = [a.data() for a in menu_of(view).actions() if a.data() is not None]
        assert offered[:3] == [Action.CHECK, Action.SEND_AGAIN, Action.DISCARD]
        menu_of(view).close()

    ui.run(story())


def test_own_messages_can_be_deleted_where_the_platform_can(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Delete is offered for own messages that the server has; it asks, then queues the deletion."""

    async def story() -> None:
        stage.filled.apply(5, *window([1]), message(2, "mine", own=True))
        await ui.until(lambda: len(states(view)) == 2)
        assert view.open_menu(0) is not None
        assert Action.DELETE not in [a.data() for a in menu_of(view).actions()]
        menu_of(view).close()
        stage.store.put_capabilities(
            stage.filled.account.id, Capabilities(features={Feature.DELETE_OWN: Support.YES})
        ).result(WAIT_S)
        await ui.until(lambda: view.room.can_delete)
        menu = view.open_menu(1)
        assert menu is not None
        next(a for a in menu.actions() if a.data() is Action.DELETE).trigger()
        menu.close()
        question().button(Answer.YES).click()

        def queued() -> bool:
            rows = stage.store.outbox().result(WAIT_S).rows
            return [item.kind for item in rows] == [OutgoingKind.DELETE]

        await ui.until(queued)

    ui.run(story())


def test_message_info_tells_the_story(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """The dialog lists what the ledger knows of an own message, in plain words."""

    async def story() -> None:
        item = stage.filled.press("followed")
        stage.filled.advance(stage.filled.start(item), machine.Stored(RemoteId("m1")))
        await ui.until(lambda: states(view) == [("followed", DeliveryState.ACCEPTED)])
        menu = view.open_menu(0)
        assert menu is not None
        next(a for a in menu.actions() if a.data() is Action.INFO).trigger()
        menu.close()
        (dialog,) = view.findChildren(MessageInfo)

        def lines() -> list[str]:
            return [label.text() for label in dialog.findChildren(PlainLabel)]

        await ui.until(lambda: "The server has it" in lines())
        assert "Queued on this computer" in lines()
        assert "Sent to the server, try 1" in lines()
        dialog.close()

    ui.run(story())


def test_what_is_no_longer_possible_is_said(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """An action that comes too late changes nothing and ends in words, not in silence."""

    async def story() -> None:
        told: list[str] = []
        view.told.connect(told.append)
        item = stage.filled.press("gone already")
        await ui.until(lambda: len(states(view)) == 1)
        message_now = view.timeline.message(0)
        stage.filled.start(item)
        view.perform(Action.CANCEL, message_now)
        await ui.until(lambda: len(told) == 1)
        assert told[0].startswith("It has left already, so it can't be cancelled.")
        await ui.until(lambda: states(view) == [("gone already", DeliveryState.IN_FLIGHT)])

    ui.run(story())


def test_reading_reaches_the_store(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Unread messages that are looked at are unread no more, and the server is to be told."""

    async def story() -> None:
        view.activateWindow()
        stage.filled.apply(5, *window([1]))
        stage.filled.apply(6, message(2), message(3))
        await ui.until(lambda: len(states(view)) == 3)

        def unread() -> int:
            row = stage.desk.reader.conversation(stage.room)
            assert row is not None
            return row.unread

        await ui.until(lambda: unread() == 0, timeout_s=5)
        rows = stage.store.outbox().result(WAIT_S).rows
        assert [(item.kind, item.target) for item in rows] == [(OutgoingKind.MARK_READ, "000003")]

    ui.run(story())


def test_ten_thousand_rows_open_by_pages(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """A long conversation in a real database opens, scrolls to its beginning, and holds a bounded window."""

    async def story() -> None:
        view.open_conversation(None)
        for start in range(1, 10_001, 500):
            stage.filled.apply(start + 5, *(message(n) for n in range(start, start + 500)))
        view.book.laid_out = 0
        view.open_conversation(stage.room)
        assert view.visible_rows[-1] == 63
        assert view.book.laid_out <= len(view.visible_rows) + 2
        for _ in range(120):
            view.scroll_by(-2_000)
            await asyncio.sleep(0)
        assert view.timeline.rowCount() < 3_000
        QTest.keyClick(view, Qt.Key.Key_Home)
        await ui.until(lambda: view.timeline.message(view.visible_rows[0]).text == "text 1")
        assert view.scroll_to_message(MessageId(5_000))

    ui.run(story())


def test_a_held_message_can_be_taken_back_or_sent_at_once(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Both are links under the message; taking back is the composer's."""

    async def story() -> None:
        stage.store.press_send(stage.room, 0, "wait", hold_us=30_000_000).result(WAIT_S)
        await ui.until(lambda: len(states(view)) == 1)
        links = [part.action for part in view.row_layout(0).actions]
        assert links == [Action.TAKE_BACK, Action.SEND_NOW]
        asked: list[str] = []
        view.take_back_requested.connect(asked.append)
        press(view, 0, Action.TAKE_BACK)
        (item,) = stage.store.outbox().result(WAIT_S).rows
        assert asked == [item.id]
        press(view, 0, Action.SEND_NOW)
        await ui.until(lambda: not stage.store.outbox().result(WAIT_S).rows[0].not_before_us)
        await ui.until(lambda: view.row_layout(0).actions == ())

    ui.run(story())


def test_a_scheduled_message_says_when_and_can_be_moved(ui: Ui, stage: Stage, view: TimelineView) -> None:
    """Its time stands behind it; another one is chosen in the same dialog."""

    async def story() -> None:
        now_us = stage.context.clock.now_us()
        stage.store.press_send(stage.room, 0, "later", due_us=now_us + 90_000_000_000).result(WAIT_S)
        await ui.until(lambda: len(states(view)) == 1)
        words = state_words(view.timeline.message(0), now_us)
        assert words == f"goes {coming_time(now_us + 90_000_000_000, now_us)}"
        assert [part.action for part in view.row_layout(0).actions] == [Action.SEND_NOW, Action.SCHEDULE]
        press(view, 0, Action.SCHEDULE)
        (dialog,) = view.findChildren(SendLaterDialog)
        QTest.mouseClick(dialog.offers[0], Qt.MouseButton.LeftButton)
        before = now_us + 80_000_000_000
        await ui.until(lambda: stage.store.outbox().result(WAIT_S).rows[0].not_before_us < before)
        (item,) = stage.store.outbox().result(WAIT_S).rows
        assert machine.is_scheduled(item)

    ui.run(story())
