"""Counts what became of every press, from the driver's own log and by SQL on both databases.

It imports nothing of chatdesk: a mistake that both sides share can't hide here. A text begins with the name
of its talk, such as "t1 three"; several presses of a talk may have the same text.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

VISIBLE = ("queued", "in_flight", "uncertain", "parked")


@dataclass(frozen=True, slots=True)
class Press:
    """One press of Send, as the driver made it, and what it may come to."""

    talk: str
    text: str
    at_ms: int
    least: int = 1
    """0: it may be gone, because the person took it back, deleted it, or put an older folder in its place."""
    most: int = 1
    """0: it must never be on the server."""
    ordered: bool = True
    """Its place among the others of its talk was given by the moment of the press."""
    elsewhere: bool = False
    """Pressed on another device of the same account."""
    inside: bool = False
    """So pressed while an equal text of this device was not settled: the two can't be told apart."""
    not_before_ms: int = 0
    """On the server's clock; what is stored earlier went before its time."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A message of somebody else. It was in the client's database from `known_ms` on, and not looked at."""

    text: str
    known_ms: int
    """On the server's clock."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of the server."""

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
    read_unseen: int = 0
    """Messages of others that were marked as read although nobody had seen them."""
    stored_late: int = 0
    """Copies that a server has stored after the quiet time: documented, no failures."""
    equal_elsewhere: int = 0
    """Presses that an equal one of another device stands for: documented, no failures."""
    doubted: int = 0
    """Sends of which it was not known for a while whether they had arrived."""
    undecided: int = 0
    """Those of them of which it was not known at the end."""
    words: list[str] = field(default_factory=list)


def check(
    presses: Sequence[Press],
    server_db: Path,
    client_db: Path,
    *,
    others: Sequence[Path] = (),
    late_ms: Sequence[float] = (),
    unseen: Sequence[Unseen] = (),
    reader: str = "",
    long_ways: Sequence[tuple[float, float]] = (),
) -> Count:
    """lost = neither on the server nor visible; duplicated = more rows than presses; reordered likewise.

    others: databases of further devices of the account. late_ms: when the network delivered what it had held
    beyond the quiet time, on the server's clock. unseen, reader: what nobody has looked at, and the server's
    id of the account. long_ways: when bytes of the client that were long on their way left and came, on the
    server's clock.
    """
    found = Count(presses=sum(one.most for one in presses))
    stored = _stored(server_db)
    visible = [row for path in (client_db, *others) for row in _visible(path)]
    found.uncertain = sum(1 for _text, state, *_more in visible if state == "uncertain")
    found.parked = sum(1 for _text, state, *_more in visible if state == "parked")
    found.words += [" ".join(("waiting:", *row)) for row in visible]
    _count_rows(found, presses, stored, Counter(row[0] for row in visible), late_ms)
    _count_order(found, presses, stored)
    _count_overtaken(found, presses, stored, {row[0] for row in visible})
    _count_early(found, presses, stored)
    _count_read(found, server_db, unseen, reader, long_ways)
    for path in (client_db, *others):
        doubted, undecided = _doubts(path)
        found.doubted += doubted
        found.undecided += undecided
    return found


def _count_rows(
    found: Count,
    presses: Sequence[Press],
    stored: dict[str, list[Stored]],
    shown: Counter[str],
    late_ms: Sequence[float],
) -> None:
    """Every text, as often as it was pressed."""
    rows = [row for talk in stored.values() for row in talk]
    for text in dict.fromkeys(one.text for one in presses):
        mine = [one for one in presses if one.text == text]
        least, most = sum(one.least for one in mine), sum(one.most for one in mine)
        there = sum(1 for row in rows if row.text == text)
        found.accepted += min(most, there)
        missing = max(0, least - there)
        found.waiting += min(missing, shown[text])
        told = f"{text!r}, pressed {most} times, stored {there}, visible {shown[text]}"
        if lost := max(0, missing - shown[text]):
            excused = min(lost, sum(1 for one in mine if one.inside))
            found.equal_elsewhere += excused
            found.lost += lost - excused
            found.words.append(f"{'lost' if lost > excused else 'equal elsewhere'}: {told}")
        if copies := max(0, there - most):
            excused = min(copies, sum(1 for row in rows if row.text == text and _came_late(row, late_ms)))
            found.stored_late += excused
            found.duplicated += copies - excused
            found.words.append(f"{'duplicated' if copies > excused else 'stored late'}: {told}")


