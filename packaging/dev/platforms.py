"""Writes docs/platforms.md: which platform has which feature, and the test that shows it.

`platforms.py` writes, and only from tests that passed in the last run (build/test/*.xml); `platforms.py
--check` says whether the page has the cells that the tests are marked with (status 1 when it has not). A test
is marked by `@pytest.mark.shows(platform, feature, support)`; the features are in
tests/tooling/platform_features.py.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
RESULTS = ROOT / "build" / "test"
PAGE = ROOT / "docs" / "platforms.md"
TITLES = {
    "dispatcher": "Dispatcher",
    "fakomame": "Fakomame",
    "steppergo": "StepperGO",
    "omw": "OMW",
    "marketplace": "Marketplace",
}
HEAD = """# What works on which platform

Written by `make docs` from the tests that passed in the last `make test`; not edited by hand. *partial* is a
feature that the platform has in part, or that works within the limits that its server sets. *no* is shown by
a test as well: the window does not offer it there, or says why.
"""


class Cell(NamedTuple):
    """One mark: the test is `file::name`, the file relative to the checkout."""

    platform: str
    feature: str
    support: str
    test: str


def features() -> tuple[dict[str, str], tuple[str, ...]]:
    """(title by feature, words of support)."""
    path = TESTS / "tooling" / "platform_features.py"
    spec = importlib.util.spec_from_file_location("platform_features", path)
    if spec is None or spec.loader is None:
        raise ValueError(f"no module: {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FEATURES, module.SUPPORT


def marked(tests: Path = TESTS) -> Iterator[Cell]:
    """The marks in the sources. Raises ValueError for one that is not three literal texts."""
    for path in sorted(tests.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for call in (part for decorator in node.decorator_list for part in ast.walk(decorator)):
                # Also those of single parameters, which stand inside a decorator.
                if not (isinstance(call, ast.Call) and _is_shows(call.func)):
                    continue
                words = [one.value for one in call.args if isinstance(one, ast.Constant)]
                if len(words) != 3 or not all(isinstance(word, str) for word in words):
                    raise ValueError(f"{path.name}: a mark `shows` takes three texts: {node.name}")
                file = path.relative_to(tests.parent).as_posix()
                platform, feature, support = (str(word) for word in words)
                yield Cell(platform, feature, support, f"{file}::{node.name}")


def _is_shows(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "shows"


def passed(results: Path = RESULTS) -> set[str]:
    """Tests of the last run whose every case passed, as `file::name`."""
    good: set[str] = set()
    bad: set[str] = set()
    for report in sorted(results.glob("*.xml")):
        for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by our own test run
            file = case.get("classname", "").replace(".", "/") + ".py"
            name = f"{file}::{case.get('name', '').partition('[')[0]}"
            failed = any(case.find(tag) is not None for tag in ("failure", "error", "skipped"))
            (bad if failed else good).add(name)
    return good - bad


def written(cells: list[Cell]) -> str:
    """The page. Raises ValueError where a cell is missing, unknown or contradicted by another."""
    titles, supports = features()
    table: dict[tuple[str, str], Cell] = {}
    for cell in sorted(cells):
        if cell.platform not in TITLES or cell.feature not in titles or cell.support not in supports:
            raise ValueError(f"unknown platform, feature or support: {cell}")
        known = table.setdefault((cell.platform, cell.feature), cell)
        if known.support != cell.support:
            raise ValueError(f"two tests disagree: {known} and {cell}")
    missing = [f"{one} {feature}" for one in TITLES for feature in titles if (one, feature) not in table]
    if missing:
        raise ValueError("no test shows: " + ", ".join(missing))
    lines = [HEAD, "| | " + " | ".join(TITLES.values()) + " |", "|---" * (len(TITLES) + 1) + "|"]
    lines += [
        f"| {title} | " + " | ".join(table[one, feature].support for one in TITLES) + " |"
        for feature, title in titles.items()
    ]
    for platform, name in TITLES.items():
        lines += ["", f"## {name}", "", "| Feature | | Shown by |", "|---|---|---|"]
        for feature, title in titles.items():
            cell = table[platform, feature]
            lines.append(f"| {title} | {cell.support} | `{cell.test}` |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check the page; returns the exit status."""
    if arguments not in ([], ["--check"]):
        print("usage: platforms.py [--check]", file=sys.stderr)
        return 2
    try:
        cells = list(marked())
        page = written(cells)
    except ValueError as exc:
        print(exc, file=sys.stderr)
        return 1
    if arguments:
        if PAGE.is_file() and PAGE.read_text("utf-8") == page:
            return 0
        print("docs/platforms.md is not as the tests are marked: run `make test docs`", file=sys.stderr)
        return 1
    unproved = sorted({cell.test for cell in cells} - passed())
    if unproved:
        print("not passed in the last `make test`:", *unproved, sep="\n  ", file=sys.stderr)
        return 1
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
