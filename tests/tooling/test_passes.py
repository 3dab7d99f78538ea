"""Tests that start a server of ours run where greenlets are followed: coverage would lie about it else."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tooling.tree import ROOT

LIST = ROOT / "packaging" / "dev" / "served.txt"
USES = re.compile(
    r"^(?:from|import) (?:chatdesk\.server|tests\.(?:server|conform|roundtrip|end2end|faults|soak))\b",
    re.MULTILINE,
)
ONLY_LOOKS = {"tests/tooling/test_imports.py", "tests/tooling/test_passes.py"}
"""They speak of the server's modules, and start none."""


def test_every_test_that_uses_the_server_is_in_the_list() -> None:
    """By its imports; benchmarks are no tests."""
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
