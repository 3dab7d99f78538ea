"""The outbox's journal: a file beside the database from which unfinished sends survive its loss.

One record per line, checksummed, on disk before the transaction that it belongs to commits. It also anchors
the ledger, and knows which opening of the database it has followed, so that a restored copy is recognised.
Only unfinished items outlive a compaction: what was sent leaves no text here.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from chatdesk.domain.desk import NewAccount
from chatdesk.domain.entities import Attempt, Outgoing
from chatdesk.domain.ids import OutgoingId, RemoteId
from chatdesk.domain.outbox import WAITING
from chatdesk.store.files import sync, sync_folder

FILE_NAME = "outbox.journal"
COMPACT_BYTES: Final = 262_144
_ITEM_BYTES: Final = 500
"""About what an item takes beside its text."""
_ID_BYTES: Final = 40
"""About what an id of a watermark takes."""
_MOST_ENDED: Final = 200
_MOST_BOUND: Final = 50
"""So many arrivals of a conversation are remembered while something of it is unfinished."""


class Written(msgspec.Struct, frozen=True, tag="item"):
    """An item as it is now, whatever was recorded of it before.

    account: platform, server, user and, where there is one, seat.
    """

    account: str
    item: Outgoing


class Attempted(msgspec.Struct, frozen=True, tag="attempt"):
    """An attempt begins: from here on it may have arrived. `attempt`: where to look for it."""

    id: OutgoingId
    number: int
    attempt: Attempt | None = None


class Ended(msgspec.Struct, frozen=True, tag="end"):
    """Nothing is owed any more. `how`: its last state, or void where no transaction followed the record.

    remote_id: what it has become at the server, in `conversation` of `account`.
    """

    id: OutgoingId
    how: str
    account: str = ""
    conversation: RemoteId = RemoteId("")
    remote_id: RemoteId | None = None


class Drafted(msgspec.Struct, frozen=True, tag="draft"):
    """A draft as it is now; `account` as in Written. Without any text there is none any more."""

    account: str
    conversation: RemoteId
    version: int
    text: str
    other: str = ""


class Known(msgspec.Struct, frozen=True, tag="account"):
    """An account as it is now, without secrets; `account` as in Written."""

    account: str
    facts: NewAccount


class Forgotten(msgspec.Struct, frozen=True, tag="forgotten"):
    """An account was removed."""

    account: str


class Reaches(msgspec.Struct, frozen=True, tag="reaches"):
    """With the transaction of the records before it, the ledger has `number` rows.

    One transaction at a time can be written here and not committed. So once this stands here again, or the
    next one, the database must reach this far: where it does not, it has lost what was committed.
    """

    number: int


class Anchor(msgspec.Struct, frozen=True, tag="anchor"):
    """Number and seal of the ledger's last row at some moment.

    mark: a witness's keyed hash over both; empty where none answered.
    """

    number: int
    seal: bytes
    mark: bytes = b""


class Opened(msgspec.Struct, frozen=True, tag="open"):
    """The database was opened: its generation was `before` and becomes `now`."""

    before: str
    now: str


Record = Written | Attempted | Ended | Drafted | Known | Forgotten | Reaches | Anchor | Opened
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)


class Unfinished(msgspec.Struct, frozen=True):
    """An item that was neither accepted nor let go. `attempts` 0: no byte of it can have left.

    tried: those of its attempts of which is known where to look for them.
    """

    account: str
    item: Outgoing
    attempts: int
    tried: tuple[Attempt, ...] = ()


def _owed_bytes(one: Unfinished) -> int:
    tried = sum(_ITEM_BYTES + _ID_BYTES * len(attempt.watermark) for attempt in one.tried)
    return len(one.item.text) + _ITEM_BYTES + tried


def _draft_bytes(one: Drafted) -> int:
    return len(one.text) + len(one.other)


Place = tuple[str, RemoteId]
"""An account's name and a conversation of it."""


