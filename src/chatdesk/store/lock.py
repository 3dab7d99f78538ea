"""One process per data folder: an operating-system lock on a file, gone with the process that holds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from chatdesk.domain.errors import DiskTrouble, ProfileInUse
from chatdesk.store.connection import problem

FILE_NAME = "chatdesk.lock"


class FolderLock:
    """Holds a folder until `release`. Raises ProfileInUse where another store holds it."""

    def __init__(self, folder: Path) -> None:
        try:
            self._file = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise problem(exc) or DiskTrouble(f"no lock file: {exc.strerror}") from exc
        try:
            _lock(self._file)
        except OSError as exc:
            os.close(self._file)
            raise ProfileInUse(str(folder)) from exc

    def release(self) -> None:
        """Let others in. The file stays: removing it would let two processes lock two files of one name."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def is_held(folder: Path) -> bool:
    """Whether a process works in a folder. Nothing is made; the lock is free again when this returns."""
    try:
        file = os.open(folder / FILE_NAME, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(file)
    except OSError:
        return True
    finally:
        os.close(file)
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
