"""Everything that a requirement document promises of a server is shown by a test that names it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import pytest

from chatdesk.server.registry import DIALECTS
from tests.tooling.tree import ROOT

MARK = "promised"


@cache
def marks() -> frozenset[tuple[str, str]]:
    """(platform, promise) of every mark in the sources of the tests."""
    return frozenset(_marks())


def _marks() -> Iterator[tuple[str, str]]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        source = path.read_text("utf-8")
        if f".{MARK}(" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == MARK
                and isinstance(node.func.value, ast.Attribute)
            ):
                platform, promise = (ast.literal_eval(one) for one in node.args)
                yield str(platform), str(promise)


@pytest.mark.parametrize("platform", DIALECTS)
def test_every_promise_has_a_test_and_every_mark_a_promise(platform: str) -> None:
    """A promise without a test is one that nobody keeps; a mark without a promise is a slip of the pen."""
    promises = import_module(f"tests.server.promises.{platform}").PROMISES
    shown = {promise for of, promise in marks() if of == platform}
    assert shown == set(promises)


def test_no_mark_is_of_a_platform_that_the_server_does_not_speak() -> None:
    """A mark of an unknown platform would be held against nothing."""
    assert {platform for platform, _promise in marks()} == set(DIALECTS)
