"""The table of rules names code and tests that exist, and every rule has one."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path

import pytest

from chatdesk.domain.kinds import Platform

ROOT = Path(__file__).resolve().parents[2]
RULES = tomllib.loads((ROOT / "tests" / "rules.toml").read_text("utf-8"))["rule"]
SECTIONS = {*(f"1.{number}" for number in range(1, 13)), "2", "3", "4", "build"}


@cache
def named_in(path: str) -> frozenset[str]:
    """Names of the tests of a file, read without running it."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("rule", RULES, ids=[rule["name"] for rule in RULES])
def test_a_rule_has_its_code_and_its_tests(rule: dict[str, object]) -> None:
    """A test that was renamed or removed takes the proof of its rule along."""
    assert set(rule) == {"name", "section", "platform", "sentence", "code", "tests"}
    assert rule["section"] in SECTIONS
    assert set(str(rule["platform"]).split(", ")) <= {"all", *(one.value for one in Platform)}
    assert (ROOT / str(rule["code"])).is_file(), rule["code"]
    found = rule["tests"]
    assert isinstance(found, list)
    assert found
    for test in found:
        path, _, name = test.partition("::")
        assert (ROOT / path).is_file(), test
        assert name in named_in(path), test


def test_names_are_unique_and_no_section_is_left_out() -> None:
    """Each rule is found by its name; every section, and every platform, has rules."""
    names = [rule["name"] for rule in RULES]
    assert len(names) == len(set(names))
    assert {rule["section"] for rule in RULES} == SECTIONS
    own = {rule["platform"] for rule in RULES if rule["section"] == "4"}
    assert own == {one.value for one in Platform}
