"""The disk under one folder, made to fail: SQLite's files by a VFS, all others by the calls of `os`.

Every call that may fail on a real disk is counted, in the order in which it is made; a `Fault` says which of
them fail, how, and for how long. What a failing write leaves behind is what a real one does: a part of it.
"""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import apsw

FOR_EVER = 1 << 62
"""Until the disk is well again."""
_names = itertools.count(1)


class Op(StrEnum):
    """What is asked of the disk."""

    OPEN = "open"
    WRITE = "write"
    SYNC = "sync"
    TRUNCATE = "truncate"
    DELETE = "delete"
    RENAME = "rename"
    READ = "read"
    """Of SQLite's files only; counted only where a fault asks for it."""


CHANGING = frozenset(Op) - {Op.READ}


class Ill(StrEnum):
    """What is wrong with the disk."""

    FULL = "full"
    """No room: what makes a file longer, or makes one, fails; a part of a write has been written."""
    ERROR = "error"
    """Nothing that is asked for works; a part of a write has been written."""
    READ_ONLY = "read_only"
    """Nothing may be changed, as where a system has put a failing disk to read-only."""
    SHORT = "short"
    """No error, but a write that writes less than it was given: the caller has to go on."""


@dataclass(slots=True)
class Fault:
    """After `after` calls among `ops` on files whose name contains `name`, `times` of them fail."""

    ill: Ill
    ops: frozenset[Op] = CHANGING
    after: int = 0
    times: int = FOR_EVER
    name: str = ""
    dies: bool = False
    """The process ends at the first call that fails."""

    def strikes(self, op: Op, path: str, *, grows: bool) -> bool:
        """Whether this call fails; it is counted."""
        if op not in self.ops or self.name not in Path(path).name or self.times <= 0:
            return False
        if self.ill is Ill.FULL and not grows:
            return False  # what is there already may be written over
        if self.ill is Ill.SHORT and op is not Op.WRITE:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


_SQLITE: dict[tuple[Ill, Op], tuple[type[apsw.Error], int]] = {
    (Ill.FULL, Op.WRITE): (apsw.FullError, apsw.SQLITE_FULL),
    (Ill.FULL, Op.OPEN): (apsw.CantOpenError, apsw.SQLITE_CANTOPEN),
    (Ill.READ_ONLY, Op.OPEN): (apsw.CantOpenError, apsw.SQLITE_CANTOPEN),
    (Ill.READ_ONLY, Op.WRITE): (apsw.ReadOnlyError, apsw.SQLITE_READONLY),
    (Ill.ERROR, Op.OPEN): (apsw.CantOpenError, apsw.SQLITE_CANTOPEN),
    (Ill.ERROR, Op.SYNC): (apsw.IOError, apsw.SQLITE_IOERR_FSYNC),
    (Ill.ERROR, Op.READ): (apsw.IOError, apsw.SQLITE_IOERR_READ),
    (Ill.ERROR, Op.TRUNCATE): (apsw.IOError, apsw.SQLITE_IOERR_TRUNCATE),
    (Ill.ERROR, Op.DELETE): (apsw.IOError, apsw.SQLITE_IOERR_DELETE),
}
_ERRNO = {Ill.FULL: errno.ENOSPC, Ill.ERROR: errno.EIO, Ill.READ_ONLY: errno.EROFS}


def _refusal(ill: Ill, op: Op) -> apsw.Error:
    kind, code = _SQLITE.get((ill, op), (apsw.IOError, apsw.SQLITE_IOERR_WRITE))
    error = kind(f"{ill}: {op}")
    error.extendedresult = code  # type: ignore[attr-defined]
    return error


