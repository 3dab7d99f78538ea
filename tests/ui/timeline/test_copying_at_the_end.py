"""What was copied outlives the program without harm."""

from __future__ import annotations

import os
import subprocess
import sys

COPY_AND_END = """
from PySide6.QtWidgets import QApplication
from chatdesk.ui.timeline.actions import copy_text
application = QApplication([])
copy_text("a\\x00b")
print(ascii(application.clipboard().text()))
"""


def test_a_program_that_ends_after_a_copy_ends_well() -> None:
    """An object of Python's on the clipboard would be let go of after Python's end."""
    done = subprocess.run(
        [sys.executable, "-c", COPY_AND_END],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, r"'a\u2400b'"), done.stderr
