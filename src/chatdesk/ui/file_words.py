"""Why a file is not taken, or what became of it, in one sentence."""

from __future__ import annotations

from collections.abc import Callable

from chatdesk.domain.entities import FileRule
from chatdesk.domain.errors import FileRefused
from chatdesk.domain.kinds import FileWhy, ParkReason
from chatdesk.domain.outbox import COPY_LOST
from chatdesk.domain.text import one_line
from chatdesk.ui.i18n import number, size_text, tr
from chatdesk.ui.words import error_sentences, parked_sentence, parked_word

_NAME_CHARS = 60
_MOST_TYPES = 12
SAID_CHARS = 200


def not_taken(name: str, error: Exception, rule: FileRule | None) -> str:
    """Why a file was not taken, and what helps. rule: what its server takes."""
    shown = one_line(name, _NAME_CHARS) or tr("The file")
    if isinstance(error, FileRefused):
        return _WHY[error.why](shown, rule)
    found = error_sentences(error)
    return tr("{name} was not sent. {title}. {text}", name=shown, title=found.title, text=found.text)


def _too_large(name: str, rule: FileRule | None) -> str:
    return tr(
        "{name} is too large: this server takes files of up to {most}. Nothing was sent.",
        name=name,
        most=size_text(rule.most_bytes if rule else 0),
    )


def _wrong_type(name: str, rule: FileRule | None) -> str:
    types = ", ".join(list(rule.types)[:_MOST_TYPES]) if rule else ""
    return tr(
        "{name} was not sent: this server takes only files of these types: {types}.", name=name, types=types
    )


_WHY: dict[FileWhy, Callable[[str, FileRule | None], str]] = {
    FileWhy.UNREADABLE: lambda name, _rule: tr(
        "{name} can't be read. Nothing was sent. Check that it is there and that you may open it.", name=name
    ),
    FileWhy.NO_FILE: lambda name, _rule: tr(
        "{name} is no file. Nothing was sent. Choose the files in it instead.", name=name
    ),
    FileWhy.CHANGED: lambda name, _rule: tr(
        "{name} was being changed while it was copied. Nothing was sent. Try again when it is finished.",
        name=name,
    ),
    FileWhy.TOO_LARGE: _too_large,
    FileWhy.WRONG_TYPE: _wrong_type,
    FileWhy.NOT_HERE: lambda name, _rule: tr(
        "{name} was not sent: this platform has no way to send files in messages.", name=name
    ),
    FileWhy.LOST: lambda name, _rule: tr(
        "The copy of {name} is gone or was changed. Remove the entry, then choose the file again.", name=name
    ),
}


def file_parked_sentence(reason: ParkReason, detail: str) -> str:
    """Why a file waits for its person, that its copy is safe, and what helps."""
    if detail == COPY_LOST:
        return tr("Not sent: the copy of the file is gone or was changed. Delete this, then choose it again.")
    match reason:
        case ParkReason.TOO_LONG:
            return tr("Not sent: the file is too large for the server. Delete this and send a smaller one.")
        case ParkReason.REFUSED:
            words = tr(
                "Not sent: the server refused the file. Its copy is safe here. Press Retry, or delete it."
            )
        case ParkReason.STUCK:
            words = tr("Not sent: chatdesk could not get it through. Its copy is safe here. Press Retry.")
        case _:
            return parked_sentence(reason, detail)
    said = one_line(detail, SAID_CHARS)
    return tr("{text} The server says: {words}", text=words, words=said) if said else words


def file_parked_word(reason: ParkReason, detail: str) -> str:
    """The same in a few words for a table."""
    if detail == COPY_LOST:
        return tr("its copy is gone")
    return tr("file too large") if reason is ParkReason.TOO_LONG else parked_word(reason)


def moving_words(sent_bytes: int, size_bytes: int) -> str:
    """How far a file under way has come."""
    percent = min(100, sent_bytes * 100 // size_bytes) if size_bytes > 0 else 100
    return tr("uploading {n} %", n=number(percent))
