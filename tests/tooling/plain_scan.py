"""Finds the places where a widget could take remote text for markup.

Qt guesses: a QLabel, a tool tip or a message box that is given `<img src=...>` reads the file. So the classes
that guess are used by chatdesk.ui.plain alone, which fixes their format; tool tips are literals,
translations, or escaped by plain_tooltip; and nothing at all speaks HTML or Markdown to a document.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

GUESSING_CLASSES = frozenset(
    {
        "QErrorMessage",
        "QInputDialog",
        "QLabel",
        "QMessageBox",
        "QProgressDialog",
        "QSplashScreen",
        "QStaticText",
        "QTextBrowser",
        "QTextEdit",
        "QToolTip",
        "QWhatsThis",
        "QWizardPage",
    }
)
"""Classes whose text is rich when it looks rich; only the plain-text module may touch them."""

MARKUP_METHODS = frozenset(
    {"appendHtml", "fromHtml", "insertHtml", "insertMarkdown", "setHtml", "setMarkdown"}
)
MARKUP_FORMATS = frozenset({"AutoText", "MarkdownText", "RichText"})
TIP_METHODS = frozenset({"setToolTip", "setWhatsThis"})
TIP_ROLES = frozenset({"ToolTipRole", "WhatsThisRole"})
ROW_METHODS = frozenset({"addRow", "insertRow"})
"""Of QFormLayout: a string becomes a QLabel that guesses."""
TRANSLATIONS = frozenset({"_", "tr", "translate"})
COUNT_KEYWORDS = frozenset({"context", "count", "disambiguation", "n"})
ESCAPED = "plain_tooltip"


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def is_harmless(node: ast.expr) -> bool:
    """Whether the expression can only be a text of our own, or one that plain_tooltip has escaped."""
    match node:
        case ast.Constant():
            return True
        case ast.IfExp(body=one, orelse=other):
            return is_harmless(one) and is_harmless(other)
        case ast.BinOp(left=one, op=ast.Add(), right=other):
            return is_harmless(one) and is_harmless(other)
        case ast.Call() if _called(node) == ESCAPED:
            return True
        case ast.Call() if _called(node) in TRANSLATIONS:
            # tr("From {name}", name=remote) would carry remote text; a count is a number.
            return all(isinstance(a, ast.Constant) for a in node.args) and all(
                k.arg in COUNT_KEYWORDS for k in node.keywords
            )
        case _:
            return False


def _is_composed_text(node: ast.expr) -> bool:
    """Whether the expression is surely a string that was put together, not a widget in a variable."""
    match node:
        case ast.JoinedStr():
            return True
        case ast.BinOp():
            return not is_harmless(node)
        case ast.Call():
            return _called(node) in {"format", "join", "str"} or (
                _called(node) in TRANSLATIONS and not is_harmless(node)
            )
        case _:
            return False


def _offences(node: ast.AST, *, has_escape: bool) -> Iterator[str]:
    match node:
        case ast.ImportFrom(names=names):
            for alias in names:
                if alias.name in GUESSING_CLASSES:
                    yield f"{alias.name} guesses rich text; take its plain kin from chatdesk.ui.plain"
                elif alias.name == "*":
                    yield "import * hides what is used"
        case ast.Attribute(attr=name) if name in GUESSING_CLASSES:
            yield f"{name} guesses rich text; take its plain kin from chatdesk.ui.plain"
        case ast.Attribute(attr=name) if name in MARKUP_METHODS:
            yield f"{name} interprets markup"
        case ast.Attribute(attr=name) if name in MARKUP_FORMATS:
            yield f"{name} interprets markup; PlainText is the only format"
        case ast.Attribute(attr=name) if name in TIP_ROLES and not has_escape:
            yield f"{name}: tool tips of a model are rich when they look rich; pass them through {ESCAPED}"
        case ast.Call() if _called(node) in TIP_METHODS and not all(
            map(is_harmless, [*node.args, *(k.value for k in node.keywords)])
        ):
            yield f"{_called(node)} takes a literal, a translation without remote parts, or {ESCAPED}(...)"
        case ast.Call() if _called(node) in ROW_METHODS and any(map(_is_composed_text, node.args)):
            yield f"{_called(node)} makes a label that guesses rich text; give it a PlainLabel"
        case ast.Call(args=[ast.Attribute(attr=attr)]) if _called(node) == "setTextFormat":
            if attr != "PlainText":
                yield f"setTextFormat({attr})"
        case ast.Call() if _called(node) == "setTextFormat":
            yield "setTextFormat takes Qt.TextFormat.PlainText, written out"
        case ast.Call(args=[_, ast.Constant(value=str() as name), *_]) if _called(node) == "getattr":
            if name in GUESSING_CLASSES | MARKUP_METHODS | TIP_METHODS:
                yield f"getattr of {name}"
        case _:
            return


def violations(source: str) -> list[str]:
    """Every place in a module's source that could show remote text as markup, as "line: what"."""
    tree = ast.parse(source)
    has_escape = any(isinstance(n, ast.Call) and _called(n) == ESCAPED for n in ast.walk(tree))
    found = [
        (getattr(node, "lineno", 0), what)
        for node in ast.walk(tree)
        for what in _offences(node, has_escape=has_escape)
    ]
    return [f"{line}: {what}" for line, what in sorted(found)]
