"""The one table of intended differences and of captures that can't be played: `listed.toml`, and its keeping.

An entry has to occur: one that nothing needs any more is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.conform.ears import Finding
from tests.replay.recording import PLATFORMS

TABLE = Path(__file__).parent / "listed.toml"


class BadTable(Exception):
    """The table is not in its format."""


@dataclass(slots=True)
class Entry:
    """A difference that is meant: in which captures, frames and places (patterns of fnmatch), and why."""

    platform: str
    scenarios: tuple[str, ...]
    frame: str
    path: str
    reason: str
    occurred: set[str] = field(default_factory=set)
    """Scenarios in which it was needed."""

    def covers(self, scenario: str, finding: Finding) -> bool:
        """Whether this difference is meant."""
        return (
            any(fnmatchcase(scenario, one) for one in self.scenarios)
            and fnmatchcase(finding.frame, self.frame)
            and fnmatchcase(finding.path, self.path)
        )


@dataclass(slots=True)
class Left:
    """A capture that is not played, and why."""

    platform: str
    scenario: str
    reason: str


@dataclass(slots=True)
class Listed:
    """The whole table."""

    entries: list[Entry]
    left: list[Left]

    def reason(self, platform: str, scenario: str) -> str:
        """Why a capture is not played; empty = it is."""
        return next(
            (one.reason for one in self.left if (one.platform, one.scenario) == (platform, scenario)), ""
        )

    def meant(self, platform: str, scenario: str, finding: Finding) -> Entry | None:
        """The entry that allows a difference; it has occurred now."""
        for entry in self.entries:
            if entry.platform == platform and entry.covers(scenario, finding):
                entry.occurred.add(scenario)
                return entry
        return None

    def stale(self, played: Iterable[tuple[str, str]]) -> list[Entry]:
        """Entries without a difference, as far as all of their captures were played."""
        there = set(played)
        return [entry for entry in self.entries if not entry.occurred and _is_played(entry, there)]


def _is_played(entry: Entry, there: set[tuple[str, str]]) -> bool:
    """Whether every capture that an entry names was played, and something for each of its patterns."""
    names = [scenario for platform, scenario in there if platform == entry.platform]
    return bool(names) and all(any(fnmatchcase(name, one) for name in names) for one in entry.scenarios)


def read(path: Path = TABLE) -> Listed:
    """The table; raises BadTable."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as exc:
        raise BadTable(f"{path.name}: {exc}") from exc
    entries: list[Entry] = []
    left: list[Left] = []
    for platform, section in raw.items():
        if platform not in PLATFORMS or set(section) - {"difference", "not_covered"}:
            raise BadTable(
                f"{platform}: an unknown platform, or something else than difference and not_covered"
            )
        for one in section.get("difference", []):
            _held(platform, one, {"scenario", "frame", "path", "reason"})
            scenarios = one["scenario"]
            names = tuple(scenarios) if isinstance(scenarios, list) else (scenarios,)
            entries.append(Entry(platform, names, one["frame"], one["path"], one["reason"]))
        for one in section.get("not_covered", []):
            _held(platform, one, {"scenario", "reason"})
            left.append(Left(platform, one["scenario"], one["reason"]))
    return Listed(entries, left)


def _held(platform: str, one: dict[str, Any], fields: set[str]) -> None:
    if set(one) != fields or len(str(one.get("reason", "")).split()) < 4:
        raise BadTable(f"{platform}: an entry has {sorted(fields)} and a reason in words, not {one}")
