"""The report of a crash: what helps who mends it, nothing of what anybody wrote, and never sent by itself."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Final

from chatdesk.desktop import crashfile, doctor, logfile
from chatdesk.domain.health import Recovery

LOG_LINES: Final = 80
_LOG_BYTES: Final = 60_000
_NO_NAME: Final = "~"

_STAMP: Final = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ )")
_EMAIL: Final = re.compile(r"[^\s@<>\"'(]+@[^\s@<>\"')]+")
_ADDRESS: Final = re.compile(r"\b(https?|wss?)://[^\s\"')]+", re.IGNORECASE)
_SECRET: Final = re.compile(r"(?<![\w/.-])(?=[A-Za-z_+=-]*\d)[A-Za-z0-9_+=-]{24,}(?:\.[A-Za-z0-9_+=-]+)*")
_NUMBER: Final = re.compile(r"(?<![\w.+])\+?\d(?:[ ()/-]{0,2}\d){6,}(?!\w)")
_RAISED: Final = re.compile(r"^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?::.*)?$")
_TRACEBACK: Final = "Traceback (most recent call last):"


def compose(folder: Path, logs: Path, recovery: Recovery, crashes: int) -> str:
    """The whole report as plain text. Reads files and asks the keyring: not for the GUI thread.

    crashes: starts in a row that crashed before this one.
    """
    lines = [
        "chatdesk: report of a crash",
        _moment(time.time()),
        "Accounts, tokens, addresses, phone numbers and texts are left out.",
        "Nothing was sent to anybody.",
        "",
        "Starts",
        f"  crashed in a row: {crashes}",
        f"  this start found: {recovery.kind.value}",
        "",
        "State",
        *_state(folder),
        "",
        "Last crash",
        *_trace(logs),
        "",
        "Last lines of the log",
        *_indented("\n".join(log_lines(logs)) or "none"),
    ]
    return "\n".join(lines) + "\n"


def _moment(at_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at_s))


def _trace(logs: Path) -> list[str]:
    """With its time: a program that is killed from outside leaves none, and an older one stays."""
    trace, at_s = crashfile.last_trace(logs)
    if not trace:
        return ["  no trace: the program was ended from outside"]
    return [f"  at {_moment(at_s)}", *_indented(cleaned(trace))]


def _state(folder: Path) -> list[str]:
    found = doctor.examine(folder)
    width = max(len(one.name) for one in found)
    return [f"{'  ' if one.is_well else '! '}{one.name:<{width}}  {cleaned(one.says)}" for one in found]


def _indented(text: str) -> list[str]:
    return [f"  {line}".rstrip() for line in text.splitlines()]


def log_lines(logs: Path) -> list[str]:
    """The last lines of the log, cleaned; of an error only its place and its type: its words may quote."""
    try:
        with (logs / logfile.FILE_NAME).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _LOG_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines: list[str] = []
    in_trace = False
    for line in text.splitlines():
        stamp = _STAMP.match(line)
        if stamp is not None:
            lines.append(stamp[1] + cleaned(line[stamp.end() :]))
        elif line == _TRACEBACK or (in_trace and line.startswith("  ")):
            lines.append(cleaned(line))
        else:
            raised = _RAISED.match(line) if in_trace else None
            lines.append(raised[1] if raised is not None else "…")
        in_trace = line == _TRACEBACK or (in_trace and line.startswith("  "))
    return lines[-LOG_LINES:]


def cleaned(text: str) -> str:
    """Without the name of the home, e-mail addresses, hosts, tokens and long numbers."""
    for home in {str(Path.home()), str(Path.home().resolve())} - {"/", "\\"}:
        text = text.replace(home, _NO_NAME)
    for pattern, instead in (
        (_ADDRESS, r"\1://…"),
        (_EMAIL, "<e-mail>"),
        (_SECRET, "<secret>"),
        (_NUMBER, "<number>"),
    ):
        text = pattern.sub(instead, text)
    return text