LATE_TOLERANCE_MS = 500
"""A row that a late delivery made is written so soon after it."""


def _came_late(row: Stored, late_ms: Sequence[float]) -> bool:
    return any(moment - 1 <= row.at_ms <= moment + LATE_TOLERANCE_MS for moment in late_ms)


def _count_order(found: Count, presses: Sequence[Press], stored: dict[str, list[Stored]]) -> None:
    """What arrived is what was pressed, with some left out: no earlier one that is still to come."""
    for talk in sorted({one.talk for one in presses}):
        ours = [one for one in presses if one.talk == talk]
        wanted = tuple(one.text for one in ours if one.ordered and not one.elsewhere and one.most)
        texts = {one.text for one in ours}
        free = Counter(one.text for one in ours if one.elsewhere or not one.ordered)
        for rows in stored.values():
            got = tuple(row.text for row in rows if row.text in texts)
            spare = free + (Counter(got) - Counter(wanted) - free)
            if got and not _in_order(got, wanted, spare):
                found.reordered += 1
                found.words.append(f"reordered: {list(got)} instead of {list(wanted)}")


def _in_order(got: tuple[str, ...], wanted: tuple[str, ...], spare: Counter[str]) -> bool:
    """Whether `got` is `wanted` with some left out, and copies put in anywhere as far as they are spare.

    spare: texts that may stand anywhere: of other devices, without a place, or copies counted elsewhere.
    """

    @cache
    def fits(at: int, place: int, left: tuple[tuple[str, int], ...]) -> bool:
        if at == len(got):
            return True
        text = got[at]
        for later in range(place, len(wanted)):
            if wanted[later] == text:
                if fits(at + 1, later + 1, left):
                    return True
                break  # a later one of the same text leaves less room
        counts = dict(left)
        if counts.get(text):
            counts[text] -= 1
            return fits(at + 1, place, tuple(sorted(counts.items())))
        return False

    return fits(0, 0, tuple(sorted(spare.items())))


def _count_overtaken(
    found: Count, presses: Sequence[Press], stored: dict[str, list[Stored]], shown: set[str]
) -> None:
    """Nothing arrives while an earlier press of its talk is still to come: that one could only come too late.

    Texts that were pressed once only: among equal ones nobody can say which it is that waits.
    """
    there = {row.text for talk in stored.values() for row in talk}
    once = {text for text, times in Counter(one.text for one in presses).items() if times == 1}
    for at, press in enumerate(presses):
        if press.text not in once or press.text in there or press.text not in shown or not press.ordered:
            continue
        behind = [one for one in presses[at + 1 :] if one.talk == press.talk and one.ordered]
        over = [one.text for one in behind if one.text in there and one.text in once and not one.elsewhere]
        if press.least and over:
            found.reordered += 1
            found.words.append(f"overtaken: {press.text!r} still waits, {over} has arrived")


def _count_early(found: Count, presses: Sequence[Press], stored: dict[str, list[Stored]]) -> None:
    """What waits for its time goes no sooner: of equal ones the n-th row not before the n-th time."""
    rows = [row for talk in stored.values() for row in talk]
    for text in dict.fromkeys(one.text for one in presses if one.not_before_ms):
        times = sorted(one.not_before_ms for one in presses if one.text == text and one.most)
        for at_ms, earliest_ms in zip(
            sorted(row.at_ms for row in rows if row.text == text), times, strict=False
        ):
            if at_ms < earliest_ms:
                found.reordered += 1
                found.words.append(f"before its time: {text!r} by {earliest_ms - at_ms} ms")


