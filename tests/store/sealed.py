"""A data folder that really can't be written to, by the rights that a person without the system's has."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from chatdesk.store import Store
from chatdesk.store.connection import FILE_NAME

_VERSION_3 = 0x20080522
_OVERRIDES = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: what lets an administrator pass over every right."""


class Seal(StrEnum):
    """What may not be written to."""

    FOLDER = "folder"
    """Nothing can be made beside the files, which could be written to."""
    ALL = "all"
    """Neither folder nor files: a disk that is mounted to be read only."""
    FILE = "file"
    """The database alone."""


@contextmanager
def somebody() -> Iterator[Path]:
    """A new folder; while it lasts, the rights of files bind this thread, and those that it starts."""
    folder = Path(tempfile.mkdtemp(prefix="chatdesk-sealed-"))
    before = _effective()
    try:
        _set_effective(before & ~_OVERRIDES)
        yield folder
    finally:
        _set_effective(before)
        unseal(folder)
        shutil.rmtree(folder)


def _effective() -> int:
    """What this thread may do beside its owner's rights: the lower half, in which these two lie."""
    if os.geteuid() != 0:
        return 0
    return int(_asked("capget")[0])


def _set_effective(wanted: int) -> None:
    if os.geteuid() == 0:
        data = _asked("capget")
        data[0] = wanted
        _call("capset", data)


def _asked(name: str) -> ctypes.Array[ctypes.c_uint32]:
    data = (ctypes.c_uint32 * 6)()
    _call(name, data)
    return data


def _call(name: str, data: ctypes.Array[ctypes.c_uint32]) -> None:
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    if ctypes.CDLL(None, use_errno=True)[name](header, data) != 0:
        raise OSError(ctypes.get_errno(), name)


def seal(folder: Path, what: Seal) -> None:
    """Take the rights away."""
    if what is Seal.ALL:
        for path in folder.iterdir():
            path.chmod(0o500 if path.is_dir() else 0o400)
    if what is Seal.FILE:
        (folder / FILE_NAME).chmod(0o400)
    else:
        folder.chmod(0o500)


def unseal(folder: Path) -> None:
    """Give them back."""
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def as_after_a_kill(store: Store, to: Path) -> Path:
    """What a death at this moment leaves: the files as they are, with a log that nobody has emptied."""
    shutil.copytree(store.folder, to, ignore=shutil.ignore_patterns("*-shm"))
    assert (to / f"{FILE_NAME}-wal").stat().st_size > 0
    return to


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file with what it holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
