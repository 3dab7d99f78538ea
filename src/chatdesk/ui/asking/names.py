"""Names of remote files made fit for this machine: for reading in a file dialog, never a path."""

from __future__ import annotations

import re
from pathlib import PurePath

from chatdesk.domain.text import one_line

NAME_CHARS = 120
_READ_CHARS = 4 * NAME_CHARS
_ENDING_CHARS = 12
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.IGNORECASE)


def safe_name(remote: str, fallback: str) -> str:
    """A file name without folders, control characters or names that a system keeps for itself.

    fallback: where nothing is left of it. The ending stays as it is where the name must be cut.
    """
    flat = _clean(remote)
    if len(flat) > NAME_CHARS or len(remote) > _READ_CHARS:
        ending = PurePath(_clean(remote[-2 * _ENDING_CHARS :])).suffix[:_ENDING_CHARS]
        flat = flat[: NAME_CHARS - len(ending)].rstrip(" .…") + ending
    if not flat.strip("_"):
        return fallback
    return f"_{flat}" if _RESERVED.match(flat) else flat


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("_", one_line(text, _READ_CHARS)).strip(" .")
