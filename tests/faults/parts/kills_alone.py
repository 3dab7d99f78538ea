"""Clients that are killed while their server, a process of its own behind real sockets, lives on."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from chatdesk.server.dialect import Variant
from tests.faults.kills import damage, story
from tests.faults.kills.life import AT_TIME
from tests.faults.parts import Case, Result, kills
from tests.faults.parts.schedules import places
from tests.server.process import quiet_port

ALONE: Final = (
    "attempt/leaving",
    "answer/arrived",
    *(f"advance Started/{moment}" for moment in ("recorded", "committed", "told")),
    *(f"advance Stored/{moment}" for moment in ("begun", "recorded", "committed", "told")),
    *(f"press_send/{moment}" for moment in ("torn", "recorded", "committed", "told")),
    AT_TIME,
)
"""Where it matters most that the server goes on: bytes that had left arrive although their sender is dead."""
RESTARTS_S: Final = 30.0
"""So long the next life may take until it finds its server: it is there all the time."""


def draw(seed: int, number: int) -> Case:
    """A client that dies once or twice within two seconds of presses."""
    chance = random.Random(f"kills alone {seed} {number}")
    found = places()
    platform, variant = found[number % len(found)]
    at_all = []
    for point in (ALONE[(number // len(found) + number) % len(ALONE)], *chance.sample(ALONE, 1)):
        kill = kills.kill_at(chance, point) | {"nth": chance.randint(1, 3), "gap_s": 0.0}
        if point == AT_TIME:
            kill["nth"] = chance.randint(300, 2_600)
        at_all.append(kill)
    return {
        "key": f"{platform} {variant.value} {seed} {number} alone",
        "seed": seed * 1_000_000 + number,
        "platform": platform,
        "variant": variant.value,
        "small": chance.random() < 0.5,
        "steps": story.draw_short(chance),
        "kills": at_all[: 2 if chance.random() < 0.3 else 1],
    }


class KillsAlone:
    """Every place in turn."""

    name = "kills_alone"
    wall_bound = True

    def cases(self, seed: int, amount: int) -> Iterator[Case]:
        """The first `amount` cases of a seed."""
        for number in range(amount):
            yield draw(seed, number)

    def carry_out(self, case: Case, folder: Path) -> Result:
        """Lives of the client until one comes to its end; the server is stopped before the count."""
        place = case["platform"], Variant(case["variant"])
        made = kills.template(*place)
        damage.copy_world(made, folder, fresh=False)
        port = quiet_port()
        order: dict[str, Any] = {"folder": str(folder), "made": str(made), "small": case["small"]}
        order |= {"platform": place[0], "variant": place[1].value, "port": port, "steps": case["steps"]}
        server = kills.zygote().serve(order)
        try:
            _wait_for(port)
            order["url"] = f"http://127.0.0.1:{port}"
            result = kills.lives(case, order, folder)
        finally:
            with contextlib.suppress(ProcessLookupError):
                kills.zygote().stop(server)
        return kills.counted(result, folder)


def _wait_for(port: int) -> None:
    end = time.monotonic() + RESTARTS_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > end:
            raise TimeoutError("the server does not listen")
        time.sleep(0.02)


PART = KillsAlone()
