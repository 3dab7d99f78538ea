"""Empties the write-ahead log beside the writer: copying it takes tens of milliseconds; nobody waits for it.

Only the rest that has been written meanwhile is copied by the writer itself, where it never rests: SQLite
begins its log anew when all of it is copied and somebody writes.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Final

import apsw

from chatdesk.store.connection import open_writer

_log = logging.getLogger(__name__)

REST_PAGES: Final = 1_000
"""A rest of so many pages is copied at once by who writes."""


class Checkpoints:
    """Asked by the writer's thread alone, and closed by it before its own connections."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._con: apsw.Connection | None = None
        self._thread: threading.Thread | None = None
        self._copied = 0
        """So many pages from the log's beginning were copied when that was last done."""

    @property
    def is_busy(self) -> bool:
        """Whether the log is being copied."""
        return self._thread is not None and self._thread.is_alive()

    def look(self, pages: int, most: int) -> None:
        """Empty a log of so many pages; `most`: a longer one is copied though the writer has to wait.

        Not while `is_busy`. A disk that refuses is not told: the log goes on growing, nothing is lost.
        """
        copied = self._copied if self._copied <= pages else 0  # a shorter log has begun anew
        if pages > most or (copied and pages - copied <= REST_PAGES):
            self._empty()
        else:
            self._thread = threading.Thread(target=self._empty, name="chatdesk-checkpoint", daemon=True)
            self._thread.start()

    def _empty(self) -> None:
        self._copied = 0
        try:
            if self._con is None:
                self._con = open_writer(self._path, durable=False)
            self._copied = self._con.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)[1]
        except apsw.Error as exc:
            _log.warning("no checkpoint: %s", type(exc).__name__)

    def close(self) -> None:
        """Wait until the log is copied."""
        if self._thread is not None:
            self._thread.join()
        if self._con is not None:
            try:
                self._con.close()
            except apsw.Error as exc:
                _log.warning("a connection did not close: %s", type(exc).__name__)
