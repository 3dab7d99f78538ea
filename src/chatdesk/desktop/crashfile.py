"""What a native crash leaves behind: Python's own trace of every thread, in a file beside the log."""

from __future__ import annotations

import faulthandler
import logging
import os
from pathlib import Path
from typing import Final

FILE_NAME: Final = "crash.log"
BEFORE_NAME: Final = "crash-before.log"
"""The trace of the last run that crashed."""
_MOST_BYTES: Final = 64_000

_log = logging.getLogger(__name__)


def start(folder: Path) -> None:
    """From now on a crash writes its trace to `folder`/crash.log; what an earlier run left there is kept.

    Code only, no values: nothing of what anybody wrote can be in it. Without a writable folder nothing is
    traced.
    """
    path = folder / FILE_NAME
    try:
        if path.exists() and path.stat().st_size:
            path.replace(folder / BEFORE_NAME)
        # It stays open for the life of the process: a program that crashes can't open files.
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as exc:
        _log.warning("crashes are not traced: %s", type(exc).__name__)
        return
    faulthandler.enable(file, all_threads=True)


def last_trace(folder: Path) -> tuple[str, float]:
    """The trace of the last run that crashed by itself, and when (seconds since 1970); '' where none did."""
    path = folder / BEFORE_NAME
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES).decode("utf-8", "replace"), path.stat().st_mtime
    except OSError:
        return "", 0.0
