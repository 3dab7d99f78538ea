"""Worlds that are killed, at every named commit point and at random, and go on with what is left."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from chatdesk.server.dialect import Variant
from tests.faults import lab
from tests.faults.kills import count, damage, log, story
from tests.faults.kills.life import AT_TIME, AT_TURN, AT_WRITE, END
from tests.faults.kills.points import POINTS
from tests.faults.kills.zygote import Zygote
from tests.faults.parts import Case, Result
from tests.faults.parts.schedules import places

MOST_LIVES: Final = 5
KILLED: Final = -9
OFTEN: Final = {
    "press_send": 4,
    "save_draft": 3,
    "advance Started": 4,
    "advance Stored": 3,
    "apply": 6,
    "confirm": 6,
    "checkpoint": 2,
    "index": 4,
    "put_learnt": 2,
    "attempt": 4,
    "server": 3,
    "answer": 3,
}
"""So often these are passed in most lives: any of them may be the last."""
CORE: Final = (
    *(f"press_send/{moment}" for moment in ("begun", "torn", "recorded", "committed", "told")),
    *(f"advance Started/{moment}" for moment in ("begun", "torn", "recorded", "committed", "told")),
    *(f"advance Stored/{moment}" for moment in ("begun", "recorded", "committed", "told")),
    *(f"apply/{moment}" for moment in ("begun", "committed", "told")),
    "attempt/leaving",
    "attempt/left",
    "server/writing",
    "server/stored",
    "server/pushed",
    "answer/arrived",
)
"""Where a first kill leaves something to be found out."""
SECOND_LIFE: Final = (
    "restart",
    "open",
    "straighten",
    "keep journal's copy",
    "rebuild",
    "starts",
    "recovery_was_told",
)
"""What a life does that follows a kill."""
AFTER_DAMAGE: Final = ("keep journal's copy", "rebuild", "recovery_was_told")
FIRST_START: Final = ("migrate", "add_account", "put_capabilities")
"""What happens where nobody has signed in yet."""
ECHOED: Final = frozenset({"apply/unrecorded", "apply/torn", "apply/recorded"})
"""What came in settles a send, by our own id: on StepperGO, where an answer was lost."""
RANDOM_SHARE: Final = 0.25
"""Of the kills that are left when every point has had its own."""

ROW: Final = 3
"""Kills of a world of `make test`."""
ROW_PLACES: Final = (
    ("dispatcher", Variant.AS_IS),
    ("fakomame", Variant.AS_IS),
    ("steppergo", Variant.PROMISED),
    ("omw", Variant.AS_IS),
    ("marketplace", Variant.PROMISED),
)
REBUILDS: Final = tuple(
    f"rebuild/{moment}" for moment in ("salvaged", "committed", "synced", "renaming", "renamed", "done")
)

Kill = dict[str, Any]
_made: dict[tuple[str, str], Path] = {}
_zygotes: list[Zygote] = []


def kind_of(point: str) -> str:
    """What is done at a point, without its moment."""
    return point.rpartition("/")[0] or point


def kill_at(chance: random.Random, point: str, most: int = 4) -> Kill:
    """A kill at a named point, when it is passed for the `most`-th time at the latest."""
    if point in ECHOED:
        most = 1
    return {
        "point": point,
        "nth": chance.randint(1, min(most, OFTEN.get(kind_of(point), 1))),
        "hops": chance.choice((0, 1, 2, 3, 5, 8, 13)),
        "gap_s": chance.choice((0.1, 0.5, 3.0, 12.0)),
    }


def kill_anywhere(chance: random.Random) -> Kill:
    """A kill at a turn of the loop, at a write to the disk, or at a moment of the real clock."""
    point = chance.choice((AT_TURN, AT_WRITE, AT_TIME))
    most = {AT_TURN: 1_200, AT_WRITE: 400, AT_TIME: 700}[point]
    return kill_at(chance, point) | {"nth": chance.randint(1, most)}


def draw(seed: int, number: int, point: str) -> Case:
    """A world that dies at `point` ('': at random), perhaps more than once."""
    chance = random.Random(f"kills {seed} {number} {point}")
    found = [place for place in places() if _is_met(point, *place)]
    platform, variant = found[number % len(found)]
    kind, kills = kind_of(point), []
    is_fresh = kind in FIRST_START and (kind == "put_capabilities" or chance.random() < 0.5)
    if kind in SECOND_LIFE or (kind == "migrate" and not is_fresh):
        first = "press_send/recorded" if kind == "straighten" else chance.choice(CORE)
        kills.append(kill_at(chance, first, 2))
        if kind == "straighten":
            kills[-1] |= {"nth": 1}
    kills.append(kill_at(chance, point) if point else kill_anywhere(chance))
    if kind in AFTER_DAMAGE or (kind == "migrate" and not is_fresh):
        kills[-2]["damage"] = chance.choice(damage.REBUILT)
    elif chance.random() < 0.08:
        kills[-1]["damage"] = chance.choice(damage.KINDS)
    if chance.random() < 0.2:
        kills.append(
            kill_at(chance, chance.choice(CORE), 1) if chance.random() < 0.5 else kill_anywhere(chance)
        )
    return {
        "key": f"{platform} {variant.value} {seed} {number} {point or 'at random'}",
        "seed": seed * 1_000_000 + number,
        "platform": platform,
        "variant": variant.value,
        "fresh": is_fresh,
        "small": kind in {"anchor", "compact", "checkpoint"} or chance.random() < 0.5,
        "steps": story.draw(chance, kind),
        "kills": kills[: MOST_LIVES - 1],
    }


def draw_row(number: int) -> Case:
    """A world for `make test`: it dies at a press or a send, as it starts again, and as it starts once more.

    All of these points are met in every life. Every other world has its database spoilt before the third.
    """
    chance = random.Random(f"kills row {number}")
    platform, variant = ROW_PLACES[number % len(ROW_PLACES)]
    is_spoilt = number % 2 == 1
    starts = ("open/torn", "open/recorded", "open/committed", "straighten/begun", "restart/begun")
    third = REBUILDS if is_spoilt else ("starts/counted", "apply/begun", "apply/committed", "restart/told")
    row = (CORE[number * 7 % len(CORE)], starts[number % len(starts)], third[number // 2 % len(third)])
    kills = [kill_at(chance, point) | {"nth": 1 + (at == 0 and number % 2)} for at, point in enumerate(row)]
    if is_spoilt:
        kills[1]["damage"] = damage.REBUILT[number // 2 % len(damage.REBUILT)]
    return {
        "key": f"row {number}",
        "seed": number,
        "platform": platform,
        "variant": variant.value,
        "fresh": False,
        "small": bool(number % 2),
        "steps": story.draw(chance, kind_of(row[0])),
        "kills": kills,
    }


def _is_met(point: str, platform: str, variant: Variant) -> bool:
    """Whether worlds of this place pass the point at all: where sends are idempotent nothing is looked up."""
    only = {
        "advance Found": Variant.AS_IS,
        "advance Absent": Variant.AS_IS,
        "advance SafeToRepeat": Variant.PROMISED,
        "advance PersonSendsAgain": Variant.AS_IS,
    }.get(kind_of(point))
    if kind_of(point) == "advance Later" and platform != "dispatcher":
        return False  # "too many" is an answer to a request, and others send over a socket
    if kind_of(point) == "advance Found" and platform == "steppergo":
        return False  # it is found by our own id, as what came in is applied
    if point in ECHOED and (platform, variant) != ("steppergo", Variant.AS_IS):
        return False
    return only in {None, variant}


class Kills:
    """Every point in turn, then those where most is at stake, and moments at random."""

    name = "kills"
    wall_bound = False

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """Each has one kill at least; the first len(POINTS) cases have one at each of them."""
        chance = random.Random(f"kills {seed}")
        order = [*POINTS]
        chance.shuffle(order)
        for number in range(amount):
            if number < len(order):
                point = order[number]
            elif chance.random() < RANDOM_SHARE:
                point = ""
            else:
                point = chance.choice(CORE) if chance.random() < 0.6 else chance.choice(order)
            yield draw(seed, number, point)

    def carry_out(self, case: Case, folder: Path) -> Result:
        """Lives until one comes to its end; then the databases are counted."""
        made = template(case["platform"], case["variant"])
        damage.copy_world(made, folder, fresh=case["fresh"])
        order = {"folder": str(folder), "made": str(made), "steps": case["steps"], "small": case["small"]}
        return counted(lives(case, order, folder), folder)


def lives(case: Case, order: dict[str, Any], folder: Path) -> Result:
    """Lives of a world until one comes to its end, and how they ended."""
    result: Result = {"platform": case["platform"], "variant": case["variant"], "seed": case["seed"]}
    faults, killed = [], []
    for kill in [*case["kills"], {"point": "", "nth": 1, "hops": 0, "gap_s": 2.0}]:
        at_time = kill["nth"] / 1_000 if kill["point"] == AT_TIME else 0.0
        status, words = zygote().live(order | kill | {"kill_after_s": at_time})
        if status not in {0, KILLED}:
            result["trouble"] = f"a life ended with {status}: {words[-1_500:]}"
            break
        if status == 0:
            break
        killed.append(kill["point"])
        spoilt = kill.get("damage")
        if spoilt and damage.spoil(folder / "client", spoilt, case["seed"]):
            faults.append(f"damage {spoilt}")
    result["kills"], result["point"] = len(killed), ", ".join(killed)
    result["faults"] = [*(f"kill {point}" for point in killed), *faults]
    return result


def counted(result: Result, folder: Path) -> Result:
    """The same with the counts of what is left of that world; all of its processes have ended."""
    if "trouble" in result:
        return result
    lines = log.read(folder)
    end = json.loads((folder / END).read_text("utf-8"))
    found = count.count(lines, folder / "server" / lab.SERVER_DATABASE, folder / "client" / lab.DATABASE)
    result |= asdict(found)  # type: ignore[typeddict-item]
    # By the rules these wait for their person: what a kill has met at every attempt that goes by itself.
    result["owed"] = found.presses - found.parked - end["excused"]
    result["alive"] = max(0, result["owed"] - end["waits"])
    if end["wrong"]:
        result["trouble"] = "; ".join(end["wrong"])
    return result


def template(platform: str, variant: str) -> Path:
    """The folder of a prepared place, made when it is first needed in this process."""
    if (platform, variant) not in _made:
        folder = Path(tempfile.mkdtemp(prefix="made-"))
        zygote().prepare(folder, platform, variant)
        _made[platform, variant] = folder
    return _made[platform, variant]


def zygote() -> Zygote:
    """The process that starts lives, one for this process."""
    if _zygotes and not _zygotes[0].is_alive:
        _zygotes.pop().close()
    if not _zygotes:
        _zygotes.append(Zygote())
    return _zygotes[0]


def close() -> None:
    """End what was kept for further cases in this process."""
    while _zygotes:
        _zygotes.pop().close()
    _made.clear()


PART = Kills()
