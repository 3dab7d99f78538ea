"""`chatdesk doctor`: how program, data folder and keyring stand, in words that may be shown to anybody.

No token, no text, no name of an account; paths below the home are shown as such.
"""

from __future__ import annotations

import asyncio
import platform
import shutil
import threading
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from chatdesk import __version__
from chatdesk.desktop.vault import KeyringVault
from chatdesk.desktop.witness import KeyringWitness
from chatdesk.domain.errors import DiskTrouble
from chatdesk.domain.health import integrity_sentence
from chatdesk.store.inspection import Inspection, inspect
from chatdesk.store.ledger import LedgerCheck

KEYRING_S: Final = 2.0
LITTLE_DISK_BYTES: Final = 200_000_000
"""With less than this the disk is called nearly full."""
_LIBRARIES: Final = ("PySide6-Essentials", "apsw", "httpx", "python-socketio", "keyring", "msgspec")
_PROBE: Final = "doctor"
"""Name of an entry that nobody keeps: asking for it shows whether the keyring answers."""


class Line(msgspec.Struct, frozen=True):
    """One thing that was looked at. is_well False: it asks for attention."""

    name: str
    says: str
    is_well: bool = True


def examine(folder: Path) -> tuple[Line, ...]:
    """Look at everything; nothing is changed, and a chatdesk may run meanwhile."""
    lines = [Line("chatdesk", __version__), Line("system", _system()), Line("libraries", _libraries())]
    lines.append(Line("data folder", shown(folder)))
    if not folder.is_dir():
        lines.append(Line("database", "there is no data folder yet: it is made at the first start"))
    else:
        try:
            lines += _folder(inspect(folder, witness_of(folder)))
        except DiskTrouble:
            lines.append(Line("database", "the data folder can't be read", is_well=False))
    lines += (_disk(folder), _keyring())
    return tuple(lines)


def shown(path: Path) -> str:
    """A path without the name of the home."""
    path = path.expanduser().absolute()
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def witness_of(folder: Path) -> KeyringWitness:
    """What the keyring knows of a folder's ledger; waits for it at most KEYRING_S."""
    vault = KeyringVault(KEYRING_S)
    witness = KeyringWitness(vault, folder)
    try:
        asyncio.run(witness.look())
    finally:
        vault.close()
    return witness


def verified(found: LedgerCheck) -> str:
    """What verifying the ledger has found, and how far that reaches."""
    rows = f"{found.rows} row{'' if found.rows == 1 else 's'}"
    since = ""
    if found.segments:
        numbers = ", ".join(map(str, found.segments))
        since = f" A new segment begins at {numbers}: the database was made anew or restored there."
    if found.first_bad is None:
        return f"The ledger is sound: {rows}{_vouched(found)}{since}"
    why = {
        "changed": "was changed",
        "missing": "is missing",
        "cut": "and all after it were cut off before the last anchor",
        "replaced": "is not the one that was anchored",
        "forged": "and those after it have an anchor that was not made with this keyring",
    }.get(found.fault, "is wrong")
    return f"The ledger is not sound: row {found.first_bad} {why}. {rows} before it are sound.{since}"


def _vouched(found: LedgerCheck) -> str:
    """How far the keyring stands for a sound ledger: the rest of the sentence, and what can't be told."""
    blind = "if it was rewritten together with its anchor, that can't be told."
    if found.vouched is None:
        return f". No keyring knows it here: {blind}"
    if found.vouched == 0:
        return f". The keyring does not stand for it yet: {blind}"
    if found.vouched >= found.last:
        return ", and the keyring stands for all of them."
    return f", and the keyring stands for those up to {found.vouched}."


def _system() -> str:
    return f"{platform.system()} {platform.release()}, Python {platform.python_version()}"


def _libraries() -> str:
    found = []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            found.append(f"{name} (bundled)")
    return ", ".join(found)


def _folder(found: Inspection) -> list[Line]:
    lines = [Line("in use", "a chatdesk works in it" if found.is_in_use else "no chatdesk works in it")]
    if found.database_bytes is None:
        lines.append(Line("database", "none: it is made at the next start", is_well=found.unfinished == 0))
    else:
        is_ours = found.version is not None and found.version <= found.newest_version
        version = "unreadable" if found.version is None else str(found.version)
        lines.append(
            Line(
                "database",
                f"version {version} (this program: {found.newest_version}), {_size(found.database_bytes)},"
                f" log {_size(found.log_bytes)}",
                is_well=is_ours,
            )
        )
        counts = ", ".join(f"{count} {name}" for name, count in found.accounts.items())
        lines.append(Line("accounts", counts or "none"))
    if found.integrity is not None:
        lines.append(Line("integrity", integrity_sentence(found.integrity), is_well=found.integrity.is_sound))
    if not found.ended_cleanly and not found.is_in_use:
        lines.append(Line("last run", "it did not end properly; the next start checks the database"))
    if found.crashes > 1 and not found.is_in_use:
        lines.append(Line("starts", f"{found.crashes} in a row crashed", is_well=False))
    if found.journal_bytes is None:
        lines.append(Line("journal", "none", is_well=found.database_bytes is None))
    else:
        lines.append(Line("journal", f"{_size(found.journal_bytes)}, {found.unfinished} unfinished"))
    if found.files or found.files_lost:
        gone = f"; the copies of {found.files_lost} are gone" if found.files_lost else ""
        says = f"{found.files} wait to be sent, {_size(found.file_bytes)}{gone}"
        lines.append(Line("files", says, is_well=not found.files_lost))
    if found.ledger is not None:
        lines.append(Line("ledger", verified(found.ledger), is_well=found.ledger.first_bad is None))
    if found.set_aside:
        lines.append(Line("set aside", f"{found.set_aside} damaged databases are kept in the data folder"))
    return lines


def _disk(folder: Path) -> Line:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        return Line("free disk", "not known")
    return Line("free disk", _size(free), is_well=free >= LITTLE_DISK_BYTES)


def _keyring() -> Line:
    """Whether the keyring answers; without one chatdesk works, and asks for passwords at each start."""
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(_ask_keyring()), daemon=True)
    thread.start()
    thread.join(KEYRING_S)
    return Line("keyring", said[0] if said else "does not answer; chatdesk asks for passwords at each start")


def _ask_keyring() -> str:
    # Backends raise whatever they like; for us it all means that there is none.
    try:
        import keyring

        keyring.get_password("chatdesk", _PROBE)
        return f"{type(keyring.get_keyring()).__module__} answers"
    except Exception as trouble:  # noqa: BLE001
        return f"none ({type(trouble).__name__}); chatdesk asks for passwords at each start"


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 1_000:
            return f"{size:.0f} {unit}"
        size /= 1_000
    return f"{size:.1f} GB"
