"""Finds switches: code that would behave otherwise under a test, in a demo, or by the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb", "putenv"})
TELL_TALES = ("offscreen", "pytest", "unittest")
MODE_NAMES = frozenset(
    {"demo", "demo_mode", "fake", "in_test", "is_demo", "is_test", "offscreen", "test_mode", "testing"}
)
"""Names that a parameter, variable or attribute below services has no honest use for."""


def _docstrings(tree: ast.AST) -> set[int]:
    """Ids of the constants that only explain."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def _offences(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Attribute(attr=name) if name in ENVIRONMENT:
            yield f"reads the environment ({name})"
        case ast.ImportFrom(module="os", names=names):
            for alias in names:
                if alias.name in ENVIRONMENT:
                    yield f"reads the environment ({alias.name})"
        case ast.Attribute(value=ast.Name(id="sys"), attr="argv"):
            yield "reads the command line"
        case ast.Constant(value=str() as text):
            for word in TELL_TALES:
                if word in text.lower():
                    yield f"asks for {word!r}"
        case ast.Import(names=names):
            for alias in names:
                if alias.name.partition(".")[0] in TELL_TALES:
                    yield f"imports {alias.name}"
        case _:
            return


def _mode_names(node: ast.AST) -> Iterator[str]:
    match node:
        case (
            ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str() as name)
        ):
            if name.lower() in MODE_NAMES:
                yield f"has a mode ({name})"
        case _:
            return


def switches(source: str, *, modes: bool) -> list[str]:
    """Every switch in a module's source, as "line: what"; `modes` also looks at names such as `demo`."""
    tree = ast.parse(source)
    explaining = _docstrings(tree)
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if id(node) in explaining:
            continue
        found.extend((getattr(node, "lineno", 0), what) for what in _offences(node))
        if modes:
            found.extend((getattr(node, "lineno", 0), what) for what in _mode_names(node))
    return [f"{line}: {what}" for line, what in sorted(found)]
