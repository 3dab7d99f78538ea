"""One process per data folder: an operating-system lock on a file, gone with the process that holds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from chatdesk.domain.errors import DiskTrouble, ProfileInUse
from chatdesk.store.connection import problem

FILE_NAME = "chatdesk.lock"


class FolderLock:
    """Holds a folder until `release`. Raises ProfileInUse where another store holds it, DiskTrouble.

    looks: nothing is made, and others may look, too. A folder without a lock file is held by nobody then.
    """

    def __init__(self, folder: Path, *, looks: bool = False) -> None:
        self._file = -1
        try:
            self._file = os.open(folder / FILE_NAME, os.O_RDONLY if looks else os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            if looks and isinstance(exc, FileNotFoundError):
                return
            raise problem(exc) or DiskTrouble(f"no lock file: {exc.strerror}") from exc
        try:
            _lock(self._file, shared=looks)
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

    def _lock(file: int, *, shared: bool = False) -> None:  # noqa: ARG001 - has no shared ones
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int, *, shared: bool = False) -> None:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
