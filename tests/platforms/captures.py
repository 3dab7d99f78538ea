"""Recorded traffic of any platform, frame by frame; a platform's own `captures.py` says whose."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "data"
LIBRARY = frozenset({"connect", "connect_error", "disconnect", "ack_timeout"})
"""Events of the recorder's own library, which no server has sent."""

Frame = dict[str, Any]


def named(platform: str) -> list[str]:
    """The names of a platform's captures."""
    return sorted(path.stem for path in (DATA / platform).glob("*.json"))


def loader(platform: str) -> Callable[[str], dict[str, Any]]:
    """What reads one capture of a platform by its name."""

    def load(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((DATA / platform / f"{name}.json").read_text(encoding="utf-8"))
        return found

    return load


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
