"""The program's log: a small file that rotates, and the last word of every unexpected error."""

from __future__ import annotations

import logging
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from chatdesk.desktop import crashfile

FILE_NAME = "chatdesk.log"
LIMIT_BYTES = 1_000_000
KEPT = 3
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

log = logging.getLogger("chatdesk")


def start(folder: Path) -> Path:
    """Log to `folder`/chatdesk.log from now on; returns the file. Without a writable folder: to stderr.

    Native crashes are traced beside it.

    Bodies, tokens and phone numbers never reach a log line by construction: no module passes them.
    """
    file = folder / FILE_NAME
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=LIMIT_BYTES, backupCount=KEPT, encoding="utf-8")
    except OSError:
        handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORMAT))
    root = logging.getLogger()
    root.addHandler(handler)
    crashfile.start(folder)
    root.setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    sys.excepthook = _unexpected
    threading.excepthook = _unexpected_in_thread
    return file


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    log.critical("unexpected %s", kind.__name__, exc_info=(kind, error, trace))


def _unexpected_in_thread(unexpected: threading.ExceptHookArgs) -> None:
    if unexpected.exc_value is not None:
        _unexpected(unexpected.exc_type, unexpected.exc_value, unexpected.exc_traceback)