@dataclass(slots=True)
class Disk:
    """The disk of everything below `folders`. Used from any thread."""

    folders: list[Path]
    faults: list[Fault] = field(default_factory=list)
    calls: int = 0
    """So many calls that change something were made."""
    struck: int = 0
    """So many of them have failed, or were cut short."""
    on_death: Callable[[], None] | None = None
    """Called in the failing call of a fault that `dies`, on whatever thread that is."""
    _files: dict[int, str] = field(default_factory=dict)

    def heal(self) -> None:
        """There is room, and everything works."""
        self.faults.clear()

    def knows(self, path: str) -> bool:
        """Whether a path lies on this disk."""
        return any(path.startswith(f"{folder}{os.sep}") for folder in self.folders)

    def asked(self, op: Op, path: str, *, grows: bool = True) -> Ill | None:
        """One call; what is wrong with it, if anything."""
        if op is not Op.READ:
            self.calls += 1
        for fault in self.faults:
            if fault.strikes(op, path, grows=grows):
                self.struck += 1
                if fault.dies and self.on_death is not None:
                    fault.dies = False
                    self.on_death()
                return fault.ill
        return None

    # -- what is not SQLite's: the calls of os

    def check(self, op: Op, path: str, *, grows: bool = True) -> Ill | None:
        """As `asked`. Raises OSError, but not for a write, of which a part is written first."""
        ill = self.asked(op, path, grows=grows)
        if ill is not None and op is not Op.WRITE:
            raise OSError(_ERRNO.get(ill, errno.EIO), os.strerror(_ERRNO.get(ill, errno.EIO)))
        return ill

    def open(self, real: Callable[..., int], path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        """os.open."""
        name = os.fspath(path) if not isinstance(path, int) else ""
        if isinstance(name, bytes) or not self.knows(name):
            return real(path, flags, *args, **kwargs)
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            self.check(Op.OPEN, name, grows=bool(flags & os.O_CREAT) and not Path(name).exists())
        file = real(path, flags, *args, **kwargs)
        self._files[file] = name
        return file

    def close(self, real: Callable[[int], None], file: int) -> None:
        """os.close."""
        self._files.pop(file, None)
        real(file)

    def write(self, real: Callable[[int, Any], int], file: int, data: Any) -> int:
        """os.write."""
        name = self._files.get(file)
        if name is None:
            return real(file, data)
        ill = self.check(Op.WRITE, name)
        if ill is None:
            return real(file, data)
        if ill is not Ill.READ_ONLY and len(data) > 1:
            written = real(file, data[: len(data) // 2])
            if ill is Ill.SHORT:
                return written
        raise OSError(_ERRNO.get(ill, errno.EIO), os.strerror(_ERRNO.get(ill, errno.EIO)))

    def sync(self, real: Callable[[int], None], file: int) -> None:
        """os.fsync and os.fdatasync."""
        name = self._files.get(file)
        if name is not None:
            self.check(Op.SYNC, name, grows=False)
        real(file)

    def truncate(self, real: Callable[[int, int], None], file: int, size: int) -> None:
        """os.ftruncate."""
        name = self._files.get(file)
        if name is not None:
            self.check(Op.TRUNCATE, name, grows=False)
        real(file, size)

    def rename(self, real: Callable[..., None], source: Any, target: Any, **kwargs: Any) -> None:
        """os.rename and os.replace."""
        if self.knows(os.fspath(target)):
            self.check(Op.RENAME, os.fspath(target), grows=False)
        real(source, target, **kwargs)


class _File(apsw.VFSFile):
    def __init__(self, vfs: _Vfs, name: Any, flags: list[int]) -> None:
        super().__init__(vfs.base, name, flags)
        self._disk = vfs.disk
        self._path = _path(name)
        self._is_here = self._disk.knows(self._path)
        self._is_read_only = bool(flags[0] & apsw.SQLITE_OPEN_READONLY)

    def _refuse(self, op: Op, *, grows: bool = False) -> None:
        if self._is_here:
            ill = self._disk.asked(op, self._path, grows=grows)
            if ill is not None:
                raise _refusal(ill, op)

    def xWrite(self, data: Any, offset: int) -> None:
        if self._is_here:
            grows = offset + len(data) > super().xFileSize()
            ill = self._disk.asked(Op.WRITE, self._path, grows=grows)
            if ill is not None:
                if ill is not Ill.READ_ONLY:
                    super().xWrite(data[: len(data) // 2], offset)
                raise _refusal(Ill.FULL if ill is Ill.SHORT else ill, Op.WRITE)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._refuse(Op.SYNC)
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        self._refuse(Op.TRUNCATE)
        super().xTruncate(size)

    def xLock(self, level: int) -> None:
        # A file that is open for reading can't be locked for writing. SQLite asks for it all the same as it
        # closes one, and passes over the refusal, which through Python would be raised; "busy" is not.
        if self._is_read_only and level > apsw.SQLITE_LOCK_SHARED:
            raise apsw.BusyError
        super().xLock(level)

    def xRead(self, amount: int, offset: int) -> bytes:
        self._refuse(Op.READ)
        return super().xRead(amount, offset)


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk, name: str) -> None:
        self.disk = disk
        self.base = apsw.vfs_names()[0]
        super().__init__(name, self.base, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        path = _path(name)
        if self.disk.knows(path) and flags[0] & apsw.SQLITE_OPEN_READWRITE:
            ill = self.disk.asked(Op.OPEN, path, grows=not Path(path).exists())
            if ill is not None:
                raise _refusal(ill, Op.OPEN)
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        if self.disk.knows(filename):
            ill = self.disk.asked(Op.DELETE, filename, grows=False)
            if ill is not None:
                raise _refusal(ill, Op.DELETE)
        super().xDelete(filename, syncdir)


def _path(name: Any) -> str:
    return name.filename() if isinstance(name, apsw.URIFilename) else str(name or "")


@contextmanager
def failing_disk(*folders: Path) -> Iterator[Disk]:
    """While it lasts, everything below these folders lies on a disk that can be made to fail."""
    disk = Disk([folder.absolute() for folder in folders])
    vfs = _Vfs(disk, f"failing-{next(_names)}")
    real = {name: getattr(os, name) for name in _CALLS}

    def standing_in(name: str, method: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return getattr(disk, method)(real[name], *args, **kwargs)

        return call

    for name, method in _CALLS.items():
        setattr(os, name, standing_in(name, method))
    try:
        yield disk
    finally:
        for name, one in real.items():
            setattr(os, name, one)
        vfs.unregister()


_CALLS = {
    "open": "open",
    "close": "close",
    "write": "write",
    "fsync": "sync",
    "fdatasync": "sync",
    "ftruncate": "truncate",
    "rename": "rename",
    "replace": "rename",
}
