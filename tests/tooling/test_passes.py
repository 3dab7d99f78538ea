"""The passes of `make test`: what runs in which, and what is tried a second time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.tree import ROOT

LIST = ROOT / "packaging" / "dev" / "served.txt"
USES = re.compile(
    r"^(?:from|import) (?:chatdesk\.server|tests\.(?:server|conform|roundtrip|end2end|faults|soak))\b",
    re.MULTILINE,
)
ONLY_LOOKS = {"tests/tooling/test_imports.py", "tests/tooling/test_passes.py"}
"""They speak of the server's modules, and start none."""


def test_every_test_that_uses_the_server_is_in_the_list() -> None:
    """Where greenlets are followed: coverage would lie about it else. By imports; benchmarks are no tests."""
    served = [ROOT / line for line in LIST.read_text("utf-8").split()]
    assert [path for path in served if not path.exists()] == []
    outside: list[str] = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name in ONLY_LOOKS or name.startswith("tests/bench/") or _inside(path, served):
            continue
        if USES.search(path.read_text("utf-8")):
            outside.append(name)
    assert outside == []


def _inside(path: Path, served: list[Path]) -> bool:
    return any(path == one or one in path.parents for one in served)


PASSES = """
def test_well() -> None:
    assert True
"""
FAILS = """
import pytest

@pytest.mark.parametrize("word", ["a", "b c"])
def test_badly(word: str) -> None:
    assert not word
"""
ERRS = """
import pytest

@pytest.fixture
def broken() -> None:
    raise ValueError

class TestMore:
    def test_never(self, broken: None) -> None:
        pass
"""


@pytest.mark.parametrize(
    ("text", "most", "found"),
    [
        (PASSES, 3, None),
        (PASSES + FAILS, 3, ["::test_badly[a]", "::test_badly[b c]"]),
        (PASSES + FAILS, 1, None),
        (ERRS, 3, ["::TestMore::test_never"]),
        ("import nothing_like_this", 3, None),
    ],
    ids=["none", "two", "too many", "an error", "no test"],
)
def test_what_failed_is_named_for_a_second_try(
    tmp_path: Path, text: str, most: int, found: list[str] | None
) -> None:
    """By node ids that pytest takes; where there are too many, or it was no test, nobody tries again."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_planted.py").write_text(text, "utf-8")
    (tmp_path / "packaging" / "dev").mkdir(parents=True)
    script = shutil.copy(ROOT / "packaging" / "dev" / "failed.py", tmp_path / "packaging" / "dev")
    report = tmp_path / "report.xml"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_", "COVERAGE_"))}
    plain = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:cov", "-o", "junit_family=xunit2"]
    command = [sys.executable, "-m", "pytest", *plain, f"--junitxml={report}", "tests"]
    subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, timeout=60, check=False)
    told = subprocess.run(
        [sys.executable, script, report, str(most)], capture_output=True, text=True, timeout=60, check=False
    )
    assert told.stderr == ""
    assert told.returncode == (1 if found is None else 0)
    assert told.stdout.splitlines() == [f"tests/test_planted.py{one}" for one in found or []]
