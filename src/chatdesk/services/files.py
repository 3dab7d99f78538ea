"""Which files may be sent where, under which names: asked before anything of them is copied."""

from __future__ import annotations

from pathlib import PurePath

from chatdesk.domain.actions import Attachment
from chatdesk.domain.entities import FileRule
from chatdesk.domain.errors import FileRefused
from chatdesk.domain.kinds import FileWhy, MessageKind
from chatdesk.domain.text import one_line, well_formed

NAME_CHARS = 120
ANY_TYPE = "application/octet-stream"


def told_name(name: str) -> str:
    """What a file is called at the server: its name on this machine on one line, its ending kept."""
    flat = one_line(well_formed(name).replace("/", "_").replace("\\", "_"), 10 * NAME_CHARS)
    if len(flat) <= NAME_CHARS:
        return flat or "file"
    ending = PurePath(flat).suffix[:12]
    return flat[: NAME_CHARS - len(ending)].rstrip(" .") + ending


def described(rule: FileRule | None, name: str, size_bytes: int) -> Attachment:
    """The file as its intention describes it. Raises FileRefused where the server would not take it."""
    if rule is None:
        raise FileRefused(FileWhy.NOT_HERE)
    if size_bytes > rule.most_bytes:
        raise FileRefused(FileWhy.TOO_LARGE)
    called = told_name(name)
    ending = PurePath(called).suffix.lower().lstrip(".")
    if rule.types and ending not in rule.types:
        raise FileRefused(FileWhy.WRONG_TYPE)
    import mimetypes  # of use to nothing else, and a start is to be quick

    declared = rule.types.get(ending) or mimetypes.guess_type(called)[0] or ANY_TYPE
    return Attachment(name=called, content_type=declared, size_bytes=size_bytes)


def kind_of(file: Attachment) -> MessageKind:
    """What a message with this file is."""
    if file.content_type.startswith("image/"):
        return MessageKind.IMAGE
    return MessageKind.AUDIO if file.content_type.startswith("audio/") else MessageKind.FILE
