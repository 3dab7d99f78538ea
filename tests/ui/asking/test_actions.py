"""Actions in the window: offered or absent, asked first, under way once, and told how they end."""

from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QToolButton, QWidget

from chatdesk.domain.actions import ActionKind, Result
from chatdesk.domain.errors import NotDone, NotKnown
from chatdesk.domain.events import ConversationSeen
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Lifecycle, ParkReason, SignInState
from chatdesk.ui.asking.asker import Stage as Step
from tests.conftest import Ui
from tests.shots.seat import NOON_US
from tests.ui.asking.made import MINUTE_US, equip, tell
from tests.ui.asking.stage import Stage, click, shown_buttons
from tests.ui.lists.said import a_status, apply

pytestmark = pytest.mark.qt_log_ignore("^This plugin does not support (raise|grabbing)", extend=True)


def focused() -> QWidget:
    """What has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


KINDS = frozenset(kind.value for kind in ActionKind)


class TestOffers:
    def test_follow_the_status_of_the_order(self, ui: Ui, stage: Stage) -> None:
        """The panel offers what the order's status allows, and changes with it."""

        async def main() -> None:
            await stage.ready()
            offers = stage.part().offers
            assert shown_buttons(offers) == [
                "Take over…",
                "Send the customer a code",
                "Enter the customer's code…",
            ]
            apply(stage.seat, a_status("10482", "finished", "Finished"))
            await ui.until(lambda: offers.button(ActionKind.TAKE_OVER) is None)
            assert not offers.isVisible()

        ui.run(main())

    def test_are_absent_where_nothing_is_offered(self, ui: Ui, stage: Stage) -> None:
        """An account that may do nothing has no buttons, no tools in the rail and no commands."""

        async def main() -> None:
            await stage.ready()
            assert stage.asking.find_tool.isVisible()
            equip(stage.seat, stage.account, offers=(), finds=(), features=())
            bare = msgspec.structs.replace(stage.account.capabilities, offers=(), finds=(), features={})
            stage.seat.store.put_capabilities(stage.account.id, bare).result(20)
            await ui.until(lambda: not stage.part().offers.isVisible())
            assert not stage.asking.find_tool.isVisible()
            assert not stage.asking.notice_tool.isVisible()
            for command in ("find.show", "notices.show", "order.create"):
                assert not stage.window.commands.action(command).isEnabled()

        ui.run(main())

    def test_say_why_not_while_offline(self, ui: Ui, stage: Stage) -> None:
        """Offline, buttons can be seen but not pressed, and one sentence says why; online they work again."""

        async def main() -> None:
            await stage.ready(online=False)
            await stage.go_offline()
            offers, files = stage.part().offers, stage.files()
            button = offers.button(ActionKind.TAKE_OVER)
            assert button is not None
            assert not button.isEnabled()
            assert offers.sentence() == "You are offline. This needs the server; nothing of it is queued."
            assert button.accessibleDescription() == offers.sentence()
            assert files.add.isEnabled()  # a file is kept here, and brought when the server is there
            await stage.go_online()
            assert button.isEnabled()
            assert offers.sentence() == ""
            status = msgspec.structs.replace(stage.seat.day.online(), sign_in=SignInState.NEEDS_PASSWORD)
            stage.seat.engines.tell(status)
            await ui.until(lambda: offers.sentence().startswith("Sign in again"))
            assert not stage.acted()

        ui.run(main())

    def test_are_in_the_menu_of_the_conversation(self, ui: Ui, stage: Stage) -> None:
        """The header's menu ends with what can be done with the open conversation, as it is now."""

        async def main() -> None:
            await stage.ready()
            header = stage.window.chat.header
            menus: list[QMenu | None] = [one.menu() for one in header.findChildren(QToolButton)]
            menu = next(one for one in menus if one is not None)

            def offered() -> list[str]:
                menu.aboutToShow.emit()
                return [a.text() for a in menu.actions() if str(a.data()) in KINDS]

            assert offered() == ["Leave the conversation", "End the conversation…"]
            assert offered() == ["Leave the conversation", "End the conversation…"]  # not twice
            await stage.go_offline()
            assert offered()
            assert menu.actions()[-1].text().startswith("You are offline")
            assert all(not a.isEnabled() for a in menu.actions()[-3:])
            await stage.go_online()
            tell(stage.seat, ConversationSeen(remote_id=RemoteId("o-10482"), lifecycle=Lifecycle.ENDED))

            def ended() -> bool:
                row = header.conversation()
                return row is not None and row.lifecycle is Lifecycle.ENDED

            await ui.until(ended)
            assert offered() == ["Leave the conversation"]

        ui.run(main())


