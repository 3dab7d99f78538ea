"""The bars: every promise about speed and memory as a number, and the judgement of a measured value by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

PEER = "web panel"
BARE = "bare PySide6 window"
NO_PEER = "held against the web panel by `make bench-peers` only"
NO_VALUE = "the product's own benchmark was not run, or failed"
STAGES = "where it goes: clock, processor, imports, ms"
"""Key of a start's stages in its details."""
FULL_SIZE = 1_000_000
"""Messages in the conversation that the bars are about."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One promise. `limit` is about the value itself, or, where `against` names a reference, about the ratio.

    at_least: the value must not be below the limit instead of above. scaled: a slower processor may take as
    many times longer. big: only a run over FULL_SIZE messages can show it.
    """

    key: str
    number: int
    what: str
    unit: str
    limit: float
    against: str = ""
    at_least: bool = False
    scaled: bool = False
    big: bool = False
    value_of: str = ""
    """Key of the bar whose value is this one's too: the peer's benchmark gives the reference alone."""
    unmeasured: str = "its benchmark was not run, or failed"
    """Why there is no value, where none comes."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark hands in for one bar. `detail` goes into the report as it is.

    value None: could not be measured, `reason` says why, or comes from elsewhere (`Bar.value_of`).
    reference: value of the thing compared with.
    broken: a condition beside the number that was not met; the bar does not hold then.
    """

    key: str
    value: float | None = None
    reference: float | None = None
    reason: str = ""
    broken: str = ""
    rows: int = FULL_SIZE
    detail: Mapping[str, Any] = {}


def _ms(key: str, number: int, what: str, limit: float, **more: Any) -> Bar:
    return Bar(key=key, number=number, what=what, unit="ms", limit=limit, scaled=True, big=True, **more)


_START = "exec to painted content, conversation of 1M messages shown"
_MEMORY = "idle memory (PSS)"
_SPARSE = "server emit to painted p99, one message at a time"

BARS: tuple[Bar, ...] = (
    Bar(
        key="start-peer",
        number=1,
        what=_START,
        unit="ms",
        limit=0.4,
        against=PEER,
        big=True,
        unmeasured=NO_PEER,
    ),
    Bar(key="start", number=1, what=_START, unit="ms", limit=1.8, against=BARE, big=True),
    Bar(
        key="idle-pss",
        number=2,
        what=_MEMORY,
        unit="MB",
        limit=0.35,
        against=PEER,
        big=True,
        unmeasured=NO_PEER,
    ),
    Bar(key="live-pss", number=2, what="memory (PSS) after 40,000 live rows", unit="MB", limit=180, big=True),
    Bar(key="idle-cpu", number=2, what="idle processor time", unit="%", limit=0.5),
    _ms("wheel", 3, "wheel step, event to painted p99", 5),
    _ms("fling", 3, "fling, event to painted p99", 8),
    _ms("any", 3, "any scrolling (wheel, fling, keys, bar), event to painted p99", 16),
    _ms("switch", 4, "switch to a conversation of 1M messages p99", 16),
    Bar(
        key="switch-growth",
        number=4,
        what="switch to 1M messages",
        unit="ms",
        limit=1.5,
        against="the same to 1,000 messages",
        big=True,
    ),
    _ms("first-open", 4, "first opening of a conversation of 1M messages", 90),
    _ms("jump", 5, "jump to any message p99", 10),
    Bar(
        key="jump-peer",
        value_of="jump",
        number=5,
        what="jump to any message p99",
        unit="ms",
        limit=0.2,
        against=PEER,
        big=True,
        unmeasured=NO_PEER,
    ),
    _ms("resize", 5, "resize, event to painted p99", 16),
    Bar(
        key="shift",
        number=6,
        what="shift of what is read when a page is put above",
        unit="px",
        limit=0,
        big=True,
    ),
    _ms("prepend", 6, "put a page above, to painted p99", 5),
    Bar(key="sparse", number=7, what=_SPARSE, unit="ms", limit=12, scaled=True),
    Bar(
        key="sparse-peer",
        number=7,
        what=_SPARSE,
        unit="ms",
        limit=0.45,
        against=PEER,
        value_of="sparse",
        unmeasured=NO_PEER,
    ),
    Bar(
        key="stream-1000",
        number=7,
        what="server emit to painted p99 at 1,000 messages/s",
        unit="ms",
        limit=25,
        scaled=True,
    ),
    Bar(
        key="stream-10000",
        number=7,
        what="server emit to painted p99 at 10,000 messages/s",
        unit="ms",
        limit=35,
        scaled=True,
    ),
    Bar(
        key="sustained",
        number=8,
        what="messages/s sustained while scrolling, no gap of the window's loop over 50 ms",
        unit="/s",
        limit=5_000,
        at_least=True,
        scaled=True,
    ),
    Bar(
        key="sustained-peer",
        value_of="sustained",
        number=8,
        what="messages/s sustained while scrolling",
        unit="/s",
        limit=2,
        against=PEER,
        at_least=True,
        unmeasured=NO_PEER,
    ),
    Bar(
        key="catch-up",
        number=9,
        what="catch-up of 30,000 events on plain asyncio, no gap of the window's loop over 50 ms",
        unit="/s",
        limit=8_000,
        at_least=True,
        scaled=True,
    ),
    _ms("page-warm", 10, "read a page of 50 messages p99, warm", 1),
    _ms("page-cold", 10, "read a page of 50 messages p99, cold", 10),
    _ms("search", 10, "search p99 (word, prefix, in a conversation)", 5),
    Bar(
        key="enqueue",
        number=11,
        what="durable enqueue of a message p99",
        unit="ms",
        limit=4,
        against="raw fdatasync p99",
        big=True,
    ),
    Bar(
        key="ingest",
        number=12,
        what="ingest at 1M rows, until all can be found by its words",
        unit="rows/s",
        limit=40_000,
        at_least=True,
        scaled=True,
        big=True,
    ),
)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is measured and told, and held against nothing."""

    key: str
    what: str
    unit: str


FIGURES: tuple[Figure, ...] = (
    Figure(key="import", what="messages/s while a whole conversation is loaded in the background", unit="/s"),
)


BENCHES: Mapping[str, tuple[str, ...]] = {
    "import": ("import",),
    "start": ("start",),
    "live": (
        *("idle-cpu", "live-pss", "sparse", "stream-1000", "stream-10000"),
        *("sustained", "catch-up"),
    ),
    "view": (
        *("wheel", "fling", "any", "switch", "switch-growth", "first-open"),
        *("jump", "resize", "shift", "prepend"),
    ),
    "store": ("page-warm", "page-cold", "enqueue", "ingest"),
    "search": ("search",),
    "panel": ("start-peer", "idle-pss", "jump-peer", "sparse-peer", "sustained-peer"),
}
"""Which benchmark measures which bars and figures; what is measured beside the panel needs the panel's."""


