"""docs/platforms.md has the cells that tests are marked with, every trap has its test, and both are seen."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tooling.platform_features import FEATURES, PLATFORMS
from tests.tooling.tree import ROOT

SCRIPT = ROOT / "packaging" / "dev" / "platforms.py"
TRAPS = {"dispatcher": 16, "fakomame": 18, "steppergo": 21, "omw": 19, "marketplace": 16}
"""How many traps the specification of each platform lists."""


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The script as a module: its folder is no package."""
    spec = importlib.util.spec_from_file_location("platforms_page", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_tests_are_marked() -> None:
    """Every feature has a cell for every platform, and the page names the test; else: `make test docs`."""
    found = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_trap_has_a_test_that_names_it(platform: str) -> None:
    """`test_trap_<number>_...` exists for every trap of a platform's specification."""
    folder = ROOT / "tests" / "platforms" / platform
    sources = [path.read_text("utf-8") for path in folder.glob("test_*.py")]
    numbers = {int(one) for source in sources for one in re.findall(r"def test_trap_(\d+)_", source)}
    assert sorted(set(range(1, TRAPS[platform] + 1)) - numbers) == []


def a_test(folder: Path, name: str, *marks: tuple[str, str, str]) -> None:
    lines = [f"@pytest.mark.shows({a!r}, {b!r}, {c!r})" for a, b, c in marks]
    path = folder / "tests" / f"test_{name}.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([*lines, f"def test_{name}() -> None: ..."]))


def test_marks_are_read_from_the_sources(maker: ModuleType, tmp_path: Path) -> None:
    """A mark becomes a cell with its file and test; one with other than three texts is an error."""
    a_test(tmp_path, "one", ("omw", "send", "yes"), ("omw", "edit", "no"))
    found = list(maker.marked(tmp_path / "tests"))
    assert found == [
        ("omw", "send", "yes", "tests/test_one.py::test_one"),
        ("omw", "edit", "no", "tests/test_one.py::test_one"),
    ]
    inside = "@pytest.mark.parametrize('a', [pytest.param(1, marks=pytest.mark.shows('omw', 'send', 'yes'))])"
    (tmp_path / "tests" / "test_one.py").write_text(f"{inside}\ndef test_two(a): ...")
    assert list(maker.marked(tmp_path / "tests")) == [("omw", "send", "yes", "tests/test_one.py::test_two")]
    (tmp_path / "tests" / "test_bad.py").write_text("@pytest.mark.shows('omw')\ndef test_bad(): ...")
    with pytest.raises(ValueError, match="three texts"):
        list(maker.marked(tmp_path / "tests"))


def all_cells(maker: ModuleType) -> list[object]:
    return [maker.Cell(one, feature, "yes", "t::t") for one in PLATFORMS for feature in FEATURES]


def test_a_missing_an_unknown_and_a_contradicted_cell_are_errors(maker: ModuleType) -> None:
    """No page is written with a hole, a word that nobody knows, or two answers to one question."""
    cells = all_cells(maker)
    assert maker.written(cells).count("`t::t`") == len(cells)
    with pytest.raises(ValueError, match="no test shows: dispatcher sign_in"):
        maker.written(cells[1:])
    with pytest.raises(ValueError, match="unknown"):
        maker.written([*cells, maker.Cell("omw", "magic", "yes", "t::t")])
    with pytest.raises(ValueError, match="disagree"):
        maker.written([*cells, maker.Cell("omw", "send", "no", "t::u")])


def test_only_what_passed_in_every_case_counts(maker: ModuleType, tmp_path: Path) -> None:
    """One failed or skipped case of a parametrised test is enough to leave it out."""
    (tmp_path / "run.xml").write_text(
        '<testsuites><testsuite><testcase classname="tests.a.test_b" name="test_good[1]"/>'
        '<testcase classname="tests.a.test_b" name="test_bad[1]"/>'
        '<testcase classname="tests.a.test_b" name="test_bad[2]"><failure/></testcase>'
        '<testcase classname="tests.a.test_b" name="test_left_out"><skipped/></testcase>'
        "</testsuite></testsuites>"
    )
    assert maker.passed(tmp_path) == {"tests/a/test_b.py::test_good"}
