"""What a lean start leaves of PySide6: everything, some of it later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ASK = """
import json, sys, threading
if sys.argv[1] == "lean":
    from chatdesk.desktop.lean import start_lean
    start_lean()
import PySide6.QtCore
waiting = sorted(
    name for name, module in sys.modules.items()
    if name.startswith("shibokensupport.") and "__getattr__" in vars(module)
)
from PySide6.QtCore import QPoint, QSize
from PySide6.QtGui import QColor
from PySide6.support.signature import get_signature
from PySide6.support.signature.lib import enum_sig, pyi_generator


def refusal(act, *given):
    try:
        act(*given)
    except TypeError as exc:
        return str(exc)


found = []
many = [threading.Thread(target=lambda: found.append(pyi_generator.Formatter is not None)) for _ in range(4)]
for one in many:
    one.start()
for one in many:
    one.join()
print(json.dumps({
    "waiting": waiting,
    "found": found + [hasattr(pyi_generator, "nothing"), hasattr(enum_sig, "nothing")],
    "words": [refusal(QPoint(1, 2).setX, "a"), refusal(QSize, "a", []), refusal(QColor.fromRgb, QPoint())],
    "signatures": [str(get_signature(one)) for one in (QColor.setNamedColor, QSize.scaled, QPoint)],
    "help": QSize.scaled.__doc__,
    "names": [sorted(vars(one)) for one in (enum_sig, pyi_generator)],
}))
"""


def told(how: str) -> dict[str, Any]:
    """What a new process says of PySide6, started as it is or lean."""
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", ASK, how],
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")}
        | {"PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def lean() -> dict[str, Any]:
    """After a lean start."""
    return told("lean")


def test_what_words_signatures_has_not_run_after_the_import(lean: dict[str, Any]) -> None:
    """All that is known of it waits for its first use; a new PySide6 needs its checksums looked at."""
    names = ("errorhandler", "layout", "lib.enum_sig", "lib.pyi_generator", "lib.tool", "mapping", "parser")
    waiting = set(lean["waiting"])
    assert {f"shibokensupport.signature.{name}" for name in names} <= waiting


def test_errors_signatures_and_help_read_as_without_it(lean: dict[str, Any]) -> None:
    """A wrong call is told in PySide6's own words; threads that need the same at once all get it."""
    plain = told("plain")
    assert plain.pop("waiting") == []
    assert {name: value for name, value in lean.items() if name != "waiting"} == plain
    assert "called with wrong argument types" in lean["words"][0]
    assert lean["found"] == [True] * 4 + [False] * 2
