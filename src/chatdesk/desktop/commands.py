"""The commands that look at a data folder and end: doctor, ledger verify, export."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Final

from chatdesk.desktop import doctor, folders
from chatdesk.domain.errors import (
    DamagedDatabase,
    DiskTrouble,
    ForeignDatabase,
    NewerDatabase,
    StoreProblem,
)
from chatdesk.store import export as exporting
from chatdesk.store import inspection

FAILURE: Final = 1


def run(parsed: argparse.Namespace) -> int:
    """Run the command that was parsed; returns the exit status."""
    folder = parsed.data or folders.default_data_folder()
    try:
        match parsed.command:
            case "doctor":
                return _doctor(folder, as_json=parsed.json)
            case "ledger":
                return _verify(folder)
            case _:
                return _export(folder, parsed.to)
    except StoreProblem as problem:
        return _say(_words(problem))


def _doctor(folder: Path, *, as_json: bool) -> int:
    lines = doctor.examine(folder)
    if as_json:
        found = [{"name": one.name, "says": one.says, "well": one.is_well} for one in lines]
        _tell(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        width = max(len(one.name) for one in lines)
        for one in lines:
            _tell(f"{'  ' if one.is_well else '! '}{one.name:<{width}}  {one.says}")
    return 0 if all(one.is_well for one in lines) else FAILURE


def _verify(folder: Path) -> int:
    found = inspection.verify(folder, doctor.witness_of(folder))
    _tell(doctor.verified(found))
    return 0 if found.first_bad is None else FAILURE


def _export(folder: Path, to: Path) -> int:
    done = exporting.export(folder, to)
    _tell(
        f"{doctor.shown(to)}: {done.conversations} conversations with {done.messages} messages,"
        f" {done.orders} orders, {done.drafts} drafts, {done.outbox} not sent yet."
    )
    if done.unreadable:
        return _say(f"{done.unreadable} rows could not be read and are missing.")
    return 0


def _words(problem: StoreProblem) -> str:
    """What a person can do about it."""
    for kind, words in _WORDS.items():
        if isinstance(problem, kind):
            return words
    return f"{problem}. Is this the right data folder? Choose one with --data."


_WORDS: Final[dict[type[StoreProblem], str]] = {
    exporting.NotEmpty: "the folder is not empty. Choose one that is empty or missing; nothing was written.",
    ForeignDatabase: "that is the database of another program.",
    DamagedDatabase: "the database is damaged. Start chatdesk: it keeps the file and makes a new one.",
    NewerDatabase: "the data is from a newer chatdesk. Update this one.",
    DiskTrouble: "a file can't be read or written. Is the disk full, or the folder read-only?",
}


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


def _say(sentence: str) -> int:
    sys.stderr.write(f"chatdesk: {sentence}\n")
    return FAILURE