def merged(found: Iterable[Measured]) -> dict[str, Measured]:
    """By key, what the benchmarks handed in: the later counts, but one with a reference before one without.

    A bar that takes its value from another (`Bar.value_of`) gets it here.
    """
    by_key: dict[str, Measured] = {}
    for each in found:
        known = by_key.get(each.key)
        if known is None or _weight(each) >= _weight(known):
            by_key[each.key] = each
    for bar in BARS:
        one = by_key.get(bar.key)
        if not bar.value_of or one is None or one.reference is None or one.value is not None:
            continue
        other = by_key.get(bar.value_of, Measured(key=bar.value_of, reason=NO_VALUE))
        by_key[bar.key] = msgspec.structs.replace(
            one, value=other.value, reason=other.reason, broken=other.broken
        )
    return by_key


def _weight(measured: Measured) -> tuple[bool, bool]:
    """What has a reference comes first, then whatever says more than that there was no peer."""
    return measured.reference is not None, measured.reason != NO_PEER


def judge(bar: Bar, measured: Measured | None, cpu_factor: float) -> dict[str, Any]:
    """The bar's object of the report.

    bar, part, what, value, unit, reference, reference_value, ratio, limit (of the ratio where there is a
    reference, else of the value), scaled_limit (what was judged by), at_least, holds (None: not shown, with
    `reason`), detail.
    """
    limit = _scaled(bar, cpu_factor)
    row: dict[str, Any] = {
        "bar": bar.number,
        "part": bar.key,
        "what": bar.what,
        "value": None,
        "unit": bar.unit,
        "reference": bar.against or None,
        "reference_value": None,
        "ratio": None,
        "limit": bar.limit,
        "scaled_limit": limit,
        "at_least": bar.at_least,
        "holds": None,
        "reason": bar.unmeasured,
        "detail": {},
    }
    if measured is None:
        return row
    row |= {"value": _short(measured.value), "reason": measured.reason, "detail": dict(measured.detail)}
    if measured.value is None:
        row["reason"] = measured.reason or bar.unmeasured
        return row
    found = measured.value
    if bar.against:
        row["reference_value"] = _short(measured.reference)
        if not measured.reference:
            row["reason"] = measured.reason or bar.unmeasured
            return row
        found = measured.value / measured.reference
        row["ratio"] = _short(found)
    if measured.reason:
        return row
    if bar.big and measured.rows < FULL_SIZE:
        row["reason"] = f"measured over {measured.rows:,} messages instead of {FULL_SIZE:,}"
        return row
    if measured.broken:
        row |= {"holds": False, "reason": measured.broken}
        return row
    row["holds"] = found >= limit if bar.at_least else found <= limit
    return row


def _scaled(bar: Bar, cpu_factor: float) -> float:
    if not bar.scaled:
        return bar.limit
    return round(bar.limit / cpu_factor if bar.at_least else bar.limit * cpu_factor, 3)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
