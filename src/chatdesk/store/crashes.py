"""How many starts in a row have crashed: a number in a small file, gone after a minute or a clean end."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

FILE_NAME = "starts"
CAREFUL_AFTER: Final = 2
"""After so many crashes in a row a start restores nothing but the data."""
WELL_AFTER_S: Final = 60.0
"""A start that has run so long is none that fails."""
_MOST: Final = 1_000_000

_log = logging.getLogger(__name__)


class Crashes:
    """Counts this start as one that crashes until `over` says that it is none; the folder's lock is held."""

    def __init__(self, folder: Path, *, counts: bool = True) -> None:
        """Where it does not count, nothing is written: `counts` is False for a start that only looks."""
        self._path = folder / FILE_NAME
        self.before = _read(self._path)
        """Starts in a row before this one that crashed."""
        self._is_over = not counts
        if not counts:
            return
        try:
            # Written in place: a torn number counts as none, which costs a restored window and no data.
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            try:
                os.write(file, b"%d\n" % min(self.before + 1, _MOST))
            finally:
                os.close(file)
        except OSError as exc:
            _log.warning("this start is not counted: %s", type(exc).__name__)

    def over(self) -> None:
        """It runs well, or has ended as it should."""
        if self._is_over:
            return
        self._is_over = True
        try:
            self._path.unlink(missing_ok=True)
        except OSError as exc:
            _log.warning("this start still counts: %s", type(exc).__name__)


def count(folder: Path) -> int:
    """Starts in a row that crashed, or that run now; nothing is counted."""
    return _read(folder / FILE_NAME)


def _read(path: Path) -> int:
    try:
        text = path.read_bytes()[:20].strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0
