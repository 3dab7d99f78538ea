"""Child of growth: acts whose price may grow with the work, in the real window; one JSON object on stdout."""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QAbstractItemView

from chatdesk.domain.desk import Search
from chatdesk.domain.ids import RemoteId
from chatdesk.domain.kinds import Source
from chatdesk.program import Program
from tests.bench import profile, stage
from tests.bench.measure import percentile, timed_ms
from tests.bench.texts import vocabulary
from tests.bench.view_run import Course

FLINGS, SWITCHES, NEWS, SEARCHES = 300, 60, 100, 200
WARM = 10
SEED = 17


def run(running: Program, shape: profile.Shape) -> dict[str, Any]:
    """p99 of each act, in milliseconds, and medians where the name says so."""
    course = Course(running, shape.rows)
    course.first_open()
    stage.settle(200)
    stage.collect()
    flings = course.flings(min(FLINGS, shape.rows // 20))  # a short history ends before that many
    big, small = course.switches(SWITCHES)
    news = _news(running, shape)
    searches = _searches(running)
    return {
        "scroll": percentile(flings, 99),
        "switch": percentile([*big, *small], 99),
        "update": percentile(news, 99),
        "search": percentile(searches, 99),
    }


def _news(running: Program, shape: profile.Shape) -> list[float]:
    """A message for a conversation that is not open: from handing it to the store until the list shows it."""
    account, _big, _small = profile.ids(running.store)
    feeder = profile.Feeder(running.store, account, epoch=2)
    chance = random.Random(SEED)
    lists = [view for view in running.window.list.findChildren(QAbstractItemView) if view.isVisible()]
    paints = stage.Paints(lists[0].viewport())
    taken = []
    for turn in range(WARM + NEWS):
        # Rooms are dealt out to the accounts in turn: these are of the first.
        number = chance.randrange(max(1, shape.others // shape.accounts)) * shape.accounts
        room = RemoteId(f"room{number}")
        # Later than all that is there, so it goes to the top.
        seen = profile.message(room, 2_000_000 + turn, f"news {turn}", Source.PUSH, own=False)
        batch = feeder.stamped([seen])
        took = paints.until_next(lambda one=batch: running.store.apply(account, one), idle=True)  # type: ignore[misc]
        if turn >= WARM:
            taken.append(took)
        stage.settle(5)
    return taken


def _searches(running: Program) -> list[float]:
    """A word and a beginning in turn, half of them frequent ones."""
    chance = random.Random(SEED)
    every = vocabulary()
    taken = []
    for turn in range(WARM + SEARCHES):
        word = chance.choice(every if turn % 4 < 2 else every[:2_000])
        wanted = Search(text=f"{word} " if turn % 2 else word[:3])
        took = timed_ms(lambda one=wanted: running.store.search(one).result())  # type: ignore[misc]
        if turn >= WARM:
            taken.append(took)
    return taken


def main() -> None:
    """Measure over a data folder that may be written to, and print what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--shape", required=True, help="rows,accounts,others,other_rows")
    args = parser.parse_args()
    shape = profile.Shape(*(int(one) for one in args.shape.split(",")))
    print(json.dumps(stage.run(args.data, lambda running: run(running, shape))))


if __name__ == "__main__":
    main()
