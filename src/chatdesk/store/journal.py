"""The outbox's journal: a file beside the database from which unfinished sends survive its loss.

One record per line, checksummed, on disk before the transaction that it belongs to commits. It also anchors
the ledger, and knows which opening of the database it has followed, so that a restored copy is recognised.
Only unfinished items outlive a compaction: what was sent leaves no text here.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from chatdesk.domain.entities import Outgoing
from chatdesk.domain.ids import OutgoingId
from chatdesk.domain.outbox import WAITING

FILE_NAME = "outbox.journal"
COMPACT_BYTES: Final = 262_144
_ITEM_BYTES: Final = 500
"""About what an item takes beside its text."""


class Written(msgspec.Struct, frozen=True, tag="item"):
    """An item as it is now, whatever was recorded of it before.

    account: platform, server, user and, where there is one, seat.
    """

    account: str
    item: Outgoing


class Attempted(msgspec.Struct, frozen=True, tag="attempt"):
    """An attempt begins: from here on it may have arrived."""

    id: OutgoingId
    number: int


class Ended(msgspec.Struct, frozen=True, tag="end"):
    """Nothing is owed any more. `how`: its last state, or void where no transaction followed the record."""

    id: OutgoingId
    how: str


class Anchor(msgspec.Struct, frozen=True, tag="anchor"):
    """Number and seal of the ledger's last row at some moment."""

    number: int
    seal: bytes


class Opened(msgspec.Struct, frozen=True, tag="open"):
    """The database was opened: its generation was `before` and becomes `now`."""

    before: str
    now: str


Record = Written | Attempted | Ended | Anchor | Opened
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class Unfinished(msgspec.Struct, frozen=True):
    """An item that was neither accepted nor let go. `attempts` 0: no byte of it can have left."""

    account: str
    item: Outgoing
    attempts: int


class Contents(msgspec.Struct):
    """What the records come to."""

    unfinished: dict[OutgoingId, Unfinished] = msgspec.field(default_factory=dict)
    anchor: Anchor | None = None
    opened: Opened | None = None
    is_quiet: bool = True
    """No item was recorded since the last opening."""

    def take(self, record: Record) -> None:
        """Follow one record."""
        match record:
            case Written(account=account, item=item):
                self.unfinished[item.id] = Unfinished(account, item, item.attempts)
            case Attempted(id=outgoing, number=number):
                known = self.unfinished.get(outgoing)
                if known is not None:
                    self.unfinished[outgoing] = msgspec.structs.replace(known, attempts=number)
            case Ended(id=outgoing):
                self.unfinished.pop(outgoing, None)
            case Anchor():
                self.anchor = record
            case Opened():
                self.opened = record
        self.is_quiet = isinstance(record, Opened) or (self.is_quiet and isinstance(record, Anchor))

    def records(self) -> list[Record]:
        """The fewest records that come to the same."""
        kept: list[Record] = [
            Written(one.account, msgspec.structs.replace(one.item, attempts=one.attempts))
            for one in self.unfinished.values()
        ]
        if self.anchor is not None:
            kept.append(self.anchor)
        if self.opened is not None:
            # That items were recorded since must not be forgotten with them.
            kept.append(self.opened if self.is_quiet else Opened("", self.opened.now))
        return kept

    def follows(self, generation: str) -> bool:
        """Whether this journal and a database of that generation have lived through the same.

        generation '': a new database, for which nothing may be owed. An opening that died between its record
        and its commit has left the generation before, and no item.
        """
        if not generation:
            return self.is_quiet and not self.unfinished
        if self.opened is None:
            return False
        return generation == self.opened.now or (self.is_quiet and generation == self.opened.before)


def read(path: Path) -> Contents:
    """What a journal holds. A line that is torn or spoilt is passed over; a missing file is an empty one."""
    contents = Contents()
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return contents
    for line in data.split(b"\n"):
        record = _decode(line)
        if record is not None:
            contents.take(record)
    return contents


def _encode(record: Record) -> bytes:
    body = msgspec.json.encode(record)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def _decode(line: bytes) -> Record | None:
    checksum, _, body = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        return _DECODER.decode(body)
    except msgspec.MsgspecError:
        return None  # of a newer program: it means nothing here


class Journal:
    """The journal of an open store; used by one thread. Raises OSError where the disk fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.contents = read(path)
        self._torn = True
        """The file may not end with a whole line."""
        self._open_file = -1

    @property
    def _file(self) -> int:
        """Made when it is first needed, so that a refused folder stays as it was."""
        if self._open_file < 0:
            self._open_file = _open(self._path, os.O_APPEND)
        return self._open_file

    def append(self, records: Sequence[Record]) -> None:
        """Write records and wait until they are on disk. On failure none of them counts."""
        if not records:
            return
        size = os.fstat(self._file).st_size
        data = b"".join(map(_encode, records))
        if self._torn and size:
            data = b"\n" + data
        try:
            _write(self._file, data)
            _sync(self._file)
        except OSError:
            self._torn = True
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise
        self._torn = False
        for record in records:
            self.contents.take(record)

    def reconcile(self, waiting: Iterable[tuple[str, Outgoing]]) -> None:
        """Make the journal say what a healthy database says: void what has no row, record what is missing."""
        rows = {item.id: (account, item) for account, item in waiting}
        wrong: list[Record] = [Ended(one, "void") for one in self.contents.unfinished if one not in rows]
        for account, item in rows.values():
            known = self.contents.unfinished.get(item.id)
            if known is None or known.item.text != item.text or known.attempts != item.attempts:
                wrong.append(Written(account, item))
        self.append(wrong)

    def set_aside(self) -> None:
        """Keep this journal under another name, and begin an empty one."""
        self.close()
        number = 1
        while (aside := self._path.with_name(f"outbox-{number}.journal")).exists():
            number += 1
        self._path.rename(aside)
        self.contents = Contents()

    def is_long(self) -> bool:
        """Whether compacting is worth its while."""
        return os.fstat(self._file).st_size > COMPACT_BYTES + 4 * sum(
            len(one.item.text) + _ITEM_BYTES for one in self.contents.unfinished.values()
        )

    def compact(self) -> None:
        """Leave out all that is finished: a new file takes the place of this one, in one step."""
        fresh = self._path.with_name(FILE_NAME + ".new")
        file = _open(fresh, os.O_TRUNC)
        try:
            _write(file, b"".join(map(_encode, self.contents.records())))
            _sync(file)
        finally:
            os.close(file)
        self.close()  # where files in use can't be replaced
        fresh.replace(self._path)
        self._torn = False
        _sync_folder(self._path.parent)

    def close(self) -> None:
        """Close the file."""
        if self._open_file >= 0:
            os.close(self._open_file)
            self._open_file = -1


def recorded(account: str, item: Outgoing) -> Record:
    """The record of an item's state: written where something is owed, ended where not."""
    return Written(account, item) if item.state in WAITING else Ended(item.id, item.state.value)


def _open(path: Path, flags: int) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync(file: int) -> None:
    if hasattr(os, "fdatasync"):
        os.fdatasync(file)
    else:
        os.fsync(file)


def _sync_folder(folder: Path) -> None:
    """A rename is on disk when its folder is; where folders can't be opened the system sees to it."""
    with suppress(OSError):
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
