"""Where this machine wants a program's data and logs."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import platformdirs

APP_NAME = "chatdesk"


def data_folder() -> Path:
    """The folder of database, journal and staged files; made if missing, readable by its owner only.

    Where it can't be made, whoever opens it finds that, and can say so.
    """
    return _private(default_data_folder())


def default_data_folder() -> Path:
    """The same folder, not made."""
    return platformdirs.user_data_path(APP_NAME, appauthor=False)


def log_folder() -> Path:
    """The folder of the logs; made if missing and possible, readable by its owner only."""
    return _private(platformdirs.user_log_path(APP_NAME, appauthor=False))


def _private(folder: Path) -> Path:
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
