"""Generated corruptions: each must show as a difference, or leave what is expected as it was."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.replay.compare import differences
from tests.replay.expect import expected
from tests.replay.recording import Recording, Unreadable
from tests.replay.stubs import story_of
from tests.replay.ways import AS_RECORDED, Result, found_in, played, replayed

EACH = 20
FRAMES = 12
"""So many of the twenty change the recording; the others what is expected of it."""


@dataclasses.dataclass
class Corruption:
    """A changed recording, or a changed expectation; `what` tells the change."""

    what: str
    raw: dict[str, Any] | None = None
    wanted: dict[str, Any] | None = None


def corruptions(path: Path) -> Iterator[Corruption]:
    """Twenty corruptions of a recording, the same ones every time."""
    rec = Recording(path)
    dice = random.Random(hashlib.sha256(path.read_bytes()).hexdigest())
    wanted = expected(story_of(rec))
    ins = [f["at"] for f in rec.frames if f["dir"] == "in" and f["channel"] == "socket" and f["args"]]
    for number in range(EACH):
        if ins and number < FRAMES:
            yield _frame(rec, dice.choice(ins), ("drop", "double", "alter")[number % 3], dice)
        else:
            changed = copy.deepcopy(wanted)
            yield Corruption(f"expected: {_alter(changed, dice)}", wanted=changed)


def _frame(rec: Recording, at: int, how: str, dice: random.Random) -> Corruption:
    raw = copy.deepcopy(rec.raw)
    frames = raw["frames"]
    if how == "drop":
        del frames[at]
    elif how == "double":
        frames.insert(at + 1, copy.deepcopy(frames[at]))
    else:
        how = f"alter {_alter(frames[at]['args'], dice)} of"
    return Corruption(f"{how} frame {at}", raw=raw)


def _alter(value: Any, dice: random.Random) -> str:
    """Change one value somewhere inside a list or an object; returns where."""
    places = list(_leaves(value, ""))
    if not places:
        return "nothing"
    holder, key, path = dice.choice(places)
    holder[key] = _other(holder[key])
    return path


def _leaves(value: Any, path: str) -> Iterator[tuple[Any, Any, str]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(inside):
        if isinstance(one, dict | list) and one:
            yield from _leaves(one, f"{path}.{key}")
        else:
            yield value, key, f"{path}.{key}"


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return f"{value}~" if value else "something"
    return "something" if value is None else None


def survived(path: Path, share: random.Random | None = None, most: int = EACH) -> Result:
    """Corruptions that were not noticed. share: plays only so many of the changed recordings."""
    name = f"{path.parent.name}/{path.name}"
    result = Result(path, name, {})
    play, wanted = played(Recording(path))
    if found_in(play, wanted, AS_RECORDED):
        return Result(path, name, {"as recorded": ["differs before anything is corrupted"]})
    todo = list(corruptions(path))
    chosen = [one for one in todo if one.raw is not None and _changes(path, one, wanted)]
    if share is not None and len(chosen) > most:
        chosen = share.sample(chosen, most)
    for one in todo:
        if one.wanted is not None and one.wanted != wanted and not differences(play.dump, one.wanted):
            result.found.setdefault("expected", []).append(one.what)
    for one in chosen:
        if not _noticed(path, one, wanted):
            result.found.setdefault("frames", []).append(one.what)
    return result


def _changes(path: Path, one: Corruption, wanted: dict[str, Any]) -> bool:
    """Whether a changed recording is expected to end otherwise."""
    try:
        return expected(story_of(_recording(path, one))) != wanted
    except Exception:  # noqa: BLE001 - what can't be compiled any more is noticed as such
        return False


def _recording(path: Path, one: Corruption) -> Recording:
    rec = Recording(path)
    rec.take(one.raw)
    return rec


def _noticed(path: Path, one: Corruption, wanted: dict[str, Any]) -> bool:
    try:
        play, _ = played(_recording(path, one))
    except (Unreadable, asyncio.CancelledError):
        return True  # not a capture any more, or one that comes to no end
    return bool(found_in(play, wanted, AS_RECORDED))


def replayed_and_corrupted(path: Path) -> Result:
    """All ways, and all corruptions."""
    result = replayed(path)
    if result.ok:
        result.found |= {f"corrupted {key}": lines for key, lines in survived(path).found.items()}
    return result
