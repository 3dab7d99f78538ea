"""Differences between two dumps, in words."""

from __future__ import annotations

import json
from typing import Any

MOST = 6
SHORT = 300


def differences(
    shown: dict[str, Any], wanted: dict[str, Any], *, leave_out: tuple[str, ...] = ()
) -> list[str]:
    """One line per field that is not equal, at most MOST per section."""
    found: list[str] = []
    for key in sorted(set(shown) | set(wanted)):
        if key not in leave_out:
            found += _lines(key, shown.get(key), wanted.get(key))[:MOST]
    return found


def _lines(path: str, shown: Any, wanted: Any) -> list[str]:
    if shown == wanted and isinstance(shown, bool) == isinstance(wanted, bool):
        return []
    if isinstance(shown, dict) and isinstance(wanted, dict):
        lines = []
        for key in sorted(set(shown) | set(wanted)):
            lines += _lines(f"{path}.{key}", shown.get(key), wanted.get(key))
        return lines
    if isinstance(shown, list) and isinstance(wanted, list) and len(shown) == len(wanted):
        lines = []
        for at, (one, two) in enumerate(zip(shown, wanted, strict=True)):
            lines += _lines(f"{path}[{at}]", one, two)
        return lines
    if isinstance(shown, list) and isinstance(wanted, list):
        more = [one for one in shown if one not in wanted]
        less = [one for one in wanted if one not in shown]
        return [f"{path}: {len(shown)} instead of {len(wanted)}; more {_text(more)}; missing {_text(less)}"]
    return [f"{path}: {_text(shown)} instead of {_text(wanted)}"]


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"
