"""Moves the list over time: notches of a wheel glide, what a touchpad throws runs out; a touch ends it."""

from __future__ import annotations

import math
import platform
import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QStyle, QWidget

GLIDE_MS = 45.0
"""A glide does 63 % of what is left of it in this time."""
THROW_MS = 325.0
"""The same for a throw."""
_FRAME_MS = 16.0
_ANSWER_MS = 4.0
"""How much of a glide under way a new notch does at once, at least."""
_LOOK_BACK_MS = 90
"""How fast the fingers were is told from their moves within this time."""
_RESTED_MS = 50
"""Fingers that lay still for so long before they were lifted threw nothing."""
_LEAST_THROW = 0.05
"""Slower than this (px per ms) is no throw."""
_NOTCH = 120
"""Eighths of a degree in one notch of a mouse wheel."""
_NS_PER_MS = 1_000_000.0


def wants_motion(widget: QWidget) -> bool:
    """Whether things may move: a person who has switched animations off in the system has this hint at 0."""
    return widget.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, widget) > 0


def is_on_screen(widget: QWidget) -> bool:
    """Whether a widget can be seen. When its window comes back from hidden or minimised, it is painted."""
    window = widget.window()
    # Not every system takes a minimised window from the screen.
    return widget.isVisible() and not window.isMinimized() and window.windowHandle().isExposed()


class Motion(QObject):
    """One movement at a time. `move(px)` is called with whole steps and returns how far it went.

    Nothing runs while nothing moves.
    """

    def __init__(self, widget: QWidget, move: Callable[[int], int]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._move = move
        self._left = 0.0
        self._fade_ms = GLIDE_MS
        self._at_ns = 0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def is_moving(self) -> bool:
        """Whether it is under way."""
        return self._timer.isActive()

    def glide(self, dy_px: float) -> None:
        """Go on by `dy_px` beside what is left; a turn the other way ends what is left."""
        if not wants_motion(self._widget):
            self.follow(round(dy_px))
            return
        keeps = self.is_moving and self._fade_ms == GLIDE_MS and self._left * dy_px > 0
        self._begin(dy_px + (self._left if keeps else 0.0), GLIDE_MS)

    def throw(self, px_per_ms: float) -> None:
        """Run out from this speed."""
        self.stop()
        if abs(px_per_ms) >= _LEAST_THROW and wants_motion(self._widget):
            self._begin(px_per_ms * THROW_MS, THROW_MS)

    def follow(self, dy_px: int) -> None:
        """Go so far at once, and no farther."""
        self.stop()
        self._move(dy_px)

    def stop(self) -> None:
        """Stay here."""
        self._timer.stop()
        self._left = 0.0

    def _begin(self, left_px: float, fade_ms: float) -> None:
        # A first step at once: an answer does not wait for a frame.
        least_ms = _ANSWER_MS
        if not self.is_moving:
            rate = self._widget.screen().refreshRate()
            self._timer.start(max(4, int(1_000 / rate)) if rate > 0 else int(_FRAME_MS))
            self._at_ns = time.monotonic_ns()
            least_ms = _FRAME_MS
        self._left, self._fade_ms = left_px, fade_ms
        now_ns = time.monotonic_ns()
        passed_ms, self._at_ns = (now_ns - self._at_ns) / _NS_PER_MS, now_ns
        self._step(max(passed_ms, least_ms))

    def _tick(self) -> None:
        now_ns = time.monotonic_ns()
        passed_ms = (now_ns - self._at_ns) / _NS_PER_MS
        self._at_ns = now_ns
        if self._widget.isVisible():
            self._step(passed_ms)
        else:
            self.stop()

    def _step(self, passed_ms: float) -> None:
        wish = self._left * (1.0 - math.exp(-passed_ms / self._fade_ms))
        if abs(self._left) < 1.0:
            wish = self._left
        grain = grain_px(self._widget.devicePixelRatioF())
        step = round(self._left) if abs(self._left - wish) < 1.0 else grain * round(wish / grain)
        if step == 0 and abs(wish) < abs(self._left):
            # Slower than a pixel in a frame: the next frames add up.
            self._at_ns -= int(passed_ms * _NS_PER_MS)
            return
        went = self._move(step)
        self._left -= step
        if went != step or abs(self._left) < 1.0:
            self.stop()


def grain_px(density: float) -> int:
    """The steps that are whole device pixels: only those let what is painted be moved, not painted anew.

    density: device pixels per pixel. 1 where no step of two is whole either.
    """
    return 2 if abs(density * 2 - round(density * 2)) < 1e-6 < abs(density - round(density)) else 1


class Fingers:
    """How fast the fingers on a touchpad move, in px per ms, when they are lifted.

    system_throws: the system itself sends what follows a throw, as macOS does.
    """

    def __init__(self, *, system_throws: bool = platform.system() == "Darwin") -> None:
        self._system_throws = system_throws
        self._moves: deque[tuple[int, float]] = deque()

    def put_down(self) -> None:
        """They begin."""
        self._moves.clear()

    def moved(self, at_ms: int, dy_px: float) -> None:
        """They went so far since the last time."""
        self._moves.append((at_ms, dy_px))
        while at_ms - self._moves[0][0] > _LOOK_BACK_MS:
            self._moves.popleft()

    def lifted(self, at_ms: int) -> float:
        """The speed at the end; 0 where the system itself lets throws run out."""
        moves = list(self._moves)
        self._moves.clear()
        if self._system_throws or len(moves) < 2 or at_ms - moves[-1][0] > _RESTED_MS:
            return 0.0
        took_ms = moves[-1][0] - moves[0][0]
        # The first move only says since when.
        return sum(dy for _at, dy in moves[1:]) / took_ms if took_ms > 0 else 0.0


class Wheel:
    """What wheels and touchpads do: notches glide, finer steps are followed as they come, throws run out."""

    def __init__(self, motion: Motion, fingers: Fingers | None = None) -> None:
        self._motion = motion
        self._fingers = fingers or Fingers()
        self._rest = 0.0

    def turned(self, event: QWheelEvent, notch_px: float) -> None:
        """An event of the wheel; one notch of it is `notch_px`."""
        phase, pixels, angle = event.phase(), event.pixelDelta().y(), event.angleDelta().y()
        if phase is Qt.ScrollPhase.ScrollBegin:
            self._motion.stop()
            self._fingers.put_down()
        dy = float(-pixels) if pixels else -notch_px * angle / _NOTCH
        if phase is Qt.ScrollPhase.ScrollUpdate and dy:
            self._fingers.moved(event.timestamp(), dy)
        if dy and phase is Qt.ScrollPhase.NoScrollPhase and not pixels and angle % _NOTCH == 0:
            self._motion.glide(dy)
        elif dy:
            whole = round(dy + self._rest)
            self._rest += dy - whole
            self._motion.follow(whole)
        if phase is Qt.ScrollPhase.ScrollEnd:
            self._motion.throw(self._fingers.lifted(event.timestamp()))
