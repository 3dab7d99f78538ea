"""Counts what became of every press of a world that died, from the driver's log and by SQL on both databases.

It imports nothing of chatdesk. A press whose end was not seen may be there or not, but never twice, and what
is not there must stand where its person left it; what was taken back must not be there, and be a draft again.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VISIBLE = ("queued", "in_flight", "uncertain", "parked")
Line = dict[str, Any]


@dataclass(slots=True)
class Press:
    """One press of Send, as the log tells it."""

    number: int
    talk: int
    texts: list[str]
    """What it may stand as: more than one while nobody knows whether an edit was taken."""
    drafted: bool
    """Its text had been saved as the draft before it was pressed."""
    scheduled: bool = False
    state: str = "begun"
    """begun, done, or none where it was refused."""
    letting: str = ""
    """'', begun or done: the person lets it go."""
    back: bool = False
    """It is let go by taking it back: the text becomes the draft."""
    again: int = 0
    """So often its person has sent it once more, knowing that it may arrive twice."""

    @property
    def is_sure(self) -> bool:
        return self.state == "done" and not self.letting

    @property
    def is_possible(self) -> bool:
        return self.state != "none" and self.letting != "done"


@dataclass(slots=True)
class Count:
    """What the presses of a world came to."""

    presses: int = 0
    accepted: int = 0
    waiting: int = 0
    uncertain: int = 0
    parked: int = 0
    lost: int = 0
    duplicated: int = 0
    reordered: int = 0
    words: list[str] = field(default_factory=list)


def presses(lines: Iterable[Line]) -> list[Press]:
    """What was pressed, by the log."""
    found: dict[int, Press] = {}
    for line in lines:
        if "press" in line:
            number = line["press"]
            found[number] = Press(
                number, line["talk"], [line["text"]], line["drafted"], scheduled=line.get("scheduled", False)
            )
        elif "done" in line:
            found[line["done"]].state = "done"
        elif "refused" in line:
            found[line["refused"]].state = "none"
        elif "let go" in line:
            one = found[line["let go"]]
            one.letting, one.back = "begun", line.get("back", False)
        elif "let gone" in line:
            found[line["let gone"]].letting = "done"
        elif "kept" in line:
            found[line["kept"]].letting = ""
        elif "edit" in line:
            found[line["edit"]].texts.append(line["text"])
        elif "edited" in line:
            found[line["edited"]].texts = found[line["edited"]].texts[-1:]
        elif "unedited" in line:
            del found[line["unedited"]].texts[-1:]
        elif "schedule" in line:
            found[line["schedule"]].scheduled = True
        elif "again" in line:
            found[line["again"]].again += 1
    return list(found.values())


def count(lines: list[Line], server_db: Path, client_db: Path) -> Count:
    """lost, duplicated and reordered presses; `presses` are those that were not let go."""
    pressed = presses(lines)
    found = Count(presses=sum(one.is_sure for one in pressed))
    stored = _stored(server_db)
    visible = _visible(client_db)
    found.words += [" ".join(("waiting:", *row)) for row in visible]
    shown = Counter(row[0] for row in visible)
    known = {text for one in pressed for text in one.texts}
    there = Counter(text for texts in stored.values() for text in texts if text in known)
    drafts = _drafts(client_db)
    states = [state for text, state, *_more in visible if text in known]
    found.uncertain, found.parked = states.count("uncertain"), states.count("parked")
    for texts in _alike(pressed):
        mine = [one for one in pressed if set(one.texts) <= texts]
        most = sum(one.is_possible for one in mine) + sum(one.again for one in mine)
        least = sum(one.is_sure for one in mine)
        arrived = sum(there[text] for text in texts)
        waits = sum(shown[text] for text in texts)
        found.accepted += min(least, arrived)
        found.waiting += min(max(0, least - arrived), waits)
        if arrived > most:
            found.duplicated += arrived - most
            found.words.append(f"duplicated: {sorted(texts)}, at most {most}, stored {arrived}")
        if arrived + waits < least:
            found.lost += least - arrived - waits
            found.words.append(f"lost: {sorted(texts)}, pressed {least}, stored {arrived}, visible {waits}")
        for one in mine:
            if _is_out_of_sight(one, arrived + waits, drafts, pressed):
                found.lost += 1
                found.words.append(f"lost: {one.texts}, {one.state} {one.letting}, and no draft")
    for talk in sorted({one.talk for one in pressed}):
        _order(found, [one for one in pressed if one.talk == talk and not one.scheduled], stored)
    return found


def _is_out_of_sight(one: Press, elsewhere: int, drafts: list[str], pressed: list[Press]) -> bool:
    """Whether a press that is not there, or was taken back, is not the draft that it should be."""
    later = any(other.talk == one.talk and other.number > one.number for other in pressed)
    if one.letting == "done" and one.back:
        return not later and not any(one.texts[-1] in draft for draft in drafts)
    was_saved = one.drafted if one.state == "begun" else one.letting == "begun" and one.back
    if not was_saved or elsewhere or later:
        return False
    return not any(one.texts[-1] in draft for draft in drafts)


def _alike(pressed: list[Press]) -> list[set[str]]:
    """Texts that are counted together: those of one press, and presses of the same text."""
    groups: list[set[str]] = []
    for one in pressed:
        texts = set(one.texts)
        for group in [group for group in groups if group & texts]:
            texts |= group
            groups.remove(group)
        groups.append(texts)
    return groups


def _order(found: Count, wanted: list[Press], stored: dict[str, list[str]]) -> None:
    """What arrived of a talk must be what was pressed, in that order, with some left out; copies apart."""
    mine = {text for one in wanted for text in one.texts}
    for texts in stored.values():
        got = [text for text in texts if text in mine]
        at = 0
        for text in got:
            step = next((to for to in range(at, len(wanted)) if text in wanted[to].texts), None)
            if step is not None:
                at = step + 1
            elif got.count(text) <= sum(text in one.texts for one in wanted):
                found.reordered += 1
                found.words.append(f"reordered: {got} instead of {[one.texts for one in wanted]}")
                break


def _stored(server_db: Path) -> dict[str, list[str]]:
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


def _drafts(client_db: Path) -> list[str]:
    with closing(sqlite3.connect(client_db)) as connection:
        return [str(text) for (text,) in connection.execute("SELECT text FROM drafts WHERE text <> ''")]
