"""A conversation with a long past, put into the database of a server that does not run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

STEP_MS = 20_000
"""So far apart its messages were written: what is older than a year the server archives."""
WORDS = (
    "The driver is at gate {n}",
    "Please confirm the delivery window for pallet {n}",
    "Thanks, received. The papers for {n} are complete",
    "Customs asks for the invoice of load {n}, can you send it again?",
    "ok {n}",
)


def lengthen(data_dir: Path, order_number: str, count: int) -> None:
    """Put `count` messages before all others of an order's conversation, in turn by both sides."""
    with closing(sqlite3.connect(data_dir / "server.sqlite3")) as connection, connection:
        (conversation,) = connection.execute(
            "SELECT c.id FROM conversations c JOIN orders o ON o.id = c.order_id WHERE o.number = ?",
            (order_number,),
        ).fetchone()
        # Numbers are unique at every moment: first out of the way, then to their places.
        for shift in (10 * count, -9 * count):
            connection.execute(
                "UPDATE messages SET seq = seq + ? WHERE conversation_id = ?", (shift, conversation)
            )
        connection.execute(
            "UPDATE conversations SET last_seq = last_seq + ? WHERE id = ?", (count, conversation)
        )
        first_ms, extras = connection.execute(
            "SELECT created_ms, extras FROM messages WHERE conversation_id = ? ORDER BY seq", (conversation,)
        ).fetchone()
        people = [
            row[0]
            for row in connection.execute(
                "SELECT DISTINCT sender_id FROM messages WHERE conversation_id = ? AND sender_id IS NOT NULL",
                (conversation,),
            )
        ]
        connection.executemany(
            "INSERT INTO messages (id, conversation_id, seq, sender_id, kind, text, search_text, extras,"
            " created_ms, updated_ms, archived) VALUES (?, ?, ?, ?, 'text', ?, ?, ?, ?, ?, 0)",
            _rows(conversation, people, first_ms, extras, count),
        )


def _rows(
    conversation: str, people: list[str], first_ms: int, extras: str, count: int
) -> Iterator[tuple[Any, ...]]:
    for number in range(1, count + 1):
        at_ms = first_ms - (count - number + 1) * STEP_MS
        text = f"{number}: " + WORDS[number % len(WORDS)].format(n=number)
        sender = people[number % len(people)]
        yield f"{number:024x}", conversation, number, sender, text, text, extras, at_ms, at_ms
