"""The order panel over a real store: what it says of an order, and how a status is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Attempt, Outgoing
from chatdesk.domain.ids import ConversationId
from chatdesk.domain.kinds import DeliveryState, Feature, OutgoingKind, ParkReason, PresenceState, Support
from chatdesk.domain.outbox import Event, Refused, Started, Stored, Unknown
from chatdesk.ui.orders.panel import OrderPanel
from chatdesk.ui.orders.parts import PresenceDot, StepLine, ValueLabel
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion
from tests.conftest import Ui
from tests.shots import scene
from tests.shots.seat import NOON_US, Seat
from tests.ui.lists.said import a_status, apply

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)
LEFT = Qt.MouseButton.LeftButton
WAIT_S = 20.0


class Stage:
    """The panel in a window of its own."""

    def __init__(self, qtbot: QtBot, seat: Seat) -> None:
        self.seat = seat
        self.panel = OrderPanel(seat.context)
        qtbot.addWidget(self.panel)
        self.panel.resize(268, 760)
        self.panel.show()
        qtbot.waitExposed(self.panel)

    def open(self, number: str) -> None:
        self.panel.open_conversation(self.seat.day.talk(number))

    def texts(self) -> list[str]:
        """What can be read, from top to bottom."""
        labels = [
            label for label in self.panel.findChildren(PlainLabel) if label.isVisible() and label.text()
        ]
        return [one.text() for one in sorted(labels, key=lambda one: one.mapTo(self.panel, QPoint()).y())]

    def steps(self) -> list[str]:
        """The timeline as a screen reader speaks it."""
        lines = [line for line in self.panel.findChildren(StepLine) if line.isVisible()]
        return [line.findChildren(ValueLabel)[0].accessibleName() for line in lines]

    def button(self, words: str) -> QPushButton | None:
        found = [b for b in self.panel.findChildren(QPushButton) if b.accessibleName() == words]
        return next((button for button in found if button.isVisible()), None)

    def press(self, words: str) -> None:
        button = self.button(words)
        assert button is not None, words
        QTest.mouseClick(button, LEFT)

    def pick(self, label: str) -> None:
        """Change the status by button and menu."""
        self.press("Change status…")
        menu = next(menu for menu in self.panel.findChildren(QMenu) if menu.isVisible())
        one: QAction = next(action for action in menu.actions() if action.text() == label)
        one.trigger()
        menu.close()

    async def pending(self, ui: Ui) -> Outgoing:
        """The status change that is in the outbox."""
        found: list[Outgoing] = []

        def look() -> bool:
            rows = self.seat.store.outbox().result(WAIT_S).rows
            found[:] = [row for row in rows if row.kind is OutgoingKind.CHANGE_STATUS]
            return bool(found)

        await ui.until(look)
        return found[0]

    def advance(self, item: Outgoing, *events: Event) -> None:
        for event in events:
            self.seat.store.advance(item.id, event).result(WAIT_S)

    def start(self, item: Outgoing) -> None:
        attempt = Attempt(
            outgoing_id=item.id,
            number=1,
            client_id=item.id,
            epoch=1,
            step="status",
            watermark=(),
            watermark_complete=True,
            started_at_us=NOON_US,
        )
        self.advance(item, Started(attempt))


@pytest.fixture
def stage(ui: Ui, qtbot: QtBot, seat: Seat) -> Iterator[Stage]:
    made = Stage(qtbot, seat)
    yield made
    for widget in (*made.panel.findChildren(QMenu), *made.panel.findChildren(PlainQuestion)):
        widget.close()


class TestShowing:
    def test_everything_that_is_known_is_there(self, ui: Ui, stage: Stage) -> None:
        """Number, route, steps, fields with translated keys, people with their roles, files with sizes."""
        stage.open("10482")
        texts = stage.texts()
        assert texts[:2] == ["Order #10482", "Gary, IN → Omaha, NE"]
        for text in ("From", "Gary, IN", "Size", "62' × 14' × 13'6\"", "Participants", "Shared files"):
            assert text in texts
        pairs = [label.accessibleName() for label in stage.panel.findChildren(ValueLabel)]
        assert "Customer: Northline Transport" in pairs
        assert "Moderator: You" in pairs
        assert "tie-downs.jpg · 1.8 MB" in texts
        assert stage.steps()[0] == "Pending, done"
        assert stage.steps()[1].startswith("Processing, now, since 18 November 2026")
        assert stage.steps()[2:] == [
            "Requires Invoice, still to come",
            "Requires Charge, still to come",
            "Charged, still to come",
            "Finished, still to come",
        ]

    def test_a_cancelled_order_shows_no_future(self, ui: Ui, stage: Stage) -> None:
        """A side exit is shown because it was reached; nothing is still to come."""
        stage.open("10441")
        assert [line.split(",")[0] for line in stage.steps()] == ["Cancelled"]

    def test_without_an_order_words_say_so(self, ui: Ui, stage: Stage) -> None:
        """No conversation, or an unknown one: a sentence instead of an empty panel."""
        assert "No order open" in stage.texts()
        stage.open("10482")
        stage.panel.open_conversation(ConversationId(987_654))
        assert "No order" in stage.texts()
        assert stage.panel.order() is None
        stage.panel.open_conversation(None)
        assert "No order open" in stage.texts()

    def test_it_follows_the_order(self, ui: Ui, stage: Stage) -> None:
        """A push of the server moves the timeline; what is selected elsewhere in the panel stays."""

        async def main() -> None:
            stage.open("10482")
            value = next(v for v in stage.panel.findChildren(ValueLabel) if v.text() == "Transformer")
            value.setSelection(0, 5)
            apply(stage.seat, a_status("10482", "charged", "Charged"))
            await ui.until(lambda: stage.steps()[4].startswith("Charged, now"))
            assert value.isVisible()
            assert value.selectedText() == "Trans"
            assert stage.steps()[1].startswith("Processing, done, since")

        ui.run(main())

    def test_it_shows_who_is_there(self, ui: Ui, stage: Stage) -> None:
        """A dot beside the customer's name, spoken too, for as long as they are there."""

        async def main() -> None:
            def dots() -> list[PresenceDot]:
                return [dot for dot in stage.panel.findChildren(PresenceDot) if dot.isVisible()]

            stage.open("10482")
            assert not dots()
            stage.seat.engines.tell(stage.seat.day.presence("10482"))
            await ui.until(dots)
            spoken = [label.accessibleName() for label in stage.panel.findChildren(ValueLabel)]
            assert "Customer: Northline Transport, online" in spoken
            stage.seat.engines.tell(stage.seat.day.presence("10482", PresenceState.OFFLINE))
            await ui.until(lambda: not dots())

        ui.run(main())

    def test_another_order_replaces_everything(self, ui: Ui, stage: Stage) -> None:
        """Nothing of the order before is left."""
        stage.open("10482")
        stage.open("10479")
        texts = stage.texts()
        assert texts[:2] == ["Order #10479", "Toledo, OH → Erie, PA"]
        assert "Gary, IN" not in texts
        assert "Northline Transport" not in texts

    def test_what_is_removed_leaves_the_panel(self, ui: Ui, stage: Stage) -> None:
        """With its account the open order goes, and the panel says that none is open."""

        async def main() -> None:
            stage.open("10482")
            stage.seat.store.remove_account(stage.seat.account.id).result(WAIT_S)
            await ui.until(lambda: "No order open" in stage.texts())
            assert stage.panel.order() is None

        ui.run(main())

    def test_times_of_the_steps_follow_the_clock(self, ui: Ui, stage: Stage) -> None:
        """What was on Wednesday is a date a week later, without anything else having happened."""
        stage.open("10482")
        assert "Wed" in stage.texts()
        stage.seat.clock.at_us += 9 * 24 * 3_600_000_000
        stage.seat.clock.beat.emit()
        QApplication.processEvents()  # the new lines are shown by their layout
        assert "18 Nov" in stage.texts()
        assert "Wed" not in stage.texts()

    def test_theme_and_text_size_reach_every_line(self, ui: Ui, stage: Stage) -> None:
        """Larger text makes the lines higher at once; the words stay."""
        stage.open("10482")
        before = stage.texts()
        small = stage.panel.findChildren(StepLine)[0].sizeHint().height()
        stage.seat.theme.set_zoom(2.0)
        QApplication.processEvents()  # the new lines are shown by their layout
        lines = [line for line in stage.panel.findChildren(StepLine) if line.isVisibleTo(stage.panel)]
        assert lines[-1].sizeHint().height() > small * 1.5
        assert set(stage.texts()) == set(before)
        stage.seat.theme.set_zoom(1.0)

    def test_long_and_hostile_values_keep_the_panel_narrow(self, ui: Ui, stage: Stage) -> None:
        """A word of a thousand letters and markup widen nothing and are shown as they are."""

        async def main() -> None:
            stage.open("10482")
            order = stage.panel.order()
            assert order is not None
            hostile = "<img src=x>\u202e" + "W" * 1_000
            fields = tuple(msgspec.structs.replace(field, value=hostile) for field in order.fields)
            seen = msgspec.structs.replace(
                a_status("10482", "processing", "<b>x</b>"), fields=fields, title=hostile, customer=hostile
            )
            apply(stage.seat, seen)
            await ui.until(lambda: any("<img" in text for text in stage.texts()))
            assert stage.panel.width() == 268
            inner = stage.panel.findChildren(ValueLabel)[0].parentWidget()
            assert inner is not None
            assert inner.width() <= 268

        ui.run(main())

    def test_values_can_be_copied(self, ui: Ui, stage: Stage) -> None:
        """Each value takes the keyboard; its menu and Ctrl+C copy it whole, or what is selected."""
        stage.open("10482")
        value = next(v for v in stage.panel.findChildren(ValueLabel) if v.text() == "Gary, IN")
        assert value.focusPolicy() & Qt.FocusPolicy.TabFocus
        self.copy(value, "Copy")
        assert QApplication.clipboard().text() == "Gary, IN"
        value.setSelection(0, 4)
        self.copy(value, "Copy selection")
        assert QApplication.clipboard().text() == "Gary"
        other = next(v for v in stage.panel.findChildren(ValueLabel) if v.text() == "Omaha, NE")
        other.setFocus()
        QTest.keyClick(other, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QApplication.clipboard().text() == "Omaha, NE"

    @staticmethod
    def copy(value: ValueLabel, words: str) -> None:
        place = QPoint(2, 2)
        reason = QContextMenuEvent.Reason.Mouse
        QApplication.sendEvent(value, QContextMenuEvent(reason, place, value.mapToGlobal(place)))
        menu = next(menu for menu in value.findChildren(QMenu) if menu.isVisible())
        next(action for action in menu.actions() if action.text() == words).trigger()
        menu.close()


class TestChanging:
    def test_a_status_is_changed_and_waits_in_plain_sight(self, ui: Ui, stage: Stage) -> None:
        """Menu, queue, a sentence about it; once the server has stored it the sentence goes."""

        async def main() -> None:
            stage.open("10482")
            stage.pick("Charged")
            item = await stage.pending(ui)
            assert item.target == "processing>charged"
            waiting = "Waiting to change to Charged: goes as soon as the account is online."
            await ui.until(lambda: waiting in stage.texts())
            button = stage.button("Change status…")
            assert button is not None
            assert not button.isEnabled()
            stage.start(item)
            await ui.until(lambda: "Changing to Charged…" in stage.texts())
            stage.advance(item, Stored(None))
            await ui.until(lambda: not any("Chang" in text for text in stage.texts()))
            assert button.isEnabled()

        ui.run(main())

    def test_a_queued_change_can_be_taken_back(self, ui: Ui, stage: Stage) -> None:
        """Before it has left, it is cancelled and gone."""

        async def main() -> None:
            stage.open("10482")
            stage.pick("Finished")
            await ui.until(lambda: stage.button("Don't change it") is not None)
            stage.press("Don't change it")
            await ui.until(lambda: not stage.seat.store.outbox().result(WAIT_S).rows)
            await ui.until(lambda: stage.button("Don't change it") is None)

        ui.run(main())

    def test_an_unknown_outcome_offers_a_check(self, ui: Ui, stage: Stage) -> None:
        """Nobody knows whether it arrived: the panel says so, and asks the engine on demand."""

        async def main() -> None:
            stage.open("10482")
            stage.pick("Charged")
            item = await stage.pending(ui)
            stage.start(item)
            stage.advance(item, Unknown("link lost"))
            await ui.until(lambda: stage.button("Check now") is not None)
            assert any("not known whether the change to Charged" in text for text in stage.texts())
            stage.press("Check now")
            await ui.until(lambda: stage.seat.engines.asked("check_uncertain"))
            assert stage.seat.engines.asked("check_uncertain") == [(item.id, stage.seat.account.id)]
            stage.press("Let it go")
            await ui.until(lambda: stage.button("Check now") is None)

        ui.run(main())

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            (ParkReason.FORBIDDEN, "Not changed to Charged: no access. The order is as it was."),
            (ParkReason.CHANGED_MEANWHILE, "somebody else changed it meanwhile"),
        ],
    )
    def test_a_refused_change_says_why_and_can_be_tried_again(
        self, ui: Ui, stage: Stage, reason: ParkReason, words: str
    ) -> None:
        """The reason in words, the server's own below, and the person decides."""

        async def main() -> None:
            stage.open("10482")
            stage.pick("Charged")
            item = await stage.pending(ui)
            stage.start(item)
            stage.advance(item, Refused(reason, "Access denied\n<b>"))
            await ui.until(lambda: any(words in text for text in stage.texts()))
            assert "The server says: Access denied <b>" in stage.texts()
            stage.press("Try again")
            await ui.until(
                lambda: stage.seat.store.outbox().result(WAIT_S).rows[0].state is DeliveryState.QUEUED
            )
            await ui.until(lambda: stage.button("Try again") is None)

        ui.run(main())

    def test_what_waited_before_the_start_is_shown(self, ui: Ui, qtbot: QtBot, seat: Seat) -> None:
        """A change that an earlier run left in the queue is in plain sight again."""

        async def main() -> None:
            order = seat.reader.conversation(seat.day.talk("10482"))
            assert order is not None
            assert order.order_id is not None
            seat.store.intend_status(order.order_id, "charged").result(WAIT_S)
            stage = Stage(qtbot, seat)
            stage.open("10482")
            await ui.until(lambda: any("Waiting to change to Charged" in text for text in stage.texts()))
            stage.open("10479")
            assert not any("Waiting to change" in text for text in stage.texts())

        ui.run(main())

    @pytest.mark.parametrize("answer", [Answer.YES, Answer.NO])
    def test_cancelling_an_order_asks_first(self, ui: Ui, stage: Stage, answer: Answer) -> None:
        """A cancellation is for everyone to see: it goes only after a yes."""

        async def main() -> None:
            stage.open("10482")
            stage.pick("Cancelled")
            question = stage.panel.findChildren(PlainQuestion)[0]
            assert not stage.seat.store.outbox().result(WAIT_S).rows
            QTest.mouseClick(question.button(answer), LEFT)
            if answer is Answer.YES:
                assert (await stage.pending(ui)).target == "processing>cancelled"
            else:
                await ui.until(lambda: not question.isVisible())
                assert not stage.seat.store.outbox().result(WAIT_S).rows

        ui.run(main())

    def test_the_menu_offers_what_can_be_set(self, ui: Ui, stage: Stage) -> None:
        """Every status of the platform but the present one, in its words."""
        stage.open("10479")
        menu = stage.panel.open_status_menu()
        assert menu is not None
        assert [action.text() for action in menu.actions()] == [
            "Pending",
            "Processing",
            "Requires Charge",
            "Charged",
            "Finished",
            "Cancelled",
        ]

    @pytest.mark.parametrize(
        ("support", "words"),
        [
            (Support.NO, "Administrators of this server change the status."),
            (Support.PROBE, "Whether you can change the status here is not known yet."),
        ],
    )
    def test_who_may_not_change_it_reads_who_can(
        self, ui: Ui, stage: Stage, support: Support, words: str
    ) -> None:
        """Without the right there is no button, only a sentence; the right can come later."""

        async def main() -> None:
            stage.open("10482")
            self.allow(stage.seat, support)
            await ui.until(lambda: words in stage.texts())
            assert stage.button("Change status…") is None
            assert stage.panel.open_status_menu() is None
            self.allow(stage.seat, Support.YES)
            await ui.until(lambda: stage.button("Change status…") is not None)
            assert words not in stage.texts()

        ui.run(main())

    @staticmethod
    def allow(seat: Seat, support: Support) -> None:
        """Say anew what the account may do, as a sign-in does."""
        known = scene.capabilities()
        features = {**known.features, Feature.CHANGE_STATUS: support}
        names: dict[str, Any] = {
            name: getattr(seat.account, name)
            for name in ("platform", "server_url", "login", "user_id", "role", "name", "plain_http_consent")
        }
        changed = msgspec.structs.replace(known, features=features)
        seat.store.add_account(NewAccount(**names, capabilities=changed)).result(WAIT_S)


def test_every_control_has_a_name(ui: Ui, stage: Stage) -> None:
    """Whatever takes the keyboard can be announced."""
    stage.open("10482")
    for widget in stage.panel.findChildren(QWidget):
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            text = widget.text() if isinstance(widget, PlainLabel) else ""
            assert widget.accessibleName() or text, widget
