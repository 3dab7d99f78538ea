"""Tests and demo run the program that people run: nothing in src asks whether it is being tested."""

from __future__ import annotations

import pytest

from tests.tooling.switch_scan import switches
from tests.tooling.tree import PACKAGE, modules

MAY_ASK = {PACKAGE / "main.py"}
"""Chooses Qt's platform plugin and the profile folder; `chatdesk.desktop` asks what machine it is on."""
BELOW_THE_WINDOW = ("domain", "wire", "store", "platforms", "sync", "services")

PLANTED = {
    "environ": "import os\nif os.environ.get('X'): ...",
    "getenv": "import os\nfast = os.getenv('FAST')",
    "imported": "from os import environ",
    "renamed": "from os import getenv as g",
    "argv": "import sys\nif '--demo' in sys.argv: ...",
    "under test": "import sys\nif 'pytest' in sys.modules: ...",
    "offscreen": "if app.platformName() == 'offscreen': ...",
    "unittest": "import unittest.mock",
}


def test_nothing_asks_the_environment() -> None:
    """Outside main.py and desktop no module reads environment, command line or the name of a test tool."""
    asks = [f for f in modules() if f not in MAY_ASK and f.relative_to(PACKAGE).parts[0] != "desktop"]
    assert len(asks) > 20
    found = [
        f"{f.relative_to(PACKAGE)}:{s}" for f in asks for s in switches(f.read_text("utf-8"), modes=False)
    ]
    assert found == []


def test_nothing_below_the_window_has_a_mode() -> None:
    """Engine, store, outbox, platforms and wire know no demo, no test and no offscreen."""
    files = modules(*BELOW_THE_WINDOW)
    found = [
        f"{f.relative_to(PACKAGE)}:{s}" for f in files for s in switches(f.read_text("utf-8"), modes=True)
    ]
    assert found == []


@pytest.mark.parametrize("source", PLANTED.values(), ids=PLANTED.keys())
def test_scanner_sees(source: str) -> None:
    """Each kind of switch is found."""
    assert switches(source, modes=False)


def test_scanner_sees_modes() -> None:
    """A parameter or attribute that names a mode is found, an explanation is not."""
    assert switches("def run(*, demo: bool): ...", modes=True)
    assert switches("engine.testing = True", modes=True)
    assert switches("run(test_mode=True)", modes=True)
    assert switches('"""pytest runs this offscreen."""', modes=True) == []
