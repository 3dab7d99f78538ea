"""Counts what became of every press, from the driver's own log and by SQL on both databases.

It imports nothing of chatdesk: a mistake that both sides share can't hide here. A text begins with the name
of its talk, such as "t1 three"; several presses of a talk may have the same text.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

VISIBLE = ("queued", "in_flight", "uncertain", "parked")


@dataclass(frozen=True, slots=True)
class Press:
    """One press of Send, as the driver made it."""

    talk: str
    text: str
    at_ms: int


@dataclass(slots=True)
class Count:
    """What the presses of a schedule came to."""

    presses: int = 0
    accepted: int = 0
    """On the server."""
    waiting: int = 0
    """Not there, but visible to the person."""
    uncertain: int = 0
    parked: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    words: list[str] = field(default_factory=list)


def check(presses: list[Press], server_db: Path, client_db: Path) -> Count:
    """lost = neither on the server nor visible; duplicated = more rows than presses; reordered likewise."""
    found = Count(presses=len(presses))
    stored = _stored(server_db)
    visible = _visible(client_db)
    found.uncertain = sum(1 for _text, state, *_more in visible if state == "uncertain")
    found.parked = sum(1 for _text, state, *_more in visible if state == "parked")
    found.words += [" ".join(("waiting:", *row)) for row in visible]
    pressed = Counter(one.text for one in presses)
    on_server = Counter(text for texts in stored.values() for text in texts if text in pressed)
    shown = Counter(row[0] for row in visible)
    for text, times in pressed.items():
        there = on_server[text]
        found.accepted += min(times, there)
        found.duplicated += max(0, there - times)
        missing = max(0, times - there)
        found.waiting += min(missing, shown[text])
        lost = max(0, missing - shown[text])
        found.lost += lost
        if lost:
            found.words.append(
                f"lost: {text!r}, pressed {times} times, stored {there}, visible {shown[text]}"
            )
        if there > times:
            found.words.append(f"duplicated: {text!r}, pressed {times} times, stored {there}")
    for talk in sorted({one.talk for one in presses}):
        wanted = [one.text for one in presses if one.talk == talk]
        for texts in stored.values():
            got = [text for text in texts if text in set(wanted)]
            if not _in_order(got, wanted):
                found.reordered += 1
                found.words.append(f"reordered: {got} instead of {wanted}")
    return found


def _stored(server_db: Path) -> dict[str, list[str]]:
    """Texts by conversation, in the server's order."""
    sql = "SELECT conversation_id, text FROM messages WHERE deleted_ms IS NULL ORDER BY conversation_id, seq"
    texts: dict[str, list[str]] = {}
    with closing(sqlite3.connect(server_db)) as connection:
        for conversation, text in connection.execute(sql):
            texts.setdefault(conversation, []).append(text)
    return texts


def _visible(client_db: Path) -> list[tuple[str, ...]]:
    marks = ", ".join("?" for _ in VISIBLE)
    sql = f"SELECT text, state, parked, detail FROM outbox WHERE kind = 'send' AND state IN ({marks})"
    with closing(sqlite3.connect(client_db)) as connection:
        return [tuple(str(part or "") for part in row) for row in connection.execute(sql, VISIBLE)]


def _in_order(got: list[str], wanted: list[str]) -> bool:
    """Whether what arrived is what was pressed, with some left out; copies are counted elsewhere."""
    at = 0
    for text in got:
        while at < len(wanted) and wanted[at] != text:
            at += 1
        if at == len(wanted):
            return text in wanted[:at] and got.count(text) > wanted.count(text)
        at += 1
    return True
