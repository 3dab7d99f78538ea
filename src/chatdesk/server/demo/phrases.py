"""How the live customers find words: lines and answers made from the facts of an order, no text twice."""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

REFERENCE = re.compile(r"\bref\. ([A-Z0-9]+(?:-[A-Z0-9]+)*)")
"""Whoever writes this finds it again in the answer: so answers can be told apart when they are counted."""

RECENT = 4
"""So many templates have to be used in between, where there are as many, before one is used again."""
INITIALS = "ABCDEFGHKLMNPRSTVW"


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What customers of one platform say: templates over an order's facts and over what chance brings.

    Facts: number, item, origin, destination. Chance: mile, weight, clock, slip.
    """

    topics: tuple[tuple[str, tuple[str, ...]], ...]
    """Words in what the desk wrote (a pattern), and how a customer answers it; the first that fits."""
    anything: tuple[str, ...]
    """Answers to everything else."""
    lines: tuple[str, ...]
    """Unasked."""
    on_status: Mapping[str, str] = field(default_factory=dict)
    """What is said about a new status."""


class Phrases:
    """Makes texts of a book that were never said before, here or in what it is told to remember."""

    def __init__(self, book: Book, chance: random.Random) -> None:
        self._book = book
        self._chance = chance
        self._said: set[str] = set()
        self._recent: deque[str] = deque(maxlen=RECENT)

    def remember(self, texts: Iterable[str]) -> None:
        """These have been said."""
        self._said.update(texts)

    def line(self, facts: Mapping[str, str]) -> str:
        """Something a customer says unasked about an order."""
        return self._fresh(self._book.lines, facts)

    def answer(self, facts: Mapping[str, str], to: str) -> str:
        """An answer to what the desk wrote, with its reference where it had one."""
        fitting = (words for pattern, words in self._book.topics if re.search(pattern, to, re.IGNORECASE))
        named = REFERENCE.search(to)
        tail = f" (your ref. {named[1]})" if named else ""
        return self._fresh(next(fitting, self._book.anything), facts, tail)

    def on_status(self, facts: Mapping[str, str], status: str) -> str | None:
        """What a customer says about a new status; None where there is nothing to say."""
        template = self._book.on_status.get(status)
        return None if template is None else self._fresh((template,), facts)

    def _fresh(self, templates: Sequence[str], facts: Mapping[str, str], tail: str = "") -> str:
        template = self._chance.choice([one for one in templates if one not in self._recent] or templates)
        self._recent.append(template)
        while True:
            brought = {
                "weight": f"{self._chance.randrange(20_000, 90_000, 10):,}",
                "mile": str(self._chance.randrange(3, 480)),
                "clock": f"{self._chance.randrange(5, 20):02d}:{self._chance.randrange(60):02d}",
                "slip": f"{self._chance.choice(INITIALS)}{self._chance.randrange(10_000, 99_999)}",
            }
            text = template.format_map({**brought, **facts}) + tail
            if text not in self._said:
                self._said.add(text)
                return text
