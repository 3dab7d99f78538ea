"""Recorded traffic of the Fakomame platform, frame by frame."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "data" / "fakomame"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
LIBRARY = frozenset({"connect", "connect_error", "disconnect", "ack_timeout"})

Frame = dict[str, Any]


def load(name: str) -> dict[str, Any]:
    """One capture."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def pushes(capture: dict[str, Any], actor: str | None = None) -> list[Frame]:
    """The events that a server sent, in order; of one actor or of all."""
    return [
        frame
        for frame in capture["frames"]
        if frame["channel"] == "socket"
        and frame["dir"] == "in"
        and frame["event"] not in LIBRARY
        and actor in {None, frame["actor"]}
    ]


def refusals(capture: dict[str, Any]) -> list[str]:
    """What the server said to handshakes that it refused."""
    return [
        str(frame["args"][0]["message"])
        for frame in capture["frames"]
        if frame["channel"] == "socket" and frame["dir"] == "in" and frame["event"] == "connect_error"
    ]


def exchanges(capture: dict[str, Any], actor: str | None = None) -> list[Frame]:
    """The HTTP exchanges that were answered, in order; of one actor or of all."""
    return [
        frame
        for frame in capture["frames"]
        if frame["channel"] == "http" and frame.get("status") is not None and actor in {None, frame["actor"]}
    ]


def says_json(frame: Frame) -> bool:
    """Whether an answer was JSON."""
    return "json" in str(frame["response_headers"].get("content-type", ""))