class TestAsking:
    def test_what_can_not_be_undone_is_asked_first(self, ui: Ui, stage: Stage) -> None:
        """Confirming is never what Enter does; Escape and Cancel do nothing."""

        async def main() -> None:
            await stage.ready()
            stage.press(ActionKind.TAKE_OVER)
            dialog = stage.dialog()
            assert not dialog.yes.isDefault()
            assert not dialog.yes.autoDefault()
            await ui.until(dialog.no.hasFocus)
            QTest.keyClick(dialog, Qt.Key.Key_Return)
            assert not stage.acted()
            QTest.keyClick(dialog, Qt.Key.Key_Escape)
            await ui.until(lambda: not stage.asking.dialogs())
            assert not stage.acted()

        ui.run(main())

    def test_done_closes_and_is_told(self, ui: Ui, stage: Stage) -> None:
        """What went well closes the question and is told in the status bar."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_act = lambda _action: Result()
            told: list[str] = []
            stage.asking.told.connect(told.append)
            stage.press(ActionKind.TAKE_OVER)
            click(stage.dialog().yes)
            await ui.until(lambda: not stage.asking.dialogs())
            assert told == ["It is yours now."]
            assert [a.order_number for a in stage.acted(ActionKind.TAKE_OVER)] == ["10482"]

        ui.run(main())

    def test_the_same_is_never_under_way_twice(self, ui: Ui, stage: Stage) -> None:
        """While an answer is awaited the same can't be asked again, here or elsewhere; others can."""

        async def main() -> None:
            await stage.ready()
            stage.hold()
            stage.press(ActionKind.REQUEST_CODE)
            offers = stage.part().offers
            button = offers.button(ActionKind.REQUEST_CODE)
            assert button is not None
            assert not button.isEnabled()
            other = offers.button(ActionKind.TAKE_OVER)
            assert other is not None
            assert other.isEnabled()
            work = offers.strip.work()
            assert work is not None
            assert stage.asking.asker.start(work.about, work.offer) is None
            await ui.until(lambda: len(stage.answers) == 1)
            stage.answer(Result())
            await ui.until(button.isEnabled)
            assert len(stage.acted()) == 1

        ui.run(main())

    def test_refused_in_words(self, ui: Ui, stage: Stage) -> None:
        """A refusal stays in the dialog with the server's words, and can be tried again."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_act = lambda _action: NotDone(
                ParkReason.CHANGED_MEANWHILE, "Already moderated", 5.0
            )
            stage.press(ActionKind.TAKE_OVER)
            dialog = stage.dialog()
            click(dialog.yes)
            await ui.until(lambda: dialog.strip.sentence().startswith("It has changed meanwhile"))
            assert dialog.strip.sentence().endswith("Try again in 5 s. The server says: Already moderated")
            assert dialog.yes.isEnabled()
            stage.seat.engines.on_act = lambda _action: Result()
            click(dialog.yes)
            await ui.until(lambda: not stage.asking.dialogs())
            assert len(stage.acted()) == 2

        ui.run(main())

    def test_no_answer_is_told_as_such(self, ui: Ui, stage: Stage) -> None:
        """Without an answer nobody claims that it was done, or not."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_act = lambda action: NotKnown(action.kind.value)
            stage.press(ActionKind.REQUEST_CODE)
            strip = stage.part().offers.strip
            await ui.until(lambda: bool(strip.work()) and not strip.work().under_way)  # type: ignore[union-attr]
            assert strip.sentence() == "No answer: it may have been done. The order is being read again."

        ui.run(main())

    def test_waiting_can_be_given_up(self, ui: Ui, stage: Stage) -> None:
        """Who stops waiting is told that it may be done; it stays under way until its answer is there."""

        async def main() -> None:
            await stage.ready()
            stage.hold()
            stage.press(ActionKind.REQUEST_CODE)
            strip, offers = stage.part().offers.strip, stage.part().offers
            assert strip.sentence() == "Waiting for the server's answer…"
            stop = next(b for b in strip.findChildren(type(strip._stop)) if b.isVisible())
            click(stop)
            assert strip.sentence().startswith("You have stopped waiting. It may have been done")
            assert stage.seat.engines.asked("refresh")
            button = offers.button(ActionKind.REQUEST_CODE)
            assert button is not None
            assert not button.isEnabled()
            await ui.until(lambda: len(stage.answers) == 1)
            stage.answer(NotDone(ParkReason.REFUSED))
            await ui.until(button.isEnabled)
            work = strip.work()
            assert work is not None
            assert work.stage is Step.NOT_DONE
            click(strip._close)
            assert strip.work() is None
            assert not strip.isVisible()

        ui.run(main())

    def test_a_closed_dialog_leaves_it_under_way(self, ui: Ui, stage: Stage) -> None:
        """Closing the dialog of what is under way undoes nothing; the panel goes on telling of it."""

        async def main() -> None:
            await stage.ready()
            stage.hold()
            stage.press(ActionKind.TAKE_OVER)
            dialog = stage.dialog()
            click(dialog.yes)
            await ui.until(lambda: len(stage.answers) == 1)
            assert not dialog.yes.isEnabled()
            click(dialog.no)
            await ui.until(lambda: not stage.asking.dialogs())
            strip = stage.part().offers.strip
            assert strip.isVisible()
            stage.answer(NotDone(ParkReason.FORBIDDEN))
            await ui.until(lambda: strip.sentence() == "You may not do this here. Nothing was done.")

        ui.run(main())


