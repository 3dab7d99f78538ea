"""Bytes and names that have reached the disk."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync(file: int) -> None:
    """Wait until what was written to an open file is on disk. Raises OSError."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(file)
    else:
        os.fsync(file)


def sync_file(path: Path) -> None:
    """The same for a file that others have written. Raises OSError."""
    file = os.open(path, os.O_RDWR)
    try:
        sync(file)
    finally:
        os.close(file)


def sync_folder(folder: Path) -> None:
    """A rename is on disk when its folder is; where folders can't be opened the system sees to it."""
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
