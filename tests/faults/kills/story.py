"""What a person does in a world that is about to die: drawn from a seed, with what the chosen point needs."""

from __future__ import annotations

import random
from typing import Any, Final

from tests.faults.kills import points

Step = dict[str, Any]
"""at (ms after the world began), do, and what that needs."""

TALKS: Final = 2
"""Talks in which messages are pressed one after the other; another one is for everything special."""
SPECIAL: Final = 2
LENGTH_MS: Final = 16_000
WORDS: Final = ("on my way", "the gate is open", "ok", "ok", "invoice follows", "thank you")
LOST: Final = {
    "advance Unknown": ("request", "answer"),
    "advance Found": ("answer",),
    "advance Absent": ("request",),
    "advance SafeToRepeat": ("request", "answer"),
    "make durable": ("answer",),
    "apply": ("answer",),
}
"""What has to be lost of a send, so that these come to pass."""


def _special(do: str, at: int, **more: Any) -> Step:
    return {"at": at, "do": do, "talk": SPECIAL, **more}


def _held(at: int, then: str, *more: Step, hold_ms: int = 4_000, **detail: Any) -> list[Step]:
    first = _special("press", at, text="held", hold_ms=hold_ms)
    return [first, _special(then, at + 400, **detail), *more]


def _needs(kind: str, at: int) -> list[Step]:
    """What a person does so that a transaction of this kind happens."""
    too_long = _special("press", at, text="long", long=True)
    needed: dict[str, list[Step]] = {
        "take_back": _held(at, "take_back"),
        "advance PersonCancels": _held(at, "cancel"),
        "advance PersonEdits": _held(at, "edit"),
        "advance PersonSchedules": _held(at, "schedule", due_ms=2_000),
        "advance Due": [_special("press", at, text="later", due_ms=2_000)],
        "advance PersonUrges": _held(at, "urge"),
        "advance PersonRetries": _held(at, "retry"),
        "advance Aged": _held(at, "age", _special("retry", at + 2_500)),
        "advance Refused": [too_long, _special("discard", at + 3_000)],
        "advance PersonDiscards": [too_long, _special("discard", at + 1_500)],
        "advance PersonSendsAgain": [
            _special("lose", at, what="request"),
            _special("press", at + 10, text="twice"),
            _special("again", at + 4_000),
        ],
        "advance Later": [
            _special("too_many", at),
            _special("press", at + 10, text="soon"),
        ],
        "intend_read": [_special("read", at)],
        "advance Superseded": [_special("supersede", at)],
        "intend_delete": [_special("press", at, text="to go"), _special("delete", at + 3_000)],
        "intend_report": [_special("report", at)],
        "intend_status": [_special("status", at)],
        "remove_account": [_special("second_account", at), _special("remove_account", at + 500)],
        "add_account": [_special("second_account", at)],
    }
    if kind in LOST:
        return [_special("lose", at, what=what) for what in LOST[kind][:1]]
    if kind in needed:
        return needed[kind]
    errands = {*points.DURABLE, *points.QUICK} - {"press_send", "save_draft", "restart", "apply"}
    return [_special("errand", at, what=kind)] if kind in errands else []


ENDS: Final = ("clean end", "starts", "compact", "anchor", "open", "straighten", "mark", "migrate", "rebuild")
"""What happens when the program is closed and opened."""


def draw(chance: random.Random, kind: str) -> list[Step]:
    """About six presses in two talks within 16 s, two things at random, and what `kind` needs."""
    steps: list[Step] = []
    for number in range(chance.randint(4, 7)):
        talk = chance.randrange(TALKS)
        word = chance.choice(WORDS)
        text = word if word == "ok" else f"{word} {number}"
        drafted = chance.random() < 0.6 or kind == "save_draft"
        at = chance.randrange(300, LENGTH_MS - 4_000)
        steps.append({"at": at, "do": "press", "talk": talk, "text": text, "drafted": drafted})
    # What was recovered is told in the life after the damage.
    need = _needs(kind, 14_000 if kind == "recovery_was_told" else chance.randrange(400, 6_000))
    for talk, what in enumerate(LOST.get(kind, ())):  # the next press is the one that suffers
        at = need[0]["at"] + 3_000 * talk
        need.append(_special("lose", at, what=what))
        lost = {"at": at + 5, "do": "press", "talk": talk, "text": "lost on the way", "drafted": True}
        steps.append(lost)
    for _ in range(2):
        extra = chance.choice(("advance Unknown", "advance Found", "intend_read", "cut", "reopen", ""))
        at = chance.randrange(1_000, LENGTH_MS)
        steps += [_special(extra, at)] if extra in {"cut", "reopen"} else _needs(extra, at)
    if kind in ENDS:
        if kind == "mark":
            need.append(_special("mark", chance.randrange(3_000, 9_000)))
        steps.append(_special("reopen", chance.randrange(9_000, LENGTH_MS)))
    return sorted([*steps, *need], key=lambda one: int(one["at"]))


def draw_short(chance: random.Random) -> list[Step]:
    """Three to five presses in two talks within two seconds: for worlds in real time."""
    steps: list[Step] = []
    for number in range(chance.randint(3, 5)):
        talk = chance.randrange(TALKS)
        word = chance.choice(WORDS)
        text = word if word == "ok" else f"{word} {number}"
        at = chance.randrange(100, 2_000)
        steps.append({"at": at, "do": "press", "talk": talk, "text": text, "drafted": chance.random() < 0.5})
    return sorted(steps, key=lambda one: int(one["at"]))
