"""Child of bench_search: typing into the search of the real window, from each key to the painted hits."""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea

from chatdesk.program import Program
from tests.bench import profile, stage
from tests.bench.measure import MS
from tests.bench.texts import vocabulary

WORDS = 40
SEED = 21
BEAT_MS = 50
_NEXT = QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
"""Sleep until something happens, as the program does: a loop that spins takes the search's turns away."""


def _typed(running: Program) -> dict[str, Any]:
    """Words letter by letter, a key as soon as the hits of the one before are painted."""
    window = running.window
    _account, big, _small = profile.ids(running.store)
    window.open_conversation(big)
    stage.settle(100)
    window.handlers.search_messages()
    palette = window.search.palette()
    paints = stage.Paints(palette.view.viewport())
    chance = random.Random(SEED)
    words = [word for word in vocabulary()[:4_000] if len(word) > 3]
    beat = QTimer(window)  # nobody sleeps for ever
    beat.start(BEAT_MS)
    palette.field.setText("warm up")
    stage.settle(200)
    stage.collect()
    found: dict[str, Any] = {
        "platform": stage.platform_name(),
        "first_letter": [],
        "key": [],
        "hits": [],
        "cpu": [],
    }
    for word in chance.sample(words[:300], WORDS // 2) + chance.sample(words, WORDS // 2):
        palette.field.clear()
        stage.settle()
        for at, letter in enumerate(word):
            cpu_s = time.thread_time()
            took_ms = _key(palette, palette.view, paints, letter)
            found["first_letter" if at == 0 else "key"].append(took_ms)
            found["cpu"].append((time.thread_time() - cpu_s) * MS)
        found["hits"].append(palette.hits.rowCount())
    palette.dismiss()
    bar = window.search.bar()
    bar.open_for(big, "")
    bar.take_keyboard()
    found["in_conversation"] = []
    paints = stage.Paints(window.chat.timeline.viewport())
    for word in chance.sample(words[:300], WORDS // 2):
        bar.field.clear()
        stage.settle()
        for letter in word:
            found["in_conversation"].append(_key(bar, window.chat.timeline, paints, letter))
    return found


def _key(box: Any, view: QAbstractScrollArea, paints: stage.Paints, letter: str) -> float:
    """A key in a box until what it leads to is painted in a view."""
    began = time.perf_counter()
    QTest.keyClicks(box.field, letter)
    before = paints.count
    while box.run.is_first_awaited:
        before = paints.count
        QCoreApplication.processEvents(_NEXT)
        if time.perf_counter() - began > stage.PATIENCE_S:
            raise stage.NotPainted(letter)
    view.viewport().update()  # the same rows as before would not be painted again
    while paints.count == before and view.isVisible():
        QCoreApplication.processEvents(_NEXT)
    return (time.perf_counter() - began) * MS


def main() -> None:
    """Type, and say how long it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    args = parser.parse_args()
    print(json.dumps(stage.run(args.data, _typed)), flush=True)


if __name__ == "__main__":
    main()
