"""Copies of files that wait to be sent: made whole or not at all, kept until their intention is settled.

A copy lies in the profile's folder `files` under the id of its intention and the hash of its bytes. It is
made before the transaction that names it, and removed after the one that settles it; what no unsettled
intention names is left over from a death in between, and swept when the store is opened.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import apsw

from chatdesk.domain.changes import Commit, OutboxGone, OutboxPut
from chatdesk.domain.entities import Staged
from chatdesk.domain.errors import DiskTrouble, FileRefused, StoreProblem
from chatdesk.domain.ids import OutgoingId, new_outgoing_id
from chatdesk.domain.kinds import FileWhy
from chatdesk.domain.outbox import WAITING
from chatdesk.store import journal as journal_file
from chatdesk.store import rows
from chatdesk.store.connection import FILE_NAME, READ_ERRORS, open_reader, problem
from chatdesk.store.files import sync, sync_folder

_log = logging.getLogger(__name__)

T = TypeVar("T")
FOLDER: Final = "files"
_NAME: Final = re.compile(r"([0-9a-f]{32})-([0-9a-f]{64})")
_UNFINISHED: Final = ".new"
_CHUNK_BYTES: Final = 1 << 20


class Staging:
    """The copies of one data folder. Copying and hashing happen on a thread of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chatdesk-files")

    def stage(self, source: Path | bytes, most_bytes: int) -> Future[Staged]:
        """Copy a file, or bytes, whole and on disk. The future fails with FileRefused or DiskTrouble.

        Whatever it fails with, nothing of the copy is left.
        """
        return self._ask(lambda: self._stage(source, most_bytes))

    def verified(self, name: str) -> Future[Path]:
        """Where a copy lies, its bytes being those that were copied. Fails with FileRefused (LOST)."""
        return self._ask(lambda: self._verified(name))

    def _ask(self, work: Callable[[], T]) -> Future[T]:
        try:
            return self._pool.submit(work)
        except RuntimeError:  # the pool takes nothing more
            closed: Future[T] = Future()
            closed.set_exception(StoreProblem("the store is closed"))
            return closed

    def drop(self, name: str) -> None:
        """Remove a copy; one that can't be removed now goes at the next start."""
        if is_name(name):
            try:
                (self._folder / name).unlink(missing_ok=True)
            except OSError as exc:
                _log.warning("a copy of a file was not removed: %s", exc.strerror)

    def follow(self, commit: Commit) -> None:
        """Remove the copies of what a commit has settled; told of every commit, after it is on disk."""
        for change in commit.changes:
            match change:
                case OutboxPut(items=items):
                    for item in items:
                        if item.staged and item.state not in WAITING:
                            self.drop(item.staged)
                case OutboxGone(ids=ids):
                    self._drop_of(frozenset(ids))
                case _:
                    pass

    def close(self) -> None:
        """Wait for what is being copied."""
        self._pool.shutdown()

    def _drop_of(self, gone: frozenset[OutgoingId]) -> None:
        for name, owner in _copies(self._folder):
            if owner in gone:
                self.drop(name)

    def _stage(self, source: Path | bytes, most_bytes: int) -> Staged:
        outgoing = new_outgoing_id()
        fresh = self._folder / f"{outgoing}{_UNFINISHED}"
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700)
                sync_folder(self._folder.parent)
            file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            try:
                digest, size = _copy(source, file, most_bytes)
                sync(file)
            finally:
                os.close(file)
            name = f"{outgoing}-{digest}"
            fresh.rename(self._folder / name)
            sync_folder(self._folder)
        except OSError as exc:
            raise problem(exc) or DiskTrouble(f"the file was not copied: {exc.strerror}") from exc
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
        return Staged(id=outgoing, name=name, size_bytes=size, sha256=digest)

    def _verified(self, name: str) -> Path:
        named = _NAME.fullmatch(name)
        if named is None:
            raise FileRefused(FileWhy.LOST)
        path = self._folder / name
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as exc:
            raise FileRefused(FileWhy.LOST) from exc
        if digest != named[2]:
            raise FileRefused(FileWhy.LOST)
        return path


