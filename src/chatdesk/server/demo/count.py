"""Counts from outside what arrived: the server's database against the log of what was pressed, by platform.

Imports nothing of chatdesk, so that it cannot share a mistake with what it counts.

A press log holds JSON lines {"platform", "text", "conversation", "reference", "offline"}: `conversation` is a
list of the ids by which the presser knows it (its own, of what it is about, of who is written to);
`reference` is a piece of the text that an answer repeats, empty where none is expected. Notes of customers
are JSON lines {"platform", "what"}; `what` is message, typing or read.
Printed: {"platforms": {name: figures}, "total": figures}; see `Figures`.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

DATABASE_NAME = "server.sqlite3"

ROWS = """
SELECT m.conversation_id, c.order_id, c.other_order_id, m.text, u.email = :desk AS own,
  EXISTS (SELECT 1 FROM read_marks AS r JOIN users AS reader ON reader.id = r.user_id
          WHERE r.conversation_id = m.conversation_id AND r.seq >= m.seq AND r.user_id <> m.sender_id
            AND (u.email = :desk OR reader.email = :desk))
  OR EXISTS (SELECT 1 FROM receipts AS t JOIN users AS reader ON reader.id = t.user_id
             WHERE t.message_id = m.id AND t.read_ms IS NOT NULL AND t.user_id <> m.sender_id
               AND (u.email = :desk OR reader.email = :desk)) AS is_read
FROM messages AS m
JOIN conversations AS c ON c.id = m.conversation_id
JOIN users AS u ON u.id = m.sender_id
WHERE u.platform = :platform AND m.created_ms >= :since AND m.deleted_ms IS NULL AND m.kind <> 'system'
"""
MEMBERS = "SELECT conversation_id, user_id FROM members"


@dataclass(slots=True)
class Figures:
    """What became of the presses on one platform, or on all."""

    sent: int = 0
    """Presses."""
    sent_offline: int = 0
    """Those of them that were made without a connection."""
    accepted: int = 0
    """Presses that have a row of their own."""
    lost: int = 0
    """Presses without one."""
    duplicated: int = 0
    """Rows of the desk beyond the presses of the same text in the same conversation."""
    received: int = 0
    """Rows of other people."""
    answered: int = 0
    """Presses whose reference stands in a row of somebody else in the same conversation."""
    read: int = 0
    """Rows of other people that the desk has marked as read."""
    seen: int = 0
    """Rows of the desk that somebody else has marked as read."""
    typing_noticed: int = 0
    """Times that a customer was told of the desk typing."""
    reading_noticed: int = 0
    """Times that a customer was told of the desk having read."""

    def __add__(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass(frozen=True, slots=True)
class _Row:
    conversation: frozenset[str]
    text: str
    is_own: bool
    is_read: bool


def count(
    database: Path,
    presses: Sequence[Mapping[str, Any]],
    notes: Sequence[Mapping[str, Any]],
    desks: Mapping[str, str],
    since_ms: int,
) -> dict[str, Figures]:
    """Compare presses with rows written since `since_ms`; desks: the address of the presser by platform."""
    found = {}
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        for platform, desk in desks.items():
            rows = _rows(connection, platform, desk.lower(), since_ms)
            of_platform = [press for press in presses if press["platform"] == platform]
            noticed = Counter(note["what"] for note in notes if note["platform"] == platform)
            found[platform] = _figures(rows, of_platform, noticed)
    return found


def _rows(connection: sqlite3.Connection, platform: str, desk: str, since_ms: int) -> list[_Row]:
    members: dict[str, set[str]] = {}
    for conversation, user in connection.execute(MEMBERS):
        members.setdefault(conversation, set()).add(user)
    asked = {"platform": platform, "desk": desk, "since": since_ms}
    return [
        _Row(
            frozenset(
                {str(one) for one in (conversation, *orders) if one} | members.get(conversation, set())
            ),
            text,
            bool(own),
            bool(is_read),
        )
        for conversation, *orders, text, own, is_read in connection.execute(ROWS, asked)
    ]


def _figures(rows: Sequence[_Row], presses: Sequence[Mapping[str, Any]], noticed: Counter[str]) -> Figures:
    own, others = [row for row in rows if row.is_own], [row for row in rows if not row.is_own]
    left = list(own)
    accepted = 0
    for press in presses:
        row = next((row for row in left if row.text == press["text"] and _is_in(row, press)), None)
        if row is not None:
            left.remove(row)
            accepted += 1
    return Figures(
        sent=len(presses),
        sent_offline=sum(1 for press in presses if press.get("offline")),
        accepted=accepted,
        lost=len(presses) - accepted,
        duplicated=len(left),
        received=len(others),
        answered=sum(1 for press in presses if _is_answered(press, others)),
        read=sum(1 for row in others if row.is_read),
        seen=sum(1 for row in own if row.is_read),
        typing_noticed=noticed["typing"],
        reading_noticed=noticed["read"],
    )


def _is_in(row: _Row, press: Mapping[str, Any]) -> bool:
    return not row.conversation.isdisjoint(press["conversation"])


def _is_answered(press: Mapping[str, Any], others: Sequence[_Row]) -> bool:
    reference = str(press.get("reference", ""))
    return reference != "" and any(reference in row.text and _is_in(row, press) for row in others)


def read_lines(path: Path, keys: set[str]) -> list[dict[str, Any]]:
    """The entries of a log; raises ValueError for a line that lacks a key."""
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        entry = json.loads(line)
        if not isinstance(entry, dict) or not keys <= entry.keys():
            raise ValueError(f"{path.name}: line {number} is none of {', '.join(sorted(keys))}")
        entries.append(entry)
    return entries


def since_of(text: str) -> int:
    """Milliseconds since the epoch from a number of them or from an ISO time with a zone."""
    return int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp() * 1_000)


def _desk(text: str) -> tuple[str, str]:
    platform, _, address = text.partition("=")
    if not platform or not address:
        raise argparse.ArgumentTypeError("PLATFORM=EMAIL")
    return platform, address


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures as JSON; exit status 1 when something cannot be read."""
    parser = argparse.ArgumentParser(description="Count what arrived at a reference server.")
    parser.add_argument("--database", type=Path, required=True, help="the server's file or data folder")
    parser.add_argument("--presses", type=Path, required=True, help="JSON lines, one per press of Send")
    parser.add_argument("--notes", type=Path, help="JSON lines, what customers noticed")
    parser.add_argument(
        "--desk",
        type=_desk,
        required=True,
        action="append",
        metavar="PLATFORM=EMAIL",
        help="whose presses they are; once for each platform",
    )
    parser.add_argument(
        "--since", type=since_of, required=True, help="count from here: ms since the epoch, or ISO"
    )
    arguments = parser.parse_args(argv)
    database = arguments.database / DATABASE_NAME if arguments.database.is_dir() else arguments.database
    try:
        presses = read_lines(arguments.presses, {"platform", "text", "conversation"})
        notes = read_lines(arguments.notes, {"platform", "what"}) if arguments.notes else []
        found = count(database, presses, notes, dict(arguments.desk), arguments.since)
    except (OSError, ValueError, sqlite3.Error) as exc:
        sys.stderr.write(f"cannot count: {exc}\n")
        return 1
    figures = {
        "platforms": {name: asdict(one) for name, one in found.items()},
        "total": asdict(sum(found.values(), Figures())),
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