KNOWN_MS = 1_000
"""A client that has had a message in its database for so long knew of it when it marked the talk as read."""


def _count_read(
    found: Count,
    server_db: Path,
    unseen: Sequence[Unseen],
    reader: str,
    long_ways: Sequence[tuple[float, float]],
) -> None:
    """Nothing newer than what was seen is marked as read, but by a server whose reader writes."""
    if not unseen:
        return
    by_receipt = (
        "SELECT r.read_ms FROM messages m JOIN receipts r ON r.message_id = m.id"
        " WHERE m.text = ? AND r.user_id = ? AND r.read_ms IS NOT NULL"
    )
    by_mark = (
        "SELECT k.read_ms FROM messages m JOIN read_marks k"
        " ON k.conversation_id = m.conversation_id AND k.seq >= m.seq WHERE m.text = ? AND k.user_id = ?"
        " AND NOT EXISTS (SELECT 1 FROM messages o WHERE o.conversation_id = m.conversation_id"
        " AND o.sender_id = k.user_id AND o.seq > m.seq)"
    )
    with closing(sqlite3.connect(server_db)) as connection:
        for one in unseen:
            times = [
                at_ms
                for sql in (by_receipt, by_mark)
                for (at_ms,) in connection.execute(sql, (one.text, reader))
            ]
            if any(_left_ms(at_ms, long_ways) > one.known_ms + KNOWN_MS for at_ms in times):
                found.read_unseen += 1
                found.words.append(f"read unseen: {one.text!r}")


def _left_ms(at_ms: int, long_ways: Sequence[tuple[float, float]]) -> float:
    """When the client let go of the mark that the server has of this moment: what it learns while the mark is
    on its way can't call it back.
    """
    here = [left for left, came in long_ways if came - 1 <= at_ms <= came + LATE_TOLERANCE_MS]
    return min(here, default=at_ms)


def _stored(server_db: Path) -> dict[str, list[Stored]]:
    """Rows by conversation, in the server's order."""
    sql = (
        "SELECT conversation_id, text, created_ms FROM messages WHERE deleted_ms IS NULL"
        " ORDER BY conversation_id, seq"
    )
    rows: dict[str, list[Stored]] = {}
    with closing(sqlite3.connect(server_db)) as connection:
        for conversation, text, at_ms in connection.execute(sql):
            rows.setdefault(conversation, []).append(Stored(text, at_ms))
    return rows


def stored_times(server_db: Path, text: str) -> int:
    """How often the server has this text; it may be running."""
    with closing(sqlite3.connect(server_db)) as connection:
        sql = "SELECT count(*) FROM messages WHERE text = ? AND deleted_ms IS NULL"
        return int(connection.execute(sql, (text,)).fetchone()[0])


def _visible(client_db: Path) -> list[tuple[str, ...]]:
    marks = ", ".join("?" for _ in VISIBLE)
    sql = f"SELECT text, state, parked, detail FROM outbox WHERE kind = 'send' AND state IN ({marks})"
    with closing(sqlite3.connect(client_db)) as connection:
        return [tuple(str(part or "") for part in row) for row in connection.execute(sql, VISIBLE)]


def _doubts(client_db: Path) -> tuple[int, int]:
    """Sends that were ever uncertain, and those that still are."""
    sql = (
        "SELECT count(DISTINCT outgoing_id) FROM ledger WHERE kind = 'send' AND state = 'uncertain'",
        "SELECT count(*) FROM outbox WHERE kind = 'send' AND state = 'uncertain'",
    )
    with closing(sqlite3.connect(client_db)) as connection:
        ever, now = (int(connection.execute(one).fetchone()[0]) for one in sql)
    return ever, now
