"""Whatever a server sends is shown letter for letter: in labels, tooltips and questions."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6 import QtGui
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from chatdesk.ui.plain import (
    TOOLTIP_CHARS,
    Answer,
    ElidedLabel,
    PlainLabel,
    PlainQuestion,
    plain_tooltip,
    say,
    set_tip,
    without_mnemonic,
)
from chatdesk.ui.theme import Theme, ThemeMode

HOSTILE = [
    "<img src='/etc/passwd'>",
    "<b>bold</b>",
    "<a href='https://evil.example'>pay here</a>",
    "&lt;b&gt;",
    "<!doctype html><p>x",
    "<?xml version='1.0'?><html>",
    "a\ud800b",
    "line\nbreak <i>x</i>",
    "<qt>x</qt>",
    "&amp;",
]


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme(qapp, ThemeMode.LIGHT)


@pytest.mark.parametrize("text", HOSTILE)
def test_tooltips_are_plain(text: str) -> None:
    """Qt does not take any tooltip for rich text, and not a letter is lost."""
    tip = plain_tooltip(text)
    assert not QtGui.Qt.mightBeRichText(tip)
    assert tip.replace("\u2060", "") == text.replace("\ud800", "\ufffd")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.sampled_from("<>&;/!?bipqtlax= \n\"'"), max_size=60))
def test_no_text_at_all_makes_a_rich_tooltip(text: str) -> None:
    """Whatever is made of the letters that markup is made of stays plain."""
    assert not QtGui.Qt.mightBeRichText(plain_tooltip(text))


def test_the_guess_is_real() -> None:
    """Without the escape Qt does take such texts for rich text: the test above can fail."""
    assert QtGui.Qt.mightBeRichText("<img src='/etc/passwd'>")
    assert len(plain_tooltip("x" * 100_000)) == TOOLTIP_CHARS


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_plain(qtbot: QtBot, theme: Theme, text: str) -> None:
    """A label shows the text as it is, has no links, and opens none."""
    label = PlainLabel(theme, text, selectable=True)
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == text.replace("\ud800", "\ufffd")
    assert not label.openExternalLinks()
    assert not label.textInteractionFlags() & Qt.TextInteractionFlag.LinksAccessibleByMouse
    label.setText("other " + text)
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_elided_label_keeps_the_whole(qtbot: QtBot, theme: Theme) -> None:
    """What does not fit ends in an ellipsis; tooltip and screen reader have it all; room brings it back."""
    name = "A very long name of a haulage company that nobody could shorten <b>Ltd</b>"
    label = ElidedLabel(theme, name)
    qtbot.addWidget(label)
    label.show()
    label.resize(120, 20)
    assert label.text().endswith("…")
    assert label.full_text() == label.accessibleName() == name
    assert label.toolTip() == plain_tooltip(name)
    label.resize(2_000, 20)
    assert label.text() == name
    assert label.toolTip() == ""
    label.setText("two\nlines\tand tabs")
    assert label.text() == "two lines and tabs"


def test_questions_answer(qtbot: QtBot, theme: Theme) -> None:
    """A question says which button was pressed; Escape means no; its words are plain."""
    question = PlainQuestion(theme, "<b>Sure?</b>", "<img src=x>", yes="Send & go", no="Keep", danger=True)
    qtbot.addWidget(question)
    question.open()
    assert {label.text() for label in question.findChildren(PlainLabel)} == {"<b>Sure?</b>", "<img src=x>"}
    assert question.button(Answer.YES).text() == "Send && go"
    with pytest.raises(KeyError):
        question.button(Answer.OTHER)
    with qtbot.waitSignal(question.answered) as answered:
        QTest.mouseClick(question.button(Answer.YES), Qt.MouseButton.LeftButton)
    assert answered.args == [Answer.YES]
    again = PlainQuestion(theme, "Sure?", "Really", yes="Yes", no="No")
    qtbot.addWidget(again)
    again.open()
    with qtbot.waitSignal(again.answered) as answered:
        QTest.keyClick(again, Qt.Key.Key_Escape)
    assert answered.args == [Answer.NO]


@pytest.mark.parametrize(("danger", "answer"), [(True, Answer.NO), (False, Answer.YES)])
def test_enter_alone_does_no_harm(qtbot: QtBot, theme: Theme, danger: bool, answer: Answer) -> None:
    """Enter agrees to what can be undone, and to nothing else."""
    question = PlainQuestion(theme, "Sure?", "Really", yes="Delete", no="Keep", danger=danger)
    qtbot.addWidget(question)
    question.open()
    with qtbot.waitSignal(question.answered) as answered:
        QTest.keyClick(question, Qt.Key.Key_Return)
    assert answered.args == [answer]


def test_a_statement_has_one_button(qtbot: QtBot, theme: Theme) -> None:
    """`say` opens a statement that Enter closes."""
    statement = say(theme, None, "Done", "It is done.", button="Close")
    qtbot.addWidget(statement)
    assert [b.text() for b in statement.findChildren(QPushButton)] == ["Close"]
    with qtbot.waitSignal(statement.answered):
        QTest.keyClick(statement, Qt.Key.Key_Return)


def test_mnemonics_and_tips(qtbot: QtBot) -> None:
    """An ampersand of a name is shown, and an empty tip removes the tip."""
    button = QPushButton(without_mnemonic("Quarry & Stone"))
    qtbot.addWidget(button)
    assert button.shortcut().isEmpty()
    set_tip(button, "Quarry & Stone")
    assert button.toolTip().replace("\u2060", "") == "Quarry & Stone"
    set_tip(button, "")
    assert button.toolTip() == ""
