"""Hands and eyes for a window: real input events, waiting for what is to be seen, and pictures."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QApplication, QWidget

W = TypeVar("W", bound=QWidget)
BEAT_S = 0.02


class NotSeen(AssertionError):
    """Something that should have come to be did not, in time."""


async def until(condition: Callable[[], object], what: str, timeout_s: float = 15.0) -> None:
    """Wait until `condition()` is true. Raises NotSeen, saying `what` was waited for."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise NotSeen(f"not within {timeout_s:.0f} s: {what}")
        await asyncio.sleep(BEAT_S)


async def settle(beats: int = 6) -> None:
    """Let pending events and paints happen."""
    for _ in range(beats):
        await asyncio.sleep(BEAT_S)


def find(root: QWidget, kind: type[W], name: str | None = None) -> W:
    """The visible descendant of a kind, by accessible name where one is given. Raises NotSeen."""
    for widget in root.findChildren(kind):
        if widget.isVisibleTo(root) and (name is None or widget.accessibleName() == name):
            return widget
    raise NotSeen(f"no visible {kind.__name__} {name or ''}".strip())


def open_dialog(kind: type[W]) -> W | None:
    """The open top-level window of a kind; None when there is none."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, kind) and widget.isVisible():
            return widget
    return None


def click(widget: QWidget, at: QPoint | None = None) -> None:
    """Press and release the left button in the middle of a widget, or at a point of it."""
    QTest.mouseClick(
        widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at or widget.rect().center()
    )


def click_row(view: QAbstractItemView, index: QModelIndex) -> None:
    """Click a row of an item view, after scrolling it into view."""
    view.scrollTo(index)
    area: QRect = view.visualRect(index).intersected(view.viewport().rect())
    click(view.viewport(), area.center())


def write(widget: QWidget, text: str) -> None:
    """Type a text, key by key."""
    QTest.keyClicks(widget, text)


def key(
    widget: QWidget, which: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Press and release one key."""
    QTest.keyClick(widget, which, modifiers)


def photograph(widget: QWidget, file: Path) -> str:
    """Save what a window shows as PNG; returns the file's name. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not widget.grab().save(str(file), "PNG"):
        raise OSError(f"could not write {file.name}")
    return file.name
