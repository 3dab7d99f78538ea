"""Links are pressed, hovered and copied; the keyboard reaches every row and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from chatdesk.domain.entities import Message
from chatdesk.domain.kinds import DeliveryState, MessageKind
from chatdesk.ui.plain import Answer, PlainLabel, PlainQuestion
from chatdesk.ui.timeline.announce import SPOKEN_AT_ONCE, Announcer, announcement
from chatdesk.ui.timeline.menu import MessageMenu
from chatdesk.ui.timeline.view import TimelineView
from tests.ui.timeline.conftest import Shown
from tests.ui.timeline.hands import LEFT, SHIFT, keys, letter
from tests.ui.timeline.stage import NOON_US, a_message, own

Show = Callable[..., Shown]
Key = Qt.Key


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were handed to the system."""
    found: list[str] = []

    def take(url: str) -> bool:
        found.append(url)
        return True

    monkeypatch.setattr("chatdesk.ui.timeline.opening.open_link", take)
    return found


def press(view: TimelineView, row: int, at: int) -> None:
    """A click on a letter that is no part of a double one."""
    QTest.qWait(QApplication.doubleClickInterval() + 10)
    QTest.mouseClick(view.viewport(), LEFT, pos=letter(view, row, at))


def hover(view: TimelineView, row: int, at: int) -> str:
    QTest.mouseMove(view.viewport(), letter(view, row, at))
    return view.toolTip()


def the_menu() -> MessageMenu:
    """The menu that is open."""
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, MessageMenu)
    return menu


def words(menu: QMenu) -> list[str]:
    return [one.text() for one in menu.actions() if not one.isSeparator()]


# ------------------------------------------------------------------------------------------------------ links


def test_links_open_only_when_pressed(show: Show, opened: list[str]) -> None:
    """Hovering says where a link leads, in plain text; only a click on it, and no drag, opens it."""
    view = show(
        [a_message(1, "see https://example.test/<b>x, call +998 90 123-45-67 or b@c.example now")]
    ).view
    assert hover(view, 0, 1) == ""
    assert view.viewport().cursor().shape() is Qt.CursorShape.IBeamCursor
    assert hover(view, 0, 10) == "Opens example.test in your browser"
    assert view.viewport().cursor().shape() is Qt.CursorShape.PointingHandCursor
    assert hover(view, 0, 40) == "Calls +998 90 123-45-67"
    assert hover(view, 0, 60) == "Writes an e-mail to b@c.example"
    assert opened == []
    press(view, 0, 1)
    pane = view.viewport()
    QTest.mousePress(pane, LEFT, pos=letter(view, 0, 6))
    QTest.mouseMove(pane, letter(view, 0, 10))
    QTest.mouseMove(pane, letter(view, 0, 14))
    QTest.mouseRelease(pane, LEFT, pos=letter(view, 0, 14))
    assert opened == []
    for at in (10, 40, 60):
        press(view, 0, at)
    assert opened == ["https://example.test/", "tel:+998901234567", "mailto:b@c.example"]


def test_a_deceiving_link_is_opened_after_a_question(show: Show, opened: list[str], qtbot: QtBot) -> None:
    """Its tooltip warns; a click asks and shows the real host; only Open opens it."""
    text = "see http://good.example@еvil.example/x"
    view = show([a_message(1, text)]).view
    tip = hover(view, 0, 10)
    assert tip.startswith("Opens xn--vil-qdd.example in your browser\nCareful")
    for answer, wanted in ((Answer.NO, []), (Answer.YES, ["http://good.example@еvil.example/x"])):
        press(view, 0, 10)
        [question] = [one for one in view.findChildren(PlainQuestion) if one.isVisible()]
        said = " ".join(label.text() for label in question.findChildren(PlainLabel))
        assert "xn--vil-qdd.example" in said
        if answer is Answer.NO:
            QTest.keyClick(question, Key.Key_Return)  # Enter alone does no harm
        else:
            QTest.mouseClick(question.button(answer), LEFT)
        assert opened == wanted
        qtbot.waitUntil(lambda: not [q for q in view.findChildren(PlainQuestion) if q.isVisible()])