class TestCodes:
    def test_digits_only_and_never_kept(self, ui: Ui, stage: Stage) -> None:
        """A code takes digits alone, goes to the server, and is nowhere afterwards."""

        async def main() -> None:
            await stage.ready()
            stage.hold()
            stage.press(ActionKind.CONFIRM_CODE)
            dialog = stage.dialog()
            edit = dialog.form.control("code")
            assert isinstance(edit, QLineEdit)
            await ui.until(edit.hasFocus)
            assert not dialog.yes.isEnabled()
            QTest.keyClicks(edit, "4a7-1 1x99999")
            assert edit.text() == "471199"
            QTest.keyClick(edit, Qt.Key.Key_Return)
            await ui.until(lambda: len(stage.answers) == 1)
            assert stage.acted()[0].fields == {"code": "471199"}
            assert edit.text() == ""
            stage.answer(NotDone(ParkReason.REFUSED, "Invalid code"))
            await ui.until(dialog.form.isEnabled)
            assert edit.hasFocus()  # for the next try
            edit.undo()
            assert edit.text() == ""
            assert not dialog.yes.isEnabled()
            dialog.reject()

        ui.run(main())

    def test_a_code_counts_down(self, ui: Ui, stage: Stage) -> None:
        """How long a code holds is shown until it does no longer."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_act = lambda _action: Result(until_us=NOON_US + 9 * MINUTE_US)
            stage.press(ActionKind.REQUEST_CODE)
            strip = stage.part().offers.strip
            await ui.until(lambda: "9 min left" in strip.deadline())
            assert strip.deadline().startswith("Code valid until 10:51")
            stage.seat.clock.at_us += 8 * MINUTE_US + 30_000_000
            await ui.until(lambda: "30 s left" in strip.deadline())
            stage.seat.clock.at_us += MINUTE_US
            await ui.until(lambda: "no longer valid" in strip.deadline())

        ui.run(main())


class TestForms:
    def test_a_new_order(self, ui: Ui, stage: Stage) -> None:
        """A form by the keyboard: what is missing is said, limits hold, and what was typed arrives."""

        async def main() -> None:
            await stage.ready()
            stage.seat.engines.on_act = lambda _action: Result(text="Order created successfully")
            stage.window.commands.action("order.create").trigger()
            dialog = stage.dialog()
            first = dialog.form.control("contact")
            await ui.until(first.hasFocus)
            assert dialog.problem() == "Contact is missing."
            assert not dialog.yes.isEnabled()
            QTest.keyClicks(first, "A" * 60)
            assert len(dialog.form.values()["contact"]) == 40
            for text in ("2026-12-01", "Gary", "Omaha", "twelve"):
                QTest.keyClick(focused(), Qt.Key.Key_Tab)
                QTest.keyClicks(focused(), text)
            assert dialog.problem().endswith("must be a number.")
            length = dialog.form.control("length_ft")
            assert isinstance(length, QLineEdit)
            length.clear()
            QTest.keyClicks(length, "62")
            assert dialog.problem() == ""
            QTest.keyClick(length, Qt.Key.Key_Return)
            await ui.until(lambda: dialog.strip.sentence() == "Order created successfully")
            fields = stage.acted(ActionKind.CREATE_ORDER)[0].fields
            assert (fields["from"], fields["to"], fields["legal_weight"]) == ("Gary", "Omaha", "yes")
            assert not dialog.yes.isVisible()
            click(dialog.no)
            await ui.until(lambda: not stage.asking.dialogs())

        ui.run(main())

    def test_opens_once(self, ui: Ui, stage: Stage) -> None:
        """Asking twice for the same dialog shows the same one."""

        async def main() -> None:
            await stage.ready()
            stage.window.handlers.create_order()
            stage.window.handlers.create_order()
            assert len(stage.asking.dialogs()) == 1
            stage.dialog().reject()

        ui.run(main())

    def test_offline_keeps_what_was_typed(self, ui: Ui, stage: Stage) -> None:
        """The line may drop while somebody types: nothing is lost, and the sentence says why it waits."""

        async def main() -> None:
            await stage.ready()
            stage.window.handlers.create_order()
            dialog = stage.dialog()
            QTest.keyClicks(dialog.form.control("contact"), "Ada")
            await stage.go_offline()
            assert dialog.problem().startswith("You are offline")
            assert not dialog.yes.isEnabled()
            assert dialog.form.values()["contact"] == "Ada"
            await stage.go_online()
            assert dialog.problem() == "Start is missing."
            dialog.reject()

        ui.run(main())
