"""Composer cleared before commit: the text leaves the screen at Enter, not when it is on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chatdesk.ui.composer.drafts import DraftKeeper
from tests.faults.mutants.defect import replaced


@contextmanager
def plant() -> Iterator[None]:
    """What the disk refuses, or never gets, is neither in the composer nor in the outbox."""
    honest = DraftKeeper.press_send

    def press_send(self: DraftKeeper, *args: Any, **named: Any) -> bool:
        pressed = honest(self, *args, **named)
        if pressed:
            self._show("")
        return pressed

    with replaced((DraftKeeper, "press_send", press_send)):
        yield
