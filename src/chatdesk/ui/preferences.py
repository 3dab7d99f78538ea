"""What the person has set and what the window remembers, declared once with its type and default."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar

import msgspec
from PySide6.QtCore import QObject, Signal

from chatdesk.domain.outbox import MOST_HELD_US
from chatdesk.ui.theme import ZOOM_STEPS, ThemeMode

T = TypeVar("T")
MOST_UNDO_S = MOST_HELD_US // 1_000_000


class Preference(msgspec.Struct, Generic[T], frozen=True):
    """One remembered value: its key in the database, its default, and both ways to text."""

    key: str
    default: T
    read: Callable[[str], T]
    write: Callable[[T], str] = str


def _truth(text: str) -> bool:
    return {"yes": True, "no": False}[text]


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _zoom(text: str) -> float:
    return max(ZOOM_STEPS[0], min(float(text), ZOOM_STEPS[-1]))


def _undo_seconds(text: str) -> int:
    return max(0, min(int(text), MOST_UNDO_S))


def _hex(text: str) -> bytes:
    return bytes.fromhex(text)


def _enum_value(value: Enum) -> str:
    return str(value.value)


THEME = Preference("theme", ThemeMode.SYSTEM, ThemeMode, _enum_value)
ZOOM = Preference("zoom", 1.0, _zoom)
ENTER_SENDS = Preference("enter_sends", default=True, read=_truth, write=_yes_no)
"""Enter sends and Shift+Enter breaks the line; else Ctrl+Enter sends and Enter breaks the line."""
UNDO_SEND_S = Preference("undo_send_s", 0, _undo_seconds)
"""For so many seconds what was sent can be taken back before it leaves; 0: it leaves at once."""
GEOMETRY = Preference("window_geometry", b"", _hex, bytes.hex)
LIST_WIDTH = Preference("list_width", 316, int)
PANEL_WIDTH = Preference("panel_width", 268, int)
"""Widths of list pane and order panel in pixels at 100 % text size."""
PANEL_SHOWN = Preference("order_panel_shown", default=True, read=_truth, write=_yes_no)
LAST_CONVERSATION = Preference("last_conversation", 0, int)
"""Id of the conversation shown last; 0: none."""
MESSAGE_FIELDS = Preference("message_fields", "", str)
"""What was typed last beside messages (subject, kind), per conversation: JSON, newest last."""
LAST_ACCOUNT = Preference("last_account", 0, int)
"""Account chosen in the rail; 0: all."""

CONVERSATION_SORT = Preference("conversation_sort", "", str)
"""How the conversations are sorted, a value of SortBy; empty: latest first."""
ORDER_SORT = Preference("order_sort", "", str)
"""How the orders are sorted: the name of a column, then + or -; empty: latest first."""


class Preferences(QObject):
    """Reads once, keeps in memory, saves behind the person's back. `changed(key)` after every real change."""

    changed = Signal(str)

    def __init__(self, load: Callable[[str], str | None], save: Callable[[str, str], object]) -> None:
        """load: one short read by key. save: must not block."""
        super().__init__()
        self._load = load
        self._save = save
        self._known: dict[str, object] = {}

    def get(self, preference: Preference[T]) -> T:
        """The value; the default where nothing (or something unreadable) is remembered."""
        if preference.key not in self._known:
            text = self._load(preference.key)
            try:
                value = preference.default if text is None else preference.read(text)
            except (ValueError, KeyError):
                value = preference.default
            self._known[preference.key] = value
        found: T = self._known[preference.key]  # type: ignore[assignment]
        return found

    def put(self, preference: Preference[T], value: T) -> None:
        """Remember a value."""
        if self.get(preference) != value:
            self._known[preference.key] = value
            self._save(preference.key, preference.write(value))
            self.changed.emit(preference.key)
