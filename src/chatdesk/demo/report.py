"""What a journey has shown, judged and told: a line for each platform, and a total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from chatdesk.demo.seats import UNREAD
from chatdesk.domain.kinds import Platform


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the window itself showed of one platform."""

    not_shown: int
    """Own texts that stand in no conversation."""
    shown_twice: int
    typing_shown: int
    """Conversations in which somebody was shown to be typing."""
    reads_shown: int
    """Own messages that were shown as read."""
    came_back: bool
    """Whether it lost its connection and found it again."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one platform, or of all: counted from the server's database, and seen in the window.

    The counted figures are those of `chatdesk count`.
    """

    sent: int
    sent_offline: int
    accepted: int
    lost: int
    duplicated: int
    received: int
    answered: int
    read: int
    seen: int
    typing_noticed: int
    reading_noticed: int
    shown: Shown | None = None


class Counted(msgspec.Struct, frozen=True):
    """What `chatdesk count` prints."""

    platforms: dict[str, Part]
    total: Part


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole journey, as it is written to report.json."""

    platforms: dict[str, Part]
    total: Part
    seconds: float
    shots: list[str]


def complete(
    counted: Counted, shown: Mapping[Platform, Shown], seconds: float, shots: Sequence[str]
) -> Report:
    """Put together what was counted and what was seen."""
    parts = {
        name: msgspec.structs.replace(part, shown=shown.get(Platform(name)))
        for name, part in counted.platforms.items()
    }
    return Report(platforms=parts, total=counted.total, seconds=seconds, shots=list(shots))


def missing(part: Part, *, has_marks: bool, least_sent: int, least_offline: int) -> list[str]:
    """What a platform did not show of what the demo promises, in words; has_marks: of reading."""
    shown = part.shown
    promises = {
        "sends": part.sent >= least_sent and part.accepted == part.sent,
        "sends what was written offline": part.sent_offline >= least_offline,
        "loses nothing": part.lost == 0,
        "doubles nothing": part.duplicated == 0,
        "receives": part.received >= part.answered == part.sent,
        "types": part.typing_noticed > 0,
        "shows typing": shown is not None and shown.typing_shown > 0,
        "shows everything once": shown is not None and not shown.not_shown and not shown.shown_twice,
        "goes offline and comes back": shown is not None and shown.came_back,
    }
    if has_marks:
        promises["reads"] = part.read > 0 and part.reading_noticed > 0
        promises["shows what was read"] = part.seen > 0 and shown is not None and shown.reads_shown > 0
    return [promise for promise, kept in promises.items() if not kept]


def told(report: Report) -> list[str]:
    """The report in lines for a terminal."""
    lines = [_line(name, part) for name, part in report.platforms.items()]
    return [*lines, _line("all", report.total), f"took {report.seconds:.0f} s"]


def _line(name: str, part: Part) -> str:
    read = "no marks of reading there" if name in UNREAD else f"read {part.read}"
    return (
        f"{name + ':':<13}sent {part.sent} ({part.sent_offline} offline), accepted {part.accepted}, "
        f"received {part.received}, {read}; lost {part.lost}, duplicated {part.duplicated}"
    )