class Contents(msgspec.Struct):
    """What the records come to."""

    unfinished: dict[OutgoingId, Unfinished] = msgspec.field(default_factory=dict)
    anchor: Anchor | None = None
    opened: Opened | None = None
    accounts: dict[str, NewAccount] = msgspec.field(default_factory=dict)
    ended: dict[OutgoingId, Ended] = msgspec.field(default_factory=dict)
    """The newest of what was settled."""
    bound: dict[Place, list[RemoteId]] = msgspec.field(default_factory=dict)
    """What own sends have become at the server, the newest of each conversation with unfinished ones."""
    drafts: dict[Place, Drafted] = msgspec.field(default_factory=dict)
    reaches: int = 0
    sure: int = 0
    """A sound database has so many rows in its ledger, at least."""
    is_quiet: bool = True
    """No item and no draft was recorded since the last opening."""
    owed_bytes: int = 0
    """About what unfinished items and drafts take; kept, since it is asked for after each transaction."""

    def take(self, record: Record) -> None:
        """Follow one record."""
        match record:
            case Written(account=account, item=item):
                known = self.unfinished.get(item.id)
                tried = known.tried if known is not None and item.attempts else ()
                self._owe(Unfinished(account, item, item.attempts, tried))
                self.ended.pop(item.id, None)
            case Attempted(id=outgoing, number=number, attempt=attempt):
                known = self.unfinished.get(outgoing)
                if known is not None:
                    tried = known.tried if attempt is None else (*known.tried, attempt)
                    self._owe(msgspec.structs.replace(known, attempts=number, tried=tried))
            case Ended():
                self._end(record)
            case Drafted():
                self._drop_draft((record.account, record.conversation))
                if record.text or record.other:
                    self.drafts[record.account, record.conversation] = record
                    self.owed_bytes += _draft_bytes(record)
            case Known(account=account, facts=facts):
                self.accounts[account] = facts
            case Forgotten(account=account):
                self._forget(account)
            case Reaches(number=number):
                self.sure, self.reaches = min(self.reaches, number), number
            case Anchor():
                self.anchor = record
            case Opened():
                self.opened = record
        self.is_quiet = isinstance(record, Opened) or (
            self.is_quiet and isinstance(record, Anchor | Known | Forgotten | Reaches)
        )

    def _owe(self, one: Unfinished) -> None:
        before = self.unfinished.get(one.item.id)
        self.unfinished[one.item.id] = one
        self.owed_bytes += _owed_bytes(one) - (0 if before is None else _owed_bytes(before))

    def _drop_draft(self, place: Place) -> None:
        before = self.drafts.pop(place, None)
        self.owed_bytes -= 0 if before is None else _draft_bytes(before)

    def _forget(self, account: str) -> None:
        self.accounts.pop(account, None)
        for place in [place for place in self.drafts if place[0] == account]:
            self._drop_draft(place)

    def _end(self, record: Ended) -> None:
        before = self.unfinished.pop(record.id, None)
        self.owed_bytes -= 0 if before is None else _owed_bytes(before)
        self.ended.pop(record.id, None)
        self.ended[record.id] = record
        if len(self.ended) > _MOST_ENDED:
            del self.ended[next(iter(self.ended))]
        place, remote_id = (record.account, record.conversation), record.remote_id
        if remote_id is not None and remote_id not in self.bound.get(place, ()):
            self.bound[place] = [*self.bound.get(place, ()), remote_id][-_MOST_BOUND:]

    def records(self) -> list[Record]:
        """The fewest records that come to the same."""
        kept: list[Record] = [Known(account, facts) for account, facts in self.accounts.items()]
        busy = {(one.account, one.item.conversation_remote_id) for one in self.unfinished.values()}
        for account, conversation in sorted(busy & self.bound.keys()):
            kept += (
                Ended(OutgoingId(""), "", account, conversation, remote_id)
                for remote_id in self.bound[account, conversation]
            )
        kept += self.ended.values()
        kept += self.drafts.values()
        for one in self.unfinished.values():
            kept.append(Written(one.account, msgspec.structs.replace(one.item, attempts=one.attempts)))
            kept += (Attempted(one.item.id, attempt.number, attempt) for attempt in one.tried)
        if self.reaches:
            kept += (Reaches(self.sure), Reaches(self.reaches))
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
            return self.is_quiet and not (self.unfinished or self.accounts or self.anchor or self.drafts)
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
            sync(self._file)
        except OSError:
            self._torn = True
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise
        self._torn = False
        for record in records:
            self.contents.take(record)

    def confirm(self) -> None:
        """The transaction of the last records has committed, so the ledger must reach that far.

        Not waited for: it outlives the process, and the next records take it to the disk. Where it can't be
        written the journal only knows less.
        """
        if self.contents.sure >= self.contents.reaches:
            return
        record = Reaches(self.contents.reaches)
        try:
            _write(self._file, _encode(record))
        except OSError:
            self._torn = True
        else:
            self.contents.take(record)

    def reconcile(
        self,
        waiting: Iterable[tuple[str, Outgoing]],
        accounts: Mapping[str, NewAccount] | None = None,
        reached: int | None = None,
        drafts: Iterable[Drafted] | None = None,
    ) -> None:
        """Make the journal say what a healthy database says: void what has no row, record what is missing.

        waiting: unsettled items with the names of their accounts. accounts: by name; None: as they were.
        reached: number of the ledger's last row; None: not known. drafts: all of them; None: as they were.
        """
        rows = {item.id: (account, item) for account, item in waiting}
        wrong: list[Record] = [Ended(one, "void") for one in self.contents.unfinished if one not in rows]
        for account, item in rows.values():
            known = self.contents.unfinished.get(item.id)
            if known is None or (known.item.text, known.item.extras, known.attempts) != (
                item.text,
                item.extras,
                item.attempts,
            ):
                wrong.append(Written(account, item))
        if accounts is not None:
            there = self.contents.accounts
            wrong += (Forgotten(name) for name in there if name not in accounts)
            wrong += (Known(name, facts) for name, facts in accounts.items() if there.get(name) != facts)
        if drafts is not None:
            written = {(one.account, one.conversation): one for one in drafts}
            gone = self.contents.drafts.keys() - written.keys()
            wrong += (Drafted(*place, version=0, text="") for place in sorted(gone))
            wrong += (one for place, one in written.items() if self.contents.drafts.get(place) != one)
        if reached is not None and reached < self.contents.reaches:
            wrong.append(Reaches(reached))
        self.append(wrong)

    def keep_copy(self) -> None:
        """Keep this journal under another name, too: it may be of another database than this one."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return
        number = 1
        while (aside := self._path.with_name(f"outbox-{number}.journal")).exists():
            number += 1
        file = _open(aside, os.O_EXCL)
        try:
            _write(file, data)
            sync(file)
        finally:
            os.close(file)

    def is_long(self) -> bool:
        """Whether compacting is worth its while."""
        return os.fstat(self._file).st_size > COMPACT_BYTES + 4 * self.contents.owed_bytes

    def compact(self) -> None:
        """Leave out all that is finished: a new file takes the place of this one, in one step."""
        fresh = self._path.with_name(FILE_NAME + ".new")
        file = _open(fresh, os.O_TRUNC)
        try:
            _write(file, b"".join(map(_encode, self.contents.records())))
            sync(file)
        finally:
            os.close(file)
        self.close()  # where files in use can't be replaced
        fresh.replace(self._path)
        self._torn = False
        sync_folder(self._path.parent)

    def close(self) -> None:
        """Close the file."""
        if self._open_file >= 0:
            os.close(self._open_file)
            self._open_file = -1


def recorded(account: str, item: Outgoing, remote_id: RemoteId | None = None) -> Record:
    """The record of an item's state: written where something is owed, ended where not."""
    if item.state in WAITING:
        return Written(account, item)
    return Ended(item.id, item.state.value, account, item.conversation_remote_id, remote_id)


def _open(path: Path, flags: int) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
