"""No widget takes remote text for markup."""

from __future__ import annotations

import pytest

from tests.tooling.plain_scan import violations
from tests.tooling.tree import PACKAGE, modules

PLAIN = PACKAGE / "ui" / "plain.py"

PLANTED = {
    "label": "from PySide6.QtWidgets import QLabel\nQLabel(message.text)",
    "renamed": "from PySide6.QtWidgets import QLabel as Line",
    "by module": "from PySide6 import QtWidgets\nQtWidgets.QLabel(message.text)",
    "subclass": "from PySide6 import QtWidgets\nclass Name(QtWidgets.QLabel): ...",
    "message box": "from PySide6.QtWidgets import QMessageBox\nQMessageBox.warning(self, t, error.words)",
    "star": "from PySide6.QtWidgets import *",
    "browser": "from PySide6.QtWidgets import QTextBrowser",
    "tool tip window": "from PySide6.QtWidgets import QToolTip\nQToolTip.showText(pos, name)",
    "tip from a name": "button.setToolTip(person.name)",
    "tip from an f-string": "button.setToolTip(f'Write to {person.name}')",
    "tip from a filled translation": "button.setToolTip(tr('Write to {name}').format(name=person.name))",
    "tip from a translation with parts": "button.setToolTip(tr('Write to {name}', name=person.name))",
    "tip from a sum": "button.setToolTip(tr('Write to ') + person.name)",
    "tip on one branch": "button.setToolTip('a' if ok else person.name)",
    "tip by keyword": "button.setToolTip(arg__1=person.name)",
    "what's this": "button.setWhatsThis(person.name)",
    "tip of a model": "def data(i, role):\n    if role == Qt.ItemDataRole.ToolTipRole:\n        return name",
    "html": "document.setHtml(message.text)",
    "html passed on": "show = edit.insertHtml",
    "markdown": "edit.setMarkdown(message.text)",
    "rich format": "label.setTextFormat(Qt.TextFormat.RichText)",
    "guessing format": "label.setTextFormat(Qt.AutoText)",
    "format in a variable": "label.setTextFormat(how)",
    "form row": "form.addRow(f'{person.name}:', field)",
    "getattr": "getattr(document, 'setHtml')(text)",
}

HARMLESS = {
    "literal tip": "button.setToolTip('Send')",
    "translated tip": "button.setToolTip(self.tr('Send'))",
    "counted tip": "button.setToolTip(tr('%n waiting', n=count))",
    "escaped tip": "button.setToolTip(plain_tooltip(person.name))",
    "either": "button.setToolTip(tr('On') if on else tr('Off'))",
    "plain format": "label.setTextFormat(Qt.TextFormat.PlainText)",
    "plain label": "from chatdesk.ui.plain import PlainLabel\nPlainLabel(message.text)",
    "escaped role": "x = {Qt.ItemDataRole.ToolTipRole: lambda m: plain_tooltip(m.name)}",
    "plain document": "document.setPlainText(message.text)",
    "form row": "form.addRow(tr('Address'), field)\nform.addRow(label, field)",
}


def test_no_module_shows_remote_text_as_markup() -> None:
    """Every module of ui and desktop but ui/plain.py is free of widgets that guess rich text."""
    files = [file for file in modules("ui", "desktop") if file != PLAIN]
    assert len(files) > 5
    found = [
        f"{file.relative_to(PACKAGE)}:{v}" for file in files for v in violations(file.read_text("utf-8"))
    ]
    assert found == []


def test_plain_module_speaks_no_markup() -> None:
    """ui/plain.py may touch the classes that guess, but never hands markup to them."""
    found = [v for v in violations(PLAIN.read_text("utf-8")) if "interprets markup" in v]
    assert found == []


@pytest.mark.parametrize("source", PLANTED.values(), ids=PLANTED.keys())
def test_scanner_sees(source: str) -> None:
    """Each way of showing remote text as markup is found."""
    assert violations(source)


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS.keys())
def test_scanner_lets_pass(source: str) -> None:
    """Texts of our own, escaped texts and plain widgets are no findings."""
    assert violations(source) == []
