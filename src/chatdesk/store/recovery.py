"""Opening a data folder whatever has happened to its database."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from chatdesk.domain.errors import DamagedDatabase, ForeignDatabase
from chatdesk.domain.ports import Witness
from chatdesk.store import rebuild
from chatdesk.store.lock import FolderLock
from chatdesk.store.store import Store, wall_us

_log = logging.getLogger(__name__)


def open_store(folder: Path, *, now_us: Callable[[], int] = wall_us, witness: Witness | None = None) -> Store:
    """Store.open; a damaged database is set aside first and made anew, with all that the journal knows.

    `Store.recovery` tells what was done. Raises ProfileInUse, NewerDatabase, ForeignDatabase, DiskTrouble,
    each with the database file in its place.
    """
    try:
        return Store.open(folder, now_us=now_us, witness=witness)
    except ForeignDatabase:
        raise
    except DamagedDatabase as damage:
        _log.warning("the database is damaged and is made anew: %s", damage)
    lock = FolderLock(folder)
    try:
        rebuild.rebuild(folder, now_us())
    finally:
        lock.release()
    return Store.open(folder, now_us=now_us, witness=witness)
