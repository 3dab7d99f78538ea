"""Child of bench_view: bars 3 to 6 in the real window over the real store; one JSON object on stdout."""

from __future__ import annotations

import argparse
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication

from chatdesk.domain.ids import ConversationId
from chatdesk.program import Program
from chatdesk.ui.timeline.view import TimelineView
from tests.bench import profile, stage
from tests.bench.measure import MS

NOTCH = 120
FLING_PX = 700
WHEELS, GLIDES, FLINGS, KEYS, DRAGS = 1_500, 30, 700, 150, 150
JUMPS, RESIZES, PREPENDS, SWITCHES = 300, 120, 120, 120
SEED = 3
_WHEEL_AT = QPointF(60, 60)
_NONE = Qt.KeyboardModifier.NoModifier


class Course:
    """Everything that is done to the message list, each act from event to painted in milliseconds."""

    def __init__(self, running: Program, rows: int) -> None:
        self.window = running.window
        self.view: TimelineView = running.window.chat.timeline
        self.paints = stage.Paints(self.view.viewport())
        self.rows = rows
        self.chance = random.Random(SEED)
        _account, self.big, self.small = profile.ids(running.store)

    def first_open(self) -> dict[str, Any]:
        """The first opening of a conversation in this process, with nothing open before."""
        stage.settle(200)
        if self.view.conversation_id is not None:
            raise RuntimeError("a conversation is open already")
        return {"first_open": self._open(self.big), "first_open_cpu": self._cpu()[0]}

    def run(self) -> dict[str, Any]:
        """All of it; lists of milliseconds by name, and what was found besides."""
        found: dict[str, Any] = {"platform": stage.platform_name(), **self.first_open()}
        stage.settle(200)
        viewport = self.view.viewport()
        found["viewport_px"] = [viewport.width(), viewport.height()]
        stage.collect()
        found["wheel"] = self._wheel()
        found["wheel_cpu"] = self._cpu()
        self._rest()
        found["glide"] = self._glide()
        self._cpu()
        found["fling"] = self.flings()
        found["fling_cpu"] = self._cpu()
        found["keys"] = self._keys()
        self._rest()
        found["bar"] = self._bar()
        self._rest()
        self._cpu()
        found["jump"] = list(self._jumps())
        found["jump_cpu"] = self._cpu()
        found["resize"], found["resize_moved"] = self._resize()
        found["resize_cpu"] = self._cpu()
        found["prepend"], found["shift_px"], found["prepended_rows"] = self._prepend()
        found["switch_big"], found["switch_small"] = self.switches()
        found["list_only_big"], found["list_only_small"] = self._switch(self.view.open_conversation, SWITCHES)
        return found

    def _cpu(self) -> list[float]:
        """Processor time of each act since the last question: says more than the clock on a noisy machine."""
        taken = self.paints.cpu_ms[:]
        self.paints.cpu_ms.clear()
        return taken

    def _timed(self, act: Callable[[], object]) -> float:
        return self.paints.until_next(act)

    def _open(self, conversation: ConversationId) -> float:
        return self._timed(lambda: self.window.open_conversation(conversation))

    # -- bar 3

    def _wheel_by(self, *, angle: int = 0, pixels: int = 0) -> None:
        event = QWheelEvent(
            _WHEEL_AT,
            QPointF(self.view.viewport().mapToGlobal(_WHEEL_AT.toPoint())),
            QPoint(0, pixels),
            QPoint(0, angle),
            Qt.MouseButton.NoButton,
            _NONE,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.view.viewport(), event)

    def _wheel(self) -> list[float]:
        """Up from the newest message notch by notch, then a third of the way back."""
        turns = [NOTCH] * WHEELS + [-NOTCH] * (WHEELS // 3)
        return [self._timed(lambda by=turn: self._wheel_by(angle=by)) for turn in turns]  # type: ignore[misc]

    def _rest(self) -> None:
        """Nothing moves any more: what glided has arrived."""
        while self.view.motion.is_moving:
            stage.settle(1)
        stage.settle()

    def _glide(self) -> list[float]:
        """Notches that run out: the frames after the first one, each from its tick to painted."""
        frames: list[float] = []
        for turn in range(GLIDES):
            self._wheel_by(angle=-NOTCH if turn % 3 == 2 else NOTCH)
            stage.settle(1)
            while self.view.motion.is_moving:
                before, began = self.paints.count, time.perf_counter()
                stage.settle(1)
                if self.paints.count > before:
                    frames.append((time.perf_counter() - began) * MS)
        return frames

    def flings(self, times: int = FLINGS) -> list[float]:
        """On upwards as fast as a trackpad throws: almost every page is read from the database."""
        up = [self._timed(lambda: self._wheel_by(pixels=FLING_PX)) for _ in range(times)]
        self._rest()
        return up

    def _press(self, key: Qt.Key) -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(self.view, QKeyEvent(kind, key, _NONE))

    def _keys(self) -> list[float]:
        """Page keys, and to the ends of the conversation and back."""
        self.view.setFocus()
        stage.settle()
        keys = [Qt.Key.Key_PageUp] * KEYS + [Qt.Key.Key_PageDown] * (KEYS // 2)
        keys += [Qt.Key.Key_Home, Qt.Key.Key_PageDown, Qt.Key.Key_End, Qt.Key.Key_PageUp] * 10
        return [self._timed(lambda one=key: self._press(one)) for key in keys]  # type: ignore[misc]

    def _bar(self) -> list[float]:
        """The scroll bar dragged to and fro over what is loaded."""
        bar = self.view.verticalScrollBar()
        taken: list[float] = []
        bar.setSliderDown(True)
        for _ in range(DRAGS):
            to = self.chance.randrange(bar.maximum())
            taken.append(self._timed(lambda value=to: bar.setSliderPosition(value)))  # type: ignore[misc]
        bar.setSliderDown(False)
        return taken

    # -- bars 4 to 6

    def _jumps(self, times: int = JUMPS) -> Iterator[float]:
        for _ in range(times):
            target = profile.message_id(self.chance.randrange(self.rows))
            yield self._timed(lambda to=target: self.view.scroll_to_message(to))  # type: ignore[misc]

    def _tops(self) -> dict[int, int]:
        """Pixel of the text's top by message id, of every row in view."""
        return {
            int(self.view.timeline.message(one.row).id): one.top + self.view.book.row(one.row).extent.lead
            for one in self.view.scroller.placed
        }

    def _first_text(self) -> tuple[int, int]:
        """The first message whose text begins in view, and where."""
        return next((one, top) for one, top in self._tops().items() if top >= 0)

    def _resize(self) -> tuple[list[float], int]:
        """Widths and heights in turn, in the middle of the history; how often the text in view moved."""
        list(self._jumps(1))
        stage.settle(100)
        height = self.window.height()
        widths = itertools.cycle((1_180, 1_320, 1_400, 1_240, 1_500, 1_280))
        taken: list[float] = []
        moved = 0
        for turn, width in zip(range(RESIZES), widths, strict=False):
            before = self._first_text()
            to = height - 100 if turn % 4 == 3 else height
            taken.append(self._timed(lambda w=width, h=to: self.window.resize(w, h)))  # type: ignore[misc]
            moved += self._tops().get(before[0]) != before[1]
            stage.settle(3)
        return taken, moved

    def _prepend(self) -> tuple[list[float], int, int]:
        """A page put above the first row while that is being read; the greatest shift of any text in view."""
        taken: list[float] = []
        shift = came = 0
        while len(taken) < PREPENDS:
            list(self._jumps(1))
            model = self.view.timeline
            if not model.has_older:
                continue
            self.view.scrollTo(model.index(0, 0), QAbstractItemView.ScrollHint.PositionAtTop)
            before, rows = self._tops(), model.rowCount()
            taken.append(self._timed(model.load_older))
            came = max(came, model.rowCount() - rows)
            after = self._tops()
            shift = max(shift, *(abs(after.get(one, 9_999) - top) for one, top in before.items()))
            stage.settle(3)
        return taken, shift, came

    def switches(self, times: int = SWITCHES) -> tuple[list[float], list[float]]:
        """To and fro between the small and the big one: milliseconds to the big one, to the small one."""
        return self._switch(self.window.open_conversation, times)

    def _switch(self, show: Callable[[ConversationId], None], times: int) -> tuple[list[float], list[float]]:
        big, small = [], []
        for _ in range(times):
            small.append(self._timed(lambda: show(self.small)))
            stage.settle(5)
            big.append(self._timed(lambda: show(self.big)))
            stage.settle(5)
        return big, small


def main() -> None:
    """Measure over a copy of the profile and print what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--first-open", action="store_true", help="nothing but that")
    args = parser.parse_args()

    def drive(running: Program) -> dict[str, Any]:
        course = Course(running, args.rows)
        return course.first_open() if args.first_open else course.run()

    found = stage.run(args.data, drive)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
