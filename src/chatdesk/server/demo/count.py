"""Counts from outside what arrived: the server's database against the log of what was pressed.

Imports nothing of chatdesk, so that it cannot share a mistake with what it counts.

A press log holds JSON lines {"text", "conversation", "pressed_at", "offline"}; `conversation` is an order id.
Printed: {"sent", "sent_offline", "accepted", "received", "lost", "duplicated"}.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

DATABASE_NAME = "server.sqlite3"

OWN_ROWS = """
SELECT c.order_id, m.text FROM messages AS m
JOIN conversations AS c ON c.id = m.conversation_id
JOIN users AS u ON u.id = m.sender_id
WHERE u.email = ? AND m.created_ms >= ? AND m.deleted_ms IS NULL
"""

OTHERS_ROWS = """
SELECT count(*) FROM messages AS m
JOIN users AS u ON u.id = m.sender_id
WHERE u.email <> ? AND m.created_ms >= ? AND m.deleted_ms IS NULL
"""


def count(
    database: Path, presses: Sequence[dict[str, Any]], desk_email: str, since_ms: int
) -> dict[str, int]:
    """Compare presses with rows of the desk's account written since `since_ms`.

    accepted: presses that have a row of their own; lost: presses without one; duplicated: rows beyond the
    presses of the same text in the same conversation; received: rows of other people, not of the system.
    """
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        own = Counter(connection.execute(OWN_ROWS, (desk_email.lower(), since_ms)).fetchall())
        received = connection.execute(OTHERS_ROWS, (desk_email.lower(), since_ms)).fetchone()[0]
    pressed = Counter((press["conversation"], press["text"]) for press in presses)
    accepted = sum(min(times, own[key]) for key, times in pressed.items())
    return {
        "sent": len(presses),
        "sent_offline": sum(1 for press in presses if press.get("offline")),
        "accepted": accepted,
        "received": received,
        "lost": len(presses) - accepted,
        "duplicated": sum(own.values()) - accepted,
    }


def read_presses(path: Path) -> list[dict[str, Any]]:
    """The presses of a log; raises ValueError for a line that is none."""
    presses = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        press = json.loads(line)
        if not isinstance(press, dict) or not {"text", "conversation"} <= press.keys():
            raise ValueError(f"line {number} is no press")
        presses.append(press)
    return presses


def since_of(text: str) -> int:
    """Milliseconds since the epoch from a number of them or from an ISO time with a zone."""
    return int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp() * 1_000)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures as JSON; exit status 1 when something cannot be read."""
    parser = argparse.ArgumentParser(description="Count what arrived at a reference server.")
    parser.add_argument("--database", type=Path, required=True, help="the server's file or data folder")
    parser.add_argument("--presses", type=Path, required=True, help="JSON lines, one per press of Send")
    parser.add_argument("--desk", required=True, metavar="EMAIL", help="whose presses they are")
    parser.add_argument(
        "--since", type=since_of, required=True, help="count from here: ms since the epoch, or ISO"
    )
    arguments = parser.parse_args(argv)
    database = arguments.database / DATABASE_NAME if arguments.database.is_dir() else arguments.database
    try:
        figures = count(database, read_presses(arguments.presses), arguments.desk, arguments.since)
    except (OSError, ValueError, sqlite3.Error) as exc:
        sys.stderr.write(f"cannot count: {exc}\n")
        return 1
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
