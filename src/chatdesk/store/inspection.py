"""A data folder looked at from outside: nothing is changed, and another process may work in it meanwhile."""

from __future__ import annotations

from pathlib import Path

import apsw
import msgspec

from chatdesk.domain.errors import DamagedDatabase, DiskTrouble, StoreProblem
from chatdesk.domain.health import Integrity
from chatdesk.domain.ports import Witness
from chatdesk.store import crashes, integrity, ledger, lock, rebuild, staging
from chatdesk.store import journal as journal_file
from chatdesk.store.connection import FILE_NAME, open_looking, problem
from chatdesk.store.ledger import LedgerCheck
from chatdesk.store.migrate import newest_version


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. Sizes in bytes; None where there is nothing to look at."""

    is_in_use: bool
    database_bytes: int | None
    log_bytes: int
    version: int | None
    """Of the database; newest_version is what this program writes."""
    newest_version: int
    ended_cleanly: bool
    integrity: Integrity | None
    journal_bytes: int | None
    unfinished: int
    """Items that the journal would bring back."""
    files: int
    """Copies of files that wait to be sent, with `file_bytes` in all."""
    file_bytes: int
    files_lost: int
    """Unfinished items whose copy is gone."""
    ledger: LedgerCheck | None
    accounts: dict[str, int]
    """How many of each platform."""
    set_aside: int
    """Damaged databases that are kept in the folder."""
    crashes: int
    """Starts in a row that did not end well."""

    @property
    def is_well(self) -> bool:
        """Whether nothing asks for attention. A folder without a database is well: it is made at a start."""
        if self.database_bytes is None:
            return self.unfinished == 0
        return (
            self.files_lost == 0
            and self.integrity is not None
            and self.integrity.is_sound
            and self.ledger is not None
            and self.ledger.first_bad is None
            and self.version is not None
            and self.version <= self.newest_version
        )


def inspect(folder: Path, witness: Witness | None = None) -> Inspection:
    """Look at everything. Raises DiskTrouble where the folder can't be read."""
    try:
        return _inspect(folder, witness)
    except OSError as exc:
        raise DiskTrouble(f"the data folder can't be read: {exc.strerror}") from exc


def _inspect(folder: Path, witness: Witness | None) -> Inspection:
    contents = journal_file.read(folder / journal_file.FILE_NAME)
    con = _open(folder) if (folder / FILE_NAME).exists() else None
    version: int | None = None
    accounts: dict[str, int] = {}
    clean = True
    checked: LedgerCheck | None = None
    try:
        if con is not None:
            try:
                version = int(con.pragma("user_version"))
                found = con.execute(
                    "SELECT platform, count(*) FROM accounts GROUP BY platform ORDER BY platform"
                )
                accounts = {str(platform): int(count) for platform, count in found}
                clean = con.execute("SELECT value FROM meta WHERE key = 'clean'").get != "0"
                checked = verified(con, folder / journal_file.FILE_NAME, witness)
            except (apsw.Error, UnicodeError):
                checked = None
    finally:
        if con is not None:
            con.close()
    held = staging.held(folder)
    wanted = {one.item.staged for one in contents.unfinished.values()} - {""}
    names = [one.name for one in folder.iterdir()] if folder.is_dir() else []
    return Inspection(
        is_in_use=lock.is_held(folder),
        database_bytes=_size(folder / FILE_NAME),
        log_bytes=_size(folder / f"{FILE_NAME}-wal") or 0,
        version=version,
        newest_version=newest_version(),
        ended_cleanly=clean,
        integrity=_integrity(folder),
        journal_bytes=_size(folder / journal_file.FILE_NAME),
        unfinished=len(contents.unfinished),
        files=len(held),
        file_bytes=sum(held.values()),
        files_lost=len(wanted - held.keys()),
        ledger=checked,
        accounts=accounts,
        set_aside=sum(name.startswith("damaged-") and name.endswith(".db") for name in names),
        crashes=crashes.count(folder),
    )


def _integrity(folder: Path) -> Integrity | None:
    if not (folder / FILE_NAME).exists():
        return None
    if rebuild.is_marked(folder):
        return Integrity(pages="marked")
    return integrity.check(folder)


def verified(con: apsw.Connection, journal: Path, witness: Witness | None) -> LedgerCheck:
    """Hold a ledger against all that vouches for it. Raises OSError where the journal can't be read."""
    # In this order: the journal may be ahead of the witness, the database ahead of both, never behind.
    newest = None if witness is None else witness.newest()
    anchor = journal_file.read(journal).anchor
    return ledger.verify(con, anchor, newest, witness)


def verify(folder: Path, witness: Witness | None = None) -> LedgerCheck:
    """Verify the ledger of a folder. Raises StoreProblem where there is none, or none that can be read."""
    if not (folder / FILE_NAME).exists():
        raise StoreProblem("there is no database")
    con = _open(folder)
    if con is None:
        raise DamagedDatabase("it can't be opened")
    try:
        return verified(con, folder / journal_file.FILE_NAME, witness)
    except OSError as exc:
        raise DiskTrouble(f"the journal can't be read: {exc.strerror}") from exc
    except apsw.Error as exc:
        raise problem(exc) or DamagedDatabase(type(exc).__name__) from exc
    finally:
        con.close()


def _open(folder: Path) -> apsw.Connection | None:
    try:
        return open_looking(folder / FILE_NAME)
    except apsw.Error:
        return None


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