def is_name(name: str) -> bool:
    """Whether it is the name of a copy; anything else is never made a path of."""
    return _NAME.fullmatch(name) is not None


def tidy(folder: Path) -> None:
    """Remove the copies that a death has left without an intention. Nobody works in the folder yet."""
    try:
        con = open_reader(folder / FILE_NAME)
        try:
            needed = wanted(con, folder)
        finally:
            con.close()
        sweep(folder, needed)
    except (*READ_ERRORS, OSError) as exc:
        _log.warning("copies of files were not looked after: %s", type(exc).__name__)


def wanted(con: apsw.Connection, folder: Path) -> set[str]:
    """Names of the copies that an unsettled intention needs, in the database or in any journal of the folder.

    Raises apsw.Error, OSError.
    """
    named = {
        str(row[0])
        for row in con.execute(f"SELECT staged FROM outbox WHERE staged <> '' AND {rows.WAITING}")  # noqa: S608
    }
    # A journal that was put aside may be the only one that knows of what it holds.
    for journal in folder.glob("outbox*.journal"):
        named |= {one.item.staged for one in journal_file.read(journal).unfinished.values()}
    return named - {""}


def sweep(folder: Path, needed: Iterable[str]) -> None:
    """Remove what nobody needs of the copies of a folder, and what never became one."""
    keep = set(needed)
    copies = folder / FOLDER
    gone = 0
    with suppress(FileNotFoundError, NotADirectoryError):
        for entry in list(copies.iterdir()):
            name = entry.name
            if name in keep or not (_NAME.fullmatch(name) or name.endswith(_UNFINISHED)):
                continue
            try:
                entry.unlink()
            except OSError as exc:
                _log.warning("a copy of a file was not removed: %s", exc.strerror)
            else:
                gone += 1
    if gone:
        _log.info("%d copies of files that nobody waits for were removed", gone)


def held(folder: Path) -> dict[str, int]:
    """The copies of a data folder: name and size in bytes. Raises OSError."""
    return {name: (folder / FOLDER / name).stat().st_size for name, _ in _copies(folder / FOLDER)}


def _copies(copies: Path) -> Iterator[tuple[str, OutgoingId]]:
    """The names of copies, and the intentions that they belong to."""
    try:
        names = [entry.name for entry in copies.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return
    for name in names:
        if named := _NAME.fullmatch(name):
            yield name, OutgoingId(named[1])


def _copy(source: Path | bytes, to: int, most_bytes: int) -> tuple[str, int]:
    """Write all of it; its hash as hex, and its size. Raises FileRefused for the source, OSError for ours."""
    digest = hashlib.sha256()
    size = 0
    for chunk in [source] if isinstance(source, bytes) else _read(source):
        size += len(chunk)
        if size > most_bytes:
            raise FileRefused(FileWhy.TOO_LARGE)
        digest.update(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(to, rest) :]
    return digest.hexdigest(), size


def _read(source: Path) -> Iterator[bytes]:
    """A plain file from its first byte to its last. Raises FileRefused, also where it changes meanwhile."""
    # Without waiting: a pipe that nobody writes to would hold the thread for ever.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        file = os.open(source, flags)
    except OSError as exc:
        raise FileRefused(FileWhy.UNREADABLE) from exc
    try:
        before = os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            raise FileRefused(FileWhy.NO_FILE)
        size = 0
        while True:
            try:
                chunk = os.read(file, _CHUNK_BYTES)
            except OSError as exc:
                raise FileRefused(FileWhy.UNREADABLE) from exc
            if not chunk:
                break
            size += len(chunk)
            yield chunk
        after = os.fstat(file)
        if (size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            raise FileRefused(FileWhy.CHANGED)
    finally:
        os.close(file)