def test_where_no_program_takes_it_the_person_is_told(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    """A telephone number without a telephone ends in words, not in silence."""
    monkeypatch.setattr("chatdesk.ui.timeline.opening.open_link", lambda _url: False)
    view = show([a_message(1, "+998 90 123-45-67")]).view
    told: list[str] = []
    view.told.connect(told.append)
    press(view, 0, 3)
    assert told == ["No program on this computer opens that. Its menu copies it, to be pasted elsewhere."]


def test_the_right_button_copies_a_link(show: Show, opened: list[str]) -> None:
    """The menu over a link opens or copies it; beside one, it says nothing of it."""
    view = show([a_message(1, "see www.example.test, +998 90 123-45-67")]).view
    for at, entry, first, text in (
        (6, "Copy address", "Open www.example.test", "https://www.example.test"),
        (26, "Copy number", "Call +998 90 123-45-67", "+998 90 123-45-67"),
    ):
        pos = letter(view, 0, at)
        reason = QContextMenuEvent.Reason.Mouse
        event = QContextMenuEvent(reason, pos, view.viewport().mapToGlobal(pos))
        QApplication.sendEvent(view.viewport(), event)
        menu = the_menu()
        assert words(menu)[:2] == [first, entry]
        menu.actions()[1].trigger()
        assert QGuiApplication.clipboard().text() == text
        menu.close()
    view.open_menu(0, view.viewport().mapToGlobal(letter(view, 0, 1)))
    assert words(the_menu())[0] == "Copy"
    the_menu().close()
    assert opened == []


# --------------------------------------------------------------------------------------------------- keyboard


@pytest.mark.parametrize(
    ("key", "modifiers"),
    [
        (Key.Key_Return, None),
        (Key.Key_Enter, None),
        (Key.Key_Space, None),
        (Key.Key_Menu, None),
        (Key.Key_F10, SHIFT),
    ],
)
def test_the_menu_comes_by_key(show: Show, key: Qt.Key, modifiers: Qt.KeyboardModifier | None) -> None:
    """Enter, Space, the menu key and Shift+F10 open what can be done with the current message."""
    view = show([a_message(1), own(2, state=DeliveryState.UNCERTAIN)]).view
    view.setFocus()
    typed: list[str] = []
    view.text_typed.connect(typed.append)
    keys(view, Key.Key_Down)
    keys(view, key, modifiers)
    assert words(the_menu())[:2] == ["Check", "Send again"]
    QTest.keyClick(the_menu(), Key.Key_Escape)
    assert QApplication.activePopupWidget() is None
    assert typed == []


def test_the_only_link_of_a_message_is_reached_by_key(show: Show, opened: list[str]) -> None:
    """Without a mouse: the menu of the current message begins with its link."""
    view = show([a_message(1, "see https://example.test/x")]).view
    view.setFocus()
    keys(view, Key.Key_Down)
    keys(view, Key.Key_Return)
    QTest.keyClick(the_menu(), Key.Key_Down)
    QTest.keyClick(the_menu(), Key.Key_Return)
    assert opened == ["https://example.test/x"]


# ---------------------------------------------------------------------------------------------- accessibility


def sentence(message: Message, show: Show) -> str:
    """What a screen reader finds for a message that is alone in the list."""
    face = QAccessible.queryAccessibleInterface(show([message]).view)
    assert face.childCount() == 1
    return str(face.child(0).text(QAccessible.Text.Name))


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (a_message(1, "Hello\nthere <b>"), ["Northline Transport, ", ": Hello there <b>"]),
        (own(1, "Hi", state=DeliveryState.READ), ["You, ", ": Hi, read"]),
        (own(1, "Hi", state=DeliveryState.QUEUED), ["You, ", ": Hi, queued"]),
        (a_message(1, "Hi", edited_at_us=NOON_US), [", edited: Hi"]),
        (a_message(1, "gone", deleted=True), [": Message deleted"]),
        (a_message(1, "Order confirmed", kind=MessageKind.SYSTEM), [": Order confirmed"]),
        (a_message(1, "", kind=MessageKind.IMAGE), [": Photo"]),
        (a_message(1, "a\u202eb\x00c"), [": a b c"]),
    ],
)
def test_every_row_is_one_sentence(show: Show, message: Message, parts: list[str]) -> None:
    """Who, when, what and how far, on one line, without a control character and without what was deleted."""
    said = sentence(message, show)
    for part in parts:
        assert part in said
    assert said.isprintable()
    assert "gone" not in said


def test_rows_have_a_role_a_place_and_a_state(show: Show, qapp: QApplication) -> None:
    """Each row is a list item with its number; the current one is focused and selected."""
    view = show([a_message(n) for n in range(1, 31)]).view
    view.setFocus()
    face = QAccessible.queryAccessibleInterface(view)
    assert face.text(QAccessible.Text.Name) == "Messages"
    row = face.child(29)
    assert row.role() is QAccessible.Role.ListItem
    assert face.indexOfChild(row) == 29
    assert row.state().focused
    keys(view, Key.Key_Up, times=2)
    assert not row.state().focused
    current = face.child(view.current_row)
    assert current.state().focused
    assert current.state().selected
    assert current.state().selectable
    assert not face.child(29).state().selected
    area = current.rect()
    assert view.viewport().mapToGlobal(QPoint(0, 0)).y() <= area.top() < area.bottom()


def test_new_messages_are_announced_without_talking_over(qtbot: QtBot, show: Show) -> None:
    """The first at once; a flood after it is told together, once, by its number."""
    said: list[str] = []
    view = show([a_message(1)]).view
    announcer = Announcer(view, said.append)
    announcer.arrived([a_message(2, "Hello")])
    assert len(said) == 1
    assert said[0].endswith(": Hello")
    for number in range(3, 503):
        announcer.arrived([a_message(number)])
    assert len(said) == 1
    qtbot.waitUntil(lambda: len(said) == 2)
    assert said[1] == "500 new messages"
    announcer.arrived([a_message(600, "late")])
    announcer.forget()
    qtbot.wait(10)
    assert len(said) == 2
    few = [a_message(n, f"text {n}") for n in range(SPOKEN_AT_ONCE)]
    assert announcement(few, len(few)).count("text") == SPOKEN_AT_ONCE
