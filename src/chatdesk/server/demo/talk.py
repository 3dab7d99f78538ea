"""What carrier and desk have said to each other so far: histories of the demonstration, each text once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from chatdesk.server.demo.cast import STATE_CODES, Haul, carrier_of
from chatdesk.wire.dispatcher import names

MINUTE_MS = 60_000
LIVELY = (names.STATUS_PENDING, names.STATUS_PROCESSING)


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a history; `before_ms` is how long before now it was written."""

    from_carrier: bool
    text: str
    before_ms: int


def history(haul: Haul) -> list[Line]:
    """The conversation of an order, oldest first; the last lines are the carrier's where some are unread."""
    chance = random.Random(haul.number)
    lines = list(islice(_lines(haul, chance), max(haul.talk - haul.unread, 1)))
    lines += [(True, text) for text in _waiting(haul)[: haul.unread]]
    span_ms = haul.days_ago * 24 * 60 * MINUTE_MS
    # Nobody talks about an order that was done days ago.
    newest_ms = 3 * MINUTE_MS if haul.status in LIVELY else span_ms // 3
    # Talk gathers at both ends: when an order is new, and lately.
    points = sorted((chance.betavariate(0.7, 0.9) for _ in lines), reverse=True)
    return [
        Line(from_carrier, text, int(newest_ms + point * (span_ms - newest_ms - 10 * MINUTE_MS)))
        for (from_carrier, text), point in zip(lines, points, strict=True)
    ]


def _lines(haul: Haul, chance: random.Random) -> Iterator[tuple[bool, str]]:
    name = carrier_of(haul).first_name
    tag = haul.number.removeprefix("ORD-")
    first, last = haul.states[0], haul.states[-1]
    width = f"{haul.width[0]}'{haul.width[1]}\""
    height = f"{haul.height[0]}'{haul.height[1]}\""
    yield (
        True,
        f"Hi, new one for you: {haul.make_model} ({haul.serial}), from {haul.origin} to {haul.destination}.",
    )
    yield False, f"Morning {name}, got {haul.number}. Is {width} wide the final figure, mirrors in?"
    yield (
        True,
        f"Yes, {width} measured this morning, {height} high on the trailer, {haul.weight_lb:,} lb gross.",
    )
    yield (
        False,
        f"Thanks. At {height} we need the {first} bridge clearance list for {tag}, I will file today.",
    )
    yield True, f"Driver for {tag} is ready from Monday, the sooner the better for us."
    yield False, f"{first} application for {tag} is in. Usual turnaround is one working day."
    yield False, f"{first} came back on {haul.serial}: they ask for axle spacings, can you send them?"
    yield True, f"{haul.make_model} axle spacings: 17'2\", 4'6\", 4'6\", 36'1\", 4'7\". Serial {haul.serial}."
    yield False, f"{first} permit for {haul.number} is approved, travel from half an hour before sunrise."
    yield True, f"Great, thank you! And {last} for {tag}?"
    yield (
        False,
        f"{last} wants one escort in front because of {width}. Do you have one or shall I ask around?",
    )
    yield True, f"We have our own escort car for {tag}, certified in {last} since last year."
    yield False, f"Perfect, noted the escort on {haul.number}."
    day = 0
    while True:
        day += 1
        route = chance.randrange(10, 99)
        mile = chance.randrange(40, 480)
        permit = f"{STATE_CODES[last]}-{tag[-3:]}{day:02d}{chance.randrange(10, 99)}"
        clock = f"{chance.randrange(6, 18):02d}:{chance.randrange(0, 60):02d}"
        yield True, f"Day {day} on {tag}: rolling since {clock}, now near mile {mile}.{day}."
        yield (
            False,
            f"Good. On day {day} of {tag} mind the work zone on US-{route} after mile {mile + 7}.",
        )
        yield (
            True,
            f"Seen it. Can we use the rest area on US-{route} at {clock} tonight, day {day} of {tag}?",
        )
        yield False, f"Yes, permit {permit} allows parking there until sunrise."
        yield True, f"Copy for {permit}, I will tell the driver. {name}"
        yield False, f"Amendment {permit}-A is filed, in case the detour at mile {mile} stays closed."


def _waiting(haul: Haul) -> list[str]:
    tag = haul.number.removeprefix("ORD-")
    load = haul.commodity.partition(",")[0].lower()
    return [
        f"Any news on {haul.states[-1]} for {tag}? The customer at {haul.destination} is asking.",
        f"Also, the {load} gets picked up at {haul.origin}, gate code changed.",
        f"Sorry to press, but the crew for {haul.number} is booked for tomorrow 07:00.",
    ]
